/* SPDX-License-Identifier: MIT */
#include "explain/listener.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { SYNC_WAKE_UP = 1 };

/* By its number: the C libraries do not agree on the type of a request. */
static int
ask(int listener, unsigned long request, void *data)
{
	return (int)syscall(SYS_ioctl, listener, request, data);
}

int
listener_load(const struct sock_filter *code, unsigned short length)
{
	struct sock_fprog program = {.len = length, .filter = (struct sock_filter *)code};
	unsigned flags = SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_SPEC_ALLOW;
	long result;

	/* Without this flag (5.19) signals interrupt a call that is being looked at, and one that
	 * gets them faster than it is answered is begun again for ever: Go's SIGURG. */
	result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			 flags | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, &program);
	if (result < 0 && errno == EINVAL)
		result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
	/* The standard streams are taken: who says so has made nothing. */
	if (result >= 0 && result <= STDERR_FILENO) {
		errno = EPROTO;
		return -1;
	}
	return (int)result;
}

void
listener_hurry(int listener)
{
	syscall(SYS_ioctl, listener, (unsigned long)LISTENER_SET_FLAGS, SYNC_WAKE_UP);
}

int
listener_take(int listener, struct seccomp_notif *question)
{
	memset(question, 0, sizeof(*question));
	if (ask(listener, SECCOMP_IOCTL_NOTIF_RECV, question) == 0)
		return 1;
	/* ENOENT: who asked was killed or interrupted meanwhile. */
	return errno == ENOENT || errno == EINTR ? 0 : -1;
}

bool
listener_waits(int listener, uint64_t id)
{
	return ask(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0;
}

bool
listener_answer(int listener, uint64_t id, int error)
{
	struct seccomp_notif_resp answer = {.id = id, .error = -error};

	return ask(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer) == 0;
}
