/* SPDX-License-Identifier: MIT */
/*
 * reach - whether a path leads to a file that this process may execute, and what is in the way
 *
 * Asks the kernel with the credentials of the moment, so it must run after the drop. Changes
 * nothing. Source: path_resolution(7), execve(2), faccessat(2).
 */
#ifndef STEPDOWN_COMMAND_REACH_H
#define STEPDOWN_COMMAND_REACH_H

#include "refusal.h"

#include <sys/types.h>

/*
 * One system call: may this process execute what `path` leads to? Returns 0, or -1 with the errno
 * that execve(2) would give. A directory that may be searched passes.
 */
int reach_check(const char *path);

/*
 * Looks for the reason why `path` cannot be executed: step by step along its directories and
 * symbolic links, then at the file itself. `uid` is who the sentence names. Returns 0 if nothing
 * was found, and leaves `reason` alone; else 127 (there is no such file) or 126, and `reason` is
 * the predicate of a sentence whose subject is the file: "does not exist", "is a directory; ...".
 * Here as in lookup.h and explain.h a path of more than 160 bytes is shown cut, so that the cause
 * and the cure fit into a refusal.
 */
int reach_explain(const char *path, uid_t uid, struct refusal *reason);

#endif
