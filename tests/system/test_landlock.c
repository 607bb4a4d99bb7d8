/* SPDX-License-Identifier: MIT */
/*
 * Landlock through the shipped program: a service that tries what it may not, beside the same
 * attempt without the option, which has to succeed or nothing is shown.
 */
#include "helpers/support.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <link.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

enum {
	MOST_WORDS = 24,
	RAN = 42,
	LAYERS = 16,
	CREATE_RULESET = 444,
	ADD_RULE = 445,
	RESTRICT_SELF = 446,
	MPTCP = 262,
};

static struct outcome outcome;

static void
need_landlock(void)
{
	if (can_make_namespaces() && syscall(CREATE_RULESET, NULL, 0, 1) >= 6)
		return;
	if (getenv("STEPDOWN_TESTS_MUST_RUN"))
		fail_msg("needs root, and a kernel with Landlock's ABI 6 (Linux 6.12)");
	print_message("skipped: needs root, and a kernel with Landlock's ABI 6 (Linux 6.12)\n");
	skip();
}

static const char abstract_name[] = "stepdown-landlock-outside";

static int
listen_abstract(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int opened = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(address.sun_path + 1, abstract_name, sizeof(abstract_name) - 1);
	assert_int_equal(
		bind(opened, (const struct sockaddr *)&address,
		     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + sizeof(abstract_name))),
		0);
	assert_int_equal(listen(opened, SOMAXCONN), 0);
	return opened;
}

static char loader[256];

/* All that this program itself is loaded from. */
static int
copy_object(struct dl_phdr_info *object, size_t size, void *context)
{
	(void)size;
	(void)context;
	if (object->dlpi_name[0] != '/')
		return 0;
	sandbox_copy(object->dlpi_name, object->dlpi_name, 0755);
	if (strstr(object->dlpi_name, "/ld-"))
		snprintf(loader, sizeof(loader), "%s", object->dlpi_name);
	return 0;
}

/* A program that has a loader, a script for it, and a directory in which the service may make
 * files that it may execute. */
static void
make_programs(void)
{
	char path[200];

	sandbox_copy("/bin/cat", "/bin/cat", 0755);
	dl_iterate_phdr(copy_object, NULL);
	sandbox_write("/bin/printed", "#!/bin/cat\n", 0755);
	sandbox_copy("build/tests/helpers/probe", "/mine/probe", 0755);
	sandbox_write("/opened/file", "", 0644);
	snprintf(path, sizeof(path), "%s/mine/probe", sandbox_make());
	assert_int_equal(chown(path, 10001, 10002), 0);
	snprintf(path, sizeof(path), "%s/opened", sandbox_make());
	assert_int_equal(chmod(path, 0777), 0);
}

static int
make_room(void **state)
{
	(void)state;
	if (!can_make_namespaces())
		return 0;
	/* The abstract socket is of this network namespace, and so is every run. */
	struct ifreq loopback = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	int opened;

	if (unshare(CLONE_NEWNET))
		return -1;
	opened = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (ioctl(opened, SIOCSIFFLAGS, &loopback))
		return -1;
	close(opened);
	listen_abstract();
	sandbox_make();
	sandbox_copy("build/tests/helpers/intruder", "/bin/intruder", 0755);
	sandbox_copy("build/tests/helpers/probe", "/opt/probe", 0755);
	sandbox_write("/bin/script", "#!/bin/intruder read\n", 0755);
	sandbox_write("/data/file", "data", 0666);
	sandbox_write("/srv/file", "other", 0666);
	sandbox_write("/owned/file", "root's", 0644);
	sandbox_copy("build/stepdown", "/bin/tini", 0755);
	sandbox_copy("build/tests/helpers/probe", "/bin/unreadable", 0711);
	make_programs();
	sandbox_write("/secret/file", "", 0644);
	char path[200];

	snprintf(path, sizeof(path), "%s/secret", sandbox_make());
	if (chmod(path, 0700))
		return -1;
	snprintf(path, sizeof(path), "%s/data", sandbox_make());
	if (chmod(path, 0777))
		return -1;
	snprintf(path, sizeof(path), "%s/data/lead", sandbox_make());
	/* A link that the service could have left there the last time. */
	return symlink("/", path) || lchown(path, 10001, 10002) ? -1 : 0;
}

/* Runs stepdown with the words of `options` and `command` in the sandbox. */
static void
start(const char *options, const char *command, void (*prepare)(void))
{
	static char text[1024];
	const char *argv[MOST_WORDS] = {"/sbin/stepdown", "-u", "app"};
	unsigned count = 3;

	snprintf(text, sizeof(text), "%s -- %s", options, command);
	for (char *word = strtok(text, " "); word; word = strtok(NULL, " "))
		argv[count++] = word;
	argv[count] = NULL;
	run_program(&(struct run){.argv = argv, .root = sandbox_make(), .prepare = prepare},
		    &outcome);
}

