/* SPDX-License-Identifier: MIT */
#include "facts_service.h"

#include "facts.h"
#include "setup/oom.h"
#include "value.h"
#include "why_here.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The standard streams are taken, and the library has marked what it got for closing. */
static int
refuse_lie(const char *path, struct refusal *why)
{
	return refuse(
		why,
		"opening %s gave a descriptor that is open already; see what intercepts open(2)",
		path);
}

/* The most descriptors that any process may be allowed to have. */
static int
read_most_files(uint64_t *most, struct refusal *why)
{
	static const char path[] = "/proc/sys/fs/nr_open";
	char text[24];
	int file = open(path, O_RDONLY | O_CLOEXEC);

	*most = RLIM_INFINITY;
	if (file < 0)
		return 0;
	if (file <= STDERR_FILENO)
		return refuse_lie(path, why);
	ssize_t got = read(file, text, sizeof(text) - 1);

	close(file);
	if (got <= 0)
		return 0;
	text[got] = '\0';
	value_number(text, strspn(text, "0123456789"), RLIM_INFINITY - 1, most);
	return 0;
}

static int
gather_limits(struct service_facts *service, struct refusal *why)
{
	for (int i = 0; i < RLIM_NLIMITS; i++) {
		/* No resource has a soft limit above the hard one, in case the call says yes and
		 * writes nothing. */
		struct rlimit limit = {1, 0};

		if (syscall(SYS_prlimit64, 0, i, NULL, &limit))
			return refuse(why, "cannot read the resource limits: %s", why_errno(errno));
		if (limit.rlim_cur > limit.rlim_max)
			return refuse(
				why,
				"the kernel does not tell the resource limits, though it says that it does; see what intercepts prlimit(2)");
		service->limits[i] = limit;
	}
	return read_most_files(&service->most_files, why);
}

/* By /proc, which knows what a link leads to without another walk. */
static void
look_where(const char *path, char directory[static PATH_MAX])
{
	char link[32];
	int opened = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (opened <= STDERR_FILENO)
		return;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", opened);
	ssize_t length = readlink(link, directory, PATH_MAX - 1);

	close(opened);
	directory[length > 0 ? length : 0] = '\0';
}

/* That it cannot be written is a fact; all else is a kernel that does not do what it should. */
static int
gather_oom_score(struct service_facts *service, struct refusal *why)
{
	static const char path[] = "/proc/self/oom_score_adj";

	if (!oom_score_read(&service->oom_score))
		return 0;
	service->oom_error = errno;
	if (errno == ENOENT || errno == EACCES || errno == EPERM || errno == EROFS)
		return 0;
	if (errno == EPROTO)
		return refuse_lie(path, why);
	return refuse(why, "cannot read %s: %s", path, why_errno(errno));
}

int
facts_service_gather(struct facts *facts, const struct options *options, struct refusal *why)
{
	struct service_facts *service = &facts->service;
	const char *directory = options_value(options, OPTION_WORKDIR);

	if (options_given(options, OPTION_ULIMIT) && gather_limits(service, why))
		return -1;
	if (options_given(options, OPTION_OOM_SCORE_ADJ) && gather_oom_score(service, why))
		return -1;
	if (directory && options_given(options, OPTION_DRY_RUN))
		look_where(directory, service->directory);
	return 0;
}
