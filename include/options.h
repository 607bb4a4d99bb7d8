/* SPDX-License-Identifier: MIT */
/*
 * options - what the user said, and where: the command line, the environment, configuration files
 *
 * Pure: reads argv and what it is handed. One table (options_table) makes the parser, --help, the
 * manual's OPTIONS, the keys of the configuration and the shell completion, so that their texts
 * cannot drift apart. Whether a value makes sense is decided in plan.h; here only its form is
 * judged, once, and what was read of it is kept beside its text and where it was said.
 *
 * The command line goes before the environment, and that before the configuration. Within one of
 * them the values of a list add up; the list of a higher one replaces that of a lower one whole.
 */
#ifndef STEPDOWN_OPTIONS_H
#define STEPDOWN_OPTIONS_H

#include "refusal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum option_id {
	OPTION_USER,
	OPTION_GROUP_ADD,
	OPTION_KEEP_CAP,
	OPTION_ALLOW_ROOT,
	OPTION_PUID,
	OPTION_KEEP_GROUPS,
	OPTION_LISTEN_FDS,
	OPTION_TZ,
	OPTION_CERTS,
	OPTION_CA_ADD,
	OPTION_MKDIR,
	OPTION_CHOWN,
	OPTION_CHOWN_ONCE,
	OPTION_ENV,
	OPTION_UNSET_ENV,
	OPTION_CLEAR_ENV,
	OPTION_ENV_FROM_FILE,
	OPTION_WORKDIR,
	OPTION_UMASK,
	OPTION_ULIMIT,
	OPTION_OOM_SCORE_ADJ,
	OPTION_NO_SETUP,
	OPTION_SECCOMP,
	OPTION_SECCOMP_COMPAT,
	OPTION_EXPLAIN,
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
	OPTION_CONFIG,
	OPTION_FROM_ENV,
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

/* What a value is, which options_read() makes of it. */
enum option_form {
	FORM_TEXT,       /* nothing more than its text */
	FORM_WORD,       /* one of those in `argument`; its place there, from 0 on */
	FORM_NUMBER,     /* from `least` to `most` */
	FORM_OCTAL,      /* a mode from 0 to `most` */
	FORM_DURATION,   /* in milliseconds */
	FORM_PORT,       /* from `least` to `most`, or -1 for none */
	FORM_SIGNAL,     /* by name or number */
	FORM_CAPABILITY, /* by name, with cap_ or without */
	FORM_SIGNALS,    /* FROM=TO, where TO may be none, which is 0 */
	FORM_CODES,      /* FROM=TO, each from 0 to 255 */
	FORM_LIMIT,      /* NAME=SOFT[:HARD] */
	FORM_PATH,       /* absolute */
	FORM_DIRECTORY,  /* PATH[:MODE]; what is behind the last colon is the mode */
	FORM_TREE,       /* PATH[=OWNER]; what is behind the last equals sign is the owner */
};

struct option_row {
	const char *name; /* without the dashes; a configuration key too */
	char letter;      /* of the short form, or 0 */
	enum option_kind kind;
	const char *section;  /* heading in help and manual */
	const char *argument; /* its name in help, NULL for a flag */
	const char *preset;   /* what applies without it, in words, or NULL */
	const char *help;     /* one sentence, lower case, no full stop */
	enum option_form form;
	int32_t least, most;
};

/* OPTION_COUNT rows, in the order of enum option_id. */
extern const struct option_row options_table[];

enum {
	OPTIONS_MAX = 512,        /* values from all sources */
	OPTIONS_TEXT = 64 * 1024, /* bytes of values that are not argv's or the environment's own */
};

/* A higher one goes before a lower one. */
enum option_source {
	OPTION_UNSET,
	OPTION_FROM_FILE,
	OPTION_FROM_ENVIRONMENT,
	OPTION_FROM_COMMAND_LINE,
};

