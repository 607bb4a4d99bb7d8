/* SPDX-License-Identifier: MIT */
/*
 * profile_file - read a compiled seccomp profile, the file that stepdown-kit compile writes
 *
 * Pure: bytes in, a program out. Every byte of the file is accounted for, and whatever is not as
 * described here is refused. The checksum finds damage, not malice: who may write the file is the
 * caller's question.
 *
 * All numbers are little-endian, whatever the machine. Format 2, whose programs have the canary
 * of confine/filter.h in seccomp(2); that of format 1 was a call of its own:
 *
 *	offset  bytes
 *	0       8      "STEPDOWN"
 *	8       2      the format's version, 2
 *	10      2      how many sections follow, 1 to PROFILE_FILE_SECTIONS
 *	12      4      the length of the whole file
 *	16      32     SHA-256 of the profile it was compiled from, the JSON file as it was
 *	48      32     the profile's name: letters, digits, and . _ -, then NULs, at least one
 *	80      20 n   the sections:
 *	        4      the architecture, AUDIT_ARCH_*
 *	        4      1 if the 32-bit calls of the machine are judged too, otherwise 0
 *	        4      the newest native call that the profile knows
 *	        4      where its instructions begin: the first behind this table, each other
 *	               behind the one before
 *	        4      how many instructions, 1 to BPF_MAXINSNS
 *	...     8 m    the instructions: code (2), jump if true (1), jump if false (1), constant (4)
 *	end-4   4      CRC-32 (as in zlib and PNG) of everything before it
 */
#ifndef STEPDOWN_CONFINE_PROFILE_FILE_H
#define STEPDOWN_CONFINE_PROFILE_FILE_H

#include "confine/filter.h"
#include "refusal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	PROFILE_FILE_VERSION = 2,
	PROFILE_FILE_SECTIONS = 8,
	PROFILE_FILE_HEADER = 80,  /* bytes in front of the section table */
	PROFILE_FILE_SECTION = 20, /* bytes of one entry of the table */
	PROFILE_FILE_NAME = 32,
	PROFILE_FILE_DIGEST = 32,
	/* No file is longer. */
	PROFILE_FILE_LARGEST = PROFILE_FILE_HEADER +
			       PROFILE_FILE_SECTIONS * (PROFILE_FILE_SECTION + BPF_MAXINSNS * 8) + 4
};

#define PROFILE_FILE_MAGIC "STEPDOWN"

struct profile_file {
	char name[PROFILE_FILE_NAME];
	unsigned char digest[PROFILE_FILE_DIGEST];
	struct sock_filter code[BPF_MAXINSNS];
	struct filter_program program; /* points into the two above: do not copy this struct */
};

/*
 * Takes the section for `arch` (AUDIT_ARCH_*), the one that judges 32-bit calls too if `compat`.
 * Returns 0 and `*out`, or -1 with a refusal: not a profile, damaged, of another version, not for
 * this architecture, or an instruction that the kernel would not take.
 */
int profile_file_read(const void *bytes, size_t length, uint32_t arch, bool compat,
		      struct profile_file *out, struct refusal *why);

/* CRC-32 as in zlib, for the writer. */
uint32_t profile_file_checksum(const void *bytes, size_t length);

#endif
