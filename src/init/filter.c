/* SPDX-License-Identifier: MIT */
#include "init/power.h"

#include "confine/filter_parts.h"

#include <errno.h>
#include <sys/ioctl.h>

/*
 * Judged by hand, since each of these is a decision of the loop's. What is denied is answered, not
 * killed: nothing may end PID 1. A number of x32 is none of these and falls through.
 */
static const struct sock_filter instructions[] = {
	NATIVE_CALLS,
	ALLOW(ppoll),             /* waits for everything */
	ALLOW(rt_sigtimedwait),   /* takes a signal with its payload */
	ALLOW(wait4),             /* reaps */
	ALLOW(waitid),            /* looks at the service before it is reaped */
	ALLOW(pidfd_send_signal), /* forwards */
	ALLOW(kill),              /* groups, leftovers, stopping itself */
	ALLOW(rt_sigqueueinfo),   /* forwards where there is no pidfd */
	ALLOW(clock_gettime),     /* where the vDSO cannot tell the time */
	ALLOW(write),             /* the log; the barrier */
	ALLOW(sendto),            /* the log, where it is a socket */
	ALLOW(pread64),           /* a subreaper's list of children */
	ALLOW(close),             /* the barrier */
	ALLOW(exit_group),
	ALLOW(exit),
	ALLOW(rt_sigreturn),
	ALLOW(restart_syscall), /* ppoll, after a stop */
	PROBES CANARY,
	SKIP_IF(SYS_ioctl, 0, 4), /* whose turn it is at the terminal, nothing else */
	LOAD(args[1]),
	SKIP_IF(TIOCGPGRP, 1, 0),
	SKIP_IF(TIOCSPGRP, 0, 1),
	ANSWER(SECCOMP_RET_ALLOW),
	ANSWER(SECCOMP_RET_ERRNO | EPERM),
};

const struct filter_program filter_init = {
	.name = "init",
	.instructions = instructions,
	.length = sizeof(instructions) / sizeof(*instructions),
	.newest = SYS_pidfd_send_signal,
};
