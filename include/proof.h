/* SPDX-License-Identifier: MIT */
/*
 * proof - the verdict of a check
 *
 * A check reads the state back from the kernel. Where that state is not the planned one, no system
 * call has failed, so the check names its own errno: EPROTO.
 */
#ifndef STEPDOWN_PROOF_H
#define STEPDOWN_PROOF_H

#include <errno.h>
#include <stdbool.h>

/* Returns 0 if the state is as planned, else -1 with errno EPROTO. */
static inline int
proof(bool as_planned)
{
	if (as_planned)
		return 0;
	errno = EPROTO;
	return -1;
}

#endif
