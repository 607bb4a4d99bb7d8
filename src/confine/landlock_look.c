/* SPDX-License-Identifier: MIT */
#include "confine/landlock.h"

#include "setup/paths.h"
#include "why_here.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the child that tries ends with, and errno otherwise, which is below it. */
enum { TRIED_WELL = 0, CHILD_FLAGS = 0 /* no signal: nobody hears of its end but who waits */ };

/* One layer more, with as little in it as may be; this process ends with it. */
__attribute__((noreturn)) static void
try_layer(void)
{
	struct landlock_wish wish = {.execute = true};
	struct landlock_plan plan = {.handled = landlock_handle(&wish, 2)};
	struct refusal why;

	/* Without it the kernel wants CAP_SYS_ADMIN, which it would be tried with here. */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L))
		_exit(errno);
	if (!landlock_open(&plan, &why) && !landlock_restrict(&plan))
		_exit(TRIED_WELL);
	_exit(errno ? errno : EPROTO);
}

static int
try_in_child(int *error, struct refusal *why)
{
	int status = 0;
	pid_t self = getpid();
	pid_t child = (pid_t)syscall(SYS_clone, CHILD_FLAGS, NULL, NULL, NULL, NULL);

	if (child < 0)
		return refuse(why, "cannot make a process to try Landlock in: %s%s",
			      strerror(errno), why_here(WHY_PROCESS, errno, NULL));
	/* What ends itself must be the child, whatever clone(2) says. */
	if (child == 0 && getpid() == self)
		return refuse(
			why,
			"clone(2) says that it made a process, and made none; see what intercepts it");
	if (child == 0)
		try_layer();
	/* Without a handler for any signal EINTR cannot come. */
	if (waitpid(child, &status, (int)__WCLONE) != child)
		return refuse(why, "cannot wait for the process that tries Landlock: %s",
			      strerror(errno));
	if (!WIFEXITED(status))
		return refuse(why, "the process that tries Landlock died of signal %d",
			      WTERMSIG(status));
	*error = WEXITSTATUS(status);
	return 0;
}

static int
look_at_path(const char *path)
{
	struct stat status;
	int opened = place_open_following(path, &status);

	if (opened < 0)
		return errno;
	close(opened);
	return 0;
}

int
landlock_look(struct landlock_facts *facts, struct refusal *why)
{
	if (!facts->asked)
		return 0;
	facts->version = landlock_version(&facts->errata);
	facts->error = facts->version ? 0 : errno;
	for (unsigned i = 0; i < facts->path_count; i++)
		facts->path_errors[i] = look_at_path(facts->paths[i].path);
	/* ABI 1 is never used. */
	return facts->version >= 2 ? try_in_child(&facts->trial_error, why) : 0;
}
