/* SPDX-License-Identifier: MIT */
/*
 * Time zone, directories and owners by the shipped program: what it does, what it leaves alone, and
 * what a tree can do to it. The modules by themselves are in test_setup_*.c.
 */
#include "helpers/support.h"
#include "injector.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/fs.h>
#include <pty.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <time.h>

#include <cmocka.h>

#define ZONES "/usr/share/zoneinfo"
#define CITY "Europe/Ljubljana"

enum { USER = 10001, GROUP = 10002 };

static struct outcome outcome;

static const char *
in_sandbox(const char *path)
{
	static char whole[4][512];
	static unsigned turn;

	turn = (turn + 1) % 4;
	snprintf(whole[turn], sizeof(whole[turn]), "%s%s", sandbox_make(), path);
	return whole[turn];
}

static void
must(bool done, const char *what)
{
	if (!done)
		fail_msg("cannot %s: %s", what, strerror(errno));
}

static void
child_must(bool done, const char *what)
{
	if (done)
		return;
	fprintf(stderr, "test: cannot %s: %s\n", what, strerror(errno));
	_exit(99);
}

static void
assert_owner(const char *path, uid_t user, gid_t group)
{
	struct stat status;

	must(lstat(in_sandbox(path), &status) == 0, path);
	if (status.st_uid != user || status.st_gid != group)
		fail_msg("%s is %u:%u's", path, status.st_uid, status.st_gid);
}

static void
empty_directory(const char *path)
{
	char command[600];

	snprintf(command, sizeof(command), "rm -rf --one-file-system '%s' && mkdir '%s'",
		 in_sandbox(path), in_sandbox(path));
	must(system(command) == 0, command);
}

/* --- time zone ---------------------------------------------------------------------------------
 */

static void
prepare_zones(void)
{
	sandbox_copy(ZONES "/" CITY, ZONES "/" CITY, 0644);
	sandbox_copy(ZONES "/UTC", ZONES "/UTC", 0644);
	sandbox_copy(ZONES "/UTC", "/evil/Evil/Zone", 0644);
	unlink(in_sandbox("/etc/localtime"));
	must(symlink(ZONES "/UTC", in_sandbox("/etc/localtime")) == 0, "make a link");
	sandbox_write("/etc/timezone", "UTC\n", 0644);
}

static void
own_mounts(void)
{
	child_must(unshare(CLONE_NEWNS) == 0 &&
			   mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0,
		   "have mounts of its own");
}

/* In `enter`, after the chroot. */
static void
with_etc_read_only(void)
{
	own_mounts();
	child_must(mount("/etc", "/etc", NULL, MS_BIND, NULL) == 0 &&
			   mount(NULL, "/etc", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) == 0,
		   "mount /etc read-only");
}

static void
with_localtime_mounted(void)
{
	own_mounts();
	/* On the link itself there can be no mount. */
	child_must(unlink("/etc/localtime") == 0 &&
			   mknod("/etc/localtime", S_IFREG | 0644, 0) == 0 &&
			   mount(ZONES "/UTC", "/etc/localtime", NULL, MS_BIND, NULL) == 0,
		   "mount over localtime");
}

static void
with_the_zone_mounted(void)
{
	own_mounts();
	child_must(unlink("/etc/localtime") == 0 &&
			   mknod("/etc/localtime", S_IFREG | 0644, 0) == 0 &&
			   mount(ZONES "/" CITY, "/etc/localtime", NULL, MS_BIND, NULL) == 0,
		   "mount over localtime");
}

static void
with_timezone_mounted(void)
{
	own_mounts();
	child_must(mount("/etc/passwd", "/etc/timezone", NULL, MS_BIND, NULL) == 0,
		   "mount over timezone");
}

static void
with_localtime_a_directory(void)
{
	child_must(unlink("/etc/localtime") == 0 && mkdir("/etc/localtime", 0755) == 0,
		   "make a directory");
}

struct zone_row {
	const char *environment; /* TZ=, or NULL */
	const char *option;      /* --tz, or NULL */
	void (*enter)(void);
	const char *tz;        /* as the service sees it */
	const char *localtime; /* where the link leads then; NULL: it is none, and stays */
	const char *timezone;  /* its first line then */
	const char *warning;   /* NULL: not a word is said */
};

#define NEW ZONES "/" CITY, CITY "\n"
#define OLD ZONES "/UTC", "UTC\n"
#define COPY "COPY --from=debian:12 " ZONES

