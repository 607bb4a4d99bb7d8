/* SPDX-License-Identifier: MIT */
/*
 * explainer - a process that hears of each call which the profile denies, and says why
 *
 * It is a child of the init's and a sibling of the service's, with the service's uid and no
 * capability, not dumpable, under a filter of its own, and the only one that holds the listener: if
 * it ends, the kernel answers what is denied with ENOSYS, and nobody waits. It decides nothing. A
 * call that comes here is denied with the errno with which the program would have denied it, found
 * by evaluating that program.
 *
 *	explainer_start     the service, before its confinement: makes the process
 *	explainer_load      the service: loads the filter and hands the listener over
 *	explainer_closing   the init, at its end: the count
 *
 * Until its exec the service shares its descriptors with the explainer; that is how the listener
 * gets there without a call that could be denied. Source: seccomp_unotify(2), clone(2) CLONE_FILES.
 */
#ifndef STEPDOWN_EXPLAIN_EXPLAINER_H
#define STEPDOWN_EXPLAIN_EXPLAINER_H

#include "confine/filter.h"
#include "explain/share.h"
#include "init/power.h"

/*
 * Starts the process, which forgets `memory` as the init does, and waits until it is ready. Where that cannot be, for whatever reason, it
 * says so and the service goes on without: share->state is SHARE_OFF then.
 */
void explainer_start(struct share *share, const struct filter_program *program,
		     const struct power *power, const struct power_memory *memory);

/*
 * Loads `program`, with questions in place of its denials where an explainer is ready, else as it
 * is. Returns as filter_load.
 */
int explainer_load(struct share *share, const struct filter_program *program);

/* In the init: the explainer, a child of it, has ended with this wait(2) status. */
void explainer_ended(const struct share *share, int status, struct voice *voice);

/* In the init: the count at the end. Nothing where there was no explainer. */
void explainer_closing(const struct share *share, struct voice *voice);

/* The calls of the explainer once it is ready. Written by hand in src/explain/filter.c. */
extern const struct filter_program filter_explainer;

#endif
