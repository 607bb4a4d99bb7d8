/* SPDX-License-Identifier: MIT */
/*
 * plan_filter - which seccomp program the service gets
 *
 * Pure. A name stands for a program that was compiled into stepdown, a path for a file that
 * stepdown-kit compiled and the facts have read.
 */
#ifndef STEPDOWN_PLAN_FILTER_H
#define STEPDOWN_PLAN_FILTER_H

#include "facts.h"
#include "options.h"
#include "plan.h"
#include "refusal.h"

/*
 * Fills plan->filter, plan->terminal_filter, plan->compat and, where it is a file's, plan->profile; warns of kept
 * capabilities that the profile makes useless. To be called when plan->kept is known.
 * Returns 0, or -1 with a refusal.
 */
int plan_filter_make(struct plan *plan, const struct options *options, const struct facts *facts,
		     struct refusal *why);

/* Whether it is not a profile of ours that judges ioctl(2), so that a terminal needs a filter. */
bool plan_filter_asks_for_tty(const struct options *options);

/* The path that --seccomp names, for facts_gather, or NULL. */
const char *plan_filter_path(const struct options *options);

#endif
