/* SPDX-License-Identifier: MIT */
/*
 * listener - the kernel's questions about calls, and the answers
 *
 * Source: seccomp_unotify(2), and kernel/seccomp.c for what that does not say.
 */
#ifndef STEPDOWN_EXPLAIN_LISTENER_H
#define STEPDOWN_EXPLAIN_LISTENER_H

#include <linux/filter.h>
#include <linux/ioctl.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdint.h>

/* Since 6.6; not in the headers of older ones. */
#define LISTENER_SET_FLAGS _IOW('!', 4, uint64_t)

/*
 * Loads `length` instructions for this process. Returns the listener's descriptor, close-on-exec,
 * or -1 with errno: EBUSY somebody has a listener on one of this process's filters already; EINVAL
 * the kernel has none; EPROTO it names a standard stream.
 */
int listener_load(const struct sock_filter *code, unsigned short length);

/* Asks the kernel to hand the CPU over with each question, where it can. */
void listener_hurry(int listener);

/*
 * Takes a question. Returns 1; 0 if there is none any more, or a signal came; -1 with errno: the
 * listener does not work.
 */
int listener_take(int listener, struct seccomp_notif *question);

/* Whether the caller still waits; if not, its pid may be another's by now. */
bool listener_waits(int listener, uint64_t id);

/* Answers with an errno, 0 or positive. Returns whether somebody got it. */
bool listener_answer(int listener, uint64_t id, int error);

#endif
