/* SPDX-License-Identifier: MIT */
/*
 * plan_capabilities - which capabilities the service keeps, and how the others are locked out
 *
 * Pure. Source: capabilities(7), above all "Effect of user ID changes" and the securebits.
 */
#ifndef STEPDOWN_PLAN_CAPABILITIES_H
#define STEPDOWN_PLAN_CAPABILITIES_H

#include "facts.h"
#include "options.h"
#include "plan.h"
#include "refusal.h"

#include <stdbool.h>

/*
 * Fills what struct plan says of capabilities. To be called when the identity is known; `root` is
 * whether stepdown started as root. Returns 0, or -1 with a refusal.
 */
int plan_capabilities_make(struct plan *plan, const struct options *options,
			   const struct facts *facts, bool root, struct refusal *why);

#endif
