/* SPDX-License-Identifier: MIT */
#include "kit/rootfs/closure.h"

#include "kit/heap.h"
#include "kit/rootfs/lookup.h"

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
free_known(void *node)
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

static void
scope_free(struct scope *scope)
{
	for (size_t i = 0; i < scope->count; i++) {
		free(scope->list[i].opened_as);
		free(scope->list[i].name);
	}
	free(scope->list);
	*scope = (struct scope){0};
}

void
closure_free(struct closure *closure)
{
	scope_free(&closure->main);
	tdestroy(closure->known, free_known);
	for (size_t i = 0; i < closure->loader_count; i++) {
		loader_free(closure->loaders[i]);
		free(closure->loaders[i]);
	}
	free(closure->loaders);
	for (size_t i = 0; i < closure->late_count; i++) {
		free(closure->late[i].name);
		free(closure->late[i].who);
	}
	free(closure->late);
	for (size_t i = 0; i < closure->cached.count; i++) {
		free((char *)(uintptr_t)closure->cached.entries[i].name);
		free((char *)(uintptr_t)closure->cached.entries[i].path);
	}
	loader_cache_free(&closure->cached);
}

/* The loader that a program names, opened once. */
static struct loader *
find_loader(struct closure *closure, const struct object *object, const char *program,
	    struct refusal *why)
{
	for (size_t i = 0; i < closure->loader_count; i++)
		if (strcmp(closure->loaders[i]->interpreter, object->interpreter) == 0)
			return closure->loaders[i];
	struct loader *loader = memory_new(1, sizeof(*loader));
	if (loader_open(loader, closure->gather, object, program, why) < 0) {
		loader_free(loader);
		free(loader);
		return NULL;
	}
	closure->loaders =
		memory_grow(closure->loaders, closure->loader_count + 1, sizeof(*closure->loaders));
	closure->loaders[closure->loader_count++] = loader;
	return loader;
}

static int
scope_add(struct scope *scope, struct known *known, const char *opened_as, const char *name,
	  size_t parent, struct refusal *why)
{
	if (scope->count == CLOSURE_SCOPE_MOST)
		return refuse(why, "%s needs more than %d libraries", scope->list[0].opened_as,
			      CLOSURE_SCOPE_MOST);
	scope->list = memory_grow(scope->list, scope->count + 1, sizeof(*scope->list));
	scope->list[scope->count++] = (struct loaded){known, memory_string(opened_as),
						      name ? memory_string(name) : NULL, parent};
	return 0;
}

/* Whether something in memory answers to `name` already; musl does not ask for the soname. */
static bool
is_loaded(const struct scope *scope, const char *name)
{
	if (loader_is_itself(scope->loader, name))
		return true;
	for (size_t i = 0; i < scope->count; i++) {
		const char *soname = scope->list[i].known->object.soname;

		if (scope->list[i].name && strcmp(scope->list[i].name, name) == 0)
			return true;
		if (!scope->loader->is_musl && soname && strcmp(soname, name) == 0)
			return true;
	}
	return false;
}

static bool
is_allowed_missing(const struct closure *closure, const char *name)
{
	for (size_t i = 0; i < closure->allowed_count; i++)
		if (strcmp(closure->allowed_missing[i], name) == 0)
			return true;
	return false;
}

/* A library that is nowhere: an error for a program, remembered for what is opened later. */
static int
missing(const struct lookup *lookup, bool may_be_late, struct refusal *why)
{
	struct closure *closure = lookup->closure;
	const struct loaded *asker = &lookup->scope->list[lookup->asker];
	const char *program = lookup->scope->list[0].opened_as;

	if (is_allowed_missing(closure, lookup->name)) {
		gather_note(closure->gather, "%s needs %s, which is not found, as it was allowed",
			    asker->opened_as, lookup->name);
		return 0;
	}
	if (may_be_late) {
		for (size_t i = 0; i < closure->late_count; i++)
			if (strcmp(closure->late[i].name, lookup->name) == 0)
				return 0;
		closure->late =
			memory_grow(closure->late, closure->late_count + 1, sizeof(*closure->late));
		closure->late[closure->late_count++] =
			(struct late){memory_string(lookup->name), memory_string(asker->opened_as)};
		return 0;
	}
	return refuse(why,
		      "%s needs %s, which is not found%s%s%s; %s%s; install its "
		      "package in the build stage, or say --allow-missing %s",
		      asker->opened_as, lookup->name, lookup->asker ? " (for " : "",
		      lookup->asker ? program : "", lookup->asker ? ")" : "",
		      lookup->foreign[0] ? "" : "looked in ",
		      lookup->foreign[0] ? lookup->foreign : lookup->tried, lookup->name);
}