struct option_origin {
	enum option_source source;
	const char *file; /* a configuration file and its line, else NULL and 0 */
	unsigned line;
};

struct option_entry {
	enum option_id id;
	struct option_origin origin;
	const char *value; /* NULL for a flag */
	/* By the form of its row, once options_read() has been there. */
	union {
		int64_t number;
		struct {
			int from, to;
		} pair;
		struct {
			int resource;
			uint64_t soft, hard;
		} limit;
		struct {
			size_t length;     /* of the path, without slashes at its end */
			const char *owner; /* USER[:GROUP], or NULL */
			bool has_mode;
			mode_t mode;
		} place;
	};
};

struct options {
	struct option_entry entries[OPTIONS_MAX];
	unsigned count;
	unsigned char decided[OPTION_COUNT]; /* the highest enum option_source that names it */
	char *const *command;                /* NULL-terminated; NULL if none was given */
	size_t text_used;
	char text[OPTIONS_TEXT];
};

/*
 * Reads argv[1] and what follows, up to COMMAND. Options are GNU style: --name VALUE, --name=VALUE,
 * -u VALUE, -uVALUE. No abbreviations; a flag or a single-valued option given twice is an error.
 * A missing COMMAND is an error unless --help or --version was given. argv must outlive `options`.
 * Returns 0, or -1 with a refusal.
 */
int options_parse(struct options *options, int argc, char *const argv[], struct refusal *why);

/* The option of that name, `length` bytes of `text`, or OPTION_COUNT. */
enum option_id options_find(const char *text, size_t length);

/*
 * Refuses a name that is no option: `what`, the dashes, the name, and the one that was meant. Returns
 * -1.
 */
int options_refuse(struct refusal *why, const char *what, const char *dashes, const char *text,
		   size_t length);

/*
 * Adds a value, NULL for a flag. `value` must outlive `options`; an empty one from a file, or for a
 * list or flag, takes away what the same source said before. A single value is taken once from each
 * source, but from the configuration once from each file, the later replacing the earlier. Returns
 * 0, or -1 with a refusal: given twice, or more than OPTIONS_MAX.
 */
int options_add(struct options *options, enum option_id id, const char *value,
		struct option_origin origin, struct refusal *why);

/* A copy of `length` bytes of `text`, NUL added, in `options`, or NULL with a refusal. */
const char *options_keep(struct options *options, const char *text, size_t length,
			 struct refusal *why);

/*
 * Reads each value that counts as the form of its row says, once all sources are there. Returns 0,
 * or -1 with a refusal about the first that has another form.
 */
int options_read(struct options *options, struct refusal *why);

/* What was said of an option that counts, the first of a list, or NULL. */
const struct option_entry *options_said(const struct options *options, enum option_id id);

/* The number of a single-valued option, or `otherwise` if it was not given. */
int64_t options_number(const struct options *options, enum option_id id, int64_t otherwise);

/* Where a value was said, by its address, or NULL. */
const struct option_entry *options_of(const struct options *options, const char *value);

/* Refuses what was said, with a sentence that begins with "--NAME VALUE". Returns -1. */
__attribute__((format(printf, 3, 4))) int
refuse_option(struct refusal *why, const struct option_entry *said, const char *format, ...);

/* Says what a refusal is about; `said` may be NULL. Returns -1. */
int options_blame(struct refusal *why, const struct option_entry *said);

/* Whether the option was given. */
bool options_given(const struct options *options, enum option_id id);

/* The value of a single-valued option, or NULL if it was not given. */
const char *options_value(const struct options *options, enum option_id id);

/* What was said of an option and counts, in the order in which it was said; NULL at the end. */
const struct option_entry *options_entry(const struct options *options, enum option_id id,
					 unsigned *cursor);

/*
 * Walks a list: *cursor starts at 0. Returns the next value, or NULL at the end.
 */
const char *options_next(const struct options *options, enum option_id id, unsigned *cursor);

#endif
