/* SPDX-License-Identifier: MIT */
/* The init as a real PID 1: how it ends, and what becomes of those who are left. */
#include "helpers/initlab.h"

static struct lab lab;
static char errors[8192];

static int64_t
run_timed(const char *options, const char *service, int *status)
{
	int64_t start = lab_now();

	lab_start(&lab, options, service);
	*status = lab_wait(&lab);
	lab_read_errors(&lab, errors, sizeof(errors));
	lab_saw(&lab, "\n never \n");
	lab_close(&lab);
	return lab_now() - start;
}

static void
test_the_exit_status_is_the_services(void **unused)
{
	static const struct {
		const char *options, *service;
		int status;
	} rows[] = {
		{"", "exit 0", 0},
		{"", "exit 1", 1},
		{"", "exit 255", 255},
		{"", "exit 125", 125},
		{"", "die 15", 143},
		{"", "die 9", 137},
		{"", "die 11", 139},
		{"", "die 34", 162},
		{"", "die 64", 192},
		{"--map-exit 143=0", "die 15", 0},
		{"--map-exit 143=0", "exit 143", 0},
		{"--map-exit 143=0", "die 9", 137},
		{"--map-exit 3=4 --map-exit 4=5", "exit 3", 4},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char options[128];
		int status;

		snprintf(options, sizeof(options), "--seccomp off %s", rows[i].options);
		run_timed(options, rows[i].service, &status);
		if (status != rows[i].status)
			fail_msg("%s, %s: %d", rows[i].options, rows[i].service, status);
	}
}

static void
test_a_command_that_cannot_be_executed_is_127_or_126(void **unused)
{
	static const struct {
		const char *command;
		int status;
	} rows[] = {{"/nowhere/at/all", 127}, {"/etc", 126}, {"/etc/passwd", 126}};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *arguments[] = {lab_program(), "--user", "1234",          "--seccomp",
					   "off",         "--",     rows[i].command, NULL};

		lab_exec(&lab, true, NULL, arguments);
		assert_int_equal(lab_wait(&lab), rows[i].status);
		lab_read_errors(&lab, errors, sizeof(errors));
		assert_non_null(strstr(errors, rows[i].command));
		lab_close(&lab);
	}
}

static void
test_what_is_left_may_finish_its_work(void **unused)
{
	int status;
	int64_t took = run_timed("--seccomp off --leftover-timeout 1000", "leave-writer", &status);

	(void)unused;
	assert_int_equal(status, 3);
	assert_string_equal(lab.text, "written\n");
	/* It took as long as the work did, not as long as the timeout allows: the lab is not so patient. */
	assert_true(took >= 200);
}

static void
test_without_a_timeout_it_may_not(void **unused)
{
	int status;

	(void)unused;
	run_timed("--seccomp off --leftover-timeout 0", "leave-writer", &status);
	assert_int_equal(status, 3);
	assert_string_equal(lab.text, "");
}

static void
test_what_does_not_end_is_killed_and_named(void **unused)
{
	int status;
	int64_t took;

	(void)unused;
	/* Without the option it is never less than five seconds; with it a busy machine may need them. */
	for (int tries = 0; tries < 10; tries++) {
		took = run_timed("--seccomp off --leftover-timeout 0.3", "leave-obstinate 5",
				 &status);
		if (took < 5000)
			break;
	}
	assert_int_equal(status, 3);
	assert_true(took >= 300);
	assert_true(took < 5000);
	assert_non_null(strstr(errors, "killed 10 "));
	assert_non_null(strstr(errors, "SIGTERM: pid "));
}

static void
test_what_was_stopped_is_continued_to_end(void **unused)
{
	int status;

	(void)unused;
	run_timed("--seccomp off --leftover-timeout 1000", "leave-stopped", &status);
	assert_int_equal(status, 3);
	assert_null(strstr(errors, "killed"));
}

static void
test_a_second_request_to_stop_shortens_the_wait(void **unused)
{
	int64_t start = lab_now();

	(void)unused;
	lab_start(&lab, "--seccomp off --leftover-timeout 1000", "leave-obstinate 1");
	lab_expect(&lab, "left\nleft\n");
	/* Wherever the first one finds it, still running or ended: at the third it is over. */
	for (int status = 0; waitpid(lab.pid, &status, WNOHANG) == 0;) {
		struct timespec pause_time = {0, 20000000};

		kill(lab.pid, SIGTERM);
		nanosleep(&pause_time, NULL);
		if (lab_now() - start > lab_patience())
			fail_msg("still there");
		lab.size = (size_t)status;
	}
	lab_close(&lab);
}

static void
test_a_service_that_does_not_stop_is_killed_in_time(void **unused)
{
	static const struct {
		const char *options;
		int signal;
	} rows[] = {
		{"--stop-timeout 0.3", SIGTERM},
		{"--stop-timeout 0.3 --stop-signal QUIT", SIGQUIT},
		{"--stop-timeout 0.3 --stop-signal RTMIN+3", 37},
		{"--stop-timeout 0.3 --map-signal TERM=INT", SIGTERM},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char options[128];
		int64_t start;

		snprintf(options, sizeof(options), "--seccomp off %s", rows[i].options);
		lab_start(&lab, options, "obstinate");
		lab_expect(&lab, "ready");
		/* Neither of these asks for an end. */
		kill(lab.pid, SIGHUP);
		kill(lab.pid, SIGINT);
		start = lab_now();
		kill(lab.pid, rows[i].signal);
		assert_int_equal(lab_wait(&lab), 137);
		assert_true(lab_now() - start >= 290);
		lab_read_errors(&lab, errors, sizeof(errors));
		assert_non_null(strstr(errors, "the service (pid 2) did not end"));
		lab_close(&lab);
	}
}

