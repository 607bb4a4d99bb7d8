/* SPDX-License-Identifier: MIT */
/*
 * run_request - the command line of the kit's commands that run a service
 *
 * Options of the kit's own, and those of stepdown that say who the service is and what is set up
 * for it; stepdown's table is asked which these are. What would make a second filter or a second
 * process of stepdown's is refused with its reason.
 */
#ifndef STEPDOWN_KIT_RUN_REQUEST_H
#define STEPDOWN_KIT_RUN_REQUEST_H

#include "refusal.h"

#include <stdbool.h>
#include <stddef.h>

enum { RUN_MERGES = 32, RUN_OPTIONS = 256, RUN_CAPS = 41 };

struct run_request {
	const char *profile; /* check: the profile that is asked */
	const char *output;
	const char *record;
	const char *base;
	const char *merges[RUN_MERGES];
	size_t merge_count;
	const char *stepdown; /* a path */
	unsigned seconds;     /* 0: until the service ends */
	bool compat;
	bool engine; /* what an engine needs is allowed whatever the container's capabilities */
	bool quiet;
	char *options[RUN_OPTIONS]; /* stepdown's, as they were written */
	size_t option_count;
	const char *caps[RUN_CAPS]; /* what --keep-cap names, in full */
	size_t cap_count;
	char **command;
	size_t command_count;
};

/*
 * Reads argv[1] and what follows it. `check`: the first word is a profile. Returns 0, or -1 with a
 * refusal. Nothing is looked for in the file system.
 */
int run_request_parse(int argc, char **argv, bool check, struct run_request *out,
		      struct refusal *why);

/*
 * Finds stepdown where it was not named: beside this program, in the sbin folder beside this
 * program's, in /sbin. `place`, of `size` bytes, takes the path. Returns 0, or -1 with a refusal.
 */
int run_request_find(struct run_request *request, char *place, size_t size, struct refusal *why);

#endif
