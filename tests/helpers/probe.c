/* SPDX-License-Identifier: MIT */
/*
 * probe - prints what the kernel says about this process, one `key=value` a line
 *
 *   probe [ARGUMENT...]     print everything; the keys are those of `stepdown --dry-run`, and more
 *   probe regain [FILE]     try to get power back; exit 1 if anything succeeded
 *   probe powerless         exit 0 if the effective uid is not 0 and no capability is permitted
 *   probe exit CODE         exit with CODE
 *   probe ends CODE         print everything, exit with CODE
 *   probe suspends CODE     the same, after it was stopped and continued once
 *   probe sleep             wait to be killed
 */
#include "probe.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#endif

enum {
	CANARY_OPERATION = 0x7ffffffe, /* of seccomp(2); no kernel has it */
	CANARY_ERRNO = 4001,           /* no kernel returns it */
	LAST_SIGNAL = 64,
	SIGNAL_SET_SIZE = 8, /* bytes, the kernel's sigset_t */
	DESCRIPTORS = 1024,  /* looked at; more would be slow where the limit is huge */
};

static const char *const capability_names[] = {
	"chown",
	"dac_override",
	"dac_read_search",
	"fowner",
	"fsetid",
	"kill",
	"setgid",
	"setuid",
	"setpcap",
	"linux_immutable",
	"net_bind_service",
	"net_broadcast",
	"net_admin",
	"net_raw",
	"ipc_lock",
	"ipc_owner",
	"sys_module",
	"sys_rawio",
	"sys_chroot",
	"sys_ptrace",
	"sys_pacct",
	"sys_admin",
	"sys_boot",
	"sys_nice",
	"sys_resource",
	"sys_time",
	"sys_tty_config",
	"mknod",
	"lease",
	"audit_write",
	"audit_control",
	"setfcap",
	"mac_override",
	"mac_admin",
	"syslog",
	"wake_alarm",
	"block_suspend",
	"audit_read",
	"perfmon",
	"bpf",
	"checkpoint_restore",
};

static const struct {
	const char *name;
	int resource;
} limit_names[] = {
	{"as", RLIMIT_AS},
	{"core", RLIMIT_CORE},
	{"cpu", RLIMIT_CPU},
	{"data", RLIMIT_DATA},
	{"fsize", RLIMIT_FSIZE},
	{"locks", RLIMIT_LOCKS},
	{"memlock", RLIMIT_MEMLOCK},
	{"msgqueue", RLIMIT_MSGQUEUE},
	{"nice", RLIMIT_NICE},
	{"nofile", RLIMIT_NOFILE},
	{"nproc", RLIMIT_NPROC},
	{"rss", RLIMIT_RSS},
	{"rtprio", RLIMIT_RTPRIO},
	{"rttime", RLIMIT_RTTIME},
	{"sigpending", RLIMIT_SIGPENDING},
	{"stack", RLIMIT_STACK},
};

static void
print_escaped(const char *text)
{
	for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++) {
		if (*at < 0x20 || *at > 0x7e)
			printf("\\x%02x", *at);
		else
			putchar(*at);
	}
}

static void
print_text(const char *key, const char *value)
{
	printf("%s=", key);
	print_escaped(value);
	putchar('\n');
}

int
probe_capget(struct probe_capabilities *sets)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0}};

	if (syscall(SYS_capget, &header, data) != 0)
		return -1;
	sets->effective = (uint64_t)data[1].effective << 32 | data[0].effective;
	sets->permitted = (uint64_t)data[1].permitted << 32 | data[0].permitted;
	sets->inheritable = (uint64_t)data[1].inheritable << 32 | data[0].inheritable;
	return 0;
}

int
probe_capset(const struct probe_capabilities *sets)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {
		{(uint32_t)sets->effective, (uint32_t)sets->permitted, (uint32_t)sets->inheritable},
		{(uint32_t)(sets->effective >> 32), (uint32_t)(sets->permitted >> 32),
		 (uint32_t)(sets->inheritable >> 32)},
	};

	return (int)syscall(SYS_capset, &header, data);
}

