/* SPDX-License-Identifier: MIT */
/*
 * plan - everything that will be done, decided and validated before anything is changed
 *
 * Pure: options and facts in, a plan or a refusal out. The steps carry the plan out and decide
 * nothing; --dry-run prints it. What cannot be done on this machine, and need not be for the
 * service to be safe, is listed in `left_out` with its reason.
 */
#ifndef STEPDOWN_PLAN_H
#define STEPDOWN_PLAN_H

#include "confine/filter.h"
#include "confine/landlock.h"
#include "confine/profile_file.h"
#include "environment.h"
#include "facts.h"
#include "ids.h"
#include "options.h"
#include "plan_certs.h"
#include "plan_environment.h"
#include "plan_init.h"
#include "plan_owners.h"
#include "plan_service.h"
#include "plan_zone.h"
#include "refusal.h"
#include "who/drop.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum {
	PLAN_NOTES = 16,
	PLAN_NOTE_SIZE = 400,
	PLAN_ENVIRONMENT = 512, /* pointers' worth of memory; a larger environment gets its own */
};

struct plan_note {
	char text[PLAN_NOTE_SIZE];
};

struct plan_notes {
	struct plan_note notes[PLAN_NOTES];
	unsigned count;
};

struct power_memory;
struct share;
struct report;
struct setup_failure;

struct plan {
	/* Identity. */
	struct identity who; /* ids and groups of the service */
	uint64_t kept;       /* --keep-cap */
	struct drop drop;    /* how the service becomes that; the saved gid is the init's own */

	/* Set-up. */
	struct plan_zone zone;
	struct plan_owners owners;

	/* Descriptors. */
	bool own_stream[3];          /* chown 0, 1, 2 to the service's uid */
	unsigned listen_descriptors; /* kept open from 3 on */

	/* The init that stays behind, or not. */
	struct plan_init init;

	struct plan_certs certs; /* --certs, --ca-add */

	/* The service. */
	pid_t parent; /* its own: the caller's process, or the init */
	int parent_death_signal;
	const struct filter_program *filter; /* NULL: --seccomp off */
	bool no_seccomp; /* no filter can be loaded on this machine, and none of our own is */
	/* Beside it, or NULL: --exec-only, --fs-ro, --fs-rw, --fs-exec. */
	const struct filter_program *execution_filter;
	/* Beside them, or NULL: --net-bind, --net-connect. */
	const struct filter_program *port_filter;
	/* Beside them, or NULL: a terminal, and no profile of ours to deny TIOCSTI. */
	const struct filter_program *terminal_filter;
	bool explains;       /* what it denies is logged; needs the init */
	struct share *share; /* with the explainer, once it is open */
	struct landlock_plan landlock;
	bool compat;        /* it judges the machine's 32-bit calls too */
	char **environment; /* NULL-terminated, in `room` or in memory of its own; made last */
	char *const *command;
	const char *search_path;  /* the service's PATH */
	char directory[PATH_MAX]; /* the working directory, entered or inherited */
	struct plan_service service;
	struct plan_environment variables;

	/* For the steps of the set-up, set by main: where they say what they failed at, and how to
	 * speak while they work. */
	struct setup_failure *failure;
	const struct report *report;

	char *room[PLAN_ENVIRONMENT];
	struct profile_file
		*profile; /* main's, for --seccomp FILE: the explainer goes on reading it */
	const struct power_memory
		*memory;            /* main's: what init and explainer forget, the plan with it */
	struct plan_notes left_out; /* what cannot be done here, "key: reason" */
	struct plan_notes warnings;
};

/*
 * Makes the plan in `plan`, which must be all zero, but for the environment, which
 * plan_environment_make makes when all that is exported is known. `options` and `facts` must
 * outlive it. Returns 0, or -1 with a refusal; then nothing has been changed anywhere.
 */
int plan_make(struct plan *plan, const struct options *options, const struct facts *facts,
	      struct refusal *why);

/* Whether the plan will look into the group file: not if all groups are given as numbers. */
bool plan_needs_groups(const struct options *options);

/* Adds a note; more than PLAN_NOTES are dropped, longer ones are cut. */
__attribute__((format(printf, 2, 3))) void plan_note(struct plan_notes *notes, const char *format,
						     ...);

#endif
