/* SPDX-License-Identifier: MIT */
/*
 * loader_cache - read and write /etc/ld.so.cache
 *
 * Pure. The format is the one of glibc 2.2 and later ("glibc-ld.so.cache1.1"), alone or behind the
 * old one. Entries for the subfolders of better processors are left out: what is collected on one
 * machine is to run on another. The bytes may be hostile.
 * Source: glibc's sysdeps/generic/dl-cache.h and elf/cache.c.
 */
#ifndef STEPDOWN_KIT_ROOTFS_LOADER_CACHE_H
#define STEPDOWN_KIT_ROOTFS_LOADER_CACHE_H

#include "kit/rootfs/object.h"
#include "refusal.h"

#include <stddef.h>
#include <stdint.h>

enum { LOADER_CACHE_MOST = 1 << 18 /* entries */ };

struct loader_cache_entry {
	const char *name; /* "libc.so.6" */
	const char *path;
	int32_t flags;
};

/* The strings point into the bytes that were read. */
struct loader_cache {
	struct loader_cache_entry *entries;
	size_t count;
};

/* Returns 0, or -1 with a refusal. Release with loader_cache_free, after success alone. */
int loader_cache_read(const uint8_t *bytes, size_t size, struct loader_cache *out,
		      struct refusal *why);
void loader_cache_free(struct loader_cache *cache);

/* The flags that the loader of this machine asks for, or -1 where they are not known. */
int32_t loader_cache_flags(const struct object_machine *machine, const char *interpreter);

/* The path for a name, or NULL. */
const char *loader_cache_find(const struct loader_cache *cache, const char *name, int32_t flags);

/*
 * A cache of these entries, which are sorted as the loader's binary search wants them. Returns
 * memory that the caller frees, and its `*size`. Little-endian machines.
 */
uint8_t *loader_cache_write(struct loader_cache *cache, size_t *size);

#endif