struct row {
	const char *options, *command;
	int status;
};

static void
assert_rows(const struct row *rows, size_t count)
{
	need_landlock();
	for (size_t i = 0; i < count; i++) {
		start(rows[i].options, rows[i].command, NULL);
		if (outcome.status != rows[i].status)
			fail_msg("%s -- %s: %d, expected was %d; %s", rows[i].options,
				 rows[i].command, outcome.status, rows[i].status, outcome.err);
	}
}

#define ASSERT_ROWS(rows) assert_rows(rows, sizeof(rows) / sizeof((rows)[0]))

static void
test_nothing_is_executed_but_the_command_and_what_is_named(void **state)
{
	static const struct row rows[] = {
		{"", "intruder run /bin/probe", RAN},
		{"--exec-only", "intruder run /bin/probe", EACCES},
		{"--exec-only", "intruder run /opt/probe", EACCES},
		{"--exec-only", "intruder run /bin/intruder", EINVAL}, /* itself: it ran */
		{"--exec-only --fs-exec /bin/probe", "intruder run /bin/probe", RAN},
		{"--exec-only --fs-exec /bin/probe", "intruder run /opt/probe", EACCES},
		{"--exec-only --fs-exec /opt", "intruder run /opt/probe", RAN},
		{"--fs-exec /opt", "intruder run /opt/probe", RAN},
		{"--fs-exec /opt", "intruder run /bin/probe", EACCES},
		{"--fs-ro /opt", "intruder run /opt/probe", EACCES},
		{"--fs-rw /opt", "intruder run /opt/probe", EACCES},
		{"--fs-rw /opt --fs-exec /opt/probe", "intruder run /opt/probe", RAN},
		/* A script has its interpreter. */
		{"--exec-only", "script", 0},
		{"--fs-ro /data", "script", 0},
		{"--exec-only", "probe exit 3", 3},
		{"--fs-ro /data", "probe exit 3", 3},
		{"--exec-only --init always", "intruder run /bin/probe", EACCES},
		/* A dynamic program has its loader, and so has a script's interpreter. */
		{"--exec-only", "cat /srv/file", 0},
		{"--fs-ro /data", "cat /data/file", 0},
		{"--fs-ro /data", "cat /srv/file", 1},
		{"--exec-only", "printed", 0},
		{"--fs-ro /data", "printed", 0},
		/* No name in a directory that may be executed makes it more than it was. */
		{"--fs-exec / --fs-rw /", "intruder link /mine/probe /opened/one", RAN},
		{"--exec-only --fs-exec /opened", "intruder link /mine/probe /opened/two", EXDEV},
		{"--exec-only", "intruder link /mine/probe /opened/three", EACCES},
		{"", "intruder copy /bin/probe /opened/copy1", RAN},
		{"--exec-only", "intruder copy /bin/probe /opened/copy2", EACCES},
		{"--fs-rw /opened --fs-ro /bin", "intruder copy /bin/probe /opened/copy3", EACCES},
		/* What remains, as the manual says. */
		{"--exec-only --fs-exec /opened", "intruder copy /bin/probe /opened/copy4", RAN},
		{"--exec-only", "intruder map /bin/probe", 0},
		{"--exec-only --fs-ro /data", "intruder map /bin/probe", EACCES},
	};

	(void)state;
	ASSERT_ROWS(rows);
	char command[300];

	/* A static service has no loader that could be started with another program. */
	snprintf(command, sizeof(command), "intruder run %s", loader);
	start("", command, NULL);
	assert_int_not_equal(outcome.status, EACCES);
	start("--exec-only", command, NULL);
	assert_int_equal(outcome.status, EACCES);
}

/* The probe in memory without a name, as the standard input. */
static void
hand_memory_over(void)
{
	char bytes[65536];
	ssize_t got;
	int memory = memfd_create("handed over", 0);
	int from = open("build/tests/helpers/probe", O_RDONLY | O_CLOEXEC);

	while ((got = read(from, bytes, sizeof(bytes))) > 0)
		if (write(memory, bytes, (size_t)got) != got)
			_exit(99);
	if (got || dup2(memory, STDIN_FILENO))
		_exit(99);
}

