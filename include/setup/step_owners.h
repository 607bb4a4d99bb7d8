/* SPDX-License-Identifier: MIT */
/*
 * step_owners - the steps of --mkdir, --chown and --chown-once, as the plan has them
 *
 * All functions return 0, or -1 with errno as in directories.h and owners.h and plan->failure
 * filled in. What a long walk is at is said while it goes on (progress.h); what it has left alone
 * is a warning.
 */
#ifndef STEPDOWN_SETUP_STEP_OWNERS_H
#define STEPDOWN_SETUP_STEP_OWNERS_H

#include "plan.h"

int step_owners_make(const struct plan *plan);
int step_owners_check_make(const struct plan *plan);

int step_owners_give(const struct plan *plan);
int step_owners_check_give(const struct plan *plan);

#endif
