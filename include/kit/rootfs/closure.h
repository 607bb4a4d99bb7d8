/* SPDX-License-Identifier: MIT */
/*
 * closure - a program and all that its start needs: interpreters and libraries
 *
 * Libraries are searched for as the program's own loader would: glibc's or musl's rules, without
 * LD_LIBRARY_PATH. What a program opens later, by dlopen(3), nobody can know from its file: see
 * closure_library and from_run.h.
 */
#ifndef STEPDOWN_KIT_ROOTFS_CLOSURE_H
#define STEPDOWN_KIT_ROOTFS_CLOSURE_H

#include "kit/rootfs/gather.h"
#include "kit/rootfs/loader.h"
#include "kit/rootfs/object.h"
#include "kit/rootfs/scope.h"

/* A library that was not found, but may still turn up. */
struct late {
	char *name, *who;
};

struct closure {
	struct gather *gather;
	void *known; /* a tree of tsearch(3), by canonical path */
	const struct known *newest;
	struct loader **loaders;
	size_t loader_count;
	struct scope main; /* of the first dynamic program, for what is opened later */
	const char *const *allowed_missing;
	size_t allowed_count;
	struct late *late;
	size_t late_count;
	struct loader_cache cached; /* libraries that only a cache leads to */
};

/* The file at a canonical path, read once; NULL with a refusal. */
struct known *closure_known(struct closure *closure, const char *canonical, struct refusal *why);

void known_free(struct closure *closure); /* all of these; for closure_free */

void closure_free(struct closure *closure);

/* A program, by its path; `name` without a slash is looked up in the usual PATH. */
int closure_program(struct closure *closure, const char *name, struct refusal *why);

/* The same for an ELF file that has been read; closure_program's second half. */
int closure_elf(struct closure *closure, struct known *program, struct refusal *why);

/* A file that may be a library or a plug-in; anything else is left alone. */
int closure_library(struct closure *closure, const char *canonical, struct refusal *why);

/* A library by its name alone, as dlopen(3) finds it. Returns 0, 1 if there is none, or -1. */
int closure_name(struct closure *closure, const char *name, struct refusal *why);

/* At the end: what was still missing, and is in the tree by now under any directory, is fine. */
int closure_finish(struct closure *closure, struct refusal *why);

/* A cache for the loader if a library lies where the loader would not look; or nothing. */
int closure_cache(struct closure *closure, struct refusal *why);

#endif
