/* SPDX-License-Identifier: MIT */
/*
 * plan_init - whether an init stays behind, what it does, and with which power
 *
 * A part of the plan. Pure.
 */
#ifndef STEPDOWN_PLAN_INIT_H
#define STEPDOWN_PLAN_INIT_H

#include "facts.h"
#include "init/decide.h"
#include "init/power.h"
#include "init/start.h"
#include "options.h"
#include "refusal.h"

#include <stdbool.h>

struct plan;

struct plan_init {
	bool stays; /* else the service takes this process's place */
	struct init_settings settings;
	uint64_t ends_setup; /* mask: what ends a long set-up, since there is no service yet */
	struct start_wishes wishes;
	struct signals_state caller; /* what of signals the service gets back */
	struct terminal terminal;    /* the service's place at it */
};

/*
 * Fills plan->init, plan->parent and plan->parent_death_signal; needs the identity and the
 * capabilities of the plan, and may add a change of gid to it. Returns 0, or -1 with a refusal.
 */
int plan_init_make(struct plan *plan, const struct options *options, const struct facts *facts,
		   struct refusal *why);

/* Whether the service may take the place of this process, whose id is `pid`. */
bool plan_init_may_exec(const struct options *options, pid_t pid);

#endif
