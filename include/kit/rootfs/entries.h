/* SPDX-License-Identifier: MIT */
/*
 * entries - the tree that is to be written, before anything is
 *
 * Paths are canonical as in source.h. The parents of an entry are entries too, and directories.
 */
#ifndef STEPDOWN_KIT_ROOTFS_ENTRIES_H
#define STEPDOWN_KIT_ROOTFS_ENTRIES_H

#include "refusal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

enum { ENTRIES_MOST = 1000000 };

enum entry_kind { ENTRY_DIRECTORY, ENTRY_FILE, ENTRY_LINK };

struct node {
	char *path;
	enum entry_kind kind;
	mode_t mode; /* without the file type */
	uid_t uid;
	gid_t gid;
	uint64_t size;
	int64_t time; /* seconds; of what is made here, 0 */
	bool is_made; /* here; otherwise a file is copied from the same path of the source */
	char *text;   /* the target of a link, or what a file that is made here holds */
	dev_t device; /* of a file that is copied, as it was when it was added */
	ino_t inode;
	bool has_links; /* hard ones */
	size_t package; /* 0: none; set by packages.c */
};

struct entries {
	struct node *list;
	size_t count, room;
	size_t *slots; /* an index + 1 into the list, by hash */
	size_t slot_count;
};

void entries_free(struct entries *entries);

/* The entry at a path, or NULL. Valid until the next one is added. */
struct node *entries_find(const struct entries *entries, const char *path);

/*
 * Adds what was found in the source, once: what is there already stays as it is. `target` is a
 * link's. Set-uid and set-gid bits of files stay behind. Returns 0, or -1 with a refusal: neither
 * a directory, a file nor a link, or too many.
 */
int entries_add(struct entries *entries, const char *path, const struct stat *about,
		const char *target, struct refusal *why);

/*
 * Make a file or a directory of root's, or give an existing file another content. Parents that are
 * missing are made, 0755. Return 0, or -1 with a refusal: something else stands there.
 */
int entries_make_file(struct entries *entries, const char *path, mode_t mode, const char *bytes,
		      size_t size, struct refusal *why);
int entries_make_directory(struct entries *entries, const char *path, mode_t mode, uid_t uid,
			   gid_t gid, struct refusal *why);

/* By path, so that each directory comes before what is in it. entries_find goes on working. */
void entries_sort(struct entries *entries);

#endif
