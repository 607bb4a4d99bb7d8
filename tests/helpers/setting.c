/* SPDX-License-Identifier: MIT */
/*
 * setting - runs one line of a shell as the first process of a small container, always the same one
 *
 *   setting TEMPLATE [WORD...] -- FIRST LINE
 *
 * TEMPLATE is copied to a tmpfs, which is the root, and FIRST is run there with all power; capabilities (Docker's 14), limits, umask, working
 * directory and environment do not depend on the machine. A WORD changes the setting:
 *
 *   user=UID      start as this uid and gid, without capabilities
 *   caps=LIST     these capabilities by number, comma between, instead of the 14
 *   lacks=LIST    CALL:ERRNO by numbers, comma between: a filter answers so, as an engine's does
 *   groups=LIST   supplementary groups
 *   child         not PID 1, but its child
 *   noproc        without /proc
 *   readonly      a root that is mounted read-only
 *
 * Exits with the line's own status, 200 where the setting cannot be made.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CANNOT = 200, CALLS = 32, CAPABILITIES = 64 };

/* Docker's 14, as an ordinary container has them. */
static const uint64_t docker = 0xa80425fb;

struct setting {
	uint64_t capabilities;
	uid_t user;
	gid_t groups[16];
	size_t group_count;
	struct sock_filter filter[2 * CALLS + 2];
	unsigned short filter_length;
	int child, noproc, readonly;
};

static void
must(int failed, const char *what)
{
	if (!failed)
		return;
	fprintf(stderr, "setting: cannot %s: %s\n", what, strerror(errno));
	exit(CANNOT);
}

static void
read_lacks(struct setting *setting, char *list)
{
	struct sock_filter *next = setting->filter;

	*next++ = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
					       offsetof(struct seccomp_data, nr));
	for (char *word = strtok(list, ","); word; word = strtok(NULL, ",")) {
		unsigned number = 0, error = 0;

		must(sscanf(word, "%u:%u", &number, &error) != 2 ||
			     next - setting->filter >= 2 * CALLS,
		     "read lacks=");
		*next++ = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1);
		*next++ = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error);
	}
	*next++ = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	setting->filter_length = (unsigned short)(next - setting->filter);
}

static void
read_word(struct setting *setting, char *word)
{
	if (!strncmp(word, "user=", 5)) {
		setting->user = (uid_t)strtoul(word + 5, NULL, 10);
		setting->capabilities = 0;
	} else if (!strncmp(word, "caps=", 5)) {
		setting->capabilities = 0;
		for (char *cap = strtok(word + 5, ","); cap; cap = strtok(NULL, ","))
			setting->capabilities |= 1ULL << strtoul(cap, NULL, 10);
	} else if (!strncmp(word, "groups=", 7)) {
		for (char *gid = strtok(word + 7, ","); gid; gid = strtok(NULL, ","))
			setting->groups[setting->group_count++] = (gid_t)strtoul(gid, NULL, 10);
	} else if (!strncmp(word, "lacks=", 6)) {
		read_lacks(setting, word + 6);
	} else if (!strcmp(word, "child")) {
		setting->child = 1;
	} else if (!strcmp(word, "noproc")) {
		setting->noproc = 1;
	} else if (!strcmp(word, "readonly")) {
		setting->readonly = 1;
	} else {
		errno = EINVAL;
		must(1, word);
	}
}

/* The template, /dev and /proc on a tmpfs below /mnt, which becomes the root. */
static void
make_root(const char *template, const struct setting *setting)
{
	static const struct {
		const char *path;
		unsigned minor;
	} devices[] = {{"dev/null", 3}, {"dev/zero", 5}, {"dev/urandom", 9}};
	char copy[4096];

	must(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), "make the mounts private");
	must(mount("root", "/mnt", "tmpfs", 0, "mode=0755"), "mount a tmpfs");
	snprintf(copy, sizeof(copy), "cp -a '%s/.' /mnt/", template);
	must(system(copy), "copy the template");
	must(chdir("/mnt"), "enter the root");
	umask(0);
	for (unsigned i = 0; i < sizeof(devices) / sizeof(devices[0]); i++)
		must(mknod(devices[i].path, S_IFCHR | 0666, makedev(1, devices[i].minor)),
		     "make a device");
	umask(022);
	if (!setting->noproc)
		must(mount("proc", "proc", "proc", 0, NULL), "mount /proc");
	must(mkdir("old", 0700) || syscall(SYS_pivot_root, ".", "old") || chdir("/") ||
		     umount2("/old", MNT_DETACH) || rmdir("/old"),
	     "change the root");
}

