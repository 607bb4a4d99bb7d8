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
 * Walks the tree below `directory`, which has `request->path` open for reading and is closed by
 * this function. Returns and fails as owners_set().
 */
int owners_walk(const struct owners_request *request, int directory, struct owners_counts *counts,
		struct setup_failure *failure);

#endif