static void
test_no_program_is_executed_out_of_memory(void **state)
{
	static const struct row rows[] = {
		{"", "intruder memory /bin/probe", RAN},
		{"", "intruder memory-path /bin/probe", RAN},
		{"--exec-only", "intruder memory /bin/probe", EPERM},
		{"--exec-only", "intruder memory-path /bin/probe", EPERM},
		{"--exec-only --seccomp off", "intruder memory /bin/probe", EPERM},
		{"--exec-only", "intruder sealed", 0},
		/* So it is with each option that restricts execution. */
		{"--fs-ro /", "intruder memory /bin/probe", EPERM},
		{"--fs-ro /", "intruder memory-path /bin/probe", EPERM},
		{"--fs-rw /", "intruder memory /bin/probe", EPERM},
		{"--fs-rw /", "intruder memory-path /bin/probe", EPERM},
		{"--fs-exec /", "intruder memory /bin/probe", EPERM},
		{"--fs-exec /", "intruder memory-path /bin/probe", EPERM},
		{"--exec-only --fs-exec /", "intruder memory-path /bin/probe", EPERM},
		{"--fs-ro / --seccomp off", "intruder memory-path /bin/probe", EPERM},
		{"--fs-ro / --seccomp-compat", "intruder memory-path /bin/probe", EPERM},
		{"--fs-ro / --net-bind none", "intruder memory-path /bin/probe", EPERM},
		{"--fs-rw /", "intruder sealed", 0},
		/* And with none that does not. */
		{"--net-bind none", "intruder memory-path /bin/probe", RAN},
	};

	(void)state;
	ASSERT_ROWS(rows);
	/* What remains, as the manual says. */
	start("--exec-only", "intruder run /proc/self/fd/0", hand_memory_over);
	assert_int_equal(outcome.status, RAN);
}

static void
test_files_elsewhere_are_out_of_reach(void **state)
{
	static const struct row rows[] = {
		{"", "intruder write /srv/file", 0},
		{"--fs-ro /data", "intruder read /data/file", 0},
		{"--fs-ro /data", "intruder list /data", 0},
		{"--fs-ro /data", "intruder write /data/file", EACCES},
		{"--fs-ro /data", "intruder truncate /data/file", EACCES},
		{"--fs-ro /data", "intruder make /data/new", EACCES},
		{"--fs-ro /data", "intruder read /srv/file", EACCES},
		{"--fs-ro /data", "intruder list /", EACCES},
		{"--fs-rw /data", "intruder write /data/file", 0},
		{"--fs-rw /data", "intruder make /data/new", 0},
		{"--fs-rw /data", "intruder truncate /data/file", 0},
		{"--fs-rw /data", "intruder truncate /srv/file", EACCES},
		{"--fs-rw /data", "intruder write /srv/file", EACCES},
		{"--fs-rw /data/file", "intruder write /data/file", 0},
		{"--fs-rw /data/file", "intruder list /data", EACCES},
		{"--fs-exec /data", "intruder read /data/file", 0},
		{"--fs-exec /data", "intruder write /data/file", EACCES},
		{"--fs-ro /", "intruder read /srv/file", 0},
		{"--fs-ro / --fs-rw /data", "intruder write /srv/file", EACCES},
		{"--fs-ro / --fs-rw /data", "intruder write /data/file", 0},
		/* What every program needs. */
		{"--fs-ro /data", "intruder write /dev/null", 0},
		{"--fs-ro /data", "intruder read /etc/passwd", 0},
		{"--fs-ro /data", "intruder read /proc/self/status", 0},
		/* A service that may execute no more can still read and write. */
		{"--exec-only", "intruder write /srv/file", 0},
		{"--exec-only --fs-exec /opt", "intruder read /srv/file", 0},
		{"--net-bind none", "intruder write /srv/file", 0},
	};

	(void)state;
	ASSERT_ROWS(rows);
}

/* As --dry-run lists it, with something that is in a directory. The first is a file that is here
 * already, as is what comes from /proc. */
static const struct {
	const char *path, *below;
} needed[] = {
	{"/etc/ld.so.cache", ""},
	{"/etc/ld.so.preload", ""},
	{"/etc/ld-musl-x86_64.path", ""},
	{"/etc/ld-musl-aarch64.path", ""},
	{"/lib", "/needed"},
	{"/lib64", "/needed"},
	{"/usr/lib", "/needed"},
	{"/usr/lib64", "/needed"},
	{"/usr/local/lib", "/needed"},
	{"/dev/null", ""},
	{"/dev/zero", ""},
	{"/dev/full", ""},
	{"/dev/random", ""},
	{"/dev/urandom", ""},
	{"/dev/tty", ""},
	{"/dev/console", ""},
	{"/dev/pts", "/7"},
	{"/proc", "/self/status"},
	{"/sys/devices/system/cpu", "/online"},
	{"/sys/fs/cgroup", "/cpu.max"},
	{"/sys/kernel/mm", "/transparent_hugepage/enabled"},
	{"/etc/localtime", ""},
	{"/etc/timezone", ""},
	{"/usr/share/zoneinfo", "/UTC"},
	{"/etc/ssl", "/certs/ca-certificates.crt"},
	{"/etc/pki", "/tls/cert.pem"},
	{"/etc/ca-certificates", "/extracted/tls-ca-bundle.pem"},
	{"/usr/share/ca-certificates", "/one.crt"},
	{"/run/stepdown", "/ca-certificates.crt"},
	{"/etc/resolv.conf", ""},
	{"/etc/hosts", ""},
	{"/etc/hostname", ""},
	{"/etc/host.conf", ""},
	{"/etc/nsswitch.conf", ""},
	{"/etc/gai.conf", ""},
	{"/etc/services", ""},
	{"/etc/protocols", ""},
	{"/etc/passwd", ""},
	{"/etc/group", ""},
};

