/* SPDX-License-Identifier: MIT */
/*
 * What the service gets, read from the kernel by a probe in its place, in each way that a container
 * may start: it is what --dry-run said, and it cannot be got back.
 */
#include "helpers/support.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <netinet/in.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { WORDS = 10, EXPECTED = 12 };

static void
give_up(const char *what)
{
	fprintf(stderr, "test: cannot %s: %s\n", what, strerror(errno));
	_exit(99);
}

/* --- the ways to start ------------------------------------------------------------------------ */

/* Leaves only `kept` in every set, the bounding one included. */
static void
keep_only(uint64_t kept)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {
		{(uint32_t)kept, (uint32_t)kept, 0},
		{(uint32_t)(kept >> 32), (uint32_t)(kept >> 32), 0}};

	for (unsigned i = 0; i < 64 && prctl(PR_CAPBSET_READ, i, 0, 0, 0) >= 0; i++)
		if (!(kept >> i & 1) && prctl(PR_CAPBSET_DROP, i, 0, 0, 0))
			give_up("limit the bounding set");
	if (syscall(SYS_capset, &header, data))
		give_up("drop capabilities");
}

#define BIT(n) (UINT64_C(1) << (n))

static void
with_setuid_and_setgid(void)
{
	keep_only(BIT(CAP_SETUID) | BIT(CAP_SETGID));
}

static void
with_setpcap_too(void)
{
	keep_only(BIT(CAP_SETUID) | BIT(CAP_SETGID) | BIT(CAP_SETPCAP));
}

static void
with_net_raw_but_no_setpcap(void)
{
	keep_only(BIT(CAP_SETUID) | BIT(CAP_SETGID) | BIT(CAP_NET_RAW));
}

static void
without_capabilities(void)
{
	gid_t group = 0;

	if (setgroups(1, &group))
		give_up("set groups");
	keep_only(0);
}

static void
without_setuid(void)
{
	keep_only(BIT(CAP_SETGID));
}

static void
without_setgid(void)
{
	keep_only(BIT(CAP_SETUID));
}

static void
as_user(void)
{
	gid_t groups[] = {10001, 44};

	if (setgroups(2, groups) || setresgid(10001, 10001, 10001) ||
	    setresuid(10001, 10001, 10001))
		give_up("become a user");
}

static void
as_user_with_ambient(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0))
		give_up("keep capabilities");
	as_user();
	memset(data, 0, sizeof(data));
	data[0].effective = data[0].permitted = data[0].inheritable =
		BIT(CAP_NET_BIND_SERVICE) | BIT(CAP_NET_RAW);
	if (syscall(SYS_capset, &header, data) ||
	    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_BIND_SERVICE, 0, 0) ||
	    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_RAW, 0, 0))
		give_up("raise ambient capabilities");
}

static void
write_to(const char *path, const char *text)
{
	int to = open(path, O_WRONLY);

	if (to < 0 || write(to, text, strlen(text)) != (ssize_t)strlen(text))
		give_up(path);
	close(to);
}

/* A user namespace whose maps are written from outside, as an engine does it. */
static void
in_user_namespace(const char *uids, const char *gids, bool deny_setgroups)
{
	int ready[2];
	int status;
	char path[64];
	char byte;

	if (pipe(ready))
		give_up("make a pipe");
	pid_t inside = getpid();
	pid_t writer = fork();

	if (writer == 0) {
		close(ready[1]);
		if (read(ready[0], &byte, 1) != 1)
			_exit(1);
		snprintf(path, sizeof(path), "/proc/%d/uid_map", inside);
		write_to(path, uids);
		snprintf(path, sizeof(path), "/proc/%d/setgroups", inside);
		if (deny_setgroups)
			write_to(path, "deny");
		snprintf(path, sizeof(path), "/proc/%d/gid_map", inside);
		write_to(path, gids);
		_exit(0);
	}
	if (unshare(CLONE_NEWUSER) || write(ready[1], "x", 1) != 1 ||
	    waitpid(writer, &status, 0) != writer || status)
		give_up("make a user namespace");
	close(ready[0]);
	close(ready[1]);
}

static void
in_whole_user_namespace(void)
{
	in_user_namespace("0 0 65536", "0 0 65536", false);
}

static void
in_small_user_namespace(void)
{
	in_user_namespace("0 0 1000", "0 0 20000", false);
}

static void
in_user_namespace_of_few_gids(void)
{
	in_user_namespace("0 0 20000", "0 0 1000", false);
}

static void
in_user_namespace_without_setgroups(void)
{
	in_user_namespace("0 0 20000", "0 0 20000", true);
}

