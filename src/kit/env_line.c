/* SPDX-License-Identifier: MIT */
#include "kit/env_line.h"

#include <stdio.h>
#include <string.h>

static const char blanks[] = " \t", ends[] = " \t\n\r";

bool
env_line_program(const uint8_t *bytes, size_t size, const char *interpreter,
		 char name[SCRIPT_LINE_SIZE])
{
	const char *slash = strrchr(interpreter, '/');
	char line[SCRIPT_LINE_SIZE + 1] = {0};

	if (strcmp(slash ? slash + 1 : interpreter, "env") != 0)
		return false;
	memcpy(line, bytes, size < SCRIPT_LINE_SIZE ? size : SCRIPT_LINE_SIZE);
	line[strcspn(line, "\n")] = '\0';

	const char *at = strstr(line, interpreter);

	if (!at)
		return false;
	at += strlen(interpreter);
	at += strspn(at, blanks);
	if (strncmp(at, "-S", 2) == 0)
		at += 2 + strspn(at + 2, blanks);
	while (strcspn(at, ends) > 0 && memchr(at, '=', strcspn(at, ends))) {
		at += strcspn(at, ends);
		at += strspn(at, blanks);
	}
	snprintf(name, SCRIPT_LINE_SIZE, "%.*s", (int)strcspn(at, ends), at);
	return *name && *name != '-';
}
