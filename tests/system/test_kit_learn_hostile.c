/* SPDX-License-Identifier: MIT */
/*
 * stepdown-kit learn beside services that make it hard: it neither hangs, nor grows without end,
 * nor leaves half a profile
 */
#include "helpers/slower.h"
#include "learning.h"

#include <signal.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>

enum { TRIES = 600, TENTH = 100 * 1000 * 1000 };

static void
test_a_million_calls_are_counted(void **state)
{
	char calls[16], recorded[32];

	(void)state;
	snprintf(calls, sizeof(calls), "%u", slower_count(1000000));
	snprintf(recorded, sizeof(recorded), " getppid %s ", calls);
	learn(in_folder("x.json"), in_folder("record"), in_folder("service"), "calls", calls);
	assert_status(0);
	assert_file_says(in_folder("record"), recorded);
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

enum { LONGEST = 64 };

/* Seconds in which a service has started: twice as many at each try, until its words show that it has. */
static const char *
a_while(unsigned seconds)
{
	static char text[12];

	snprintf(text, sizeof(text), "%u", seconds);
	return text;
}

static void
test_a_time_limit_ends_a_service_that_does_not(void **state)
{
	(void)state;
	for (unsigned seconds = 1; seconds <= LONGEST; seconds *= 2) {
		run("build/stepdown-kit", "learn", "-o", in_folder("x.json"), "--for",
		    a_while(seconds), "--user", "4321", "--", "sh", "-c",
		    "trap 'exit 3' TERM; echo started; while :; do sleep 0.05; done");
		if (strstr(outcome.out, "started"))
			break;
	}
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

/* What it says of a process that it cannot end. */
static const char left_text[] =
	"note: what the service left behind could not be ended: there is no "
	"/proc, or no CAP_KILL; its calls get ENOSYS from now on\n";

/* Ends what such a run has left; it wrote its pid down. */
static void
end_left(void)
{
	static struct outcome done;

	run_words(&done, NULL, "sh", "-c", "kill -9 $(cat $0/open/left); rm $0/open/left", folder);
}

/* Its children cannot be listed there. Only as PID 1 it can end them unlisted. */
static void
test_without_proc_nobody_is_waited_for_without_end(void **state)
{
	static const char script[] =
		"umount -l /proc; exec timeout -s KILL 100 build/stepdown-kit learn -o "
		"$0/x.json --stepdown build/stepdown --user 4321 -- sh -c 'trap \"\" TERM; sleep "
		"3600 >/dev/null 2>&1 & echo $! >$0/open/left; exit 3' $0";
	static const char first[] =
		"umount -l /proc; exec build/stepdown-kit learn -o $0/x.json --stepdown "
		"build/stepdown --user 4321 -- sh -c 'trap \"\" TERM; sleep 3600 >/dev/null 2>&1 & "
		"exit 3'";

	(void)state;
	run("unshare", "--mount", "sh", "-c", script, folder);
	end_left();
	assert_status(0);
	assert_says(outcome.err, "status 3");
	assert_says(outcome.err, left_text);
	run("timeout", "-s", "KILL", "100", "unshare", "--mount", "--pid", "--fork", "--kill-child",
	    "sh", "-c", first, folder);
	assert_status(0);
	assert_says(outcome.err, "status 3");
	assert_null(strstr(outcome.err, "left behind"));
}

/* Root of a container that has dropped CAP_KILL cannot end a process of another user. */
static void
test_without_the_right_to_kill_nobody_is_waited_for_without_end(void **state)
{
	static const char script[] =
		"exec timeout -s KILL 100 setpriv --bounding-set -kill --inh-caps -kill "
		"build/stepdown-kit learn -o $0/x.json \"$@\"";

	(void)state;
	run("sh", "-c", script, folder, "--user", "4321", "--", "sh", "-c",
	    "trap '' TERM; sleep 3600 >/dev/null 2>&1 & echo $! >$0/open/left; exit 3", folder);
	end_left();
	assert_status(0);
	assert_says(outcome.err, "status 3");
	assert_says(outcome.err, left_text);
	for (unsigned seconds = 1; seconds <= LONGEST; seconds *= 2) {
		run("sh", "-c", script, folder, "--for", a_while(seconds), "--user", "4321", "--",
		    "sh", "-c", "echo $$ >$0/open/left; exec sleep 3600 >/dev/null 2>&1", folder);
		if (access(in_folder("open/left"), F_OK) == 0)
			break;
	}
	end_left();
	assert_status(0);
	assert_says(outcome.err, "the service could not be ended when its time was up");
	assert_says(outcome.err, left_text);
}

/* Or the listener, or a file that it writes, would be a standard stream of its own. */
static void
test_closed_streams_are_nothing_elses(void **state)
{
	(void)state;
	run("sh", "-c",
	    "exec setpriv --reuid=4321 --regid=4321 --clear-groups build/stepdown-kit learn -o "
	    "$0/open/closed.json -- sh -c 'ls -l /proc/$PPID/fd >$0/open/kit; ls -l /proc/$$/fd "
	    ">$0/open/service' $0 <&- >&- 2>&-",
	    folder);
	assert_status(0);
	assert_file_says(in_folder("open/kit"), " 0 -> /\n");
	assert_file_says(in_folder("open/kit"), " 1 -> /\n");
	assert_file_says(in_folder("open/kit"), " 2 -> /\n");
	/* The service has what stepdown gives it. */
	assert_file_says(in_folder("open/service"), " 0 -> /dev/null\n");
	assert_file_says(in_folder("open/service"), " 2 -> /dev/null\n");
	assert_file_says(in_folder("open/closed.json"), "\"SCMP_ACT_ALLOW\"");
	/* And what is closed cannot be written to, which is said. */
	run("sh", "-c", "exec build/stepdown-kit show src/profiles/strict.json >&-");
	assert_int_equal(outcome.status, 125);
	assert_says(outcome.err, "cannot write to standard output");
}

/* A name of anybody's, in what people and programs read. */
static void
test_a_hostile_name_of_a_program_is_escaped(void **state)
{
	static const char name[] = "e\"v\\\033]0;x\a\ni\377l";
	static const char read_all[] =
		"import json, sys\n"
		"for name in sys.argv[1:]:\n"
		"    text = open(name, encoding='utf-8').read()\n"
		"    json.loads(text)\n"
		"    assert r'e\\\"v\\\\x5c\\\\x1b]0;x\\\\x07\\\\x0ai\\\\xffl' in text\n";
	char service[PATH_SIZE];

	(void)state;
	snprintf(service, sizeof(service), "%s", in_folder(name));
	run("cp", "-p", in_folder("service"), service);
	learn(in_folder("named.json"), in_folder("record"), service, "arguments");
	assert_status(0);
	run("build/stepdown-kit", "check", "strict", "-o", in_folder("report.json"), "--user",
	    "4321", "--", service, "arguments");
	assert_status(1);
	assert_says(outcome.err, "e\"v\\x5c\\x1b]0;x\\x07\\x0ai\\xffl");
	for (const char *at = outcome.err; *at; at++)
		assert_true(*at == '\n' || (*at >= ' ' && *at <= '~'));
	run("python3", "-c", read_all, in_folder("named.json"), in_folder("report.json"));
	assert_status(0);
	run("build/stepdown-kit", "compile", in_folder("named.json"), "-o", in_folder("x.filter"));
	assert_status(0);
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
		cmocka_unit_test(test_without_proc_nobody_is_waited_for_without_end),
		cmocka_unit_test(test_without_the_right_to_kill_nobody_is_waited_for_without_end),
		cmocka_unit_test(test_closed_streams_are_nothing_elses),
		cmocka_unit_test(test_a_hostile_name_of_a_program_is_escaped),
	};

	return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
