/* SPDX-License-Identifier: MIT */
/*
 * plan_owners - which directories are made, which trees are given away, and to whom
 *
 * Pure. What cannot work is refused here, where nothing has been changed yet: a path that is
 * protected, a link, or on a read-only file system; a tree that is not there and that no --mkdir
 * makes; an owner whom this user namespace lacks; a capability that root lacks, unless all is right
 * already. What is deeper in a tree is met by the step.
 */
#ifndef STEPDOWN_PLAN_OWNERS_H
#define STEPDOWN_PLAN_OWNERS_H

#include "facts_owners.h"
#include "options.h"
#include "refusal.h"

#include <stdbool.h>
#include <sys/types.h>

struct plan;

struct plan_place {
	const char *path; /* in the option's value: its first `length` bytes */
	unsigned length;
	uid_t user;
	gid_t group;
	bool has_mode; /* --mkdir */
	mode_t mode;
	bool once; /* --chown-once */
};

struct plan_owners {
	struct plan_place directories[FACTS_PLACES];
	unsigned directory_count;
	struct plan_place trees[FACTS_PLACES];
	unsigned tree_count;
	const struct protected_places *protect;
};

/* Fills plan->owners. Returns 0, or -1 with a refusal. */
int plan_owners_make(struct plan *plan, const struct options *options, const struct facts *facts,
		     struct refusal *why);

/*
 * Walks the options that name a place: each --mkdir in the order given, then --chown and
 * --chown-once in the order given. *cursor starts at 0. Returns the next one, or NULL at the end.
 */
const struct option_entry *plan_owners_next(const struct options *options, unsigned *cursor);

/* Whether `place` is `other` or lies below it, by their paths. */
bool plan_place_is_in(const struct plan_place *place, const struct plan_place *other);

/* Whether one of the directories that will be made is `path`, or lies below it. */
bool plan_owners_will_make(const struct plan_owners *owners, const char *path);

/* Whether an owner is named by a group's name. */
bool plan_owners_need_groups(const struct options *options);

#endif
