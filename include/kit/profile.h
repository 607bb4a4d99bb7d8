/* SPDX-License-Identifier: MIT */
/*
 * profile - read a seccomp profile in Docker's or OCI's JSON into a plain struct
 *
 * Strict: a comment, a trailing comma, a wrong type, a number that does not fit, a key given twice,
 * an action, operator, architecture or flag that nobody knows is refused with its line or its
 * place. A key that Docker ignores is ignored here too, with a note. Nothing is resolved yet:
 * names, arches and capabilities stay strings. Source: moby profiles/seccomp, runtime-spec
 * config-linux.md, containers/common pkg/seccomp (its errno strings).
 */
#ifndef STEPDOWN_KIT_PROFILE_H
#define STEPDOWN_KIT_PROFILE_H

#include "kit/condition.h"
#include "kit/notes.h"
#include "refusal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct profile_strings {
	const char **texts;
	size_t count;
};

/* When a rule applies (includes), or does not (excludes). */
struct profile_filter {
	struct profile_strings arches;
	struct profile_strings caps;
	bool has_kernel; /* minKernel was given */
	unsigned kernel[2];
};

struct profile_rule {
	struct profile_strings names;
	uint32_t action; /* as the kernel wants it returned: SECCOMP_RET_* and its data */
	struct condition *conditions;
	size_t condition_count;
	bool any; /* the conditions are alternatives: an argument is named twice */
	struct profile_filter includes;
	struct profile_filter excludes;
};

/* One architecture and the 32-bit ones that go with it, as in archMap. */
struct profile_arch {
	const char *name;
	struct profile_strings others;
};

struct profile {
	uint32_t default_action;
	struct profile_strings architectures; /* the plain list */
	struct profile_arch *arch_map;
	size_t arch_map_count;
	struct profile_rule *rules;
	size_t rule_count;
	void *document; /* what the strings above point into */
};

/*
 * Reads `length` bytes. Returns 0, or -1 with a refusal; `*out` is valid in the first case alone,
 * until profile_free. What is worth knowing goes to `notes`.
 */
int profile_parse(const char *bytes, size_t length, struct profile *out, struct notes *notes,
		  struct refusal *why);

void profile_free(struct profile *profile);

#endif
