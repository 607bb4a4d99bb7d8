/* SPDX-License-Identifier: MIT */
/*
 * compile - from a profile to a program that has passed both checks
 *
 * policy, assemble, verify, second opinion: a program that fails a check does not leave here.
 */
#ifndef STEPDOWN_KIT_COMPILE_H
#define STEPDOWN_KIT_COMPILE_H

#include "kit/assemble.h"
#include "kit/second.h"
#include "kit/verify.h"

#include <stdbool.h>

struct compiled {
	struct program program;
	const struct architecture *arch;
	bool compat;     /* the 32-bit calls are judged too; without, they kill the process */
	uint32_t newest; /* native call number */
	struct verify_counts verified;
	struct second_counts second; /* native and compat together */
};

/* Returns 0 and `*out`, or -1 with a refusal. */
int compile_program(const struct profile *profile, const struct service *service, bool compat,
		    struct compiled *out, struct notes *notes, struct refusal *why);

/* Both checks alone, for a program that came from elsewhere. Fills in the counts of `compiled`. */
int compile_check(struct compiled *compiled, const struct profile *profile,
		  const struct service *service, struct refusal *why);

#endif
