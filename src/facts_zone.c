/* SPDX-License-Identifier: MIT */
#include "facts_zone.h"

#include "environment.h"
#include "facts.h"
#include "options.h"
#include "setup/timezone.h"

#include <errno.h>

/* What can be done in /etc, if anything is to be. */
static void
look_at_etc(struct zone_facts *zone, bool may)
{
	zone->link_error = EPERM;
	if (may)
		zone->link_error = timezone_can_link(TIMEZONE_ETC) ? errno : 0;
	if (zone->link_error)
		zone->right = timezone_shows(TIMEZONE_ETC, ZONE_DIRECTORY, zone->zone.text) == 0;
	else
		zone->name_error = timezone_can_write_name(TIMEZONE_ETC) ? errno : 0;
}

int
facts_zone_gather(struct facts *facts, const struct options *options)
{
	struct zone_facts *zone = &facts->zone;
	bool changes = !options_given(options, OPTION_NO_SETUP);

	zone->given = options_value(options, OPTION_TZ);
	if (!zone->given) {
		zone->given = environment_value(facts->environment, "TZ");
		if (zone->given && !zone->given[0])
			zone->given = NULL;
	}
	if (!zone->given)
		return 0;
	zone->is_none = zone_parse(zone->given, ZONE_DIRECTORY, &zone->zone, &zone->reason) != 0;
	if (zone->is_none || !zone->zone.is_name)
		return 0;
	zone->found = timezone_find(ZONE_DIRECTORY, zone->zone.text);
	zone->find_error = errno;
	if (zone->found == TIMEZONE_UNKNOWN)
		timezone_meant(ZONE_DIRECTORY, zone->zone.text, zone->meant);
	if (zone->found == TIMEZONE_GOOD && changes)
		look_at_etc(zone, facts->effective_uid == 0);
	return 0;
}
