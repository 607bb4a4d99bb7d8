/* SPDX-License-Identifier: MIT */
#include "setup/owners_stack.h"

#include "setup/owners.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A name in the buffer: its bytes, a NUL, and its length, so that it can be found from its end. */
enum { NAME_EXTRA = 1 + sizeof(uint16_t) };

/* Grows `*memory`, now `size` elements of `each` bytes, to hold `needed`, but not above `most`. */
static int
grow(void **memory, size_t *size, size_t needed, size_t most, size_t each)
{
	size_t larger = *size ? *size : 64;

	if (needed <= *size)
		return 0;
	while (larger < needed)
		larger *= 2;
	if (larger > most)
		larger = most;
	void *moved = realloc(*memory, larger * each);

	if (!moved) {
		errno = ENOMEM;
		return -1;
	}
	*memory = moved;
	*size = larger;
	return 0;
}

int
owners_stack_push(struct owners_stack *stack, const struct owners_level *level)
{
	void *levels = stack->levels;

	if (stack->depth == OWNERS_DEPTH_MOST) {
		errno = E2BIG;
		return -1;
	}
	if (grow(&levels, &stack->levels_size, stack->depth + 1, OWNERS_DEPTH_MOST,
		 sizeof(*stack->levels)) != 0)
		return -1;
	stack->levels = levels;
	stack->levels[stack->depth] = *level;
	stack->levels[stack->depth].names = stack->names_used;
	stack->depth++;
	return 0;
}

struct owners_level *
owners_stack_level(struct owners_stack *stack, size_t above)
{
	return &stack->levels[stack->depth - 1 - above];
}

void
owners_stack_pop(struct owners_stack *stack)
{
	stack->depth--;
}

int
owners_stack_add(struct owners_stack *stack, const char *name, size_t length)
{
	void *names = stack->names;
	uint16_t stored = (uint16_t)length;

	if (length > UINT16_MAX || stack->names_used + length + NAME_EXTRA > OWNERS_NAMES_MOST) {
		errno = ENOMEM;
		return -1;
	}
	if (grow(&names, &stack->names_size, stack->names_used + length + NAME_EXTRA,
		 OWNERS_NAMES_MOST, 1) != 0)
		return -1;
	stack->names = names;
	memcpy(stack->names + stack->names_used, name, length);
	stack->names[stack->names_used + length] = '\0';
	memcpy(stack->names + stack->names_used + length + 1, &stored, sizeof(stored));
	stack->names_used += length + NAME_EXTRA;
	return 0;
}

/* Where the name begins that ends at `end`. */
static size_t
name_start(const struct owners_stack *stack, size_t end)
{
	uint16_t length;

	memcpy(&length, stack->names + end - sizeof(length), sizeof(length));
	return end - NAME_EXTRA - length;
}

const char *
owners_stack_name(const struct owners_stack *stack)
{
	if (stack->names_used == stack->levels[stack->depth - 1].names)
		return NULL;
	return stack->names + name_start(stack, stack->names_used);
}

void
owners_stack_drop(struct owners_stack *stack)
{
	stack->names_used = name_start(stack, stack->names_used);
}

/* Adds "/NAME" at `used`, or "/..." if that is too long. Returns the new end, or `size`. */
static size_t
append(char *text, size_t size, size_t used, const char *name)
{
	static const char cut[] = "/...";
	size_t length = strlen(name);

	/* Room for the cut is kept until the end. */
	if (used + 1 + length + sizeof(cut) > size) {
		memcpy(text + used, cut, sizeof(cut));
		return size;
	}
	text[used] = '/';
	memcpy(text + used + 1, name, length + 1);
	return used + 1 + length;
}

void
owners_stack_path(const struct owners_stack *stack, const char *path, const char *name, char *text,
		  size_t size)
{
	size_t used = strlen(path);

	while (used > 0 && path[used - 1] == '/')
		used--;
	if (used + sizeof("/...") > size)
		used = size - sizeof("/...");
	memcpy(text, path, used);
	text[used] = '\0';
	for (size_t i = 1; i < stack->depth && used < size; i++) {
		size_t end = stack->levels[i].names;

		used = append(text, size, used, stack->names + name_start(stack, end));
	}
	if (name && used < size)
		append(text, size, used, name);
}

void
owners_stack_free(struct owners_stack *stack)
{
	for (size_t i = 0; i < stack->depth; i++)
		if (stack->levels[i].descriptor >= 0)
			close(stack->levels[i].descriptor);
	free(stack->levels);
	free(stack->names);
	*stack = (struct owners_stack){0};
}
