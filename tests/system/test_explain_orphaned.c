/* SPDX-License-Identifier: MIT */
/*
 * --explain when the explainer is killed before the service is executed: the process that is to
 * become the service has the listener too, and whoever holds one keeps denied calls waiting. So
 * each call of the explainer's is its last in turn, while the start is made to run into denials.
 */
#include "helpers/support.h"
#include "injector_family.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/syscall.h>

#include <cmocka.h>

enum { FEWEST_CALLS = 30 }; /* of the explainer, up to the denials */

/*
 * What explains why a command cannot be executed, which is done under the filter: each of these is
 * asked about, and answered with EPERM.
 */
static const char denying[] =
	"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"stat\",\"newfstatat\","
	"\"fstat\",\"statx\",\"open\",\"openat\",\"access\",\"faccessat\",\"faccessat2\",\"lstat\","
	"\"statfs\",\"fstatfs\"],\"action\":\"SCMP_ACT_ERRNO\"}]}";

static struct outcome outcome;

static void
compile(void)
{
	char from[256], to[256];

	sandbox_write("/etc/profile.json", denying, 0644);
	snprintf(from, sizeof(from), "%s/etc/profile.json", sandbox_make());
	snprintf(to, sizeof(to), "%s/etc/denying", sandbox_make());
	run_words(&outcome, NULL, "build/stepdown-kit", "compile", from, "-o", to);
	if (outcome.status)
		fail_msg("compile: %s", outcome.err);
}

static void
start(void)
{
	static const char *const argv[] = {
		"/sbin/stepdown", "-u",        "app", "--leftover-timeout", "0", "--seccomp",
		"/etc/denying",   "--explain", "--",  "/bin/broken",        NULL};

	family->is_pid_1 = true;
	family_run(&(struct run){.argv = argv, .root = sandbox_make()}, -1, &outcome);
}

static void
test_an_explainer_that_is_killed_before_the_exec_leaves_nobody_waiting(void **state)
{
	unsigned calls, said = 0;

	(void)state;
	compile();
	/* An ELF file that ends behind its magic number: only the exec fails. */
	sandbox_write("/bin/broken", "\177ELF", 0755);
	injector_map();
	family_map();
	injector_reset();
	start();
	/* The child's first. */
	family->target = (FAMILY_PROGRAM * FAMILY_BASE + 1) * FAMILY_BASE + 1;
	start();
	assert_int_equal(outcome.status, 126);
	assert_says(outcome.err, "stepdown: denied: ");
	calls = injector->count;
	assert_in_range(calls, FEWEST_CALLS, INJECTOR_CALLS);
	for (unsigned call = 1; call <= calls; call++) {
		injector_reset();
		injector->at = call;
		injector->signal = SIGKILL;
		start();
		if (outcome.status != 126)
			fail_msg("killed before call %u of %u: %s, %s", call, calls,
				 outcome.status == FAMILY_HANGS ? "it hangs" : "another status",
				 outcome.err);
		said += strstr(outcome.err, "the explainer has ended (wait status 0x9)") != NULL;
	}
	print_message("%u calls, the end was told of after %u of them\n", calls, said);
	assert_in_range(said, 1, calls);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_an_explainer_that_is_killed_before_the_exec_leaves_nobody_waiting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
