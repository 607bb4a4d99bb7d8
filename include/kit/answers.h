/* SPDX-License-Identifier: MIT */
/*
 * answers - what a finished program answers to every call that has a name, in words
 */
#ifndef STEPDOWN_KIT_ANSWERS_H
#define STEPDOWN_KIT_ANSWERS_H

#include "kit/walks.h"
#include "refusal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What one call gets: "ALLOW", or a line for each way through its conditions. */
struct answer {
	uint32_t number;
	const char *name;
	char *text;
	struct paths paths;
};

struct answers {
	struct answer *list;
	size_t count;
	bool canary; /* it has that of confine/filter.h, which no answer speaks of */
};

/* All named calls of `arch`. Release with answers_free, after a refusal too. */
int answers_make(const struct program *program, const struct architecture *arch,
		 struct answers *out, struct refusal *why);
void answers_free(struct answers *answers);

/* "ERRNO(EPERM)": action_text with the errno's name; `size` at least ACTION_TEXT. */
const char *answer_action(uint32_t action, char *text, size_t size);

#endif