/* What ignores TERM is not waited for either, where the service's group is meant. */
static void
test_a_group_that_does_not_stop_is_killed_with_its_leader(void **unused)
{
	const char *arguments[] = {lab_program(),
				   "--user",
				   "1234",
				   "--signal-group",
				   "--stop-timeout",
				   "0.2",
				   "--leftover-timeout",
				   "1000",
				   "--",
				   "/bin/sh",
				   "-c",
				   "trap '' TERM; sleep 1000 & echo ready; wait",
				   NULL};

	(void)unused;
	lab_exec(&lab, true, NULL, arguments);
	lab_expect(&lab, "ready");
	kill(lab.pid, SIGTERM);
	assert_int_equal(lab_wait(&lab), 137);
	lab_read_errors(&lab, errors, sizeof(errors));
	assert_null(strstr(errors, "left behind"));
	lab_close(&lab);
}

static void
test_a_service_is_never_killed_unless_it_was_asked_for(void **unused)
{
	struct timespec wait = {0, 700000000};

	(void)unused;
	lab_start(&lab, "--seccomp off --stop-timeout 0.2", "obstinate");
	lab_expect(&lab, "ready");
	kill(lab.pid, SIGINT);
	kill(lab.pid, SIGHUP);
	nanosleep(&wait, NULL);
	assert_int_equal(waitpid(lab.pid, NULL, WNOHANG), 0);
	kill(lab.pid, SIGKILL);
	assert_int_equal(lab_wait(&lab), 1009);
	lab_close(&lab);

	lab_start(&lab, "--seccomp off", "obstinate");
	lab_expect(&lab, "ready");
	kill(lab.pid, SIGTERM);
	nanosleep(&wait, NULL);
	assert_int_equal(waitpid(lab.pid, NULL, WNOHANG), 0);
	kill(lab.pid, SIGKILL);
	assert_int_equal(lab_wait(&lab), 1009);
	lab_close(&lab);
}

static void
test_a_service_that_forks_and_ends_takes_its_child_along(void **unused)
{
	(void)unused;
	for (int i = 0; i < 100; i++)
		assert_int_equal(lab_run(&lab, "--seccomp off", "daemonise"), 0);
}

static void
test_an_end_that_comes_at_any_moment_is_not_missed(void **unused)
{
	(void)unused;
	for (int i = 0; i < 200; i++)
		assert_int_equal(lab_run(&lab, "--seccomp off", "exit 9"), 9);
}

static void
test_a_hundred_thousand_orphans_are_reaped(void **unused)
{
	(void)unused;
	assert_int_equal(lab_run(&lab, "--seccomp off", "orphans 100000"), 0);
	assert_string_equal(lab.text, "made=100000\n");
}

/* Whether a process of the namespace of `lab`, seen from here, is a zombie: by its parent. */
static bool
has_zombie(const void *context)
{
	const struct lab *of = context;
	char command[128];

	snprintf(command, sizeof(command), "ps -o stat= --ppid %d | grep -q Z", (int)of->pid);
	return system(command) == 0;
}

static bool
has_none(const void *context)
{
	return !has_zombie(context);
}

static void
test_no_zombie_stays_while_the_service_lives(void **unused)
{
	const char *arguments[] = {
		lab_program(),
		"--user",
		"1234",
		"--seccomp",
		"off",
		"--",
		"/bin/sh",
		"-c",
		"i=0; while [ $i -lt 300 ]; do (sleep 0.01 &); i=$((i+1)); done; "
		"echo ready; exec sleep 1000",
		NULL};

	(void)unused;
	lab_exec(&lab, true, NULL, arguments);
	lab_expect(&lab, "ready");
	lab_retry(has_none, &lab, "no zombie is left");
	kill(lab.pid, SIGTERM);
	assert_int_equal(lab_wait(&lab), 143);
	lab_close(&lab);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_exit_status_is_the_services),
		cmocka_unit_test(test_a_command_that_cannot_be_executed_is_127_or_126),
		cmocka_unit_test(test_what_is_left_may_finish_its_work),
		cmocka_unit_test(test_without_a_timeout_it_may_not),
		cmocka_unit_test(test_what_does_not_end_is_killed_and_named),
		cmocka_unit_test(test_what_was_stopped_is_continued_to_end),
		cmocka_unit_test(test_a_second_request_to_stop_shortens_the_wait),
		cmocka_unit_test(test_a_service_that_does_not_stop_is_killed_in_time),
		cmocka_unit_test(test_a_group_that_does_not_stop_is_killed_with_its_leader),
		cmocka_unit_test(test_a_service_is_never_killed_unless_it_was_asked_for),
		cmocka_unit_test(test_a_service_that_forks_and_ends_takes_its_child_along),
		cmocka_unit_test(test_an_end_that_comes_at_any_moment_is_not_missed),
		cmocka_unit_test(test_a_hundred_thousand_orphans_are_reaped),
		cmocka_unit_test(test_no_zombie_stays_while_the_service_lives),
	};

	lab_need_root();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
