/* SPDX-License-Identifier: MIT */
#include "facts_service.h"

#include "facts.h"
#include "setup/oom.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The most descriptors that any process may be allowed to have. */
static rlim_t
read_most_files(void)
{
	char text[24];
	int file = open("/proc/sys/fs/nr_open", O_RDONLY | O_CLOEXEC);

	if (file <= STDERR_FILENO)
		return RLIM_INFINITY;
	ssize_t got = read(file, text, sizeof(text) - 1);

	close(file);
	if (got <= 0)
		return RLIM_INFINITY;
	text[got] = '\0';
	return strtoul(text, NULL, 10);
}

static int
gather_limits(struct service_facts *service, struct refusal *why)
{
	for (int i = 0; i < RLIM_NLIMITS; i++) {
		/* No resource has a soft limit above the hard one, in case the call says yes and
		 * writes nothing. */
		struct rlimit limit = {1, 0};

		if (syscall(SYS_prlimit64, 0, i, NULL, &limit))
			return refuse(why, "cannot read the resource limits: %s", strerror(errno));
		if (limit.rlim_cur > limit.rlim_max)
			return refuse(why, "the kernel does not tell the resource limits, though "
					   "it says that it does; see what intercepts prlimit(2)");
		service->limits[i] = limit;
	}
	service->most_files = read_most_files();
	return 0;
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

int
facts_service_gather(struct facts *facts, const struct options *options, struct refusal *why)
{
	struct service_facts *service = &facts->service;
	const char *directory = options_value(options, OPTION_WORKDIR);

	if (options_given(options, OPTION_ULIMIT) && gather_limits(service, why))
		return -1;
	if (options_given(options, OPTION_OOM_SCORE_ADJ) && oom_score_read(&service->oom_score))
		service->oom_error = errno;
	if (directory && options_given(options, OPTION_DRY_RUN))
		look_where(directory, service->directory);
	return 0;
}
