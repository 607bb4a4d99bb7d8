/* SPDX-License-Identifier: MIT */
#include "setup/descriptors.h"

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
	return (int)syscall(SYS_close_range, 3 + plan->listen_descriptors, ~0U, 0);
}

/* One poll(2) tells of a thousand descriptors which are open; it may be asked for no more than the
 * soft limit allows. */
int
descriptors_check_close(const struct plan *plan)
{
	struct pollfd asked[DESCRIPTORS_PROVEN];
	struct rlimit limit = {.rlim_cur = 0};
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
		struct stat status = {.st_uid = (uid_t)-1};

		if (!plan->own_stream[i])
			continue;
		if (fstat(i, &status))
			return -1;
		if (status.st_uid != plan->who.uid)
			return proof(false);
	}
	return 0;
}
