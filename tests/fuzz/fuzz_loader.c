/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as an ELF file, as the cache of a loader, as the loader itself, and as a line of a
 * recording: what stepdown-kit rootfs reads in a builder stage. What is accepted must be whole.
 */
#include "kit/rootfs/from_run.h"
#include "kit/rootfs/loader_cache.h"
#include "kit/rootfs/object.h"
#include "kit/rootfs/places.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
as_places(const char *text)
{
	static const struct places_tokens tokens = {"/origin", "lib64", "x86_64"};

	for (unsigned is_musl = 0; text && is_musl < 2; is_musl++) {
		struct places places;
		struct refusal why;

		if (places_expand(text, &tokens, is_musl, &places, &why) < 0)
			continue;
		for (size_t i = 0; i < places.count; i++)
			if (places.list[i][0] != '/')
				abort();
		places_free(&places);
	}
}

static void
as_object(const uint8_t *bytes, size_t size)
{
	struct object object;
	struct refusal why;
	size_t length = 0;

	if (object_read(bytes, size, &object, &why) < 0)
		return;
	if (object_keep(&object, &why) == 0) {
		for (size_t i = 0; i < object.needed_count; i++)
			length += strlen(object.needed[i]);
		if (length > OBJECT_KEPT_MOST || (object.rpath && object.runpath) ||
		    (object.interpreter && object.interpreter[0] != '/'))
			abort();
		as_places(object.rpath);
		as_places(object.runpath);
	}
	object_free(&object);
}

/* What was read is written, and read again: the same entries. */
static void
as_cache(const uint8_t *bytes, size_t size)
{
	struct loader_cache cache, again;
	struct refusal why;
	size_t length;

	if (loader_cache_read(bytes, size, &cache, &why) < 0)
		return;
	/* A few bytes can stand for many long strings: not more than is quickly written. */
	if (cache.count < 256) {
		uint8_t *written = loader_cache_write(&cache, &length);

		if (loader_cache_read(written, length, &again, &why) < 0 ||
		    again.count != cache.count)
			abort();
		for (size_t i = 0; i < cache.count; i++)
			if (strcmp(cache.entries[i].path, again.entries[i].path) != 0)
				abort();
		loader_cache_free(&again);
		free(written);
	}
	loader_cache_free(&cache);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[PATH_MAX];
	struct places places;
	uint8_t *bytes = malloc(size + (size == 0));

	if (!bytes)
		abort();
	if (size > 0)
		memcpy(bytes, data, size);
	as_object(bytes, size);
	as_cache(bytes, size);
	places_of_loader(bytes, size, &places);
	if (places.count < 2)
		abort();
	places_free(&places);
	if (from_run_line((const char *)bytes, size, path) > 0 && path[0] != '/')
		abort();
	free(bytes);
	return 0;
}
