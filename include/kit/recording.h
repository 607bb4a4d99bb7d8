/* SPDX-License-Identifier: MIT */
/*
 * recording - what a run of a service did, as a text file
 *
 * Lines of words; the last word of a line may contain blanks. Bytes below 0x20, 0x7f and the
 * backslash are written as \xNN. In this order:
 *
 *	stepdown-recording 1
 *	arch x86_64
 *	status 0                       of the service
 *	program 0 /usr/bin/python3     0, 1, ... are used below
 *	call x86_64 socket 3 later 0,1 0=2 1=1
 *	                               architecture, name or number, how often, "start" where it was
 *	                               at start-up only, by which programs, arguments that matter
 *	file read /etc/passwd          read, write, execute or look (stat and its like)
 *	unread 0                       paths that could not be read
 *
 * A reader skips lines whose first word it does not know.
 */
#ifndef STEPDOWN_KIT_RECORDING_H
#define STEPDOWN_KIT_RECORDING_H

#include "kit/opened.h"
#include "kit/run.h"
#include "refusal.h"

#include <stddef.h>

/* The text of a run, in memory that the caller frees. */
char *recording_text(const struct run_result *result, size_t *length);

/*
 * The files of a recording, into `out`, which the caller has made with opened_init. Returns 0, or
 * -1 with a refusal: not a recording, or one of a later version, or a damaged line.
 */
int recording_files(const char *bytes, size_t length, struct opened *out, struct refusal *why);

#endif
