/* SPDX-License-Identifier: MIT */
/*
 * start - the fork: two processes, a barrier between them, and what the init keeps
 *
 *   start_open     before the drop: everything that could not be opened after it
 *   start_fork     after the check steps
 *     the child    start_await, then power_leave and the confine steps, signals_give_back, exec
 *     the parent   start_settle, then loop_run until the end
 *
 * The child must not be released before the parent is powerless. If the parent fails or dies, the
 * barrier breaks and nothing is executed.
 */
#ifndef STEPDOWN_INIT_START_H
#define STEPDOWN_INIT_START_H

#include "confine/terminal.h"
#include "front/log.h"
#include "init/power.h"
#include "init/signals.h"

#include <stdbool.h>
#include <sys/types.h>

struct share;

struct init {
	struct voice voice;
	struct terminal terminal;
	pid_t self;          /* this process */
	pid_t service;       /* 0 in the child */
	int barrier[2];      /* a pipe: one byte releases the child, its end forbids */
	int signals;         /* signalfd of all signals */
	int pidfd;           /* of the service; -1 where the kernel or the engine has none */
	int children;        /* list of own children, for a subreaper; -1 otherwise */
	int front;           /* the terminal, to pass the foreground on and back; -1 */
	struct share *share; /* with the explainer; NULL without --explain */
};

struct start_wishes {
	bool is_pid_1;
	bool subreaper;          /* become one, and keep a list of children */
	int parent_death_signal; /* 0: none */
	pid_t parent;            /* as on entry */
};

/*
 * Opens and arranges; needs signals_hold before it. `init` must be zero but for voice.name, json
 * and quiet. All descriptors are close-on-exec. Returns 0, or -1 with errno and in `what` the words
 * that complete "cannot ...".
 */
int start_open(struct init *init, const struct start_wishes *wishes, const char **what);

/* fork(2). In the parent init->service is the child's pid. Returns as fork(2). */
pid_t start_fork(struct init *init);

/*
 * In the child: waits until the parent has confined itself. Returns 0, or -1, and nothing may be
 * executed: with errno 0 the parent could not, and has said so.
 */
int start_await(struct init *init);

/*
 * Dies of `signal` when `parent` does, or at once if it has already ended: prctl(2)
 * PR_SET_PDEATHSIG, with its race closed. To be called after the last change of ids, which clears
 * it. 0 does nothing. Returns 0, or -1 with errno.
 */
int start_bind(int signal, pid_t parent);

/*
 * In the parent: sets the parent-death signal again (a change of ids clears it), gives everything
 * up and opens the barrier. On failure the child has ended and is reaped. Returns 0, or -1 with
 * errno and `what`.
 */
int start_settle(struct init *init, const struct start_wishes *wishes, const struct power *power,
		 const char **what);

#endif
