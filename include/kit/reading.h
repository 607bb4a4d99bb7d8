/* SPDX-License-Identifier: MIT */
/*
 * reading - what a profile says about one call, read as a person would read it
 *
 * The measure for finished programs. It shares no code with policy and assemble on purpose: it asks
 * the profile itself, rule by rule, at the time of the question. Slow, short, and without tricks.
 */
#ifndef STEPDOWN_KIT_READING_H
#define STEPDOWN_KIT_READING_H

#include "kit/policy.h"
#include "kit/profile.h"

#include <stdbool.h>
#include <stdint.h>

struct reading {
	const struct profile *profile;
	const struct service *service;
	const struct architecture *arch;
	uint32_t newest;
};

/* The rules about one call of one architecture that apply to this service, in their order. */
struct reading_call {
	const struct reading *reading;
	uint32_t number;
	const char *name; /* or NULL */
	const struct profile_rule **rules;
	size_t rule_count;
	bool mentioned;                 /* some rule names it, whether it applies or not */
	const struct condition *canary; /* NULL but for the canary's call; see confine/filter.h */
};

void reading_make(const struct profile *profile, const struct service *service,
		  const struct architecture *arch, struct reading *out);

/* `out` is to be released with reading_call_free. */
void reading_call(const struct reading *reading, uint32_t number, struct reading_call *out);
void reading_call_free(struct reading_call *call);

/* Whether the answer depends on arguments. */
bool reading_conditional(const struct reading_call *call);

/* Whether this is the canary, of which the profile knows nothing. */
bool reading_is_canary(const struct reading_call *call, const uint64_t arguments[CALL_ARGUMENTS]);

/* The answer, a SECCOMP_RET_* value. */
uint32_t reading_answer(const struct reading_call *call, const uint64_t arguments[CALL_ARGUMENTS]);

#endif
