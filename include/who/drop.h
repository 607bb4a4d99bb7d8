/* SPDX-License-Identifier: MIT */
/*
 * drop - how a process becomes who it is to be: the ids of credentials(7), the five sets of
 * capabilities(7), the securebits, and what makes them final
 *
 * One table, in the order of the powers: each row needs what a later one gives up. The service goes
 * through all of it; the reader child, the init, the explainer and the drop-in names through those rows
 * that they name. Nobody sets ids or capabilities elsewhere.
 *
 * Ids are set by raw system calls: the library's wrappers block signals and visit threads, of which
 * there are none. libcap-ng applies the sets of the process; the bounding set is emptied by our own
 * prctl(2) calls, because capng_apply says yes without CAP_SETPCAP and changes nothing. Every proof
 * asks the kernel by raw calls; one that finds another state fails with EPROTO.
 */
#ifndef STEPDOWN_WHO_DROP_H
#define STEPDOWN_WHO_DROP_H

#include "ids.h"
#include "who/capabilities.h"
#include "why.h"

#include <linux/capability.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* What is to be done. The first ones are rows of the table. */
enum drop_part {
	DROP_KEYRING = 1 << 0,   /* a session keyring of its own, without the caller's keys */
	DROP_GROUPS = 1 << 1,    /* setgroups(2) to exactly the list */
	DROP_GID = 1 << 2,       /* real, effective, saved, and with the effective that of files */
	DROP_FILES_GID = 1 << 3, /* that of files to the real one */
	DROP_BOUNDING = 1 << 4,  /* CAP_SETPCAP is there: bounding set, and securebits, locked */
	DROP_INHERIT = 1 << 5,   /* what is kept becomes inheritable, so that it can be ambient */
	DROP_AMBIENT = 1 << 6,   /* ambient set = kept */
	DROP_CARRY = 1 << 7,  /* what is kept is carried over the change of uid, and raised late */
	DROP_UID = 1 << 8,    /* real, effective, saved, and that of files */
	DROP_SETS = 1 << 9,   /* effective, permitted and inheritable */
	DROP_PRIVS = 1 << 10, /* no execve(2) gives more than its caller had */
	DROP_DUMPABLE = 1 << 11, /* no ptrace(2) and no /proc/PID/mem for others of the uid */
	DROP_TRY_SETS =
		1 << 12, /* all five sets and securebits are so, and nothing gives any back */
	DROP_TRY_IDS = 1 << 13, /* groups and ids are so, and */
	DROP_TRY_UID = 1 << 14, /* uid 0 cannot be had again in any way, */
	DROP_TRY_GID = 1 << 15, /* gid 0 and its groups neither */
	/* What every service does. */
	DROP_SERVICE = DROP_SETS | DROP_PRIVS | DROP_DUMPABLE | DROP_TRY_SETS,
};

/* What a process becomes. */
struct drop {
	unsigned parts; /* of enum drop_part */
	uid_t uid;
	gid_t gid[3]; /* real, effective, saved */
	const gid_t *groups;
	size_t group_count;
	struct capability_sets capabilities; /* the ambient ones are what is kept */
	uint64_t beside;          /* permitted and effective too, until the fork: the init's */
	uint64_t bounding_excess; /* what the bounding set has and must lose */
	unsigned last_capability; /* the highest that the kernel has */
	unsigned securebits;
};

/* The ids of `who`, proven, and all sets empty but for `kept`, which tells what cannot be tried. */
static inline struct drop
drop_to(const struct identity *who, unsigned parts, uint64_t kept)
{
	return (struct drop){
		.parts = parts | DROP_TRY_IDS |
			 (who->uid && !(kept & CAPABILITY(CAP_SETUID)) ? DROP_TRY_UID : 0) |
			 (who->gid && !(kept & CAPABILITY(CAP_SETGID)) ? DROP_TRY_GID : 0),
		.uid = who->uid,
		.gid = {who->gid, who->gid, who->gid},
		.groups = who->groups,
		.group_count = who->group_count,
		.capabilities = {kept, kept, kept, 0, kept},
	};
}

struct drop_row {
	const char *what;                      /* completes "cannot ..." and "step=" */
	unsigned when;                         /* the part that it is */
	int (*apply)(const struct drop *drop); /* NULL: it only proves */
	int (*check)(const struct drop *drop); /* NULL: proven by a later row */
	enum why why;                          /* the words for its errnos */
};

enum { DROP_ROWS = 17 };

extern const struct drop_row drop_rows[DROP_ROWS + 1]; /* the last one's `what` is NULL */

/* What could not be done, and what of it is known. */
struct step_failure {
	const char *what;
	const char *value; /* what it failed with, or NULL */
	enum why why;      /* the words for that */
	bool unproven;     /* it was done, but the kernel does not show it */
	int error;         /* errno */
	unsigned row;      /* of drop_rows */
};

/* Called with the `what` of each step that was done and proven. */
typedef void step_listener(const char *what, const void *context);

/*
 * Carries out the rows of the parts. Returns 0, or -1 with errno, and `failure` filled in at the first
 * row that failed; no later one is begun. `done` may be NULL.
 */
int drop_run(const struct drop *drop, step_listener *done, const void *context,
	     struct step_failure *failure);

#endif
