/* SPDX-License-Identifier: MIT */
/*
 * environment - the variables that the service sees
 *
 * Pure: the caller's environment and the rules in, a new one out. STEPDOWN_* never gets through.
 * HOME, USER, LOGNAME and SHELL are those of the user that the service becomes, so that nothing of
 * root's is left in them; PATH is Docker's default where there is none.
 */
#ifndef STEPDOWN_ENVIRONMENT_H
#define STEPDOWN_ENVIRONMENT_H

#include "ids.h"

#include <stdbool.h>
#include <sys/types.h>

/* What a container engine gives a process whose image sets no PATH. */
#define ENVIRONMENT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* Done to one variable; all that it had before is gone. */
struct environment_change {
	const char *text;  /* "NAME=VALUE", which stays shared, or NAME */
	const char *value; /* of NAME, or NULL: then a NAME alone is taken out */
};

struct environment_rules {
	const struct identity *who;
	bool becomes; /* the ids change: its variables replace those given, else they only fill gaps
		       */
	bool listens; /* LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES are honoured, else removed;
			 LISTEN_PIDFDID is removed always */
	bool clear;   /* of what is given only those three stay */
	/* In their order; the first list before the user's variables, the second after them. */
	const struct environment_change *before, *after;
	size_t before_count, after_count;
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

/* Whether `entry` is NAME=..., the name being that of `text`, which ends at "=" or its NUL. */
bool environment_names(const char *entry, const char *text);

/*
 * Whether the name at `text`, which ends at "=" or its NUL, can be that of a variable: it is not
 * empty and has no control character; where `sets`, it is none of stepdown's own (STEPDOWN_*) nor
 * of those for inherited sockets. Returns 0, or -1 with a refusal that begins with `option` and the
 * name.
 */
int environment_check_name(const char *option, const char *text, bool sets, struct refusal *why);

/*
 * Reads the protocol of sd_listen_fds(3): how many descriptors from 3 on were handed to process
 * `pid`. 0 when LISTEN_PID is absent or another's. Returns 0, or -1 with a refusal: a count that is
 * not a number from 0 to FACTS_LISTEN_MAX.
 */
int environment_listen(char *const *environment, pid_t pid, unsigned *count, struct refusal *why);

#endif
