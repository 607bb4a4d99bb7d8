/* SPDX-License-Identifier: MIT */
/* closure_known: each file is read once. */
#include "kit/rootfs/closure.h"

#include "kit/heap.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

static int
compare_known(const void *left, const void *right)
{
	return strcmp(((const struct known *)left)->canonical,
		      ((const struct known *)right)->canonical);
}

static void
free_one(void *node)
{
	struct known *known = node;

	object_free(&known->object);
	free(known->canonical);
	free(known);
}

struct known *
closure_known(struct closure *closure, const char *canonical, struct refusal *why)
{
	struct known key = {.canonical = (char *)(uintptr_t)canonical};
	struct known **there = tfind(&key, &closure->known, compare_known);
	struct source_bytes bytes;
	struct object object;

	if (there)
		return *there;
	if (source_map(&closure->gather->source, canonical, &bytes) < 0) {
		refuse(why, "cannot read /%s: %s", canonical, strerror(errno));
		return NULL;
	}
	int result = object_read(bytes.bytes, bytes.size, &object, why);
	if (result == 0 && (result = object_keep(&object, why)) < 0)
		object_free(&object);
	source_unmap(&bytes);
	if (result < 0)
		return NULL;
	struct known *known = memory_new(1, sizeof(*known));
	*known = (struct known){memory_string(canonical), object, closure->newest};
	closure->newest = known;
	tsearch(known, &closure->known, compare_known);
	return known;
}

void
known_free(struct closure *closure)
{
	tdestroy(closure->known, free_one);
}
