/* SPDX-License-Identifier: MIT */
/*
 * regain - every known way to get back what was given up, tried harmlessly
 *
 * Each attempt runs in a child of its own and asks for something that changes nothing lasting even
 * where it is granted: the machine's own name, a file system that does not exist, a bad magic
 * number. Broken builds run this with all of root's power, outside of any container. A service that
 * was started with --keep-cap or --allow-root may well succeed with some; this is for the ordinary
 * one.
 */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

/* The C libraries differ in which of these they have, and how they call them. */
enum {
	NEW_TIME = 0x80,
	NEW_NAMESPACES_COUNT = 8,
	BPF_LOAD = 5,
	KEYCTL_SESSION = 1,
	LAST_CAPABILITY = 63,
};

/* What a child reports: its errno, or one of these. */
enum { SUCCEEDED = 254, UNEXPECTED = 255 };

static long
set_uid(void)
{
	return syscall(SYS_setuid, 0);
}

static long
set_real_effective_uid(void)
{
	return syscall(SYS_setreuid, 0, 0);
}

static long
set_one_of_the_uids(void)
{
	for (int which = 0; which < 3; which++) {
		if (syscall(SYS_setresuid, which == 0 ? 0 : -1, which == 1 ? 0 : -1,
			    which == 2 ? 0 : -1) == 0)
			return 0;
	}
	return -1;
}

static long
set_all_uids(void)
{
	return syscall(SYS_setresuid, 0, 0, 0);
}

static long
set_fs_uid(void)
{
	setfsuid(0);
	errno = EPERM;
	return setfsuid((uid_t)-1) == 0 ? 0 : -1;
}

static long
set_gid(void)
{
	return syscall(SYS_setgid, 0);
}

static long
set_all_gids(void)
{
	return syscall(SYS_setresgid, 0, 0, 0);
}

static long
set_fs_gid(void)
{
	setfsgid(0);
	errno = EPERM;
	return setfsgid((gid_t)-1) == 0 ? 0 : -1;
}

static long
set_groups(void)
{
	const gid_t root = 0;

	return syscall(SYS_setgroups, 1, &root);
}

static long
no_groups(void)
{
	return syscall(SYS_setgroups, 0, NULL);
}

/* Asks for one capability after the other: a single one is too many. */
static long
take_capabilities(unsigned effective, unsigned permitted, unsigned inheritable)
{
	for (unsigned capability = 0; capability <= LAST_CAPABILITY; capability++) {
		const uint64_t bit = UINT64_C(1) << capability;
		const struct probe_capabilities wanted = {effective * bit, permitted * bit,
							  inheritable * bit};
		struct probe_capabilities got;

		/* The kernel ignores what it does not know, and says that it worked. */
		if (probe_capset(&wanted) != 0)
			continue;
		if (probe_capget(&got) != 0 ||
		    (got.effective | got.permitted | got.inheritable) != 0)
			return 0;
		errno = EPERM;
	}
	return -1;
}

static long
set_permitted(void)
{
	return take_capabilities(1, 1, 0);
}

static long
set_inheritable(void)
{
	return take_capabilities(0, 0, 1);
}

static long
raise_ambient(void)
{
	for (unsigned capability = 0; capability <= LAST_CAPABILITY; capability++) {
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) == 0)
			return 0;
	}
	return -1;
}

static long
set_securebits(void)
{
	return prctl(PR_SET_SECUREBITS, 0, 0, 0, 0);
}

/* The bit alone is nobody's power: whether it brings any is asked. */
static long
keep_capabilities_over_uid_change(void)
{
	prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
	setresuid(geteuid(), geteuid(), geteuid());
	return set_uid() == 0 || set_permitted() == 0 || raise_ambient() == 0 ? 0 : -1;
}

static long
clear_no_new_privs(void)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0);
}

static long
new_namespace(void)
{
	static const int kinds[NEW_NAMESPACES_COUNT] = {
		CLONE_NEWUSER, CLONE_NEWNS,  CLONE_NEWPID,    CLONE_NEWNET,
		CLONE_NEWUTS,  CLONE_NEWIPC, CLONE_NEWCGROUP, NEW_TIME,
	};

	for (int i = 0; i < NEW_NAMESPACES_COUNT; i++) {
		if (syscall(SYS_unshare, kinds[i]) == 0)
			return 0;
	}
	return -1;
}

