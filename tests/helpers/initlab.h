/* SPDX-License-Identifier: MIT */
/*
 * initlab - starts stepdown as a real PID 1, or as an ordinary process, and watches it
 *
 * For system tests, which are single source files. The paths of the programs come from
 * STEPDOWN and INIT_SERVICE, or are those of the build. Every wait has a deadline.
 */
#ifndef STEPDOWN_TESTS_INITLAB_H
#define STEPDOWN_TESTS_INITLAB_H

#include "helpers/slower.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum {
	LAB_ARGUMENTS = 40,
	LAB_OUTPUT = 1 << 16,
	LAB_USER = 1234,
};

struct lab {
	pid_t pid;    /* as seen from here */
	int out, err; /* our ends of its standard output and error */
	char text[LAB_OUTPUT];
	size_t size;
};

/* What is done in the child right before the exec. */
typedef void lab_prepare(void);

static const char *
lab_program(void)
{
	return getenv("STEPDOWN") ? getenv("STEPDOWN") : "build/stepdown";
}

static const char *
lab_service(void)
{
	return getenv("INIT_SERVICE") ? getenv("INIT_SERVICE") : "build/tests/helpers/init_service";
}

/* Milliseconds, for a loaded machine; nothing takes that long. An emulated machine is slower. */
static int64_t
lab_patience(void)
{
	return (int64_t)150000 * slower_factor();
}

static inline void
lab_need_root(void)
{
	if (geteuid() == 0)
		return;
	if (getenv("STEPDOWN_TESTS_MUST_RUN"))
		fail_msg("needs root, to make a pid namespace");
	print_message("skipped: needs root, to make a pid namespace\n");
	skip();
}

static int64_t
lab_now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static void
lab_become(int out, int err, bool own_namespace, lab_prepare *prepare,
	   const char *const arguments[])
{
	uint64_t none = 0, standard[4] = {0};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (own_namespace && (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
			      mount("proc", "/proc", "proc", 0, NULL) != 0))
		_exit(120);
	if (own_namespace)
		setsid();
	dup2(out, 1);
	dup2(err, 2);
	syscall(SYS_close_range, 3, ~0U, 0);
	/* Who runs the tests may ignore INT or PIPE. */
	for (int i = 1; i <= 64; i++)
		syscall(SYS_rt_sigaction, i, standard, NULL, sizeof(none));
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, sizeof(none));
	if (prepare)
		prepare();
	execv(arguments[0], (char *const *)(uintptr_t)arguments);
	_exit(121);
}

/* Starts `arguments`; as PID 1 of a namespace of its own where `own_namespace` is set. */
static void
lab_exec(struct lab *lab, bool own_namespace, lab_prepare *prepare, const char *const arguments[])
{
	int out[2], err[2];
	unsigned long flags = own_namespace ? CLONE_NEWPID | CLONE_NEWNS : 0;

	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	assert_int_equal(pipe2(err, O_CLOEXEC), 0);
	lab->size = 0;
	lab->text[0] = '\0';
	lab->pid = (pid_t)syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, NULL);
	assert_true(lab->pid >= 0);
	if (lab->pid == 0)
		lab_become(out[1], err[1], own_namespace, prepare, arguments);
	close(out[1]);
	close(err[1]);
	lab->out = out[0];
	lab->err = err[0];
}

/* Splits `options` at blanks: "--init always --leftover-timeout 1", then the service's words. */
static void
lab_start_prepared(struct lab *lab, bool own_namespace, lab_prepare *prepare, const char *options,
		   const char *service)
{
	static char words[1024];
	const char *arguments[LAB_ARGUMENTS];
	unsigned count = 0;

	snprintf(words, sizeof(words), "%s --user %d %s -- %s %s", lab_program(), LAB_USER, options,
		 lab_service(), service);
	for (char *word = strtok(words, " "); word; word = strtok(NULL, " ")) {
		assert_true(count < LAB_ARGUMENTS - 1);
		arguments[count++] = word;
	}
	arguments[count] = NULL;
	lab_exec(lab, own_namespace, prepare, arguments);
}

/* As PID 1. */
static inline void
lab_start(struct lab *lab, const char *options, const char *service)
{
	lab_start_prepared(lab, true, NULL, options, service);
}

/* Reads standard output until `expected` is in it, or its end. Returns whether it came. */
static bool
lab_saw(struct lab *lab, const char *expected)
{
	int64_t deadline = lab_now() + lab_patience();

	while (!strstr(lab->text, expected)) {
		struct pollfd poll_out = {.fd = lab->out, .events = POLLIN};
		ssize_t size;

		if (lab_now() > deadline || lab->size >= sizeof(lab->text) - 1)
			return false;
		if (poll(&poll_out, 1, 1000) != 1)
			continue;
		size = read(lab->out, lab->text + lab->size, sizeof(lab->text) - 1 - lab->size);
		if (size <= 0)
			return false;
		lab->size += (size_t)size;
		lab->text[lab->size] = '\0';
	}
	return true;
}

static inline void
lab_expect(struct lab *lab, const char *expected)
{
	if (!lab_saw(lab, expected))
		fail_msg("waited for \"%s\" and saw \"%s\"", expected, lab->text);
}

/* Waits for the end of it. Returns the exit status, or 1000 + N if signal N ended it. */
static int
lab_wait(struct lab *lab)
{
	int64_t deadline = lab_now() + lab_patience();
	struct timespec pause_time = {0, 500000};
	int status;

	while (waitpid(lab->pid, &status, WNOHANG) == 0) {
		if (lab_now() > deadline) {
			kill(lab->pid, SIGKILL);
			waitpid(lab->pid, &status, 0);
			fail_msg("it did not end");
		}
		nanosleep(&pause_time, NULL);
	}
	return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* Reads what is left of standard error into `text`. */
static inline void
lab_read_errors(struct lab *lab, char *text, size_t room)
{
	size_t size = 0;
	ssize_t got;

	while (size < room - 1 && (got = read(lab->err, text + size, room - 1 - size)) > 0)
		size += (size_t)got;
	text[size] = '\0';
}

static inline void
lab_close(struct lab *lab)
{
	close(lab->out);
	close(lab->err);
}

/* All of it: start, wait, read. Returns as lab_wait. */
static inline int
lab_run(struct lab *lab, const char *options, const char *service)
{
	int status;

	lab_start(lab, options, service);
	status = lab_wait(lab);
	lab_saw(lab, "\n\n never \n");
	lab_close(lab);
	return status;
}

/* Waits until `is_true`; fails after a while. */
static inline void
lab_retry(bool (*is_true)(const void *context), const void *context, const char *what)
{
	int64_t deadline = lab_now() + lab_patience();
	struct timespec pause_time = {0, 1000000};

	while (!is_true(context)) {
		if (lab_now() > deadline)
			fail_msg("waited in vain: %s", what);
		nanosleep(&pause_time, NULL);
	}
}

#endif
