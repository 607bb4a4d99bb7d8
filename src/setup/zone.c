/* SPDX-License-Identifier: MIT */
#include "setup/zone.h"

#include <string.h>

enum {
	NAME_LETTERS_LEAST = 3,
	OFFSET_HOURS_MOST = 24,
	CHANGE_HOURS_MOST = 167,
	SIXTY = 59,
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Each of these takes its part from the front of `*text`, or returns false. */

static bool
take(const char **text, char c)
{
	if (**text != c)
		return false;
	(*text)++;
	return true;
}

static bool
take_number(const char **text, unsigned least, unsigned most, unsigned digits)
{
	unsigned number = 0;
	unsigned seen = 0;

	for (; is_digit(**text) && seen < digits; seen++, (*text)++)
		number = number * 10 + (unsigned)(**text - '0');
	return seen > 0 && number >= least && number <= most;
}

/* Three letters or more, or anything with digits and signs between < and >. */
static bool
take_name(const char **text)
{
	unsigned length = 0;
	bool quoted = take(text, '<');

	for (;; length++, (*text)++) {
		char c = **text;

		if (!is_letter(c) && !(quoted && (is_digit(c) || c == '+' || c == '-')))
			break;
	}
	return length >= NAME_LETTERS_LEAST && (!quoted || take(text, '>'));
}

/* HH[:MM[:SS]], with a sign or without. */
static bool
take_time(const char **text, unsigned hours, unsigned digits)
{
	if (!take(text, '+'))
		take(text, '-');
	if (!take_number(text, 0, hours, digits))
		return false;
	for (int part = 0; part < 2 && take(text, ':'); part++)
		if (!take_number(text, 0, SIXTY, 2))
			return false;
	return true;
}

/* Jn, n or Mm.w.d, and the time of day. */
static bool
take_change(const char **text)
{
	bool good;

	if (take(text, 'J'))
		good = take_number(text, 1, 365, 3);
	else if (take(text, 'M'))
		good = take_number(text, 1, 12, 2) && take(text, '.') &&
		       take_number(text, 1, 5, 1) && take(text, '.') && take_number(text, 0, 6, 1);
	else
		good = take_number(text, 0, 365, 3);
	if (good && take(text, '/'))
		good = take_time(text, CHANGE_HOURS_MOST, 3);
	return good;
}

bool
zone_is_rule(const char *text)
{
	if (!take_name(&text) || !take_time(&text, OFFSET_HOURS_MOST, 2))
		return false;
	if (*text == '\0')
		return true;
	if (!take_name(&text))
		return false;
	if (*text != '\0' && *text != ',' && !take_time(&text, OFFSET_HOURS_MOST, 2))
		return false;
	if (*text == '\0')
		return true;
	return take(&text, ',') && take_change(&text) && take(&text, ',') && take_change(&text) &&
	       *text == '\0';
}

/* The characters of the names in tzdata, and no component that is empty, "." or "..". */
static bool
is_name(const char *text)
{
	for (const char *part = text;;) {
		size_t length = strcspn(part, "/");

		if (length == 0 || part[0] == '.' || part[0] == '-')
			return false;
		for (size_t i = 0; i < length; i++)
			if (!is_letter(part[i]) && !is_digit(part[i]) && !strchr("._+-", part[i]))
				return false;
		if (part[length] == '\0')
			return true;
		part += length + 1;
	}
}

/* The name within an absolute path, or NULL if it lies elsewhere. */
static const char *
below(const char *path, const char *directory)
{
	size_t length = strlen(directory);

	if (strncmp(path, directory, length) != 0 || path[length] != '/')
		return NULL;
	return path + length + 1;
}

int
zone_parse(const char *text, const char *directory, struct zone *zone, struct refusal *why)
{
	const char *name = text[0] == ':' ? text + 1 : text;
	bool is_path = name[0] == '/';

	*zone = (struct zone){0};
	if (*name == '\0')
		return refuse(
			why, "the time zone is empty: say a name such as Europe/Ljubljana, or UTC");
	if (is_path && !below(name, directory))
		return refuse(why,
			      "time zone \"%.160s\" is not below %s: only files there are zones",
			      text, directory);
	if (is_path)
		name = below(name, directory);
	if (strlen(name) >= sizeof(zone->text))
		return refuse(
			why,
			"time zone \"%.160s\" is longer than %d bytes: say a name such as Europe/Ljubljana",
			text, ZONE_TEXT_SIZE - 1);
	zone->is_name = is_name(name);
	zone->is_rule = !is_path && zone_is_rule(name);
	if (!zone->is_name && !zone->is_rule)
		return refuse(
			why,
			"time zone \"%.160s\" is neither a name such as Europe/Ljubljana, a file below %s, nor a rule such as CET-1CEST,M3.5.0,M10.5.0/3",
			text, directory);
	memcpy(zone->text, name, strlen(name) + 1);
	return 0;
}

static unsigned long long
big_endian(const unsigned char *bytes)
{
	return (unsigned long long)bytes[0] << 24 | (unsigned long long)bytes[1] << 16 |
	       (unsigned long long)bytes[2] << 8 | bytes[3];
}

bool
zone_head_is_valid(const unsigned char *head, size_t length, unsigned long long size)
{
	if (length < ZONE_HEAD_SIZE || size > ZONE_FILE_MOST || memcmp(head, "TZif", 4) != 0)
		return false;
	/* 0 is version 1; tzdata has 2 to 4, and a reader accepts what comes after (RFC 8536, 3.1).
	 */
	if (head[4] != '\0' && (head[4] < '2' || head[4] > '9'))
		return false;

	unsigned long long utc = big_endian(head + 20);
	unsigned long long standard = big_endian(head + 24);
	unsigned long long leap = big_endian(head + 28);
	unsigned long long times = big_endian(head + 32);
	unsigned long long types = big_endian(head + 36);
	unsigned long long characters = big_endian(head + 40);

	if (types == 0 || characters == 0 || (utc != 0 && utc != types) ||
	    (standard != 0 && standard != types))
		return false;
	return ZONE_HEAD_SIZE + times * 5 + types * 6 + characters + leap * 8 + standard + utc <=
	       size;
}
