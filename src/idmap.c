/* SPDX-License-Identifier: MIT */
#include "idmap.h"

#include <stdio.h>

struct range {
	uint64_t first;
	uint64_t length;
};

static bool
next_number(const struct ids_file *map, size_t *at, uint64_t *number)
{
	while (*at < map->size && map->bytes[*at] == ' ')
		++*at;
	size_t start = *at;

	*number = 0;
	while (*at < map->size && map->bytes[*at] >= '0' && map->bytes[*at] <= '9' &&
	       *number <= UINT32_MAX)
		*number = *number * 10 + (uint64_t)(map->bytes[(*at)++] - '0');
	return *at > start;
}

static bool
next_range(const struct ids_file *map, size_t *at, struct range *range)
{
	uint64_t outside;

	if (!next_number(map, at, &range->first) || !next_number(map, at, &outside) ||
	    !next_number(map, at, &range->length))
		return false;
	while (*at < map->size && map->bytes[*at] == '\n')
		++*at;
	return true;
}

bool
idmap_holds(const struct ids_file *map, uint32_t id)
{
	struct range range;

	if (!map->present)
		return true;
	for (size_t at = 0; next_range(map, &at, &range);)
		if (id >= range.first && id - range.first < range.length)
			return true;
	return false;
}

void
idmap_describe(const struct ids_file *map, char *text, size_t size)
{
	struct range range;
	size_t used = 0;

	snprintf(text, size, "none");
	for (size_t at = 0; used < size && next_range(map, &at, &range) && range.length;) {
		int length = snprintf(text + used, size - used, "%s%llu-%llu", used ? ", " : "",
				      (unsigned long long)range.first,
				      (unsigned long long)(range.first + range.length - 1));
		if (length < 0)
			return;
		used += (size_t)length;
	}
}