/* What has all power can undo a sandbox. */
static void
in_mounts_of_its_own(void)
{
	if (unshare(CLONE_NEWNS))
		give_up("make a mount namespace");
}

static void
without_proc(void)
{
	if (unshare(CLONE_NEWNS) || umount2("/proc", MNT_DETACH))
		give_up("unmount /proc");
}

static void
with_no_new_privs(void)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		give_up("set no_new_privs");
}

static void
with_leaked_descriptors(void)
{
	if (open("/etc/passwd", O_RDONLY) != 3 || dup2(3, 700) != 700 || open("/", O_PATH) != 4)
		give_up("leak descriptors");
}

static void
set_policy(int policy, int priority)
{
	int parameter = priority;

	if (syscall(SYS_sched_setscheduler, 0, policy, &parameter))
		give_up("set the scheduling policy");
}

static void
idle_nice_and_deaf(void)
{
	static const uint64_t by_default[4]; /* the kernel's struct sigaction, of SIG_DFL */
	sigset_t set;

	set_policy(5, 0);
	if (setpriority(PRIO_PROCESS, 0, -5))
		give_up("set the nice value");
	/* Whoever started the tests may ignore some, those of libc's own too. */
	for (long signal = 1; signal <= 64; signal++)
		if (signal != SIGKILL && signal != SIGSTOP &&
		    syscall(SYS_rt_sigaction, signal, by_default, NULL, 8L))
			give_up("reset a signal");
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGHUP, SIG_IGN);
	signal(SIGUSR2, SIG_IGN);
}

static void
in_real_time(void)
{
	set_policy(2, 3);
}

static void
with_closed_streams(void)
{
	close(0);
	close(2);
}

static void
with_locked_securebits(void)
{
	if (prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP | SECBIT_NO_SETUID_FIXUP_LOCKED, 0, 0,
		  0))
		give_up("set securebits");
}

/* --- what the service gets ---------------------------------------------------------------------
 */

struct start {
	const char *name;
	const char *options[WORDS];
	void (*prepare)(void);
	void (*enter)(void);
	const char *expected[EXPECTED]; /* lines of the probe */
	const char *left_out[3];        /* parts of left_out lines of the dry run */
};

#define POWERLESS                                                                                  \
	"cap.effective=none", "cap.permitted=none", "cap.inheritable=none", "cap.ambient=none",    \
		"no_new_privs=1", "seccomp=confined"

