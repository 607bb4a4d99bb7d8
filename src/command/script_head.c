/* SPDX-License-Identifier: MIT */
#include "command/script_head.h"

#include <string.h>

static bool
is_blank(char byte)
{
	return byte == ' ' || byte == '\t';
}

static size_t
skip_blanks(const char *line, size_t from, size_t end)
{
	while (from < end && is_blank(line[from]))
		from++;
	return from;
}

static size_t
skip_name(const char *line, size_t from, size_t end)
{
	while (from < end && !is_blank(line[from]) && line[from] != '\0')
		from++;
	return from;
}

enum script_result
script_read_head(const uint8_t *bytes, size_t size, struct script_head *head)
{
	/* The kernel's buffer: what the file does not fill is NUL. */
	char line[SCRIPT_LINE_SIZE] = {0};

	if (size < 2 || bytes[0] != '#' || bytes[1] != '!')
		return SCRIPT_OTHER;
	memcpy(line, bytes, size < sizeof(line) ? size : sizeof(line));

	/* The kernel sees no newline behind a NUL; there the NUL ends the name, which is the same.
	 */
	const char *newline = memchr(line, '\n', sizeof(line));
	size_t end = newline != NULL ? (size_t)(newline - line) : sizeof(line);
	size_t name = skip_blanks(line, 2, end);
	size_t name_end = skip_name(line, name, end);

	if (name == name_end)
		return SCRIPT_NAMELESS;
	if (newline == NULL && name_end == sizeof(line))
		return SCRIPT_CUT;
	memset(head, 0, sizeof(*head));
	memcpy(head->interpreter, line + name, name_end - name);
	head->ends_in_cr = line[name_end - 1] == '\r';
	return SCRIPT_GOOD;
}
