/* SPDX-License-Identifier: MIT */
/*
 * protected - know the places that no set-up step may give to the user
 *
 * Each is known by device and inode number, so that no other way to it (.., a link above, a bind
 * mount) is taken for another place. Nothing here changes anything. The list is made once, for the
 * plan, and handed to --mkdir, --chown and --chown-once.
 */
#ifndef STEPDOWN_SETUP_PROTECTED_H
#define STEPDOWN_SETUP_PROTECTED_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { PROTECTED_MOST = 256 };

struct place_id {
	dev_t device;
	ino_t inode;
};

struct protected_places {
	size_t count;
	struct place_id ids[PROTECTED_MOST];
};

/*
 * Adds /, /etc, /usr, /proc, /sys and /dev, as far as they exist.
 * Returns 0, or -1 with errno: one of them could not be looked at, or the list is full (ENOSPC).
 */
int protected_add_system(struct protected_places *places);

/*
 * Adds the file or directory `path`, every link that leads to it, and every directory on the way to
 * each of them: whoever owns one of those can put another file in its place. For stepdown itself
 * and its configuration. `path` may be relative to the working directory.
 * Returns 0, or -1 with errno: ELOOP a link on the way is not root's own; ENOSPC the list is full;
 * and those of place_open_parent().
 */
int protected_add_holders(struct protected_places *places, const char *path);

/* Adds what `descriptor` has open. Returns 0, or -1 with errno ENOSPC or fstat(2)'s. */
int protected_add_open(struct protected_places *places, int descriptor);

/* Whether the file with these numbers is one of the places. */
bool protected_holds(const struct protected_places *places, dev_t device, ino_t inode);

/*
 * Whether `path` may be given away: for the plan.
 * Returns 0 it may, or does not exist yet; or -1 with errno: EPERM it is protected, or in procfs or
 * sysfs; ELOOP it is a link, or a link above it is not root's own; those of place_open_parent().
 */
int protected_check(const struct protected_places *places, const char *path);

/* The same for what `descriptor` has open. Returns 0, or -1 with errno EPERM or fstat(2)'s. */
int protected_check_open(const struct protected_places *places, int descriptor);

#endif
