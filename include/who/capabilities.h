/* SPDX-License-Identifier: MIT */
/*
 * capabilities - the sets of capabilities(7) of this process
 *
 * libcap-ng sets and names them. Whoever asks what they are asks the kernel by raw capget(2) and
 * prctl(2), never the library. All functions return 0, or -1 with errno, unless they say otherwise.
 */
#ifndef STEPDOWN_WHO_CAPABILITIES_H
#define STEPDOWN_WHO_CAPABILITIES_H

#include "refusal.h"

#include <stdint.h>

/* The bit of capability `n` in a set. */
#define CAPABILITY(n) (UINT64_C(1) << (n))

/* The five sets of capabilities(7), bit N for capability N. */
struct capability_sets {
	uint64_t effective;
	uint64_t permitted;
	uint64_t inheritable;
	uint64_t bounding;
	uint64_t ambient;
};

/* Reads the first three; all ones if the kernel says yes and writes nothing. */
int capabilities_read(struct capability_sets *sets);

/* Makes the first three so. */
int capabilities_set(const struct capability_sets *sets);

/* Whether the first three are so. EPROTO: they are not. */
int capabilities_prove(const struct capability_sets *sets);

/* Reads all five, and the number of the highest capability that the kernel has. -1 with `why`. */
int capabilities_look(struct capability_sets *sets, unsigned *last, struct refusal *why);

#endif
