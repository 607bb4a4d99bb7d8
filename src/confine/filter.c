/* SPDX-License-Identifier: MIT */
#include "confine/filter.h"

#include "proof.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
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
	if (errno == EINVAL)
		return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &loaded);
	if (errno == EPERM || errno == ENOSYS)
		return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &loaded);
	return -1;
}

int
filter_load_beside(const struct filter_program *program, int answer)
{
	struct sock_filter changed[FILTER_BESIDE_LENGTH];
	struct filter_program beside = *program;

	if (program->length > FILTER_BESIDE_LENGTH) {
		errno = E2BIG;
		return -1;
	}
	for (unsigned i = 0; i < program->length; i++) {
		changed[i] = program->instructions[i];
		if (changed[i].code == (BPF_RET | BPF_K) &&
		    changed[i].k == (SECCOMP_RET_ERRNO | FILTER_CANARY_ERRNO))
			changed[i].k = SECCOMP_RET_ERRNO | (unsigned)answer;
	}
	beside.instructions = changed;
	return filter_load(&beside);
}

int
filter_check(int answer)
{
	return proof(syscall(SYS_seccomp, FILTER_CANARY_OPERATION, 0, NULL) == -1 &&
		     errno == answer);
}
