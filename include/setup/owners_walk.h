/* SPDX-License-Identifier: MIT */
/*
 * owners_walk - the walk itself: see owners.h for what it must and must not do
 */
#ifndef STEPDOWN_SETUP_OWNERS_WALK_H
#define STEPDOWN_SETUP_OWNERS_WALK_H

struct owners_counts;
struct owners_request;
struct setup_failure;

/*
 * Opens the directory `name` in `directory` for reading, without changing the time it was last
 * read where that is allowed. `resolve` as in openat2(2). Returns a descriptor, or -1 with errno.
 */
int owners_open_directory(int directory, const char *name, unsigned long long resolve);

/* What owners_set_open() found, where it was not -1. */
enum owners_found {
	OWNERS_DONE,      /* changed, right already, or skipped: it is counted */
	OWNERS_DIRECTORY, /* a directory: nothing was done or counted */
};

/*
 * Gives what `descriptor` has open (O_PATH will do) to the user of `request`, unless it is a
 * directory. Returns an enum owners_found, or -1 with errno of fstat(2) or fchownat(2).
 */
int owners_set_open(const struct owners_request *request, int descriptor,
		    struct owners_counts *counts);

/*
 * Walks the tree below `directory`, which has `request->path` open for reading and is closed by
 * this function. Returns and fails as owners_set().
 */
int owners_walk(const struct owners_request *request, int directory, struct owners_counts *counts,
		struct setup_failure *failure);

#endif
