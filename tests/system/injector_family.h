/* SPDX-License-Identifier: MIT */
/*
 * injector_family - the injector for starts of more than one process
 *
 * One side is swept: the program itself, which stays behind as the init; its child, until that
 * executes the service; or the explainer. The others run beside it without a fault. Each of them
 * makes the same calls in each start, however they take turns. A service that was executed is let
 * go, and the init's calls are counted until its end. Processes that come before the child, to try
 * something and end, are let go where `passed` says how many there are; else the first is the
 * child.
 *
 * A reader of CA certificates, which is the child where there is no init, is looked at before each
 * file that it opens. Where the program is a job, the tracer is its shell: it has the terminal, and
 * continues the job when that has stopped.
 *
 * family_begin() takes the place of injector_begin(). The tracer adopts what the program leaves,
 * and ends when all of it has: with the program's status, or FAMILY_HANGS.
 */
#ifndef STEPDOWN_TESTS_INJECTOR_FAMILY_H
#define STEPDOWN_TESTS_INJECTOR_FAMILY_H

#include "injector.h"

#include <ctype.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

/* In the order in which they come to be. */
enum family_side { FAMILY_INIT, FAMILY_CHILD, FAMILY_EXPLAINER, FAMILY_SIDES };

enum {
	FAMILY_HANGS = 98,
	FAMILY_DEADLINE = 60, /* seconds, on a loaded machine */
};

struct family {
	enum family_side side; /* the one that is swept */
	bool is_pid_1;         /* in a pid namespace of its own */
	unsigned passed;       /* processes before the child, none of the sides */
	bool reads;            /* the child is a reader, to be without power when it opens a file */
	bool is_job;           /* a process group in the foreground of the tracer's terminal, 0 */

	unsigned members;
	pid_t pids[FAMILY_SIDES];
	bool service_left; /* the init ended before the service */
	bool exposed;      /* the reader has opened a file with power */
	unsigned opened;   /* files, by the reader */
	bool front_lost;   /* the terminal was not given back to the job */
};

/* Shared between the test and the tracer. */
static struct family *family;

static void
family_map(void)
{
	if (family)
		return;
	family = mmap(NULL, sizeof(*family), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (family == MAP_FAILED)
		_exit(99);
}

static void
family_hangs(int signal)
{
	(void)signal;
	for (unsigned i = 0; i < family->members; i++)
		kill(family->pids[i], SIGKILL);
	_exit(FAMILY_HANGS);
}

/* Which side a process is; one that was never seen is the next, until all are known. */
static unsigned
family_find(pid_t pid)
{
	static unsigned passed;
	unsigned i = 0;

	while (i < family->members && family->pids[i] != pid)
		i++;
	if (i < family->members || i == FAMILY_SIDES)
		return i;
	if (i == FAMILY_CHILD && passed < family->passed) {
		passed++;
		return FAMILY_SIDES;
	}
	family->pids[family->members++] = pid;
	return i;
}

/* How this side goes on. */
static int
family_request(unsigned side)
{
	bool done = injector->at && injector->hits && !family->reads;

	return side == family->side && !done ? PTRACE_SYSCALL : PTRACE_CONT;
}

/* Whether "KEY:" of a process's status is followed by these words alone, blanks apart. */
static bool
family_status_is(const char *status, const char *key, const char *words)
{
	const char *at = strstr(status, key);

	if (!at)
		return false;
	for (at += strlen(key); *words; words++) {
		while (isblank(*at))
			at++;
		if (*at++ != *words)
			return false;
	}
	while (isblank(*at))
		at++;
	return *at == '\n';
}

/* As the kernel shows it, and so that nothing of it depends on what the reader was told. */
static bool
family_is_powerless(pid_t pid)
{
	static const char *const wanted[][2] = {
		{"\nUid:", "10001100011000110001"},
		{"\nGid:", "10001100011000110001"},
		{"\nGroups:", "10001"},
		{"\nCapInh:", "0000000000000000"},
		{"\nCapPrm:", "0000000000000000"},
		{"\nCapEff:", "0000000000000000"},
		{"\nNoNewPrivs:", "1"},
	};
	char path[64];
	char status[4096] = "";

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	int file = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = file < 0 ? -1 : read(file, status, sizeof(status) - 1);

	close(file);
	if (got <= 0)
		injector_fails("look at the reader");
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		if (!family_status_is(status, wanted[i][0], wanted[i][1]))
			return false;
	/* The sandbox of the tests may be under a filter itself, so that the mode says little. */
	return strstr(status, "\nSeccomp:\t2\n");
}

/* Before the reader makes a call. */
static void
family_watch(pid_t pid)
{
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) < 0 ||
	    info.op != PTRACE_SYSCALL_INFO_ENTRY)
		return;
