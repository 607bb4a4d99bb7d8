/* SPDX-License-Identifier: MIT */
/*
 * backlog - lines that wait for room in the log
 *
 * Never blocks. What does not fit in here either is lost, and counted.
 */
#ifndef STEPDOWN_EXPLAIN_BACKLOG_H
#define STEPDOWN_EXPLAIN_BACKLOG_H

#include "front/log.h"

#include <stddef.h>

enum { BACKLOG_SIZE = 8192 };

struct backlog {
	char bytes[BACKLOG_SIZE];
	size_t used;
	unsigned lines; /* that wait */
	unsigned lost;
};

/* Adds one line, which ends in a newline. */
void backlog_add(struct backlog *backlog, const char *line, size_t length);

/* Writes as many lines as the log takes now. Where it has ended, all of them are lost. */
void backlog_flush(struct backlog *backlog, const struct voice *voice);

#endif
