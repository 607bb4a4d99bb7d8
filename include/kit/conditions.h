/* SPDX-License-Identifier: MIT */
/*
 * conditions - compile the rules of one call that look at its arguments
 *
 * Rules about one argument become a tree of ranges, as call numbers do; anything else becomes one
 * test after the other, the most restrictive rule first. Arguments are compared whole, 64 bits in
 * two halves, except where a mask leaves a half out. Of a 32-bit call the lower half alone is
 * looked at: the kernel hands it on, but a 64-bit program that enters through int 0x80 can put
 * anything above it.
 */
#ifndef STEPDOWN_KIT_CONDITIONS_H
#define STEPDOWN_KIT_CONDITIONS_H

#include "kit/emit.h"
#include "kit/policy.h"

/* `call` has at least one rule. Returns where its code begins, or the one answer that it gives. */
struct target conditions_emit(struct emit *emit, const struct policy_call *call);

/* Where an argument's lower half is in seccomp_data: little-endian machines, as all of ours are. */
uint32_t conditions_low_offset(unsigned index);

#endif
