/* SPDX-License-Identifier: MIT */
/*
 * source - look at the root file system that is collected from
 *
 * Every path is followed as if that root were "/": no link in it leads out (openat2(2),
 * RESOLVE_IN_ROOT). A canonical path has neither links nor "." nor ".." in it and no slash at
 * either end; the root itself is "".
 */
#ifndef STEPDOWN_KIT_ROOTFS_SOURCE_H
#define STEPDOWN_KIT_ROOTFS_SOURCE_H

#include "refusal.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

enum { SOURCE_LINKS_MOST = 40 /* links in one path, as in the kernel */ };

#define SOURCE_MAP_MOST INT64_C(0x100000000) /* bytes; what has more is not read, only copied */

struct source {
	int root;
};

/* A file that is mapped for reading; `bytes` of an empty one is no NULL either. */
struct source_bytes {
	const uint8_t *bytes;
	size_t size;
};

/* Called for each link and each thing on the way; `target` is NULL for what is no link. */
typedef int source_visit(void *context, const char *canonical, const struct stat *about,
			 const char *target, struct refusal *why);

/* Returns 0, or -1 with a refusal. */
int source_open(struct source *source, const char *path, struct refusal *why);
void source_close(struct source *source);

/*
 * Follows `path` to its end, one component after the other. Returns 0 with `*canonical`, to be
 * freed, and `*about` (either may be NULL); an errno (ENOENT, ENOTDIR, ELOOP ...) where it leads
 * nowhere; or -1 with the refusal of `visit`, which may be NULL.
 */
int source_walk(const struct source *source, const char *path, source_visit *visit, void *context,
		char **canonical, struct stat *about, struct refusal *why);

/* A descriptor of a regular file, or -1 with errno; EINVAL for anything else. */
int source_file(const struct source *source, const char *canonical);

/* Maps a regular file. Returns 0, or -1 with errno. Release with source_unmap. */
int source_map(const struct source *source, const char *canonical, struct source_bytes *out);
void source_unmap(struct source_bytes *bytes);

/* The names in a directory, sorted, `*count` of them; NULL with errno. Free each and the list. */
char **source_names(const struct source *source, const char *canonical, size_t *count);

/* What stands at a canonical path, without following it; the target of a link is to be freed. */
int source_look(const struct source *source, const char *canonical, struct stat *about,
		char **target);

#endif
