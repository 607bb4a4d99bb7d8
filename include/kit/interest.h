/* SPDX-License-Identifier: MIT */
/*
 * interest - the arguments that decide what a call is good for
 *
 * Of most calls a filter can only say yes or no: their arguments are pointers, or descriptors. Of
 * some a number says which of many services of the kernel is meant: the family of a socket, the
 * request of an ioctl, the namespaces of a clone. Pure.
 */
#ifndef STEPDOWN_KIT_INTEREST_H
#define STEPDOWN_KIT_INTEREST_H

#include "kit/condition.h"
#include "kit/words.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { INTEREST_PARTS = 2, INTEREST_TEXT = 1100 };

struct interest_part {
	unsigned index;
	uint64_t mask; /* what counts: where the kernel reads an int, its 32 bits */
	enum words words;
};

struct interest {
	const char *call;
	struct interest_part parts[INTEREST_PARTS];
	size_t count;
};

/* What a call had in the arguments of interest. */
struct interest_values {
	const struct interest *interest; /* NULL: none of its arguments matter */
	uint64_t values[INTEREST_PARTS];
};

/* By the name of a call, or NULL: its arguments do not matter. */
const struct interest *interest_find(const char *call);

/* The values that count in `arguments`. `interest` may be NULL. */
struct interest_values interest_values(const struct interest *interest,
				       const uint64_t arguments[CALL_ARGUMENTS]);

/*
 * "socket(AF_INET, SOCK_STREAM)", or the name alone; into `text` of at least INTEREST_TEXT bytes,
 * which is returned.
 */
const char *interest_say(const char *call, const struct interest_values *values, char *text);

/* The conditions of a rule that allows these values and no others. Returns how many. */
size_t interest_conditions(const struct interest_values *values,
			   struct condition conditions[INTEREST_PARTS]);

#endif
