/* SPDX-License-Identifier: MIT */
/*
 * denied - a service that makes calls which its profile denies
 *
 * What the tests of --explain run. Each mode prints what it got on standard output.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { SECONDS_LEFT = 25 };

static long
call(long number, long a, long b, long c)
{
	long result = syscall(number, a, b, c, -1, -1, -1);

	return result == -1 ? -(long)errno : result;
}

/* Without a file: a call that every profile of ours denies, and that could do nothing anyway. */
static long
denied(void)
{
	return call(SYS_acct, 0, 0, 0);
}

/* Only whether and how a call has failed: what worked has values of its own each time. */
static void
print_result(const char *what, long number, long result)
{
	printf("%s %ld %ld\n", what, number, result < 0 && result > -4096 ? result : 0);
}

static void
sweep(void)
{
	static const long never[] = {
		SYS_exit,
		SYS_exit_group,
		SYS_rt_sigreturn,
		SYS_clone,
		SYS_restart_syscall,
		/* These leave something behind on the machine, or depend on who else is there. */
		SYS_kill,
		SYS_shmget,
		SYS_semget,
		SYS_msgget,
#ifdef __x86_64__
		SYS_fork,
		SYS_vfork,
		SYS_pause,
		335 /* uretprobe */,
		336,
#endif
	};

	for (long number = 0; number < 512; number++) {
		bool skipped = false;

		for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
			skipped = skipped || number == never[i];
		if (!skipped)
			print_result("call", number, call(number, -1, -1, -1));
	}
	for (long family = 0; family < 50; family++) {
		long garbage = 0x7fffffffL << 32 | family;

		print_result("socket", family, call(SYS_socket, family, -1, -1));
		print_result("socket-garbage", family, call(SYS_socket, garbage, -1, -1));
	}
	for (long bit = 0; bit < 64; bit++) {
		print_result("personality", bit, call(SYS_personality, 1L << bit, 0, 0));
		print_result("unshare", bit, call(SYS_unshare, 1L << bit, 0, 0));
	}
	call(SYS_personality, 0, 0, 0);
	for (long request = 0x5400; request < 0x5430; request++)
		print_result("ioctl", request, call(SYS_ioctl, -1, request, 0));
	/* Namespaces alone: what is allowed here would be a process. */
	static const long flags[] = {0x20000,    0x2000000,  0x4000000,  0x8000000,
				     0x10000000, 0x20000000, 0x40000000, 0x7e020000};
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		print_result("clone", flags[i], call(SYS_clone, flags[i], 0, 0));
	print_result("newer", 600, call(600, 0, 0, 0));
	print_result("canary", SYS_seccomp, call(SYS_seccomp, 0x7ffffffe, 0, 0));
#ifdef __x86_64__
	for (long number = 0; number < 512; number++)
		print_result("x32", number, call(0x40000000 + number, -1, -1, -1));
#endif
}

#ifdef __x86_64__
static long
call_32_bit(long number)
{
	long result = number;

	__asm__ volatile("int $0x80"
			 : "+a"(result)
			 : "b"(-1L), "c"(-1L), "d"(-1L), "S"(-1L), "D"(-1L)
			 : "memory", "r8", "r9", "r10", "r11");
	return (int)result;
}

static void
sweep_32_bit(void)
{
	/* exit fork pause kill sigsuspend sigreturn clone rt_sigreturn vfork exit_group
	 * restart_syscall
	 */
	static const long never[] = {1, 2, 29, 37, 72, 119, 120, 173, 190, 252, 0, 393, 395, 399};

	for (long number = 0; number < 512; number++) {
		bool skipped = false;

		for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
			skipped = skipped || number == never[i];
		if (!skipped)
			print_result("call32", number, call_32_bit(number));
	}
}
#endif

static void
flood(long count)
{
	struct timespec start, end;
	long other = 0;

	clock_gettime(CLOCK_MONOTONIC, &start);
	for (long i = 0; i < count; i++)
		other += denied() != -EPERM;
	clock_gettime(CLOCK_MONOTONIC, &end);
	printf("other=%ld ns=%lld\n", other,
	       ((long long)(end.tv_sec - start.tv_sec) * 1000000000 + end.tv_nsec - start.tv_nsec) /
		       count);
}

