/* SPDX-License-Identifier: MIT */
/*
 * parent - a parent-death signal that was set for us stays set for the service
 *
 * The kernel clears it when the ids change (PR_SET_PDEATHSIG(2const)), so that a supervisor that
 * relied on it would be left with an orphan. Both return 0, or -1 with errno.
 */
#ifndef STEPDOWN_CONFINE_PARENT_H
#define STEPDOWN_CONFINE_PARENT_H

#include "plan.h"

/* Sets the signal that was found on entry again. */
int parent_follow(const struct plan *plan);

/* It is set, and the parent is still the one of the start. ESRCH: it died in between. */
int parent_check(const struct plan *plan);

#endif
