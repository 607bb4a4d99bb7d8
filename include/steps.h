/* SPDX-License-Identifier: MIT */
/*
 * steps - what is done, in which order, and how each part is proven
 *
 * A step is applied, then checked by asking the kernel. The tables are the order of work: setup before
 * the fork, and then the rows of who/drop.h; confine in the process that becomes the service.
 */
#ifndef STEPDOWN_STEPS_H
#define STEPDOWN_STEPS_H

#include "plan.h"
#include "who/drop.h"
#include "why.h"

#include <stdbool.h>
#include <stddef.h>

struct step {
	const char *what; /* completes "cannot ..." and "step=" */
	struct {
		size_t at, size; /* bytes of the plan; it is done if one is not 0; none: always */
	} when;
	int (*apply)(const struct plan *plan); /* NULL: this step only proves */
	int (*check)(const struct plan *plan); /* proves that it is done, 0 or -1 with errno */
	enum why why;                          /* the words for its errnos */
	const char *(*value)(const struct plan *plan); /* what it failed with; NULL: nothing */
};

/* Each ends with a step whose `what` is NULL. */
extern const struct step setup_steps[];   /* as root; they may change the container */
extern const struct step check_steps[];   /* as the user, before the fork */
extern const struct step confine_steps[]; /* the service alone, the filter last */

/*
 * Carries out one table. Returns 0, or -1 with `failure` filled in at the first step that failed;
 * no later one is begun.
 */
int steps_run(const struct step *table, const struct plan *plan, step_listener *done,
	      const void *context, struct step_failure *failure);

/* Whether the step has anything to do in this plan. */
bool step_applies(const struct step *step, const struct plan *plan);

#endif
