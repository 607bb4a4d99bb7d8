/* SPDX-License-Identifier: MIT */
/*
 * why_here - what an errno means on this machine, and what to do
 *
 * Asks the kernel, on the way out only: whether it is the call itself that fails here, whatever it
 * is given, as an engine's filter and an older kernel make it; whether a file's owner exists in this
 * user namespace; how many processes the container may have. For all else there are why.h's words.
 */
#ifndef STEPDOWN_WHY_HERE_H
#define STEPDOWN_WHY_HERE_H

#include "why.h"

/*
 * What goes behind strerror(3)'s words for `error`: "; " and the cause and the cure, or "" where they
 * are not known. `path` is the file that `what` met it with, or NULL.
 * Returns static memory, which the next call changes. errno stays as it was.
 */
const char *why_here(enum why what, int error, const char *path);

/* As strerror(3), with that behind it for a call that each start makes. */
const char *why_errno(int error);

/*
 * Whether the call with this number fails here whatever it is given: EPERM or ENOSYS, or 0; EPERM too
 * where it kills. It may not be one that wants a power first. Returns -1 if that cannot be asked.
 */
int why_closed(int number);

#endif
