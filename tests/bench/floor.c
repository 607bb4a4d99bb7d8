/* SPDX-License-Identifier: MIT */
/* floor - execs the rest of its command line: no program between two execs can be faster */
#include "bare.h"

static void
bare_main(long *stack)
{
	long count = stack[0];
	long *words = stack + 1;

	bare_call(SYS_execve, words[1], (long)(words + 1), (long)(words + count + 1));
	bare_exit(127);
}