/* The process whose name says that it is the explainer; -1: there is none. */
static pid_t
explainer(void)
{
	DIR *processes = opendir("/proc");
	struct dirent *entry;
	pid_t found = -1;

	while (processes && (entry = readdir(processes))) {
		char path[300], name[32] = "";
		FILE *file;

		snprintf(path, sizeof(path), "/proc/%s/comm", entry->d_name);
		file = fopen(path, "re");
		if (file && fgets(name, sizeof(name), file) && !strcmp(name, "explainer\n"))
			found = (pid_t)strtol(entry->d_name, NULL, 10);
		if (file)
			fclose(file);
	}
	if (processes)
		closedir(processes);
	return found;
}

static void
kill_explainer(void)
{
	pid_t pid = explainer();
	time_t end = time(NULL) + SECONDS_LEFT;

	printf("before=%ld\n", denied());
	printf("kill=%d\n", kill(pid, SIGKILL));
	/* It may answer one more before it is gone. */
	while (denied() != -ENOSYS && time(NULL) < end)
		usleep(1000);
	printf("after=%ld\n", denied());
}

static long
result_of(long result)
{
	return result == -1 ? -(long)errno : result;
}

static long
open_of(pid_t pid, const char *what, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, what);
	return result_of(open(path, flags | O_CLOEXEC));
}

static void
attack(void)
{
	pid_t pid = explainer();
	char byte = 0;
	struct iovec local = {&byte, 1}, remote = {&byte, 1};
	struct rlimit limit = {1, 1};
	long pidfd = syscall(SYS_pidfd_open, pid, 0);

	printf("found=%d\n", pid > 0);
	printf("attach=%ld\n", result_of(ptrace(PTRACE_ATTACH, pid, 0, 0)));
	printf("seize=%ld\n", result_of(ptrace(PTRACE_SEIZE, pid, 0, 0)));
	printf("readv=%ld\n", result_of(process_vm_readv(pid, &local, 1, &remote, 1, 0)));
	printf("writev=%ld\n", result_of(process_vm_writev(pid, &local, 1, &remote, 1, 0)));
	printf("prlimit=%ld\n", result_of(prlimit(pid, RLIMIT_CPU, &limit, NULL)));
	printf("mem=%ld\n", open_of(pid, "mem", O_RDWR));
	printf("fd=%ld\n", open_of(pid, "fd", O_RDONLY));
	printf("environ=%ld\n", open_of(pid, "environ", O_RDONLY));
	for (int fd = 0; fd < 16; fd++) {
		long got = result_of(syscall(SYS_pidfd_getfd, pidfd, fd, 0));

		if (got >= 0)
			printf("stolen=%d\n", fd);
	}
	printf("denied=%ld\n", denied());
}

/* What this process has open beside 0 to 2. */
static void
descriptors(void)
{
	for (int fd = 3; fd < 1024; fd++) {
		char path[64], target[128];
		ssize_t size;

		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		size = readlink(path, target, sizeof(target) - 1);
		if (size < 0)
			continue;
		target[size] = 0;
		printf("open %d %s\n", fd, target);
	}
	printf("listed\n");
}

static void *
deny_many(void *count)
{
	long other = 0;

	for (long i = 0; i < (long)count; i++)
		other += denied() != -EPERM;
	return (void *)other;
}

static void
threads(long count, long calls)
{
	pthread_t ids[128];
	long other = 0;

	for (long i = 0; i < count; i++)
		if (pthread_create(&ids[i], NULL, deny_many, (void *)calls))
			_exit(3);
	for (long i = 0; i < count; i++) {
		void *result;

		pthread_join(ids[i], &result);
		other += (long)result;
	}
	printf("other=%ld\n", other);
}

static void
on_urgent(int signal)
{
	(void)signal;
}

static volatile bool storm_is_over;

