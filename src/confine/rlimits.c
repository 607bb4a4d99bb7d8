/* SPDX-License-Identifier: MIT */
#include "confine/rlimits.h"

#include "proof.h"

#include <sys/syscall.h>
#include <unistd.h>

/*
 * prlimit(2) for this process. By its number, since the C libraries do not agree on the type of a
 * resource; on 64-bit machines struct rlimit is what the kernel takes.
 */
static int
limit_call(int resource, const struct rlimit *wanted, struct rlimit *now)
{
	_Static_assert(sizeof(struct rlimit) == 16, "the kernel's struct rlimit64");
	return (int)syscall(SYS_prlimit64, 0, resource, wanted, now);
}

/* No resource has a soft limit above the hard one, in case a call says yes and writes nothing. */
static const struct rlimit unknown = {1, 0};

static int
prove_known(const struct rlimit *limit)
{
	return proof(limit->rlim_cur <= limit->rlim_max);
}

int
rlimits_raise(const struct rlimit_setting *settings, size_t count, size_t *failed)
{
	for (size_t i = 0; i < count; i++) {
		struct rlimit limit = unknown;

		*failed = i;
		if (limit_call(settings[i].resource, NULL, &limit) != 0 || prove_known(&limit) != 0)
			return -1;
		if (settings[i].hard <= limit.rlim_max)
			continue;
		limit.rlim_max = settings[i].hard;
		if (limit_call(settings[i].resource, &limit, NULL) != 0)
			return -1;
	}
	return 0;
}

int
rlimits_apply(const struct rlimit_setting *settings, size_t count, size_t *failed)
{
	for (size_t i = 0; i < count; i++) {
		struct rlimit limit = {settings[i].soft, settings[i].hard};

		*failed = i;
		if (limit_call(settings[i].resource, &limit, NULL) != 0)
			return -1;
	}
	return 0;
}

int
rlimits_check(const struct rlimit_setting *settings, size_t count, size_t *failed)
{
	for (size_t i = 0; i < count; i++) {
		struct rlimit limit = unknown;

		*failed = i;
		if (limit_call(settings[i].resource, NULL, &limit) != 0)
			return -1;
		if (limit.rlim_cur != settings[i].soft || limit.rlim_max != settings[i].hard)
			return proof(false);
	}
	return 0;
}
