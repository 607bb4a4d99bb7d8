/* SPDX-License-Identifier: MIT */
#include "kit/rootfs/closure.h"

#include "kit/heap.h"
#include "kit/rootfs/lookup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void
closure_free(struct closure *closure)
{
	scope_free(&closure->main);
	known_free(closure);
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
	return refuse(
		why,
		"%s needs %s, which is not found%s%s%s; %s%s; install its package in the build stage, or say --allow-missing %s",
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

			if (scope_has(scope, object->needed[i]))
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
	if (!closure->main.list || scope_has(&closure->main, name))
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
				"%s needs %s, which is not found; install its package in the build stage, or say --allow-missing %s if it is never loaded",
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
