/* SPDX-License-Identifier: MIT */
/*
 * stepdown-kit learn beside services that make it hard: it neither hangs, nor grows without end,
 * nor leaves half a profile
 */
#include "learning.h"

#include <signal.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>

enum { TRIES = 600, TENTH = 100 * 1000 * 1000 };

static void
test_a_million_calls_are_counted(void **state)
{
	(void)state;
	learn(in_folder("x.json"), in_folder("record"), in_folder("service"), "calls", "1000000");
	assert_status(0);
	assert_file_says(in_folder("record"), " getppid 1000000 ");
}

static void
test_two_hundred_processes_at_once(void **state)
{
	(void)state;
	learn(in_folder("x.json"), in_folder("record"), in_folder("service"), "forks", "200");
	assert_status(0);
	assert_says(outcome.err, "status 0");
	assert_file_says(in_folder("record"), " getppid 4000 ");
}

static void
test_processes_that_die_inside_a_notification(void **state)
{
	(void)state;
	learn(in_folder("x.json"), in_folder("record"), in_folder("service"), "dying", "300");
	assert_status(0);
	assert_says(outcome.err, "status 0");
	assert_file_says(in_folder("record"), " setitimer 300 ");
}

static void
test_a_storm_of_signals_does_not_stop_it(void **state)
{
	(void)state;
	learn(in_folder("x.json"), in_folder("record"), in_folder("service"), "storm", "500");
	assert_status(0);
	assert_says(outcome.err, "status 0");
	assert_file_says(in_folder("record"), " rt_sigreturn ");
}

/* 1,000 requests and 1,000 numbers: the table stays small, and the profile is right all the same.
 */
static void
test_more_values_than_are_told_apart(void **state)
{
	(void)state;
	learn(in_folder("values.json"), in_folder("record"), in_folder("service"), "values",
	      "1000");
	assert_status(0);
	assert_says(outcome.err, "1000 calls have a number that no call of this machine has");
	run("sh", "-c",
	    "n=$(grep -c ' ioctl ' $0/record); m=$(grep -c '^call [^ ]* [0-9]* [0-9]' $0/record); "
	    "echo $n $m; [ $n -gt 100 ] && [ $n -lt 300 ] && [ $m -lt 300 ]",
	    folder);
	assert_status(0);
	run("build/stepdown-kit", "check", in_folder("values.json"), "--user", "4321", "--",
	    in_folder("service"), "values", "1000");
	assert_status(0);
}

/* Root's watcher has other ids than the service, but for its file accesses. */
static void
test_the_service_cannot_kill_roots_watcher(void **state)
{
	(void)state;
	learn(in_folder("x.json"), in_folder("record"), in_folder("service"), "kill-parent");
	assert_status(0);
	assert_string_equal(outcome.out, "refused: Operation not permitted\n");
}

/* The same user may: then there is no profile, and whoever is left gets ENOSYS, and ends. */
static void
test_a_killed_watcher_leaves_no_profile_and_no_hang(void **state)
{
	(void)state;
	run("setpriv", "--reuid=4321", "--regid=4321", "--clear-groups", "build/stepdown-kit",
	    "learn", "-o", in_folder("open/killed.json"), "--", in_folder("service"),
	    "kill-parent");
	assert_int_equal(outcome.status, 128 + SIGKILL);
	run("sh", "-c", "ls $0/open/killed.json* 2>/dev/null", folder);
	assert_string_equal(outcome.out, "");
	for (int i = 0; i < TRIES; i++) {
		run("pgrep", "-f", in_folder("service"));
		if (outcome.status == 1)
			return;
		nanosleep(&(struct timespec){0, TENTH}, NULL);
	}
	fail_msg("the service goes on: %s", outcome.out);
}

/* A service that waits would never notice. */
static void
test_a_killed_watcher_takes_a_waiting_service_along(void **state)
{
	(void)state;
	run("setpriv", "--reuid=4321", "--regid=4321", "--clear-groups", "build/stepdown-kit",
	    "learn", "-o", in_folder("open/killed.json"), "--", "sh", "-c",
	    "(sleep 0.3; kill -9 $PPID) & exec sleep 27182");
	assert_int_equal(outcome.status, 128 + SIGKILL);
	for (int i = 0; i < TRIES; i++) {
		run("pgrep", "-f", "^sleep 27182");
		if (outcome.status == 1)
			return;
		nanosleep(&(struct timespec){0, TENTH}, NULL);
	}
	fail_msg("the service goes on: %s", outcome.out);
}