/* Prints the numbers of the bits that are set, or their names, or "none". */
static void
print_bits(const char *key, uint64_t bits, unsigned first, const char *const *names, size_t count)
{
	const char *separator = "";

	printf("%s=", key);
	for (unsigned bit = 0; bit < 64; bit++) {
		if (!(bits >> bit & 1))
			continue;
		if (bit < count)
			printf("%s%s", separator, names[bit]);
		else
			printf("%s%u", separator, bit + first);
		separator = ",";
	}
	puts(bits == 0 ? "none" : "");
}

static void
print_capability_set(const char *key, uint64_t set)
{
	print_bits(key, set, 0, capability_names,
		   sizeof(capability_names) / sizeof(*capability_names));
}

/* The sets that prctl(2) answers for bit by bit. */
static uint64_t
ask_each_capability(int option, unsigned long argument)
{
	uint64_t set = 0;

	for (unsigned capability = 0; capability < 64; capability++) {
		int answer = option == PR_CAP_AMBIENT ? prctl(option, argument, capability, 0, 0)
						      : prctl(option, capability, 0, 0, 0);
		if (answer == 1)
			set |= UINT64_C(1) << capability;
	}
	return set;
}

static void
print_capabilities(void)
{
	struct probe_capabilities sets;

	if (probe_capget(&sets) != 0) {
		printf("cap.error=%d\n", errno);
	} else {
		print_capability_set("cap.effective", sets.effective);
		print_capability_set("cap.permitted", sets.permitted);
		print_capability_set("cap.inheritable", sets.inheritable);
	}
	print_capability_set("cap.bounding", ask_each_capability(PR_CAPBSET_READ, 0));
	print_capability_set("cap.ambient",
			     ask_each_capability(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET));
}

/* One number if all four agree, as they must; otherwise all of them. */
static void
print_ids(const char *key, unsigned real, unsigned effective, unsigned saved, unsigned fs)
{
	if (real == effective && real == saved && real == fs)
		printf("%s=%u\n", key, real);
	else
		printf("%s=%u/%u/%u/%u\n", key, real, effective, saved, fs);
}

static int
compare_groups(const void *one, const void *other)
{
	const gid_t left = *(const gid_t *)one;
	const gid_t right = *(const gid_t *)other;

	return (left > right) - (left < right);
}

static void
print_identity(void)
{
	uid_t real_uid, effective_uid, saved_uid;
	gid_t real_gid, effective_gid, saved_gid;
	static gid_t groups[65536]; /* the kernel's NGROUPS_MAX */
	int count = getgroups(65536, groups);

	getresuid(&real_uid, &effective_uid, &saved_uid);
	getresgid(&real_gid, &effective_gid, &saved_gid);
	/* An id of -1 is no id: nothing is set, the old one is returned. */
	print_ids("uid", real_uid, effective_uid, saved_uid, (unsigned)setfsuid((uid_t)-1));
	print_ids("gid", real_gid, effective_gid, saved_gid, (unsigned)setfsgid((gid_t)-1));
	qsort(groups, count > 0 ? (size_t)count : 0, sizeof(*groups), compare_groups);
	printf("groups=");
	for (int i = 0; i < count; i++)
		printf("%s%u", i > 0 ? "," : "", groups[i]);
	putchar('\n');
}

/* The value of a line of /proc/self/status, or "unknown" where /proc is not mounted. */
static void
print_status(const char *key, const char *field)
{
	FILE *status = fopen("/proc/self/status", "re");
	const size_t length = strlen(field);
	char line[512] = "";
	bool found = false;

	while (status != NULL && !found && fgets(line, sizeof(line), status) != NULL)
		found = strncmp(line, field, length) == 0 && line[length] == ':';
	if (status != NULL)
		fclose(status);
	line[strcspn(line, "\n")] = '\0';
	printf("%s=%s\n", key,
	       found ? line + length + 1 + strspn(line + length + 1, " \t") : "unknown");
}

/* Each call does nothing where it is not refused: see landlock_check() of stepdown. */
static bool
is_port_refused(int (*call)(int, const struct sockaddr *, socklen_t), uint32_t address)
{
	const struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_port = htons(65533), .sin_addr.s_addr = htonl(address)};
	const int opened = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	const bool refused = opened >= 0 &&
			     call(opened, (const struct sockaddr *)&to, sizeof(to)) != 0 &&
			     errno == EACCES;

	if (opened >= 0)
		close(opened);
	return refused;
}

