/* SPDX-License-Identifier: MIT */
/*
 * step_zone - the steps of the time zone, as the plan has them
 *
 * All functions return 0, or -1 with errno as in timezone.h and plan->failure filled in.
 */
#ifndef STEPDOWN_SETUP_STEP_ZONE_H
#define STEPDOWN_SETUP_STEP_ZONE_H

#include "plan.h"

int step_zone_link(const struct plan *plan);
int step_zone_check_link(const struct plan *plan);

int step_zone_name(const struct plan *plan);
int step_zone_check_name(const struct plan *plan);

#endif
