/* SPDX-License-Identifier: MIT */
/*
 * kinds - which denials have been seen before
 *
 * Pure, of fixed size. Denials are of one kind if they are the same call with the same verdict and
 * agree in every argument that the filter looked at, or that the log shows by name. A service can
 * make up kinds without end, so that only the first KINDS_MOST are told apart.
 *
 * Arguments are taken in 32-bit words, in memory's order; bit n of a mask stands for word n.
 */
#ifndef STEPDOWN_EXPLAIN_KINDS_H
#define STEPDOWN_EXPLAIN_KINDS_H

#include "confine/evaluate.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	KINDS_MOST = 256,
	KINDS_WORDS = 12, /* six arguments */
};

struct kind {
	uint32_t arch;
	uint32_t number;
	uint32_t action;
	uint16_t looked;              /* the words that the filter looked at */
	uint16_t words;               /* these, and those that are shown by name */
	uint32_t values[KINDS_WORDS]; /* meaningless where a word does not matter */
};

struct kinds {
	struct kind seen[KINDS_MOST];
	unsigned count;
};

/* Whether a denial of that kind was added before. */
bool kinds_know(const struct kinds *kinds, const struct seccomp_data *data,
		const struct verdict *verdict);

/*
 * Remembers one that is not known yet; `shown` are the words that the log shows by name. Returns
 * false where there is no room.
 */
bool kinds_add(struct kinds *kinds, const struct seccomp_data *data, const struct verdict *verdict,
	       unsigned shown);

#endif
