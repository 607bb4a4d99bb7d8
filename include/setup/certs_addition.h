/* SPDX-License-Identifier: MIT */
/*
 * certs_addition - write the bundle that holds the added CA certificates, as root
 *
 * The one file, ca-certificates.crt, goes into the first of these directories that will do:
 *
 *	/run/stepdown   /etc/ssl/stepdown   /var/lib/stepdown
 *
 * Each belongs to root, as does everything above it; nobody else can write there (a sticky /run is
 * good enough); no symbolic link is followed; and it lies on the root's own file system or on a
 * tmpfs, never on a volume, which others may see and which outlives the container. What is missing
 * is made, 0755. The file is 0444, made anew under another name and renamed, and left alone if it
 * says already what it should: a restart changes nothing.
 */
#ifndef STEPDOWN_SETUP_CERTS_ADDITION_H
#define STEPDOWN_SETUP_CERTS_ADDITION_H

#include "refusal.h"
#include "setup/certs.h"

/*
 * Decides, changing nothing, where the bundle will be. `root` is a descriptor of the root directory
 * (of another one in tests). Returns its path, which lives for ever, or NULL with a refusal that
 * names each directory's reason and what to mount.
 */
const char *certs_addition_find(int root, struct refusal *why);

/*
 * Looks for a bundle that an earlier start has written: in one of these directories, which still is
 * as it has to be, a regular file of root's with one name and mode 0444. Returns its path, which
 * lives for ever, or NULL. What is in it is not looked at.
 */
const char *certs_addition_earlier(int root);

/*
 * Writes the certificates that `answer` handed over to `path`, which certs_addition_find returned.
 * Returns 0, or -1 with errno: EPERM a directory is not as it has to be any more; or what
 * mkdirat(2), openat(2), write(2), renameat(2) say. An interruption leaves the old file or the new.
 */
int certs_addition_write(int root, const char *path, const struct certs_answer *answer);

/*
 * Proves that `path` is a file of root's, 0444, and holds those certificates, byte for byte.
 * Returns 0, or -1 with errno: EPROTO it does not; or why it cannot be read.
 */
int certs_addition_check(int root, const char *path, const struct certs_answer *answer);

#endif
