/* SPDX-License-Identifier: MIT */
/*
 * probe - the service that the tests run: says what it is, and tries to become more
 *
 * It shares no code with stepdown, uses no library but libc, and asks the kernel directly, so that
 * an error in stepdown's own reading cannot hide here too.
 */
#ifndef STEPDOWN_TESTS_PROBE_H
#define STEPDOWN_TESTS_PROBE_H

#include <stdint.h>

/* The two call numbers of raw capget(2) and capset(2), as one 64-bit mask a set. */
struct probe_capabilities {
	uint64_t effective, permitted, inheritable;
};

/* Both return 0, or -1 with errno. */
int probe_capget(struct probe_capabilities *sets);
int probe_capset(const struct probe_capabilities *sets);

/*
 * Tries every known way to get power back, each in a child of its own, and prints a line
 * `attempt=refused ERRNO` or `attempt=SUCCEEDED` for each. `setuid_program` is the path of a copy
 * of the probe that is root's and set-uid, or NULL if there is none to try. Returns the number of
 * attempts that succeeded.
 */
unsigned regain_try_all(const char *setuid_program);

#endif
