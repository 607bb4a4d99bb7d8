/* SPDX-License-Identifier: MIT */
/*
 * certs_bundle - the text of a CA bundle, and the file that holds it
 *
 * The file is written whole under another name and renamed: whoever looks sees the old one or the
 * new one. Only certificates that were handed over, encoded anew, ever get into it.
 */
#ifndef STEPDOWN_SETUP_CERTS_BUNDLE_H
#define STEPDOWN_SETUP_CERTS_BUNDLE_H

#include "setup/certs.h"

#include <stdbool.h>
#include <sys/stat.h>

#define CERTS_BUNDLE_NAME "ca-certificates.crt"

/*
 * Encodes what `answer` handed over into mapped memory of `*size` bytes, for munmap(2). Returns
 * NULL with errno: ENODATA nothing was handed over; ENOMEM.
 */
char *certs_bundle_make(const struct certs_answer *answer, size_t *size);

/* Whether this is a regular file of root's with one name and mode 0444. */
bool certs_bundle_is_roots(const struct stat *status);

/*
 * Whether the bundle in `directory` is a regular file of root's with one name and mode 0444 that
 * holds just this text. Returns 0, or -1 with errno: EPROTO it is not; or openat(2)'s, read(2)'s.
 */
int certs_bundle_check(int directory, const char *text, size_t size);

/*
 * Puts a new file in the place of the bundle in `directory`. Returns 0, or -1 with errno of the
 * call that failed; then the old one is as it was.
 */
int certs_bundle_replace(int directory, const char *text, size_t size);

#endif