static const struct zone_row zone_rows[] = {
	{NULL, NULL, NULL, "", OLD, NULL},
	{"TZ=", NULL, NULL, "", OLD, NULL},
	{"TZ=" CITY, NULL, NULL, CITY, NEW, NULL},
	{"TZ=UTC", CITY, NULL, CITY, NEW, NULL},
	{"TZ=:" CITY, NULL, NULL, CITY, NEW, NULL},
	{"TZ=" ZONES "/" CITY, NULL, NULL, CITY, NEW, NULL},
	{NULL, "CET-1CEST,M3.5.0,M10.5.0/3", NULL, "CET-1CEST,M3.5.0,M10.5.0/3", OLD, NULL},
	{"TZ=Nowhere/City", NULL, NULL, "Nowhere/City", OLD, "no time zone Nowhere/City"},
	{"TZ=/etc/passwd", NULL, NULL, "/etc/passwd", OLD, "only files there are zones"},
	{"TZ=Evil/Zone", NULL, NULL, "Evil/Zone", OLD, "no time zone Evil/Zone"},
	{NULL, CITY, with_etc_read_only, CITY, OLD, COPY "/" CITY " /etc/localtime"},
	{NULL, "UTC", with_etc_read_only, "UTC", OLD, NULL},
	{NULL, CITY, with_localtime_mounted, CITY, NULL, "UTC\n", "start without that mount"},
	{NULL, CITY, with_the_zone_mounted, CITY, NULL, "UTC\n", NULL},
	{NULL, CITY, with_timezone_mounted, CITY, ZONES "/" CITY, "UTC\n", NULL},
	{NULL, CITY, with_localtime_a_directory, CITY, NULL, "UTC\n", "Is a directory"},
};

static void
assert_file(size_t row, const char *path, const char *wanted)
{
	char text[512] = "";
	int file = open(in_sandbox(path), O_RDONLY | O_CLOEXEC);

	if (file < 0 || read(file, text, sizeof(text) - 1) < 0 || strcmp(text, wanted))
		fail_msg("row %zu: %s has \"%s\"", row, path, text);
	close(file);
}

static void
test_the_time_zone_is_the_services_and_that_of_etc(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(zone_rows) / sizeof(zone_rows[0]); i++) {
		const struct zone_row *row = &zone_rows[i];
		const char *environment[] = {"PATH=/bin", "TZDIR=/evil", row->environment, NULL};
		const char *argv[] = {"/sbin/stepdown",
				      "-u",
				      "app",
				      row->option ? "--tz" : "--log",
				      row->option ? row->option : "text",
				      "--",
				      "probe",
				      NULL};
		char target[512] = "";

		rmdir(in_sandbox("/etc/localtime"));
		prepare_zones();
		run_program(&(struct run){.argv = argv,
					  .environment = environment,
					  .root = sandbox_make(),
					  .enter = row->enter},
			    &outcome);
		if (outcome.status)
			fail_msg("row %zu: %d %s", i, outcome.status, outcome.err);
		if (strcmp(value_of(outcome.out, "tz"), row->tz))
			fail_msg("row %zu: TZ=%s", i, value_of(outcome.out, "tz"));
		if (row->warning ? !strstr(outcome.err, row->warning) : outcome.err[0])
			fail_msg("row %zu says \"%s\"", i, outcome.err);
		ssize_t length = readlink(in_sandbox("/etc/localtime"), target, sizeof(target) - 1);

		if (row->localtime ? strcmp(target, row->localtime) : length > 0)
			fail_msg("row %zu: localtime leads to %s", i, target);
		assert_file(i, "/etc/timezone", row->timezone);
	}
	rmdir(in_sandbox("/etc/localtime"));
}

