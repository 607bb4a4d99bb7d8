/* SPDX-License-Identifier: MIT */
#include "explain/names.h"

#include <stddef.h>
#include <string.h>

const char *
names_nth(const char *strings, unsigned count, unsigned index)
{
	if (index >= count)
		return "";
	while (index-- > 0)
		strings += strlen(strings) + 1;
	return strings;
}

uint16_t
names_place(uint32_t arch, uint32_t number)
{
	uint16_t place = NAMES_NONE;

	if (arch == names_native_arch && number < names_native_count)
		place = (uint16_t)number;
	else if (arch == names_compat_arch && number < names_compat_count)
		place = names_compat[number];
	return place != NAMES_NONE && *names_nth(names_pool, names_count, place) ? place
										 : NAMES_NONE;
}

const char *
names_at(uint16_t place)
{
	return place == NAMES_NONE ? NULL : names_nth(names_pool, names_count, place);
}
