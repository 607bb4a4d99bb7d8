/* SPDX-License-Identifier: MIT */
/*
 * stay - the plan's init, for main: open before the drop, split after it
 */
#ifndef STEPDOWN_INIT_STAY_H
#define STEPDOWN_INIT_STAY_H

#include "front/log.h"
#include "init/start.h"
#include "plan.h"
#include "refusal.h"

/*
 * Before the drop; see start_open. `init` must be zero; plan->share is filled in where the plan
 * explains. Returns 0, or -1 with a refusal.
 */
int stay_open(struct init *init, struct plan *plan, const struct report *report,
	      struct refusal *why);

/*
 * After the check steps: forks, and the parent forgets plan->memory, the plan with it. In the child it returns 0 when the init has no power left, with
 * LISTEN_PID naming the child. The parent does not return: it exits with the service's status, or
 * with 125 where it could not give its power up; then nothing has been executed. -1 with a refusal:
 * there is no second process.
 */
int stay_behind(struct init *init, const struct plan *plan, struct refusal *why);

/* A confine step of the child: explainer_start. */
int stay_explain(const struct plan *plan);

/* The confine step of the child: power_leave. */
int stay_leave(const struct plan *plan);

#endif
