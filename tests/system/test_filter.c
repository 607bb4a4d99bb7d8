/* SPDX-License-Identifier: MIT */
/* The built-in filter in the live kernel, around a service that stepdown has started. */
#include "helpers/compat.h"
#include "helpers/support.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

struct row {
	const char *trial;
	int error;      /* errno, 0 for none, -1 for "not EPERM and not ENOSYS" */
	int unconfined; /* the same with --seccomp off */
};

enum { PASSES = -1 };

static const struct row rows[] = {
	{"getppid", 0, 0},
	{"tcgets", EBADF, EBADF},
	{"tiocsti", EPERM, EBADF},
	{"tiocsti-garbage", EPERM, EBADF},
	{"tioclinux-garbage", EPERM, EBADF},
	{"alg", EPERM, PASSES},
	{"alg-garbage", EPERM, PASSES},
	{"vsock-garbage", EPERM, PASSES},
	{"clone3", ENOSYS, EINVAL},
	{"newer-than-the-profile", ENOSYS, ENOSYS},
	{"canary", 4001, EINVAL},
	{"canary-garbage", 4001, EINVAL},
};

static long
try(const char *profile, const char *trial, int *status)
{
	static struct outcome outcome;

	sandbox_make();
	sandbox_copy("build/tests/helpers/foreign", "/bin/foreign", 0755);
	run_words(&outcome, sandbox_make(), "/sbin/stepdown", "-u", "app", "--seccomp", profile,
		  "--", "foreign", trial);
	*status = outcome.status;
	return strtol(outcome.out, NULL, 10);
}

static bool
is_as_expected(long result, int expected)
{
	if (expected == PASSES)
		return result != -EPERM && result != -ENOSYS;
	return expected ? result == -expected : result >= 0;
}

static void
test_denied_calls_fail_with_the_profiles_errno(void **state)
{
	int status;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		long result = try("default", rows[i].trial, &status);

		if (status || !is_as_expected(result, rows[i].error))
			fail_msg("%s: %ld, status %d", rows[i].trial, result, status);
	}
}

/* Red first: without the filter the same trials get through to the kernel. */
static void
test_without_the_filter_they_get_through(void **state)
{
	int status;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		long result = try("off", rows[i].trial, &status);

		if (status || !is_as_expected(result, rows[i].unconfined))
			fail_msg("%s: %ld, status %d", rows[i].trial, result, status);
	}
}

static void
test_calls_of_a_foreign_architecture_cannot_slip_through(void **state)
{
#ifdef __x86_64__
	int status;

	(void)state;
	/* int 0x80 kills; unconfined it answers with a pid, where the kernel has it. */
	bool answered = compat_has_calls();

	try("default", "int80", &status);
	assert_int_equal(status, 128 + (answered ? SIGSYS : SIGSEGV));
	assert_int_equal(try("off", "int80", &status) > 0, answered);
	assert_int_equal(status, answered ? 0 : 128 + SIGSEGV);
	assert_int_equal(try("default", "x32-getpid", &status), -ENOSYS);
	assert_int_equal(try("default", "x32-bpf", &status), -ENOSYS);
#else
	(void)state;
	print_message("skipped: int 0x80 and x32 are of x86-64\n");
	skip();
#endif
}

static void
test_a_32_bit_program_is_refused_with_a_word(void **state)
{
	static struct outcome outcome;
	char path[128];

	(void)state;
	snprintf(path, sizeof(path), "%s/bin/small", sandbox_make());
	assert_int_equal(compat_install(path), 0);
	run_words(&outcome, sandbox_make(), "/sbin/stepdown", "-u", "app", "--", "small");
	assert_int_equal(outcome.status, 126);
	assert_says(outcome.err, "32-bit");
	run_words(&outcome, sandbox_make(), "/sbin/stepdown", "-u", "app", "--seccomp", "off", "--",
		  "small");
	if (compat_runs(path))
		assert_in_range(outcome.status, EPERM + 1, 124);
	else
		assert_int_equal(outcome.status, 126);
}

/* --- below an outer filter ----------------------------------------------------------------------
 */

static uint32_t outer_default;
static unsigned outer_seccomp; /* what it answers to seccomp(2) */