static const struct start starts[] = {
	{"root, a number",
	 {"-u", "10001:10001"},
	 NULL,
	 NULL,
	 {POWERLESS, "uid=10001", "groups=10001", "cap.bounding=none", "securebits=0xcf"},
	 {NULL}},
	{"root, a name with groups",
	 {"-u", "app"},
	 NULL,
	 NULL,
	 {POWERLESS, "gid=10002", "groups=44,10002", "home=/srv", "env.SHELL=/bin/false"},
	 {NULL}},
	{"root, a name and a group",
	 {"-u", "app:app"},
	 NULL,
	 NULL,
	 {POWERLESS, "groups=10002", "cap.bounding=none"},
	 {NULL}},
	{"root, a number without an entry",
	 {"-u", "4321"},
	 NULL,
	 NULL,
	 {POWERLESS, "gid=4321", "groups=4321", "home=/"},
	 {NULL}},
	{"root, the highest id",
	 {"-u", "4294967294:4294967294"},
	 NULL,
	 NULL,
	 {POWERLESS, "uid=4294967294", "gid=4294967294"},
	 {NULL}},
	{"root, more groups",
	 {"-u", "app", "--group-add", "7", "--group-add", "video"},
	 NULL,
	 NULL,
	 {POWERLESS, "groups=7,44,10002"},
	 {NULL}},
	{"root that stays root",
	 {"-u", "0:0", "--allow-root"},
	 NULL,
	 NULL,
	 {POWERLESS, "uid=0", "cap.bounding=none", "securebits=0xcf"},
	 {NULL}},
	{"root, a kept capability",
	 {"-u", "app", "--keep-cap", "net_bind_service"},
	 NULL,
	 NULL,
	 {"cap.effective=net_bind_service", "cap.permitted=net_bind_service",
	  "cap.inheritable=net_bind_service", "cap.ambient=net_bind_service",
	  "cap.bounding=net_bind_service", "uid=10001", "no_new_privs=1"},
	 {NULL}},
	{"root, capabilities kept for uid 0",
	 {"-u0:0", "--allow-root", "--keep-cap", "chown", "--keep-cap", "CAP_NET_RAW"},
	 NULL,
	 NULL,
	 {"cap.effective=chown,net_raw", "cap.bounding=chown,net_raw", "uid=0"},
	 {NULL}},
	{"root, no filter",
	 {"-u", "app", "--seccomp", "off"},
	 NULL,
	 NULL,
	 {"cap.effective=none", "seccomp=off", "no_new_privs=1"},
	 {NULL}},
	{"root with SETUID and SETGID alone",
	 {"-u", "app"},
	 NULL,
	 with_setuid_and_setgid,
	 {POWERLESS, "uid=10001", "cap.bounding=setgid,setuid", "securebits=0x0"},
	 {"cap.bounding", "securebits", "CAP_CHOWN"}},
	{"root with SETPCAP too",
	 {"-u", "app"},
	 NULL,
	 with_setpcap_too,
	 {POWERLESS, "uid=10001", "cap.bounding=none", "securebits=0xcf"},
	 {"CAP_CHOWN"}},
	{"root without SETPCAP, a kept capability",
	 {"-u", "app", "--keep-cap", "net_raw"},
	 NULL,
	 with_net_raw_but_no_setpcap,
	 {"cap.effective=net_raw", "cap.ambient=net_raw", "cap.bounding=setgid,setuid,net_raw",
	  "uid=10001"},
	 {"cap.bounding", "securebits"}},
	{"root without a capability that stays root",
	 {"-u", "0:0", "--allow-root"},
	 NULL,
	 without_capabilities,
	 {POWERLESS, "uid=0"},
	 {"cap.bounding"}},
	{"a user",
	 {NULL},
	 NULL,
	 as_user,
	 {POWERLESS, "uid=10001", "gid=10001", "groups=44,10001"},
	 {"cap.bounding", "securebits"}},
	{"a user, and the same --user",
	 {"-u", "10001:10001"},
	 NULL,
	 as_user,
	 {POWERLESS, "uid=10001", "groups=44,10001"},
	 {"cap.bounding"}},
	{"a user, and another --user",
	 {"-u", "4321"},
	 NULL,
	 as_user,
	 {POWERLESS, "uid=10001"},
	 {"cap.bounding"}},
	{"a user with ambient capabilities",
	 {NULL},
	 NULL,
	 as_user_with_ambient,
	 {POWERLESS, "uid=10001"},
	 {"cap.bounding"}},
	{"a user who keeps one of them",
	 {"--keep-cap", "net_raw"},
	 NULL,
	 as_user_with_ambient,
	 {"cap.effective=net_raw", "cap.ambient=net_raw", "cap.inheritable=net_raw"},
	 {"cap.bounding"}},
	{"a user namespace",
	 {"-u", "app"},
	 in_whole_user_namespace,
	 NULL,
	 {POWERLESS, "uid=10001", "cap.bounding=none", "securebits=0xcf"},
	 {NULL}},
	{"no /proc", {"-u", "app"}, NULL, without_proc, {"uid=10001", "cap.bounding=none"}, {NULL}},
	{"no_new_privs already",
	 {"-u", "app"},
	 NULL,
	 with_no_new_privs,
	 {POWERLESS, "uid=10001"},
	 {NULL}},
	{"securebits locked already",
	 {"-u", "app"},
	 NULL,
	 with_locked_securebits,
	 {POWERLESS, "securebits=0xcf"},
	 {NULL}},
	{"leaked descriptors",
	 {"-u", "app"},
	 NULL,
	 with_leaked_descriptors,
	 {POWERLESS, "descriptors=0,1,2"},
	 {NULL}},
	{"an idle start with a low priority and odd signals",
	 {"-u", "app"},
	 NULL,
	 idle_nice_and_deaf,
	 {POWERLESS, "scheduling=idle", "nice=-5", "signals.blocked=10", "signals.ignored=1,12",
	  "root_group=no"},
	 {NULL}},
	{"real time, as root's group",
	 {"-u", "5:0"},
	 NULL,
	 in_real_time,
	 {POWERLESS, "scheduling=rr:3", "gid=0", "root_group=primary"},
	 {NULL}},
	{"root's group as one more",
	 {"-u", "app", "--group-add", "0"},
	 NULL,
	 NULL,
	 {POWERLESS, "root_group=supplementary"},
	 {NULL}},
	{"closed standard streams",
	 {"-u", "app"},
	 NULL,
	 with_closed_streams,
	 {POWERLESS, "descriptors=0,1,2"},
	 {NULL}},
	{"without set-up",
	 {"-u", "app", "--no-setup"},
	 NULL,
	 with_leaked_descriptors,
	 {POWERLESS, "uid=10001", "descriptors=0,1,2"},
	 {NULL}},
};

