/* SPDX-License-Identifier: MIT */
#include "kit/version.h"

#include "value.h"

#include <string.h>

enum { MOST = 255 };

bool
version_parse(const char *text, unsigned out[2])
{
	size_t length = strcspn(text, ".");
	const char *rest = text + length + (text[length] == '.');
	uint64_t major, minor;

	if (!value_number(text, length, MOST, &major) ||
	    !value_number(rest, strlen(rest), MOST, &minor) || major + minor == 0)
		return false;
	out[0] = (unsigned)major;
	out[1] = (unsigned)minor;
	return true;
}
