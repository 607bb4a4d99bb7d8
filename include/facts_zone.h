/* SPDX-License-Identifier: MIT */
/*
 * facts_zone - what the zone directory and /etc say about the time zone that is asked for
 *
 * Only looks, and only where --tz or TZ ask for a zone.
 */
#ifndef STEPDOWN_FACTS_ZONE_H
#define STEPDOWN_FACTS_ZONE_H

#include "refusal.h"
#include "setup/zone.h"

#include <stdbool.h>

struct facts;
struct options;

struct zone_facts {
	const char *given; /* --tz, else TZ if it is not empty, else NULL */
	struct zone zone;  /* all zero where `given` is no time zone, */
	bool is_none;      /* for this reason */
	struct refusal reason;
	int found;                  /* enum timezone_found of the name, or -1 */
	int find_error;             /* errno where that is -1 */
	char meant[ZONE_TEXT_SIZE]; /* of an unknown one: a suggestion, or empty */

	/* errno of timezone_can_link() and timezone_can_write_name(); 0 where root may. */
	int link_error;
	int name_error;
	bool right; /* /etc/localtime shows this zone already; asked for where root may not */
};

/*
 * Fills facts->zone; facts_gather comes first. What cannot be looked at is a fact.
 * Returns 0, or -1 with `why`: the calls that look are denied as such.
 */
int facts_zone_gather(struct facts *facts, const struct options *options, struct refusal *why);

#endif
