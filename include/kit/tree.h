/* SPDX-License-Identifier: MIT */
/*
 * tree - the smallest search tree of jumps over ranges of a 32-bit value
 *
 * Serves call numbers and argument values alike. The value is in the accumulator, and stays there.
 */
#ifndef STEPDOWN_KIT_TREE_H
#define STEPDOWN_KIT_TREE_H

#include "kit/emit.h"

/* From `first` to just before the next range's `first`; the last one goes up to 2^32 - 1. */
struct range {
	uint32_t first;
	struct target target;
};

/*
 * Emits a tree for `count` ranges in ascending order, the first of which begins at 0. Returns where
 * it begins: for one range, its target itself. Neighbours with the same target may be given.
 */
struct target tree_emit(struct emit *emit, const struct range *ranges, size_t count);

#endif
