/* SPDX-License-Identifier: MIT */
/*
 * tarball - the entries of a tar archive, one after the other
 *
 * Knows ustar, pax and GNU's long names and base-256 numbers; of sparse files, GNU's and pax's, it
 * knows the name and the size, not where their data belong. Every header's checksum is checked.
 * Source: POSIX.1-2017, pax; tar(5) of libarchive; GNU tar's manual, "Tar Internals".
 */
#ifndef STEPDOWN_KIT_AUDIT_TARBALL_H
#define STEPDOWN_KIT_AUDIT_TARBALL_H

#include "kit/audit/source.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	TAR_BLOCK = 512,
	TAR_PATH_SIZE = 4096,    /* bytes of a name, its NUL included: PATH_MAX */
	TAR_EXTENSION = 1 << 20, /* bytes of one pax header or long name, at most */
	TAR_CAPS = 24,           /* bytes of the longest security.capability */
};

struct tar_entry {
	char path[TAR_PATH_SIZE];
	char link[TAR_PATH_SIZE]; /* of symbolic and hard links */
	char type;                /* '0' to '6', as in ustar; anything else is a regular file */
	bool sparse;
	uint32_t mode; /* permissions and the three bits above them, no type */
	uint32_t uid;
	uint32_t gid;
	int64_t mtime;                /* seconds since 1970 */
	uint64_t size;                /* bytes of the file */
	uint64_t data;                /* offset in the archive */
	uint64_t stored;              /* bytes in the archive */
	unsigned char caps[TAR_CAPS]; /* security.capability */
	size_t caps_size;
};

/* A walk over the archive in `from`; `at` is where the next header stands, 0 at first. */
struct tarball {
	struct source *from;
	uint64_t at;
	bool has_path; /* of the next entry, given ahead of it */
	bool has_link;
	bool has_size;
	bool has_uid;
	bool has_gid;
	uint64_t size;
	uint64_t real_size; /* of a sparse file in pax's form */
};

/* Returns 1 and the entry, 0 at the end, -1 with a refusal: not a tar archive, damaged, cut off. */
int tarball_next(struct tarball *tar, struct tar_entry *entry, struct refusal *why);

/*
 * Whether the entry's data are all there, of which the first `seen` bytes have been read already;
 * asks for the last byte, and never goes back, which is slow in a gzip stream. Returns 0, or -1
 * with a refusal.
 */
int tarball_check_data(struct tarball *tar, const struct tar_entry *entry, uint64_t seen,
		       struct refusal *why);

/* Whether a block may be a header: its checksum is right. */
bool tarball_is_header(const unsigned char block[static TAR_BLOCK]);

/*
 * Takes the records of a pax header into the entry that follows it. Returns 0, or -1 with a
 * refusal.
 */
int pax_read(const char *bytes, size_t length, struct tarball *tar, struct tar_entry *entry,
	     struct refusal *why);

#endif
