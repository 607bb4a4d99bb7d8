/* SPDX-License-Identifier: MIT */
/*
 * share - one page that the init, the service until its exec, and the explainer have in common
 *
 * The listener's number travels through it, since every call that the service makes once its filter
 * is in force may be a question to that very listener. execve(2) takes it from the service: what
 * the init reads out of it comes from the explainer alone.
 */
#ifndef STEPDOWN_EXPLAIN_SHARE_H
#define STEPDOWN_EXPLAIN_SHARE_H

#include "confine/profile_file.h"
#include "explain/line.h"
#include "front/log.h"

#include <stdbool.h>
#include <stdint.h>

enum share_state {
	SHARE_STARTING,  /* the explainer is not ready yet */
	SHARE_READY,     /* it is confined and waits for a listener */
	SHARE_LOADING,   /* the listener will be there in a moment */
	SHARE_LISTENING, /* the filter is in force, `listener` is its descriptor */
	SHARE_OFF,       /* there is nothing to explain, or nobody who could */
};

enum { SHARE_KEPT = -2 }; /* as `listener`: the explainer has none but the service's */

struct share {
	int pid;          /* of the explainer, in this pid namespace; 0 once it has been reaped */
	uint32_t state;   /* enum share_state; a futex */
	int listener;     /* its descriptor; -1 before, and once the explainer has its own */
	int error;        /* errno: why there is no explainer */
	const char *what; /* completes "cannot ..." */
	struct line_counts counts;
	struct voice voice; /* how the log is reached; the descriptors of before the fork */
	char profile[PROFILE_FILE_NAME]; /* its name, for the count at the end */
};

/* In memory of its own, zero but for `listener`. NULL with errno. */
struct share *share_make(void);

/* By whom all of it may be written at the same time. */
enum share_state share_state(const struct share *share);
void share_set_state(struct share *share, enum share_state state);

/*
 * Waits until the state is no longer `state`, up to `milliseconds`. Returns whether it changed.
 */
bool share_wait(const struct share *share, enum share_state state, int milliseconds);

/* Notes why there is nothing to explain, and wakes who waits. */
void share_fail(struct share *share, const char *what, int error);

#endif