static void
expect(int status, const char *verb, const char *path)
{
	char command[200];

	snprintf(command, sizeof(command), "intruder %s %s", verb, path);
	start("--fs-ro /data", command, NULL);
	if (outcome.status != status)
		fail_msg("%s %s: %d, expected was %d; %s", verb, path, outcome.status, status,
			 outcome.err);
}

static void
test_what_every_program_needs_is_in_reach_and_listed(void **state)
{
	static struct outcome said;
	const char *line;

	(void)state;
	need_landlock();
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		bool device = !strncmp(needed[i].path, "/dev/", 5);
		char path[100];

		snprintf(path, sizeof(path), "%s%s", needed[i].path, needed[i].below);
		if (strncmp(path, "/proc/", 6) && strcmp(path, "/etc/passwd") &&
		    strcmp(path, "/etc/group") && strcmp(path, "/dev/null"))
			sandbox_write(path, "", strcmp(path, "/etc/ld.so.preload") ? 0777 : 0666);
		expect(0, "read", path);
		if (device)
			expect(0, "write", path);
		else if (strncmp(path, "/proc/", 6) && strncmp(path, "/etc/", 5))
			expect(EACCES, "write", path);
		expect(EACCES, "run", path);
	}
	start("--dry-run --fs-ro /data", "probe", NULL);
	said = outcome;
	line = said.out;
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		char rule[100];

		snprintf(rule, sizeof(rule), "landlock.rule=needed %s %s\n",
			 strncmp(needed[i].path, "/dev/", 5) ? "ro" : "rw", needed[i].path);
		line = strstr(line, "landlock.rule=needed ");
		if (!line || strncmp(line, rule, strlen(rule)) != 0)
			fail_msg("not %s but %.60s", rule, line ? line : "the end");
		line += strlen(rule);
	}
	assert_null(strstr(line, "landlock.rule=needed"));
}

/* The set-up is root's, before the rules; the explainer and the init are outside of them. */
static void
test_it_goes_together_with_set_up_explainer_and_drop_in_names(void **state)
{
	static const struct row rows[] = {
		{"--mkdir /made/here --fs-rw /made/here", "intruder make /made/here/new", 0},
		{"--mkdir /made/there --fs-rw /made", "intruder make /made/there/new", 0},
		{"--mkdir /made/here --fs-ro /made/here", "intruder make /made/here/more", EACCES},
		{"--mkdir /made/below --fs-rw /made/below/none", "intruder read /data/file", 125},
		{"--no-setup --mkdir /made/not --fs-rw /made/not", "intruder read /data/file", 125},
		{"--chown /owned --fs-rw /owned", "intruder write /owned/file", 0},
		{"--chown /owned --fs-ro /data", "intruder write /owned/file", EACCES},
		{"--init always --explain --fs-ro /data", "intruder read /srv/file", EACCES},
		{"--init always --explain --fs-ro /data", "intruder read /data/file", 0},
		{"--init always --explain --exec-only", "intruder run /bin/probe", EACCES},
		{"--init always --explain --exec-only", "intruder memory /bin/probe", EPERM},
		{"--init always --explain --fs-ro /", "intruder memory-path /bin/probe", EPERM},
		/* The service is an init of another name: what that starts is executed too. */
		{"--exec-only --fs-exec /bin/intruder", "tini -s -- intruder read /srv/file", 0},
		{"--exec-only", "tini -s -- intruder read /srv/file", 126},
		{"--fs-ro /data --fs-exec /bin/intruder", "tini -s -- intruder read /srv/file",
		 EACCES},
	};

	(void)state;
	ASSERT_ROWS(rows);
	/* Its names and its log are out of the service's reach, and not out of its own. */
	start("--init always --explain --exec-only --fs-ro /data --net-bind none", "intruder key",
	      NULL);
	assert_int_equal(outcome.status, EPERM);
	assert_says(outcome.err, "add_key");
}

