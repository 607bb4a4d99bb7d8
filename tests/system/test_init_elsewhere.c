/* SPDX-License-Identifier: MIT */
/* The init where it is not PID 1, and what is handed to the service through it. */
#include "helpers/initlab.h"

#include <sys/socket.h>

static struct lab lab;
static char errors[8192];

static unsigned
count_of(const char *text, const char *part)
{
	unsigned count = 0;

	for (; (text = strstr(text, part)) != NULL; text += strlen(part))
		count++;
	return count;
}

static void
test_nobody_stays_behind_without_being_asked(void **unused)
{
	char parent[32];

	(void)unused;
	lab_start_prepared(&lab, false, NULL, "--seccomp off", "state");
	assert_int_equal(lab_wait(&lab), 0);
	/* The service is the process that was started, a child of ours. */
	snprintf(parent, sizeof(parent), "parent=%d\n", getpid());
	lab_expect(&lab, parent);
	lab_read_errors(&lab, errors, sizeof(errors));
	assert_string_equal(errors, "");
	lab_close(&lab);
}

static void
test_never_is_never(void **unused)
{
	(void)unused;
	assert_int_equal(lab_run(&lab, "--seccomp off --init never", "state"), 0);
	lab_expect(&lab, "pid=1\nparent=0\n");
}

static void
test_without_a_subreaper_it_warns_once_and_waits(void **unused)
{
	(void)unused;
	lab_start_prepared(&lab, false, NULL, "--seccomp off --init always", "exit 6");
	assert_int_equal(lab_wait(&lab), 6);
	lab_read_errors(&lab, errors, sizeof(errors));
	assert_int_equal(count_of(errors, "--subreaper"), 1);
	assert_int_equal(count_of(errors, "\n"), 1);
	lab_close(&lab);
}

static pid_t
start_bystander(void)
{
	pid_t child = fork();

	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (setresgid(LAB_USER, LAB_USER, LAB_USER) == 0 &&
		    setresuid(LAB_USER, LAB_USER, LAB_USER) == 0)
			pause();
		_exit(1);
	}
	return child;
}

static void
test_a_subreaper_ends_its_own_descendants_and_nobody_else(void **unused)
{
	static const struct {
		const char *options, *service, *text;
		int status;
		bool says;
	} rows[] = {
		{"--leftover-timeout 1000", "leave-writer", "written\n", 3, false},
		{"--leftover-timeout 0.2", "leave-obstinate 3", NULL, 3, true},
		{"--leftover-timeout 1000", "leave-stopped", "", 3, false},
		{"--leftover-timeout 1000", "orphans 3000", "made=3000\n", 0, false},
	};
	pid_t bystander = start_bystander();

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char options[128];

		snprintf(options, sizeof(options), "--seccomp off --init always --subreaper %s",
			 rows[i].options);
		lab_start_prepared(&lab, false, NULL, options, rows[i].service);
		assert_int_equal(lab_wait(&lab), rows[i].status);
		/* Its end is the end of the stream: no descendant holds it any more. */
		assert_false(lab_saw(&lab, "\n never \n"));
		if (rows[i].text)
			assert_string_equal(lab.text, rows[i].text);
		lab_read_errors(&lab, errors, sizeof(errors));
		assert_int_equal(strstr(errors, "killed 6 ") != NULL, rows[i].says);
		lab_close(&lab);
	}
	assert_int_equal(waitpid(bystander, NULL, WNOHANG), 0);
	kill(bystander, SIGKILL);
	waitpid(bystander, NULL, 0);
}

static int middle_pipe[2];

/* The lab's own parent-death signal would do what the option is to do. */
static void
without_death(void)
{
	prctl(PR_SET_PDEATHSIG, 0);
}

/* Runs stepdown as a child of a process that ends when it is told to. Returns that one's pid. */
static pid_t
start_below(const char *options, const char *service)
{
	pid_t middle;

	assert_int_equal(pipe(middle_pipe), 0);
	middle = fork();
	if (middle == 0) {
		struct lab inner;
		char byte;

		inner = lab;
		lab_start_prepared(&inner, false, without_death, options, service);
		while (lab_saw(&inner, "ready") == false)
			continue;
		dprintf(middle_pipe[1], "%d\n", (int)inner.pid);
		if (read(inner.out, &byte, 1) < 0)
			_exit(1);
		_exit(0);
	}
	return middle;
}

static bool
is_gone(const void *context)
{
	return kill(*(const pid_t *)context, 0) != 0 && errno == ESRCH;
}

static void
test_it_dies_with_its_parent_and_takes_the_service_along(void **unused)
{
	static const char *const options[] = {
		"--seccomp off -q --init always --parent-death KILL",
		"--seccomp off -q --init always --parent-death TERM",
		"--seccomp off -q --init never --parent-death KILL",
	};

	(void)unused;
	/* Orphans come to us, so that they can be watched to their end. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++) {
		char number[32] = "";
		pid_t middle = start_below(options[i], "sleep-ready");
		pid_t inner;

		assert_true(read(middle_pipe[0], number, sizeof(number) - 1) > 0);
		inner = (pid_t)atoi(number);
		assert_true(inner > 1);
		kill(middle, SIGKILL);
		/* The init and its service are the only ones left below us. */
		for (int64_t end = lab_now() + lab_patience();;) {
			pid_t gone = waitpid(-1, NULL, WNOHANG);

			if (gone < 0 && errno == ECHILD)
				break;
			if (lab_now() > end)
				fail_msg("%s: somebody lives on", options[i]);
			sched_yield();
		}
		assert_true(is_gone(&inner));
		close(middle_pipe[0]);
		close(middle_pipe[1]);
	}
	prctl(PR_SET_CHILD_SUBREAPER, 0);
}

/* Two sockets at 3 and 4, as a service manager hands them over. */
static void
hand_sockets(void)
{
	char pid[32];
	int first = socket(AF_INET, SOCK_STREAM, 0);

	listen(first, 1);
	dup2(first, 3);
	dup2(first, 4);
	fcntl(3, F_SETFD, 0);
	open("/dev/null", O_RDONLY);
	snprintf(pid, sizeof(pid), "%d", getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "2", 1);
	setenv("NOTIFY_SOCKET", "/run/notify", 1);
}

static void
test_sockets_that_were_handed_over_reach_the_service(void **unused)
{
	(void)unused;
	lab_start_prepared(&lab, true, hand_sockets, "--seccomp off --listen-fds", "state");
	assert_int_equal(lab_wait(&lab), 0);
	lab_expect(&lab, "pid=2\n");
	lab_expect(&lab, "LISTEN_PID=2\n");
	lab_expect(&lab, "NOTIFY_SOCKET=/run/notify\n");
	lab_expect(&lab, "descriptors=0 1 2 3 4 \n");
	lab_close(&lab);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nobody_stays_behind_without_being_asked),
		cmocka_unit_test(test_never_is_never),
		cmocka_unit_test(test_without_a_subreaper_it_warns_once_and_waits),
		cmocka_unit_test(test_a_subreaper_ends_its_own_descendants_and_nobody_else),
		cmocka_unit_test(test_it_dies_with_its_parent_and_takes_the_service_along),
		cmocka_unit_test(test_sockets_that_were_handed_over_reach_the_service),
	};

	lab_need_root();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
