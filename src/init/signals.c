/* SPDX-License-Identifier: MIT */
#include "init/signals.h"

#include "proof.h"

#include <errno.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Signals 1 to 60. */
#define PROVEN (UINT64_MAX >> 4)

#ifndef PIDFD_SIGNAL_PROCESS_GROUP
#define PIDFD_SIGNAL_PROCESS_GROUP (1U << 2) /* linux/pidfd.h, since 6.9 */
#endif

/* The kernel's own struct sigaction, which no libc header shows: the same on x86-64 and arm64. */
struct kernel_action {
	void (*handler)(int);
	unsigned long flags;
	void (*restorer)(void);
	uint64_t mask;
};

static int
action_get(int signal, struct kernel_action *action)
{
	/* What no kernel says, in case it says nothing. */
	action->handler = SIG_ERR;
	if (syscall(SYS_rt_sigaction, signal, NULL, action, sizeof(action->mask)) != 0)
		return -1;
	return proof(action->handler != SIG_ERR);
}

static int
action_set(int signal, void (*handler)(int))
{
	struct kernel_action action = {.handler = handler};

	return (int)syscall(SYS_rt_sigaction, signal, &action, NULL, sizeof(action.mask));
}

static int
mask_set(uint64_t mask, uint64_t *previous)
{
	return (int)syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, previous, sizeof(mask));
}

static int
check_mask(uint64_t mask)
{
	uint64_t unmaskable = signals_bit(SIGKILL) | signals_bit(SIGSTOP);
	uint64_t now = ~mask;

	if (syscall(SYS_rt_sigprocmask, SIG_SETMASK, NULL, &now, sizeof(now)) != 0)
		return -1;
	/* The last ones mean nothing to anybody, and an emulator keeps them for itself. */
	return proof(((now ^ mask) & PROVEN & ~unmaskable) == 0);
}

int
signals_own_children(bool *ignored)
{
	struct kernel_action action = {0};

	if (action_get(SIGCHLD, &action) != 0)
		return -1;
	*ignored = action.handler == SIG_IGN;
	if (!*ignored)
		return 0;
	if (action_set(SIGCHLD, SIG_DFL) != 0 || action_get(SIGCHLD, &action) != 0)
		return -1;
	return proof(action.handler == SIG_DFL);
}

int
signals_disown_children(bool ignored)
{
	return ignored ? action_set(SIGCHLD, SIG_IGN) : 0;
}

int
signals_hold(struct signals_state *state)
{
	if (mask_set(UINT64_MAX, &state->mask) != 0 || check_mask(UINT64_MAX) != 0)
		return -1;
	return signals_own_children(&state->ignores_children);
}

int
signals_give_back(const struct signals_state *state)
{
	if (signals_disown_children(state->ignores_children) != 0)
		return -1;
	return mask_set(state->mask, NULL);
}

int
signals_check(const struct signals_state *state)
{
	struct kernel_action action = {0};

	if (check_mask(state->mask) != 0 || action_get(SIGCHLD, &action) != 0)
		return -1;
	return proof((action.handler == SIG_IGN) == state->ignores_children);
}

uint64_t
signals_ignored(void)
{
	struct kernel_action action;
	uint64_t ignored = 0;

	for (int signal = 1; signal <= SIGNALS_LAST; signal++)
		if (action_get(signal, &action) == 0 && action.handler == SIG_IGN)
			ignored |= signals_bit(signal);
	return ignored;
}

int
signals_pending(uint64_t mask)
{
	struct kernel_action action;
	uint64_t pending = 0;

	if (syscall(SYS_rt_sigpending, &pending, sizeof(pending)) != 0)
		return 0;
	pending &= mask;
	/* One that is ignored is pending as well while it is blocked. */
	for (int signal = 1; pending != 0; signal++, pending >>= 1)
		if ((pending & 1) != 0 && action_get(signal, &action) == 0 &&
		    action.handler != SIG_IGN)
			return signal;
	return 0;
}

int
signals_open(uint64_t mask)
{
	return (int)syscall(SYS_signalfd4, -1, &mask, sizeof(mask), SFD_CLOEXEC | SFD_NONBLOCK);
}

int
signals_take(uint64_t mask, int milliseconds, siginfo_t *info)
{
	struct timespec wait = {milliseconds / 1000, (milliseconds % 1000) * 1000000L};

	return (int)syscall(SYS_rt_sigtimedwait, &mask, info, &wait, sizeof(mask));
}

int
signals_send(int pidfd, pid_t pid, int signal, const siginfo_t *info)
{
	/* An engine's filter may have pidfd_open(2) and not this. */
	if (pidfd >= 0) {
		int result = (int)syscall(SYS_pidfd_send_signal, pidfd, signal, info, 0);

		if (result == 0 || errno == ESRCH || errno == EAGAIN)
			return result;
	}
	if (info != NULL)
		return (int)syscall(SYS_rt_sigqueueinfo, pid, signal, info);
	return kill(pid, signal);
}

int
signals_send_group(int pidfd, pid_t leader, int signal, const siginfo_t *info)
{
	if (pidfd >= 0 && info != NULL &&
	    syscall(SYS_pidfd_send_signal, pidfd, signal, info, PIDFD_SIGNAL_PROCESS_GROUP) == 0)
		return 0;
	return kill(-leader, signal);
}
