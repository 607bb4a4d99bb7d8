/* SPDX-License-Identifier: MIT */
/*
 * contents - what is in a file that the kernel did not know how to load
 *
 * For the time after execve(2) has failed: only then it is certain that no handler of binfmt_misc
 * takes the file.
 */
#ifndef STEPDOWN_COMMAND_CONTENTS_H
#define STEPDOWN_COMMAND_CONTENTS_H

#include "command/explain.h"

/*
 * Explains ENOEXEC, ELIBBAD and EINVAL from what `path`, its interpreters and its loader contain.
 * Returns 126 with a refusal, or 0 if it could not read them or found nothing.
 */
int contents_explain(const char *path, const struct explain_facts *facts, struct refusal *why);

#endif
