/* SPDX-License-Identifier: MIT */
#include "confine/process.h"

#include "look.h"
#include "proof.h"

#include <fcntl.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/time.h>

/* At which of plan->service.limits a step has stopped, for its message. */
static size_t failed_limit;

int
process_reset(const struct plan *plan)
{
	static const struct itimerval never;
	int wanted = plan->service.personality;

	if (wanted >= 0 && personality((unsigned)wanted) < 0)
		return -1;
	if (plan->init.stays)
		return 0;
	for (int which = ITIMER_REAL; which <= ITIMER_PROF; which++)
		if (setitimer(which, &never, NULL))
			return -1;
	return prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
}

int
process_check_reset(const struct plan *plan)
{
	int wanted = plan->service.personality;
	struct inherited now;

	if (facts_look_inherited(&now, !plan->init.stays))
		return -1;
	return proof((wanted < 0 || now.personality == wanted) && !now.timers && !now.subreaper);
}

const char *
process_entered(const struct plan *plan)
{
	return plan->service.enter;
}

int
process_enter(const struct plan *plan)
{
	return chdir(plan->service.enter);
}

static int
look_at_directory(const char *path, struct stat *status)
{
	int directory = look_opened(open(path, O_PATH | O_DIRECTORY | O_CLOEXEC));

	if (directory < 0)
		return -1;
	int failed = look_at(directory, status);

	look_close(directory);
	return failed;
}

int
process_check_enter(const struct plan *plan)
{
	char path[PATH_MAX] = "";
	struct stat wanted;
	struct stat now;

	if (look_at_directory(plan->service.enter, &wanted) || look_at_directory(".", &now))
		return -1;
	if (now.st_dev != wanted.st_dev || now.st_ino != wanted.st_ino)
		return proof(false);
	/* Not getcwd(3): the library hides a directory outside of the root behind ENOENT. */
	if (syscall(SYS_getcwd, path, sizeof(path)) < 0)
		return -1;
	if (path[0] != '/') {
		errno = path[0] ? EXDEV : EPROTO;
		return -1;
	}
	return 0;
}

int
process_set_umask(const struct plan *plan)
{
	umask(plan->service.umask);
	return 0;
}

/* The call tells the old one only when it sets a new one; twice, so that a constant answer shows.
 */
int
process_check_umask(const struct plan *plan)
{
	enum { OTHER = 0777 };
	mode_t wanted = plan->service.umask;
	mode_t was = umask(OTHER);

	return proof(umask(wanted) == OTHER && was == wanted);
}

int
process_raise_limits(const struct plan *plan)
{
	return rlimits_raise(plan->service.limits, plan->service.limit_count, &failed_limit);
}

int
process_set_limits(const struct plan *plan)
{
	return rlimits_apply(plan->service.limits, plan->service.limit_count, &failed_limit);
}

int
process_check_limits(const struct plan *plan)
{
	return rlimits_check(plan->service.limits, plan->service.limit_count, &failed_limit);
}

const char *
process_failed_limit(const struct plan *plan)
{
	return rlimit_name(plan->service.limits[failed_limit].resource);
}
