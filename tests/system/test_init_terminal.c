/* SPDX-License-Identifier: MIT */
/* A user at a pseudo-terminal, before PID 1 and before a shell that starts stepdown as a job. */
#include "helpers/initlab.h"

#include <sys/ioctl.h>
#include <termios.h>

/* Not below /tmp: the directory and those above have to be root's alone. */
#define OWN_DIRECTORY "/run/stepdown-test-terminal"
#define OWN_PROFILE OWN_DIRECTORY "/own.seccomp"

static struct lab lab;
static char slave[64];

/* PID 1 of a container with -t: the leader of a session with the terminal. */
static void
sit_down(void)
{
	int terminal;

	setsid();
	terminal = open(slave, O_RDWR);
	ioctl(terminal, TIOCSCTTY, 1);
	dup2(terminal, 0);
	dup2(terminal, 1);
	dup2(terminal, 2);
	close(terminal);
	setenv("PS1", "$ ", 1);
	setenv("TERM", "dumb", 1);
}

/* The lab reads and writes the master's side. */
static void
start(bool own_namespace, const char *const arguments[])
{
	int unlock = 0, number = 0;
	int master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	int errors;

	assert_true(master >= 0);
	assert_int_equal(ioctl(master, TIOCSPTLCK, &unlock), 0);
	assert_int_equal(ioctl(master, TIOCGPTN, &number), 0);
	snprintf(slave, sizeof(slave), "/dev/pts/%d", number);
	lab_exec(&lab, own_namespace, sit_down, arguments);
	errors = lab.err;
	close(lab.out);
	lab.out = master;
	lab.err = errors;
}

static void
start_pid_1(const char *options, const char *service)
{
	static char words[1024];
	const char *arguments[LAB_ARGUMENTS];
	unsigned count = 0;

	snprintf(words, sizeof(words), "%s --user %d %s -- %s", lab_program(), LAB_USER, options,
		 service);
	for (char *word = strtok(words, " "); word; word = strtok(NULL, " "))
		arguments[count++] = word;
	arguments[count] = NULL;
	start(true, arguments);
}

static void
start_shell(void)
{
	const char *arguments[] = {"/bin/bash", "--norc", "--noprofile", "-i", NULL};

	start(false, arguments);
	lab_expect(&lab, "$ ");
}

static void
type(const char *text)
{
	assert_int_equal(write(lab.out, text, strlen(text)), (ssize_t)strlen(text));
}

/* Forgets what was seen, so that the next expectation is about what comes. */
static void
forget(void)
{
	lab.size = 0;
	lab.text[0] = '\0';
}

/* Repeats `text` until `expected` is seen: the other side may not be reading yet. */
static void
type_until(const char *text, bool (*is_done)(void))
{
	int64_t deadline = lab_now() + lab_patience();
	struct timespec pause_time = {0, 50000000};

	while (!is_done()) {
		if (lab_now() > deadline)
			fail_msg("typed in vain: saw \"%s\"", lab.text);
		type(text);
		nanosleep(&pause_time, NULL);
	}
}

