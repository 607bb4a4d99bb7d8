/* SPDX-License-Identifier: MIT */
/*
 * explain - why the command cannot be executed, in words that lead to the cure
 *
 * "No such file or directory" may mean the program, its loader, or a script's interpreter; this
 * module finds out which. It only looks, as the service's user. It must never refuse what the
 * kernel would run, and never suggest that stepdown would fall back on a shell.
 */
#ifndef STEPDOWN_COMMAND_EXPLAIN_H
#define STEPDOWN_COMMAND_EXPLAIN_H

#include "refusal.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct explain_facts {
	bool native_only;  /* the filter kills the calls of the machine's 32-bit mode */
	uint64_t bounding; /* the service's capability bounding set; bit N: capability N */
	uid_t uid;         /* the service's */
};

/*
 * Before the fork and the filter: reads the head of the file and of its interpreters and says
 * whether execve(2) could load it. Refused are: an interpreter of a script or of a native ELF file
 * that cannot be executed; more than five scripts in a row; and two kinds of file that the kernel
 * would start only to kill them at once: a 32-bit program under a native filter, and a program
 * whose segments end behind the end of the file. Whatever a handler of binfmt_misc might take
 * (another machine's program, an unknown kind) is left to execve.
 *
 * Five system calls for a static program that can be read, one more for a dynamic one.
 * Returns 0, or 126 with a refusal.
 */
int explain_beforehand(const char *path, const struct explain_facts *facts, struct refusal *why);

/*
 * After execve(2) failed with `error`: always writes a sentence, from `error` alone where a filter
 * or Landlock does not let it look. Returns 126, or 127 if there is no such file.
 */
int explain_failure(const char *path, int error, const struct explain_facts *facts,
		    struct refusal *why);

#endif
