/* SPDX-License-Identifier: MIT */
/* The init as a real PID 1: which signals reach the service, and what of them. */
#include "helpers/initlab.h"

#include <sys/resource.h>

static struct lab lab;

static int
send_queued(pid_t pid, int signal, int value)
{
	siginfo_t info = {.si_signo = signal, .si_code = SI_QUEUE};

	info.si_pid = getpid();
	info.si_value.sival_int = value;
	return (int)syscall(SYS_rt_sigqueueinfo, pid, signal, &info);
}

static void
test_every_signal_reaches_the_service(void **unused)
{
	(void)unused;
	lab_start(&lab, "--seccomp off", "catch");
	lab_expect(&lab, "ready");
	for (int signal = 1; signal <= 64; signal++) {
		char line[64];

		if (signal == SIGKILL || signal == SIGSTOP || signal == SIGTERM)
			continue;
		assert_int_equal(kill(lab.pid, signal), 0);
		snprintf(line, sizeof(line), "signal=%d code=0 ", signal);
		lab_expect(&lab, line);
	}
	kill(lab.pid, SIGTERM);
	assert_int_equal(lab_wait(&lab), 0);
	lab_close(&lab);
}

static void
test_real_time_signals_keep_payload_number_and_order(void **unused)
{
	char line[64];

	(void)unused;
	lab_start(&lab, "--seccomp off", "catch");
	lab_expect(&lab, "ready");
	for (int i = 0; i < 50; i++)
		assert_int_equal(send_queued(lab.pid, 40, 1000 + i), 0);
	for (int i = 0; i < 50; i++) {
		snprintf(line, sizeof(line), "signal=40 code=-1 value=%d\n", 1000 + i);
		lab_expect(&lab, line);
	}
	for (int signal = 32; signal <= 64; signal++) {
		assert_int_equal(send_queued(lab.pid, signal, -signal), 0);
		snprintf(line, sizeof(line), "signal=%d code=-1 value=%d\n", signal, -signal);
		lab_expect(&lab, line);
	}
	kill(lab.pid, SIGTERM);
	assert_int_equal(lab_wait(&lab), 0);
	lab_close(&lab);
}

static void
test_a_payload_reaches_a_group_where_the_kernel_can(void **unused)
{
	(void)unused;
	lab_start(&lab, "--seccomp off --signal-group", "catch");
	lab_expect(&lab, "ready");
	assert_int_equal(send_queued(lab.pid, 50, 77), 0);
	lab_expect(&lab, "signal=50 ");
	/* PIDFD_SIGNAL_PROCESS_GROUP is of 6.9. */
	if (!strstr(lab.text, "signal=50 code=-1 value=77"))
		print_message("this kernel carries no payload to a group\n");
	kill(lab.pid, SIGTERM);
	assert_int_equal(lab_wait(&lab), 0);
	lab_close(&lab);
}

static void
test_signals_are_mapped_and_dropped(void **unused)
{
	(void)unused;
	lab_start(&lab,
		  "--seccomp off --map-signal HUP=USR2 --map-signal INT=none --map-signal 64=33",
		  "catch");
	lab_expect(&lab, "ready");
	kill(lab.pid, SIGINT);
	assert_int_equal(send_queued(lab.pid, 64, 5), 0);
	lab_expect(&lab, "signal=33 code=-1 value=5\n");
	kill(lab.pid, SIGHUP);
	lab_expect(&lab, "signal=12 ");
	kill(lab.pid, SIGTERM);
	assert_int_equal(lab_wait(&lab), 0);
	lab_saw(&lab, "never");
	assert_null(strstr(lab.text, "signal=2 "));
	assert_null(strstr(lab.text, "signal=1 "));
	lab_close(&lab);
}

static void
test_what_the_service_sends_does_not_come_back(void **unused)
{
	static const int signals[] = {SIGHUP, SIGTERM, SIGUSR1, 40};

	(void)unused;
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
		char service[32], line[64];

		snprintf(service, sizeof(service), "echo %d", signals[i]);
		assert_int_equal(lab_run(&lab, "--seccomp off", service), 0);
		snprintf(line, sizeof(line), "own=-1\nchild's=%d\n", signals[i]);
		assert_string_equal(lab.text, line);
	}
}

static void
test_a_group_is_told_where_it_was_asked_for(void **unused)
{
	const char *arguments[] = {lab_program(),
				   "--user",
				   "1234",
				   "--seccomp",
				   "off",
				   "--signal-group",
				   "--",
				   "/bin/sh",
				   "-c",
				   "trap 'wait; echo parent; exit 0' HUP; "
				   "sh -c 'trap \"echo child; exit 0\" HUP; echo ready; "
				   "while :; do sleep 0.05; done' & "
				   "while :; do sleep 0.05; done",
				   NULL};

	(void)unused;
	lab_exec(&lab, true, NULL, arguments);
	lab_expect(&lab, "ready");
	kill(lab.pid, SIGHUP);
	lab_expect(&lab, "child");
	lab_expect(&lab, "parent");
	assert_int_equal(lab_wait(&lab), 0);
	lab_close(&lab);
}

/* TERM would overtake those in the queue; 64 is the last of all, so TERM follows that one. */
static void
send_last(void)
{
	assert_int_equal(kill(lab.pid, 64), 0);
	lab_expect(&lab, "last\n");
}

static void
few_pending(void)
{
	struct rlimit limit = {16, 16};

	setrlimit(RLIMIT_SIGPENDING, &limit);
}

