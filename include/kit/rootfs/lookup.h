/* SPDX-License-Identifier: MIT */
/*
 * lookup - find one library by the rules of the loader that will look for it
 *
 * glibc: DT_RPATH of who asks and of everyone above, then the program's (not where who asks has a
 * DT_RUNPATH); DT_RUNPATH of who asks alone; the cache; the default directories (neither under
 * DF_1_NODEFLIB). A file for another machine is passed over. musl: both kinds of path of who asks
 * and of everyone above, then its own list; the first file is taken, whatever it is.
 * Source: glibc's _dl_map_object and open_verify, musl's load_library.
 */
#ifndef STEPDOWN_KIT_ROOTFS_LOOKUP_H
#define STEPDOWN_KIT_ROOTFS_LOOKUP_H

#include "kit/rootfs/closure.h"

#include <stdbool.h>

enum { LOOKUP_TRIED = 600 /* bytes of the text */ };

struct lookup {
	struct closure *closure;
	const struct scope *scope;
	size_t asker; /* index into the scope */
	const char *name;

	struct known *found; /* NULL: there is none */
	char *opened_as;     /* to be freed */
	bool by_cache;       /* and by nothing else */
	char foreign[256];   /* a file for another machine that was passed over */
	char tried[LOOKUP_TRIED];
};

/* Fills in the second half. Returns 0, found or not, or -1 with a refusal: a broken file. */
int lookup_run(struct lookup *lookup, struct refusal *why);

#endif