static void
start(const struct start *start, const char *first, const char *const *service,
      struct outcome *outcome)
{
	const char *argv[WORDS * 2] = {"/sbin/stepdown"};
	unsigned count = 1;

	if (first)
		argv[count++] = first;
	for (unsigned i = 0; start->options[i]; i++)
		argv[count++] = start->options[i];
	argv[count++] = "--";
	for (unsigned i = 0; service[i]; i++)
		argv[count++] = service[i];
	argv[count] = NULL;
	run_program(&(struct run){.argv = argv,
				  .root = sandbox_make(),
				  .prepare = start->prepare,
				  .enter = start->enter},
		    outcome);
}

static void
test_the_service_gets_what_the_dry_run_said(void **state)
{
	static const char *const probe[] = {"probe", "an argument", NULL};
	static struct outcome said;
	static struct outcome got;

	(void)state;
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		bool no_streams = starts[i].enter == with_closed_streams;

		start(&starts[i], "--dry-run", probe, &said);
		start(&starts[i], "-q", probe, &got);
		if (said.status || got.status)
			fail_msg("%s: %d %s%d %s", starts[i].name, said.status, said.err,
				 got.status, got.err);
		if (!no_streams && got.err[0])
			fail_msg("%s: said %s", starts[i].name, got.err);
		for (unsigned e = 0; e < EXPECTED && starts[i].expected[e]; e++)
			if (!has_line(got.out, starts[i].expected[e]))
				fail_msg("%s: no %s in\n%s", starts[i].name, starts[i].expected[e],
					 got.out);
		for (unsigned e = 0; e < 3 && starts[i].left_out[e]; e++)
			assert_says(said.out, starts[i].left_out[e]);
		if (!starts[i].left_out[0] && strstr(said.out, "left_out="))
			fail_msg("%s: %s", starts[i].name, strstr(said.out, "left_out="));
		/* Without /proc neither side can count filters, and the probe cannot see its
		 * parent. */
		if (starts[i].enter != without_proc && assert_same_keys(said.out, got.out) < 18)
			fail_msg("%s: too few keys in\n%s", starts[i].name, said.out);
	}
}

static void
test_nothing_can_be_got_back(void **state)
{
	static const char *const probe[] = {"probe", "regain", "/bin/setuid-probe", NULL};
	static struct outcome outcome;

	(void)state;
	sandbox_make();
	sandbox_copy("build/tests/helpers/probe", "/bin/setuid-probe", 04755);
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		/* A kept capability and an open filter are power that was asked for. */
		if (strstr(starts[i].name, " kept") || strstr(starts[i].name, " keeps") ||
		    strstr(starts[i].name, "no filter") || strstr(starts[i].name, "stays root"))
			continue;
		print_message("%s\n", starts[i].name);
		start(&starts[i], "-q", probe, &outcome);
		if (outcome.status)
			fail_msg("%s: %s%s", starts[i].name, outcome.out, outcome.err);
		if (!strstr(outcome.out, "succeeded=0"))
			fail_msg("%s: %s", starts[i].name, outcome.out);
	}
}

/* Red first: the same probe, started as root without stepdown, gets its power back. */
static void
test_the_probe_would_notice(void **state)
{
	static const char *const argv[] = {"/bin/probe", "regain", NULL};
	static struct outcome outcome;

	(void)state;
	run_program(&(struct run){.argv = argv,
				  .root = sandbox_make(),
				  .prepare = in_mounts_of_its_own},
		    &outcome);
	assert_int_equal(outcome.status, 1);
	assert_says(outcome.out, "setuid=SUCCEEDED");
	assert_says(outcome.out, "capset_permitted=SUCCEEDED");
}

/* As daemons do before they drop privileges themselves; BIND's named ends where it fails. */
static void
test_a_service_may_ask_to_keep_what_it_has_not(void **state)
{
	static struct outcome outcome;

	(void)state;
	sandbox_make();
	sandbox_copy("build/tests/helpers/foreign", "/bin/foreign", 0755);
	run_words(&outcome, sandbox_make(), "/sbin/stepdown", "-u", "app", "--", "foreign",
		  "keep-caps");
	assert_string_equal(outcome.out, "0\n");
}

/* --- what is refused ----------------------------------------------------------------------------
 */

struct refused_start {
	const char *options[WORDS];
	void (*prepare)(void);
	void (*enter)(void);
	const char *says[3];
};

static void
in_leaked_directory(void)
{
	/* As in CVE-2024-21626: the working directory is the host's. */
	if (chdir("/"))
		give_up("change directory");
}

