/* SPDX-License-Identifier: MIT */
/*
 * ids - who a USER[:GROUP] is
 *
 * Pure: works on the texts of passwd(5) and group(5) that it is handed. There is no NSS in a static
 * binary, and an id that is misread is root's: 4294967296 wraps to 0, and 4294967295 is the
 * kernel's "leave as it is". So nothing is read leniently here.
 */
#ifndef STEPDOWN_IDS_H
#define STEPDOWN_IDS_H

#include "refusal.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
	IDS_NAME_SIZE = 257,   /* bytes of a user's or group's name with its NUL */
	IDS_LINE_MAX = 65535,  /* bytes of a line of either file that may be used */
	IDS_GROUPS_MAX = 1024, /* supplementary groups, the primary one among them */
};
#define IDS_HIGHEST 4294967294U /* 4294967295 is (uid_t)-1 */

/* The bytes of a file, or the knowledge that there is none. */
struct ids_file {
	const char *path; /* for messages */
	const char *bytes;
	size_t size;
	bool present;
	const char *distrust; /* why it counts as absent although it is there, or NULL */
};

struct identity {
	uid_t uid;
	gid_t gid;
	bool has_entry;               /* a line of passwd was found, the three below are its own */
	char name[IDS_NAME_SIZE];     /* else empty */
	char home[PATH_MAX];          /* else "/" */
	char shell[PATH_MAX];         /* else empty */
	gid_t groups[IDS_GROUPS_MAX]; /* ascending, each once, `gid` always among them */
	size_t group_count;
};

/*
 * Reads a decimal id: digits only, no sign, blank, hex or leading zeros, at most IDS_HIGHEST.
 * `length` bytes at `text`. Returns whether it is one.
 */
bool ids_number(const char *text, size_t length, uint32_t *id);

/*
 * Resolves "USER", "USER:GROUP" (names or numbers) into `who`. A spec of digits alone is never a
 * name. A name must be in the file, and is not taken, nor a membership, from one that is distrusted. A number without an entry has gid = uid, unless GROUP says
 * otherwise. Without GROUP the supplementary groups are those whose member list names the user.
 * A malformed line that would have been used is an error. Returns 0, or -1 with a refusal.
 */
int ids_resolve(const char *spec, const struct ids_file *passwd, const struct ids_file *group,
		struct identity *who, struct refusal *why);

/* As the user with this id is, for a process that keeps its ids. No groups are filled in. */
int ids_describe(uid_t uid, const struct ids_file *passwd, struct identity *who,
		 struct refusal *why);

/*
 * Adds GROUP, a name or a number, to the supplementary groups of `who`. Returns 0, or -1 with a
 * refusal.
 */
int ids_add_group(const char *spec, const struct ids_file *group, struct identity *who,
		  struct refusal *why);

/* Adds a gid at its place, once. Returns 0, or -1 with a refusal: more than IDS_GROUPS_MAX. */
int ids_add_gid(gid_t gid, struct identity *who, struct refusal *why);

#endif
