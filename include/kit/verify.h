/* SPDX-License-Identifier: MIT */
/*
 * verify - check a finished program against a plain reading of its profile
 *
 * Every number up to beyond the newest known one, x32 numbers, foreign architectures, the canary,
 * values at and around every constant, garbage in the upper halves; and that the kernel can
 * remember every call that is allowed without conditions. The program is taken as bytes: what made
 * it does not matter.
 */
#ifndef STEPDOWN_KIT_VERIFY_H
#define STEPDOWN_KIT_VERIFY_H

#include "kit/assemble.h"
#include "kit/reading.h"
#include "refusal.h"

struct verify_counts {
	size_t evaluations;
};

/*
 * `compat` may be NULL. Returns 0, or -1 with a refusal that names the first call with which the
 * program and the profile disagree, and both answers.
 */
int verify(const struct program *program, const struct profile *profile,
	   const struct service *service, const struct architecture *compat,
	   struct verify_counts *counts, struct refusal *why);

#endif
