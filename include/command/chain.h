/* SPDX-License-Identifier: MIT */
/*
 * chain - from the command over the interpreters of scripts to the ELF file and its loader
 *
 * Source: the kernel's fs/exec.c, exec_binprm: five scripts in a row, and then a program.
 */
#ifndef STEPDOWN_COMMAND_CHAIN_H
#define STEPDOWN_COMMAND_CHAIN_H

#include "command/explain.h"
#include "command/inspect.h"

#include <limits.h>

enum { CHAIN_SCRIPTS = 5 };

enum chain_effort {
	CHAIN_QUICK,    /* one access check for each interpreter; looks closer only if it fails */
	CHAIN_THOROUGH, /* looks closer at each of them */
};

/*
 * Goes along the chain that begins at `path` and refuses what explain.h says of explain_beforehand.
 * Returns 0, also where a file of the chain cannot be read, or 126 with a refusal.
 */
int chain_refuse(const char *path, const struct explain_facts *facts, enum chain_effort effort,
		 struct refusal *why);

/*
 * Writes the file at the end of the scripts' chain to `last`, `path` itself if that is no script,
 * and inspects it. Returns 0, or -1 if a file on the way could not be read, which is then `last`.
 */
int chain_inspect_end(const char *path, char last[static PATH_MAX], struct inspection *inspection);

/* The same, for those who want the name alone. */
void chain_find_end(const char *path, char last[static PATH_MAX]);

#endif
