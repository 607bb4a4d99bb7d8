/* SPDX-License-Identifier: MIT */
#include "facts_zone.h"

#include "environment.h"
#include "facts.h"
#include "options.h"
#include "setup/timezone.h"
#include "why_here.h"

#include <errno.h>
#include <string.h>

/* The calls that look are at fault, and not what they look at. */
static int
refuse_look(const char *path, int error, struct refusal *why)
{
	return refuse(why, "%s cannot be looked at: %s%s", path, strerror(error),
		      why_here(WHY_ZONE, error, NULL));
}

/* What can be done in /etc, if anything is to be. */
static int
look_at_etc(struct zone_facts *zone, bool may, struct refusal *why)
{
	zone->link_error = EPERM;
	if (may)
		zone->link_error = timezone_can_link(TIMEZONE_ETC) ? errno : 0;
	if (zone->link_error)
		zone->right = timezone_shows(TIMEZONE_ETC, ZONE_DIRECTORY, zone->zone.text) == 0;
	else
		zone->name_error = timezone_can_write_name(TIMEZONE_ETC) ? errno : 0;

	int error = zone->link_error ? zone->link_error : zone->name_error;

	return may && (error == EPERM || error == ENOSYS)
		       ? refuse_look("/etc/localtime and /etc/timezone", error, why)
		       : 0;
}

int
facts_zone_gather(struct facts *facts, const struct options *options, struct refusal *why)
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
		return look_at_etc(zone, facts->effective_uid == 0, why);
	return zone->found < 0 && (zone->find_error == EPERM || zone->find_error == ENOSYS)
		       ? refuse_look(ZONE_DIRECTORY, zone->find_error, why)
		       : 0;
}
