/* SPDX-License-Identifier: MIT */
/*
 * environment - the variables that the service sees
 *
 * Pure: the caller's environment in, a new one out. STEPDOWN_* never gets through. HOME, USER,
 * LOGNAME and SHELL are those of the user that the service becomes, so that nothing of root's is
 * left in them; PATH is Docker's default where there is none.
 */
#ifndef STEPDOWN_ENVIRONMENT_H
#define STEPDOWN_ENVIRONMENT_H

#include "ids.h"

#include <stdbool.h>
#include <sys/types.h>

/* What a container engine gives a process whose image sets no PATH. */
#define ENVIRONMENT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

enum { ENVIRONMENT_EXPORTS = 16 };

/* A variable that is set by stepdown, whatever was given. */
struct environment_export {
	const char *name;
	const char *value;
};

struct environment_rules {
	const struct identity *who;
	bool becomes; /* the ids change: its variables replace those given, else they only fill gaps
		       */
	bool listens; /* LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES are honoured, else removed */
	const struct environment_export *exports;
	unsigned export_count; /* ENVIRONMENT_EXPORTS at most */
};

/*
 * Makes the NULL-terminated environment in `memory`, which has room for environment_size bytes and
 * is aligned for pointers; entries that stay are shared with `given`. Returns `memory`.
 */
char **environment_make(char *const *given, const struct environment_rules *rules, void *memory);

/* The bytes of memory that environment_make needs at most. */
size_t environment_size(char *const *given, const struct environment_rules *rules);

/* The value of NAME in an environment, or NULL. The first one counts, as with getenv(3). */
const char *environment_value(char *const *environment, const char *name);

/*
 * Reads the protocol of sd_listen_fds(3): how many descriptors from 3 on were handed to process
 * `pid`. 0 when LISTEN_PID is absent or another's. Returns 0, or -1 with a refusal: a count that is
 * not a number from 0 to FACTS_LISTEN_MAX.
 */
int environment_listen(char *const *environment, pid_t pid, unsigned *count, struct refusal *why);

#endif
