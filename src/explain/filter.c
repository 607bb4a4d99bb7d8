/* SPDX-License-Identifier: MIT */
#include "explain/explainer.h"

#include "confine/filter_parts.h"
#include "explain/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>

/* The kernel reads the lower half of these arguments alone. */
#define ALLOW_WITH(call, argument, value)                                                          \
	SKIP_IF(SYS_##call, 0, 4), LOAD(args[argument]), SKIP_IF((value), 0, 1),                   \
		ANSWER(SECCOMP_RET_ALLOW), ANSWER(SECCOMP_RET_ERRNO | EPERM)

static const struct sock_filter instructions[] = {
	NATIVE_CALLS,
	ALLOW(ppoll),   /* waits for everything */
	ALLOW(pread64), /* the name of a thread, and paths out of its memory */
	ALLOW(close),
	ALLOW(write),         /* the log */
	ALLOW(sendto),        /* the log, where it is a socket */
	ALLOW(futex),         /* says that it is ready */
	ALLOW(clock_gettime), /* where the vDSO cannot tell the time */
	ALLOW(dup3),          /* descriptors of its own, once the listener is there */
	ALLOW(exit_group),
	ALLOW(exit),
	ALLOW(rt_sigreturn), /* TERM, which only wakes it */
	ALLOW(restart_syscall),
	PROBES CANARY,
	ALLOW_WITH(openat, 2,
		   O_RDONLY | O_CLOEXEC), /* /proc/PID/comm and mem; nothing is created */
	ALLOW_WITH(kill, 1, 0),           /* whether the service is still there */
	ALLOW_WITH(close_range, 2, CLOSE_RANGE_UNSHARE),
	SKIP_IF(SYS_ioctl, 0, 7),
	LOAD(args[1]),
	SKIP_IF((uint32_t)SECCOMP_IOCTL_NOTIF_RECV, 4, 0),
	SKIP_IF((uint32_t)SECCOMP_IOCTL_NOTIF_SEND, 3, 0),
	SKIP_IF((uint32_t)SECCOMP_IOCTL_NOTIF_ID_VALID, 2, 0),
	SKIP_IF((uint32_t)LISTENER_SET_FLAGS, 1, 0),
	ANSWER(SECCOMP_RET_ERRNO | EPERM),
	ANSWER(SECCOMP_RET_ALLOW),
	ANSWER(SECCOMP_RET_ERRNO | EPERM),
};

const struct filter_program filter_explainer = {
	.name = "explainer",
	.instructions = instructions,
	.length = sizeof(instructions) / sizeof(*instructions),
	.newest = SYS_close_range,
};
