/* SPDX-License-Identifier: MIT */
#include "setup/certs_child.h"

#include "setup/certs_scan.h"
#include "who/capabilities.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The pipe's number while the filter is in force; src/profiles/reader.json names it too. */
enum { PIPE = 3 };

struct child {
	const struct certs_request *request;
	int pipe;
	pid_t parent;
};

static int
close_descriptors(const struct child *child)
{
	if (child->pipe != PIPE && dup3(child->pipe, PIPE, O_CLOEXEC) < 0)
		return -1;
	for (int fd = 0; fd < PIPE; fd++)
		close(fd);
	return (int)syscall(SYS_close_range, PIPE + 1U, ~0U, 0U);
}

/* The ids by raw calls: there is one thread, and nothing of a C library to keep in step. */
static int
set_groups(const struct child *child)
{
	const struct certs_request *request = child->request;

	if (!request->change_groups)
		return 0;
	return (int)syscall(SYS_setgroups, request->group_count, request->groups);
}

static int
set_gid(const struct child *child)
{
	gid_t gid = child->request->gid;

	return child->request->change_gid ? (int)syscall(SYS_setresgid, gid, gid, gid) : 0;
}

static int
set_uid(const struct child *child)
{
	uid_t uid = child->request->uid;

	return child->request->change_uid ? (int)syscall(SYS_setresuid, uid, uid, uid) : 0;
}

static int
clear_capabilities(const struct child *child)
{
	(void)child;
	return capabilities_set(&(struct capability_sets){.effective = 0});
}

static int
forbid_new_privileges(const struct child *child)
{
	(void)child;
	return prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L);
}

static int
become_undumpable(const struct child *child)
{
	(void)child;
	return prctl(PR_SET_DUMPABLE, 0L, 0L, 0L, 0L);
}

/* After the change of ids, which clears the request. */
static int
die_with_parent(const struct child *child)
{
	if (prctl(PR_SET_PDEATHSIG, (long)SIGKILL, 0L, 0L, 0L) != 0)
		return -1;
	if (getppid() == child->parent)
		return 0;
	errno = ESRCH;
	return -1;
}

static int
prove_ids(const struct child *child)
{
	uid_t want_uid = child->request->uid, uid[3];
	gid_t want_gid = child->request->gid, gid[3];

	if (getresuid(&uid[0], &uid[1], &uid[2]) != 0 || getresgid(&gid[0], &gid[1], &gid[2]) != 0)
		return -1;
	for (unsigned i = 0; i < 3; i++) {
		if (uid[i] != want_uid || gid[i] != want_gid) {
			errno = EPROTO;
			return -1;
		}
	}
	return 0;
}

static bool
has_group(const gid_t *groups, int count, gid_t wanted)
{
	for (int i = 0; i < count; i++) {
		if (groups[i] == wanted)
			return true;
	}
	return false;
}

static int
prove_groups(const struct child *child)
{
	const struct certs_request *request = child->request;
	gid_t groups[CERTS_GROUPS_MAX];
	int count = request->change_groups ? getgroups(CERTS_GROUPS_MAX, groups) : 0;

	if (count < 0)
		return -1;
	if (!request->change_groups)
		return 0;
	errno = EPROTO;
	if ((size_t)count != request->group_count)
		return -1;
	for (size_t i = 0; i < request->group_count; i++) {
		if (!has_group(groups, count, request->groups[i]))
			return -1;
	}
	return 0;
}

/* The ambient set is empty when permitted and inheritable are. */
static int
prove_powerless(const struct child *child)
{
	(void)child;
	if (capabilities_prove(&(struct capability_sets){.effective = 0}) != 0)
		return -1;
	errno = EPROTO;
	return prctl(PR_GET_NO_NEW_PRIVS, 0L, 0L, 0L, 0L) == 1 ? 0 : -1;
}

static int
load_filter(const struct child *child)
{
	return filter_load(child->request->filter);
}

static int
prove_filter(const struct child *child)
{
	(void)child;
	return filter_check(FILTER_CANARY_ERRNO);
}

static const struct {
	const char *what;
	int (*apply)(const struct child *child);
} steps[] = {
	{"close its descriptors", close_descriptors},
	{"set its supplementary groups", set_groups},
	{"set its group id", set_gid},
	{"set its user id", set_uid},
	{"clear its capabilities", clear_capabilities},
	{"set no_new_privs", forbid_new_privileges},
	{"become undumpable", become_undumpable},
	{"die with its parent", die_with_parent},
	{"prove its ids", prove_ids},
	{"prove its groups", prove_groups},
	{"prove that it has no capabilities", prove_powerless},
	{"load its filter", load_filter},
	{"prove its filter", prove_filter},
};

enum { STEPS = sizeof(steps) / sizeof(steps[0]) };

const char *
certs_child_step(uint32_t failed_step)
{
	return failed_step >= 1 && failed_step <= STEPS ? steps[failed_step - 1].what : NULL;
}

static bool
send_bytes(const void *bytes, size_t size)
{
	const char *at = bytes;

	while (size > 0) {
		ssize_t count = write(PIPE, at, size);

		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0)
			return false;
		at += count;
		size -= (size_t)count;
	}
	return true;
}

static _Noreturn void
fail(const struct child *child, uint32_t step, int error)
{
	struct certs_wire wire = {
		.magic = CERTS_WIRE_MAGIC, .failed_step = step, .error = error, .found = -1};

	/* The first step moves the pipe, and closes what it was. */
	int pipe = step == 1 ? child->pipe : PIPE;
	_exit(write(pipe, &wire, sizeof(wire)) == (ssize_t)sizeof(wire) ? 0 : 1);
}

/* -------- everything below runs without power -------- */
static _Noreturn void
answer(const struct certs_request *request)
{
	struct {
		struct certs_wire head;
		struct certs_report report[CERTS_PATHS_MAX];
	} out;
	struct certs_hoard hoard = {NULL, 0, 0, 0};
	uint32_t paths = request->places + request->additions;

	if (request->additions > 0) {
		hoard.bytes = mmap(NULL, CERTS_HANDED_MAX, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (hoard.bytes == MAP_FAILED)
			_exit(1);
		hoard.room = CERTS_HANDED_MAX;
	}
	memset(&out.head, 0, sizeof(out.head));
	out.head.magic = CERTS_WIRE_MAGIC;
	out.head.found = certs_scan(request, out.report, &hoard);
	out.head.paths = paths;
	out.head.handed_count = hoard.count;
	out.head.handed_size = (uint32_t)hoard.size;
	size_t size = (size_t)((char *)&out.report[paths] - (char *)&out);
	_exit(send_bytes(&out, size) && send_bytes(hoard.bytes, hoard.size) ? 0 : 1);
}

_Noreturn void
certs_child_run(const struct certs_request *request, int pipe, pid_t parent)
{
	struct child child = {request, pipe, parent};

	for (uint32_t i = 0; i < STEPS; i++) {
		if (steps[i].apply(&child) != 0)
			fail(&child, i + 1, errno);
	}
	answer(request);
}
