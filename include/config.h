/* SPDX-License-Identifier: MIT */
/*
 * config - read a configuration file's bytes
 *
 * Pure. One `name = value` a line, the names being those of the options without their dashes:
 *
 *   # a comment: at the start of a line, or after a blank
 *   user = app
 *   env  = "GREETING=hello # no comment"     \" \\ \n \t stand for themselves
 *   env  = 'PROMPT=\w'                       nothing is special but the closing quote
 *   group-add =                              an empty value
 *   puid                                     no value at all
 *
 * Blanks around name and value do not count. A value without quotes goes to the end of the line or
 * to a comment, and holds no quote itself. A line may be named again: what that means is decided by
 * whom the lines are handed to. Bytes from 128 on are allowed in values; NUL, CR and other control
 * characters are nowhere but for tabs.
 */
#ifndef STEPDOWN_CONFIG_H
#define STEPDOWN_CONFIG_H

#include "refusal.h"

#include <stddef.h>

enum {
	CONFIG_MOST = 64 * 1024, /* bytes of a file */
	CONFIG_LINE_MOST = 8192, /* bytes of a line */
	CONFIG_NAME_MOST = 64,   /* bytes of a name */
};

/* One line. The strings live as long as the call that they are handed to. */
struct config_line {
	const char *file;
	unsigned number; /* from 1 */
	const char *name;
	const char *value; /* NULL where there is no equals sign */
};

/*
 * Takes a line. Returns 0, or -1 with `why`, before which config_parse() puts file and line.
 */
typedef int config_take(void *context, const struct config_line *line, struct refusal *why);

/*
 * Reads the `length` bytes of `file` (its name, for the errors) and hands each line with a name to
 * `take`. Stops at the first error. Returns 0, or -1 with `why`, "FILE:LINE: what is wrong".
 */
int config_parse(const char *file, const char *bytes, size_t length, config_take *take,
		 void *context, struct refusal *why);

#endif
