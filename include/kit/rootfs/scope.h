/* SPDX-License-Identifier: MIT */
/*
 * scope - what stands in a program's memory while its libraries are searched for
 */
#ifndef STEPDOWN_KIT_ROOTFS_SCOPE_H
#define STEPDOWN_KIT_ROOTFS_SCOPE_H

#include "kit/rootfs/loader.h"
#include "kit/rootfs/object.h"

enum { SCOPE_MOST = 4096 /* libraries of one program */ };

/* A file that was read once. */
struct known {
	char *canonical;
	struct object object;
	const struct known *older; /* all that were read, the newest first */
};

/* One object in a program's memory. */
struct loaded {
	struct known *known;
	char *opened_as; /* absolute path by which the loader opened it: $ORIGIN is its directory */
	char *name;      /* by which it was asked for; NULL for the program */
	size_t parent;   /* index of who asked for it; its own, for the program */
};

struct scope {
	struct loaded *list;
	size_t count;
	struct loader *loader;
};

/* One more; `name` may be NULL. Returns 0, or -1 with a refusal: too many. */
int scope_add(struct scope *scope, struct known *known, const char *opened_as, const char *name,
	      size_t parent, struct refusal *why);

/* Whether something in it answers to `name` already. */
bool scope_has(const struct scope *scope, const char *name);

/* Once more, for what is opened beside it. Release both with scope_free. */
struct scope scope_copy(const struct scope *from);
void scope_free(struct scope *scope);

#endif
