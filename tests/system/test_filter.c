/* SPDX-License-Identifier: MIT */
/* The built-in filter in the live kernel, around a service that stepdown has started. */
#include "helpers/compat.h"
#include "helpers/support.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

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
	{"canary", 4001, ENOSYS},
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_denied_calls_fail_with_the_profiles_errno),
		cmocka_unit_test(test_without_the_filter_they_get_through),
		cmocka_unit_test(test_calls_of_a_foreign_architecture_cannot_slip_through),
		cmocka_unit_test(test_a_32_bit_program_is_refused_with_a_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