static bool
has_ended(void)
{
	siginfo_t info = {0};

	return waitid(P_PID, (id_t)lab.pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	       info.si_pid == lab.pid;
}

static void
service_words(char *words, size_t room, const char *what)
{
	snprintf(words, room, "%s %s", lab_service(), what);
}

static void
test_the_service_leads_a_session_with_the_terminal(void **unused)
{
	char words[256];

	(void)unused;
	service_words(words, sizeof(words), "state");
	start_pid_1("--seccomp off", words);
	lab_expect(&lab, "session=2");
	lab_expect(&lab, "front=2");
	assert_int_equal(lab_wait(&lab), 0);
	lab_close(&lab);
}

static void
test_interrupt_reaches_the_service_and_suspend_does_not_strand_it(void **unused)
{
	char words[256];

	(void)unused;
	for (int i = 0; i < 20; i++) {
		service_words(words, sizeof(words), "sleep");
		start_pid_1("--seccomp off", words);
		type("\032");
		type_until("\003", has_ended);
		assert_int_equal(lab_wait(&lab), 130);
		lab_close(&lab);
	}
}

/* Whose turn it is at the terminal; what is typed before that goes to the group before. */
static pid_t
foreground(void)
{
	pid_t group = 0;

	assert_int_equal(ioctl(lab.out, TIOCGPGRP, &group), 0);
	return group;
}

static void
await_another_foreground(pid_t before)
{
	int64_t deadline = lab_now() + lab_patience();
	struct timespec pause_time = {0, 500000};

	while (foreground() == before) {
		if (lab_now() > deadline)
			fail_msg("the terminal stays with %d, saw \"%s\"", before, lab.text);
		nanosleep(&pause_time, NULL);
	}
}

static void
test_a_shell_has_its_job_control(void **unused)
{
	struct winsize size = {.ws_row = 41, .ws_col = 123};

	(void)unused;
	start_pid_1("--seccomp default", "/bin/bash --norc --noprofile -i");
	lab_expect(&lab, "$ ");
	assert_null(strstr(lab.text, "no job control"));
	pid_t shell = foreground();

	/* Said by the job itself, when its signals are its own again. */
	type("sh -c 'echo is re\"\"ady; exec sleep 1000'\r");
	lab_expect(&lab, "is ready\r\n");
	assert_int_not_equal(foreground(), shell);
	forget();
	type("\032");
	lab_expect(&lab, "Stopped");
	lab_expect(&lab, "$ ");
	assert_int_equal(foreground(), shell);
	forget();
	type("jobs\r");
	lab_expect(&lab, "Stopped");
	lab_expect(&lab, "$ ");
	forget();
	type("fg\r");
	await_another_foreground(shell);
	type("\003");
	lab_expect(&lab, "$ ");
	assert_int_equal(foreground(), shell);
	forget();
	assert_int_equal(ioctl(lab.out, TIOCSWINSZ, &size), 0);
	type("stty size; echo sum=$((40 + 2))\r");
	lab_expect(&lab, "41 123");
	lab_expect(&lab, "sum=42");
	type("exit 7\r");
	assert_int_equal(lab_wait(&lab), 7);
	lab_close(&lab);
}

static void
test_a_change_of_the_window_is_told_to_the_service(void **unused)
{
	struct winsize size = {.ws_row = 30, .ws_col = 99};
	char words[256];

	(void)unused;
	service_words(words, sizeof(words), "catch");
	start_pid_1("--seccomp off", words);
	lab_expect(&lab, "ready");
	assert_int_equal(ioctl(lab.out, TIOCSWINSZ, &size), 0);
	lab_expect(&lab, "signal=28 ");
	kill(lab.pid, SIGTERM);
	assert_int_equal(lab_wait(&lab), 0);
	lab_close(&lab);
}

static void
test_handing_the_terminal_over_hangs_nobody_up(void **unused)
{
	char words[256];

	(void)unused;
	service_words(words, sizeof(words), "catch");
	for (int i = 0; i < 50; i++) {
		start_pid_1("--seccomp off", words);
		lab_expect(&lab, "ready");
		kill(lab.pid, SIGTERM);
		assert_int_equal(lab_wait(&lab), 0);
		lab_expect(&lab, "signal=15 ");
		assert_null(strstr(lab.text, "signal=1 "));
		assert_null(strstr(lab.text, "signal=18 "));
		lab_close(&lab);
	}
}

static void
test_a_hang_up_ends_the_service(void **unused)
{
	char words[256];

	(void)unused;
	service_words(words, sizeof(words), "hold");
	start_pid_1("--seccomp off", words);
	lab_expect(&lab, "ready");
	lab_close(&lab);
	assert_int_equal(lab_wait(&lab), 129);
}

static void
test_nothing_is_typed_into_the_callers_terminal(void **unused)
{
	char words[256];

	(void)unused;
	service_words(words, sizeof(words), "type");
	start_pid_1("--seccomp default", words);
	lab_expect(&lab, "typed=-1\r\n");
	assert_int_equal(lab_wait(&lab), 0);
	lab_close(&lab);
}

/*
 * The attack: a service that is a job of a root shell types a command into it. Where it is not
 * turned away, "typed=0" is shown and the letter appears at the shell's prompt.
 */
static void
test_nothing_is_typed_into_a_root_shell_without_a_filter(void **unused)
{
	static const char *const ways[] = {
		"%s -q --user 1234 --seccomp off --init never -- %s type\r",
		"%s -q --user 1234 --seccomp off --init always -- %s type\r",
		/* /dev/tty can be opened, whatever 0 to 2 are. */
		"%s -q --user 1234 --seccomp off --init never -- "
		"sh -c '%s type </dev/tty >/dev/tty' </dev/null >/dev/null 2>&1\r",
		/* A profile of one's own that allows it. */
		"%s -q --user 1234 --seccomp " OWN_PROFILE " --init never -- %s type\r",
	};
	char line[1024];

	(void)unused;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		start_shell();
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(line, sizeof(line), ways[i], lab_program(), lab_service());
#pragma GCC diagnostic pop
		forget();
		type(line);
		lab_expect(&lab, "typed=-1\r\n");
		type("exit 5\r");
		assert_int_equal(lab_wait(&lab), 5);
		lab_close(&lab);
	}
	/* As PID 1 of a container with a terminal, too. */
	service_words(line, sizeof(line), "type");
	start_pid_1("--seccomp off", line);
	lab_expect(&lab, "typed=-1\r\n");
	assert_int_equal(lab_wait(&lab), 0);
	lab_close(&lab);
}

static bool
legacy_is_on(void)
{
	FILE *file = fopen("/proc/sys/dev/tty/legacy_tiocsti", "re");
	bool on = !file || getc(file) == '1';

	if (file)
		fclose(file);
	return on;
}

