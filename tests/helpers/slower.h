/* SPDX-License-Identifier: MIT */
/*
 * slower - how much more time, or how much less work, a test gets on an emulated machine
 *
 * $STEPDOWN_TESTS_SLOWER is the factor; tests/kernel/run sets it.
 */
#ifndef STEPDOWN_TESTS_SLOWER_H
#define STEPDOWN_TESTS_SLOWER_H

#include <stdlib.h>

static inline int
slower_factor(void)
{
	const char *text = getenv("STEPDOWN_TESTS_SLOWER");

	return text && atoi(text) > 0 ? atoi(text) : 1;
}

/* As many as are asked for, or a fiftieth where an emulator would take hours for them. */
static inline unsigned
slower_count(unsigned count)
{
	return slower_factor() > 1 ? count / 50 : count;
}

#endif
