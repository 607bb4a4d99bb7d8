/* SPDX-License-Identifier: MIT */
/*
 * secrets - read the value of a variable from the file that NAME_FILE names: --env-from-file
 *
 * Read as root, so that the service itself need not be able to. The file is a regular one and not
 * a link; a link above it is followed only if it is root's own (places.h).
 */
#ifndef STEPDOWN_SETUP_SECRETS_H
#define STEPDOWN_SETUP_SECRETS_H

enum { SECRET_MOST = 1 << 20 }; /* bytes in the file */

/*
 * Reads the file `path` and takes one trailing newline away.
 * Returns 0 and sets `value` to a string for the caller to free, or -1 with errno: EINVAL the path
 * is not absolute; ELOOP it is a link; EBADF it is not a regular file; EFBIG more than SECRET_MOST
 * bytes; EILSEQ it holds a NUL; ESTALE it was exchanged meanwhile; and those of openat2(2),
 * read(2).
 */
int secret_read(const char *path, char **value);

#endif
