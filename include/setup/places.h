/* SPDX-License-Identifier: MIT */
/*
 * places - find what a path names without trusting anyone but root on the way
 *
 * Everything here only looks, save place_open_parent() with `create`. A link above the last
 * component is followed only if it is root's own: it belongs to root, has one name, and lies in a
 * directory where nobody else could have put it. A link as the last component is never followed.
 * Sources: openat2(2), path_resolution(7), open(2) on O_PATH.
 */
#ifndef STEPDOWN_SETUP_PLACES_H
#define STEPDOWN_SETUP_PLACES_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

enum {
	PLACE_NAME_SIZE = NAME_MAX + 1, /* bytes, the final NUL included */
	PLACE_LINKS_MOST = 40,          /* links followed in one path, as the kernel does */
};

/* What could not be done and with what; errno says why. `what` completes "cannot ... PATH". */
struct setup_failure {
	const char *what;
	char path[PATH_MAX]; /* longer ones end in "/..." */
};

struct protected_places;

/*
 * Opens the directory that holds the last component of `path` and copies that component to `last`.
 * `path` is absolute; "." and ".." and doubled slashes may stand above the last component.
 * With `create`, missing directories above it are made, root's and 0755 (the caller's umask is the
 * caller's business: 022 at most).
 * Returns an O_PATH descriptor for the caller to close, or -1 with errno: EINVAL a relative path,
 * or one that ends in "." or ".." or names the root; ELOOP a link that is not root's own, or too
 * many; ENAMETOOLONG; ENOTDIR; and those of openat(2) and mkdirat(2).
 */
int place_open_parent(const char *path, bool create, char last[static PLACE_NAME_SIZE]);

/*
 * The same, and every directory on the way is added to `passed`. `path` may be relative to the
 * working directory here. ENOSPC: the list is full.
 */
int place_open_parent_noting(const char *path, struct protected_places *passed,
			     char last[static PLACE_NAME_SIZE]);

/*
 * Opens what `path` names, O_PATH, whatever it is, and describes it in `status`.
 * Returns a descriptor, or -1 with errno: ELOOP also where the last component is a link.
 */
int place_open(const char *path, struct stat *status);

/*
 * The same, but the last component may be a link of root's own too, and `path` may be the root.
 * ELOOP: a link that is not, or too many; EINVAL: also where a link leads to the root, or ends in
 * ".."; ENOTDIR: also where `path` ends in a slash, which makes it a directory's.
 */
int place_open_following(const char *path, struct stat *status);

/*
 * openat2(2) by its raw number (musl has no wrapper), O_CLOEXEC added; EAGAIN, which a rename
 * elsewhere causes, is retried a bounded number of times.
 */
int place_openat2(int directory, const char *name, int flags, unsigned long long resolve);

/* Closes `descriptor`, if there is one; errno stays as it was: for the way out after a failure. */
void place_close(int descriptor);

/* Fills `failure`, keeps errno, and returns -1, so that a caller can `return setup_failed(...)`. */
int setup_failed(struct setup_failure *failure, const char *what, const char *path);

#endif
