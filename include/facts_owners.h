/* SPDX-License-Identifier: MIT */
/*
 * facts_owners - what lies at the paths of --mkdir, --chown and --chown-once
 *
 * Only looks, and only where one of them is given. What may never be given away is noted too, by
 * its numbers, and handed on to the steps.
 */
#ifndef STEPDOWN_FACTS_OWNERS_H
#define STEPDOWN_FACTS_OWNERS_H

#include "refusal.h"
#include "setup/paths.h"

#include <stdbool.h>
#include <sys/types.h>

struct facts;
struct options;

enum { FACTS_PLACES = 64 }; /* paths of --mkdir, --chown and --chown-once together */

struct place_facts {
	int error; /* errno of protected_check_open(): ENOENT nothing is there; else what follows is set
		    */
	mode_t mode;
	uid_t owner;
	gid_t group;
	bool read_only;  /* the file system; where nothing is there, that of the directory above */
	bool shared;     /* a directory above is not root's alone */
	bool left_alone; /* a device, or a file with several names */
	bool barred; /* a directory that root may not read; or one above that it may not write */
};

struct owners_facts {
	struct place_facts places[FACTS_PLACES]; /* in the order of plan_owners_next() */
	struct protected_places protect;
};

/*
 * Fills facts->owners; facts_gather comes first. Returns 0, or -1 with a refusal: it cannot be told
 * where stepdown itself or its configuration lies.
 */
int facts_owners_gather(struct facts *facts, const struct options *options, struct refusal *why);

#endif
