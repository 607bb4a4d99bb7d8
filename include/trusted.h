/* SPDX-License-Identifier: MIT */
/*
 * trusted - read a file that only root may have written
 *
 * A profile decides what the service may do, so that whoever can change the file decides it too.
 * The file and the directory it lies in have to belong to uid 0 and may not be writable by others;
 * an access control list shows in the group's bits (acl(5)).
 */
#ifndef STEPDOWN_TRUSTED_H
#define STEPDOWN_TRUSTED_H

#include "refusal.h"

#include <stddef.h>
#include <sys/stat.h>

/*
 * Judges what fstat(2) said of the file and of its directory. Pure. Returns 0, or -1 with a refusal
 * that names the cure.
 */
int trusted_judge(const char *path, const struct stat *file, const struct stat *directory,
		  struct refusal *why);

/*
 * Reads the file at the absolute `path` into buffer[size], whole. It is opened without following a
 * link at its end and without waiting, and judged by the descriptors that it is read through.
 * Returns 0 with its *length in bytes, or -1 with a refusal: not there, not trusted, not a regular
 * file, or longer than `size`.
 */
int trusted_read(const char *path, char *buffer, size_t size, size_t *length, struct refusal *why);

#endif
