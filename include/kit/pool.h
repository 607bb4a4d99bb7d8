/* SPDX-License-Identifier: MIT */
/*
 * pool - the names of an architecture's system calls in the order in which stepdown has them
 *
 * Native names by their number, an empty one where there is no call; behind them the names that the
 * 32-bit calls of the machine alone have. The tables of include/explain/names.h are made of it.
 */
#ifndef STEPDOWN_KIT_POOL_H
#define STEPDOWN_KIT_POOL_H

#include "kit/calls.h"

#include <stddef.h>

enum { POOL_LARGEST = 2048 };

struct pool {
	const struct architecture *native;
	const char *names[POOL_LARGEST]; /* "" for none */
	size_t count;
	size_t native_count;
};

/* `native` must have a compat architecture. */
void pool_make(const struct architecture *native, struct pool *pool);

/* The place of a name, or -1. */
int pool_place(const struct pool *pool, const char *name);

#endif
