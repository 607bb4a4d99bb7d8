/* SPDX-License-Identifier: MIT */
#include "kit/watch.h"

#include "kit/heap.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { KILLED_BY = 128, TICK = 200 /* milliseconds, while something has a time limit */ };

static const int handed_on[] = {SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGTERM, SIGWINCH};

/* What one run needs. */
struct run {
	const struct watch *watch;
	struct watch_end *end;
	struct watch_call call;
	struct seccomp_notif *notice;
	struct seccomp_notif_resp *answer;
	struct seccomp_notif_sizes sizes;
	int signals;
	bool ended;      /* the program itself; others may be left */
	bool empty;      /* nobody is left */
	bool asked;      /* the program was asked to end */
	bool given_up;   /* what is left cannot be ended */
	time_t time_up;  /* when to ask the program, 0 for never */
	time_t deadline; /* when to kill what is left, 0 for never */
};

static time_t
now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec;
}

bool
watch_waits(const struct watch_call *call)
{
	__u64 id = call->notice->id;

	return ioctl(call->listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0;
}

static bool
signal_one(pid_t process, int number)
{
	return kill(process, number) == 0 || errno == ESRCH;
}

/*
 * Children of this process, those that it has inherited among them. Returns false where not all of
 * them can be reached: without /proc they are known to PID 1 alone, and without CAP_KILL root may
 * not signal another user's.
 */
static bool
signal_children(int number)
{
	char path[64];
	bool all = true;
	int child;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	FILE *list = fopen(path, "re");
	if (!list)
		return getpid() == 1 && signal_one(-1, number);
	while (fscanf(list, "%d", &child) == 1)
		all = signal_one(child, number) && all;
	fclose(list);
	return all;
}

static void
reap(struct run *run)
{
	pid_t pid;
	int status;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid != run->call.program || run->ended)
			continue;
		run->ended = true;
		run->end->status =
			WIFEXITED(status) ? WEXITSTATUS(status) : KILLED_BY + WTERMSIG(status);
		run->deadline = now() + WATCH_GRACE;
		signal_children(SIGTERM);
	}
	if (pid < 0 && errno == ECHILD)
		run->empty = true;
}

static void
take_signals(struct run *run)
{
	struct signalfd_siginfo about;

	while (read(run->signals, &about, sizeof(about)) == (ssize_t)sizeof(about)) {
		if (about.ssi_signo == SIGCHLD)
			reap(run);
		else if (about.ssi_code != SI_KERNEL && !run->ended)
			kill(run->call.program, (int)about.ssi_signo);
		else if (run->ended)
			signal_children((int)about.ssi_signo);
	}
}

static void
mind_the_time(struct run *run)
{
	if (run->time_up && !run->asked && !run->ended && now() >= run->time_up) {
		run->asked = true;
		run->end->time_was_up = true;
		kill(run->call.program, SIGTERM);
		run->deadline = now() + WATCH_PATIENCE;
	}
	if (!run->deadline || now() < run->deadline)
		return;
	/* Again and again: what a killed process leaves behind comes here, too. */
	bool reached = signal_children(SIGKILL);

	if (!run->ended)
		reached = signal_one(run->call.program, SIGKILL);
	if (!reached)
		run->end->left = run->given_up = true;
}

/* Returns 0, also where the caller has died meanwhile, or -1 where the kernel does not answer. */
static int
take_call(struct run *run, struct refusal *why)
{
	memset(run->notice, 0, run->sizes.seccomp_notif);
	if (ioctl(run->call.listener, SECCOMP_IOCTL_NOTIF_RECV, run->notice) < 0)
		return errno == ENOENT || errno == EINTR
			       ? 0
			       : refuse(why, "cannot receive a call: %s", strerror(errno));
	int error = run->watch->seen(run->watch->context, &run->call);

	memset(run->answer, 0, run->sizes.seccomp_notif_resp);
	run->answer->id = run->notice->id;
	run->answer->error = -error;
	run->answer->flags = error ? 0 : (__u32)SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	if (ioctl(run->call.listener, SECCOMP_IOCTL_NOTIF_SEND, run->answer) < 0 &&
	    errno != ENOENT && errno != EINTR)
		return refuse(why, "cannot let a call continue: %s", strerror(errno));
	return 0;
}

static int
loop(struct run *run, struct refusal *why)
{
	struct pollfd wait[] = {{.fd = run->call.listener, .events = POLLIN},
				{.fd = run->signals, .events = POLLIN}};

	while (!run->empty && !run->given_up) {
		bool limited = run->time_up || run->deadline;

		if (poll(wait, 2, limited ? TICK : -1) < 0) {
			if (errno == EINTR)
				continue;
			return refuse(why, "cannot wait: %s", strerror(errno));
		}
		if ((wait[0].revents & POLLIN) && take_call(run, why) < 0)
			return -1;
		if (wait[1].revents & POLLIN)
			take_signals(run);
		if (wait[0].revents & POLLHUP) {
			/* Nobody is left under the filter; a zombie may still have to be reaped. */
			wait[0].fd = -1;
			wait[0].revents = 0;
			reap(run);
		}
		if (limited)
			mind_the_time(run);
	}
	return 0;
}

static int
open_signals(sigset_t *before, struct refusal *why)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	for (size_t i = 0; i < sizeof(handed_on) / sizeof(handed_on[0]); i++)
		sigaddset(&set, handed_on[i]);
	sigprocmask(SIG_BLOCK, &set, before);
	int descriptor = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (descriptor < 0)
		refuse(why, "cannot wait for signals: %s", strerror(errno));
	return descriptor;
}

/* The kernel's structs may be larger than the headers' of the build. */
static int
make_room(struct run *run, struct refusal *why)
{
	if (syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &run->sizes) < 0)
		return refuse(
			why,
			"cannot watch: %s; it takes Linux 5.5, and a filter that allows seccomp(2)",
			strerror(errno));
	if (run->sizes.seccomp_notif < sizeof(*run->notice))
		run->sizes.seccomp_notif = sizeof(*run->notice);
	if (run->sizes.seccomp_notif_resp < sizeof(*run->answer))
		run->sizes.seccomp_notif_resp = sizeof(*run->answer);
	run->notice = memory_new(1, run->sizes.seccomp_notif);
	run->answer = memory_new(1, run->sizes.seccomp_notif_resp);
	return 0;
}

int
watch_run(const struct watch *watch, struct watch_end *end, struct refusal *why)
{
	struct run run = {.watch = watch, .end = end, .call = {.listener = -1}};
	sigset_t before;
	int result = -1;

	*end = (struct watch_end){.status = WATCH_NOT_ENDED};
	run.signals = open_signals(&before, why);
	if (run.signals < 0)
		return -1;
	/* Orphans come here: so they are known, and the kernel lets us read their memory. */
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	if (make_room(&run, why) == 0) {
		run.call.notice = run.notice;
		run.call.listener = watch_start(watch->argv, &before, &run.call.program, why);
		run.time_up = watch->seconds ? now() + (time_t)watch->seconds : 0;
		if (run.call.listener >= 0)
			result = loop(&run, why);
	}
	if (run.call.listener >= 0 && result < 0)
		kill(run.call.program, SIGKILL);
	if (run.call.listener >= 0)
		close(run.call.listener);
	close(run.signals);
	free(run.notice);
	free(run.answer);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return result;
}
