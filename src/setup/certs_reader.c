/* SPDX-License-Identifier: MIT */
#include "setup/certs_reader.h"

#include "init/signals.h"
#include "look.h"
#include "setup/certs_child.h"
#include "why_here.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * Reads until `size` bytes are there, the other end is closed, or it is `until` (milliseconds).
 * Returns the bytes read, or -1 with errno: ETIME, or read(2)'s.
 */
static ssize_t
receive(int pipe, void *bytes, size_t size, int64_t until)
{
	size_t have = 0;

	while (have < size) {
		struct pollfd wait = {.fd = pipe, .events = POLLIN};
		int64_t left = until - look_clock();
		int ready = poll(&wait, 1, left > 0 ? (int)left : 0);

		if (ready == 0) {
			errno = ETIME;
			return -1;
		}
		ssize_t count = ready > 0 ? read(pipe, (char *)bytes + have, size - have) : -1;
		/* Without a handler for any signal EINTR cannot come. */
		if (count < 0)
			return -1;
		if (count == 0)
			break;
		have += (size_t)count;
	}
	return (ssize_t)have;
}

static int
receive_all(int pipe, void *bytes, size_t size, int64_t until, struct refusal *why)
{
	ssize_t count = receive(pipe, bytes, size, until);

	if (count < 0 && errno == ETIME)
		return refuse(
			why,
			"the reader did not answer in time; is a CA file on a file system that hangs?");
	if (count < 0)
		return refuse(why, "cannot read the reader's answer: %s", strerror(errno));
	if ((size_t)count != size)
		return refuse(why, "the reader ended before its answer did");
	return 0;
}

static int
receive_handed(int pipe, int64_t until, struct certs_answer *answer, struct refusal *why)
{
	if (answer->handed_size == 0)
		return 0;
	if (answer->handed_size > CERTS_HANDED_MAX)
		return refuse(why, "the reader wants to hand over %zu bytes, too many",
			      answer->handed_size);
	void *bytes = mmap(NULL, answer->handed_size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (bytes == MAP_FAILED)
		return refuse(why, "cannot get memory for %zu bytes of certificates: %s",
			      answer->handed_size, strerror(errno));
	answer->handed = bytes;
	return receive_all(pipe, bytes, answer->handed_size, until, why);
}

static int
receive_answer(int pipe, const struct certs_request *request, int64_t until,
	       struct certs_answer *answer, struct refusal *why)
{
	unsigned count = request->places + request->additions;
	struct certs_wire head;
	char more;

	if (receive_all(pipe, &head, sizeof(head), until, why) != 0)
		return -1;
	if (head.magic != CERTS_WIRE_MAGIC || head.paths > CERTS_PATHS_MAX)
		return refuse(why, "the reader's answer is not one");
	if (head.failed_step != 0) {
		const char *what = certs_child_step(head.failed_step, head.failed_row);

		return refuse(why, "the reader cannot %s: %s", what != NULL ? what : "go on",
			      strerror(head.error));
	}
	if (head.paths != count)
		return refuse(why, "the reader reported on %u paths, but was asked about %u",
			      head.paths, count);
	if (receive_all(pipe, answer->report, count * sizeof(answer->report[0]), until, why) != 0)
		return -1;
	answer->found = head.found;
	answer->handed_count = head.handed_count;
	answer->handed_size = head.handed_size;
	if (receive_handed(pipe, until, answer, why) != 0)
		return -1;
	ssize_t rest = receive(pipe, &more, sizeof(more), until);
	if (rest != 0)
		return refuse(why, rest > 0 ? "the reader goes on behind its answer"
					    : "the reader does not end");
	return certs_answer_check(request, answer, why);
}

/* A child that has ended already is not changed by the signal; one that goes on shall not. */
static int
reap(pid_t child, int *status)
{
	kill(child, SIGKILL);
	pid_t ended = waitpid(child, status, __WALL);

	if (ended == child)
		return 0;
	if (ended >= 0)
		errno = EPROTO;
	return -1;
}

int
certs_receive(int pipe, pid_t child, const struct certs_request *request,
	      struct certs_answer *answer, struct refusal *why)
{
	int64_t until = look_clock() + request->deadline;
	int status = 0;

	memset(answer, 0, sizeof(*answer));
	int result = receive_answer(pipe, request, until, answer, why);
	int error = reap(child, &status) != 0 ? errno : 0;
	if (error != 0)
		result = refuse(why, "cannot wait for the reader: %s", strerror(error));
	else if (result != 0 && WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL)
		result = refuse(why, "the reader died of signal %d (%s) while it read the CA files",
				WTERMSIG(status), strsignal(WTERMSIG(status)));
	if (result != 0)
		certs_answer_release(answer);
	return result;
}

/* Our own end would keep the answer from ending, and the start waiting until its deadline. */
static int
close_end(int end, pid_t child, struct refusal *why)
{
	int status;

	if (close(end) == 0 && fcntl(end, F_GETFD) < 0)
		return 0;
	if (child > 0)
		reap(child, &status);
	return refuse(why, "cannot close the pipe to the reader");
}

int
certs_read(const struct certs_request *request, struct certs_answer *answer, struct refusal *why)
{
	bool ignored;
	pid_t self = getpid();
	int ends[2] = {-1, -1};

	if (request->drop.group_count > CERTS_GROUPS_MAX)
		return refuse(
			why,
			"the service has %zu supplementary groups, but at most %d can be proven",
			request->drop.group_count, CERTS_GROUPS_MAX);
	/* For as long as the child lives it must stay ours to wait for. */
	if (signals_own_children(&ignored) != 0)
		return refuse(why, "cannot wait for the reader: %s", strerror(errno));
	if (pipe2(ends, O_CLOEXEC) != 0)
		return refuse(why, "cannot make a pipe for the reader: %s", why_errno(errno));
	/* The standard streams are taken. */
	if (ends[0] <= STDERR_FILENO || ends[1] <= STDERR_FILENO)
		return refuse(why, "the kernel claims a pipe for the reader and made none");
	pid_t child = fork();
	/* A kernel that claims a child and made none would have root itself read the files. */
	if (child == 0 && getpid() == self) {
		child = -1;
		errno = EPROTO;
	} else if (child == 0)
		certs_child_run(request, ends[1], self);
	int error = errno;
	int result = close_end(ends[1], child, why);

	if (child < 0)
		result = refuse(why, "cannot make the reader child: %s%s", strerror(error),
				why_here(WHY_PROCESS, error, NULL));
	else if (result == 0)
		result = certs_receive(ends[0], child, request, answer, why);
	close(ends[0]);
	if (signals_disown_children(ignored) != 0)
		result = refuse(why, "cannot give SIGCHLD back: %s", strerror(errno));
	return result;
}

void
certs_answer_release(struct certs_answer *answer)
{
	if (answer->handed != NULL)
		munmap(answer->handed, answer->handed_size);
	answer->handed = NULL;
	answer->handed_size = 0;
	answer->handed_count = 0;
}
