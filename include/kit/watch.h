/* SPDX-License-Identifier: MIT */
/*
 * watch - run a program and hear of every system call that its whole tree makes
 *
 * A filter that notifies of everything but exit and exit_group is loaded in a child before it
 * executes the program; this process alone holds the listener and lets each call continue. Neither
 * ptrace nor a privilege is needed: no_new_privs is set instead. Where the watcher dies, the
 * watched get ENOSYS for everything else, and the program itself is killed. One listener per tree
 * of processes is all that the kernel has, so what is watched cannot use one itself. Source:
 * seccomp_unotify(2), seccomp(2).
 */
#ifndef STEPDOWN_KIT_WATCH_H
#define STEPDOWN_KIT_WATCH_H

#include "refusal.h"

#include <linux/seccomp.h>
#include <stdbool.h>
#include <sys/types.h>

enum {
	WATCH_GRACE = 5,     /* seconds for what the program leaves behind, as stepdown gives it */
	WATCH_PATIENCE = 10, /* seconds from TERM to KILL when the time is up */
	WATCH_NOT_ENDED = -1,
};

/* One call that waits for its answer. */
struct watch_call {
	const struct seccomp_notif *notice;
	pid_t program; /* the process that was started; others are its descendants */
	int listener;
};

struct watch {
	char *const *argv; /* argv[0] is a path */
	unsigned seconds;  /* ask the program to end after this; 0: never */
	/* Returns 0 to let the call be made, or the errno that it gets instead. */
	int (*seen)(void *context, const struct watch_call *call);
	void *context;
};

struct watch_end {
	int status; /* exit status of the program, 128+N for signal N, or WATCH_NOT_ENDED */
	bool time_was_up;
	bool left; /* somebody could not be ended, and gets ENOSYS for each call from now on */
};

/*
 * Returns when the last process of the tree has gone, or cannot be ended: 0 and `*end`, or -1 with
 * a refusal where the kernel, or a filter or a listener that is in force already, does not permit
 * it. Signals that arrive here are handed on to the program, but for those that a terminal sends to
 * both.
 */
int watch_run(const struct watch *watch, struct watch_end *end, struct refusal *why);

/* Whether the call still waits: false means that its process, and what was read of it, is void. */
bool watch_waits(const struct watch_call *call);

/*
 * Starts argv[0] under a listener, in a child. Returns the listener's descriptor and `*program`, or
 * -1 with a refusal. `mask` is the signal mask that the program gets.
 */
int watch_start(char *const argv[], const sigset_t *mask, pid_t *program, struct refusal *why);

#endif
