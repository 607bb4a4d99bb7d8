/* SPDX-License-Identifier: MIT */
/*
 * files - read small files that may be something else, and replace files and links in one go
 *
 * A reader of a directory sees the old or the new file or link, never a part of one, at whichever
 * call this is interrupted. What an interruption leaves behind is a file with the temporary name,
 * which the next attempt takes away.
 */
#ifndef STEPDOWN_SETUP_FILES_H
#define STEPDOWN_SETUP_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * Opens `name` in `directory` for reading if it is a regular file; a FIFO or a device is never
 * opened, only looked at. `resolve` is openat2(2)'s. Returns a descriptor, or -1 with errno: EBADF
 * it is not a regular file (the only meaning of EBADF here); ESTALE it was exchanged meanwhile; and
 * those of openat2(2).
 */
int file_open_regular(int directory, const char *name, unsigned long long resolve);

/*
 * Reads the whole of `descriptor`, at most `most` bytes, into memory that the caller frees; a NUL
 * is added behind it that `length` does not count. Returns 0, or -1 with errno: EFBIG; ENOMEM;
 * ESTALE its end came before its size; and those of read(2) and fstat(2).
 */
int file_read_whole(int descriptor, size_t most, char **bytes, size_t *length);

/*
 * Makes `name` in `directory` a link to `target`; nothing is written if it is one already.
 * `temporary` is a name in the same directory that nobody else uses.
 * Returns 0, or -1 with errno: EBUSY something is mounted over it; EROFS; ENOENT the directory is
 * gone; EISDIR it is a directory; and those of symlinkat(2) and renameat(2).
 */
int file_replace_link(int directory, const char *name, const char *temporary, const char *target);

/*
 * Makes `name` in `directory` a root-owned file of `mode` with these bytes; nothing is written if
 * it is a regular file with them already. Fails as file_replace_link(), and with ENOSPC.
 */
int file_replace(int directory, const char *name, const char *temporary, const char *bytes,
		 size_t length, mode_t mode);

/* Whether `name` in `directory` is a regular file with these bytes and no others. */
bool file_holds(int directory, const char *name, const char *bytes, size_t length);

#endif
