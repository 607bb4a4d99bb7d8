/* SPDX-License-Identifier: MIT */
#include "kit/audit/findings.h"

#include "kit/heap.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

static const char blanks[] = " \t\r";

static char *
copy(const char *from, const char *to)
{
	while (to > from && strchr(blanks, to[-1]))
		to--;
	char *text = memory_new((size_t)(to - from) + 1, 1);

	memcpy(text, from, (size_t)(to - from));
	return text;
}

static enum check_id
check_find(const char *name, size_t length)
{
	unsigned check = 0;

	while (check < CHECKS && (strlen(checks_table[check].name) != length ||
				  memcmp(checks_table[check].name, name, length) != 0))
		check++;
	return check;
}

/* `line` ends in a NUL, without blanks in front. */
static int
parse_line(const char *line, unsigned number, struct exceptions *out, struct refusal *why)
{
	size_t length = strcspn(line, " \t\r=");
	enum check_id check = check_find(line, length);
	const char *pattern = line + length + strspn(line + length, blanks);
	const char *equals = *pattern == '=' ? pattern : strstr(pattern, " = ");

	if (check == CHECKS)
		return refuse(
			why,
			"line %u: there is no check '%.*s': use the names that the audit prints",
			number, (int)length, line);
	const char *reason = equals ? equals + strspn(equals, " =\t\r") : "";
	if (!*reason)
		return refuse(why, "line %u: an exception needs a reason: %s PATH = REASON", number,
			      checks_table[check].name);
	out->list = memory_grow(out->list, out->count + 1, sizeof(*out->list));
	out->list[out->count++] = (struct exception){
		.check = check,
		.pattern = equals > pattern ? copy(pattern, equals) : NULL,
		.reason = copy(reason, reason + strlen(reason)),
		.line = number,
	};
	return 0;
}

int
exceptions_parse(const char *text, size_t length, struct exceptions *out, struct refusal *why)
{
	const char *end = text + length;
	int result = 0;

	*out = (struct exceptions){0};
	if (memchr(text, '\0', length))
		return refuse(why, "a NUL in a file of exceptions");
	for (unsigned number = 1; result == 0 && text < end; number++) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));

		stop = stop ? stop : end;
		while (text < stop && strchr(blanks, *text))
			text++;
		char *line = copy(text, stop);
		if (*line && *line != '#')
			result = parse_line(line, number, out, why);
		free(line);
		text = stop + 1;
	}
	if (result < 0)
		exceptions_free(out);
	return result;
}

struct exception *
exceptions_match(const struct exceptions *exceptions, enum check_id check, const char *where)
{
	for (size_t i = 0; i < exceptions->count; i++) {
		struct exception *one = &exceptions->list[i];

		if (one->check == check && (!one->pattern || strcmp(one->pattern, where) == 0 ||
					    fnmatch(one->pattern, where, FNM_NOESCAPE) == 0))
			return one;
	}
	return NULL;
}

void
exceptions_free(struct exceptions *exceptions)
{
	for (size_t i = 0; i < exceptions->count; i++) {
		free(exceptions->list[i].pattern);
		free(exceptions->list[i].reason);
	}
	free(exceptions->list);
	*exceptions = (struct exceptions){0};
}
