/* SPDX-License-Identifier: MIT */
/*
 * init_service - the services that the tests of the init start behind it
 *
 * usage: init_service WHAT [ARGUMENT...]; each writes "ready" when it is, and what it saw. Signals
 * are handled by raw calls, since the libc hides three of them.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void
block_all(void)
{
	uint64_t all = UINT64_MAX;

	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, sizeof(all));
}

static int
take(siginfo_t *info)
{
	uint64_t all = UINT64_MAX;
	int signal;

	do
		signal = (int)syscall(SYS_rt_sigtimedwait, &all, info, NULL, sizeof(all));
	while (signal < 0);
	return signal;
}

/* Says each signal that comes; ends with the first TERM. */
static int catch (void)
{
	siginfo_t info;
	int signal;

	block_all();
	dprintf(1, "ready\n");
	do {
		signal = take(&info);
		dprintf(1, "signal=%d code=%d value=%ld\n", signal, info.si_code,
			info.si_code == SI_QUEUE ? (long)info.si_value.sival_int : 0);
	} while (signal != SIGTERM);
	return 0;
}

/* Counts the signals that come until TERM, without a word for each but 64, which comes last. */
static int
count(void)
{
	siginfo_t info;
	long standard = 0, queued = 0, in_order = 0;
	int signal;

	block_all();
	dprintf(1, "ready\n");
	while ((signal = take(&info)) != SIGTERM) {
		standard += signal < 32;
		if (signal == 64) {
			dprintf(1, "last\n");
		} else if (signal >= 32) {
			in_order += info.si_value.sival_int == queued;
			queued++;
		}
	}
	dprintf(1, "standard=%ld queued=%ld in_order=%ld\n", standard, queued, in_order);
	return 0;
}

static void
print_descriptors(void)
{
	printf("descriptors=");
	for (int i = 0; i < 1024; i++)
		if (fcntl(i, F_GETFD) >= 0)
			printf("%d ", i);
	printf("\n");
}

/* Everything that a service inherits from its init. */
static int
state(void)
{
	uint64_t mask = 0, ignored = 0;
	uid_t uids[3];
	gid_t gids[3];
	int death = -1;

	syscall(SYS_rt_sigprocmask, SIG_SETMASK, NULL, &mask, sizeof(mask));
	for (int i = 1; i <= 64; i++) {
		uint64_t action[4] = {0};

		syscall(SYS_rt_sigaction, i, NULL, action, sizeof(mask));
		if (action[0] == 1)
			ignored |= UINT64_C(1) << (i - 1);
	}
	getresuid(&uids[0], &uids[1], &uids[2]);
	getresgid(&gids[0], &gids[1], &gids[2]);
	prctl(PR_GET_PDEATHSIG, &death);
	printf("mask=%llx\nignored=%llx\n", (unsigned long long)mask, (unsigned long long)ignored);
	printf("uid=%u %u %u\ngid=%u %u %u\n", uids[0], uids[1], uids[2], gids[0], gids[1],
	       gids[2]);
	printf("pid=%d\nparent=%d\ngroup=%d\nsession=%d\nfront=%d\ndeath=%d\n", getpid(), getppid(),
	       getpgrp(), getsid(0), tcgetpgrp(0), death);
	printf("LISTEN_PID=%s\n", getenv("LISTEN_PID") ? getenv("LISTEN_PID") : "");
	printf("NOTIFY_SOCKET=%s\n", getenv("NOTIFY_SOCKET") ? getenv("NOTIFY_SOCKET") : "");
	print_descriptors();
	fflush(stdout);
	return 0;
}

/* Ignores what can be ignored. */
static int
obstinate(void)
{
	block_all();
	dprintf(1, "ready pid=%d\n", getpid());
	for (;;)
		pause();
	return 0;
}

static void
on_term(int signal)
{
	(void)signal;
}

