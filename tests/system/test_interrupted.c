/* SPDX-License-Identifier: MIT */
/*
 * Killed at each system call of a start that sets the container up: what is there is then the old
 * state or the new one, file by file, and the next start mends all and leaves nothing behind.
 */
#include "helpers/support.h"
#include "injector.h"
#include "setup_state.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/syscall.h>

#include <cmocka.h>

enum { KILLED = 128 + SIGKILL };

static void
enter_traced(void)
{
	injector_begin();
	setup_state_restore();
}

static void
start(void (*enter)(void), struct outcome *outcome)
{
	static const char *const argv[] = {
		"/sbin/stepdown", "-u", "10001:10001", SETUP_STATE_OPTIONS, "--", "probe",
		"exit",           "0",  NULL};

	injector->count = injector->hits = 0;
	injector->started = false;
	run_program(&(struct run){.argv = argv, .root = sandbox_make(), .enter = enter}, outcome);
}

/* What begins with a dot in the sandbox's /etc is what a write has left. */
static unsigned
count_leftovers(void)
{
	char path[256];
	unsigned count = 0;
	const struct dirent *entry;

	snprintf(path, sizeof(path), "%s/etc", sandbox_make());
	DIR *etc = opendir(path);

	if (!etc)
		fail_msg("opendir %s: %s", path, strerror(errno));
	while ((entry = readdir(etc)))
		count += entry->d_name[0] == '.' && strcmp(entry->d_name, ".") &&
			 strcmp(entry->d_name, "..");
	closedir(etc);
	return count;
}

static void
assert_state(bool must_be_new, unsigned call)
{
	const char *wrong = setup_state_judge(must_be_new);

	if (wrong)
		fail_msg("killed at call %u (%llu): %s %s", call,
			 (unsigned long long)injector->calls[call - 1].number, wrong,
			 must_be_new ? "is not mended by the next start"
				     : "is neither old nor new");
}

static void
test_killed_at_any_call_it_leaves_the_old_or_the_new_state(void **state)
{
	static struct outcome outcome;
	unsigned half = 0;
	unsigned leftovers = 0;

	(void)state;
	setup_state_prepare();
	injector_reset();
	start(enter_traced, &outcome);
	if (outcome.status || !injector->started)
		fail_msg("%d %s", outcome.status, outcome.err);
	unsigned calls = injector->count;

	assert_state(true, 1);
	injector->kills = true;
	for (unsigned call = 1; call <= calls; call++) {
		injector->at = call;
		start(enter_traced, &outcome);
		assert_int_equal(injector->hits, 1);
		assert_int_equal(outcome.status, KILLED);
		assert_state(false, call);
		half += setup_state_judge(true) != NULL;
		leftovers += count_leftovers() > 0;
		/* Nothing of the state is restored in between. */
		start(NULL, &outcome);
		if (outcome.status)
			fail_msg("killed at call %u: the next start says %s", call, outcome.err);
		assert_state(true, call);
		assert_int_equal(count_leftovers(), 0);
	}
	print_message("%u calls; killed at %u of them some of the set-up was still to do, at %u a "
		      "temporary file was left to the next start\n",
		      calls, half, leftovers);
	/* The sweep has met the set-up, and what comes after it. */
	assert_in_range(half, 100, calls - 50);
	assert_in_range(leftovers, 1, calls);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_killed_at_any_call_it_leaves_the_old_or_the_new_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
