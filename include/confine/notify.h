/* SPDX-License-Identifier: MIT */
/*
 * notify - a seccomp program, with a question to a listener in place of each denial
 *
 * Pure. The copy differs from the program in its returns alone: where that answers with an errno,
 * the copy asks (SECCOMP_RET_USER_NOTIF). What it allows, logs, kills or traps it treats as before,
 * for the same cost, and the canary is still answered by the filter itself, which proves that one
 * of ours is in force. What to answer is found by evaluating the program that was copied. Source:
 * seccomp_unotify(2).
 */
#ifndef STEPDOWN_CONFINE_NOTIFY_H
#define STEPDOWN_CONFINE_NOTIFY_H

#include "confine/filter.h"

#include <stdint.h>

/* Writes program->length instructions to `copy`. */
void notify_make(const struct filter_program *program, struct sock_filter *copy);

/*
 * The errno with which the kernel would have answered a call whose verdict is `action`: the
 * filter's own, at most 4095; 0 is a call that is left out and said to have worked. Where a program
 * asks for a listener or tracer by itself, that is ENOSYS, as without one.
 */
int notify_errno(uint32_t action);

#endif
