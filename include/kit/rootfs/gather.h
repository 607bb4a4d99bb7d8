/* SPDX-License-Identifier: MIT */
/*
 * gather - take paths of the source into the tree, with every directory and link on their way
 */
#ifndef STEPDOWN_KIT_ROOTFS_GATHER_H
#define STEPDOWN_KIT_ROOTFS_GATHER_H

#include "kit/notes.h"
#include "kit/rootfs/entries.h"
#include "kit/rootfs/source.h"
#include "refusal.h"

enum { GATHER_NOTES_MOST = 100 };

struct gather {
	struct source source;
	struct entries entries;
	struct notes notes;
};

/* Adds a note; from the GATHER_NOTES_MOSTth on only that there are more. `format` as in printf(3).
 */
__attribute__((format(printf, 2, 3))) void gather_note(struct gather *gather, const char *format,
						       ...);

/* Whether `path` leads to something. */
bool gather_exists(const struct gather *gather, const char *path);

/*
 * Takes one file, directory (without what is in it) or link, and what the link leads to. Returns 0
 * with `*canonical` (may be NULL; to be freed), the errno of source_walk with nothing taken, or -1
 * with a refusal.
 */
int gather_path(struct gather *gather, const char *path, char **canonical, struct refusal *why);

/* The same, where nothing at the end of the path is a refusal that says what `purpose` it had. */
int gather_must(struct gather *gather, const char *path, const char *purpose, char **canonical,
		struct refusal *why);

/*
 * Takes all that is below a directory; links in it are kept and not followed. Devices, pipes and
 * sockets are left out with a note.
 */
int gather_below(struct gather *gather, const char *canonical, struct refusal *why);

#endif