/* Images from scratch that have nothing but the service. */
static void
test_without_etc_or_zones_the_service_has_tz_alone(void **state)
{
	static const struct {
		const char *missing, *away, *mends;
	} rows[] = {
		{"/etc", "/etc-away", COPY "/" CITY " /etc/localtime\n"},
		{ZONES, "/zones-away", COPY " " ZONES "\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		prepare_zones();
		must(rename(in_sandbox(rows[i].missing), in_sandbox(rows[i].away)) == 0, "rename");
		run_words(&outcome, sandbox_make(), "/sbin/stepdown", "-u", "10001:10002", "--tz",
			  CITY, "--", "/bin/probe");
		bool is_there = access(in_sandbox(rows[i].missing), F_OK) == 0;

		if (is_there)
			fail_msg("%s was made", rows[i].missing);
		must(rename(in_sandbox(rows[i].away), in_sandbox(rows[i].missing)) == 0, "rename");
		if (outcome.status || strcmp(value_of(outcome.out, "tz"), CITY))
			fail_msg("without %s: %d %s", rows[i].missing, outcome.status, outcome.err);
		assert_says(outcome.err, "this line in the Dockerfile mends it: ");
		assert_says(outcome.err, rows[i].mends);
		assert_file(i, "/etc/timezone", "UTC\n");
	}
}

static void
test_without_setup_or_root_etc_stays_as_it_is(void **state)
{
	(void)state;
	prepare_zones();
	run_words(&outcome, sandbox_make(), "/sbin/stepdown", "-u", "app", "--no-setup", "--tz",
		  CITY, "--mkdir", "/made-without", "--", "probe");
	assert_int_equal(outcome.status, 0);
	assert_string_equal(value_of(outcome.out, "tz"), CITY);
	assert_string_equal(value_of(outcome.out, "tz.localtime"), ZONES "/UTC");
	assert_int_equal(access(in_sandbox("/made-without"), F_OK), -1);
}

/* --- what was said is what is got --------------------------------------------------------------
 */

/* Every file of the sandbox with all that its inode says. */
static void
take_stock(char stock[OUTPUT_SIZE])
{
	static struct outcome found;
	char command[600];

	snprintf(command, sizeof(command),
		 "cd %s && find . -xdev -path ./proc -prune -o -printf "
		 "'%%p %%y %%i %%m %%U %%G %%n %%s %%T@ %%C@ %%l\\n' | sort",
		 sandbox_make());
	run_words(&found, NULL, "sh", "-c", command);
	if (found.status || !strstr(found.out, "./data/sub/file "))
		fail_msg("find: %d %s", found.status, found.err);
	memcpy(stock, found.out, OUTPUT_SIZE);
}

static void
test_a_dry_run_changes_nothing(void **state)
{
	static char before[OUTPUT_SIZE], after[OUTPUT_SIZE];

	(void)state;
	prepare_zones();
	empty_directory("/data");
	sandbox_write("/data/sub/file", "", 0644);
	sandbox_write("/run/there/file", "", 0644);
	take_stock(before);
	run_words(&outcome, sandbox_make(), "/sbin/stepdown", "--dry-run", "-u", "app", "--tz",
		  CITY, "--mkdir", "/run/new/deep", "--mkdir", "/run/there:0700", "--chown",
		  "/data", "--chown-once", "/run/there/file", "--ulimit", "nofile=64", "--",
		  "probe");
	assert_int_equal(outcome.status, 0);
	for (unsigned i = 0; i < 4; i++)
		assert_says(outcome.out, ((const char *const[]){"step=link /etc/localtime\n",
								"step=write /etc/timezone\n",
								"step=make the directories\n",
								"step=hand the trees to their "
								"owners\n"})[i]);
	take_stock(after);
	assert_string_equal(before, after);
	/* A start would be noticed. */
	run_words(&outcome, sandbox_make(), "/sbin/stepdown", "-u", "app", "--mkdir",
		  "/run/there:0700", "--", "probe");
	take_stock(after);
	assert_string_not_equal(before, after);
}

static void
test_the_service_sees_what_the_dry_run_said(void **state)
{
	static struct outcome said;

	(void)state;
	prepare_zones();
	empty_directory("/data");
	sandbox_write("/data/sub/file", "", 0644);
	run_words(&said, sandbox_make(), "/sbin/stepdown", "--dry-run", "-u", "app", "--tz", CITY,
		  "--mkdir", "/run/app:0750", "--mkdir", "/var/lib/deep/down", "--chown", "/data",
		  "--", "probe");
	assert_int_equal(said.status, 0);
	assert_owner("/data", 0, 0);
	assert_int_equal(access(in_sandbox("/run/app"), F_OK), -1);
	run_words(&outcome, sandbox_make(), "/sbin/stepdown", "-v", "-u", "app", "--tz", CITY,
		  "--mkdir", "/run/app:0750", "--mkdir", "/var/lib/deep/down", "--chown", "/data",
		  "--", "probe");
	assert_int_equal(outcome.status, 0);
	assert_true(assert_same_keys(said.out, outcome.out) > 15);
	assert_string_equal(value_of(said.out, "tz"), CITY);
	assert_string_equal(value_of(said.out, "tz.localtime"), ZONES "/" CITY);
	assert_owner("/run/app", USER, GROUP);
	assert_owner("/run", 0, 0);
	assert_owner("/var/lib/deep/down", USER, GROUP);
	assert_owner("/var/lib/deep", 0, 0);
	assert_owner("/data", USER, GROUP);
	assert_owner("/data/sub/file", USER, GROUP);
	assert_says(outcome.err, "/data: 3 entries, 3 changed, 0 right already");
	assert_null(strstr(outcome.err, "warning"));
}

static void
test_the_umask_of_the_caller_is_the_services_all_the_same(void **state)
{
	struct stat status;

	(void)state;
	empty_directory("/data");
	mode_t before = umask(077);

	run_words(&outcome, sandbox_make(), "/sbin/stepdown", "-u", "app", "--mkdir", "/data/a/b",
		  "--", "probe");
	umask(before);
	assert_int_equal(outcome.status, 0);
	assert_string_equal(value_of(outcome.out, "umask"), "0077");
	must(stat(in_sandbox("/data/a"), &status) == 0, "look at /data/a");
	assert_int_equal(status.st_mode & 07777, 0755);
}

static void
assert_mode(const char *path, mode_t mode)
{
	struct stat status;

	must(stat(in_sandbox(path), &status) == 0, path);
	if ((status.st_mode & 07777) != mode)
		fail_msg("%s has mode %04o, not %04o", path, status.st_mode & 07777, mode);
}

/* What root makes is not for the service alone, whose umask may be as narrow as it likes. */
static void
test_the_services_umask_does_not_touch_what_root_makes(void **state)
{
	(void)state;
	prepare_zones();
	empty_directory("/made");
	run_words(&outcome, sandbox_make(), "/sbin/stepdown", "-u", "10001:10002", "--umask",
		  "0777", "--tz", CITY, "--mkdir", "/made/parent/plain", "--mkdir",
		  "/made/parent/mode:2750", "--", "/bin/probe");
	assert_int_equal(outcome.status, 0);
	assert_string_equal(value_of(outcome.out, "umask"), "0777");
	assert_mode("/made/parent", 0755);
	assert_owner("/made/parent", 0, 0);
	assert_mode("/made/parent/plain", 0755);
	assert_owner("/made/parent/plain", USER, GROUP);
	assert_mode("/made/parent/mode", 02750);
	assert_mode("/etc/timezone", 0644);
}

/* As where an image that builds on another asks for another mode, or another owner of a part. */
static void
test_of_several_words_about_one_place_the_last_counts(void **state)
{
	(void)state;
	empty_directory("/made");
	sandbox_write("/made/tree/sub/file", "", 0644);
	run_words(&outcome, sandbox_make(), "/sbin/stepdown", "-u", "app", "--mkdir",
		  "/made/new:0755", "--mkdir", "/made/new/:0700", "--mkdir", "/made/new/below",
		  "--chown", "/made/tree/sub=7:7", "--chown", "/made/tree=8:8", "--chown",
		  "/made/tree/sub=9:9", "--", "probe", "exit", "0");
	if (outcome.status)
		fail_msg("%d %s", outcome.status, outcome.err);
	assert_mode("/made/new", 0700);
	assert_mode("/made/new/below", 0755);
	assert_owner("/made/new", USER, GROUP);
	assert_owner("/made/tree", 8, 8);
	assert_owner("/made/tree/sub", 9, 9);
	assert_owner("/made/tree/sub/file", 9, 9);
}

static void
powerless(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	uint32_t kept = 1U << CAP_SETUID | 1U << CAP_SETGID;
	struct __user_cap_data_struct data[2] = {{kept, kept, 0}, {0, 0, 0}};

	for (unsigned i = 0; i < 64 && prctl(PR_CAPBSET_READ, i, 0, 0, 0) >= 0; i++)
		if (i != CAP_SETUID && i != CAP_SETGID)
			child_must(prctl(PR_CAPBSET_DROP, i, 0, 0, 0) == 0,
				   "limit the bounding set");
	child_must(syscall(SYS_capset, &header, data) == 0, "set capabilities");
}

/* A second start with --cap-drop ALL, where the first has done all. */
static void
test_what_is_right_needs_no_power(void **state)
{
	static const char *const argv[] = {"/sbin/stepdown", "-u",           "app",   "--mkdir",
					   "/data/app:0700", "--chown-once", "/data", "--",
					   "probe",          "exit",         "0",     NULL};

	(void)state;
	empty_directory("/data");
	run_program(&(struct run){.argv = argv, .root = sandbox_make(), .enter = powerless},
		    &outcome);
	assert_int_equal(outcome.status, 125);
	assert_says(outcome.err, "--cap-add CHOWN");
	run_program(&(struct run){.argv = argv, .root = sandbox_make()}, &outcome);
	assert_int_equal(outcome.status, 0);
	run_program(&(struct run){.argv = argv, .root = sandbox_make(), .enter = powerless},
		    &outcome);
	if (outcome.status)
		fail_msg("%d %s", outcome.status, outcome.err);
}

/* --- what a tree can do to it ------------------------------------------------------------------
 */

static void
test_links_devices_and_mounts_are_left_alone_and_counted(void **state)
{
	(void)state;
	empty_directory("/data");
	sandbox_write("/secret", "", 0600);
	sandbox_write("/elsewhere/file", "", 0600);
	sandbox_write("/data/new\nline", "", 0644);
	must(link(in_sandbox("/secret"), in_sandbox("/data/hard")) == 0, "link");
	must(symlink("/secret", in_sandbox("/data/soft")) == 0, "make a link");
	must(mknod(in_sandbox("/data/disk"), S_IFBLK | 0600, makedev(7, 0)) == 0, "make a device");
	must(mkdir(in_sandbox("/data/mounted"), 0755) == 0, "mkdir");
	must(mount(in_sandbox("/elsewhere"), in_sandbox("/data/mounted"), NULL, MS_BIND, NULL) == 0,
	     "bind");
	run_words(&outcome, sandbox_make(), "/sbin/stepdown", "-u", "app", "--chown", "/data", "--",
		  "probe", "exit", "0");
	umount(in_sandbox("/data/mounted"));
	assert_int_equal(outcome.status, 0);
	assert_string_equal(outcome.err,
			    "stepdown: warning: /data: left alone: 1 files with several links, 1 "
			    "devices, 1 mounts\n");
	assert_owner("/secret", 0, 0);
	assert_owner("/elsewhere", 0, 0);
	assert_owner("/elsewhere/file", 0, 0);
	assert_owner("/data/disk", 0, 0);
	assert_owner("/data/soft", USER, GROUP);
	assert_owner("/data/new\nline", USER, GROUP);
}

/* The tree of the attacks: a name that is now a directory or file, and now what must not be had. */
static void
make_prey(void)
{
	empty_directory("/data");
	empty_directory("/precious");
	sandbox_write("/precious/file", "", 0600);
	sandbox_write("/data/directory/file", "", 0644);
	sandbox_write("/data/single", "", 0644);
	must(symlink("/precious", in_sandbox("/data/.link")) == 0 &&
		     link(in_sandbox("/precious/file"), in_sandbox("/data/.hard")) == 0,
	     "make links");
	/* So that the walk takes its time. */
	for (unsigned i = 0; i < 300; i++) {
		char path[64];

		snprintf(path, sizeof(path), "/data/%03u", i);
		must(mknod(in_sandbox(path), S_IFREG | 0644, 0) == 0, "mknod");
	}
}

__attribute__((noreturn)) static void
swap_for_ever(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	child_must(chdir(in_sandbox("/data")) == 0, "chdir");
	for (;;) {
		syscall(SYS_renameat2, AT_FDCWD, "directory", AT_FDCWD, ".link", RENAME_EXCHANGE);
		syscall(SYS_renameat2, AT_FDCWD, "single", AT_FDCWD, ".hard", RENAME_EXCHANGE);
	}
}

static void
test_what_is_swapped_in_meanwhile_is_not_given_away(void **state)
{
	unsigned started = 0;
	char user[2][16] = {"10001:10001", "20001:20001"};

	(void)state;
	make_prey();
	pid_t swapper = fork();

	must(swapper >= 0, "fork");
	if (swapper == 0)
		swap_for_ever();
	for (unsigned i = 0; i < 150; i++) {
		run_words(&outcome, sandbox_make(), "/sbin/stepdown", "-q", "-u", user[i % 2],
			  "--chown", "/data", "--", "probe", "exit", "0");
		/* A walk that was misled ends with 125, and says so. */
		if (outcome.status != 125 && outcome.status != 0)
			break;
		started += outcome.status == 0;
		assert_owner("/precious", 0, 0);
		assert_owner("/precious/file", 0, 0);
	}
	kill(swapper, SIGKILL);
	waitpid(swapper, NULL, 0);
	if (outcome.status && outcome.status != 125)
		fail_msg("%d %s", outcome.status, outcome.err);
	print_message("%u of 150 starts came through the swaps\n", started);
	assert_true(started > 0);
}

/* NFS with root_squash says EPERM, an id that it cannot keep is EINVAL or EOVERFLOW. */
static void
enter_traced(void)
{
	injector_begin();
}

static void
test_a_chown_that_the_file_system_forbids_is_explained(void **state)
{
	static const char *const argv[] = {
		"/sbin/stepdown", "-u",   "app", "--chown", "/data", "--",
		"probe",          "exit", "0",   NULL};
	unsigned call = 0;

	(void)state;
	empty_directory("/data");
	sandbox_write("/data/first", "", 0644);
	injector_reset();
	run_program(&(struct run){.argv = argv, .root = sandbox_make(), .enter = enter_traced},
		    &outcome);
	assert_int_equal(outcome.status, 0);
	while (call < injector->count && injector->calls[call].number != SYS_fchownat)
		call++;
	assert_in_range(call, 1, injector->count - 1);
	must(chown(in_sandbox("/data"), 0, 0) == 0 && chown(in_sandbox("/data/first"), 0, 0) == 0,
	     "chown");
	injector->count = 0;
	injector->at = call + 1;
	injector->result = -EPERM;
	run_program(&(struct run){.argv = argv, .root = sandbox_make(), .enter = enter_traced},
		    &outcome);
	assert_int_equal(outcome.status, 125);
	assert_says(outcome.err,
		    "cannot change the owner of /data/first: Operation not permitted; ");
	assert_says(outcome.err, "no_root_squash");
	assert_says(outcome.err, "leave the option out");
	assert_false(injector->started);

	injector->count = injector->hits = 0;
	injector->result = -EDQUOT;
	run_program(&(struct run){.argv = argv, .root = sandbox_make(), .enter = enter_traced},
		    &outcome);
	assert_int_equal(outcome.status, 125);
	assert_says(outcome.err, "; the disk is full\n");

	/* Or it says that it is done, and keeps no owners. */
	injector->count = injector->hits = 0;
	injector->at = 0;
	injector->every = call + 1;
	injector->result = 0;
	run_program(&(struct run){.argv = argv, .root = sandbox_make(), .enter = enter_traced},
		    &outcome);
	assert_int_equal(outcome.status, 125);
	assert_says(outcome.err, "cannot prove the owner of /data: ");
	assert_says(outcome.err, "keeps no owners");
	assert_says(outcome.err, "leave the option out");
	assert_false(injector->started);
}

static void
without_override(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	child_must(syscall(SYS_capget, &header, data) == 0, "get capabilities");
	data[0].effective &= ~(1U << CAP_DAC_OVERRIDE | 1U << CAP_DAC_READ_SEARCH);
	data[0].permitted = data[0].effective;
	child_must(prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0) == 0 &&
			   prctl(PR_CAPBSET_DROP, CAP_DAC_READ_SEARCH, 0, 0, 0) == 0 &&
			   syscall(SYS_capset, &header, data) == 0,
		   "drop capabilities");
}

