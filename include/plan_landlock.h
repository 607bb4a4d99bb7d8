/* SPDX-License-Identifier: MIT */
/*
 * plan_landlock - what Landlock takes away from the service, and what it cannot take away here
 *
 * Pure. --fs-ro, --fs-rw and --fs-exec put everything else out of reach, and then nothing but the
 * command, its interpreters and what --fs-exec names can be executed. --exec-only restricts
 * execution; with it --fs-exec adds to what can be executed, and reading stays free unless --fs-ro
 * or --fs-rw is there too. With any restriction at all come the scopes, where the kernel has them:
 * no signal to a process outside of the service, no connection to an abstract socket outside.
 */
#ifndef STEPDOWN_PLAN_LANDLOCK_H
#define STEPDOWN_PLAN_LANDLOCK_H

#include "confine/landlock.h"
#include "facts.h"
#include "options.h"
#include "plan.h"
#include "refusal.h"

/*
 * Fills in what landlock_look() is to look at. Returns 0, or -1 with a refusal: a path that is not
 * absolute, or too many of them.
 */
int plan_landlock_ask(struct landlock_facts *ask, const struct options *options,
		      struct refusal *why);

/*
 * Fills plan->landlock, plan->execution_filter and plan->port_filter; what is missing is refused,
 * or noted where
 * --landlock best-effort permits it. To be called when plan->filter is known.
 * Returns 0, or -1 with a refusal.
 */
int plan_landlock_make(struct plan *plan, const struct options *options, const struct facts *facts,
		       struct refusal *why);

#endif
