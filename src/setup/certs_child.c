/* SPDX-License-Identifier: MIT */
#include "setup/certs_child.h"

#include "look.h"
#include "setup/certs_scan.h"

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
	struct step_failure failure; /* of the second step */
};

static int
close_descriptors(struct child *child)
{
	if (child->pipe != PIPE && dup3(child->pipe, PIPE, O_CLOEXEC) < 0)
		return -1;
	for (int fd = 0; fd < PIPE; fd++)
		close(fd);
	return (int)syscall(SYS_close_range, PIPE + 1U, ~0U, 0U);
}

static int
lose_power(struct child *child)
{
	return drop_run(&child->request->drop, NULL, NULL, &child->failure);
}

/* After the change of ids, which clears the request. */
static int
die_with_parent(struct child *child)
{
	if (prctl(PR_SET_PDEATHSIG, (long)SIGKILL, 0L, 0L, 0L) != 0)
		return -1;
	if (getppid() == child->parent)
		return 0;
	errno = ESRCH;
	return -1;
}

static int
load_filter(struct child *child)
{
	return child->request->filter ? filter_load(child->request->filter) : 0;
}

static int
prove_filter(struct child *child)
{
	return child->request->filter ? filter_check(FILTER_CANARY_ERRNO) : 0;
}

static const struct {
	const char *what;
	int (*apply)(struct child *child);
} steps[] = {
	{"close its descriptors", close_descriptors}, {"lose its power", lose_power},
	{"die with its parent", die_with_parent},     {"load its filter", load_filter},
	{"prove its filter", prove_filter},
};

enum { STEPS = sizeof(steps) / sizeof(steps[0]), LOSES_POWER = 2 };

const char *
certs_child_step(uint32_t failed_step, uint32_t row)
{
	if (failed_step < 1 || failed_step > STEPS)
		return NULL;
	return failed_step == LOSES_POWER && row < DROP_ROWS ? drop_rows[row].what
							     : steps[failed_step - 1].what;
}

static _Noreturn void
fail(const struct child *child, uint32_t step, int error)
{
	struct certs_wire wire = {.magic = CERTS_WIRE_MAGIC,
				  .failed_step = step,
				  .failed_row = child->failure.row,
				  .error = error,
				  .found = -1};

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
	_exit(look_write(PIPE, &out, size) || look_write(PIPE, hoard.bytes, hoard.size));
}

_Noreturn void
certs_child_run(const struct certs_request *request, int pipe, pid_t parent)
{
	struct child child = {.request = request, .pipe = pipe, .parent = parent};

	for (uint32_t i = 0; i < STEPS; i++) {
		if (steps[i].apply(&child) != 0)
			fail(&child, i + 1, errno);
	}
	answer(request);
}
