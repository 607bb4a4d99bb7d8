/* SPDX-License-Identifier: MIT */
/*
 * evaluate - run a seccomp program on a call, as the kernel would
 *
 * Knows the instructions that our compiler and libseccomp's make: loads from seccomp_data, AND with
 * a constant, jumps, returns. Anything else, a jump out of the program or a load that is not
 * aligned is an error, never a guess. Source: seccomp_check_filter in the kernel's seccomp.c.
 */
#ifndef STEPDOWN_CONFINE_EVALUATE_H
#define STEPDOWN_CONFINE_EVALUATE_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct verdict {
	uint32_t action;
	bool plain;  /* found from number and architecture alone */
	bool cached; /* plain, and ALLOW: the kernel remembers it */
	/* bit n: 32-bit word n of the arguments, in memory's order, was looked at */
	unsigned words;
	unsigned steps; /* instructions that were run */
};

/* Returns 0, or -1 where the program is malformed. */
int evaluate(const struct sock_filter *code, size_t length, const struct seccomp_data *data,
	     struct verdict *verdict);

#endif
