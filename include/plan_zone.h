/* SPDX-License-Identifier: MIT */
/*
 * plan_zone - which time zone the service has, and what of /etc will show it
 *
 * Pure. --tz, or else TZ. A zone that does not exist is refused from --tz; from TZ, which anybody
 * may have set, it is a warning, and TZ is passed on as it is. Where /etc cannot be changed, or the
 * image has no zones, TZ alone is set, with a warning that has the cure.
 */
#ifndef STEPDOWN_PLAN_ZONE_H
#define STEPDOWN_PLAN_ZONE_H

#include "refusal.h"

#include <stdbool.h>

struct facts;
struct options;
struct plan;

struct plan_zone {
	const char *text; /* the value of TZ for the service; NULL: none was chosen here */
	bool link;        /* /etc/localtime will lead to the zone of this name */
	bool name;        /* /etc/timezone will hold it */
};

/* Fills plan->zone and exports TZ. Returns 0, or -1 with a refusal. */
int plan_zone_make(struct plan *plan, const struct options *options, const struct facts *facts,
		   struct refusal *why);

#endif