static long
clone_into_user_namespace(void)
{
	const long child = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);

	if (child == 0)
		_exit(0);
	return child;
}

/* struct clone_args of the first version, which glibc's headers hide from musl. */
static long
clone3_into_user_namespace(void)
{
	uint64_t arguments[8] = {[0] = CLONE_NEWUSER, [4] = SIGCHLD};
	const long child = syscall(435, arguments, sizeof(arguments));

	if (child == 0)
		_exit(0);
	return child;
}

/* Our own namespace is no gain, and the kernel refuses it without privilege all the same. */
static long
join_namespace(void)
{
	const int namespace = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);

	return namespace < 0 ? -1 : syscall(SYS_setns, namespace, 0);
}

/*
 * For what would last if it were done: the arguments are wrong on purpose, and the kernel looks at
 * them only after it has looked at the caller. Any other answer than these three is a grant.
 */
static long
is_granted(long answer)
{
	if (answer != 0 && (errno == EPERM || errno == EACCES || errno == ENOSYS))
		return -1;
	return 0;
}

static long
mount_something(void)
{
	return is_granted(mount("none", "/", "no-such-file-system", 0, NULL));
}

static long
change_mounts(void)
{
	/* Two ways of propagation at once are no way. */
	return is_granted(mount(NULL, "/", NULL, MS_PRIVATE | MS_SHARED, NULL));
}

static long
unmount_root(void)
{
	/* The root of the caller can never be marked to expire. */
	return is_granted(umount2("/", MNT_EXPIRE));
}

static long
open_file_system(void)
{
	return syscall(430, "tmpfs", 0);
}

static long
change_root(void)
{
	return chroot("/");
}

static long
pivot_root_to_itself(void)
{
	return is_granted(syscall(SYS_pivot_root, "/", "/"));
}

static long
trace_init(void)
{
	return ptrace(PTRACE_SEIZE, 1, NULL, NULL);
}

static long
open_memory_of_init(void)
{
	return open("/proc/1/mem", O_RDWR | O_CLOEXEC);
}

static long
read_environment_of_init(void)
{
	return open("/proc/1/environ", O_RDONLY | O_CLOEXEC);
}

static long
enter_root_of_init(void)
{
	return open("/proc/1/root/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static long
write_kernel_setting(void)
{
	return open("/proc/sys/kernel/core_pattern", O_WRONLY | O_CLOEXEC);
}

static long
make_device(void)
{
	const char *path = "/dev/shm/probe-device";
	const long made = mknod(path, S_IFCHR | 0666, makedev(1, 1));

	if (made == 0)
		unlink(path);
	return made;
}

/* To whom it belongs already: even that is for the owner or CAP_CHOWN. */
static long
own_root_directory(void)
{
	struct stat root;

	return stat("/", &root) != 0 ? 0 : chown("/", root.st_uid, root.st_gid);
}

static long
open_raw_socket(void)
{
	return socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, 255);
}

static long
open_packet_socket(void)
{
	return socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
}

static long
load_bpf(void)
{
	return is_granted(syscall(SYS_bpf, BPF_LOAD, NULL, 0));
}

static long
load_module(void)
{
	return is_granted(syscall(SYS_init_module, NULL, 0, ""));
}

static long
reboot_with_bad_magic(void)
{
	return is_granted(syscall(SYS_reboot, 0, 0, 0, NULL));
}

static long
set_host_name(void)
{
	char name[256] = "";

	return gethostname(name, sizeof(name) - 1) != 0 ? -1 : sethostname(name, strlen(name));
}

static long
become_nicer(void)
{
	return setpriority(PRIO_PROCESS, 0, -20);
}

static long
raise_hard_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return 0;
	limit.rlim_max++;
	return setrlimit(RLIMIT_NOFILE, &limit);
}

static long
make_keyring(void)
{
	return syscall(SYS_keyctl, KEYCTL_SESSION, NULL);
}