static void
test_a_directory_that_root_may_not_enter_is_refused_with_the_cure(void **state)
{
	static const char *const argv[] = {
		"/sbin/stepdown", "-u",   "app", "--chown", "/data", "--",
		"probe",          "exit", "0",   NULL};

	(void)state;
	empty_directory("/data");
	sandbox_write("/data/theirs/file", "", 0644);
	must(chown(in_sandbox("/data/theirs"), 7, 7) == 0 &&
		     chmod(in_sandbox("/data/theirs"), 0700) == 0,
	     "give a directory away");
	run_program(&(struct run){.argv = argv, .root = sandbox_make(), .enter = without_override},
		    &outcome);
	assert_int_equal(outcome.status, 125);
	assert_says(outcome.err, "/data/theirs: Permission denied; ");
	assert_says(outcome.err, "--cap-add DAC_OVERRIDE\n");
}

static void
test_programs_that_lose_their_set_id_bits_are_counted(void **state)
{
	(void)state;
	empty_directory("/data");
	sandbox_write("/data/first", "", 04755);
	sandbox_write("/data/second", "", 02755);
	sandbox_write("/data/third", "", 0755);
	run_words(&outcome, sandbox_make(), "/sbin/stepdown", "-u", "app", "--chown", "/data", "--",
		  "probe", "exit", "0");
	assert_int_equal(outcome.status, 0);
	assert_string_equal(outcome.err, "stepdown: warning: /data: 2 programs lost their set-uid "
					 "or set-gid bit\n");
}

