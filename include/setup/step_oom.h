/* SPDX-License-Identifier: MIT */
/*
 * step_oom - the step of the plan that sets the oom score, of the init and of the service
 */
#ifndef STEPDOWN_SETUP_STEP_OOM_H
#define STEPDOWN_SETUP_STEP_OOM_H

#include "plan.h"

/* Both return 0, or -1 with errno, as oom_score_set and oom_score_read. */
int step_oom_set(const struct plan *plan);
int step_oom_check(const struct plan *plan);

#endif