/* Leaves a child that, when told to end, takes 200 ms to write what it has. */
static int
leave_writer(void)
{
	struct sigaction action = {.sa_handler = on_term};
	struct timespec work = {0, 200000000};
	sigset_t term, none;

	sigemptyset(&none);
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, NULL);
	if (fork() != 0)
		return 3;
	sigaction(SIGTERM, &action, NULL);
	sigsuspend(&none);
	nanosleep(&work, NULL);
	dprintf(1, "written\n");
	return 0;
}

/* Leaves `count` children, each with a child, that do not end. */
static int
leave_obstinate(int count)
{
	int ready[2];
	char byte;

	if (pipe(ready) != 0)
		return 99;
	block_all();
	for (int i = 0; i < count; i++)
		if (fork() == 0) {
			fork();
			dprintf(1, "left\n");
			if (write(ready[1], "", 1) != 1)
				_exit(99);
			for (;;)
				pause();
		}
	for (int i = 0; i < 2 * count; i++)
		if (read(ready[0], &byte, 1) != 1)
			return 99;
	return 3;
}

/* Leaves a stopped child that would end on TERM. */
static int
leave_stopped(void)
{
	pid_t child = fork();

	if (child == 0)
		for (;;)
			pause();
	kill(child, SIGSTOP);
	if (waitpid(child, NULL, WUNTRACED) != child)
		return 99;
	return 3;
}

/* A process that ends at once. */
static __attribute__((noinline)) int
spark(void)
{
	pid_t child = vfork();

	if (child == 0)
		_exit(0);
	return child < 0 ? -1 : 0;
}

/* Makes `count` orphans, a thousand at a time: zombies whose parent ends, all of them at once. */
static int
orphans(long count)
{
	for (long made = 0; made < count; made += 1000) {
		pid_t child = fork();
		int status;

		if (child == 0) {
			for (int i = 0; i < 1000; i++)
				if (spark() != 0)
					_exit(99);
			_exit(0);
		}
		if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
			return 99;
	}
	dprintf(1, "made=%ld\n", count);
	return 0;
}

/* Sends `signal` to the init as the service itself, then by a child, and says what came back. */
static int
echo(int signal)
{
	struct timespec wait = {0, 300000000};
	uint64_t all = UINT64_MAX;
	siginfo_t info;
	pid_t init = getppid();

	block_all();
	kill(init, signal);
	dprintf(1, "own=%ld\n", syscall(SYS_rt_sigtimedwait, &all, &info, &wait, sizeof(all)));
	if (fork() == 0) {
		kill(init, signal);
		_exit(0);
	}
	do {
		signal = take(&info);
	} while (signal == SIGCHLD);
	dprintf(1, "child's=%d\n", signal);
	return 0;
}

/* Asks the init, by a child, to stop, and ends with `status` when the request arrives. */
static int
stop_by_init(int status)
{
	siginfo_t info;
	pid_t init = getppid();

	block_all();
	if (fork() == 0) {
		kill(init, SIGTERM);
		_exit(0);
	}
	while (take(&info) != SIGTERM)
		continue;
	dprintf(1, "asked to stop\n");
	return status;
}

/* Says TERM to whoever ends first: forks and ends, the child goes on. */
static int
daemonise(void)
{
	if (fork() != 0)
		return 0;
	setsid();
	dprintf(1, "ready\n");
	pause();
	return 0;
}

static void
try(const char *what, long result)
{
	printf("%s=%ld\n", what, result < 0 ? -(long)errno : result);
}

static long
open_of_init(const char *file, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", getppid(), file);
	return open(path, flags);
}