static void
remember_cached(struct closure *closure, const struct lookup *lookup)
{
	struct loader_cache *cached = &closure->cached;

	for (size_t i = 0; i < cached->count; i++)
		if (strcmp(cached->entries[i].name, lookup->name) == 0 &&
		    strcmp(cached->entries[i].path, lookup->opened_as) == 0)
			return;
	cached->entries = memory_grow(cached->entries, cached->count + 1, sizeof(*cached->entries));
	cached->entries[cached->count++] = (struct loader_cache_entry){
		memory_string(lookup->name), memory_string(lookup->opened_as),
		lookup->scope->loader->cache_flags};
}

/* Finds one library, takes it into the tree and into the scope. */
static int
load(struct closure *closure, struct scope *scope, size_t asker, const char *name, bool may_be_late,
     struct refusal *why)
{
	struct lookup lookup = {.closure = closure, .scope = scope, .asker = asker, .name = name};
	int result = lookup_run(&lookup, why);

	if (result == 0 && !lookup.found)
		return missing(&lookup, may_be_late, why);
	if (result == 0) {
		if (lookup.by_cache)
			remember_cached(closure, &lookup);
		result = gather_must(closure->gather, lookup.opened_as, "a library", NULL, why);
	}
	if (result == 0)
		result = scope_add(scope, lookup.found, lookup.opened_as, name, asker, why);
	free(lookup.opened_as);
	return result;
}

/* All that the objects from index `from` on need; the list grows while it is walked. */
static int
load_all(struct closure *closure, struct scope *scope, size_t from, bool may_be_late,
	 struct refusal *why)
{
	for (size_t at = from; at < scope->count; at++) {
		const struct object *object = &scope->list[at].known->object;

		for (size_t i = 0; i < object->needed_count; i++) {
			struct places_tokens tokens = {0};
			char *name;

			if (is_loaded(scope, object->needed[i]))
				continue;
			char *origin = memory_string(scope->list[at].opened_as);
			*strrchr(origin, '/') = '\0';
			tokens.origin = origin;
			tokens.lib = scope->loader->lib;
			tokens.platform = places_platform(&object->machine);
			name = places_expand_name(object->needed[i], &tokens);
			int result = load(closure, scope, at, name, may_be_late, why);
			free(origin);
			free(name);
			if (result < 0)
				return -1;
		}
	}
	return 0;
}

/* The program and its loader, as they stand in memory before any library. */
static int
scope_begin(struct closure *closure, struct scope *scope, struct known *program,
	    struct refusal *why)
{
	char *path = memory_new(strlen(program->canonical) + 2, 1);
	struct known *interpreter = NULL;

	path[0] = '/';
	strcpy(path + 1, program->canonical);
	scope->loader = find_loader(closure, &program->object, path, why);
	int result = scope->loader ? scope_add(scope, program, path, NULL, 0, why) : -1;
	free(path);
	if (result == 0 && !(interpreter = closure_known(closure, scope->loader->canonical, why)))
		result = -1;
	if (result == 0 && !object_same_machine(&interpreter->object, &program->object))
		result = refuse(why, "/%s: its ELF interpreter %s is for another machine",
				program->canonical, scope->loader->interpreter);
	if (result == 0)
		result = scope_add(scope, interpreter, scope->loader->interpreter,
				   strrchr(scope->loader->interpreter, '/') + 1, 0, why);
	return result;
}