/* --- long work ----------------------------------------------------------------------------------
 */

enum { ROOMS = 60, IN_ROOM = 1000, ATTEMPTS = 200 };

static void
make_large_tree(void)
{
	char path[64];

	empty_directory("/large");
	for (unsigned i = 0; i < ROOMS; i++) {
		snprintf(path, sizeof(path), "/large/%u", i);
		must(mkdir(in_sandbox(path), 0755) == 0, "mkdir");
		for (unsigned j = 0; j < IN_ROOM; j++) {
			snprintf(path, sizeof(path), "/large/%u/%u", i, j);
			must(mknod(in_sandbox(path), S_IFREG | 0644, 0) == 0, "mknod");
		}
	}
}

/* In how many rooms the first file belongs to the user. */
static unsigned
rooms_of(uid_t user)
{
	struct stat status;
	char path[64];
	unsigned count = 0;

	for (unsigned i = 0; i < ROOMS; i++) {
		snprintf(path, sizeof(path), "/large/%u/0", i);
		count += stat(in_sandbox(path), &status) == 0 && status.st_uid == user;
	}
	return count;
}

static const char *const plain[2] = {NULL, NULL};

/* Starts with `err` as standard error, as the first process of a namespace if `flags` say so. */
static pid_t
start_on_large_tree(int err, const char *user, const char *const options[2], unsigned long flags,
		    void (*enter)(void))
{
	const char *argv[12] = {"stepdown", "-u", user, "--chown", "/large"};
	unsigned count = 5;

	fflush(NULL);
	pid_t child = (pid_t)syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, NULL);

	must(child >= 0, "fork");
	if (child > 0)
		return child;
	for (unsigned i = 0; i < 2 && options[i]; i++)
		argv[count++] = options[i];
	argv[count++] = "--";
	argv[count++] = "/bin/probe";
	argv[count++] = "exit";
	argv[count] = "0";
	child_must(dup2(err, 2) == 2 && chroot(sandbox_make()) == 0 && chdir("/") == 0, "enter");
	/* A shell without job control ignores it for what it starts in the background. */
	signal(SIGINT, SIG_DFL);
	if (enter)
		enter();
	execv("/sbin/stepdown", (char *const *)argv);
	_exit(99);
}

