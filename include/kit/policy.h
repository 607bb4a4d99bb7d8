/* SPDX-License-Identifier: MIT */
/*
 * policy - what a profile means for one architecture: an answer for every call number
 *
 * This is where the rules about rules are applied:
 * - includes and excludes are asked for the service's capabilities, its kernel, and the native
 *   architecture (as Docker does, for the 32-bit calls too);
 * - an unconditional rule beats conditional ones; of several unconditional ones, or of several
 *   conditional ones that match, the most restrictive wins, and of equals the first;
 * - the calls of call_always are allowed whatever the profile says;
 * - the canary is answered in every policy; a number above the newest that the profile names, for
 *   allowing or for denying it, is answered with ENOSYS, so that a libc falls back to older calls,
 *   unless the profile's default lets calls pass; so is an x32 number, in any case.
 */
#ifndef STEPDOWN_KIT_POLICY_H
#define STEPDOWN_KIT_POLICY_H

#include "kit/calls.h"
#include "kit/condition.h"
#include "kit/notes.h"
#include "kit/profile.h"
#include "refusal.h"

/* For whom a profile is compiled: the image does not know it, so it is said at compile time. */
struct service {
	const struct architecture *native;
	const char *const *caps; /* CAP_*, the bounding set after the drop */
	size_t cap_count;
	unsigned kernel[2]; /* major, minor; the oldest that it will run on */
};

/* Matches when all its conditions do. */
struct policy_rule {
	uint32_t action;
	const struct condition *conditions; /* belongs to the profile */
	size_t condition_count;             /* at least 1 */
};

struct policy_call {
	uint32_t number;
	uint32_t action;           /* when no rule matches */
	struct policy_rule *rules; /* the most restrictive first */
	size_t rule_count;
	bool unconditional; /* settled by a rule without conditions */
	bool always;        /* settled by call_always */
	bool narrow;        /* its arguments are 32 bits wide */
};

struct policy {
	const struct architecture *arch;
	uint32_t default_action;
	uint32_t above; /* for numbers that are newer than the profile */
	uint32_t newest;
	struct policy_call *calls; /* in order of number; the others get default_action or above */
	size_t call_count;
};

/*
 * Resolves `profile` for the calls of `arch`: service->native or its compat architecture.
 * Returns 0 and `*out`, to be released with policy_free, or -1 with a refusal: a profile that
 * denies execve outright, or that names no call at all.
 */
int policy_make(const struct profile *profile, const struct service *service,
		const struct architecture *arch, struct policy *out, struct notes *notes,
		struct refusal *why);

/*
 * Whether the profile is meant for `arch` when the machine is `native`: it names it, or names no
 * architecture, which means the native one alone.
 */
bool policy_covers(const struct profile *profile, const struct architecture *native,
		   const struct architecture *arch);

void policy_free(struct policy *policy);

#endif