static const struct refused_start refused_starts[] = {
	{{"-u", "app"},
	 NULL,
	 without_capabilities,
	 {"CAP_SETUID and CAP_SETGID", "--cap-add SETUID", "USER 10001:10002"}},
	{{"-u", "app"}, NULL, without_setuid, {"CAP_SETUID", "--cap-add SETUID"}},
	{{"-u", "app"}, NULL, without_setgid, {"CAP_SETGID", "--cap-add SETGID"}},
	{{"-u", "1000:5"},
	 in_small_user_namespace,
	 NULL,
	 {"uid 1000", "/proc/self/uid_map", "0-999"}},
	{{"-u", "5:1000"},
	 in_user_namespace_of_few_gids,
	 NULL,
	 {"gid 1000", "/proc/self/gid_map", "0-999"}},
	{{"-u", "app"},
	 in_user_namespace_without_setgroups,
	 NULL,
	 {"/proc/self/setgroups", "deny", "newgidmap"}},
};

static void
test_starts_that_cannot_be_safe_are_refused(void **state)
{
	static const char *const probe[] = {"probe", NULL};
	static struct outcome outcome;

	(void)state;
	for (size_t i = 0; i < sizeof(refused_starts) / sizeof(refused_starts[0]); i++) {
		struct start row = {.prepare = refused_starts[i].prepare,
				    .enter = refused_starts[i].enter};

		memcpy(row.options, refused_starts[i].options, sizeof(row.options));
		start(&row, NULL, probe, &outcome);
		if (outcome.status != 125 || outcome.out[0])
			fail_msg("row %zu: %d %s", i, outcome.status, outcome.out);
		for (unsigned p = 0; p < 3 && refused_starts[i].says[p]; p++)
			assert_says(outcome.err, refused_starts[i].says[p]);
		assert_ptr_equal(strchr(outcome.err, '\n'), outcome.err + strlen(outcome.err) - 1);
	}
}

/* In a chroot the old working directory lies outside the new root. */
static void
leave_the_directory_outside(void)
{
	in_leaked_directory();
	if (chroot(sandbox_make()))
		give_up("change root");
}

static void
test_a_working_directory_outside_the_root_is_refused(void **state)
{
	static const char *const argv[] = {"/sbin/stepdown", "-u", "app", "--", "probe", NULL};
	static struct outcome outcome;

	(void)state;
	sandbox_make();
	run_program(&(struct run){.argv = argv, .prepare = leave_the_directory_outside}, &outcome);
	assert_int_equal(outcome.status, 125);
	assert_says(outcome.err, "(unreachable)");
	assert_says(outcome.err, "WORKDIR");
}

/* --- descriptors, streams, signals
 * ---------------------------------------------------------------- */

static char listen_pid[32] = "LISTEN_PID=";
static const char *const listen_environment[] = {
	"PATH=/bin", listen_pid, "LISTEN_FDS=2", "LISTEN_FDNAMES=a:b", "LISTEN_PIDFDID=1", NULL};

/* One that listens, one that is bound, and a file beyond them. */
static void
listen_on_two(void)
{
	struct sockaddr_in loopback = {.sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	if (socket(AF_INET, SOCK_STREAM, 0) != 3 || listen(3, 1) ||
	    socket(AF_INET, SOCK_DGRAM, 0) != 4 ||
	    bind(4, (struct sockaddr *)&loopback, sizeof(loopback)) ||
	    open("/etc/passwd", O_RDONLY) != 5)
		give_up("open sockets");
	snprintf(listen_pid, sizeof(listen_pid), "LISTEN_PID=%d", getpid());
}

static void
listen_for_another(void)
{
	listen_on_two();
	snprintf(listen_pid, sizeof(listen_pid), "LISTEN_PID=%d", getpid() + 1);
}

static void
listen_on_a_file(void)
{
	listen_on_two();
	dup2(5, 4);
}

static void
listen_on_a_directory_outside(void)
{
	listen_on_two();
	close(4);
	if (open("/", O_PATH | O_DIRECTORY) != 4)
		give_up("open a directory");
}

/* What an engine may leak: neither end has an address. */
static void
listen_on_a_pair(void)
{
	int pair[2];

	listen_on_two();
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) || dup2(pair[0], 4) != 4)
		give_up("open a pair");
}

static void
listen_on_a_new_socket(void)
{
	listen_on_two();
	close(4);
	if (socket(AF_INET6, SOCK_STREAM, 0) != 4)
		give_up("open a socket");
}

static void
listen_on_a_pipe(void)
{
	int ends[2];

	listen_on_two();
	if (pipe(ends) || dup2(ends[0], 4) != 4)
		give_up("open a pipe");
}

