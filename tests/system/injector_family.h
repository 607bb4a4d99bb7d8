/* SPDX-License-Identifier: MIT */
/*
 * injector_family - the injector for all processes of a start
 *
 * One process is swept, the others run beside it without a fault: the program itself, which may
 * stay behind as the init; a reader of CA certificates; what tries something and ends; the
 * explainer; and the child that becomes the service, until its exec, after which it is let go. A
 * process is known by its place: the program has 1, and the n-th child of the one with p has
 * p * FAMILY_BASE + n. So it is the same one in each start, however they take turns.
 *
 * A reader of CA certificates is looked at before each file that it opens. Where the program is a
 * job, the tracer is its shell: it has the terminal, and continues the job when that has stopped.
 *
 * family_run() takes the place of run_program() and injector_begin(). The test itself is the
 * tracer, and the program begins in its memory, as with vfork(2): where page tables are expensive,
 * each copy of them costs more than a start. It ends when all has ended that the program left.
 */
#ifndef STEPDOWN_TESTS_INJECTOR_FAMILY_H
#define STEPDOWN_TESTS_INJECTOR_FAMILY_H

#include "helpers/slower.h"
#include "helpers/support.h"
#include "injector.h"

#include <ctype.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

enum {
	FAMILY_PROGRAM = 1,
	FAMILY_BASE = 8,
	FAMILY_MOST = 16,
	FAMILY_HANGS = 98,
	FAMILY_DEADLINE = 60, /* seconds, on a loaded machine, where a start takes milliseconds */
};

struct family_member {
	unsigned place;
	pid_t pid;
	unsigned children;
	bool is_known;  /* by its parent's call that made it */
	bool has_begun; /* its first stop was seen */
	bool is_service;
	bool has_ended;
};

struct family {
	unsigned target; /* the place of the one that is swept */
	bool is_pid_1;   /* in a pid namespace of its own */
	bool reads;      /* there is a reader, to be without power when it opens a file */
	bool is_job;     /* a process group in the foreground of the tracer's terminal, 0 */

	unsigned members; /* in the order in which they were seen */
	struct family_member member[FAMILY_MOST];
	bool service_left; /* the program ended before the service */
	bool exposed;      /* the reader has opened a file with power */
	unsigned opened;   /* files, by the reader */
	bool front_lost;   /* the terminal was not given back to the job */
	bool answers;      /* the call that was entered gets another answer */
	bool late;         /* the deadline has passed */
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
	if (family->late)
		_exit(FAMILY_HANGS);
	family->late = true;
	for (unsigned i = 0; i < family->members; i++)
		if (!family->member[i].has_ended)
			kill(family->member[i].pid, SIGKILL);
	alarm(FAMILY_DEADLINE);
}

static struct family_member *
family_find(pid_t pid)
{
	/* The last first: a number may come back. */
	for (unsigned i = family->members; i > 0; i--)
		if (family->member[i - 1].pid == pid && !family->member[i - 1].has_ended)
			return &family->member[i - 1];
	if (family->members == FAMILY_MOST)
		injector_fails("follow so many processes");
	family->member[family->members] = (struct family_member){.pid = pid};
	return &family->member[family->members++];
}

