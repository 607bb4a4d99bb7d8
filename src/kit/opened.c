/* SPDX-License-Identifier: MIT */
#include "kit/opened.h"

#include "kit/heap.h"
#include "kit/peek.h"

#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_SLOTS = 1024, NONE = -1 };

/* Where a call has its directory, its path, and its flags. */
static const struct path_call {
	const char *name;
	int directory;
	int path;
	int flags;
	enum opened_how how;
} path_calls[] = {
	{"open", NONE, 0, 1, OPENED_READ},         {"openat", 0, 1, 2, OPENED_READ},
	{"openat2", 0, 1, NONE, OPENED_READ},      {"creat", NONE, 0, NONE, OPENED_WRITE},
	{"truncate", NONE, 0, NONE, OPENED_WRITE}, {"execve", NONE, 0, NONE, OPENED_EXECUTE},
	{"execveat", 0, 1, NONE, OPENED_EXECUTE},  {"stat", NONE, 0, NONE, OPENED_LOOK},
	{"lstat", NONE, 0, NONE, OPENED_LOOK},     {"stat64", NONE, 0, NONE, OPENED_LOOK},
	{"lstat64", NONE, 0, NONE, OPENED_LOOK},   {"newfstatat", 0, 1, NONE, OPENED_LOOK},
	{"fstatat64", 0, 1, NONE, OPENED_LOOK},    {"statx", 0, 1, NONE, OPENED_LOOK},
	{"statfs", NONE, 0, NONE, OPENED_LOOK},    {"access", NONE, 0, NONE, OPENED_LOOK},
	{"faccessat", 0, 1, NONE, OPENED_LOOK},    {"faccessat2", 0, 1, NONE, OPENED_LOOK},
	{"readlink", NONE, 0, NONE, OPENED_LOOK},  {"readlinkat", 0, 1, NONE, OPENED_LOOK},
	{"chdir", NONE, 0, NONE, OPENED_LOOK},
};
enum { PATH_CALLS = sizeof(path_calls) / sizeof(path_calls[0]) };

static const char *const words[] = {
	[OPENED_READ] = "read",
	[OPENED_WRITE] = "write",
	[OPENED_EXECUTE] = "execute",
	[OPENED_LOOK] = "look",
};

void
opened_init(struct opened *opened)
{
	*opened = (struct opened){.slot_count = FIRST_SLOTS};
	opened->slots = memory_new(FIRST_SLOTS, sizeof(*opened->slots));
}

void
opened_free(struct opened *opened)
{
	for (size_t i = 0; i < opened->count; i++)
		free(opened->list[i].path);
	free(opened->list);
	free(opened->slots);
	*opened = (struct opened){0};
}

const char *
opened_word(enum opened_how how)
{
	return words[how];
}

static size_t *
slot_of(struct opened *opened, enum opened_how how, const char *path)
{
	uint32_t hash = UINT32_C(2166136261) ^ (uint32_t)how; /* FNV-1a */

	for (const char *at = path; *at; at++)
		hash = (hash ^ (unsigned char)*at) * UINT32_C(16777619);
	for (size_t at = hash & (opened->slot_count - 1);;
	     at = (at + 1) & (opened->slot_count - 1)) {
		size_t *slot = &opened->slots[at];
		const struct opened_file *file = *slot ? &opened->list[*slot - 1] : NULL;

		if (!file || (file->how == how && strcmp(file->path, path) == 0))
			return slot;
	}
}

static void
grow(struct opened *opened)
{
	free(opened->slots);
	opened->slot_count *= 2;
	opened->slots = memory_new(opened->slot_count, sizeof(*opened->slots));
	for (size_t i = 0; i < opened->count; i++)
		*slot_of(opened, opened->list[i].how, opened->list[i].path) = i + 1;
}

void
opened_add(struct opened *opened, enum opened_how how, const char *path)
{
	/* A path that no call takes: its process reached the file from a directory deep below. */
	if (strlen(path) >= PATH_MAX) {
		opened->unread++;
		return;
	}
	if (*slot_of(opened, how, path))
		return;
	if (opened->count == OPENED_MOST) {
		opened->dropped++;
		return;
	}
	if (2 * (opened->count + 1) > opened->slot_count)
		grow(opened);
	opened->list = memory_grow(opened->list, opened->count + 1, sizeof(*opened->list));
	opened->list[opened->count] = (struct opened_file){how, memory_string(path)};
	*slot_of(opened, how, path) = ++opened->count;
}

static const struct path_call *
find_call(const char *name)
{
	for (size_t i = 0; name && i < PATH_CALLS; i++)
		if (strcmp(path_calls[i].name, name) == 0)
			return &path_calls[i];
	return NULL;
}

static enum opened_how
how_opened(const struct path_call *about, const struct seccomp_notif *notice)
{
	uint64_t flags = 0;

	if (about->flags != NONE)
		flags = notice->data.args[about->flags];
	/* The flags of openat2 come first in its struct. */
	else if (strcmp(about->name, "openat2") == 0 &&
		 peek_bytes((pid_t)notice->pid, notice->data.args[2], &flags, sizeof(flags)) < 0)
		flags = 0;
	if (flags & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC))
		return OPENED_WRITE;
	return about->how;
}

/* Puts the directory that a relative path starts from before it. Returns false if it is unknown. */
static bool
make_absolute(const struct path_call *about, const struct seccomp_notif *notice, char *path,
	      size_t size)
{
	char start[PATH_MAX], link[32] = "cwd";
	int directory = AT_FDCWD;

	if (path[0] == '/')
		return true;
	if (about->directory != NONE)
		directory = (int)(uint32_t)notice->data.args[about->directory];
	if (directory != AT_FDCWD)
		snprintf(link, sizeof(link), "fd/%d", directory);
	if (!peek_link((pid_t)notice->pid, link, start, sizeof(start)) || start[0] != '/')
		return false;
	size_t length = strlen(start), rest = strlen(path);
	if (length + 1 + rest + 1 > size)
		return false;
	memmove(path + length + 1, path, rest + 1);
	memcpy(path, start, length);
	path[length] = '/';
	return true;
}

void
opened_call(struct opened *opened, const struct watch_call *call, const char *name)
{
	const struct path_call *about = find_call(name);
	const struct seccomp_notif *notice = call->notice;
	char path[2 * PATH_MAX];

	if (!about)
		return;
	ssize_t length =
		peek_string((pid_t)notice->pid, notice->data.args[about->path], path, PATH_MAX);
	if (length == 0)
		return; /* the descriptor itself is meant */
	enum opened_how how = how_opened(about, notice);
	bool known = length > 0 && make_absolute(about, notice, path, sizeof(path));

	if (!watch_waits(call))
		return;
	if (known)
		opened_add(opened, how, path);
	else
		opened->unread++;
}