static void
listen_as(const char *option, void (*enter)(void), struct outcome *outcome)
{
	const char *const argv[] = {"/sbin/stepdown", "-u", "app", option, "--", "probe", NULL};

	run_program(&(struct run){.argv = argv,
				  .root = sandbox_make(),
				  .environment = listen_environment,
				  .enter = enter},
		    outcome);
}

static void
test_listening_sockets_are_passed_to_the_service_alone(void **state)
{
	static const struct {
		void (*enter)(void);
		const char *says;
	} refused[] = {
		{listen_on_a_file, "descriptor 4, which is a file or device"},
		{listen_on_a_directory_outside, "descriptor 4, which is a file or device"},
		{listen_on_a_pair, "descriptor 4, which is a socket that is neither"},
		{listen_on_a_new_socket, "descriptor 4, which is a socket that is neither"},
		{listen_on_a_pipe, "descriptor 4, which is a file or device"},
	};
	static struct outcome outcome;

	(void)state;
	listen_as("--listen-fds", listen_on_two, &outcome);
	assert_int_equal(outcome.status, 0);
	assert_string_equal(value_of(outcome.out, "descriptors"), "0,1,2,3,4");
	assert_string_equal(value_of(outcome.out, "env.LISTEN_FDS"), "2");
	assert_string_equal(value_of(outcome.out, "env.LISTEN_FDNAMES"), "a:b");
	assert_null(value_of(outcome.out, "env.LISTEN_PIDFDID"));
	char pid[32];

	snprintf(pid, sizeof(pid), "%s", value_of(outcome.out, "pid"));
	assert_string_equal(value_of(outcome.out, "env.LISTEN_PID"), pid);
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		listen_as("--listen-fds", refused[i].enter, &outcome);
		assert_int_equal(outcome.status, 125);
		assert_says(outcome.err, refused[i].says);
	}
}

/* The variables are whoever's who starts the container; the option is the author's. */
static void
test_without_listen_fds_nothing_above_2_is_passed_on(void **state)
{
	static const struct {
		const char *option;
		void (*enter)(void);
	} rows[] = {
		{"-q", listen_on_two},
		{"-q", listen_on_a_file},
		{"-q", listen_on_a_pair},
		{"--no-setup", listen_on_two},
		{"--listen-fds", listen_for_another},
	};
	static struct outcome outcome;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		listen_as(rows[i].option, rows[i].enter, &outcome);
		if (outcome.status)
			fail_msg("row %zu: %d %s", i, outcome.status, outcome.err);
		assert_string_equal(value_of(outcome.out, "descriptors"), "0,1,2");
		if (strstr(outcome.out, "env.LISTEN"))
			fail_msg("row %zu: %s", i, strstr(outcome.out, "env.LISTEN"));
	}
}

/* --- standard streams ---------------------------------------------------------------------------
 */

static int master; /* of the pseudo-terminal */

/* /dev/pts is outside of the sandbox. */
static void
with_a_terminal(void)
{
	int unlock = 0;
	int terminal;

	master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (master < 0 || ioctl(master, TIOCSPTLCK, &unlock) ||
	    (terminal = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY)) < 0 ||
	    dup2(terminal, 0) != 0 || fchown(0, 0, (gid_t)-1))
		give_up("open a terminal");
	close(terminal);
}

static void
with_a_named_fifo(void)
{
	char path[] = "/tmp/stepdown-fifo-XXXXXX";
	int fifo;

	if (!mkdtemp(path) || rmdir(path) || mkfifo(path, 0600) ||
	    (fifo = open(path, O_RDWR)) < 0 || dup2(fifo, 0) != 0 || unlink(path))
		give_up("open a FIFO");
	close(fifo);
}

static void
with_a_socket(void)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) || dup2(pair[0], 0) != 0)
		give_up("open a socket");
}

static void
with_a_file(void)
{
	char path[] = "/tmp/stepdown-file-XXXXXX";
	int file = mkstemp(path);

	if (file < 0 || dup2(file, 0) != 0 || unlink(path))
		give_up("open a file");
	close(file);
}

/* The parent keeps what is open, and ends as its child does. */
static void
in_a_child(void)
{
	int status;
	pid_t child = fork();

	if (child == 0)
		return;
	if (waitpid(child, &status, 0) != child)
		give_up("wait");
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 98);
}

static void
as_pid_1(void)
{
	if (unshare(CLONE_NEWPID))
		give_up("make a pid namespace");
	in_a_child();
}

