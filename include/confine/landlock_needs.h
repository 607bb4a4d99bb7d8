/* SPDX-License-Identifier: MIT */
/*
 * landlock_needs - the files that every program needs, which --fs-ro and its like include unasked
 *
 * A table and nothing else: the rules are made from it, and --dry-run and the manual print it. What
 * is not in the image is passed over. None of it is for running: execution is given by name.
 */
#ifndef STEPDOWN_CONFINE_LANDLOCK_NEEDS_H
#define STEPDOWN_CONFINE_LANDLOCK_NEEDS_H

#include "confine/landlock_rights.h"

struct landlock_need {
	char path[30];
	unsigned char use; /* enum landlock_use */
};

/* Ends with an empty path. In groups: the loader, devices, the kernel, the time, trust, names. */
extern const struct landlock_need landlock_needs[];

#endif
