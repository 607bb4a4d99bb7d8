/* SPDX-License-Identifier: MIT */
/*
 * why - what an errno means, and what to do: the one place of words for it
 *
 * Pure: a table of operations, errnos and words. What a machine must be asked for is in why_here.
 */
#ifndef STEPDOWN_WHY_H
#define STEPDOWN_WHY_H

#include "ids.h"
#include "refusal.h"

#include <stdbool.h>
#include <stdint.h>

/* What met the errno. */
enum why {
	WHY_NOTHING,
	/* steps */
	WHY_CLOSE,
	WHY_RESET,
	WHY_ZONE,
	WHY_CERTS,
	WHY_OWNERS,
	WHY_LIMITS,
	WHY_KEYRING,
	WHY_GROUPS,
	WHY_IDS,
	WHY_ENTER,
	WHY_PARENT,
	WHY_RESTRICT,
	WHY_FILTER,
	WHY_PROCESS, /* clone(2) */
	WHY_EXPLAINER,
	/* what is only looked at */
	WHY_OPEN,
	WHY_PROTECT,
	WHY_DIRECTORY,
	/* and these complete "PATH ...", a comma or a colon before them */
	WHY_SECRET,
	WHY_ROOTS_SECRET,
	WHY_ROOTS_FILE,
	WHY_PLACE,
	WHY_LANDLOCK,
	WHY_LANDLOCK_PATH,
	WHY_ADDITION,
	/* execve(2) of the command */
	WHY_EXECUTE,
};

/* The words for `error`; NULL where there are none but strerror(3)'s. */
const char *why_says(enum why what, int error);

/*
 * Whether `id` of a file stands for one that is not mapped, and then says so of `whose` it is. An id
 * that is not there is shown as 65534 (kernel.overflowuid), which may be mapped too: then only what
 * the kernel has refused (`refused`) tells the two apart.
 */
bool why_unmapped(const struct ids_file *map, uint32_t id, bool refused, const char *whose,
		  struct refusal *why);

#endif
