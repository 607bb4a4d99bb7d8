/* SPDX-License-Identifier: MIT */
/*
 * file - whole files in, whole files out
 */
#ifndef STEPDOWN_KIT_FILE_H
#define STEPDOWN_KIT_FILE_H

#include "refusal.h"

#include <stddef.h>

enum { FILE_LARGEST = 4 << 20 }; /* bytes; a profile of Docker's has 13 kB */

/* Reads a file into memory that the caller frees. Returns 0, or -1 with a refusal. */
int file_read(const char *path, char **bytes, size_t *length, struct refusal *why);

/*
 * Writes a file that is there whole or not at all: a temporary file beside it, renamed at the end.
 * Its mode is 0644 less the umask. Returns 0, or -1 with a refusal.
 */
int file_write(const char *path, const void *bytes, size_t length, struct refusal *why);

#endif