/* Values may be lost where the user may not queue more; neither the number nor the init is. */
static void
test_a_full_queue_costs_the_value_at_most(void **unused)
{
	static char errors[4096];

	(void)unused;
	lab_start_prepared(&lab, true, few_pending, "--seccomp off", "count");
	lab_expect(&lab, "ready");
	for (int i = 0; i < 200000; i++)
		send_queued(lab.pid, 36, i);
	kill(lab.pid, 64);
	lab_expect(&lab, "last\n");
	kill(lab.pid, SIGTERM);
	lab_expect(&lab, "queued=");
	assert_int_equal(lab_wait(&lab), 0);
	lab_read_errors(&lab, errors, sizeof(errors));
	if (errors[0] != '\0')
		assert_non_null(strstr(errors, "without its value"));
	lab_close(&lab);
}

/* The default follows the machine's memory; a full queue is the test's before. */
static void
many_pending(void)
{
	struct rlimit limit = {1000000, 1000000};

	setrlimit(RLIMIT_SIGPENDING, &limit);
}

static void
test_a_storm_of_signals_loses_no_request_to_stop(void **unused)
{
	long queued, in_order, accepted = 0;

	(void)unused;
	lab_start_prepared(&lab, true, many_pending, "--seccomp off", "count");
	lab_expect(&lab, "ready");
	for (int i = 0; i < 100000; i++) {
		if (i % 2 == 0)
			kill(lab.pid, i % 4 == 0 ? SIGUSR1 : SIGHUP);
		else if (send_queued(lab.pid, 45, (int)accepted) == 0)
			accepted++;
	}
	send_last();
	kill(lab.pid, SIGTERM);
	lab_expect(&lab, "in_order=");
	assert_int_equal(lab_wait(&lab), 0);
	assert_int_equal(
		sscanf(strstr(lab.text, "queued="), "queued=%ld in_order=%ld", &queued, &in_order),
		2);
	assert_int_equal(queued, accepted);
	assert_int_equal(in_order, accepted);
	lab_close(&lab);
}

/* Blocked signals wait for the loop; none is lost, whenever it comes. */
static void
test_a_stop_during_the_start_is_not_lost(void **unused)
{
	(void)unused;
	for (int i = 0; i < 100; i++) {
		struct timespec delay = {0, i * 40000L};
		int status;

		lab_start(&lab, "--seccomp off", "sleep");
		/* Before its first instruction a PID 1 without handlers ignores TERM. */
		nanosleep(&delay, NULL);
		for (;;) {
			char state[4096];
			char path[64];
			int file;
			ssize_t size;

			snprintf(path, sizeof(path), "/proc/%d/status", (int)lab.pid);
			file = open(path, O_RDONLY);
			size = read(file, state, sizeof(state) - 1);
			close(file);
			if (size <= 0)
				break;
			state[size] = '\0';
			if (strstr(state, "SigBlk:\tfffffffffffbfeff"))
				break;
		}
		kill(lab.pid, SIGTERM);
		status = lab_wait(&lab);
		lab_close(&lab);
		if (status != 143)
			fail_msg("repetition %d: status %d", i, status);
	}
}

static void
ignore_some(void)
{
	uint64_t mask =
		UINT64_C(1) << (SIGUSR2 - 1) | UINT64_C(1) << (40 - 1) | UINT64_C(1) << (32 - 1);
	uint64_t action[4] = {1};

	signal(SIGINT, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	syscall(SYS_rt_sigaction, 33, action, NULL, sizeof(mask));
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, sizeof(mask));
}

static void
test_the_service_has_the_callers_mask_and_ignored_signals(void **unused)
{
	(void)unused;
	lab_start_prepared(&lab, true, ignore_some, "--seccomp off", "state");
	assert_int_equal(lab_wait(&lab), 0);
	lab_expect(&lab, "mask=8080000800\n");
	lab_expect(&lab, "ignored=100011002\n");
	lab_close(&lab);
	assert_int_equal(lab_run(&lab, "--seccomp off", "state"), 0);
	lab_expect(&lab, "mask=0\nignored=0\n");
}

static void
test_the_service_has_a_session_and_no_stray_descriptor(void **unused)
{
	(void)unused;
	assert_int_equal(lab_run(&lab, "--seccomp off", "state"), 0);
	/* The lab has set a parent-death signal, and an inherited one is kept. */
	lab_expect(&lab, "pid=2\nparent=1\ngroup=2\nsession=2\nfront=-1\ndeath=9\n");
	lab_expect(&lab, "descriptors=0 1 2 \n");
	lab_expect(&lab, "uid=1234 1234 1234\ngid=1234 1234 1234\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_signal_reaches_the_service),
		cmocka_unit_test(test_real_time_signals_keep_payload_number_and_order),
		cmocka_unit_test(test_a_payload_reaches_a_group_where_the_kernel_can),
		cmocka_unit_test(test_signals_are_mapped_and_dropped),
		cmocka_unit_test(test_what_the_service_sends_does_not_come_back),
		cmocka_unit_test(test_a_group_is_told_where_it_was_asked_for),
		cmocka_unit_test(test_a_full_queue_costs_the_value_at_most),
		cmocka_unit_test(test_a_storm_of_signals_loses_no_request_to_stop),
		cmocka_unit_test(test_a_stop_during_the_start_is_not_lost),
		cmocka_unit_test(test_the_service_has_the_callers_mask_and_ignored_signals),
		cmocka_unit_test(test_the_service_has_a_session_and_no_stray_descriptor),
	};

	lab_need_root();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