static void
test_other_ports_are_refused(void **state)
{
	static const struct row rows[] = {
		{"", "intruder bind 8080", 0},
		{"--net-bind 8080", "intruder bind 8080", 0},
		{"--net-bind 8080", "intruder bind 8081", EACCES},
		{"--net-bind 8080 --net-bind 8081", "intruder bind 8081", 0},
		{"--net-bind 8080", "intruder connect 8081", 0},
		{"--net-bind 8080", "intruder bind 0", EACCES},
		{"--net-bind 0", "intruder bind 0", 0},
		{"--net-bind none", "intruder bind 8080", EACCES},
		{"--net-connect 8080", "intruder connect 8080", 0},
		{"--net-connect 8080", "intruder connect 8081", EACCES},
		{"--net-connect none", "intruder connect 8080", EACCES},
		{"--net-connect none", "intruder bind 8080", 0},
		{"--net-bind none --net-connect 443", "intruder bind 443", EACCES},
		{"--net-bind none --net-connect 443", "intruder connect 443", 0},
		{"--net-bind 8080", "intruder bind6 8080", 0},
		{"--net-bind 8080", "intruder bind6 8081", EACCES},
		{"--net-connect 8080", "intruder connect6 8080", 0},
		{"--net-connect 8080", "intruder connect6 8081", EACCES},
		/* The ends of the range. */
		{"--net-bind 65535", "intruder bind 65535", 0},
		{"--net-bind 65535", "intruder bind 65534", EACCES},
		{"--net-connect 1", "intruder connect 1", 0},
		{"--net-connect 1", "intruder connect 2", EACCES},
	};

	(void)state;
	ASSERT_ROWS(rows);
}

static void
need_multipath(void)
{
	int opened = socket(AF_INET, SOCK_STREAM, MPTCP);

	if (opened >= 0) {
		close(opened);
		return;
	}
	if (getenv("STEPDOWN_TESTS_MUST_RUN"))
		fail_msg("needs a kernel with MPTCP");
	print_message("skipped: needs a kernel with MPTCP\n");
	skip();
}

/* Landlock is not asked about any of these. */
static void
test_there_is_no_way_round_the_ports(void **state)
{
	static const struct row rows[] = {
		{"", "intruder bind-mptcp 8080", 0},
		{"", "intruder connect-mptcp 8080", 0},
		{"", "intruder sendto 8080", 0},
		{"", "intruder sendmsg 8080", 0},
		{"", "intruder sendmmsg 8080", 0},
		{"--exec-only", "intruder connect-mptcp 8080", 0},
		{"--exec-only", "intruder sendto 8080", 0},
		{"--net-bind none", "intruder bind-mptcp 8080", EPROTONOSUPPORT},
		{"--net-bind 8080", "intruder bind-mptcp 8080", EPROTONOSUPPORT},
		{"--net-connect none", "intruder connect-mptcp 8080", EPROTONOSUPPORT},
		{"--net-connect none", "intruder sendto 8080", EOPNOTSUPP},
		{"--net-connect none", "intruder sendmsg 8080", EOPNOTSUPP},
		{"--net-connect none", "intruder sendmmsg 8080", EOPNOTSUPP},
		{"--net-connect none --exec-only", "intruder sendto 8080", EOPNOTSUPP},
		{"--net-connect none --exec-only", "intruder memory /bin/probe", EPERM},
		{"--net-connect none --seccomp off", "intruder sendto 8080", EOPNOTSUPP},
		{"--net-connect none --seccomp off", "intruder connect-mptcp 1", EPROTONOSUPPORT},
		{"--seccomp off", "intruder uring", 0},
		{"--seccomp off --net-connect none", "intruder uring", EPERM},
		{"--seccomp-compat --net-connect none", "intruder sendto 8080", EOPNOTSUPP},
	};

	(void)state;
	need_landlock();
	need_multipath();
	ASSERT_ROWS(rows);
}

static void
test_signals_and_abstract_sockets_outside_are_out_of_reach(void **state)
{
	static const struct row rows[] = {
		{"--init always", "intruder signal-parent", 0},
		{"--init always --exec-only", "intruder signal-parent", EPERM},
		{"--init always --fs-ro /data", "intruder signal-parent", EPERM},
		{"--init always --net-bind none", "intruder signal-parent", EPERM},
		{"", "intruder abstract stepdown-landlock-outside", 0},
		{"--exec-only", "intruder abstract stepdown-landlock-outside", EPERM},
		{"--fs-ro /data", "intruder abstract stepdown-landlock-outside", EPERM},
		{"--net-connect none", "intruder abstract stepdown-landlock-outside", EPERM},
	};

	(void)state;
	ASSERT_ROWS(rows);
}