#ifdef SYS_open
	if (info.entry.nr != SYS_open && info.entry.nr != SYS_openat)
		return;
#else
	if (info.entry.nr != SYS_openat)
		return;
#endif
	family->opened++;
	family->exposed |= !family_is_powerless(pid);
}

/* Stopped as a job is, which is no signal that could be handed on. */
static bool
family_is_suspended(pid_t pid, int signal)
{
	siginfo_t info;

	return family->is_job && signal == SIGSTOP && ptrace(PTRACE_GETSIGINFO, pid, 0, &info) &&
	       errno == EINVAL;
}

/* What a shell does for "fg". */
static void
family_continue(pid_t pid)
{
	if (tcsetpgrp(0, pid) || kill(-pid, SIGCONT))
		injector_fails("continue the job");
}

/* One stop of one of them. */
static void
family_stop(pid_t pid, int status)
{
	static unsigned execs;
	static bool answers;
	unsigned known = family->members;
	unsigned side = family_find(pid);
	int request = family_request(side);
	int signal = WSTOPSIG(status);

	if (signal == (SIGTRAP | 0x80)) {
		int wanted;

		if (family->reads)
			family_watch(pid);
		wanted = injector_step(pid, &answers);
		request = request == PTRACE_SYSCALL && !family->reads ? wanted : request;
		signal = 0;
	} else if (status >> 16 == PTRACE_EVENT_EXEC) {
		/* The first is the program's own. */
		if (++execs > 1) {
			injector->started = true;
			request = PTRACE_DETACH;
		}
		signal = 0;
	} else if (status >> 16 || known != family->members) {
		/* A fork, or the first stop of who came of it. */
		signal = 0;
	} else if (side == FAMILY_SIDES) {
		/* Landlock's trial, or the explainer's own. */
		request = PTRACE_DETACH;
		signal = 0;
	} else if (family_is_suspended(pid, signal)) {
		family_continue(pid);
		signal = 0;
	} else if (signal == SIGSEGV) {
		/* No fault kills a PID 1 that is traced, so it meets this one again without us. */
		request = PTRACE_DETACH;
		signal = 0;
	}
	injector_go(request, pid, signal);
}

/* What is left: all of it ends, or the alarm goes off. */
static void
family_bury(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, __WALL)) > 0) {
		if (WIFSTOPPED(status))
			injector_go(PTRACE_DETACH, pid, 0);
		else if (family->members > FAMILY_CHILD && pid == family->pids[FAMILY_CHILD])
			family->service_left = true;
	}
}

__attribute__((noreturn)) static void
family_trace(pid_t program)
{
	int status = 0;
	pid_t pid;

	family->members = 0;
	family->service_left = family->exposed = family->front_lost = false;
	family->opened = 0;
	family_find(program);
	signal(SIGALRM, family_hangs);
	signal(SIGTTOU, SIG_IGN);
	alarm(FAMILY_DEADLINE);
	if (waitpid(program, &status, 0) != program || !WIFSTOPPED(status) ||
	    ptrace(PTRACE_SETOPTIONS, program, 0,
		   PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL |
			   PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE))
		injector_fails("trace");
	/* What comes before the program's own exec is the test's. */
	injector_go(PTRACE_CONT, program, 0);
	for (;;) {
		pid = waitpid(-1, &status, __WALL);
		if (pid < 0)
			injector_fails("wait");
		if (WIFSTOPPED(status)) {
			family_stop(pid, status);
			continue;
		}
		if (pid == program)
			break;
	}
	family->front_lost = family->is_job && tcgetpgrp(0) != program;
	family_bury();
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

/* The group of a shell's new job, in the foreground. */
static void
family_be_job(void)
{
	sigset_t stop, before;

	sigemptyset(&stop);
	sigaddset(&stop, SIGTTOU);
	if (setpgid(0, 0) || sigprocmask(SIG_BLOCK, &stop, &before) || tcsetpgrp(0, getpid()) ||
	    sigprocmask(SIG_SETMASK, &before, NULL))
		injector_fails("be a job");
}

static void
family_begin(void)
{
	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) ||
	    (family->is_pid_1 && unshare(CLONE_NEWPID)))
		injector_fails("make a pid namespace");
	pid_t program = fork();

	if (program < 0)
		injector_fails("fork");
	if (program > 0)
		family_trace(program);
	if (family->is_pid_1 && (unshare(CLONE_NEWNS) || mount("proc", "/proc", "proc", 0, NULL)))
		injector_fails("mount proc");
	if (family->is_job)
		family_be_job();
	if (ptrace(PTRACE_TRACEME, 0, 0, 0) || raise(SIGSTOP))
		injector_fails("be traced");
}

#endif
