/* SPDX-License-Identifier: MIT */
#include "kit/rootfs/lookup.h"

#include "kit/heap.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct object *
object_of(const struct lookup *lookup, size_t index)
{
	return &lookup->scope->list[index].known->object;
}

/* For a refusal: where was looked, once each and in order, as far as there is room. */
static void
note_tried(struct lookup *lookup, const char *place)
{
	size_t used = strlen(lookup->tried);

	if (strstr(lookup->tried, place) || used + strlen(place) + 8 > sizeof(lookup->tried))
		return;
	snprintf(lookup->tried + used, sizeof(lookup->tried) - used, "%s%s", used ? ", " : "",
		 place);
}

/* Takes what stands at `path` if the loader would. */
static int
try_path(struct lookup *lookup, const char *path, struct refusal *why)
{
	struct closure *closure = lookup->closure;
	char *canonical;
	struct stat about;
	struct refusal inner;

	if (source_walk(&closure->gather->source, path, NULL, NULL, &canonical, &about, why))
		return 0;
	if (!S_ISREG(about.st_mode)) {
		free(canonical);
		return 0;
	}
	struct known *known = closure_known(closure, canonical, &inner);
	free(canonical);
	if (!known)
		return refuse(why, "%s, which %s needs: %s", path,
			      lookup->scope->list[lookup->asker].opened_as, inner.text);
	if (known->object.kind != OBJECT_DYNAMIC)
		return refuse(why, "%s, which %s needs, is no shared library", path,
			      lookup->scope->list[lookup->asker].opened_as);
	if (!object_same_machine(&known->object, object_of(lookup, lookup->asker))) {
		char name[32];

		snprintf(lookup->foreign, sizeof(lookup->foreign), "%.200s is for %s", path,
			 object_machine_text(&known->object.machine, name, sizeof(name)));
		return lookup->scope->loader->is_musl
			       ? refuse(why, "%s needs %s, but %s",
					lookup->scope->list[lookup->asker].opened_as, lookup->name,
					lookup->foreign)
			       : 0;
	}
	lookup->found = known;
	lookup->opened_as = memory_string(path);
	return 0;
}

static int
try_places(struct lookup *lookup, const struct places *places, struct refusal *why)
{
	for (size_t i = 0; i < places->count && !lookup->found; i++) {
		char path[PATH_MAX];

		note_tried(lookup, places->list[i]);
		if (snprintf(path, sizeof(path), "%s/%s", places->list[i], lookup->name) <
			    (int)sizeof(path) &&
		    try_path(lookup, path, why) < 0)
			return -1;
	}
	return 0;
}

/* A search path that stands in the object at `index`. */
static int
try_list(struct lookup *lookup, size_t index, const char *text, struct refusal *why)
{
	const struct loader *loader = lookup->scope->loader;
	const char *opened_as = lookup->scope->list[index].opened_as;
	char *origin = memory_string(opened_as);
	struct places places;
	struct refusal inner;

	if (!text) {
		free(origin);
		return 0;
	}
	char *slash = strrchr(origin, '/');
	slash[slash == origin] = '\0';
	struct places_tokens tokens = {
		.origin = origin,
		.lib = loader->lib,
		.platform = loader->is_musl ? NULL
					    : places_platform(&object_of(lookup, index)->machine),
	};
	int result = places_expand(text, &tokens, loader->is_musl, &places, &inner);
	free(origin);
	if (result < 0)
		return refuse(why, "%s: %s", opened_as, inner.text);
	if (places.has_relative)
		gather_note(
			lookup->closure->gather,
			"%s: its search path depends on the working directory, which is left out: %s",
			opened_as, text);
	result = try_places(lookup, &places, why);
	places_free(&places);
	return result;
}

static bool
is_default_place(const struct loader *loader, const char *path)
{
	const char *slash = strrchr(path, '/');

	for (size_t i = 0; i < loader->defaults.count; i++) {
		const char *place = loader->defaults.list[i];

		if (strlen(place) == (size_t)(slash - path) &&
		    strncmp(place, path, strlen(place)) == 0)
			return true;
	}
	return false;
}

static int
search_glibc(struct lookup *lookup, struct refusal *why)
{
	const struct loader *loader = lookup->scope->loader;
	const struct object *asker = object_of(lookup, lookup->asker);
	size_t at = lookup->asker;

	for (; !asker->runpath && !lookup->found; at = lookup->scope->list[at].parent) {
		if (try_list(lookup, at, object_of(lookup, at)->rpath, why) < 0)
			return -1;
		if (lookup->scope->list[at].parent == at)
			break;
	}
	if (!lookup->found && !asker->runpath && at != 0 &&
	    try_list(lookup, 0, object_of(lookup, 0)->rpath, why) < 0)
		return -1;
	if (!lookup->found && try_list(lookup, lookup->asker, asker->runpath, why) < 0)
		return -1;
	if (!lookup->found) {
		const char *path =
			loader_cache_find(&loader->cache, lookup->name, loader->cache_flags);

		if (path && *path == '/' &&
		    !(asker->ignores_default && is_default_place(loader, path))) {
			if (try_path(lookup, path, why) < 0)
				return -1;
			lookup->by_cache = lookup->found && !is_default_place(loader, path);
		}
	}
	if (!lookup->found && !asker->ignores_default)
		return try_places(lookup, &loader->defaults, why);
	return 0;
}

static int
search_musl(struct lookup *lookup, struct refusal *why)
{
	for (size_t at = lookup->asker; !lookup->found; at = lookup->scope->list[at].parent) {
		const struct object *object = object_of(lookup, at);

		if (try_list(lookup, at, object->runpath ? object->runpath : object->rpath, why) <
		    0)
			return -1;
		if (lookup->scope->list[at].parent == at)
			break;
	}
	return lookup->found ? 0 : try_places(lookup, &lookup->scope->loader->defaults, why);
}

int
lookup_run(struct lookup *lookup, struct refusal *why)
{
	const struct loader *loader = lookup->scope->loader;

	if (strchr(lookup->name, '/')) {
		if (lookup->name[0] == '/')
			return try_path(lookup, lookup->name, why);
		return refuse(why, "%s needs %s by a path that depends on the working directory",
			      lookup->scope->list[lookup->asker].opened_as, lookup->name);
	}
	return loader->is_musl ? search_musl(lookup, why) : search_glibc(lookup, why);
}