/* As an engine's: it names calls, and there is an answer for what it does not name. No service needs
 * the calls that the exec filter closes, nor root's keys. */
static void
enter_outer(void)
{
	enum { NAMED = 512 };
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_seccomp, 5, 0),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, NAMED, 5, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_memfd_create, 4, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_execveat, 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_keyctl, 2, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, outer_seccomp),
		BPF_STMT(BPF_RET | BPF_K, outer_default),
	};
	struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};

	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		_exit(99);
}

static void
start_below(struct outcome *outcome, const char *const *options)
{
	const char *argv[16] = {"/sbin/stepdown", "-u", "app"};
	unsigned count = 3;

	for (unsigned i = 0; options[i]; i++)
		argv[count++] = options[i];
	argv[count++] = "foreign";
	argv[count] = "canary";
	run_program(&(struct run){.argv = argv, .root = sandbox_make(), .prepare = enter_outer},
		    outcome);
}

/* Each of our programs: the profiles, PID 1's, the explainer's, the reader's, those beside. */
enum { OFF = 8 };
static const char *const below[][6] = {
	{"--init", "never"},
	{"--init", "always"},
	{"--seccomp", "strict"},
	{"--seccomp-compat"},
	{"--init", "always", "--explain"},
	{"--certs", "warn"},
	{"--exec-only"},
	{"--net-connect", "443"},
	[OFF] = {"--seccomp", "off", "--exec-only"},
};

static void
test_no_call_is_made_that_an_outer_filter_has_not_let_pass(void **state)
{
	static const uint32_t defaults[] = {SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD,
					    SECCOMP_RET_TRAP, SECCOMP_RET_ERRNO | EPERM,
					    SECCOMP_RET_LOG};
	static struct outcome outcome;

	(void)state;
	sandbox_make();
	sandbox_copy("build/tests/helpers/foreign", "/bin/foreign", 0755);
	outer_seccomp = SECCOMP_RET_ALLOW;
	for (size_t i = 0; i < sizeof(below) / sizeof(below[0]); i++)
		for (size_t d = 0; d < sizeof(defaults) / sizeof(defaults[0]); d++) {
			outer_default = defaults[d];
			start_below(&outcome, below[i]);
			/* Without a profile it is the exec filter that answers. */
			if (outcome.status || strcmp(outcome.out, i == OFF ? "-4003\n" : "-4001\n"))
				fail_msg("%s %s below 0x%x: status %d, %s%s", below[i][0],
					 below[i][1] ? below[i][1] : "", defaults[d],
					 outcome.status, outcome.out, outcome.err);
		}
}

/* Where it answers seccomp(2) itself, prctl(2) loads; the proof is the same call. */
static void
test_a_filter_is_loaded_by_prctl_where_seccomp_is_denied(void **state)
{
	static const unsigned errors[] = {EPERM, ENOSYS};
	static const char *const plain[] = {"-q", "--init", "always", NULL};
	static struct outcome outcome;

	(void)state;
	sandbox_make();
	sandbox_copy("build/tests/helpers/foreign", "/bin/foreign", 0755);
	outer_default = SECCOMP_RET_KILL_PROCESS;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		outer_seccomp = SECCOMP_RET_ERRNO | errors[i];
		start_below(&outcome, plain);
		assert_string_equal(outcome.err, "");
		assert_int_equal(outcome.status, 0);
		assert_string_equal(outcome.out, "-4001\n");
	}
	/* The proof is no other filter's answer. */
	outer_seccomp = SECCOMP_RET_ERRNO | EACCES;
	start_below(&outcome, plain);
	assert_int_equal(outcome.status, 125);
	assert_string_equal(outcome.out, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_denied_calls_fail_with_the_profiles_errno),
		cmocka_unit_test(test_without_the_filter_they_get_through),
		cmocka_unit_test(test_calls_of_a_foreign_architecture_cannot_slip_through),
		cmocka_unit_test(test_a_32_bit_program_is_refused_with_a_word),
		cmocka_unit_test(test_no_call_is_made_that_an_outer_filter_has_not_let_pass),
		cmocka_unit_test(test_a_filter_is_loaded_by_prctl_where_seccomp_is_denied),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
