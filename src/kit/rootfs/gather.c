/* SPDX-License-Identifier: MIT */
#include "kit/rootfs/gather.h"

#include "kit/heap.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool
gather_exists(const struct gather *gather, const char *path)
{
	struct refusal why;

	return source_walk(&gather->source, path, NULL, NULL, NULL, NULL, &why) == 0;
}

void
gather_note(struct gather *gather, const char *format, ...)
{
	char text[1024];
	va_list values;

	/* A hostile tree has a reason for a note in every file; nobody reads a million of them. */
	if (gather->notes.count > GATHER_NOTES_MOST)
		return;
	if (gather->notes.count == GATHER_NOTES_MOST) {
		notes_add(&gather->notes, "more than %d notes: the others are not shown",
			  GATHER_NOTES_MOST);
		return;
	}
	va_start(values, format);
	vsnprintf(text, sizeof(text), format, values);
	va_end(values);
	notes_add(&gather->notes, "%s", text);
}

static int
take(void *context, const char *canonical, const struct stat *about, const char *target,
     struct refusal *why)
{
	struct gather *gather = context;

	if (S_ISREG(about->st_mode) && about->st_mode & (S_ISUID | S_ISGID))
		gather_note(gather, "/%s: its set-uid and set-gid bits are left out", canonical);
	return entries_add(&gather->entries, canonical, about, target, why);
}

int
gather_path(struct gather *gather, const char *path, char **canonical, struct refusal *why)
{
	int result = source_walk(&gather->source, path, NULL, NULL, canonical, NULL, why);

	if (result)
		return result;
	return source_walk(&gather->source, path, take, gather, NULL, NULL, why);
}

int
gather_must(struct gather *gather, const char *path, const char *purpose, char **canonical,
	    struct refusal *why)
{
	int result = gather_path(gather, path, canonical, why);

	if (result > 0)
		return refuse(why, "%s, %s: %s", path, purpose, strerror(result));
	return result;
}

static int
take_one(struct gather *gather, const char *path, struct stat *about, struct refusal *why)
{
	char *target;

	if (source_look(&gather->source, path, about, &target) < 0)
		return refuse(why, "cannot look at /%s: %s", path, strerror(errno));
	int result = 0;
	if (S_ISREG(about->st_mode) || S_ISDIR(about->st_mode) || S_ISLNK(about->st_mode))
		result = take(gather, path, about, target, why);
	else
		gather_note(gather, "/%s: a device, a pipe or a socket; left out", path);
	free(target);
	return result;
}

/* Directories that are still to be read: a stack of our own, since trees may be deep. */
struct stack {
	char **paths;
	size_t count;
};

static void
push(struct stack *stack, const char *path)
{
	stack->paths = memory_grow(stack->paths, stack->count + 1, sizeof(*stack->paths));
	stack->paths[stack->count++] = memory_string(path);
}

static int
read_directory(struct gather *gather, const char *path, struct stack *stack, struct refusal *why)
{
	size_t count;
	int result = 0;
	char **names = source_names(&gather->source, path, &count);

	if (!names)
		return refuse(why, "cannot read the directory /%s: %s", path, strerror(errno));
	for (size_t i = 0; i < count; i++) {
		char below[PATH_MAX];
		struct stat about;

		if (result == 0 && snprintf(below, sizeof(below), "%s%s%s", path, *path ? "/" : "",
					    names[i]) >= (int)sizeof(below))
			result = refuse(why, "a path below /%.200s is too long", path);
		if (result == 0)
			result = take_one(gather, below, &about, why);
		if (result == 0 && S_ISDIR(about.st_mode))
			push(stack, below);
		free(names[i]);
	}
	free(names);
	return result;
}

int
gather_below(struct gather *gather, const char *canonical, struct refusal *why)
{
	struct stack stack = {0};
	int result = 0;

	push(&stack, canonical);
	while (stack.count > 0) {
		char *path = stack.paths[--stack.count];

		if (result == 0)
			result = read_directory(gather, path, &stack, why);
		free(path);
	}
	free(stack.paths);
	return result;
}
