/* SPDX-License-Identifier: MIT */
/*
 * options - the command line as the user wrote it
 *
 * Pure: reads argv and nothing else. One table (options_table) makes the parser, --help, the
 * manual's OPTIONS and the shell completion, so that their texts cannot drift apart.
 * Whether a value makes sense is decided in plan.h; here only the form is judged.
 */
#ifndef STEPDOWN_OPTIONS_H
#define STEPDOWN_OPTIONS_H

#include "refusal.h"

#include <stdbool.h>

enum option_id {
	OPTION_USER,
	OPTION_GROUP_ADD,
	OPTION_KEEP_CAP,
	OPTION_ALLOW_ROOT,
	OPTION_NO_SETUP,
	OPTION_SECCOMP,
	OPTION_SECCOMP_COMPAT,
	OPTION_FS_RO,
	OPTION_FS_RW,
	OPTION_FS_EXEC,
	OPTION_EXEC_ONLY,
	OPTION_NET_BIND,
	OPTION_NET_CONNECT,
	OPTION_LANDLOCK,
	OPTION_INIT,
	OPTION_STOP_SIGNAL,
	OPTION_STOP_TIMEOUT,
	OPTION_LEFTOVER_TIMEOUT,
	OPTION_SIGNAL_GROUP,
	OPTION_MAP_SIGNAL,
	OPTION_MAP_EXIT,
	OPTION_SUBREAPER,
	OPTION_PARENT_DEATH,
	OPTION_DRY_RUN,
	OPTION_VERBOSE,
	OPTION_QUIET,
	OPTION_LOG,
	OPTION_HELP,
	OPTION_VERSION,
	OPTION_COUNT
};

enum option_kind {
	OPTION_FLAG,   /* takes no value */
	OPTION_SINGLE, /* takes one value, may be given once */
	OPTION_LIST,   /* takes one value each time, may be repeated */
};

struct option_row {
	const char *name; /* without the dashes; a configuration key too */
	char letter;      /* of the short form, or 0 */
	enum option_kind kind;
	const char *section;  /* heading in help and manual */
	const char *argument; /* its name in help, NULL for a flag */
	const char *preset;   /* what applies without it, in words, or NULL */
	const char *help;     /* one sentence, lower case, no full stop */
};

/* OPTION_COUNT rows, in the order of enum option_id. */
extern const struct option_row options_table[];

enum { OPTIONS_MAX = 512 }; /* values on one command line */

struct option_entry {
	enum option_id id;
	const char *value; /* NULL for a flag */
};

struct options {
	struct option_entry entries[OPTIONS_MAX];
	unsigned count;
	char *const *command; /* NULL-terminated; NULL if none was given */
};

/*
 * Reads argv[1] and what follows, up to COMMAND. Options are GNU style: --name VALUE, --name=VALUE,
 * -u VALUE, -uVALUE. No abbreviations; a flag or a single-valued option given twice is an error.
 * A missing COMMAND is an error unless --help or --version was given. argv must outlive `options`.
 * Returns 0, or -1 with a refusal.
 */
int options_parse(struct options *options, int argc, char *const argv[], struct refusal *why);

/* Whether the option was given. */
bool options_given(const struct options *options, enum option_id id);

/* The value of a single-valued option, or NULL if it was not given. */
const char *options_value(const struct options *options, enum option_id id);

/*
 * Walks a list: *cursor starts at 0. Returns the next value, or NULL at the end.
 */
const char *options_next(const struct options *options, enum option_id id, unsigned *cursor);

#endif