static const struct {
	const char *name;
	long (*attempt)(void);
} attempts[] = {
	{"setuid", set_uid},
	{"setreuid", set_real_effective_uid},
	{"setresuid", set_all_uids},
	{"setresuid_single", set_one_of_the_uids},
	{"setfsuid", set_fs_uid},
	{"setgid", set_gid},
	{"setresgid", set_all_gids},
	{"setfsgid", set_fs_gid},
	{"setgroups", set_groups},
	{"setgroups_none", no_groups},
	{"capset_permitted", set_permitted},
	{"capset_inheritable", set_inheritable},
	{"ambient_raise", raise_ambient},
	{"set_securebits", set_securebits},
	{"keep_caps", keep_capabilities_over_uid_change},
	{"clear_no_new_privs", clear_no_new_privs},
	{"unshare", new_namespace},
	{"clone_newuser", clone_into_user_namespace},
	{"clone3_newuser", clone3_into_user_namespace},
	{"setns", join_namespace},
	{"mount", mount_something},
	{"mount_change", change_mounts},
	{"umount", unmount_root},
	{"fsopen", open_file_system},
	{"chroot", change_root},
	{"pivot_root", pivot_root_to_itself},
	{"pid_1_ptrace", trace_init},
	{"pid_1_mem", open_memory_of_init},
	{"pid_1_environ", read_environment_of_init},
	{"pid_1_root", enter_root_of_init},
	{"proc_sys", write_kernel_setting},
	{"mknod", make_device},
	{"chown", own_root_directory},
	{"socket_raw", open_raw_socket},
	{"socket_packet", open_packet_socket},
	{"bpf", load_bpf},
	{"init_module", load_module},
	{"reboot", reboot_with_bad_magic},
	{"sethostname", set_host_name},
	{"setpriority", become_nicer},
	{"raise_hard_limit", raise_hard_limit},
	{"keyctl", make_keyring},
};

/*
 * What is had already is not got back: a probe that is PID 1 itself has that process's memory, and
 * one that an engine started as a user of group 0, as OpenShift does, has that group.
 */
static bool
is_had_already(const char *name)
{
	if (strncmp(name, "pid_1_", 6) == 0)
		return getpid() == 1;
	if (strcmp(name, "setgid") == 0 || strcmp(name, "setresgid") == 0 ||
	    strcmp(name, "setfsgid") == 0)
		return getegid() == 0;
	return false;
}

/* Runs one attempt; prints its line; 1 if it succeeded. */
static unsigned
report(const char *name, pid_t child)
{
	int status = 0;

	if (child < 0 || waitpid(child, &status, 0) != child) {
		printf("%s=CANNOT BE TRIED: %s\n", name, strerror(errno));
		return 1;
	}
	if (WIFSIGNALED(status)) {
		printf("%s=refused by signal %d\n", name, WTERMSIG(status));
		return 0;
	}
	if (WEXITSTATUS(status) == SUCCEEDED || WEXITSTATUS(status) == UNEXPECTED) {
		printf("%s=SUCCEEDED\n", name);
		return 1;
	}
	printf("%s=refused %s\n", name, strerror(WEXITSTATUS(status)));
	return 0;
}

static pid_t
start_attempt(long (*attempt)(void))
{
	const pid_t child = fork();

	if (child != 0)
		return child;
	/* Where an attempt would succeed, this does too: then not even a slip harms others' mounts.
	 */
	if (unshare(CLONE_NEWNS) == 0)
		mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	errno = 0;
	if (attempt() >= 0)
		_exit(SUCCEEDED);
	_exit(errno > 0 && errno < SUCCEEDED ? errno : UNEXPECTED);
}

/* `probe powerless` as a set-uid program: it exits with 0 if the bit did nothing. */
static pid_t
start_setuid_program(const char *path)
{
	const pid_t child = fork();

	if (child != 0)
		return child;
	execl(path, path, "powerless", (char *)NULL);
	_exit(UNEXPECTED);
}

unsigned
regain_try_all(const char *setuid_program)
{
	unsigned succeeded = 0;

	for (size_t i = 0; i < sizeof(attempts) / sizeof(*attempts); i++) {
		if (is_had_already(attempts[i].name))
			continue;
		fflush(stdout);
		succeeded += report(attempts[i].name, start_attempt(attempts[i].attempt));
	}
	if (setuid_program != NULL) {
		int status = 0;
		const pid_t child = start_setuid_program(setuid_program);

		waitpid(child, &status, 0);
		printf("setuid_program=%s\n", status == 0 ? "refused" : "SUCCEEDED");
		succeeded += status != 0;
	}
	printf("succeeded=%u\n", succeeded);
	fflush(stdout);
	return succeeded;
}
