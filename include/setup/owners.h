/* SPDX-License-Identifier: MIT */
/*
 * owners - make a tree belong to a user: --chown and --chown-once
 *
 * Theory of operation. The tree may be hostile and may change while it is walked. Nothing below
 * PATH is ever named by more than one component, nor through a link: each entry is opened by
 * openat2(2) with RESOLVE_NO_SYMLINKS, RESOLVE_BENEATH and RESOLVE_NO_XDEV from its directory's
 * descriptor, judged by what that descriptor has open, and changed through the same descriptor.
 *
 *   left alone and counted  device nodes; what is mounted in the tree; files with several links,
 *                           for the other name may be anywhere on the file system
 *   only read               what is right already (directories with O_NOATIME where allowed)
 *   never held              more than OWNERS_OPEN_MOST descriptors, however deep the tree is: those
 *                           of directories further up are closed, and on the way back ".." must be
 *                           the same directory as before, or the walk ends with ESTALE
 *   last                    each directory after all that is in it, and PATH itself last of all, so
 *                           that --chown-once does again what was interrupted
 *
 * chown(2) takes the set-user-ID and set-group-ID bits and file capabilities of a program away.
 * They are not given back: such a program would get the power of its new owner. They are counted.
 */
#ifndef STEPDOWN_SETUP_OWNERS_H
#define STEPDOWN_SETUP_OWNERS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct protected_places;
struct setup_failure;

enum {
	OWNERS_OPEN_MOST = 16,         /* directories below PATH that are open at one time */
	OWNERS_DEPTH_MOST = 1 << 20,   /* directories in one another */
	OWNERS_NAMES_MOST = 256 << 20, /* bytes of names of directories that wait for their turn */
	/* Entries between two calls of `progress`: so few that where each takes milliseconds a
	 * request to stop is seen within the ten seconds that an engine waits. */
	OWNERS_PROGRESS_EVERY = 64,
};

struct owners_counts {
	uint64_t seen;     /* entries in all, PATH included; the sum of those below */
	uint64_t right;    /* belonged to the user already */
	uint64_t changed;  /* belong to the user now */
	uint64_t devices;  /* skipped: character and block devices of another owner */
	uint64_t mounts;   /* skipped: another mount in the tree */
	uint64_t links;    /* skipped: of another owner, and with several links */
	uint64_t vanished; /* skipped: gone, or something else, by the time it was looked at */
	uint64_t set_id;   /* of `changed`: lost a set-user-ID or set-group-ID bit */
};

struct owners_request {
	const char *path; /* absolute */
	uid_t user;
	gid_t group;
	bool only_once; /* nothing is done if PATH itself belongs to user and group already */
	const struct protected_places *protect;

	/*
	 * Called now and then with the counts so far; may be NULL. It decides what to show when,
	 * and ends the walk by returning -1 with errno.
	 */
	int (*progress)(void *context, const struct owners_counts *counts);
	void *context;
};

/*
 * Carries out `request`. Needs CAP_CHOWN, and CAP_DAC_OVERRIDE or CAP_DAC_READ_SEARCH for
 * directories that root may not read otherwise. Ends at the first entry that cannot be changed.
 * Returns 0, or -1 with errno, `failure` naming the entry; `counts` says in both cases what was
 * done: EBUSY   "give away": PATH, or a directory in it, is protected "change the owner of":
 * immutable, or a network file system that maps root to nobody ELOOP   PATH is a link, or a link
 * above it is not root's own ESTALE  a directory was moved while it was walked; starting again is
 * the cure ENOMEM  more names wait than OWNERS_NAMES_MOST, or there is no memory E2BIG   deeper
 * than OWNERS_DEPTH_MOST and those of openat2(2), getdents64(2), fstat(2) and fchownat(2): EROFS,
 * ENOSPC, EIO, EACCES
 */
int owners_set(const struct owners_request *request, struct owners_counts *counts,
	       struct setup_failure *failure);

/*
 * Whether PATH itself belongs to the user: for the plan of --chown-once, and the proof of the step.
 * Returns 1 or 0, or -1 with errno as place_open().
 */
int owners_path_is_right(const char *path, uid_t user, gid_t group);

#endif