static bool
is_rename_refused(const char *path)
{
	return rename(path, path) != 0 && errno == EACCES;
}

/* A link can be renamed to its own name where files are not restricted; a device where nothing is.
 */
static void
print_landlock(void)
{
	char text[64] = "";

	/* Where /dev/null is a mount, another one is asked. */
	if (is_rename_refused("/dev/null") || is_rename_refused("/dev/pts/ptmx"))
		strcat(text, is_rename_refused("/proc/self") ? ",files" : ",execution");
	if (is_port_refused(bind, 0xc0000201U))
		strcat(text, ",bind");
	if (is_port_refused(connect, INADDR_BROADCAST))
		strcat(text, ",connect");
	printf("landlock.rules=%s\n", text[0] != '\0' ? text + 1 : "none");
}

static void
print_confinement(void)
{
	const long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, 1);
	int parent_death = 0;

	errno = 0;
	syscall(SYS_seccomp, CANARY_OPERATION, 0, NULL);
	printf("seccomp=%s\n", errno == CANARY_ERRNO ? "confined" : "off");
	printf("seccomp.mode=%d\n", prctl(PR_GET_SECCOMP, 0, 0, 0, 0));
	print_status("seccomp.filters", "Seccomp_filters");
	printf("landlock.abi=%ld\n", abi < 0 ? 0 : abi);
	print_landlock();
	printf("no_new_privs=%d\n", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	printf("securebits=0x%x\n", (unsigned)prctl(PR_GET_SECUREBITS, 0, 0, 0, 0));
	printf("dumpable=%d\n", prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
	prctl(PR_GET_PDEATHSIG, &parent_death, 0, 0, 0);
	printf("parent_death=%d\n", parent_death);
}

static void
print_limits(void)
{
	for (size_t i = 0; i < sizeof(limit_names) / sizeof(*limit_names); i++) {
		struct rlimit limit;
		const char *separator = "";

		/* Without a type that differs between the libraries. */
		if (syscall(SYS_prlimit64, 0, limit_names[i].resource, NULL, &limit) != 0)
			continue;
		printf("rlimit.%s=", limit_names[i].name);
		for (int hard = 0; hard <= 1; hard++) {
			const rlim_t value = hard ? limit.rlim_max : limit.rlim_cur;

			if (value == RLIM_INFINITY)
				printf("%sunlimited", separator);
			else
				printf("%s%llu", separator, (unsigned long long)value);
			separator = ":";
		}
		putchar('\n');
	}
}

/* What /etc/localtime leads to, which the libraries take where TZ is not set. */
static void
print_localtime(void)
{
	char target[PATH_MAX];
	const ssize_t length = readlink("/etc/localtime", target, sizeof(target) - 1);

	if (length <= 0)
		return;
	target[length] = '\0';
	print_text("tz.localtime", target);
}

/* By raw calls: the library hides the signals that it keeps for itself. */
static void
print_signals(void)
{
	uint64_t blocked = 0, ignored = 0;

	syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &blocked, SIGNAL_SET_SIZE);
	for (int number = 1; number <= LAST_SIGNAL; number++) {
		unsigned long action[8] = {0}; /* the kernel's struct begins with the handler */

		if (syscall(SYS_rt_sigaction, number, NULL, action, SIGNAL_SET_SIZE) == 0 &&
		    action[0] == (unsigned long)SIG_IGN)
			ignored |= UINT64_C(1) << (number - 1);
	}
	print_bits("signals.blocked", blocked, 1, NULL, 0);
	print_bits("signals.ignored", ignored, 1, NULL, 0);
}

/* The kernel's struct sched_attr: sched_setattr(2). */
static void
print_scheduling(void)
{
	static const char *const policies[] = {"other", "fifo", "rr",       "batch",
					       "4",     "idle", "deadline", "ext"};
	struct {
		uint32_t size, policy;
		uint64_t flags;
		int32_t nice;
		uint32_t priority;
		uint64_t rest[3];
	} attributes;

	if (syscall(SYS_sched_getattr, 0, &attributes, sizeof(attributes), 0) != 0)
		printf("scheduling=unknown");
	else
		printf("scheduling=%s", policies[attributes.policy & 7]);
	if (attributes.policy == 1 || attributes.policy == 2)
		printf(":%u", attributes.priority);
	printf("\nnice=%d\n", getpriority(PRIO_PROCESS, 0));
}

