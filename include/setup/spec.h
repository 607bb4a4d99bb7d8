/* SPDX-License-Identifier: MIT */
/*
 * spec - take apart what --mkdir, --chown and --umask are given
 *
 * Pure. Whether a path may be given away is decided by paths.h, since a path's text does not
 * tell what it leads to; users and groups are resolved by the plan.
 */
#ifndef STEPDOWN_SETUP_SPEC_H
#define STEPDOWN_SETUP_SPEC_H

#include "refusal.h"

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

enum { SPEC_OWNER_SIZE = 512 }; /* bytes of USER[:GROUP], the final NUL included */

struct directory_spec {
	char path[PATH_MAX];
	bool has_mode;
	mode_t mode;
};

struct owner_spec {
	char path[PATH_MAX];
	bool has_owner;
	char owner[SPEC_OWNER_SIZE]; /* USER[:GROUP] as it was given, not resolved */
};

/* Reads an octal mode, 0 to `most` (07777 or 0777). Returns 0, or -1 with `why`. */
int mode_parse(const char *text, mode_t most, mode_t *mode, struct refusal *why);

/*
 * Reads PATH[:MODE]. What stands behind the last colon is the mode, so that a path with a colon
 * needs one. Returns 0, or -1 with `why`.
 */
int directory_spec_parse(const char *text, struct directory_spec *spec, struct refusal *why);

/*
 * Reads PATH[=USER[:GROUP]]. What stands behind the last equals sign is the owner, so that a path
 * with an equals sign needs one. Returns 0, or -1 with `why`.
 */
int owner_spec_parse(const char *text, struct owner_spec *spec, struct refusal *why);

#endif
