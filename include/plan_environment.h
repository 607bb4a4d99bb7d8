/* SPDX-License-Identifier: MIT */
/*
 * plan_environment - the variables of the service, in the order in which they are decided
 *
 * A part of the plan. Pure. What the container has, or nothing with --clear-env; then the values of
 * --env-from-file, what the set-up exports, the user's own variables, --unset-env, and last --env,
 * of which a later one of the same name goes before an earlier one.
 */
#ifndef STEPDOWN_PLAN_ENVIRONMENT_H
#define STEPDOWN_PLAN_ENVIRONMENT_H

#include "environment.h"
#include "facts.h"
#include "options.h"
#include "refusal.h"

#include <stddef.h>

struct plan;

enum {
	PLAN_EXPORTS = 16,
	PLAN_BEFORE = 2 * OPTIONS_MAX + PLAN_EXPORTS, /* each secret takes NAME_FILE away too */
};

struct plan_environment {
	struct environment_change exports[PLAN_EXPORTS];
	unsigned export_count;
	size_t size; /* bytes of memory of its own at plan->environment, or 0 */
	/* Made of all these; not on the stack, which each start would have to touch. */
	struct environment_change before[PLAN_BEFORE], after[OPTIONS_MAX];
};

/*
 * Sets a variable of the service's, unless --env or --unset-env says otherwise, which is a warning.
 * To be called before plan_environment_make. Both strings must outlive the plan. There are no more
 * than PLAN_EXPORTS.
 */
void plan_export(struct plan *plan, const char *name, const char *value);

/*
 * Makes plan->environment and plan->search_path; last of all decisions, when the identity, the
 * listening descriptors and all exports are known. Returns 0, or -1 with a refusal: an --env that
 * is none, one of a name that --env-from-file has a value for, no memory.
 */
int plan_environment_make(struct plan *plan, const struct options *options,
			  const struct facts *facts, struct refusal *why);

#endif
