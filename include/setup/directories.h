/* SPDX-License-Identifier: MIT */
/*
 * directories - make a directory that belongs to a user: --mkdir
 *
 * Missing directories above it are root's, 0755. One that exists gets owner and mode, itself only:
 * what is in it is the business of --chown. A link in its place is refused, one above it followed
 * only if it is root's own (paths.h).
 */
#ifndef STEPDOWN_SETUP_DIRECTORIES_H
#define STEPDOWN_SETUP_DIRECTORIES_H

#include <stdbool.h>
#include <sys/types.h>

struct protected_places;
struct setup_failure;

struct directory_request {
	const char *path; /* absolute */
	uid_t user;
	gid_t group;
	bool has_mode; /* without a mode: 0755 if it is new, otherwise what it has */
	mode_t mode;
	const struct protected_places *protect;
};

/*
 * Carries out `request`; what is right already is not written. An interruption leaves a directory
 * of root's, 0700, which the next start mends. Uses umask(2), and puts it back.
 * Returns 0, or -1 with errno and `failure`: EBUSY "give away" a protected place;
 * EEXIST "take over" a third user's where a directory above is not root's alone; ENOTDIR something
 * else is there; ELOOP a link is there, or one above it is not root's own; EROFS; and those of
 * mkdirat(2), fchown(2) and fchmod(2).
 */
int directory_make(const struct directory_request *request, struct setup_failure *failure);

/* Proves that it is there with owner and mode. Returns 0, or -1 with errno: EPERM it is not so. */
int directory_check(const struct directory_request *request);

#endif
