/* SPDX-License-Identifier: MIT */
/*
 * signals - all 64 signals of the kernel, by raw system calls
 *
 * musl keeps 32 to 34 for itself and leaves them out of every set, so nothing here goes through a
 * sigset_t. A mask is 64 bits, bit N-1 for signal N, as the kernel has it (rt_sigprocmask(2)).
 */
#ifndef STEPDOWN_INIT_SIGNALS_H
#define STEPDOWN_INIT_SIGNALS_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

enum { SIGNALS_LAST = 64, SIGNALS_REAL_TIME = 32 }; /* the highest; the first real-time one */

/* What the caller handed us, to be given to the service. */
struct signals_state {
	uint64_t mask;         /* blocked on entry */
	bool ignores_children; /* SIGCHLD was SIG_IGN; no other disposition is ever touched */
};

/* The mask of one signal, 1 to 64. */
uint64_t signals_bit(int signal);

/*
 * Sets SIGCHLD to its default where it is ignored, which `ignored` says: the kernel would reap a child
 * and lose its status; and the other way round. Each returns 0, or -1 with errno.
 */
int signals_own_children(bool *ignored);
int signals_disown_children(bool ignored);

/*
 * Notes the mask in `state`, blocks everything, and sets SIGCHLD to its default: an ignored one
 * would make the kernel reap the service and lose its exit status. From here on a request to stop
 * waits for the loop instead of being lost. Returns 0, or -1 with errno.
 */
int signals_hold(struct signals_state *state);

/*
 * In the child, before the exec: mask and ignored signals as they were on entry; the rest is as
 * execve(2) leaves it, at its default. Pending signals strike here. Returns 0, or -1 with errno.
 */
int signals_give_back(const struct signals_state *state);

/* Asks the kernel. Returns 0, or -1 with errno EPROTO: mask or disposition of SIGCHLD differ. */
int signals_check(const struct signals_state *state);

/* The mask of those that are ignored now. */
uint64_t signals_ignored(void);

/*
 * The lowest signal of `mask` that is pending and was not ignored on entry, or 0. It stays pending.
 * Where the engine's filter denies rt_sigpending(2), none is.
 */
int signals_pending(uint64_t mask);

/* A signalfd(2) that only says that something of `mask` is pending. -1 with errno on failure. */
int signals_open(uint64_t mask);

/*
 * Takes one pending signal of `mask`; waits up to `milliseconds` for it (0: not at all).
 * Returns its number, or -1 with errno EAGAIN (none) or EINTR.
 */
int signals_take(uint64_t mask, int milliseconds, siginfo_t *info);

/*
 * Sends to a process by its pidfd, or by its pid where `pidfd` is -1 (no pidfd on this kernel) or
 * cannot be used; the pid must be that of a child that has not been reaped. `info` carries the
 * payload of sigqueue(3) on; NULL for a plain signal. Returns 0, or -1 with errno as from
 * pidfd_send_signal(2); EAGAIN: the queue of the receiver's user is full.
 */
int signals_send(int pidfd, pid_t pid, int signal, const siginfo_t *info);

/*
 * The same to the process group that the child leads. Kernels before 6.9 cannot carry a payload to
 * a group; the signal then arrives without it.
 */
int signals_send_group(int pidfd, pid_t leader, int signal, const siginfo_t *info);

/* "TERM", "RTMIN+3" (RTMIN is glibc's, 34), "32"; "?" if out of range. Static text. */
const char *signals_name(int signal);

/*
 * Reads a signal's name with or without "SIG", in any case, or its number 1 to 64. RTMIN and RTMAX
 * are glibc's (34 and 64), as users know them, with +N or -N. Returns the number, or -1.
 */
int signals_parse(const char *text);

/* The name that was meant by one that is none, or NULL. */
const char *signals_meant(const char *text);

#endif
