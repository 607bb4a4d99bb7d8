/* SPDX-License-Identifier: MIT */
/*
 * injector - makes chosen system calls of a start-up fail, or claim a success that never was
 *
 * What `strace -e inject` does, with what a sweep of thousands of starts needs beside it: a call is
 * named by its place in the whole sequence, the program is let go as soon as the fault is in, and
 * the exec of the service is seen. A call that is hit is not carried out.
 *
 * injector_begin() is called in the child that is about to execute the program, before it becomes
 * any less than root. It forks: the copy returns and goes on, the original traces it and ends with
 * its status.
 */
#ifndef STEPDOWN_TESTS_INJECTOR_H
#define STEPDOWN_TESTS_INJECTOR_H

#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

enum { INJECTOR_CALLS = 4096 };

struct injector_call {
	uint64_t number;
	uint64_t arguments[2];
};

/* Shared between the test and the tracer. */
struct injector {
	/* What to do: nothing if both are 0. */
	unsigned at;      /* the call with this place, from 1 on */
	unsigned every;   /* all calls from this place on that are like the one there */
	bool by_argument; /* alike in the first argument too, which selects prctl(2)'s operation */
	int signal;       /* is sent to the process instead, before the call is made as it is */
	void (*meanwhile)(void); /* done by the tracer instead, before the call is made as it is */
	long result;             /* what the call returns: 0, or a negative errno */

	/* What happened. */
	unsigned count; /* calls until the program was let go, the first INJECTOR_CALLS are kept */
	struct injector_call calls[INJECTOR_CALLS];
	unsigned hits;
	struct injector_call hit; /* the last that was; where processes take turns, not as aimed */
	bool started;             /* the service was executed */
};

static struct injector *injector;

static void
injector_map(void)
{
	if (injector)
		return;
	injector = mmap(NULL, sizeof(*injector), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			-1, 0);
	if (injector == MAP_FAILED)
		_exit(99);
}

/* Forgets everything but nothing of what was recorded in `calls`. */
static void
injector_reset(void)
{
	injector_map();
	injector->at = injector->every = injector->count = injector->hits = 0;
	injector->by_argument = injector->started = false;
	injector->signal = 0;
	injector->meanwhile = NULL;
	injector->result = 0;
}

static void
injector_fails(const char *what)
{
	fprintf(stderr, "test: cannot %s: %s\n", what, strerror(errno));
	_exit(99);
}

/* At the entry: a number that no kernel has instead of the call's own. */
static void
injector_skip(pid_t child)
{
#if defined(__x86_64__)
	if (ptrace(PTRACE_POKEUSER, child, offsetof(struct user_regs_struct, orig_rax), -1L))
		injector_fails("skip a call");
#else
	int none = -1;
	struct iovec number = {&none, sizeof(none)};

	if (ptrace(PTRACE_SETREGSET, child, NT_ARM_SYSTEM_CALL, &number))
		injector_fails("skip a call");
#endif
}

static void
injector_answer(pid_t child, long result)
{
#if defined(__x86_64__)
	if (ptrace(PTRACE_POKEUSER, child, offsetof(struct user_regs_struct, rax), result))
		injector_fails("answer a call");
#else
	struct user_regs_struct all;
	struct iovec registers = {&all, sizeof(all)};

	if (ptrace(PTRACE_GETREGSET, child, NT_PRSTATUS, &registers))
		injector_fails("read the registers");
	all.regs[0] = (uint64_t)result;
	if (ptrace(PTRACE_SETREGSET, child, NT_PRSTATUS, &registers))
		injector_fails("answer a call");
#endif
}

static bool
injector_hits(const struct injector_call *call)
{
	const struct injector_call *like = &injector->calls[injector->every - 1];

	if (injector->at)
		return injector->count == injector->at;
	return injector->every && injector->count >= injector->every &&
	       call->number == like->number &&
	       (!injector->by_argument || call->arguments[0] == like->arguments[0]);
}

/* One syscall stop. Returns the request that lets the child go on. */
static int
injector_step(pid_t child, bool *answers)
{
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof(info), &info) < 0) {
		/* Killed in between, with its pid namespace: the wait tells. */
		if (errno == ESRCH)
			return PTRACE_CONT;
		injector_fails("look at a call");
	}
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
		struct injector_call call = {info.entry.nr,
					     {info.entry.args[0], info.entry.args[1]}};

		injector->count++;
		/* A sweep aims by the clean run's calls, so that only this run may note them. */
		if (!injector->at && !injector->every && injector->count <= INJECTOR_CALLS)
			injector->calls[injector->count - 1] = call;
		*answers = injector_hits(&call);
		if (*answers)
			injector->hit = call;
		if (*answers && injector->signal) {
			injector->hits++;
			*answers = false;
			kill(child, injector->signal);
			return PTRACE_CONT;
		} else if (*answers && injector->meanwhile) {
			injector->hits++;
			injector->meanwhile();
			*answers = false;
			return PTRACE_CONT;
		} else if (*answers) {
			injector_skip(child);
		}
	} else if (info.op == PTRACE_SYSCALL_INFO_EXIT && *answers) {
		injector_answer(child, injector->result);
		*answers = false;
		injector->hits++;
		return injector->at ? PTRACE_CONT : PTRACE_SYSCALL;
	}
	return PTRACE_SYSCALL;
}

static void
injector_go(int request, pid_t child, int signal)
{
	/* Killed in between is fine: the wait tells. */
	if (ptrace((enum __ptrace_request)request, child, 0, (long)signal) && errno != ESRCH)
		injector_fails("let the program go on");
}

__attribute__((noreturn)) static void
injector_trace(pid_t child)
{
	int status = 0;
	unsigned execs = 0;
	bool answers = false;
	int request = PTRACE_CONT;

	if (waitpid(child, &status, 0) != child || !WIFSTOPPED(status) ||
	    ptrace(PTRACE_SETOPTIONS, child, 0,
		   PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL))
		injector_fails("trace");
	injector_go(PTRACE_CONT, child, 0);
	for (;;) {
		if (waitpid(child, &status, 0) != child)
			injector_fails("wait");
		if (!WIFSTOPPED(status))
			_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
		int signal = WSTOPSIG(status);

		if (signal == (SIGTRAP | 0x80)) {
			request = injector_step(child, &answers);
			signal = 0;
		} else if (status >> 8 == (SIGTRAP | PTRACE_EVENT_EXEC << 8)) {
			/* The first exec is the program's own, the second that of the service. */
			request = ++execs == 1 ? PTRACE_SYSCALL : PTRACE_DETACH;
			injector->started = execs == 2;
			signal = 0;
		}
		injector_go(request, child, signal);
	}
}

__attribute__((unused)) static void
injector_begin(void)
{
	pid_t child = fork();

	if (child < 0)
		injector_fails("fork");
	if (child > 0)
		injector_trace(child);
	if (ptrace(PTRACE_TRACEME, 0, 0, 0) || raise(SIGSTOP))
		injector_fails("be traced");
}

#endif
