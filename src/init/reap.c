/* SPDX-License-Identifier: MIT */
#include "init/reap.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* What wait(2) would have said. */
static int
wait_status(const siginfo_t *info)
{
	return info->si_code == CLD_EXITED ? (info->si_status & 255) << 8 : info->si_status & 127;
}

static struct reap
reap_held(bool *is_other, pid_t service, int options)
{
	siginfo_t info = {0};

	*is_other = false;
	if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | options) != 0)
		return (struct reap){.result = errno == ECHILD ? REAP_ALONE : REAP_NONE};
	if (info.si_pid == 0)
		return (struct reap){.result = REAP_NONE};
	if (info.si_pid != service || info.si_code == CLD_STOPPED) {
		*is_other = true;
		return (struct reap){.pid = info.si_pid};
	}
	return (struct reap){.result = REAP_HELD, .pid = service, .status = wait_status(&info)};
}

struct reap
reap_next(pid_t service, bool hold, bool stops)
{
	struct reap reap = {.pid = -1};
	bool is_other = true;

	if (hold) {
		reap = reap_held(&is_other, service, stops ? WSTOPPED : 0);
		if (!is_other)
			return reap;
	}
	reap.pid = waitpid(reap.pid, &reap.status, WNOHANG | (stops ? WUNTRACED : 0));
	if (reap.pid < 0)
		reap.result = errno == ECHILD ? REAP_ALONE : REAP_NONE;
	else if (reap.pid == 0)
		reap.result = REAP_NONE;
	else
		reap.result = WIFSTOPPED(reap.status) ? REAP_STOPPED : REAP_ENDED;
	return reap;
}

void
reap_release(pid_t pid)
{
	waitpid(pid, NULL, WNOHANG);
}

int
reap_open_children(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/task/%ld/children", (long)getpid());
	/* As in voice_open: the library would mark a stream. */
	int children = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);

	return children > STDERR_FILENO ? children : -1;
}

void
reap_forget(struct reap_told *told, pid_t pid)
{
	for (unsigned i = 0; i < told->count; i++)
		if (told->pids[i] == pid) {
			told->pids[i] = told->pids[--told->count];
			return;
		}
}

static bool
was_told(struct reap_told *told, pid_t pid)
{
	for (unsigned i = 0; i < told->count; i++)
		if (told->pids[i] == pid)
			return true;
	if (told->count < REAP_TOLD)
		told->pids[told->count++] = pid;
	return false;
}

static void
signal_child(struct reap_told *told, pid_t pid, int signal)
{
	if (signal == SIGKILL) {
		kill(pid, signal);
	} else if (!was_told(told, pid)) {
		kill(pid, signal);
		kill(pid, SIGCONT);
	}
}

/* The list is decimal numbers, each with a blank after it; one may be cut between two reads. */
static void
signal_children(int children, struct reap_told *told, int signal)
{
	char text[512];
	off_t offset = 0;
	long pid = 0;
	ssize_t size;

	while ((size = pread(children, text, sizeof(text), offset)) > 0) {
		offset += size;
		for (ssize_t i = 0; i < size; i++) {
			if (text[i] >= '0' && text[i] <= '9') {
				pid = pid * 10 + (text[i] - '0');
				continue;
			}
			if (pid > 1)
				signal_child(told, (pid_t)pid, signal);
			pid = 0;
		}
	}
}

void
reap_signal_left(enum init_reach reach, int children, struct reap_told *told, int signal)
{
	if (reach == INIT_REACH_ALL) {
		kill(-1, signal);
		/* A stopped process cannot obey. */
		if (signal != SIGKILL)
			kill(-1, SIGCONT);
	} else if (reach == INIT_REACH_CHILDREN && children >= 0) {
		signal_children(children, told, signal);
	}
}
