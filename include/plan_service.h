/* SPDX-License-Identifier: MIT */
/*
 * plan_service - the working directory, umask, limits and oom score of the service
 *
 * A part of the plan. Pure.
 */
#ifndef STEPDOWN_PLAN_SERVICE_H
#define STEPDOWN_PLAN_SERVICE_H

#include "confine/rlimits.h"
#include "facts.h"
#include "options.h"
#include "refusal.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct plan;

struct plan_service {
	bool enters;       /* plan->directory, which is not where the process is */
	const char *enter; /* --workdir as it was written */
	bool sets_umask;
	mode_t umask; /* only where it is set */
	struct rlimit_setting limits[RLIM_NLIMITS];
	size_t limit_count;
	bool resets;        /* what the caller's exec has left */
	int personality;    /* what is left of it then; -1: it stays */
	bool raises_limits; /* root has to, before it is gone */
	bool sets_oom_score;
	int oom_score;
};

/*
 * Fills plan->service and plan->directory. What needs a power that a start as root lacks is
 * refused; what a start as a user lacks is left out. Returns 0, or -1 with a refusal.
 */
int plan_service_make(struct plan *plan, const struct options *options, const struct facts *facts,
		      struct refusal *why);

#endif