static void
print_root_group(void)
{
	static gid_t groups[65536];
	const int count = getgroups(65536, groups);
	bool supplementary = false;

	for (int i = 0; i < count; i++)
		supplementary = supplementary || groups[i] == 0;
	printf("root_group=%s\n", getgid() == 0   ? "primary"
				  : supplementary ? "supplementary"
						  : "no");
}

/* What an exec leaves of the caller's. A filter may deny to look. */
static void
print_inherited(void)
{
	const int personality = (int)syscall(SYS_personality, 0xffffffff);
	int subreaper = -1;
	bool timers = false;

	for (int which = ITIMER_REAL; which <= ITIMER_PROF; which++) {
		struct itimerval timer;

		timers = timers || getitimer(which, &timer) != 0 || timer.it_value.tv_sec != 0 ||
			 timer.it_value.tv_usec != 0;
	}
	prctl(PR_GET_CHILD_SUBREAPER, &subreaper, 0, 0, 0);
	printf("personality=0x%x\ntimers=%s\nsubreaper=%d\n", (unsigned)personality,
	       timers ? "set" : "none", subreaper);
}

static const char *
file_kind(mode_t mode)
{
	return S_ISFIFO(mode)   ? "pipe"
	       : S_ISSOCK(mode) ? "socket"
	       : S_ISCHR(mode)  ? "device"
	       : S_ISDIR(mode)  ? "directory"
				: "file";
}

static void
print_descriptors(void)
{
	const char *separator = "";

	printf("descriptors=");
	for (int number = 0; number < DESCRIPTORS; number++) {
		if (fcntl(number, F_GETFD) < 0)
			continue;
		printf("%s%d", separator, number);
		separator = ",";
	}
	putchar('\n');
	for (int number = 0; number <= 2; number++) {
		struct stat file;

		if (fstat(number, &file) == 0)
			printf("descriptor.%d=%s:%u\n", number, file_kind(file.st_mode),
			       file.st_uid);
	}
	/* What /dev/stdout is a link to: a service that logs there opens it anew. */
	const int again = open("/proc/self/fd/1", O_WRONLY | O_CLOEXEC);

	printf("stdout.opens=%s\n", again >= 0 ? "yes" : "no");
	if (again >= 0)
		close(again);
}

/* Which stream is the controlling terminal, and what is the process's own of its place there. */
static void
print_terminal(void)
{
	int descriptor = 0;

	while (descriptor <= 2 && tcgetpgrp(descriptor) < 0)
		descriptor++;
	printf(descriptor <= 2 ? "terminal=%d" : "terminal=none", descriptor);
	if (getsid(0) == getpid())
		printf(",leads session");
	if (getpgrp() == getpid())
		printf(",leads group");
	if (descriptor <= 2 && tcgetpgrp(descriptor) == getpgrp())
		printf(",foreground");
	putchar('\n');
}

/* The name of the parent's program, "none" if it is outside of our pid namespace. */
static void
print_parent(void)
{
	char path[32];
	char name[32] = "unknown";

	snprintf(path, sizeof(path), "/proc/%d/comm", getppid());
	FILE *comm = getppid() > 0 ? fopen(path, "re") : NULL;

	if (comm != NULL) {
		if (fgets(name, sizeof(name), comm) == NULL)
			name[0] = '\0';
		fclose(comm);
		name[strcspn(name, "\n")] = '\0';
	}
	print_text("parent", getppid() > 0 ? name : "none");
}

static void
print_oom_score(void)
{
	FILE *score = fopen("/proc/self/oom_score_adj", "re");
	int value;

	if (score != NULL && fscanf(score, "%d", &value) == 1)
		printf("oom_score_adj=%d\n", value);
	if (score != NULL)
		fclose(score);
}

