/* SPDX-License-Identifier: MIT */
#include "plan_puid.h"

#include "environment.h"
#include "ids.h"

#include <stdio.h>
#include <string.h>

enum { SHOWN = 160 }; /* bytes of a value in a refusal */

/* Empty is as good as unset, as in those images. */
static const char *
value_of(char *const *environment, const char *name)
{
	const char *value = environment_value(environment, name);

	return value && *value ? value : NULL;
}

static int
read_id(const char *name, const char *value, uint32_t *id, struct refusal *why)
{
	if (!ids_number(value, strlen(value), id))
		return refuse(
			why,
			"%s=%.*s is not an id; write digits alone, without leading zeros, from 1 to %u",
			name, SHOWN, value, IDS_HIGHEST);
	if (*id == 0)
		return refuse(why, "%s=0 is root's, which --puid never takes; name another number",
			      name);
	return 0;
}

int
plan_puid_read(const struct options *options, char *const *environment,
	       char spec[static PLAN_PUID_SIZE], struct refusal *why)
{
	const char *user = value_of(environment, "PUID");
	const char *group = value_of(environment, "PGID");
	uint32_t uid;
	uint32_t gid;

	spec[0] = '\0';
	if (!options_given(options, OPTION_PUID) || (!user && !group))
		return 0;
	if (!user)
		return refuse(why, "PGID=%.*s is set and PUID is not; set both, or neither", SHOWN,
			      group);
	if (read_id("PUID", user, &uid, why))
		return -1;
	gid = uid;
	if (group && read_id("PGID", group, &gid, why))
		return -1;
	snprintf(spec, PLAN_PUID_SIZE, "%u:%u", uid, gid);
	return 0;
}