/*
 * Starts on the large tree until one stands still in the midst of its walk, with a room or more
 * before it; a walk that came further before it was stopped is begun anew, for another user, whose
 * number is left in `user`.
 */
static pid_t
stop_in_the_walk(int err, const char *const options[2], unsigned long flags, void (*enter)(void),
		 unsigned *user)
{
	static unsigned last = 30000;
	char name[32];
	int status = 0;

	for (unsigned i = 0; i < ATTEMPTS; i++) {
		*user = ++last;
		snprintf(name, sizeof(name), "%u:%u", last, last);
		pid_t child = start_on_large_tree(err, name, options, flags, enter);

		/* An end stays to be waited for. */
		siginfo_t end = {0};
		while (rooms_of(last) == 0 &&
		       waitid(P_PID, (id_t)child, &end, WEXITED | WNOHANG | WNOWAIT) == 0 &&
		       end.si_pid == 0)
			;
		kill(child, SIGSTOP);
		must(waitpid(child, &status, WUNTRACED) == child, "wait");
		if (WIFSTOPPED(status) && rooms_of(last) <= ROOMS - 2)
			return child;
		if (WIFSTOPPED(status)) {
			kill(child, SIGKILL);
			must(waitpid(child, &status, 0) == child, "wait");
		}
	}
	fail_msg("no walk of %u was slow enough to be stopped", ATTEMPTS);
	return -1;
}

