/* SPDX-License-Identifier: MIT */
/*
 * trial - whether a listener works here, tried out on a process that is thrown away
 *
 * A kernel may be too old, a security module may forbid it, somebody outside may listen already. If
 * that showed with the service's own filter only, its denials would turn into ENOSYS.
 */
#ifndef STEPDOWN_EXPLAIN_TRIAL_H
#define STEPDOWN_EXPLAIN_TRIAL_H

#include "explain/share.h"

/*
 * Waits for share->listener, for so many short `rounds`, or for ever where these are negative;
 * `process` is who will write it. Returns the descriptor, or -1: it has ended, or will not write
 * (SHARE_OFF), or it takes too long.
 */
int trial_await(const struct share *share, pid_t process, int rounds);

/* Returns 0, or -1 with errno. share->listener is -1 again afterwards. */
int trial_run(struct share *share);

#endif