/* What a caller hands on beside: nice value and ignored signals, those of libc's own too. */
static void
forget_caller(void)
{
	static const uint64_t by_default[4]; /* the kernel's struct sigaction, of SIG_DFL */

	must(setpriority(PRIO_PROCESS, 0, 0), "set the nice value");
	for (long number = 1; number <= 64; number++)
		if (number != SIGKILL && number != SIGSTOP)
			must((int)syscall(SYS_rt_sigaction, number, by_default, NULL, 8L),
			     "reset a signal");
}

static void
set_limits(void)
{
	for (int resource = 0; resource < RLIM_NLIMITS; resource++) {
		struct rlimit limit;

		must(getrlimit(resource, &limit), "read a limit");
		if (resource == RLIMIT_NOFILE)
			limit = (struct rlimit){512, 1024};
		else if (resource == RLIMIT_CORE)
			limit = (struct rlimit){0, 0};
		else if (resource == RLIMIT_NPROC || resource == RLIMIT_SIGPENDING)
			limit = (struct rlimit){1000, 2000};
		else if (resource == RLIMIT_MEMLOCK || resource == RLIMIT_MSGQUEUE)
			limit = (struct rlimit){65536, 65536};
		must(setrlimit(resource, &limit), "set a limit");
	}
}

static void
become(const struct setting *setting)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{0}};
	struct sock_fprog program = {setting->filter_length, (struct sock_filter *)setting->filter};

	for (unsigned cap = 0; cap < CAPABILITIES; cap++)
		if (!(setting->capabilities >> cap & 1) && prctl(PR_CAPBSET_READ, cap) == 1)
			must(prctl(PR_CAPBSET_DROP, cap), "drop a capability");
	must(setgroups(setting->group_count, setting->groups), "set the groups");
	/* As an engine loads its own: before the capabilities go, so without no_new_privs. */
	if (setting->filter_length)
		must(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), "load the filter");
	if (setting->user) {
		must(setresgid(setting->user, setting->user, setting->user) ||
			     setresuid(setting->user, setting->user, setting->user),
		     "change the ids");
		return;
	}
	for (unsigned i = 0; i < 2; i++)
		data[i].permitted = data[i].effective =
			(uint32_t)(setting->capabilities >> (32 * i));
	must((int)syscall(SYS_capset, &header, data), "set the capabilities");
}

static int
wait_for(pid_t child)
{
	int status = 0;

	must(child < 0, "fork");
	while (waitpid(child, &status, 0) < 0)
		must(errno != EINTR, "wait");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int
main(int argc, char *argv[])
{
	static char shell[] = "sh", option[] = "-c", path[] = "PATH=/sbin:/bin";
	static char *const environment[] = {path, NULL};
	struct setting setting = {.capabilities = docker};
	int at = 2;

	for (; at < argc && strcmp(argv[at], "--"); at++)
		read_word(&setting, argv[at]);
	if (at + 3 != argc) {
		fputs("usage: setting TEMPLATE [WORD...] -- FIRST LINE\n", stderr);
		return CANNOT;
	}
	must(unshare(CLONE_NEWNS | CLONE_NEWPID), "make namespaces");
	pid_t first = fork();

	if (first)
		return wait_for(first);
	make_root(argv[1], &setting);
	must(clearenv() || setenv("PATH", "/sbin:/bin", 1) || system(argv[at + 1]), "run FIRST");
	if (setting.readonly)
		must(mount(NULL, "/", NULL, MS_REMOUNT | MS_RDONLY, NULL), "make it read-only");
	set_limits();
	forget_caller();
	if (setting.child) {
		pid_t second = fork();

		if (second)
			return wait_for(second);
	}
	become(&setting);
	execve("/bin/sh", (char *[]){shell, option, argv[at + 2], NULL}, environment);
	must(1, "execute the shell");
}