/* Red first, and what the manual says: under a peer's name it stays as with the peer. */
static void
test_under_gosus_name_the_terminal_stays_open_as_with_gosu(void **unused)
{
	char line[1024];

	(void)unused;
	start_shell();
	snprintf(line, sizeof(line), "(exec -a gosu %s 1234 %s type)\r", lab_program(),
		 lab_service());
	type(line);
	/* EIO: dev.tty.legacy_tiocsti is 0. */
	lab_expect(&lab, legacy_is_on() ? "typed=0\r\n" : "typed=-5\r\n");
	type("\025exit 5\r");
	assert_int_equal(lab_wait(&lab), 5);
	lab_close(&lab);
}

static void
test_the_dry_run_tells_of_the_terminals_filter(void **unused)
{
	char line[1024];

	(void)unused;
	start_shell();
	snprintf(line, sizeof(line), "%s -q --user 1234 --seccomp off --dry-run -- %s type\r",
		 lab_program(), lab_service());
	type(line);
	lab_expect(&lab, "seccomp=off");
	lab_expect(&lab, "step=close TIOCSTI and TIOCLINUX");
	/* Where a profile of ours denies them, there is one filter. */
	forget();
	snprintf(line, sizeof(line),
		 "%s -q --user 1234 --dry-run -- %s type | grep -c TIOC; echo en\"\"d\r",
		 lab_program(), lab_service());
	type(line);
	lab_expect(&lab, "\r\n0\r\n");
	lab_expect(&lab, "end");
	type("exit 5\r");
	assert_int_equal(lab_wait(&lab), 5);
	lab_close(&lab);
}

static void
test_as_a_job_of_a_shell_it_stops_and_goes_on_with_the_service(void **unused)
{
	char line[1024];

	(void)unused;
	start_shell();
	snprintf(line, sizeof(line), "%s -q --user 1234 --seccomp off --init always -- %s hold\r",
		 lab_program(), lab_service());
	type(line);
	lab_expect(&lab, "ready");
	for (int i = 0; i < 5; i++) {
		forget();
		type("\032");
		lab_expect(&lab, "Stopped");
		forget();
		type("fg\r");
		lab_expect(&lab, "hold\r\n");
		lab_expect(&lab, "continued");
	}
	forget();
	type("\003");
	lab_expect(&lab, "$ ");
	type("echo status=$?.\r");
	lab_expect(&lab, "status=130.");
	type("exit 5\r");
	assert_int_equal(lab_wait(&lab), 5);
	lab_close(&lab);
}

static void
test_the_terminal_is_given_back_at_the_end(void **unused)
{
	char line[1024];

	(void)unused;
	start_shell();
	/* The inner shell has no job control: it depends on what it is given back. */
	snprintf(line, sizeof(line),
		 "sh -c '%s -q --user 1234 --seccomp off --init always -- %s exit 0; echo now; "
		 "read x; "
		 "echo got=$x.'\r",
		 lab_program(), lab_service());
	type(line);
	lab_expect(&lab, "now\r\n");
	type("word\r");
	lab_expect(&lab, "got=word.");
	type("exit 5\r");
	assert_int_equal(lab_wait(&lab), 5);
	lab_close(&lab);
}

/* One that allows everything, as far as ioctl(2) goes; where it is named it must be root's. */
static int
make_own_profile(void **unused)
{
	static const char text[] = "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":"
				   "[\"mount\"],\"action\":\"SCMP_ACT_ERRNO\"}]}";
	const char *kit = getenv("KIT") ? getenv("KIT") : "build/stepdown-kit";
	char command[1024];

	(void)unused;
	snprintf(command, sizeof(command),
		 "mkdir -p %s && printf '%%s' '%s' >%s/own.json && chmod 0755 %s && "
		 "%s compile -q %s/own.json -o %s",
		 OWN_DIRECTORY, text, OWN_DIRECTORY, OWN_DIRECTORY, kit, OWN_DIRECTORY,
		 OWN_PROFILE);
	return system(command);
}

static int
remove_own_profile(void **unused)
{
	(void)unused;
	return system("rm -r " OWN_DIRECTORY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_service_leads_a_session_with_the_terminal),
		cmocka_unit_test(test_interrupt_reaches_the_service_and_suspend_does_not_strand_it),
		cmocka_unit_test(test_a_shell_has_its_job_control),
		cmocka_unit_test(test_a_change_of_the_window_is_told_to_the_service),
		cmocka_unit_test(test_handing_the_terminal_over_hangs_nobody_up),
		cmocka_unit_test(test_a_hang_up_ends_the_service),
		cmocka_unit_test(test_nothing_is_typed_into_the_callers_terminal),
		cmocka_unit_test(test_nothing_is_typed_into_a_root_shell_without_a_filter),
		cmocka_unit_test(test_under_gosus_name_the_terminal_stays_open_as_with_gosu),
		cmocka_unit_test(test_the_dry_run_tells_of_the_terminals_filter),
		cmocka_unit_test(test_as_a_job_of_a_shell_it_stops_and_goes_on_with_the_service),
		cmocka_unit_test(test_the_terminal_is_given_back_at_the_end),
	};

	lab_need_root();
	return cmocka_run_group_tests(tests, make_own_profile, remove_own_profile);
}
