/* SPDX-License-Identifier: MIT */
/*
 * line - a denial, or the count at the end, as one line of the log
 *
 * Pure. As text, or as one JSON object with the same facts; what came from the service is escaped
 * as report_escape does.
 */
#ifndef STEPDOWN_EXPLAIN_LINE_H
#define STEPDOWN_EXPLAIN_LINE_H

#include "confine/evaluate.h"
#include "confine/filter.h"

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

enum { LINE_LARGEST = 3072 }; /* bytes, with the newline; a pipe takes that much at once */

struct denial {
	struct timespec time;  /* CLOCK_REALTIME */
	int pid;               /* 0: of another pid namespace */
	const char *command;   /* the thread's name; "" where it could not be read */
	const char *call;      /* NULL: not known by name */
	const char *arguments; /* as arguments_write has written them */
	const struct seccomp_data *data;
	struct verdict verdict; /* of `profile` on `data` */
	const struct filter_program *profile;
};

/* The numbers of the count at the end. */
struct line_counts {
	uint64_t denied;
	unsigned kinds;
	unsigned unlisted; /* denials of kinds that no line was written for */
	unsigned lost;     /* lines that did not fit into the log */
};

/* Each writes into line[LINE_LARGEST], with a newline, and returns the length. */
unsigned line_denial(const struct denial *denial, bool json, char *line);
unsigned line_closing(const struct line_counts *counts, const char *profile, bool json, char *line);

#endif
