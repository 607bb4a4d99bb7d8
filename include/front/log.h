/* SPDX-License-Identifier: MIT */
/*
 * log - what stepdown says, one line a message, on standard error
 *
 * A report is what it says as long as it is alone; who has a service beside it speaks with a voice, and
 * never waits for a reader. One write(2) a line. Bytes that are not printable ASCII come out as \xNN, so that a value from
 * outside can neither forge a line nor drive a terminal.
 */
#ifndef STEPDOWN_FRONT_LOG_H
#define STEPDOWN_FRONT_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The exit statuses that are stepdown's own; otherwise the service's. */
enum {
	STATUS_FAILED = 125,     /* we failed, or refused */
	STATUS_CANNOT_RUN = 126, /* COMMAND was found, but cannot be executed */
	STATUS_NOT_FOUND = 127,  /* COMMAND was not found */
};

struct report {
	bool json;    /* one JSON object a line: program, level, message */
	bool verbose; /* steps are said too */
	bool quiet;   /* warnings and progress are not */
};

enum report_level { REPORT_ERROR, REPORT_WARNING, REPORT_PROGRESS, REPORT_STEP };

enum { REPORT_LINE = 4096 }; /* bytes of a line; longer messages are cut */

__attribute__((format(printf, 3, 4))) void
report_say(const struct report *report, enum report_level level, const char *format, ...);

/*
 * Writes `text` on the terminal's line where the last one stood; an empty one leaves a clean line.
 * For a terminal alone, and not for JSON.
 */
void report_rewrite(const char *text);

/*
 * Writes `text` into line[size], each byte that is not printable ASCII as \xNN; with `quoted` also
 * `"` and `\` as JSON wants them. Returns the bytes written, without the NUL; what does not fit is
 * left out.
 */
unsigned report_escape(const char *text, bool quoted, char *line, unsigned size);

/*
 * The service shares standard error, and may be the one that lets it run full. A pipe or terminal
 * is opened anew, for a file description of our own, since O_NONBLOCK on the shared one would make
 * the service lose output. A message that does not fit at once is dropped and counted.
 */
struct voice {
	int own;          /* a description of our own, O_NONBLOCK; -1: none could be had */
	bool socket;      /* descriptor 2 is one: MSG_DONTWAIT does it */
	bool json;        /* one JSON object a line, as with --log json */
	bool quiet;       /* --quiet: nothing is said */
	unsigned lost;    /* messages that did not fit */
	const char *name; /* who speaks: "stepdown" */
};

/*
 * Before the drop, since a pipe of root's cannot be opened after it. Never fails: without /proc or
 * without the permission the shared description is asked by poll(2) before each line.
 */
void voice_open(struct voice *voice);

/* In the parent, after the fork: makes `own` descriptor 2. */
void voice_settle(struct voice *voice);

/* A finished line, after voice_settle. Returns the bytes that went out, or -1 with errno: EAGAIN.
 */
ssize_t voice_write(const struct voice *voice, const char *line, size_t size);

/* One line of at most 500 bytes. */
__attribute__((format(printf, 2, 3))) void voice_say(struct voice *voice, const char *format, ...);

#endif