static void
test_what_the_dry_run_says_is_what_the_service_sees(void **state)
{
	static const struct {
		const char *options, *rules;
	} rows[] = {
		{"", "none"},
		{"--exec-only", "execution"},
		{"--fs-ro /bin", "files"},
		{"--fs-rw /data --net-bind 80", "files,bind"},
		{"--exec-only --net-bind none --net-connect none", "execution,bind,connect"},
		{"--net-connect 80", "connect"},
	};
	static struct outcome said;

	(void)state;
	need_landlock();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char options[200];

		snprintf(options, sizeof(options), "--dry-run %s", rows[i].options);
		start(options, "probe", NULL);
		said = outcome;
		start(rows[i].options, "probe", NULL);
		assert_int_equal(outcome.status, 0);
		assert_string_equal(value_of(outcome.out, "landlock.rules"), rows[i].rules);
		assert_true(assert_same_keys(said.out, outcome.out) > 15);
	}
	start("--dry-run --fs-rw /data --exec-only --net-bind 80", "script", NULL);
	assert_says(outcome.out, "landlock.rule=rw /data\n");
	assert_says(outcome.out, "landlock.rule=bind 80\n");
	assert_says(outcome.out,
		    "landlock.rule=exec /bin/script\nlandlock.rule=exec /bin/intruder\n");
	assert_says(outcome.out, "landlock.rule=needed rw /dev/null\n");
	assert_says(outcome.out, "landlock.rule=needed ro /proc\n");
	assert_says(outcome.out, " truncate ioctl_dev bind_tcp abstract signal");
}

static void
test_bad_input_is_refused_before_anything_is_done(void **state)
{
	static const struct {
		const char *options, *says;
	} rows[] = {
		{"--fs-ro /none", "--fs-ro /none does not exist; create it"},
		{"--fs-rw data", "--fs-rw data is not an absolute path"},
		{"--fs-exec /etc/passwd/x", "--fs-exec /etc/passwd/x goes through a file"},
		{"--fs-rw /data/file/", "--fs-rw /data/file/ goes through a file"},
		{"--fs-ro /data/file/.", "--fs-ro /data/file/. goes through a file"},
		{"--fs-ro /data/lead", "symbolic link that is not root's"},
		{"--fs-rw /data/lead/srv", "symbolic link that is not root's"},
		{"--net-bind 70000", "--net-bind 70000 is not a TCP port"},
		{"--net-connect none --net-connect 1", "--net-connect none stands beside a port"},
		{"--landlock perhaps", "is not one of require|best-effort"},
	};

	(void)state;
	need_landlock();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char options[200], made[200];

		snprintf(options, sizeof(options), "--mkdir /never %s", rows[i].options);
		start(options, "probe exit 0", NULL);
		assert_int_equal(outcome.status, 125);
		assert_says(outcome.err, rows[i].says);
		snprintf(made, sizeof(made), "%s/never", sandbox_make());
		assert_int_equal(access(made, F_OK), -1);
	}
}

/* What only the user can say, after the drop: nothing runs, with or without an init. */
static void
test_what_the_user_cannot_reach_is_refused_too(void **state)
{
	static const struct {
		const char *options, *command, *says;
	} rows[] = {
		{"-q --fs-ro /secret/file", "probe exit 7",
		 "cannot open what --fs-ro /secret/file names as the service's user"},
		{"-q --exec-only", "unreadable exit 7",
		 "cannot read \"/bin/unreadable\" to see which interpreter it needs"},
	};

	(void)state;
	need_landlock();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (unsigned with_init = 0; with_init < 2; with_init++) {
			char options[200];

			snprintf(options, sizeof(options), "%s --init %s", rows[i].options,
				 with_init ? "always" : "never");
			start(options, rows[i].command, NULL);
			assert_int_equal(outcome.status, 125);
			assert_says(outcome.err, rows[i].says);
		}
	start("", "unreadable exit 7", NULL);
	assert_int_equal(outcome.status, 7);
}

/* As an engine's filter, or a kernel without Landlock, would answer. */
static void
deny_landlock(unsigned call, int error)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		_exit(99);
}

static void
deny_by_engine(void)
{
	deny_landlock(CREATE_RULESET, EPERM);
}

static void
deny_by_boot(void)
{
	deny_landlock(CREATE_RULESET, EOPNOTSUPP);
}

static void
deny_by_kernel(void)
{
	deny_landlock(CREATE_RULESET, ENOSYS);
}