static void
test_a_watched_process_cannot_learn(void **state)
{
	(void)state;
	run("build/stepdown-kit", "learn", "-q", "-o", in_folder("outer.json"), "--user", "4321",
	    "--", "build/stepdown-kit", "learn", "-o", in_folder("open/inner.json"), "--", "true");
	assert_status(0);
	assert_says(outcome.err, "watched already");
	assert_int_not_equal(access(in_folder("open/inner.json"), F_OK), 0);
}

/* Its reason stands in shared memory: it may end between the look at that and the wait for it. */
static void
test_why_a_process_could_not_be_watched_is_not_lost(void **state)
{
	(void)state;
	run("build/stepdown-kit", "learn", "-q", "-o", in_folder("outer.json"), "--user", "4321",
	    "--", "strace", "-o", in_folder("open/trace"), "-e", "inject=wait4:delay_enter=300000",
	    "build/stepdown-kit", "learn", "-o", in_folder("open/inner.json"), "--", "true");
	assert_status(0);
	assert_says(outcome.err, "watched already");
}

static void
test_what_a_service_leaves_behind_is_ended(void **state)
{
	(void)state;
	run("build/stepdown-kit", "learn", "-o", in_folder("x.json"), "--user", "4321", "--", "sh",
	    "-c", "trap '' TERM; (echo started; exec sleep 31415) & exit 7");
	assert_status(0);
	assert_says(outcome.err, "status 7");
	run("pgrep", "-f", "sleep 31415");
	assert_int_equal(outcome.status, 1);
}

static void
test_a_time_limit_ends_a_service_that_does_not(void **state)
{
	(void)state;
	run("build/stepdown-kit", "learn", "-o", in_folder("x.json"), "--for", "1", "--user",
	    "4321", "--", "sh", "-c", "trap 'exit 3' TERM; while :; do sleep 0.05; done");
	assert_status(0);
	assert_says(outcome.err, "status 3, since its time was up");
	assert_file_says(in_folder("x.json"), "\"wait4\"");
}

/* A request to stop is the service's, and what was learned until then is kept. */
static void
test_a_request_to_stop_reaches_the_service(void **state)
{
	(void)state;
	run("sh", "-c",
	    "build/stepdown-kit learn -o $0/stop.json --user 4321 -- sh -c "
	    "'trap \"echo stopping; exit 4\" TERM; echo >$0/open/ready; while :; do sleep 0.05; "
	    "done' "
	    "$0 & n=0; until [ -e $0/open/ready ] || [ $n -gt 600 ]; do n=$((n+1)); sleep 0.1; "
	    "done; "
	    "kill -TERM $!; wait $!",
	    folder);
	assert_status(0);
	assert_string_equal(outcome.out, "stopping\n");
	assert_says(outcome.err, "status 4");
	assert_file_says(in_folder("stop.json"), "\"wait4\"");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_million_calls_are_counted),
		cmocka_unit_test(test_two_hundred_processes_at_once),
		cmocka_unit_test(test_processes_that_die_inside_a_notification),
		cmocka_unit_test(test_a_storm_of_signals_does_not_stop_it),
		cmocka_unit_test(test_more_values_than_are_told_apart),
		cmocka_unit_test(test_the_service_cannot_kill_roots_watcher),
		cmocka_unit_test(test_a_killed_watcher_leaves_no_profile_and_no_hang),
		cmocka_unit_test(test_a_killed_watcher_takes_a_waiting_service_along),
		cmocka_unit_test(test_a_watched_process_cannot_learn),
		cmocka_unit_test(test_why_a_process_could_not_be_watched_is_not_lost),
		cmocka_unit_test(test_what_a_service_leaves_behind_is_ended),
		cmocka_unit_test(test_a_time_limit_ends_a_service_that_does_not),
		cmocka_unit_test(test_a_request_to_stop_reaches_the_service),
	};

	return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