static void
print_process(char **arguments)
{
	char directory[PATH_MAX];
	const mode_t mask = umask(0);
	const char *home = getenv("HOME");
	const char *zone = getenv("TZ");

	umask(mask);
	printf("umask=%04o\n", (unsigned)mask);
	print_text("workdir", getcwd(directory, sizeof(directory)) != NULL ? directory : "unknown");
	print_text("home", home != NULL ? home : "");
	print_text("tz", zone != NULL ? zone : "");
	printf("pid=%d\nppid=%d\nsession=%d\ngroup=%d\n", getpid(), getppid(), getsid(0),
	       getpgrp());
	print_terminal();
	print_parent();
	printf("command=");
	for (char **argument = arguments; *argument != NULL; argument++) {
		if (argument != arguments)
			putchar(' ');
		print_escaped(*argument);
	}
	putchar('\n');
}

/* As a TLS client would: regular files alone, and what begins a line. */
static unsigned
count_certificates(const char *path)
{
	const int from = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat status;
	char line[512];
	unsigned count = 0;

	if (from < 0)
		return 0;
	if (fstat(from, &status) != 0 || !S_ISREG(status.st_mode)) {
		close(from);
		return 0;
	}
	FILE *file = fdopen(from, "r");

	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		count += strncmp(line, "-----BEGIN CERTIFICATE-----", 27) == 0;
	if (file != NULL)
		fclose(file);
	return count;
}

/* Names that lead to another one of the same directory are not counted again. */
static unsigned
count_in_directory(const char *path)
{
	DIR *directory = opendir(path);
	struct dirent *entry;
	char whole[PATH_MAX];
	char target[PATH_MAX];
	unsigned count = 0;

	while (directory != NULL && (entry = readdir(directory)) != NULL) {
		snprintf(whole, sizeof(whole), "%s/%s", path, entry->d_name);
		const ssize_t length = readlink(whole, target, sizeof(target));

		if (length < 0 || memchr(target, '/', (size_t)length) != NULL)
			count += count_certificates(whole);
	}
	if (directory != NULL)
		closedir(directory);
	return count;
}

/* What SSL_CERT_FILE names, or the first place of those that clients know with anything in it. */
static void
print_bundle(void)
{
	static const char *const files[] = {
		"/etc/ssl/certs/ca-certificates.crt",
		"/etc/pki/tls/certs/ca-bundle.crt",
		"/etc/ssl/ca-bundle.pem",
		"/etc/ssl/cert.pem",
		"/usr/lib/ssl/cert.pem",
	};
	const char *file = getenv("SSL_CERT_FILE");
	const char *directory = getenv("SSL_CERT_DIR");
	const char *path = file;
	unsigned count = file != NULL ? count_certificates(file) : 0;

	for (size_t i = 0; file == NULL && count == 0 && i < sizeof(files) / sizeof(*files); i++) {
		path = files[i];
		count = count_certificates(path);
	}
	if (count == 0) {
		path = directory != NULL ? directory : "/etc/ssl/certs";
		count = count_in_directory(path);
	}
	print_text("ca.bundle", count > 0 ? path : "none");
	printf("ca.certificates=%u\n", count);
}

static void
print_all(char **arguments, char **environment)
{
	print_identity();
	print_capabilities();
	print_confinement();
	print_process(arguments);
	print_limits();
	print_oom_score();
	print_localtime();
	print_signals();
	print_scheduling();
	print_root_group();
	print_inherited();
	print_descriptors();
	print_bundle();
	for (; *environment != NULL; environment++) {
		printf("env.");
		print_escaped(*environment);
		putchar('\n');
	}
}

static bool
is_powerless(void)
{
	struct probe_capabilities sets;

	return geteuid() != 0 && probe_capget(&sets) == 0 && sets.permitted == 0;
}

int
main(int count, char **arguments, char **environment)
{
	const char *const verb = count > 1 ? arguments[1] : "";

	if (strcmp(verb, "regain") == 0)
		return regain_try_all(arguments[2]) == 0 ? 0 : 1;
	if (strcmp(verb, "powerless") == 0)
		return is_powerless() ? 0 : 1;
	if (strcmp(verb, "exit") == 0 && count > 2)
		return atoi(arguments[2]);
	if (strcmp(verb, "sleep") == 0) {
		for (;;)
			pause();
	}
	const bool suspends = strcmp(verb, "suspends") == 0;

	if (suspends)
		raise(SIGSTOP);
	print_all(arguments, environment);
	if (fflush(stdout) != 0)
		return 1;
	return (suspends || strcmp(verb, "ends") == 0) && count > 2 ? atoi(arguments[2]) : 0;
}
