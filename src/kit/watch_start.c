/* SPDX-License-Identifier: MIT */
#include "kit/watch.h"

#include "kit/calls.h"

#include <errno.h>
#include <linux/filter.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Not in the headers of every distribution that builds this. */
#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif
#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
#endif
#ifndef SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#endif

enum { FAILED = 125, MILLISECOND = 1000 * 1000, FILTER_SIZE = 64 };

/* Shared by both sides: after the load the child cannot make one call that nobody answers. */
struct handover {
	_Atomic int listener; /* 0 while there is none */
	_Atomic int error;
};

static void
add(struct sock_fprog *program, struct sock_filter instruction)
{
	program->filter[program->len++] = instruction;
}

/* For one architecture: what ends a thread or a process is allowed, all else is notified. */
static void
add_arch(struct sock_fprog *program, const struct architecture *arch)
{
	uint32_t allow = SECCOMP_RET_ALLOW, notify = SECCOMP_RET_USER_NOTIF;
	uint32_t thread = (uint32_t)call_number(arch, "exit");
	uint32_t process = (uint32_t)call_number(arch, "exit_group");

	add(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, arch->audit, 0, 5));
	add(program, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						  offsetof(struct seccomp_data, nr)));
	add(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, thread, 1, 0));
	add(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, process, 0, 1));
	add(program, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, allow));
	add(program, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, notify));
}

/*
 * Everything is notified but exit and exit_group. They are in every profile anyway, and where the
 * watcher is killed, who could not end would go round for ever.
 */
static void
make_filter(struct sock_fprog *program)
{
	size_t count;
	const struct architecture *all = architecture_all(&count);

	program->len = 0;
	add(program, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						  offsetof(struct seccomp_data, arch)));
	for (size_t i = 0; i < count; i++)
		add_arch(program, &all[i]);
	add(program, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF));
}

static int
load_listener(const struct sock_fprog *program)
{
	unsigned long flags = SECCOMP_FILTER_FLAG_NEW_LISTENER;

	/* Without it a signal interrupts the wait, the call is restarted, and a runtime that
	 * preempts itself by signals, like Go's, never gets on. Kernels before 5.19 lack it. */
	int listener = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
				    flags | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, program);

	if (listener < 0 && errno == EINVAL)
		listener = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, program);
	return listener;
}

/* The child. execve un-shares the table of descriptors, and closes the listener in the copy. */
__attribute__((noreturn)) static void
become(char *const argv[], const sigset_t *mask, const struct sock_fprog *filter,
       struct handover *handover)
{
	/* A service that only waits would not notice that the watcher has gone. stepdown keeps the
	 * signal over the change of ids. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
		handover->error = errno;
		_exit(FAILED);
	}
	int listener = load_listener(filter);
	if (listener < 0) {
		handover->error = errno;
		_exit(FAILED);
	}
	handover->listener = listener;
	sigprocmask(SIG_SETMASK, mask, NULL);
	execv(argv[0], argv);
	/* The watcher has gone on: it takes the calls of this line as those of a service. */
	dprintf(STDERR_FILENO, "stepdown-kit: cannot execute %s: %s\n", argv[0], strerror(errno));
	_exit(FAILED);
}

static int
refuse_listener(int error, struct refusal *why)
{
	if (error == EBUSY)
		return refuse(
			why,
			"cannot watch: this process is watched already, by a listener of an engine or of another stepdown-kit, and a tree of processes can have one");
	if (error == EINVAL || error == ENOSYS)
		return refuse(
			why,
			"cannot watch: this kernel has no user notification, which came with Linux 5.5: %s",
			strerror(error));
	return refuse(
		why,
		"cannot watch: %s; a filter or a security module that is in force does not permit seccomp's user notification",
		strerror(error));
}

/*
 * Waits until the child has a listener. It needs no call of the child's, which could not return.
 * What a child left behind is read after its end, not before: it may end between the two.
 */
static int
await_listener(struct handover *handover, pid_t child, struct refusal *why)
{
	int gone = 0;

	while (!handover->listener && !handover->error && !gone) {
		gone = waitpid(child, NULL, WNOHANG) == child;
		if (!gone)
			nanosleep(&(struct timespec){0, MILLISECOND / 5}, NULL);
	}
	if (handover->listener)
		return handover->listener;
	if (!gone)
		waitpid(child, NULL, 0);
	if (!handover->error)
		return refuse(why, "cannot watch: the first process died at once");
	return refuse_listener(handover->error, why);
}

int
watch_start(char *const argv[], const sigset_t *mask, pid_t *program, struct refusal *why)
{
	struct handover *handover = mmap(NULL, sizeof(*handover), PROT_READ | PROT_WRITE,
					 MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	struct sock_filter code[FILTER_SIZE];
	struct sock_fprog filter = {0, code};

	if (handover == MAP_FAILED)
		return refuse(why, "cannot watch: %s", strerror(errno));
	make_filter(&filter);
	/* The descriptor arrives in this process's own table: to send it would take a call. */
	*program = (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
	if (*program == 0)
		become(argv, mask, &filter, handover);
	int listener = *program < 0 ? refuse(why, "cannot start a process: %s", strerror(errno))
				    : await_listener(handover, *program, why);
	munmap(handover, sizeof(*handover));
	if (listener >= 0) {
		/* Half the time goes without it. Kernels before 6.6 lack it, and work as well. */
		ioctl(listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
	}
	return listener;
}
