/* SPDX-License-Identifier: MIT */
#include "confine/filter.h"

#include "proof.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

int
filter_load(const struct filter_program *program)
{
	struct sock_fprog loaded = {
		.len = program->length,
		.filter = (struct sock_filter *)program->instructions,
	};

	/* Without this flag some machines slow down every process that has a filter; kernels before
	 * 4.17 do not know it. */
	if (!syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &loaded))
		return 0;
	if (errno != EINVAL)
		return -1;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &loaded);
}

int
filter_check(void)
{
	return proof(syscall(FILTER_CANARY_NUMBER) == -1 && errno == FILTER_CANARY_ERRNO);
}
