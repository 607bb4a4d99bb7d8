/* SPDX-License-Identifier: MIT */
/*
 * source - bytes that can be read from any offset: a file, a part of another source, what a gzip
 * stream holds
 *
 * The bytes may be hostile: every read is bounded, and none writes anything. A source never owns
 * the one that it reads from.
 */
#ifndef STEPDOWN_KIT_AUDIT_SOURCE_H
#define STEPDOWN_KIT_AUDIT_SOURCE_H

#include "refusal.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct source {
	ssize_t (*read)(struct source *source, uint64_t offset, void *bytes, size_t length,
			struct refusal *why);
	void (*release)(struct source *source);
};

/* What all gzip streams of one audit may take together. */
struct source_limits {
	uint64_t inflated;    /* bytes that may still come out */
	unsigned checkpoints; /* that may still be made, of some 32 KiB each */
};

#define SOURCE_INFLATED_MOST (UINT64_C(64) << 30) /* bytes */

enum {
	SOURCE_CHECKPOINTS_MOST = 2048,
	SOURCE_RATIO_MOST = 200,     /* output to input, ... */
	SOURCE_RATIO_FROM = 1 << 30, /* ... once this much has come out, bytes */
};

/* Reads a regular file of `size` bytes; closes `descriptor` when it is released. */
struct source *source_of_file(int descriptor, uint64_t size);

/* `length` bytes in memory, which the caller keeps. */
struct source *source_memory(const void *bytes, size_t length);

/* `length` bytes of `parent` from `offset` on. */
struct source *source_slice(struct source *parent, uint64_t offset, uint64_t length);

/*
 * What the gzip stream in `compressed` holds, all of its members. Reading forward is cheap, going
 * back costs as much as inflating the stretch from the last checkpoint.
 */
struct source *source_gzip(struct source *compressed, struct source_limits *limits);

/*
 * Reads up to `length` bytes; fewer at the end alone. Returns how many, or -1 with a refusal: it
 * cannot be read, it is damaged or cut off, it inflates to more than the limits.
 */
ssize_t source_read(struct source *source, uint64_t offset, void *bytes, size_t length,
		    struct refusal *why);

/* NULL is accepted. */
void source_free(struct source *source);

#endif