/* An engine that lets the version be asked, and no more. */
static void
deny_rules_by_engine(void)
{
	deny_landlock(ADD_RULE, EPERM);
}

static void
hide_rules_by_engine(void)
{
	deny_landlock(ADD_RULE, ENOSYS);
}

static void
deny_restriction_by_engine(void)
{
	deny_landlock(RESTRICT_SELF, EPERM);
}

static void
hide_restriction_by_engine(void)
{
	deny_landlock(RESTRICT_SELF, ENOSYS);
}

static void
use_up_all_layers(void)
{
	uint64_t attributes[3] = {0, 0, 2};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		_exit(99);
	for (int i = 0; i < LAYERS; i++) {
		int ruleset = (int)syscall(CREATE_RULESET, attributes, sizeof(attributes), 0);

		if (ruleset < 0 || syscall(RESTRICT_SELF, ruleset, 0) || close(ruleset))
			_exit(98);
	}
}

static void
test_where_landlock_is_missing_nothing_starts_unless_best_effort_said_so(void **state)
{
	static const struct {
		void (*prepare)(void);
		const char *says;
	} rows[] = {
		{deny_by_engine, "the engine's filter denies landlock_create_ruleset(2) or its like"},
		{deny_by_boot, "add landlock to lsm="},
		{deny_by_kernel, "CONFIG_SECURITY_LANDLOCK"},
		{deny_rules_by_engine, "the engine's filter denies landlock_create_ruleset(2) or its like"},
		{hide_rules_by_engine, "the engine's filter hides landlock_create_ruleset(2) or its like"},
		{deny_restriction_by_engine, "the engine's filter denies landlock_create_ruleset(2) or its like"},
		{hide_restriction_by_engine, "the engine's filter hides landlock_create_ruleset(2) or its like"},
		{use_up_all_layers, "as many layers"},
	};

	(void)state;
	need_landlock();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		start("--fs-ro /data", "probe exit 7", rows[i].prepare);
		assert_int_equal(outcome.status, 125);
		assert_says(outcome.err, rows[i].says);
		start("--fs-ro /data --landlock best-effort", "probe exit 7", rows[i].prepare);
		assert_int_equal(outcome.status, 7);
		assert_says(outcome.err, "--fs-ro /data has no effect");
		assert_says(outcome.err, rows[i].says);
		start("--fs-ro /data --landlock best-effort --dry-run", "probe", rows[i].prepare);
		assert_says(outcome.out, "landlock.rules=none\n");
		assert_says(outcome.out, "left_out=landlock: nothing is restricted");
		/* Who asks for nothing needs nothing. */
		start("", "probe exit 7", rows[i].prepare);
		assert_int_equal(outcome.status, 7);
		assert_string_equal(outcome.err, "");
	}
}

static void
become_user(void)
{
	if (setgroups(0, NULL) || setresgid(10002, 10002, 10002) || setresuid(10001, 10001, 10001))
		_exit(99);
}

/* USER in the Dockerfile: there is nothing to drop, and all else is the same. */
static void
test_a_start_without_root_is_restricted_too(void **state)
{
	static const struct {
		const char *argv[10];
		int status;
	} rows[] = {
		{{"/sbin/stepdown", "--exec-only", "intruder", "run", "/bin/probe"}, EACCES},
		{{"/sbin/stepdown", "--exec-only", "intruder", "memory", "/bin/probe"}, EPERM},
		{{"/sbin/stepdown", "--fs-ro", "/", "intruder", "memory-path", "/bin/probe"},
		 EPERM},
		{{"/sbin/stepdown", "--fs-rw", "/data", "intruder", "write", "/data/file"}, 0},
		{{"/sbin/stepdown", "--fs-rw", "/data", "intruder", "write", "/srv/file"}, EACCES},
		{{"/sbin/stepdown", "--net-bind", "1024", "intruder", "bind", "1025"}, EACCES},
		{{"/sbin/stepdown", "--net-bind", "1024", "intruder", "bind", "1024"}, 0},
		{{"/sbin/stepdown", "--init", "always", "--net-bind", "1", "intruder",
		  "signal-parent"},
		 EPERM},
		/* What the user cannot reach: root's set-up would have said it of its own. */
		{{"/sbin/stepdown", "-q", "--fs-ro", "/secret/file", "probe"}, 125},
		{{"/sbin/stepdown", "-q", "--fs-ro", "/none", "probe"}, 125},
	};

	(void)state;
	need_landlock();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		run_program(&(struct run){.argv = rows[i].argv,
					  .root = sandbox_make(),
					  .enter = become_user},
			    &outcome);
		if (outcome.status != rows[i].status)
			fail_msg("row %zu: %d, expected was %d; %s", i, outcome.status,
				 rows[i].status, outcome.err);
	}
}