int
closure_elf(struct closure *closure, struct known *program, struct refusal *why)
{
	struct scope scope = {0};

	if (program->object.kind == OBJECT_STATIC || !program->object.interpreter) {
		if (program->object.needed_count > 0)
			return refuse(why, "/%s is a shared library, not a program: use --with /%s",
				      program->canonical, program->canonical);
		return 0;
	}
	int result = scope_begin(closure, &scope, program, why);
	if (result == 0)
		result = load_all(closure, &scope, 0, false, why);
	if (result == 0 && !closure->main.list) {
		closure->main = scope;
		return 0;
	}
	scope_free(&scope);
	return result;
}

/* The main program's scope once more, for one that is opened beside it. */
static struct scope
scope_copy(const struct scope *from)
{
	struct scope copy = {.list = memory_new(from->count, sizeof(*copy.list)),
			     .count = from->count,
			     .loader = from->loader};

	for (size_t i = 0; i < from->count; i++) {
		const struct loaded *one = &from->list[i];

		copy.list[i] =
			(struct loaded){one->known, memory_string(one->opened_as),
					one->name ? memory_string(one->name) : NULL, one->parent};
	}
	return copy;
}

int
closure_library(struct closure *closure, const char *canonical, struct refusal *why)
{
	struct refusal inner;

	errno = 0;
	struct known *known = closure_known(closure, canonical, &inner);

	if (!known && errno == EFBIG)
		return 0;
	if (!known) {
		/* Test data of an interpreter, say: nobody asked for it by its name. */
		gather_note(closure->gather, "/%s: %s; taken as it is", canonical, inner.text);
		return 0;
	}
	if (known->object.kind != OBJECT_DYNAMIC)
		return 0;
	if (known->object.interpreter && !known->object.soname)
		return closure_elf(closure, known, why);
	const struct scope *main = &closure->main;
	if (!main->list || !object_same_machine(&known->object, &main->list[0].known->object)) {
		gather_note(closure->gather,
			    "/%s: no program here could load it; what it needs is not looked for",
			    canonical);
		return 0;
	}
	struct scope scope = scope_copy(main);
	char *path = memory_new(strlen(canonical) + 2, 1);
	path[0] = '/';
	strcpy(path + 1, canonical);
	int result = scope_add(&scope, known, path, strrchr(path, '/') + 1, 0, why);
	free(path);
	if (result == 0)
		result = load_all(closure, &scope, scope.count - 1, true, why);
	scope_free(&scope);
	return result;
}

int
closure_name(struct closure *closure, const char *name, struct refusal *why)
{
	if (!closure->main.list || is_loaded(&closure->main, name))
		return closure->main.list ? 0 : 1;
	struct scope scope = scope_copy(&closure->main);
	struct lookup lookup = {.closure = closure, .scope = &scope, .asker = 0, .name = name};
	int result = lookup_run(&lookup, why);
	bool is_here = lookup.found;

	free(lookup.opened_as);
	if (result == 0 && is_here) {
		size_t from = scope.count;

		result = load(closure, &scope, 0, name, false, why);
		if (result == 0)
			result = load_all(closure, &scope, from, false, why);
	}
	scope_free(&scope);
	return result < 0 ? -1 : is_here ? 0 : 1;
}

static bool
answers_to(const struct known *known, const char *name)
{
	const char *slash = strrchr(known->canonical, '/');

	return strcmp(slash ? slash + 1 : known->canonical, name) == 0 ||
	       (known->object.soname && strcmp(known->object.soname, name) == 0);
}

int
closure_finish(struct closure *closure, struct refusal *why)
{
	for (size_t i = 0; i < closure->late_count; i++) {
		bool is_here = false;

		for (const struct known *one = closure->newest; one && !is_here; one = one->older)
			is_here = answers_to(one, closure->late[i].name);
		if (!is_here)
			return refuse(
				why,
				"%s needs %s, which is not found; install its package in the "
				"build stage, or say --allow-missing %s if it is never loaded",
				closure->late[i].who, closure->late[i].name, closure->late[i].name);
	}
	return 0;
}

int
closure_cache(struct closure *closure, struct refusal *why)
{
	size_t size;

	if (closure->cached.count == 0)
		return 0;
	uint8_t *bytes = loader_cache_write(&closure->cached, &size);
	int result = entries_make_file(&closure->gather->entries, "etc/ld.so.cache", 0644,
				       (const char *)bytes, size, why);
	free(bytes);
	return result;
}
