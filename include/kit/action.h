/* SPDX-License-Identifier: MIT */
/*
 * action - what a filter answers, as the kernel wants it returned: SECCOMP_RET_* and 16 bits of
 * data
 *
 * Source: seccomp(2).
 */
#ifndef STEPDOWN_KIT_ACTION_H
#define STEPDOWN_KIT_ACTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ACTION_TEXT = 32 }; /* bytes that are enough for action_text */

/* By the name in a profile, SCMP_ACT_ALLOW and its like; `*has_errno`: it takes an errnoRet. */
bool action_find(const char *name, uint32_t *value, bool *has_errno);

/* "ALLOW", "ERRNO(1)", "KILL_PROCESS" ...; writes into `text`, of `size` bytes, and returns it. */
const char *action_text(uint32_t action, char *text, size_t size);

/*
 * The kernel's precedence: less than 0 where `left` is more restrictive than `right`. Actions that
 * differ in their data alone (two errnos) are equals.
 */
int action_compare(uint32_t left, uint32_t right);

/*
 * Whether the call is made, or may be: ALLOW, LOG and TRACE. Where these are a profile's default
 * it is a list of what to deny, and calls newer than the profile get the default, not ENOSYS.
 */
bool action_lets_pass(uint32_t action);

#endif
