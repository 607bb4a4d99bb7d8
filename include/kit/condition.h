/* SPDX-License-Identifier: MIT */
/*
 * condition - one comparison of one argument, as Docker's and OCI's profiles write it
 *
 * Arguments are 64 bits wide and unsigned. Source: seccomp_rule_add(3), runtime-spec
 * config-linux.md.
 */
#ifndef STEPDOWN_KIT_CONDITION_H
#define STEPDOWN_KIT_CONDITION_H

#include <stdint.h>

enum { CALL_ARGUMENTS = 6 };

enum comparison {
	COMPARE_NE,
	COMPARE_LT,
	COMPARE_LE,
	COMPARE_EQ,
	COMPARE_GE,
	COMPARE_GT,
	COMPARE_MASKED_EQ, /* (argument & value) == (value_two & value) */
};

struct condition {
	unsigned index; /* 0 to CALL_ARGUMENTS - 1 */
	enum comparison comparison;
	uint64_t value; /* the mask, for COMPARE_MASKED_EQ */
	uint64_t value_two;
};

#endif
