/* SPDX-License-Identifier: MIT */
/*
 * owners_stack - where a walk through a tree is, and which directories wait for their turn
 *
 * Memory alone, no system calls on files. One level for each directory from PATH down to where the
 * walk is; each has the names of those of its directories that are still to be done. They lie in
 * one buffer, a level's names behind those of the level above it, so that the names of the deepest
 * level are always the last. The last name of a level stays there while that directory is walked,
 * which is how the path of a failure is put together.
 */
#ifndef STEPDOWN_SETUP_OWNERS_STACK_H
#define STEPDOWN_SETUP_OWNERS_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct owners_level {
	dev_t device;
	ino_t inode;
	size_t names;   /* where its names begin in the buffer */
	int descriptor; /* -1 while it is closed */
	bool right;     /* belongs to the user already */
};

struct owners_stack {
	struct owners_level *levels;
	size_t depth; /* levels in use */
	size_t levels_size;
	char *names;
	size_t names_used; /* bytes */
	size_t names_size;
};

/*
 * Adds a level below the deepest one. The descriptor stays the caller's until this has worked.
 * Returns 0, or -1 with errno ENOMEM or E2BIG.
 */
int owners_stack_push(struct owners_stack *stack, const struct owners_level *level);

/* The deepest level, or `above` levels above it. There must be that many. */
struct owners_level *owners_stack_level(struct owners_stack *stack, size_t above);

/* Removes the deepest level, which has no names left. Its descriptor is the caller's to close. */
void owners_stack_pop(struct owners_stack *stack);

/* Adds a name of `length` bytes to the deepest level. Returns 0, or -1 with errno ENOMEM. */
int owners_stack_add(struct owners_stack *stack, const char *name, size_t length);

/* The deepest level's last name, or NULL. It is gone with the next call that adds or drops one. */
const char *owners_stack_name(const struct owners_stack *stack);

/* Drops the deepest level's last name; there must be one. */
void owners_stack_drop(struct owners_stack *stack);

/*
 * Writes `path`, the names of the directories down to the deepest level, and `name` if it is not
 * NULL, with slashes, to `text` of `size` bytes (at least 8). What does not fit ends in "/...".
 */
void owners_stack_path(const struct owners_stack *stack, const char *path, const char *name,
		       char *text, size_t size);

/* Closes all descriptors and frees the memory. */
void owners_stack_free(struct owners_stack *stack);

#endif
