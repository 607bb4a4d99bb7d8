/* SPDX-License-Identifier: MIT */
#include "kit/pool.h"

#include <string.h>

/* Above these there are x32's numbers and arm's private ones. */
enum { NUMBERS = POOL_LARGEST / 2 };

int
pool_place(const struct pool *pool, const char *name)
{
	for (size_t i = 0; i < pool->count; i++)
		if (strcmp(pool->names[i], name) == 0)
			return (int)i;
	return -1;
}

void
pool_make(const struct architecture *native, struct pool *pool)
{
	const struct architecture *compat = architecture_find(native->compat);

	*pool = (struct pool){.native = native};
	for (uint32_t number = 0; number < NUMBERS; number++) {
		const char *name = call_name(native, number);

		pool->names[number] = name ? name : "";
		if (name)
			pool->count = number + 1;
	}
	pool->native_count = pool->count;
	for (uint32_t number = 0; number < NUMBERS; number++) {
		const char *name = call_name(compat, number);

		if (name && pool_place(pool, name) < 0)
			pool->names[pool->count++] = name;
	}
}
