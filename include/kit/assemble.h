/* SPDX-License-Identifier: MIT */
/*
 * assemble - turn policies into a seccomp program
 *
 * The program asks for the architecture, then for the call number in a tree of ranges; conditions
 * stand at its leaves. For a call that is allowed or denied without conditions nothing but number
 * and architecture is loaded, so that the kernel (5.11 and later, seccomp_cache_prepare) remembers
 * what is allowed in a bitmap and never runs the program for it.
 */
#ifndef STEPDOWN_KIT_ASSEMBLE_H
#define STEPDOWN_KIT_ASSEMBLE_H

#include "kit/policy.h"
#include "refusal.h"

#include <linux/filter.h>

struct program {
	struct sock_filter code[BPF_MAXINSNS];
	unsigned short length;
};

enum {
	X32_FIRST = 0x40000000, /* __X32_SYSCALL_BIT */
};

/*
 * `compat` may be NULL: then its calls, like those of any other architecture, kill the process.
 * Returns 0, or -1 with a refusal: more instructions than the kernel takes.
 */
int assemble(const struct policy *native, const struct policy *compat, struct program *out,
	     struct refusal *why);

#endif