/* What is given away must end with the container: the rest would stay the service's. */
static void
test_streams_of_roots_become_the_users_where_they_end_with_the_container(void **state)
{
	static const struct {
		void (*prepare)(void);
		void (*enter)(void);
		const char *option;
		const char *stdin, *stdout;
	} rows[] = {
		{NULL, as_pid_1, "-q", NULL, "pipe:10001"},
		{NULL, in_a_child, "-q", NULL, "pipe:10001"},
		{NULL, as_pid_1, "--no-setup", NULL, "pipe:0"},
		{NULL, in_a_child, "--no-setup", NULL, "pipe:0"},
		{with_a_terminal, as_pid_1, "-q", "device:10001", "pipe:10001"},
		{with_a_terminal, in_a_child, "-q", "device:0", "pipe:10001"},
		{with_a_terminal, as_pid_1, "--no-setup", "device:0", "pipe:0"},
		{with_a_named_fifo, as_pid_1, "-q", "pipe:0", "pipe:10001"},
		{with_a_named_fifo, in_a_child, "-q", "pipe:0", "pipe:10001"},
		{with_a_socket, as_pid_1, "-q", "socket:0", "pipe:10001"},
		{with_a_file, as_pid_1, "-q", "file:0", "pipe:10001"},
	};
	static struct outcome outcome;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *const argv[] = {"/sbin/stepdown", "-u", "app", rows[i].option, "--",
					    "probe",          NULL};

		run_program(&(struct run){.argv = argv,
					  .root = sandbox_make(),
					  .prepare = rows[i].prepare,
					  .enter = rows[i].enter},
			    &outcome);
		if (outcome.status)
			fail_msg("row %zu: %d %s", i, outcome.status, outcome.err);
		if (rows[i].stdin && strcmp(value_of(outcome.out, "descriptor.0"), rows[i].stdin))
			fail_msg("row %zu: 0 is %s", i, value_of(outcome.out, "descriptor.0"));
		/* /dev/null is a device: never re-owned. */
		if (!rows[i].stdin)
			assert_string_not_equal(value_of(outcome.out, "descriptor.0"),
						"device:10001");
		if (strcmp(value_of(outcome.out, "descriptor.1"), rows[i].stdout) ||
		    strcmp(value_of(outcome.out, "descriptor.2"), rows[i].stdout))
			fail_msg("row %zu: 1 is %s", i, value_of(outcome.out, "descriptor.1"));
		assert_string_equal(value_of(outcome.out, "stdout.opens"),
				    strcmp(rows[i].stdout, "pipe:0") ? "yes" : "no");
	}
}

static void
with_a_directory_outside(void)
{
	int directory = open("/", O_RDONLY | O_DIRECTORY);

	if (directory < 0 || dup2(directory, 0) != 0)
		give_up("open a directory");
}

static void
with_the_place_of_a_directory_outside(void)
{
	int directory = open("/usr", O_PATH | O_DIRECTORY);

	if (directory < 0 || dup2(directory, 0) != 0)
		give_up("open a directory");
}

static void
with_a_directory_outside_as_the_error_stream(void)
{
	with_a_directory_outside();
	if (dup2(0, 2) != 2 || dup2(1, 0) != 0)
		give_up("open a directory");
}

static void
with_a_directory_inside(void)
{
	int directory = open("/tmp", O_PATH | O_DIRECTORY);

	if (directory < 0 || dup2(directory, 0) != 0)
		give_up("open a directory");
}

static void
test_a_directory_outside_the_root_is_no_standard_stream(void **state)
{
	static const char *const argv[] = {"/sbin/stepdown", "-u", "app", "--", "probe", NULL};
	static void (*const outside[])(void) = {with_a_directory_outside,
						with_the_place_of_a_directory_outside,
						with_a_directory_outside_as_the_error_stream};
	static struct outcome outcome;

	(void)state;
	for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]); i++) {
		run_program(
			&(struct run){.argv = argv, .root = sandbox_make(), .prepare = outside[i]},
			&outcome);
		assert_int_equal(outcome.status, 125);
		assert_string_equal(outcome.out, "");
		if (i < 2)
			assert_says(outcome.err, "descriptor 0 is a directory outside");
	}
	run_program(&(struct run){.argv = argv,
				  .root = sandbox_make(),
				  .enter = with_a_directory_inside},
		    &outcome);
	assert_int_equal(outcome.status, 0);
	/* It has come back from there. */
	assert_string_equal(value_of(outcome.out, "workdir"), "/");
}

/* --- what else an exec leaves -------------------------------------------------------------------
 */

static void
with_a_personality(void)
{
	if (personality(ADDR_NO_RANDOMIZE | READ_IMPLIES_EXEC | UNAME26) < 0)
		give_up("set the personality");
}

