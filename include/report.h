/* SPDX-License-Identifier: MIT */
/*
 * report - what stepdown says, one line a message, on standard error
 *
 * One write(2) a line. Bytes that are not printable ASCII come out as \xNN, so that a value from
 * outside can neither forge a line nor drive a terminal.
 */
#ifndef STEPDOWN_REPORT_H
#define STEPDOWN_REPORT_H

#include <stdbool.h>

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

#endif
