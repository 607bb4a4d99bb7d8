/* SPDX-License-Identifier: MIT */
/*
 * loader - one ELF interpreter of the source, and where it finds libraries
 */
#ifndef STEPDOWN_KIT_ROOTFS_LOADER_H
#define STEPDOWN_KIT_ROOTFS_LOADER_H

#include "kit/rootfs/gather.h"
#include "kit/rootfs/loader_cache.h"
#include "kit/rootfs/places.h"

#include <stdbool.h>

struct loader {
	char *interpreter; /* as programs name it */
	char *canonical;
	bool is_musl;
	struct places defaults;
	char *lib;                 /* what $LIB stands for; NULL for musl */
	struct source_bytes bytes; /* of /etc/ld.so.cache */
	struct loader_cache cache;
	int32_t cache_flags;
};

/*
 * `program` names the interpreter and is named in a refusal. Takes the interpreter, and musl's path
 * file, into the tree. Returns 0, or -1 with a refusal. Release with loader_free, always.
 */
int loader_open(struct loader *loader, struct gather *gather, const struct object *object,
		const char *program, struct refusal *why);
void loader_free(struct loader *loader);

/* Whether musl's loader itself answers to this name: libc, libpthread, libm and so on. */
bool loader_is_itself(const struct loader *loader, const char *name);

#endif
