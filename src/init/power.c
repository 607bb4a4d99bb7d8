/* SPDX-License-Identifier: MIT */
#include "init/power.h"

#include "proof.h"
#include "who/capabilities.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static int
set_capabilities(uint64_t mask, uint64_t inheritable)
{
	struct capability_sets sets = {
		.effective = mask, .permitted = mask, .inheritable = inheritable};

	return capabilities_set(&sets) ? -1 : capabilities_prove(&sets);
}

static int
gids_set(gid_t own_real, gid_t own)
{
	/* Values that no plan has, in case the call says yes and writes nothing. */
	gid_t real = (gid_t)-1, effective = (gid_t)-1, saved = (gid_t)-1;

	/* By raw calls: the library would visit threads, of which there are none. */
	if (syscall(SYS_setresgid, own_real, own, own) != 0)
		return -1;
	if (syscall(SYS_getresgid, &real, &effective, &saved) != 0)
		return -1;
	return proof(real == own_real && effective == own && saved == own);
}

static int
gid_set(gid_t gid)
{
	return gids_set(gid, gid);
}

/* Its own call says nothing about success; an id that cannot be only asks. */
static int
fsgid_set(gid_t gid)
{
	syscall(SYS_setfsgid, gid);
	return proof((gid_t)syscall(SYS_setfsgid, (gid_t)-1) == gid);
}

static bool
has_own_gid(const struct power *power)
{
	return !power->keep_privileges && power->own_gid != power->service_gid;
}

int
power_leave(const struct power *power)
{
	if (power->keep_privileges)
		return 0;
	if (has_own_gid(power) && gid_set(power->service_gid) != 0)
		return -1;
	return set_capabilities(power->service_capabilities, power->service_capabilities);
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

static int
drop_dumpable(void)
{
	/* A change of gid sets it to fs.suid_dumpable, which may be 1. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return -1;
	return proof(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0);
}

int
power_drop(const struct power *power, const int *keep, unsigned count, const char **what)
{
	close_others(keep, count);
	*what = "leave the working directory in PID 1";
	if (chdir("/") != 0)
		return -1;
	*what = "take a gid of its own for PID 1";
	if (has_own_gid(power) && gid_set(power->own_gid) != 0)
		return -1;
	*what = "drop the capabilities of PID 1";
	if (!power->keep_privileges && set_capabilities(power->own_capabilities, 0) != 0)
		return -1;
	*what = "make PID 1 undumpable";
	return power->keep_privileges ? 0 : drop_dumpable();
}

int
power_watch(const struct power *power, const char **what)
{
	*what = "leave the working directory";
	if (chdir("/") != 0)
		return -1;
	*what = "take gids of its own";
	if (has_own_gid(power) && gids_set(power->service_gid, power->own_gid) != 0)
		return -1;
	*what = "read with the service's gid";
	if (fsgid_set(power->service_gid) != 0)
		return -1;
	*what = "drop its capabilities";
	if (set_capabilities(0, 0) != 0)
		return -1;
	*what = "become undumpable";
	return drop_dumpable();
}

int
power_confine(const struct power *power, const char **what)
{
	if (power->filter == NULL)
		return 0;
	*what = "load the filter of PID 1";
	if (filter_load(power->filter) != 0)
		return -1;
	*what = "prove the filter of PID 1";
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
