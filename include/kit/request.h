/* SPDX-License-Identifier: MIT */
/*
 * request - the command line of the kit's filter commands
 */
#ifndef STEPDOWN_KIT_REQUEST_H
#define STEPDOWN_KIT_REQUEST_H

#include "kit/policy.h"
#include "refusal.h"

#include <stdbool.h>

enum { REQUEST_FILES = 2, REQUEST_ARCHES = 2, REQUEST_CAPS = 41 };

struct request {
	const char *files[REQUEST_FILES]; /* what is not an option */
	size_t file_count;
	const char *profile;
	const char *output;
	const char *name;
	const struct architecture *arches[REQUEST_ARCHES]; /* at least one: this machine's */
	size_t arch_count;
	const char *caps[REQUEST_CAPS];
	size_t cap_count;
	unsigned kernel[2]; /* 6.1 unless it was given */
	bool compat;
	bool json;
	bool quiet;
};

/* One bit for each option that a command takes. */
enum {
	TAKES_PROFILE = 1 << 0,
	TAKES_OUTPUT = 1 << 1,
	TAKES_NAME = 1 << 2,
	TAKES_ARCH = 1 << 3,
	TAKES_CAP = 1 << 4,
	TAKES_KERNEL = 1 << 5,
	TAKES_COMPAT = 1 << 6,
	TAKES_JSON = 1 << 7,
	TAKES_QUIET = 1 << 8,
};

/*
 * Reads argv[1] and what follows it. `takes` says which options there are, `most` how many other
 * arguments. Returns 0, or -1 with a refusal: an unknown or repeated option, a value that is none.
 */
int request_parse(int argc, char **argv, unsigned takes, size_t most, struct request *out,
		  struct refusal *why);

/* For whom to compile, for the `index`th architecture of the request. */
struct service request_service(const struct request *request, size_t index);

/* The capability in its full form, "CAP_NET_RAW", for "net_raw" and the like, or NULL. */
const char *capability_name(const char *text);

#endif
