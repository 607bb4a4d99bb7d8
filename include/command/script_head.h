/* SPDX-License-Identifier: MIT */
/*
 * script_head - the interpreter that the kernel takes from a script's first line
 *
 * Pure. Source: the kernel's fs/binfmt_script.c, load_script, whose rules since 5.0 are kept to the
 * letter: 256 bytes, blanks are space and tab, a name that may have been cut off is not believed.
 */
#ifndef STEPDOWN_COMMAND_SCRIPT_HEAD_H
#define STEPDOWN_COMMAND_SCRIPT_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SCRIPT_LINE_SIZE = 256 }; /* bytes that the kernel looks at, BINPRM_BUF_SIZE */

enum script_result {
	SCRIPT_GOOD,
	SCRIPT_OTHER,    /* does not begin with #! */
	SCRIPT_NAMELESS, /* nothing after #! */
	SCRIPT_CUT,      /* the name does not end within SCRIPT_LINE_SIZE bytes */
};

struct script_head {
	char interpreter[SCRIPT_LINE_SIZE]; /* as written; a carriage return stays part of it */
	bool ends_in_cr;                    /* of the name, not of an argument after it */
};

/* Reads the first line from the first `size` bytes of a file. `head` is set only by SCRIPT_GOOD. */
enum script_result script_read_head(const uint8_t *bytes, size_t size, struct script_head *head);

#endif