/* As engines make /dev in a user namespace: empty files, and the host's devices mounted over them. */
static void
make_dev_of_mounts(void)
{
	char path[200];

	snprintf(path, sizeof(path), "%s/dev", sandbox_make());
	if (unshare(CLONE_NEWNS) || mount("none", path, "tmpfs", 0, "mode=0755"))
		_exit(99);
	strcat(path, "/null");
	int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);

	if (file < 0 || close(file) || mount("/dev/null", path, NULL, MS_BIND, NULL))
		_exit(98);
}

static void
make_dev_with_terminals(void)
{
	char path[200];

	make_dev_of_mounts();
	snprintf(path, sizeof(path), "%s/dev/pts", sandbox_make());
	if (mkdir(path, 0755) || mount("devpts", path, "devpts", 0, "newinstance,ptmxmode=0666"))
		_exit(97);
}

/* A directory that the service may write, and no device node to rename. */
static void
make_dev_and_tmp(void)
{
	char path[200];

	make_dev_of_mounts();
	snprintf(path, sizeof(path), "%s/tmp", sandbox_make());
	if (mount("none", path, "tmpfs", MS_NODEV, "mode=1777"))
		_exit(96);
}

static void
test_it_is_proven_where_devices_are_mounts(void **state)
{
	static const struct {
		void (*prepare)(void);
		bool provable;
	} devs[] = {
		{make_dev_with_terminals, true},
		{make_dev_and_tmp, true},
		{make_dev_of_mounts, false},
	};
	static const struct row rows[] = {
		{"--exec-only", "intruder run /bin/probe", EACCES},
		{"--exec-only --fs-exec /", "intruder run /bin/probe", RAN},
		{"--fs-rw /", "intruder run /bin/probe", EACCES},
		{"--fs-rw /", "intruder write /srv/file", 0},
		{"--fs-rw /dev --fs-rw /tmp", "intruder write /srv/file", EACCES},
		{"--fs-rw /dev --fs-rw /tmp", "intruder write /dev/null", 0},
		{"--fs-ro /data", "intruder read /data/file", 0},
		{"--fs-exec / --fs-rw /", "intruder run /bin/probe", RAN},
	};
	char path[200];

	(void)state;
	need_landlock();
	for (size_t dev = 0; dev < sizeof(devs) / sizeof(devs[0]); dev++)
		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			start(rows[i].options, rows[i].command, devs[dev].prepare);
			if (outcome.status != (devs[dev].provable ? rows[i].status : 125))
				fail_msg("%zu: %s -- %s: %d; %s", dev, rows[i].options,
					 rows[i].command, outcome.status, outcome.err);
			if (!devs[dev].provable)
				assert_says(outcome.err, "mount a tmpfs at /tmp");
		}
	/* The proof leaves nothing behind. */
	snprintf(path, sizeof(path), "%s/tmp", sandbox_make());
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(mkdir(path, 0755), 0);
}

static void
test_the_init_is_not_restricted_and_goes_on(void **state)
{
	(void)state;
	need_landlock();
	start("-q --init always --exec-only --fs-ro /data --net-bind none --net-connect none",
	      "probe exit 9", NULL);
	assert_int_equal(outcome.status, 9);
	assert_string_equal(outcome.err, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_is_executed_but_the_command_and_what_is_named),
		cmocka_unit_test(test_no_program_is_executed_out_of_memory),
		cmocka_unit_test(test_files_elsewhere_are_out_of_reach),
		cmocka_unit_test(test_what_every_program_needs_is_in_reach_and_listed),
		cmocka_unit_test(test_it_goes_together_with_set_up_explainer_and_drop_in_names),
		cmocka_unit_test(test_other_ports_are_refused),
		cmocka_unit_test(test_there_is_no_way_round_the_ports),
		cmocka_unit_test(test_signals_and_abstract_sockets_outside_are_out_of_reach),
		cmocka_unit_test(test_what_the_dry_run_says_is_what_the_service_sees),
		cmocka_unit_test(test_bad_input_is_refused_before_anything_is_done),
		cmocka_unit_test(test_what_the_user_cannot_reach_is_refused_too),
		cmocka_unit_test(
			test_where_landlock_is_missing_nothing_starts_unless_best_effort_said_so),
		cmocka_unit_test(test_a_start_without_root_is_restricted_too),
		cmocka_unit_test(test_it_is_proven_where_devices_are_mounts),
		cmocka_unit_test(test_the_init_is_not_restricted_and_goes_on),
	};

	return cmocka_run_group_tests(tests, make_room, NULL);
}