/* How this one goes on. */
static int
family_request(const struct family_member *member)
{
	bool done = injector->at && injector->hits;

	if (family->reads && member->place != FAMILY_PROGRAM)
		return PTRACE_SYSCALL;
	return member->place == family->target && !done ? PTRACE_SYSCALL : PTRACE_CONT;
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

/* A call of this one has made a process, whose first stop may have come before. */
static void
family_bears(struct family_member *parent)
{
	unsigned long pid;

	if (ptrace(PTRACE_GETEVENTMSG, parent->pid, 0, &pid)) {
		if (errno != ESRCH)
			injector_fails("ask for the new process");
		return;
	}
	struct family_member *child = family_find((pid_t)pid);

	if (++parent->children == FAMILY_BASE)
		injector_fails("number so many children");
	child->place = parent->place * FAMILY_BASE + parent->children;
	child->is_known = true;
	if (child->has_begun)
		injector_go(family_request(child), child->pid, 0);
}

/* One stop of one of them. */
static void
family_stop(pid_t pid, int status)
{
	struct family_member *member = family_find(pid);
	int request = family_request(member);
	int signal = WSTOPSIG(status);
	int event = status >> 16;

	if (!member->has_begun) {
		member->has_begun = true;
		if (!member->is_known)
			return;
		signal = 0;
	} else if (signal == (SIGTRAP | 0x80)) {
		if (family->reads && member->place != FAMILY_PROGRAM)
			family_watch(pid);
		if (member->place == family->target) {
			injector_step(pid, &family->answers);
			request = family_request(member);
		}
		signal = 0;
	} else if (event == PTRACE_EVENT_EXEC) {
		injector->started = member->is_service = true;
		request = PTRACE_DETACH;
		signal = 0;
	} else if (event) {
		family_bears(member);
		signal = 0;
	} else if (family_is_suspended(pid, signal)) {
		family_continue(pid);
		signal = 0;
	} else if (signal == SIGSEGV) {
		/* No fault kills a PID 1 that is traced, so it meets this one again without us. */
		request = PTRACE_DETACH;
	}
	injector_go(request, pid, signal == SIGSEGV ? 0 : signal);
}

/* From its exec on; what comes before is the test's. Returns the status of its end. */
static int
family_trace(pid_t program)
{
	int status = 0, end = -1;
	pid_t pid;

	if (waitpid(program, &status, 0) != program || !WIFSTOPPED(status) ||
	    ptrace(PTRACE_SETOPTIONS, program, 0,
		   PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL |
			   PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE))
		injector_fails("trace");
	injector_go(family_request(&family->member[0]), program, 0);
	while ((pid = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR) {
		if (pid < 0)
			continue;
		if (WIFSTOPPED(status)) {
			family_stop(pid, status);
			continue;
		}
		struct family_member *member = family_find(pid);

		member->has_ended = true;
		family->service_left |= end >= 0 && member->is_service;
		if (pid != program)
			continue;
		end = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
		family->front_lost = family->is_job && tcgetpgrp(0) != program;
	}
	if (end < 0)
		injector_fails("wait");
	return family->late ? FAMILY_HANGS : end;
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

struct family_start {
	const struct run *run;
	int in, out, err;
};

/* In the memory of the test, which waits until the exec. */
static int
family_become(void *context)
{
	static const char *const plain[] = {"PATH=/sbin:/bin:/usr/sbin:/usr/bin", NULL};
	const struct family_start *start = context;
	const struct run *run = start->run;

	if (dup2(start->in, 0) < 0 || dup2(start->out, 1) < 0 || dup2(start->err, 2) < 0)
		injector_fails("connect the standard streams");
	close_range(3, ~0U, 0);
	if (run->prepare)
		run->prepare();
	if (run->root && (chroot(run->root) || chdir("/")))
		injector_fails("enter the sandbox");
	if (family->is_pid_1 && (unshare(CLONE_NEWNS) || mount("proc", "/proc", "proc", 0, NULL)))
		injector_fails("mount proc");
	if (family->is_job)
		family_be_job();
	if (ptrace(PTRACE_TRACEME, 0, 0, 0))
		injector_fails("be traced");
	if (run->enter)
		run->enter();
	execvpe(run->argv[0], (char *const *)run->argv,
		(char *const *)(run->environment ? run->environment : plain));
	injector_fails("execute the program");
	return 99;
}

static int
family_spawn(const struct family_start *start)
{
	static char stack[256 * 1024] __attribute__((aligned(16)));
	int flags = CLONE_VM | CLONE_VFORK | SIGCHLD | (family->is_pid_1 ? CLONE_NEWPID : 0);

	signal(SIGALRM, family_hangs);
	alarm((unsigned)(FAMILY_DEADLINE * slower_factor()));
	pid_t program =
		clone(family_become, stack + sizeof(stack), flags, (void *)(uintptr_t)start);

	if (program < 0)
		injector_fails("make a process");
	family->member[family->members++] = (struct family_member){
		.place = FAMILY_PROGRAM, .pid = program, .is_known = true, .has_begun = true};
	int end = family_trace(program);

	alarm(0);
	return end;
}

/* From a shell of its own, which leads the session at the terminal. */
static int
family_spawn_job(const struct family_start *start)
{
	int status;
	pid_t shell = fork();

	if (shell < 0)
		injector_fails("fork");
	if (shell > 0)
		return waitpid(shell, &status, 0) == shell && WIFEXITED(status)
			       ? WEXITSTATUS(status)
			       : FAMILY_HANGS;
	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) || setsid() < 0 || dup2(start->in, 0) != 0 ||
	    ioctl(0, TIOCSCTTY, 0))
		injector_fails("sit down at a terminal");
	signal(SIGTTOU, SIG_IGN);
	_exit(family_spawn(start));
}

/* All of it is there: nothing of the start is left. */
static void
family_collect(int from, char *to)
{
	size_t filled = 0;
	ssize_t got;

	while (filled < OUTPUT_SIZE - 1 &&
	       (got = read(from, to + filled, OUTPUT_SIZE - 1 - filled)) > 0)
		filled += (size_t)got;
	to[filled] = 0;
	close(from);
}

/* As run_program(), traced. `terminal` is standard input, or -1 for /dev/null. */
static void
family_run(const struct run *run, int terminal, struct outcome *outcome)
{
	int out[2], err[2];
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	injector->count = injector->hits = 0;
	injector->started = false;
	family->members = family->opened = 0;
	family->service_left = family->exposed = family->front_lost = false;
	family->answers = family->late = false;
	if (null < 0 || pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC) ||
	    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0))
		injector_fails("make pipes");
	fflush(NULL);
	struct family_start start = {run, terminal < 0 ? null : terminal, out[1], err[1]};

	outcome->status = family->is_job ? family_spawn_job(&start) : family_spawn(&start);
	close(null);
	close(out[1]);
	close(err[1]);
	family_collect(out[0], outcome->out);
	family_collect(err[0], outcome->err);
}

#endif
