/* SPDX-License-Identifier: MIT */
/*
 * reap - wait for children, and signal those that outlive the service
 *
 * Must never signal a pid that may have been reaped: only children of ours that have not been
 * waited for are signalled by number, and kill(-1) is used only as PID 1 of a pid namespace.
 */
#ifndef STEPDOWN_INIT_REAP_H
#define STEPDOWN_INIT_REAP_H

#include "init/decide.h"

#include <stdbool.h>
#include <sys/types.h>

enum reap_result {
	REAP_NONE,    /* children are there, none has anything to tell */
	REAP_ALONE,   /* no child is left */
	REAP_STOPPED, /* `pid` was stopped; it lives */
	REAP_ENDED,   /* `pid` has ended with `status` and is gone */
	REAP_HELD, /* the same, but it stays a zombie until reap_release: its pid and group are safe
		    */
};

struct reap {
	enum reap_result result;
	pid_t pid;
	int status; /* as wait(2) gives it */
};

/*
 * Waits for one child without blocking. The service is held where `hold` is set; stops are reported
 * where `stops` is.
 */
struct reap reap_next(pid_t service, bool hold, bool stops);

/* Lets go of a child that was held. */
void reap_release(pid_t pid);

enum { REAP_TOLD = 256 };

/* The children that were sent TERM already. */
struct reap_told {
	pid_t pids[REAP_TOLD];
	unsigned count;
};

/* A descriptor that lists the children of this process (CONFIG_PROC_CHILDREN), or -1. */
int reap_open_children(void);

/*
 * Sends `signal` to everything in reach. `told` keeps a subreaper's children from being sent TERM
 * twice, since new ones turn up when their parents end. INIT_REACH_CHILDREN needs `children`.
 */
void reap_signal_left(enum init_reach reach, int children, struct reap_told *told, int signal);

/* `pid` was reaped: the number may come again. */
void reap_forget(struct reap_told *told, pid_t pid);

#endif
