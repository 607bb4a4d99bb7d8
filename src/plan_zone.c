/* SPDX-License-Identifier: MIT */
#include "plan_zone.h"

#include "plan.h"
#include "setup/timezone.h"
#include "setup/zone.h"

#include <errno.h>
#include <string.h>

#define COPY "COPY --from=debian:12 " ZONE_DIRECTORY

/* A zone that is none: refused where the author of the image asked for it. */
static int
unusable(struct plan *plan, const struct options *options, const char *reason, struct refusal *why)
{
	if (options_given(options, OPTION_TZ)) {
		refuse(why, "--tz: %.800s", reason);
		return options_blame(why, options_said(options, OPTION_TZ));
	}
	plan_note(&plan->warnings, "TZ: %.300s; it is passed on as it is", reason);
	return 0;
}

static int
not_found(struct plan *plan, const struct options *options, const struct zone_facts *zone,
	  struct refusal *why)
{
	struct refusal reason;
	const char *text = zone->zone.text;

	if (zone->found == TIMEZONE_UNKNOWN)
		refuse(&reason, "there is no time zone %.160s in " ZONE_DIRECTORY "; %s%s%s", text,
		       zone->meant[0] ? "did you mean " : "its names are like Europe/Ljubljana",
		       zone->meant, zone->meant[0] ? "?" : "");
	else if (zone->found == TIMEZONE_BAD)
		refuse(&reason,
		       ZONE_DIRECTORY
		       "/%.160s is no file of a time zone; name one, such as Europe/Ljubljana",
		       text);
	else
		refuse(&reason, ZONE_DIRECTORY "/%.160s cannot be read: %s; mend the image", text,
		       strerror(zone->find_error));
	return unusable(plan, options, reason.text, why);
}

/* The C libraries, Go and Java know it without a file. */
static bool
needs_no_file(const struct zone *zone)
{
	return zone->is_rule || !strcmp(zone->text, "UTC");
}

/* Why programs that do not read TZ will show another time, and what mends it. */
static void
warn_of_etc(struct plan *plan, const struct zone_facts *zone)
{
	const char *text = zone->zone.text;

	if (zone->link_error == EBUSY)
		plan_note(
			&plan->warnings,
			"/etc/localtime is a mount and shows another zone than %.160s, which TZ alone has now; start without that mount",
			text);
	else
		plan_note(
			&plan->warnings,
			"/etc/localtime cannot be replaced (%s), so TZ alone has the zone; this line in the Dockerfile mends it: " COPY
			"/%.100s /etc/localtime",
			strerror(zone->link_error), text);
}

/* What may be in the place of one of the two files, or be the matter with all of /etc. */
static bool
is_of_file(int error)
{
	return error == 0 || error == EBUSY || error == EISDIR;
}

static bool
is_of_etc(int error)
{
	return error == EROFS || error == ENOENT || error == ENOTDIR || error == EACCES;
}

static int
plan_etc(struct plan *plan, const struct facts *facts, bool changes, struct refusal *why)
{
	const struct zone_facts *zone = &facts->zone;

	if (!changes || zone->right)
		return 0;
	if (facts->effective_uid != 0) {
		plan_note(&plan->left_out, "tz: /etc/localtime needs a start as root");
		return 0;
	}
	/* Anything else is a failure to look. */
	if ((!is_of_file(zone->link_error) && !is_of_etc(zone->link_error)) ||
	    !is_of_file(zone->name_error))
		return refuse(
			why,
			"/etc/localtime and /etc/timezone cannot be looked at: %s; --no-setup leaves them as they are",
			strerror(zone->link_error ? zone->link_error : zone->name_error));
	plan->zone.link = zone->link_error == 0;
	plan->zone.name = plan->zone.link && zone->name_error == 0;
	if (!plan->zone.link)
		warn_of_etc(plan, zone);
	else if (!plan->zone.name)
		plan_note(&plan->left_out, "tz: /etc/timezone stays as it is: %s",
			  strerror(zone->name_error));
	return 0;
}

int
plan_zone_make(struct plan *plan, const struct options *options, const struct facts *facts,
	       struct refusal *why)
{
	const struct zone_facts *zone = &facts->zone;

	if (!zone->given)
		return 0;
	if (zone->is_none)
		return unusable(plan, options, zone->reason.text, why);
	bool found = zone->zone.is_name && zone->found == TIMEZONE_GOOD;

	if (!found && !needs_no_file(&zone->zone)) {
		if (zone->found != TIMEZONE_NO_DATA)
			return not_found(plan, options, zone, why);
		plan_note(
			&plan->warnings,
			"the image has no time zones, so that %.100s is UTC to most programs; this line in the Dockerfile mends it: " COPY
			" " ZONE_DIRECTORY,
			zone->zone.text);
	}
	plan->zone.text = zone->zone.text;
	plan_export(plan, "TZ", plan->zone.text);
	return found ? plan_etc(plan, facts, !options_given(options, OPTION_NO_SETUP), why) : 0;
}
