/* SPDX-License-Identifier: MIT */
/*
 * zone - judge what TZ and --tz say, and the head of a time zone file
 *
 * Pure: bytes in, a decision out. What is accepted, with or without one leading colon:
 *   a name            Europe/Ljubljana: a file below the zone directory
 *   an absolute path  /usr/share/zoneinfo/Europe/Ljubljana: the same, by its path
 *   a rule            CET-1CEST,M3.5.0,M10.5.0/3: no file needed
 * EST5EDT and its like are both: a file of that name comes first, as in the C libraries.
 * Sources: POSIX.1-2017, Base Definitions 8.3 (TZ); RFC 8536 sections 3.1 and 3.3.1.
 */
#ifndef STEPDOWN_SETUP_ZONE_H
#define STEPDOWN_SETUP_ZONE_H

#include "refusal.h"

#include <stdbool.h>
#include <stddef.h>

#define ZONE_DIRECTORY "/usr/share/zoneinfo"

enum {
	ZONE_TEXT_SIZE = 256,        /* bytes of a name or a rule, the final NUL included */
	ZONE_HEAD_SIZE = 44,         /* bytes of the head of a TZif file */
	ZONE_FILE_MOST = 1024 * 1024 /* bytes; the largest in tzdata has some 3,500 */
};

struct zone {
	bool is_name;              /* may be the name of a file */
	bool is_rule;              /* is a rule, should there be no such file */
	char text[ZONE_TEXT_SIZE]; /* the name or rule, without colon and directory: TZ for the
				      service */
};

/*
 * Reads `text` into `zone`. `directory` is the zone directory, absolute, without a final slash.
 * Returns 0, or -1 with `why`: empty, too long, an absolute path elsewhere, a path that leaves the
 * directory, a character that no name has, neither name nor rule.
 */
int zone_parse(const char *text, const char *directory, struct zone *zone, struct refusal *why);

/* Whether `text` is a rule of POSIX's TZ: offsets to 24 hours, times of change to 167 (RFC 8536).
 */
bool zone_is_rule(const char *text);

/*
 * Whether the `length` bytes are the head of a TZif file of `size` bytes that is large enough for
 * what its head announces, and no larger than ZONE_FILE_MOST.
 */
bool zone_head_is_valid(const unsigned char *head, size_t length, unsigned long long size);

#endif
