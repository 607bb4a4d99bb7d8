/* SPDX-License-Identifier: MIT */
/*
 * learn_service - a service that is hard to watch, or does exactly what a test wants to see
 *
 *	calls N      makes N calls
 *	forks N      has N processes at once, which make calls
 *	dying N      has N processes, one after the other, that die while they wait for the answer
 *to a call storm N      makes N calls while SIGURG arrives all the time values N     makes ioctl
 *with N requests, and N calls that do not exist arguments    makes calls whose arguments matter
 *	kinds        calls getpriority of a process, and then of a user
 *	phases       calls getpriority before it waits for the first time, and getsid after that
 *	kill-parent  kills its parent, and says whether that worked
 *	open PATH    opens PATH, and stats it by a path that is relative
 *	narrow       makes one call as a 32-bit program does
 *	abort        ends itself by abort(3)
 *	edge         opens a path that ends where its mapping ends
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NO_CALL = 5000, PAGE = 4096, CHILD_CALLS = 20, FAILED = 1 };

static int
make_calls(long count)
{
	for (long i = 0; i < count; i++)
		if (syscall(SYS_getppid) < 0)
			return FAILED;
	return 0;
}

static int
wait_for_all(void)
{
	int status, result = 0;

	while (wait(&status) > 0)
		if (!WIFEXITED(status) || WEXITSTATUS(status))
			result = FAILED;
	return result;
}

static int
fork_many(long count)
{
	int together[2];
	char byte;

	if (pipe(together))
		return FAILED;
	for (long i = 0; i < count; i++) {
		pid_t child = fork();

		if (child < 0)
			return FAILED;
		if (child > 0)
			continue;
		/* All of them are there until the parent has closed its end. */
		close(together[1]);
		if (read(together[0], &byte, 1) != 0)
			_exit(FAILED);
		_exit(make_calls(CHILD_CALLS));
	}
	close(together[1]);
	return wait_for_all();
}

/* By timers, which come from nobody who waits for an answer too. */
static int
kill_many(long count)
{
	for (long i = 0; i < count; i++) {
		struct itimerval soon = {.it_value = {.tv_usec = 500 + 97 * (i % 10)}};
		int status;
		pid_t child = fork();

		if (child < 0)
			return FAILED;
		if (child == 0) {
			setitimer(ITIMER_REAL, &soon, NULL);
			for (;;)
				syscall(SYS_getppid);
		}
		if (waitpid(child, &status, 0) != child || !WIFSIGNALED(status) ||
		    WTERMSIG(status) != SIGALRM)
			return FAILED;
	}
	return 0;
}

static volatile sig_atomic_t caught;

static void
count_signal(int number)
{
	(void)number;
	caught++;
}

static int
storm(long count)
{
	struct sigaction action = {.sa_handler = count_signal, .sa_flags = SA_RESTART};
	pid_t self = getpid();

	sigaction(SIGURG, &action, NULL);
	pid_t child = fork();
	if (child == 0)
		for (;;)
			kill(self, SIGURG);
	int result = make_calls(count);

	while (!caught)
		sched_yield();
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	return result;
}

static int
many_values(long count)
{
	for (long i = 0; i < count; i++) {
		ioctl(0, (int)(0x7000 + i), 0);
		syscall(NO_CALL + i);
	}
	return 0;
}

static int
arguments(void)
{
	socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	socket(AF_UNIX, SOCK_DGRAM, 0);
	socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC);
	ioctl(0, TIOCGPGRP, 0);
	prctl(PR_SET_NAME, "learned");
	personality(0xffffffff);
	unshare(CLONE_FILES);
	return 0;
}

/* Its arguments do not matter to learn, but may to a profile. */
static int
kinds(void)
{
	getpriority(PRIO_PROCESS, 0);
	getpriority(PRIO_USER, 0);
	poll(NULL, 0, 1);
	return 0;
}

static int
phases(void)
{
	getpriority(PRIO_PROCESS, 0);
	poll(NULL, 0, 1);
	getsid(0);
	return 0;
}

static int
kill_parent(void)
{
	if (kill(getppid(), SIGKILL) < 0)
		printf("refused: %s\n", strerror(errno));
	else
		puts("done");
	fflush(stdout);
	return 0;
}

static int
open_file(const char *path)
{
	struct stat about;
	int file = open(path, O_RDONLY);

	if (file < 0 || chdir("/etc") || stat("hostname", &about))
		return FAILED;
	int folder = open("/usr", O_RDONLY | O_DIRECTORY);
	return faccessat(folder, "lib", F_OK, 0) ? FAILED : 0;
}

static int
narrow(void)
{
#ifdef __x86_64__
	long result = 20; /* getpid, in the 32-bit table */

	__asm__ volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
	return result == getpid() ? 0 : FAILED;
#else
	return FAILED;
#endif
}

static int
edge(void)
{
	static const char path[] = "/etc/hostname";
	char *room =
		mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (room == MAP_FAILED || munmap(room + PAGE, PAGE))
		return FAILED;
	char *at = memcpy(room + PAGE - sizeof(path), path, sizeof(path));
	return open(at, O_RDONLY) < 0 ? FAILED : 0;
}

int
main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	long count = argc > 2 ? atol(argv[2]) : 0;

	if (!strcmp(what, "calls"))
		return make_calls(count);
	if (!strcmp(what, "forks"))
		return fork_many(count);
	if (!strcmp(what, "dying"))
		return kill_many(count);
	if (!strcmp(what, "storm"))
		return storm(count);
	if (!strcmp(what, "values"))
		return many_values(count);
	if (!strcmp(what, "arguments"))
		return arguments();
	if (!strcmp(what, "kinds"))
		return kinds();
	if (!strcmp(what, "phases"))
		return phases();
	if (!strcmp(what, "kill-parent"))
		return kill_parent();
	if (!strcmp(what, "open") && argc > 2)
		return open_file(argv[2]);
	if (!strcmp(what, "narrow"))
		return narrow();
	if (!strcmp(what, "edge"))
		return edge();
	if (!strcmp(what, "abort"))
		abort();
	fputs("usage: learn_service WHAT [N]\n", stderr);
	return 2;
}