static void
with_timers_and_orphans(void)
{
	static const struct itimerval later = {.it_value.tv_sec = 3000};

	for (int which = ITIMER_REAL; which <= ITIMER_PROF; which++)
		if (setitimer(which, &later, NULL))
			give_up("set a timer");
	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0))
		give_up("become a subreaper");
}

static void
with_timers_as_pid_1(void)
{
	as_pid_1();
	with_timers_and_orphans();
}

static void
test_what_weakens_the_service_is_reset(void **state)
{
	static const char *const argv[] = {"/sbin/stepdown", "-u", "app",   "-v", "--init",
					   "never",          "--", "probe", NULL};
	static const char *const plain[] = {"/sbin/stepdown", "-u", "app", "-v", "--",
					    "probe",          NULL};
	static const struct {
		const char *const *argv;
		void (*enter)(void);
		const char *step, *lines[3];
	} rows[] = {
		/* The other bits are the caller's. */
		{argv,
		 with_a_personality,
		 "reset personality, timers and subreaper flag: done",
		 {"personality=0x20000"}},
		{argv,
		 with_timers_and_orphans,
		 "reset personality, timers and subreaper flag: done",
		 {"timers=none"}},
		{argv,
		 with_timers_and_orphans,
		 "reset personality, timers and subreaper flag: done",
		 {"subreaper=0"}},
		{plain,
		 with_timers_and_orphans,
		 "reset personality, timers and subreaper flag: done",
		 {"subreaper=0"}},
		{argv,
		 with_timers_as_pid_1,
		 "reset personality, timers and subreaper flag: done",
		 {"timers=none"}},
	};
	static struct outcome outcome;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		run_program(&(struct run){.argv = rows[i].argv,
					  .root = sandbox_make(),
					  .enter = rows[i].enter},
			    &outcome);
		if (outcome.status)
			fail_msg("row %zu: %d %s", i, outcome.status, outcome.err);
		assert_says(outcome.err, rows[i].step);
		for (unsigned l = 0; l < 3 && rows[i].lines[l]; l++)
			if (!has_line(outcome.out, rows[i].lines[l]))
				fail_msg("row %zu: no %s in\n%s", i, rows[i].lines[l], outcome.out);
	}
}

static void
ask_for_a_signal_at_the_parents_death(void)
{
	if (prctl(PR_SET_PDEATHSIG, SIGUSR2, 0, 0, 0))
		give_up("set the parent-death signal");
}

static void
ignore_and_block(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGHUP, SIG_IGN);
}

static void
test_what_the_caller_set_for_signals_stays(void **state)
{
	static const char *const argv[] = {"/sbin/stepdown", "-u", "app", "--", "probe", NULL};
	static struct outcome outcome;
	char number[16];

	(void)state;
	run_program(&(struct run){.argv = argv,
				  .root = sandbox_make(),
				  .prepare = ignore_and_block,
				  .enter = ask_for_a_signal_at_the_parents_death},
		    &outcome);
	assert_int_equal(outcome.status, 0);
	snprintf(number, sizeof(number), "%d", SIGUSR2);
	assert_string_equal(value_of(outcome.out, "parent_death"), number);
	assert_non_null(strstr(value_of(outcome.out, "signals.ignored"), "1"));
	assert_string_not_equal(value_of(outcome.out, "signals.blocked"), "none");
}

static void
test_the_services_own_exit_status_comes_through(void **state)
{
	static struct outcome outcome;

	(void)state;
	run_words(&outcome, sandbox_make(), "/sbin/stepdown", "-u", "app", "probe", "exit", "42");
	assert_int_equal(outcome.status, 42);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_service_gets_what_the_dry_run_said),
		cmocka_unit_test(test_nothing_can_be_got_back),
		cmocka_unit_test(test_the_probe_would_notice),
		cmocka_unit_test(test_a_service_may_ask_to_keep_what_it_has_not),
		cmocka_unit_test(test_starts_that_cannot_be_safe_are_refused),
		cmocka_unit_test(test_a_working_directory_outside_the_root_is_refused),
		cmocka_unit_test(test_listening_sockets_are_passed_to_the_service_alone),
		cmocka_unit_test(test_without_listen_fds_nothing_above_2_is_passed_on),
		cmocka_unit_test(
			test_streams_of_roots_become_the_users_where_they_end_with_the_container),
		cmocka_unit_test(test_a_directory_outside_the_root_is_no_standard_stream),
		cmocka_unit_test(test_what_weakens_the_service_is_reset),
		cmocka_unit_test(test_what_the_caller_set_for_signals_stays),
		cmocka_unit_test(test_the_services_own_exit_status_comes_through),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
