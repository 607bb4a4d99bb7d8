/* SPDX-License-Identifier: MIT */
/*
 * secrets - read the value of a variable from the file that NAME_FILE names: --env-from-file
 *
 * Read as root, so that the service itself need not be able to. The file is a regular one, whoever it
 * belongs to; links are followed only if they are root's own (paths.h), and where others may put names
 * the file has no other one. The value goes where the caller says and nowhere else, so that he can
 * forget it.
 */
#ifndef STEPDOWN_SETUP_SECRETS_H
#define STEPDOWN_SETUP_SECRETS_H

#include <stddef.h>

enum { SECRET_MOST = 1 << 20 }; /* bytes in the file */

/*
 * Reads the file `path` into the `room` bytes at `value`, takes one trailing newline away and adds
 * a NUL. Returns 0 and sets `length`, which does not count the NUL, or -1 with errno: EFBIG more than
 * SECRET_MOST bytes, or no room for them; EILSEQ it holds a NUL; and those of path_open_file() and
 * read(2).
 */
int secret_read(const char *path, char *value, size_t room, size_t *length);

#endif
