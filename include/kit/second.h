/* SPDX-License-Identifier: MIT */
/*
 * second - the second opinion: what libseccomp makes of the same profile
 *
 * Asked for the rules that the library compiles rightly, and for nothing else: calls without
 * conditions; conditions of one action on one argument with values below 2^32; EQ and MASKED_EQ on
 * up to two arguments, below 2^32. Calls that the installed library does not know, and those that
 * it hides behind socketcall and ipc on 32-bit x86, are left out.
 */
#ifndef STEPDOWN_KIT_SECOND_H
#define STEPDOWN_KIT_SECOND_H

#include "kit/assemble.h"
#include "kit/reading.h"
#include "refusal.h"

struct second_counts {
	size_t calls;       /* compared */
	size_t left_out;    /* conditional calls that libseccomp is not asked for */
	size_t evaluations; /* of both programs */
};

/*
 * Compares for the calls of `arch`. Returns 0, or -1 with a refusal that names the first call with
 * which they disagree, or the library's own failure.
 */
int second_opinion(const struct program *program, const struct profile *profile,
		   const struct service *service, const struct architecture *arch,
		   struct second_counts *counts, struct refusal *why);

/*
 * libseccomp's program for the whole profile, every rule of it, for measuring. Returns 0, or -1
 * with a refusal.
 */
int second_compile(const struct profile *profile, const struct service *service,
		   const struct architecture *arch, struct program *out, struct refusal *why);

#endif
