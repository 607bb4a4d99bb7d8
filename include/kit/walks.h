/* SPDX-License-Identifier: MIT */
/*
 * walks - read a finished program back: for one call, what it answers and under which conditions
 *
 * Follows every way through the program that a call number can take. Works for any program that
 * evaluate can run, whoever compiled it.
 */
#ifndef STEPDOWN_KIT_WALKS_H
#define STEPDOWN_KIT_WALKS_H

#include "kit/assemble.h"

#include <stddef.h>
#include <stdint.h>

enum {
	PATHS_FACTS = 24,    /* different halves and masks that one path may look at */
	PATHS_EXCLUDED = 16, /* single values that one of them is not */
	PATHS_MOST = 512,
};

/* (what is loaded from `offset` & mask) lies between low and high, and is none of the excluded. */
struct path_fact {
	uint32_t offset;
	uint32_t mask;
	uint32_t low, high;
	uint32_t excluded[PATHS_EXCLUDED];
	size_t excluded_count;
};

struct path {
	struct path_fact facts[PATHS_FACTS];
	size_t fact_count;
	uint32_t action;
};

struct paths {
	struct path *list; /* one without facts: the answer is the same for all arguments */
	size_t count;
};

/*
 * All paths of a call. Returns 0, to be released with paths_free, or -1 where the program is
 * malformed or has more ways than fit.
 */
int paths_find(const struct program *program, uint32_t arch, uint32_t number, struct paths *out);
void paths_free(struct paths *paths);

/* "argument 0 & 0x7e020000 = 0, argument 1 (upper half) = 0"; in memory that the caller frees. */
char *path_text(const struct path *path);

#endif