static void
read_said(int from, char *said, size_t size)
{
	size_t used = 0;
	ssize_t got;

	fcntl(from, F_SETFL, O_NONBLOCK);
	while (used < size - 1 && (got = read(from, said + used, size - 1 - used)) > 0)
		used += (size_t)got;
	said[used] = '\0';
}

/* Lets a start on the large tree stand still for a while, and collects what it says. */
static void
say_when_slow(int from, int err, const char *option, unsigned milliseconds, char *said, size_t size)
{
	const char *const options[2] = {option, NULL};
	unsigned user;
	int status;
	pid_t child = stop_in_the_walk(err, options, 0, NULL, &user);

	usleep(milliseconds * 1000);
	kill(child, SIGCONT);
	must(waitpid(child, &status, 0) == child, "wait");
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	read_said(from, said, size);
}

static void
test_a_terminal_shows_progress_on_one_line(void **state)
{
	static char said[OUTPUT_SIZE];
	int terminal, slave;

	(void)state;
	make_large_tree();
	must(openpty(&terminal, &slave, NULL, NULL, NULL) == 0, "open a terminal");
	say_when_slow(terminal, slave, "--allow-root", 600, said, sizeof(said));
	assert_says(said, "\r\x1b[Kstepdown: changing owners in /large: ");
	assert_says(said, " changed");
	/* One line, and clean at the end. */
	assert_null(strchr(said, '\n'));
	assert_string_equal(said + strlen(said) - 4, "\r\x1b[K");

	say_when_slow(terminal, slave, "--quiet", 600, said, sizeof(said));
	assert_string_equal(said, "");
	close(terminal);
	close(slave);
}

static unsigned
count_lines(const char *text)
{
	unsigned lines = 0;

	for (; *text; text++)
		lines += *text == '\n';
	return lines;
}

static void
test_elsewhere_progress_is_a_line_every_ten_seconds(void **state)
{
	static char said[OUTPUT_SIZE];
	time_t start = time(NULL);
	int ends[2];

	(void)state;
	make_large_tree();
	must(pipe2(ends, O_CLOEXEC) == 0, "make a pipe");
	say_when_slow(ends[0], ends[1], "--allow-root", 2000, said, sizeof(said));
	/* None but on a machine that is so busy that the work does take that long. */
	assert_in_range(count_lines(said), 0, (time(NULL) - start + 1) / 10);
	start = time(NULL);
	say_when_slow(ends[0], ends[1], "--log=json", 10100, said, sizeof(said));
	assert_says(said, "{\"program\":\"stepdown\",\"level\":\"progress\",\"message\":\"changing "
			  "owners in /large: ");
	assert_in_range(count_lines(said), 1, (time(NULL) - start + 1) / 10);
	close(ends[0]);
	close(ends[1]);
}

static void
ignore_term(void)
{
	signal(SIGTERM, SIG_IGN);
}

struct stop_row {
	const char *options[2];
	unsigned long flags; /* CLONE_NEWPID: as PID 1 */
	void (*enter)(void);
	int signal;
	int status;
	bool ends; /* the walk; else the service runs */
};

static const struct stop_row stop_rows[] = {
	{{NULL}, CLONE_NEWPID, NULL, SIGTERM, 128 + SIGTERM, true},
	{{NULL}, CLONE_NEWPID, NULL, SIGINT, 128 + SIGINT, true},
	{{"--init=always", "--subreaper"}, 0, NULL, SIGTERM, 128 + SIGTERM, true},
	{{"--stop-signal=RTMIN+3"}, CLONE_NEWPID, NULL, 37, 128 + 37, true},
	{{"--map-exit=143=7"}, CLONE_NEWPID, NULL, SIGTERM, 7, true},
	/* What nobody meant for the end of anything. */
	{{"--map-signal=TERM=none"}, CLONE_NEWPID, NULL, SIGTERM, 0, false},
	{{NULL}, CLONE_NEWPID, ignore_term, SIGTERM, 0, false},
	{{NULL}, CLONE_NEWPID, NULL, SIGWINCH, 0, false},
};

