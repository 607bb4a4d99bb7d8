/* SPDX-License-Identifier: MIT */
/*
 * executes - the files that the kernel executes on the way to a running command
 *
 * The command itself, the interpreters of scripts, and the ELF interpreter at the end. Not what an
 * interpreter runs in its turn: of "#!/usr/bin/env NAME" it is env, and not NAME. Source:
 * execve(2).
 */
#ifndef STEPDOWN_COMMAND_EXECUTES_H
#define STEPDOWN_COMMAND_EXECUTES_H

#include "refusal.h"

/* Returns 0 to go on, or -1 with a refusal. */
typedef int executes_visitor(const char *path, void *context, struct refusal *why);

/*
 * Calls `visit` for each of them, `path` first. Runs as the service's user, in its work directory.
 * Returns 0, or -1 with a refusal: of the visitor; or a file cannot be read, so that nobody knows
 * what it needs; or there are more scripts than the kernel follows.
 */
int executes_each(const char *path, executes_visitor *visit, void *context, struct refusal *why);

#endif