/* What the kernel itself refuses to a process of the same uid. */
static int
attack(void)
{
	pid_t init = getppid();
	char byte;
	struct iovec here = {&byte, 1}, there = {(void *)(uintptr_t)0x400000, 1};
	struct rlimit second = {1, 1};
	char path[64];

	printf("\n");
	try("attach", syscall(SYS_ptrace, 16 /* ATTACH */, init, 0, 0));
	try("seize", syscall(SYS_ptrace, 0x4206 /* SEIZE */, init, 0, 0));
	try("mem", open_of_init("mem", O_RDWR));
	try("environ", open_of_init("environ", O_RDONLY));
	try("maps", open_of_init("maps", O_RDONLY));
	try("auxv", open_of_init("auxv", O_RDONLY));
	try("fd", open_of_init("fd", O_RDONLY));
	try("root", open_of_init("root/", O_RDONLY));
	try("cwd", open_of_init("cwd/", O_RDONLY));
	try("exe", open_of_init("exe", O_RDONLY));
	try("oom", open_of_init("oom_score_adj", O_WRONLY));
	try("readv", process_vm_readv(init, &here, 1, &there, 1, 0));
	try("writev", process_vm_writev(init, &here, 1, &there, 1, 0));
	try("prlimit", prlimit(init, RLIMIT_CPU, &second, NULL));
	try("prlimit_get", prlimit(init, RLIMIT_CPU, NULL, &second));
	try("kcmp", syscall(SYS_kcmp, init, getpid(), 0, 0, 0));
	snprintf(path, sizeof(path), "/proc/%d", init);
	try("pidfd_getfd", syscall(SYS_pidfd_getfd, syscall(SYS_pidfd_open, init, 0), 2, 0));
	/* Permitted by the uid alone; the security model says so. */
	try("nice", setpriority(PRIO_PROCESS, (id_t)init, 19));
	fflush(stdout);
	return 0;
}

/* Sends every signal to the init, STOP and KILL among them, and says whether it still answers. */
static int
attack_by_signals(void)
{
	pid_t init = getppid();
	siginfo_t info;

	block_all();
	for (int i = 1; i <= 64; i++)
		kill(init, i);
	for (int i = 0; i < 20000; i++)
		kill(init, 1 + i % 64);
	/* A real-time one: a standard one would be merged into that of ours which may be pending.
	 */
	if (fork() == 0) {
		kill(init, 50);
		_exit(0);
	}
	while (take(&info) != 50)
		continue;
	dprintf(1, "alive\n");
	return 0;
}

__attribute__((noreturn)) static void
breed(void)
{
	for (;;) {
		if (fork() == 0) {
			fork();
			_exit(0);
		}
		while (waitpid(-1, NULL, WNOHANG) > 0)
			continue;
	}
}

/* Orphans without end from several processes; the service itself only waits for TERM. */
static int
attack_by_orphans(void)
{
	siginfo_t info;

	block_all();
	for (int i = 0; i < 3; i++)
		if (fork() == 0)
			breed();
	dprintf(1, "ready\n");
	while (take(&info) != SIGTERM)
		continue;
	return 5;
}

/* Fills the pipe behind descriptor 2, which the init shares, and never reads it. */
static int
attack_by_log(void)
{
	static char page[4096];
	struct pollfd pipe_end = {.fd = 2, .events = POLLOUT};

	memset(page, 'x', sizeof(page));
	while (poll(&pipe_end, 1, 0) == 1)
		if (write(2, page, sizeof(page)) < 0)
			return 99;
	return obstinate();
}

/* Writes as an ordinary program does; a descriptor made non-blocking by the init would lose some.
 */
static int
write_much(long lines)
{
	for (long i = 0; i < lines; i++)
		if (dprintf(2, "line %ld of an ordinary program's log\n", i) < 0)
			return 99;
	return 0;
}

static void
on_continue(int signal)
{
	static const char word[] = "continued\n";
	ssize_t written = write(1, word, sizeof(word) - 1);

	(void)signal;
	(void)written;
}

/* Waits with every signal at its default, but says when it goes on after a stop. */
static int
hold(void)
{
	struct sigaction action = {.sa_handler = on_continue, .sa_flags = SA_RESTART};

	sigaction(SIGCONT, &action, NULL);
	dprintf(1, "ready\n");
	for (;;)
		pause();
	return 0;
}

/* Types into its own terminal, as if the user had. */
static int
type(void)
{
	char letter = 'x';

	dprintf(1, "typed=%d\n", ioctl(0, TIOCSTI, &letter) == 0 ? 0 : -errno);
	return 0;
}

