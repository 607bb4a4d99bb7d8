/* SPDX-License-Identifier: MIT */
/*
 * sightings - which calls were seen, each kind of them once
 *
 * A kind is a call of an architecture with certain values in the arguments that matter. How many
 * kinds there are is bounded, whatever the service does: where a call comes with more values than
 * FINDINGS_VALUES, the rest of them counts as one kind, whose values are unknown. Pure.
 */
#ifndef STEPDOWN_KIT_SIGHTINGS_H
#define STEPDOWN_KIT_SIGHTINGS_H

#include "kit/calls.h"
#include "kit/interest.h"

#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FINDINGS_VALUES = 256, FINDINGS_NUMBERS = 1024 };

struct sighting {
	const struct architecture *arch;
	uint32_t number;
	const char *name; /* NULL: no call that is known */
	struct interest_values values;
	bool many;                 /* stands for all values that are not told apart any more */
	struct seccomp_data first; /* the first call of its kind */
	uint64_t united;           /* every bit that its first argument ever had */
	uint64_t programs;         /* one bit for each */
	unsigned long long count;
	bool later;      /* also when the start-up was over */
	uint32_t answer; /* what a profile says to it, where there is one to ask */
};

struct sightings {
	struct sighting *list; /* in the order of their first time */
	size_t count;
	size_t *slots; /* an index + 1 into the list, by hash */
	size_t slot_count;
	struct sightings_call { /* by number, for each architecture */
		bool known;
		const char *name;
		const struct interest *interest;
	} * calls;
};

void sightings_init(struct sightings *sightings);
void sightings_free(struct sightings *sightings);

/* The architecture of a call, or NULL: one that nobody here has a table for. */
const struct architecture *sightings_arch(uint32_t audit);

/* The name of a call, or NULL. Quick. */
const char *sightings_name(struct sightings *sightings, const struct architecture *arch,
			   uint32_t number);

/*
 * Counts a call. `answer` tells kinds apart, too: 0 where no profile is asked. Returns its kind,
 * valid until the next call of this function.
 */
struct sighting *sightings_add(struct sightings *sightings, const struct seccomp_data *data,
			       unsigned program, bool later, uint32_t answer);

/* What was seen so far belongs to the start-up. */
void sightings_restart(struct sightings *sightings);

#endif
