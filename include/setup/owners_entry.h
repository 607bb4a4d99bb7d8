/* SPDX-License-Identifier: MIT */
/*
 * owners_entry - judge and give away one thing that is open: see owners.h for the rules
 */
#ifndef STEPDOWN_SETUP_OWNERS_ENTRY_H
#define STEPDOWN_SETUP_OWNERS_ENTRY_H

#include <stdbool.h>

struct owners_counts;
struct owners_request;
struct stat;

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

/* Whether it is a device, or a file with several names: neither is ever given away. */
bool owners_is_left_alone(const struct stat *status);

/* Whether something with this status belongs to the user of `request`. */
bool owners_is_right(const struct owners_request *request, const struct stat *status);

#endif
