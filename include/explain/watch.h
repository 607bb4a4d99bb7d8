/* SPDX-License-Identifier: MIT */
/*
 * watch - the life of the explainer, from the first denial to the end of the last process
 *
 * Must not wait for anything but the listener and, while lines are left over, the log: who asks is
 * blocked until it is answered, and may be the one who empties the log. Memory is of fixed size.
 */
#ifndef STEPDOWN_EXPLAIN_WATCH_H
#define STEPDOWN_EXPLAIN_WATCH_H

#include "confine/filter.h"
#include "explain/share.h"

/*
 * Answers the questions of `listener`, as `program` would have, and logs the new ones. Returns when
 * nobody is left under the filter: 0, or -1 with errno where the listener has failed.
 */
int watch_run(struct share *share, int listener, const struct voice *voice,
	      const struct filter_program *program);

#endif
