/* SPDX-License-Identifier: MIT */
/*
 * memory - allocation that never fails for its caller
 *
 * The kit runs at build time, on profiles of at most a few hundred kilobytes. Where memory runs
 * out it says so and exits with status 125, before anything has been written.
 */
#ifndef STEPDOWN_KIT_MEMORY_H
#define STEPDOWN_KIT_MEMORY_H

#include <stddef.h>

/* `count` zeroed elements of `size` bytes; never NULL, also for a count of 0. */
void *memory_new(size_t count, size_t size);

/* realloc(3) for `count` elements of `size` bytes. New elements are not zeroed. */
void *memory_grow(void *old, size_t count, size_t size);

/* strdup(3). */
char *memory_string(const char *text);

#endif
