/* SPDX-License-Identifier: MIT */
/*
 * What the fuzz targets share: bytes cut into strings, and promises that end the run when broken.
 *
 * Every target hands its bytes to parsers in memory of exactly their size, so that a byte too far
 * is seen, and then holds what came out against what the header promises.
 */
#ifndef STEPDOWN_TESTS_FUZZ_H
#define STEPDOWN_TESTS_FUZZ_H

#include "refusal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define must(promise)                                                                              \
	do {                                                                                       \
		if (!(promise)) {                                                                  \
			fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #promise);      \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

/* What has been refused says so in one sentence; `result` goes through. */
static inline int
fuzz_said(int result, struct refusal *why)
{
	must(result >= -1);
	if (result == -1) {
		must(memchr(why->text, 0, sizeof(why->text)));
		must(why->text[0]);
	}
	why->text[0] = 0;
	return result;
}

/* A copy in memory of exactly `size` bytes. */
static inline void *
fuzz_bytes(const void *data, size_t size)
{
	void *copy = malloc(size + (size == 0));

	must(copy);
	if (size > 0)
		memcpy(copy, data, size);
	return copy;
}

/* A copy in memory of exactly its size, NUL included; ends at the first NUL of `data`. */
static inline char *
fuzz_text(const void *data, size_t size)
{
	size_t length = size ? strnlen(data, size) : 0;
	char *copy = malloc(length + 1);

	must(copy);
	if (length)
		memcpy(copy, data, length);
	copy[length] = 0;
	return copy;
}

enum { FUZZ_STRINGS = 1100 };

struct fuzz_strings {
	char *list[FUZZ_STRINGS + 1]; /* NULL-terminated */
	int count;
};

/* The pieces of `data` between newlines, one string each. */
static inline void
fuzz_split(const uint8_t *data, size_t size, struct fuzz_strings *strings)
{
	strings->count = 0;
	for (size_t at = 0; at < size && strings->count < FUZZ_STRINGS;) {
		const uint8_t *end = memchr(data + at, '\n', size - at);
		size_t length = end ? (size_t)(end - data) - at : size - at;

		strings->list[strings->count++] = fuzz_text(data + at, length);
		at += length + 1;
	}
	strings->list[strings->count] = NULL;
}

static inline void
fuzz_release(struct fuzz_strings *strings)
{
	for (int i = 0; i < strings->count; i++)
		free(strings->list[i]);
}

/* Takes the bytes up to a line of "%", or all that is left. */
static inline size_t
fuzz_part(const uint8_t **data, size_t *size)
{
	static const char mark[] = "\n%\n";
	const uint8_t *end = memmem(*data, *size, mark, 3);
	size_t length = end ? (size_t)(end - *data) : *size;
	size_t taken = end ? length + 3 : length;

	*data += taken;
	*size -= taken;
	return length;
}

#endif