/* docker stop waits ten seconds, and then kills. */
static void
test_a_request_to_stop_ends_long_work_at_once(void **state)
{
	static char said[OUTPUT_SIZE];
	int ends[2];

	(void)state;
	make_large_tree();
	must(pipe2(ends, O_CLOEXEC) == 0, "make a pipe");
	for (size_t i = 0; i < sizeof(stop_rows) / sizeof(stop_rows[0]); i++) {
		const struct stop_row *row = &stop_rows[i];
		struct stat status;
		unsigned user;
		int ended;
		pid_t child =
			stop_in_the_walk(ends[1], row->options, row->flags, row->enter, &user);

		must(kill(child, row->signal) == 0 && kill(child, SIGCONT) == 0, "signal");
		must(waitpid(child, &ended, 0) == child, "wait");
		read_said(ends[0], said, sizeof(said));
		must(stat(in_sandbox("/large"), &status) == 0, "look at /large");
		if (!WIFEXITED(ended) || WEXITSTATUS(ended) != row->status)
			fail_msg("row %zu: %x %s", i, ended, said);
		if ((status.st_uid == user) == row->ends)
			fail_msg("row %zu: /large belongs to %u", i, status.st_uid);
		if (!row->ends) {
			assert_string_equal(said, "");
			continue;
		}
		assert_string_equal(said,
				    "stepdown: cannot finish /large: Operation canceled; it was "
				    "asked to stop; the next start does the rest\n");
	}
	close(ends[0]);
	close(ends[1]);
}

/* Also --chown-once, which looks at PATH alone. */
static void
test_what_was_asked_to_stop_is_done_by_the_next_start(void **state)
{
	char name[32], path[64];
	unsigned user;
	int ended;

	(void)state;
	make_large_tree();
	pid_t child = stop_in_the_walk(2, plain, CLONE_NEWPID, NULL, &user);

	must(kill(child, SIGTERM) == 0 && kill(child, SIGCONT) == 0, "signal");
	must(waitpid(child, &ended, 0) == child, "wait");
	assert_true(WIFEXITED(ended));
	assert_int_equal(WEXITSTATUS(ended), 128 + SIGTERM);
	assert_owner("/large", 0, 0);
	snprintf(name, sizeof(name), "%u:%u", user, user);
	run_words(&outcome, sandbox_make(), "/sbin/stepdown", "-u", name, "--chown-once", "/large",
		  "--", "probe", "exit", "0");
	assert_int_equal(outcome.status, 0);
	assert_owner("/large", user, user);
	for (unsigned i = 0; i < ROOMS; i++) {
		snprintf(path, sizeof(path), "/large/%u/%u", i, IN_ROOM - 1);
		assert_owner(path, user, user);
	}
}

static int
enter_sandbox(void **state)
{
	(void)state;
	if (!can_make_namespaces())
		fail_msg("the sandbox needs root");
	sandbox_make();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_time_zone_is_the_services_and_that_of_etc),
		cmocka_unit_test(test_without_etc_or_zones_the_service_has_tz_alone),
		cmocka_unit_test(test_without_setup_or_root_etc_stays_as_it_is),
		cmocka_unit_test(test_a_dry_run_changes_nothing),
		cmocka_unit_test(test_the_service_sees_what_the_dry_run_said),
		cmocka_unit_test(test_the_umask_of_the_caller_is_the_services_all_the_same),
		cmocka_unit_test(test_the_services_umask_does_not_touch_what_root_makes),
		cmocka_unit_test(test_of_several_words_about_one_place_the_last_counts),
		cmocka_unit_test(test_what_is_right_needs_no_power),
		cmocka_unit_test(test_links_devices_and_mounts_are_left_alone_and_counted),
		cmocka_unit_test(test_what_is_swapped_in_meanwhile_is_not_given_away),
		cmocka_unit_test(test_a_chown_that_the_file_system_forbids_is_explained),
		cmocka_unit_test(test_a_directory_that_root_may_not_enter_is_refused_with_the_cure),
		cmocka_unit_test(test_programs_that_lose_their_set_id_bits_are_counted),
		cmocka_unit_test(test_a_terminal_shows_progress_on_one_line),
		cmocka_unit_test(test_elsewhere_progress_is_a_line_every_ten_seconds),
		cmocka_unit_test(test_a_request_to_stop_ends_long_work_at_once),
		cmocka_unit_test(test_what_was_asked_to_stop_is_done_by_the_next_start),
	};

	return cmocka_run_group_tests(tests, enter_sandbox, NULL);
}
