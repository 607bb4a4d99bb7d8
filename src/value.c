/* SPDX-License-Identifier: MIT */
#include "value.h"

#include <string.h>

enum { MOST_SECONDS = 999999999 };

static bool
read_digits(const char *text, size_t length, unsigned base, uint64_t most, uint64_t *number)
{
	uint64_t value = 0;

	for (size_t i = 0; i < length; i++) {
		unsigned digit = (unsigned char)text[i] - (unsigned)'0';

		if (digit >= base || digit > most || value > (most - digit) / base)
			return false;
		value = value * base + digit;
	}
	*number = value;
	return length > 0;
}

bool
value_number(const char *text, size_t length, uint64_t most, uint64_t *number)
{
	return (length < 2 || text[0] != '0') && read_digits(text, length, 10, most, number);
}

bool
value_octal(const char *text, size_t length, mode_t most, mode_t *mode)
{
	size_t room = 1;
	uint64_t value;

	for (mode_t rest = most; rest; rest /= 8)
		room++;
	if (length > room || !read_digits(text, length, 8, most, &value))
		return false;
	*mode = (mode_t)value;
	return true;
}

bool
value_duration(const char *text, uint64_t *milliseconds)
{
	size_t whole = strspn(text, "0123456789");
	const char *at = text + whole;
	unsigned unit = 1000;
	uint64_t value;

	if (!value_number(text, whole, MOST_SECONDS, &value))
		return false;
	value *= unit;
	if (*at == '.')
		do {
			unsigned digit = (unsigned char)*++at - (unsigned)'0';

			unit /= 10;
			if (digit > 9 || unit == 0)
				return false;
			value += digit * unit;
		} while (at[1]);
	else if (*at)
		return false;
	*milliseconds = value;
	return true;
}
