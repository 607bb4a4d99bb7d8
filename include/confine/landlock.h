/* SPDX-License-Identifier: MIT */
/*
 * landlock - take files, programs and ports away from this process and its descendants
 *
 * In the service alone, after the drop and before seccomp. landlock_open() and what adds to its
 * ruleset run as the service's user, so that no rule reaches further than that user does; they
 * change nothing. landlock_restrict() is the point of no return. Source: landlock(7).
 */
#ifndef STEPDOWN_CONFINE_LANDLOCK_H
#define STEPDOWN_CONFINE_LANDLOCK_H

#include "confine/landlock_rights.h"
#include "refusal.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	LANDLOCK_PATHS = 64, /* that options may name */
	LANDLOCK_PORTS = 64,
};

struct landlock_path {
	const char *path; /* absolute */
	enum landlock_use use;
};

struct landlock_port {
	uint16_t number;
	uint16_t right; /* enum landlock_port_right */
};

struct landlock_plan {
	bool restricts; /* there is a ruleset */
	bool needs;     /* the files of landlock_needs[] are included */
	struct landlock_handled handled;
	struct landlock_path paths[LANDLOCK_PATHS];
	unsigned path_count;
	struct landlock_port ports[LANDLOCK_PORTS];
	unsigned port_count;
	int ruleset; /* the service opens it, when it is known what the command is */
};

struct landlock_facts {
	/* What is asked: nothing is looked at unless `asked`. */
	bool asked;
	struct landlock_path paths[LANDLOCK_PATHS];
	unsigned path_count;

	/* What was found. */
	int path_errors[LANDLOCK_PATHS]; /* of place_open_following(), 0 for none */
	int version;                     /* the kernel's ABI, 0 for none */
	int error;                       /* why there is none: ENOSYS, EOPNOTSUPP, EPERM; else 0 */
	unsigned errata;                 /* those that are mended, bit N-1 for erratum N */
	int trial_error;                 /* of one more layer, tried in a child: 0, E2BIG, EPERM */
};

/*
 * Fills in what was found: asks the kernel, looks at the paths, and tries one layer in a child that
 * ends at once. Returns 0, or -1 with a refusal: the child could not be made.
 */
int landlock_look(struct landlock_facts *facts, struct refusal *why);

/* The ABI that the kernel says it has; 0 with errno if there is none. */
int landlock_version(unsigned *errata);

/*
 * Makes the ruleset of the plan, with a rule for each of its paths and ports, and for what every
 * program needs, and notes its descriptor, closed on exec. Returns 0, or -1 with a refusal that
 * names the path.
 */
int landlock_open(struct landlock_plan *plan, struct refusal *why);

/*
 * Adds the right to execute, and to read, the file at `path`, all links followed. Returns 0, or -1
 * with a refusal.
 */
int landlock_allow(const struct landlock_plan *plan, const char *path, struct refusal *why);

/*
 * Puts the plan's ruleset in force for this thread and all its descendants, and closes it. Needs
 * no_new_privs. Returns 0, or -1 with errno: E2BIG there are as many layers as a kernel has; EPERM.
 */
int landlock_restrict(const struct landlock_plan *plan);

/*
 * Proves that what was taken away is refused, by calls that change nothing where they are not: a
 * device node is renamed to its own name, which is no change (rename(2)), but takes a right that no
 * rule gives; where there is none that could be, one is made, for which the service has no
 * capability; a socket is bound, and one connected, at addresses that no machine has.
 * Returns 0, or -1 with errno: EPROTO it was not refused; another one: the proof could not be made.
 */
int landlock_check(const struct landlock_plan *plan);

#endif
