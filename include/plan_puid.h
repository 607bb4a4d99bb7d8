/* SPDX-License-Identifier: MIT */
/*
 * plan_puid - who the service is by PUID and PGID, as linuxserver.io's images take them: --puid
 *
 * A part of the plan. Pure. The environment belongs to whoever starts the container, so that only
 * plain numbers are taken from it and none of them is root's, whatever the options allow.
 */
#ifndef STEPDOWN_PLAN_PUID_H
#define STEPDOWN_PLAN_PUID_H

#include "options.h"
#include "refusal.h"

enum { PLAN_PUID_SIZE = 24 }; /* bytes of two ids with a colon and the NUL */

/*
 * Writes "PUID:PGID" to `spec`, for ids_resolve; nothing where --puid is not given or PUID is unset
 * or empty. Without PGID the group has the same number. Returns 0, or -1 with a refusal: no number,
 * 0, or PGID alone.
 */
int plan_puid_read(const struct options *options, char *const *environment,
		   char spec[static PLAN_PUID_SIZE], struct refusal *why);

#endif
