/* SPDX-License-Identifier: MIT */
#include "setup/descriptors.h"

#include "look.h"
#include "proof.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

int
descriptors_fill(void)
{
	for (int i = 0; i < 3; i++) {
		if (fcntl(i, F_GETFD) >= 0)
			continue;
		if (errno != EBADF)
			return -1;
		/* The lowest free number is i: those below are open. */
		int opened = open("/dev/null", O_RDWR | O_NOCTTY);

		if (opened < 0 || fcntl(i, F_GETFD) < 0)
			return -1;
	}
	return 0;
}

int
descriptors_close(const struct plan *plan)
{
	int first = 3 + (int)plan->listen_descriptors;

	/* One of our own, among those that are proven: where the only leaked one is beyond them, a
	 * close_range(2) that does nothing shows all the same. */
	if (fcntl(STDIN_FILENO, F_DUPFD, first) < 0)
		return -1;
	return (int)syscall(SYS_close_range, (unsigned)first, ~0U, 0);
}

/* One poll(2) tells of hundreds of descriptors which are open; it may be asked for no more than the
 * soft limit allows. */
int
descriptors_check_close(const struct plan *plan)
{
	struct pollfd asked[DESCRIPTORS_PROVEN];
	struct rlimit limit = {.rlim_cur = RLIM_INFINITY};
	unsigned first = 3 + plan->listen_descriptors;
	unsigned count = DESCRIPTORS_PROVEN;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return -1;
	if (limit.rlim_cur < count)
		count = (unsigned)limit.rlim_cur;
	for (unsigned i = 0; i < count; i++)
		asked[i] = (struct pollfd){.fd = (int)(first + i)};
	if (poll(asked, count, 0) < 0)
		return -1;
	for (unsigned i = 0; i < count; i++)
		if (!(asked[i].revents & POLLNVAL))
			return proof(false);
	return 0;
}

int
descriptors_own(const struct plan *plan)
{
	for (int i = 0; i < 3; i++)
		if (plan->own_stream[i] && fchown(i, plan->who.uid, (gid_t)-1))
			return -1;
	return 0;
}

int
descriptors_check_own(const struct plan *plan)
{
	for (int i = 0; i < 3; i++) {
		struct stat status;

		if (!plan->own_stream[i])
			continue;
		if (look_at(i, &status))
			return -1;
		if (status.st_uid != plan->who.uid)
			return proof(false);
	}
	return 0;
}
