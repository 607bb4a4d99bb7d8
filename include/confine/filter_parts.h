/* SPDX-License-Identifier: MIT */
/*
 * filter_parts - what the filters that stand in the source as programs are put together from
 *
 * For the few that judge one loop's calls, each of them a decision; profiles are compiled instead.
 * Source: Documentation/userspace-api/seccomp_filter.rst, linux/filter.h.
 */
#ifndef STEPDOWN_CONFINE_FILTER_PARTS_H
#define STEPDOWN_CONFINE_FILTER_PARTS_H

#include "confine/filter.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
#define NATIVE AUDIT_ARCH_X86_64
/* uretprobe and uprobe; denying them kills whoever is probed. */
#define PROBES                                                                                     \
	SKIP_IF(335, 0, 1), ANSWER(SECCOMP_RET_ALLOW), SKIP_IF(336, 0, 1),                         \
		ANSWER(SECCOMP_RET_ALLOW),
#elif defined(__aarch64__)
#define NATIVE AUDIT_ARCH_AARCH64
#define PROBES
#endif

/* A member of struct seccomp_data; of an argument the lower half. */
#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define ANSWER(value) BPF_STMT(BPF_RET | BPF_K, (value))
#define SKIP_IF(value, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), (yes), (no))
#define ALLOW(call) SKIP_IF(SYS_##call, 0, 1), ANSWER(SECCOMP_RET_ALLOW)

/* How each of them begins: the machine's own calls alone, by their number. */
#define NATIVE_CALLS LOAD(arch), SKIP_IF(NATIVE, 1, 0), ANSWER(SECCOMP_RET_ERRNO | EPERM), LOAD(nr)

/* What confine/filter.h asks of every program; another operation of seccomp(2) is denied. */
#define CANARY                                                                                     \
	SKIP_IF(SYS_seccomp, 0, 4), LOAD(args[0]), SKIP_IF(FILTER_CANARY_OPERATION, 0, 1),         \
		ANSWER(SECCOMP_RET_ERRNO | FILTER_CANARY_ERRNO), ANSWER(SECCOMP_RET_ERRNO | EPERM)

#endif
