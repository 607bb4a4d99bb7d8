/* SPDX-License-Identifier: MIT */
/* noop - the service that does nothing, so that only its start is measured */
#include "bare.h"

static void
bare_main(long *stack)
{
	(void)stack;
	bare_exit(0);
}
