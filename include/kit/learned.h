/* SPDX-License-Identifier: MIT */
/*
 * learned - a profile that allows what was seen, grown out of one that is there already
 *
 * Rules are added for what the profile does not allow yet, and for nothing else: a call whose
 * arguments matter gets a rule for each set of values, the others stand in lists, one for each set
 * of programs that made them. The same sightings give the same text, in whatever order they came.
 * Pure, but for memory.
 */
#ifndef STEPDOWN_KIT_LEARNED_H
#define STEPDOWN_KIT_LEARNED_H

#include "kit/policy.h"
#include "kit/profile.h"
#include "kit/programs.h"
#include "kit/sightings.h"
#include "refusal.h"

#include <json-c/json_object.h>

/* What the rules are for. */
struct learned {
	struct json_object *document;
	const struct sightings *sightings;
	const struct programs *programs;
	struct service service;
	bool served; /* the start-up came to an end */
};

/*
 * Adds the rules of another document to `document`: of lists the names that are new, of other rules
 * those that are not there yet, and its architectures. What one of them denies stays denied.
 * Returns 0, or -1 with a refusal: their default actions differ.
 */
int learned_merge(struct json_object *document, struct json_object *other, struct refusal *why);

/* The document as a profile, to be released with profile_free. Returns 0, or -1 with a refusal. */
int learned_parse(struct json_object *document, struct profile *profile, struct refusal *why);

/*
 * Adds what the sightings need. Returns 0, or -1 with a refusal: a rule of the document denies a
 * call by name, or with some arguments where the rule that is needed would have no conditions, or
 * the document is no profile.
 */
int learned_add(struct learned *learned, struct refusal *why);

/* Names this machine in the document, and its 32-bit calls too where `compat`. */
void learned_arch(struct json_object *document, const struct architecture *native, bool compat);

/* What a profile says to a kind of call, a SECCOMP_RET_* value. */
uint32_t learned_answer(const struct profile *profile, const struct service *service,
			const struct sighting *sighting);

/*
 * Whether a rule with conditions denies such a call with some arguments: one without conditions
 * that allows it would lift that.
 */
bool learned_denies_some(const struct profile *profile, const struct service *service,
			 const struct sighting *sighting);

/* A rule that allows this kind of call, and no other; to be put. `comment` may be NULL. */
struct json_object *learned_rule(const struct sighting *sighting, const char *comment);

/* The names of the programs in `bits`, "/bin/sh, /bin/ls and 3 more", in memory to be freed. */
char *learned_programs(const struct programs *programs, uint64_t bits);

#endif
