/* SPDX-License-Identifier: MIT */
/*
 * samples - arguments with which a mistake in a comparison shows
 *
 * For every constant that a call's rules compare: the constant, what is next to it, each bit of it
 * turned over, garbage in the half above, and the ends of the range. Arguments that no rule looks
 * at hold garbage. The same rules give the same samples every time.
 */
#ifndef STEPDOWN_KIT_SAMPLES_H
#define STEPDOWN_KIT_SAMPLES_H

#include "kit/reading.h"

struct samples {
	uint64_t
		*values[CALL_ARGUMENTS]; /* worth trying for each argument; none if no rule looks */
	size_t counts[CALL_ARGUMENTS];
	size_t total;    /* how many samples there are */
	bool exhaustive; /* every combination; otherwise a drawing from them */
};

void samples_make(const struct reading_call *call, struct samples *out);

/* The sample `index`, from 0 to total - 1. */
void samples_get(const struct samples *samples, size_t index, uint64_t arguments[CALL_ARGUMENTS]);

void samples_free(struct samples *samples);

#endif
