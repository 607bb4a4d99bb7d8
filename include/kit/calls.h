/* SPDX-License-Identifier: MIT */
/*
 * calls - the architectures, and the names and numbers of their system calls
 *
 * Names and numbers come from libseccomp. Above what the installed library knows, a table of ours
 * takes over: from 424 on a call has the same number on every architecture (arch/x86/entry/syscalls
 * and scripts/syscall.tbl of the kernel).
 */
#ifndef STEPDOWN_KIT_CALLS_H
#define STEPDOWN_KIT_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct architecture {
	const char *name;   /* as `uname -m` prints it: x86_64, i386, aarch64, arm */
	const char *docker; /* in includes and excludes: amd64, x86, arm64, arm */
	const char *oci;    /* in architectures and archMap: SCMP_ARCH_X86_64 ... */
	uint32_t audit;     /* AUDIT_ARCH_*, what a filter sees */
	uint32_t library;   /* SCMP_ARCH_* */
	const char *compat; /* the architecture of its 32-bit programs, NULL for those themselves */
	bool has_x32;       /* call numbers from 0x40000000 on are another ABI's */
};

enum { CALL_UNKNOWN = -1 };

/* Every architecture that there is, `*count` of them; the native ones first. */
const struct architecture *architecture_all(size_t *count);

/* By uname's or by Docker's name, or NULL. */
const struct architecture *architecture_find(const char *name);

/* The number of a call, or CALL_UNKNOWN where this architecture does not have it. */
int call_number(const struct architecture *arch, const char *name);

/* The name of a call, or NULL. Valid until the program ends. */
const char *call_name(const struct architecture *arch, uint32_t number);

/* Whether any architecture has a call of that name: if not, it is probably a slip of the pen. */
bool call_exists(const char *name);

/*
 * Calls that every profile allows, whatever it says, or NULL at the end of the list: a program that
 * cannot exit spins for ever, one that cannot return from a signal handler crashes, stepdown itself
 * needs execve, and kernels 6.11 to 6.13 kill a process whose uprobe call is filtered.
 */
const char *call_always(size_t index);

#endif
