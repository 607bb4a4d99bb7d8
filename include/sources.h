/* SPDX-License-Identifier: MIT */
/*
 * sources - take options from configuration files and from the environment
 *
 * Pure: bytes in, options out. The environment sets nothing that --from-env does not name, and
 * --from-env itself cannot come from there.
 */
#ifndef STEPDOWN_SOURCES_H
#define STEPDOWN_SOURCES_H

#include "config.h"
#include "options.h"
#include "refusal.h"

#include <stdbool.h>

enum { SOURCES_NAME_SIZE = 64 }; /* bytes of STEPDOWN_NAME, the final NUL included */

/*
 * Takes a line of a configuration file; `context` is the struct options. A flag stands alone, or
 * with yes or no. Returns 0, or -1 with a refusal that does not name the line: there is no such
 * option, it cannot be set there, or as options_add() says.
 */
int sources_take_line(void *context, const struct config_line *line, struct refusal *why);

/*
 * Takes STEPDOWN_NAME for each name in --from-env. An empty variable is as good as none; the values
 * of a list stand on lines of their own. Returns 0, or -1 with a refusal: a name that is no option
 * or that the environment may never set, a flag that is neither yes nor no, or as options_add()
 * says.
 */
int sources_take_environment(struct options *options, char *const *environment,
			     struct refusal *why);

/*
 * The next variable that names an option and is not in --from-env, and so is not followed: *cursor
 * begins at 0. Returns it with its value, or NULL at the end.
 */
const char *sources_ignored(const struct options *options, char *const *environment,
			    unsigned *cursor);

/* Writes where an entry was said: "command line", "STEPDOWN_TZ" or "FILE:LINE". */
void sources_describe(const struct option_entry *entry, char *text, size_t size);

#endif
