/* SPDX-License-Identifier: MIT */
/*
 * lookup - find the file that execve(2) will be given
 *
 * Runs as the service's user, in the service's work directory, before the fork. It must not guess:
 * no shell, no other directory than those that were named. Source: execvp(3), POSIX XBD 8.3.
 */
#ifndef STEPDOWN_COMMAND_LOOKUP_H
#define STEPDOWN_COMMAND_LOOKUP_H

#include "refusal.h"

#include <limits.h>

/*
 * A name with a slash is taken as it is; any other is sought in `path`, the value of PATH, where an
 * empty entry is the work directory; `path` is never NULL. The first regular file that this process
 * may execute is written to `found`. An entry that cannot be searched does not end the search.
 *
 * Returns 0, or an exit status with a refusal: 127 there is no such file; 126 there is one, and it
 * cannot be executed (of several the first is named).
 */
int lookup_command(const char *name, const char *path, char found[static PATH_MAX],
		   struct refusal *why);

#endif
