/* SPDX-License-Identifier: MIT */
/*
 * output - write the tree beside its place and rename it at the end
 *
 * Nothing is written outside of the new tree, whatever its paths and links are (openat2(2),
 * RESOLVE_BENEATH and RESOLVE_NO_SYMLINKS). After a failure or a signal nothing is left.
 */
#ifndef STEPDOWN_KIT_ROOTFS_OUTPUT_H
#define STEPDOWN_KIT_ROOTFS_OUTPUT_H

#include "kit/rootfs/gather.h"

struct output {
	const char *directory;
	int64_t newest;     /* SOURCE_DATE_EPOCH: no time in the tree is later; or INT64_MAX */
	const char *report; /* a file that is put in place with the tree, both or none; or NULL */
	const char *report_text;
};

struct output_counts {
	size_t files, directories, links;
	uint64_t bytes;
};

/* Refuses a directory that has something in it. To be asked before the work begins. */
int output_check(const char *directory, struct refusal *why);

/*
 * Owners are kept where we are root; otherwise all belongs to the caller, with a note. Sorts the
 * entries. Returns 0, or -1 with a refusal.
 */
int output_write(const struct output *output, struct gather *gather, struct output_counts *counts,
		 struct refusal *why);

#endif
