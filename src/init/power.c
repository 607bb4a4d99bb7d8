/* SPDX-License-Identifier: MIT */
#include "init/power.h"

#include "who/drop.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool
has_own_gid(const struct power *power)
{
	return !power->keep_privileges && power->own_gid != power->service_gid;
}

static int
lose(struct drop *drop, const struct power *power, gid_t real, gid_t other, const char **what)
{
	struct step_failure failure = {.what = NULL};

	drop->gid[0] = real;
	drop->gid[1] = drop->gid[2] = other;
	if (has_own_gid(power))
		drop->parts |= DROP_GID;
	if (drop_run(drop, NULL, NULL, &failure) == 0)
		return 0;
	*what = failure.what;
	return -1;
}

int
power_leave(const struct power *power)
{
	struct drop drop = {
		.parts = DROP_SETS,
		.capabilities = {.effective = power->service_capabilities,
				 .permitted = power->service_capabilities,
				 .inheritable = power->service_capabilities},
	};
	const char *what;

	return power->keep_privileges
		       ? 0
		       : lose(&drop, power, power->service_gid, power->service_gid, &what);
}

/* Kernels before 5.9, or an engine's filter, may not have close_range(2). */
static void
close_between(unsigned first, unsigned last)
{
	struct rlimit limit;

	if (first > last || syscall(SYS_close_range, first, last, 0) == 0)
		return;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && last >= limit.rlim_cur)
		last = (unsigned)limit.rlim_cur;
	for (unsigned i = first; i <= last; i++)
		close((int)i);
}

static void
close_others(const int *keep, unsigned count)
{
	unsigned first = 0;

	for (;;) {
		unsigned next = STDERR_FILENO >= (int)first ? STDERR_FILENO : ~0U;

		for (unsigned i = 0; i < count; i++)
			if (keep[i] >= (int)first && (unsigned)keep[i] < next)
				next = (unsigned)keep[i];
		if (next > first)
			close_between(first, next - 1);
		if (next == ~0U)
			return;
		first = next + 1;
	}
}

int
power_drop(const struct power *power, const int *keep, unsigned count, const char **what)
{
	struct drop drop = {
		.parts = DROP_SETS | DROP_DUMPABLE,
		.capabilities = {.effective = power->own_capabilities,
				 .permitted = power->own_capabilities},
	};

	close_others(keep, count);
	*what = "leave the working directory";
	if (chdir("/") != 0)
		return -1;
	return power->keep_privileges ? 0
				      : lose(&drop, power, power->own_gid, power->own_gid, what);
}

int
power_watch(const struct power *power, const char **what)
{
	struct drop drop = {.parts = DROP_SETS | DROP_DUMPABLE | DROP_FILES_GID};

	*what = "leave the working directory";
	return chdir("/") != 0 ? -1 : lose(&drop, power, power->service_gid, power->own_gid, what);
}

int
power_confine(const struct power *power, const char **what)
{
	if (power->filter == NULL)
		return 0;
	*what = "load its filter";
	if (filter_load(power->filter) != 0)
		return -1;
	*what = "prove its filter";
	return filter_check(FILTER_CANARY_ERRNO);
}

enum {
	PAGE = 4096,           /* or a multiple: then less is given back, and EINVAL does no harm */
	STACK_USED = 32 * PAGE /* the stack ends long before; what is not mapped is skipped */
};

static void
forget_pages(const void *start, size_t size)
{
	uintptr_t first = ((uintptr_t)start + PAGE - 1) & ~(uintptr_t)(PAGE - 1);
	uintptr_t end = ((uintptr_t)start + size) & ~(uintptr_t)(PAGE - 1);

	if (end > first)
		madvise((void *)first, end - first, MADV_DONTNEED);
}

/* From the first to the last string, as the kernel has laid them out. */
static void
forget_strings(char *const *strings)
{
	const char *first = strings[0];
	const char *last = first;

	while (*strings != NULL)
		last = *strings++;
	if (first == NULL || last < first)
		return;
	/* They may be less than a page. */
	explicit_bzero((void *)(uintptr_t)first, (size_t)(last - first) + strlen(last) + 1);
	forget_pages(first, (size_t)(last - first) + 1);
}

__attribute__((noinline)) void
power_forget(const struct power_memory *memory)
{
	/* A page of distance, for the frames of this function and of the calls it makes. */
	uintptr_t end = (uintptr_t)__builtin_frame_address(0) - PAGE;

	forget_strings(environ);
	for (int i = 0; i < POWER_FORGOTTEN; i++)
		forget_pages(memory[i].start, memory[i].size);
	forget_pages((const void *)(end - STACK_USED), STACK_USED);
}