static void *
make_storm(void *thread)
{
	while (!storm_is_over)
		pthread_kill(*(pthread_t *)thread, SIGURG);
	return NULL;
}

/* As the runtime of Go interrupts its threads to schedule them. */
static void
storm(long calls)
{
	struct sigaction action = {.sa_handler = on_urgent, .sa_flags = SA_RESTART};
	pthread_t self = pthread_self(), other;

	sigaction(SIGURG, &action, NULL);
	if (pthread_create(&other, NULL, make_storm, &self))
		_exit(3);
	printf("other=%ld\n", (long)deny_many((void *)calls));
	storm_is_over = true;
	pthread_join(other, NULL);
}

/* Nobody reads the log. */
static void
fill_log(long calls)
{
	static char much[4096];
	int log = open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_CLOEXEC);

	memset(much, 'x', sizeof(much));
	much[sizeof(much) - 1] = '\n';
	while (write(log, much, sizeof(much)) > 0)
		continue;
	while (write(log, "\n", 1) > 0)
		continue;
	printf("errno=%d\n", errno);
	for (long i = 0; i < calls; i++)
		if (call(SYS_personality, 0x1000000 + i, 0, 0) != -EPERM)
			printf("wrong\n");
	printf("alive\n");
	fflush(stdout);
	/* Until the test has read the log. */
	pause();
}

/* Names and paths that look like the end of a log line, or like another one. */
static void
be_hostile(void)
{
	static const char *const names[] = {"\"}", "a\\", "\n{\"program\":", "\x1b[2J\r\x7f",
					    "\xff\xc3("};
	static const long calls[] = {SYS_chroot, SYS_acct, SYS_swapoff, SYS_delete_module,
				     SYS_umount2};
	static char path[4096];

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		prctl(PR_SET_NAME, names[i]);
		/* Long ones, so that they are cut as well. */
		path[0] = '\0';
		for (size_t n = 0; n < 100; n++)
			strcat(path, names[i]);
		printf("%ld\n", result_of(syscall(calls[i], path, 0)));
	}
}

int
main(int argc, char *argv[])
{
	const char *mode = argc > 1 ? argv[1] : "";
	long number = argc > 2 ? strtol(argv[2], NULL, 10) : 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!strcmp(mode, "sweep"))
		sweep();
#ifdef __x86_64__
	else if (!strcmp(mode, "sweep-32"))
		sweep_32_bit();
#endif
	else if (!strcmp(mode, "one"))
		printf("%ld\n", denied());
	else if (!strcmp(mode, "socket"))
		printf("%ld\n", call(SYS_socket, number, 1, 0));
	else if (!strcmp(mode, "path"))
		printf("%ld\n", result_of(syscall(SYS_chroot, "/a \"path\"\n")));
	else if (!strcmp(mode, "hostile"))
		be_hostile();
	else if (!strcmp(mode, "raw"))
		printf("%ld\n", call(number, -1, -1, -1));
	else if (!strcmp(mode, "canary"))
		printf("%ld\n", call(SYS_seccomp, 0x7ffffffe, 0, 0));
	else if (!strcmp(mode, "flood"))
		flood(number);
	else if (!strcmp(mode, "kinds"))
		for (long i = 0; i < number; i++)
			call(SYS_personality, 0x1000000 + i, 0, 0);
	else if (!strcmp(mode, "kill-explainer"))
		kill_explainer();
	else if (!strcmp(mode, "stop-explainer"))
		printf("stop=%d\n", kill(explainer(), SIGSTOP));
	else if (!strcmp(mode, "attack"))
		attack();
	else if (!strcmp(mode, "descriptors"))
		descriptors();
	else if (!strcmp(mode, "threads"))
		threads(number, 200);
	else if (!strcmp(mode, "storm"))
		storm(number);
	else if (!strcmp(mode, "fill-log"))
		fill_log(number);
	else if (strcmp(mode, "exit"))
		return 2;
	fflush(stdout);
	return !strcmp(mode, "exit") ? 7 : 0;
}
