/* SPDX-License-Identifier: MIT */
/*
 * findings - what an audit has found, how grave it is, and what was accepted beforehand
 *
 * The rule of the levels:
 *   high     with it somebody in the container becomes root or learns a secret, or the container
 *            does not start as it is meant to
 *   medium   it serves an intruder who is in the container already, or takes away a protection
 *            that the image has set out to have
 *   low      the image is harder to tell, to repeat, or to keep up to date
 *   info     a fact, which is nobody's fault
 */
#ifndef STEPDOWN_KIT_AUDIT_FINDINGS_H
#define STEPDOWN_KIT_AUDIT_FINDINGS_H

#include "refusal.h"

#include <stddef.h>
#include <stdint.h>

enum level { LEVEL_INFO, LEVEL_LOW, LEVEL_MEDIUM, LEVEL_HIGH, LEVELS };

enum check_id {
	CHECK_SETUID,
	CHECK_SETGID,
	CHECK_CAPABILITY,
	CHECK_WRITABLE_FILE,
	CHECK_WRITABLE_DIRECTORY,
	CHECK_SHELL,
	CHECK_PACKAGE_MANAGER,
	CHECK_TOOL,
	CHECK_EXECUTABLES,
	CHECK_UID_ZERO,
	CHECK_PASSWORD,
	CHECK_PRIVATE_KEY,
	CHECK_START_USER,
	CHECK_HEALTHCHECK,
	CHECK_TAG,
	CHECK_LABEL,
	CHECK_SHELL_FORM,
	CHECK_OPEN_ENTRYPOINT,
	CHECK_PROGRAM,
	CHECK_INTERPRETER,
	CHECK_LIBRARY,
	CHECK_CA_MISSING,
	CHECK_CA_EXPIRED,
	CHECK_CA_STALE,
	CHECK_ZONES,
	CHECK_STEPDOWN_FILE,
	CHECK_UNREAD,
	CHECKS
};

/* What a check is about, for people. */
struct check {
	const char *name;
	const char *what;
	const char *why;
	const char *mend;
};

/* CHECKS rows, in the order of enum check_id. */
extern const struct check checks_table[];

struct finding {
	enum check_id check;
	enum level level;
	uint32_t layer;     /* from 1 on; 0: none, or not known */
	char *where;        /* a path, or a key of the image's configuration; escaped */
	char *detail;       /* of this one; escaped, may be empty */
	const char *reason; /* why it is accepted, or NULL */
};

/* "CHECK PATTERN = REASON"; the pattern as in fnmatch(3), where "*" takes slashes too. */
struct exception {
	enum check_id check;
	char *pattern; /* NULL: every finding of the check */
	char *reason;
	unsigned line;
	size_t used; /* findings that it accepts */
};

struct exceptions {
	struct exception *list;
	size_t count;
};

enum { FINDINGS_MOST = 1000 }; /* that are listed, of each check; the others are counted */

struct findings {
	struct finding *list; /* those that are listed, in the order of the checks */
	size_t count, room;
	size_t listed[CHECKS];
	size_t more[CHECKS];     /* that are not listed */
	size_t at_level[LEVELS]; /* that are not accepted, listed or not */
	size_t accepted;
	struct exceptions *exceptions; /* may be NULL */
};

/* `where` as it is, `format` as in printf(3); both are escaped here. */
__attribute__((format(printf, 6, 7))) void findings_add(struct findings *findings,
							enum check_id check, enum level level,
							uint32_t layer, const char *where,
							const char *format, ...);

/* Brings the list into the order of level, check and place. */
void findings_sort(struct findings *findings);

/* Releases the list; not the exceptions. */
void findings_free(struct findings *findings);

const char *level_name(enum level level);

/* By its name, or LEVELS. */
enum level level_find(const char *name);

/*
 * Parses a file of exceptions: one a line, comments begin with "#". Returns 0, or -1 with a refusal
 * that names the line: an unknown check, no reason. Release with exceptions_free.
 */
int exceptions_parse(const char *text, size_t length, struct exceptions *out, struct refusal *why);
void exceptions_free(struct exceptions *exceptions);

/* The exception that accepts a finding, or NULL. */
struct exception *exceptions_match(const struct exceptions *exceptions, enum check_id check,
				   const char *where);

/*
 * A text that is safe on a terminal and in a line: control characters, backslashes, what is not
 * UTF-8, and the characters that turn the direction of writing are shown as \xNN. Freed by the
 * caller.
 */
char *text_escape(const char *text, size_t length);

#endif
