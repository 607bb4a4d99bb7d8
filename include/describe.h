/* SPDX-License-Identifier: MIT */
/*
 * describe - the plan as --dry-run prints it
 *
 * One key=value a line, with the keys that a probe reads from inside the service, then one step= a
 * step in its order, left_out= with the reason for what cannot be done here, and from.NAME= for
 * each option that was said: where, and its value.
 */
#ifndef STEPDOWN_DESCRIBE_H
#define STEPDOWN_DESCRIBE_H

#include "facts.h"
#include "options.h"
#include "plan.h"

/* Prints to standard output. Returns 0, or -1 with errno. */
int describe_plan(const struct plan *plan, const struct facts *facts,
		  const struct options *options);

#endif
