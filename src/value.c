/* SPDX-License-Identifier: MIT */
#include "value.h"

#include <string.h>

#define DIGITS "0123456789"

enum { MOST = 999999999 }; /* of a unit of time */

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
	static const struct {
		char name[3];
		unsigned milliseconds;
	} units[] = {{"", 1000}, {"s", 1000}, {"ms", 1}, {"m", 60 * 1000}};
	size_t whole = strspn(text, DIGITS);
	size_t part = text[whole] == '.' ? strspn(text + whole + 1, DIGITS) : 0;
	const char *unit = text + whole + (part ? part + 1 : 0);
	unsigned scale;
	size_t i = 0;
	uint64_t value;

	while (i < sizeof(units) / sizeof(units[0]) && strcmp(unit, units[i].name) != 0)
		i++;
	if (i == sizeof(units) / sizeof(units[0]) || !value_number(text, whole, MOST, &value))
		return false;
	scale = units[i].milliseconds;
	value *= scale;
	for (const char *digit = text + whole + 1; part > 0; part--, digit++) {
		/* What is less than a millisecond. */
		if (scale % 10)
			return false;
		scale /= 10;
		value += (unsigned)(*digit - '0') * scale;
	}
	*milliseconds = value;
	return true;
}

int
value_word(const char *words, const char *text)
{
	size_t length = strlen(text);

	for (int place = 0;; place++) {
		size_t end = strcspn(words, "|");

		if (end == length && !memcmp(words, text, end))
			return place;
		if (!words[end])
			return -1;
		words += end + 1;
	}
}

static char
lower(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

/*
 * How many letters of `text` are wrong, missing, too many or in the next one's place; `most` + 1 is
 * more than that.
 */
static unsigned
distance(const char *text, size_t length, const char *name, unsigned most)
{
	static const unsigned char edits[][2] = {{1, 0}, {0, 1}, {1, 1}, {2, 2}};
	unsigned found = most;

	for (; length > 0 && lower(*text) == lower(*name); text++, name++)
		length--;
	if (length == 0 && !*name)
		return 0;
	for (unsigned i = 0; most > 0 && i < 4; i++) {
		unsigned here = edits[i][0], there = edits[i][1];

		if (length < here || strnlen(name, 2) < there ||
		    (here == 2 &&
		     (lower(text[0]) != lower(name[1]) || lower(text[1]) != lower(name[0]))))
			continue;
		unsigned rest = distance(text + here, length - here, name + there, most - 1);

		found = rest < found ? rest : found;
	}
	return found + 1;
}

void
value_compare(struct value_meant *meant, const char *text, size_t length, const char *name)
{
	unsigned most = length < 3 ? 0 : length < 6 ? 1 : 2;
	unsigned found = distance(text, length, name, most);

	if (found > most || (meant->met && found > meant->distance))
		return;
	meant->name = meant->met && found == meant->distance ? NULL : name;
	meant->met = true;
	meant->distance = found;
}
