/* SPDX-License-Identifier: MIT */
/*
 * inspect - read what the kernel will look at before it loads a file
 *
 * Three system calls beside open and close at the most for an ordinary program: one fstat(2), one
 * read of the head; a second and a third only where the program headers or the loader's name lie
 * further back. It only reads regular files, never more than INSPECT_TABLE bytes at once.
 */
#ifndef STEPDOWN_COMMAND_INSPECT_H
#define STEPDOWN_COMMAND_INSPECT_H

#include "command/elf_head.h"
#include "command/script_head.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

enum {
	INSPECT_HEAD = 1024,  /* bytes; an ordinary program's headers and loader fit into it */
	INSPECT_TABLE = 4096, /* bytes of program headers; of a longer table nothing is concluded */
};

enum inspect_kind {
	INSPECT_EMPTY,
	INSPECT_SCRIPT,   /* `script` is set */
	INSPECT_NAMELESS, /* #! and nothing */
	INSPECT_CUT_LINE, /* #! and a name that is too long */
	INSPECT_ELF,      /* `elf` is set */
	INSPECT_NOT_ELF,  /* the magic of ELF, and a header that cannot be one */
	INSPECT_OTHER,    /* anything else */
};

struct inspection {
	enum inspect_kind kind;
	uint64_t size; /* of the file, bytes */
	uint8_t head[INSPECT_HEAD];
	size_t head_size; /* bytes of `head` that were read */
	struct script_head script;
	struct elf_head elf;
	struct elf_segments segments; /* zero where `damage` is set or the table is too long */
	char loader[PATH_MAX];        /* the path in PT_INTERP; "" if there is none */
	const char *damage;           /* what is wrong with the program headers, or NULL */
};

/*
 * Returns 0, or -1 with errno if the file cannot be opened or read (it may be executable none the
 * less: mode 0111), or is not a regular one (EINVAL).
 */
int inspect_file(const char *path, struct inspection *inspection);

/* Whether pages of the file that the program wants in memory lie behind the end of the file. */
bool inspect_is_truncated(const struct inspection *inspection);

#endif