static int
die(int signal)
{
	struct rlimit none = {0, 0};

	setrlimit(RLIMIT_CORE, &none);
	kill(getpid(), signal);
	return 99;
}

/* The lines of a file that begin with `key`, each after `who`. */
static void
print_lines(const char *who, const char *path, const char *key)
{
	FILE *file = fopen(path, "re");
	char line[256];

	while (file && fgets(line, sizeof(line), file))
		if (strncmp(line, key, strlen(key)) == 0)
			printf("%s %s", who, line);
	if (file)
		fclose(file);
}

/* The limits of this process by the kernel's word, and where there is a /proc, more of PID 1 too.
 */
static int
given(void)
{
	static const int resources[] = {RLIMIT_NOFILE, RLIMIT_MEMLOCK, RLIMIT_NICE};
	static const char *const names[] = {"nofile", "memlock", "nice"};

	for (int i = 0; i < 3; i++) {
		struct rlimit limit = {0, 0};

		syscall(SYS_prlimit64, 0, resources[i], NULL, &limit);
		printf("%s=%lld:%lld\n", names[i], (long long)limit.rlim_cur,
		       (long long)limit.rlim_max);
	}
	print_lines("oom score", "/proc/self/oom_score_adj", "");
	print_lines("init: oom score", "/proc/1/oom_score_adj", "");
	print_lines("init:", "/proc/1/limits", "Max open files");
	fflush(stdout);
	return 0;
}

/* Mounts what an engine would have mounted, and becomes the program that follows. */
static int
with_proc(char *argv[])
{
	if (mount("proc", "/proc", "proc", 0, NULL) != 0)
		return 96;
	execv(argv[0], argv);
	return 96;
}

int
main(int argc, char *argv[])
{
	const char *what = argc > 1 ? argv[1] : "";
	const int number = argc > 2 ? atoi(argv[2]) : 0;

	if (strcmp(what, "sleep") == 0)
		return pause();
	if (strcmp(what, "sleep-ready") == 0)
		return dprintf(1, "ready\n") < 0 ? 99 : pause();
	if (strcmp(what, "exit") == 0)
		return number;
	if (strcmp(what, "hold") == 0)
		return hold();
	if (strcmp(what, "type") == 0)
		return type();
	if (strcmp(what, "die") == 0)
		return die(number);
	if (strcmp(what, "catch") == 0)
		return catch ();
	if (strcmp(what, "become-and-catch") == 0)
		return setresuid((uid_t)number, (uid_t)number, (uid_t)number) != 0 ? 97 : catch ();
	if (strcmp(what, "count") == 0)
		return count();
	if (strcmp(what, "state") == 0)
		return state();
	if (strcmp(what, "obstinate") == 0)
		return obstinate();
	if (strcmp(what, "leave-writer") == 0)
		return leave_writer();
	if (strcmp(what, "leave-obstinate") == 0)
		return leave_obstinate(number);
	if (strcmp(what, "leave-stopped") == 0)
		return leave_stopped();
	if (strcmp(what, "orphans") == 0)
		return orphans(number);
	if (strcmp(what, "echo") == 0)
		return echo(number);
	if (strcmp(what, "stop-by-init") == 0)
		return stop_by_init(number);
	if (strcmp(what, "daemonise") == 0)
		return daemonise();
	if (strcmp(what, "attack") == 0)
		return attack();
	if (strcmp(what, "attack-by-signals") == 0)
		return attack_by_signals();
	if (strcmp(what, "attack-by-orphans") == 0)
		return attack_by_orphans();
	if (strcmp(what, "attack-by-log") == 0)
		return attack_by_log();
	if (strcmp(what, "given") == 0)
		return given();
	if (strcmp(what, "with-proc") == 0 && argc > 2)
		return with_proc(argv + 2);
	if (strcmp(what, "write-much") == 0)
		return write_much(number);
	dprintf(2, "init_service: no such service: %s\n", what);
	return 98;
}
