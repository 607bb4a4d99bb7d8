/* SPDX-License-Identifier: MIT */
#include "init/start.h"

#include "init/reap.h"
#include "proof.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * Whether the kernel has made a descriptor, or claims to and returns 0: what is open there, if
 * anything, came through an exec.
 */
static int
prove_made(int descriptor)
{
	int flags = descriptor < 0 ? -1 : fcntl(descriptor, F_GETFD);

	return flags < 0 ? -1 : proof(flags == FD_CLOEXEC);
}

int
start_open(struct init *init, const struct start_wishes *wishes, const char **what)
{
	init->self = getpid();
	init->pidfd = init->children = init->front = -1;
	voice_open(&init->voice);
	*what = "wait for signals";
	init->signals = signals_open(UINT64_MAX);
	if (prove_made(init->signals) != 0)
		return -1;
	*what = "make the barrier";
	if (pipe2(init->barrier, O_CLOEXEC) != 0 || prove_made(init->barrier[1]) != 0)
		return -1;
	if (wishes->subreaper) {
		*what = "become a subreaper";
		if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0)
			return -1;
		if (!wishes->is_pid_1)
			init->children = reap_open_children();
	}
	*what = "hand the terminal over";
	if (init->terminal.mode == TERMINAL_GROUP && init->terminal.foreground) {
		init->front = fcntl(init->terminal.descriptor, F_DUPFD_CLOEXEC, 3);
		/* Not as the others: the library marks what it believes to have got. */
		if (init->front < 0 || proof(init->front > STDERR_FILENO) != 0)
			return -1;
	}
	return terminal_release(&init->terminal);
}

pid_t
start_fork(struct init *init)
{
	/* By a raw call: the library's would change the mask around it, and take it for granted
	 * that it got the old one back. Without a stack this is a fork. */
	init->service = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
	if (init->service > 0)
		init->pidfd = (int)syscall(SYS_pidfd_open, init->service, 0);
	/* As with voice->own: never one of the streams. */
	if (init->pidfd <= STDERR_FILENO)
		init->pidfd = -1;
	return init->service;
}

int
start_await(struct init *init)
{
	char byte;
	ssize_t size;

	/* Our own copy would keep the barrier from breaking. */
	close(init->barrier[1]);
	do
		size = read(init->barrier[0], &byte, 1);
	while (size < 0 && errno == EINTR);
	if (size == 0)
		errno = 0;
	if (size != 1)
		return -1;
	close(init->barrier[0]);
	return 0;
}

int
start_bind(int signal, pid_t parent)
{
	siginfo_t info = {.si_signo = signal, .si_code = SI_USER};

	if (signal == 0)
		return 0;
	if (prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0) != 0)
		return -1;
	if (getppid() == parent)
		return 0;
	/* It ended before; nobody else will send the signal. With its origin, as the kernel does.
	 */
	info.si_pid = parent;
	return (int)syscall(SYS_rt_sigqueueinfo, getpid(), signal, &info);
}

static int
settle(struct init *init, const struct start_wishes *wishes, const struct power *power,
       const char **what)
{
	int keep[] = {init->signals, init->barrier[1], init->pidfd, init->children, init->front};

	voice_settle(&init->voice);
	if (power_drop(power, keep, sizeof(keep) / sizeof(*keep), what) != 0)
		return -1;
	*what = "follow its parent's death";
	if (start_bind(wishes->parent_death_signal, wishes->parent) != 0)
		return -1;
	if (power_confine(power, what) != 0)
		return -1;
	*what = "release the service";
	/* EPIPE: it has ended, by a signal that nobody can hold back; the loop will say so. */
	return write(init->barrier[1], "", 1) == 1 || errno == EPIPE ? 0 : -1;
}

int
start_settle(struct init *init, const struct start_wishes *wishes, const struct power *power,
	     const char **what)
{
	int result = settle(init, wishes, power, what);
	int saved = errno;

	close(init->barrier[1]);
	if (result != 0)
		while (waitpid(init->service, NULL, 0) < 0 && errno == EINTR)
			continue;
	errno = saved;
	return result;
}
