/* SPDX-License-Identifier: MIT */
#include "confine/notify.h"

#include <errno.h>
#include <linux/seccomp.h>

enum { LARGEST_ERRNO = 4095 };

void
notify_make(const struct filter_program *program, struct sock_filter *copy)
{
	for (unsigned i = 0; i < program->length; i++) {
		copy[i] = program->instructions[i];
		if (copy[i].code != (BPF_RET | BPF_K) ||
		    (copy[i].k & SECCOMP_RET_ACTION_FULL) != SECCOMP_RET_ERRNO ||
		    copy[i].k == (SECCOMP_RET_ERRNO | FILTER_CANARY_ERRNO))
			continue;
		copy[i].k = SECCOMP_RET_USER_NOTIF;
	}
}

int
notify_errno(uint32_t action)
{
	int error = (int)(action & SECCOMP_RET_DATA);

	if ((action & SECCOMP_RET_ACTION_FULL) != SECCOMP_RET_ERRNO)
		return ENOSYS;
	return error < LARGEST_ERRNO ? error : LARGEST_ERRNO;
}
