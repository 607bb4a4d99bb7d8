/* SPDX-License-Identifier: MIT */
/*
 * progress - say how far a long walk is
 *
 * On a terminal one line that is written anew, from PROGRESS_PATIENCE on; elsewhere a line every
 * PROGRESS_LINES. Nothing with --quiet.
 */
#ifndef STEPDOWN_SETUP_PROGRESS_H
#define STEPDOWN_SETUP_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct owners_counts;
struct report;

enum {
	PROGRESS_PATIENCE = 500, /* milliseconds until a terminal shows it */
	PROGRESS_REWRITE = 200,  /* milliseconds between two states of that line */
	PROGRESS_LINES = 10000,  /* milliseconds between two lines elsewhere */
};

struct progress {
	const struct report *report;
	const char *path;
	int64_t due;   /* milliseconds of CLOCK_MONOTONIC */
	bool rewrites; /* standard error is a terminal */
	bool shown;    /* the terminal's line has something on it */
};

/* `path` must live as long as the progress. */
void progress_begin(struct progress *progress, const struct report *report, const char *path);

void progress_show(struct progress *progress, const struct owners_counts *counts);

/* Cleans the terminal's line. */
void progress_end(struct progress *progress);

#endif
