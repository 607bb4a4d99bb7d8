/* SPDX-License-Identifier: MIT */
#include "kit/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FAILED = 125 };

static void *
checked(void *memory)
{
	if (!memory) {
		fputs("stepdown-kit: out of memory\n", stderr);
		exit(FAILED);
	}
	return memory;
}

void *
memory_new(size_t count, size_t size)
{
	return checked(calloc(count ? count : 1, size));
}

void *
memory_grow(void *old, size_t count, size_t size)
{
	return checked(reallocarray(old, count ? count : 1, size));
}

char *
memory_string(const char *text)
{
	return checked(strdup(text));
}
