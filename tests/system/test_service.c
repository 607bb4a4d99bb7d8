/* SPDX-License-Identifier: MIT */
/*
 * What the service gets beside its identity, read by a probe in its place: environment, secrets,
 * working directory, umask, limits, oom score. It is what --dry-run said, as root and as a user,
 * with an init and without. And nothing gets through that a careless engine leaks.
 */
#include "helpers/support.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { WORDS = 12, EXPECTED = 6, VARIABLES = 6 };

static void
give_up(const char *what)
{
	fprintf(stderr, "test: cannot %s: %s\n", what, strerror(errno));
	_exit(99);
}

/* --- who starts, and with what ------------------------------------------------------------------
 */

/* The same everywhere, whatever machine this is. */
static void
with_known_limits(void)
{
	struct rlimit files = {500, 1000};
	struct rlimit none = {0, 0};

	umask(022);
	if (setrlimit(RLIMIT_NOFILE, &files) || setrlimit(RLIMIT_CORE, &none))
		give_up("set limits");
}

static void
as_user(void)
{
	with_known_limits();
	if (setgroups(0, NULL) || setresgid(10001, 10001, 10001) || setresuid(10001, 10001, 10001))
		give_up("become a user");
}

static void
without_proc(void)
{
	with_known_limits();
	if (unshare(CLONE_NEWNS) || umount2("/proc", MNT_DETACH))
		give_up("unmount /proc");
}

struct start {
	const char *options[WORDS];
	const char *environment[VARIABLES];
	void (*enter)(void);
	const char *expected[EXPECTED]; /* lines of the probe; "!KEY" is not there */
	const char *left_out;           /* part of what the dry run prints of it, or NULL */
};

static const struct start starts[] = {
	{{"-u", "app", "--env", "A=1", "--env", "B=x=y", "--env", "A=2"},
	 {"A=0", "C=3"},
	 NULL,
	 {"env.A=2", "env.B=x=y", "env.C=3", "env.HOME=/srv", "env.USER=app"},
	 NULL},
	{{"-u", "app", "--unset-env", "A", "--unset-env", "HOME", "--unset-env", "USER"},
	 {"A=0", "C=3"},
	 NULL,
	 {"!env.A", "!env.HOME", "!env.USER", "env.C=3", "home="},
	 NULL},
	{{"-u", "app", "--clear-env", "--env", "HOME=/mine"},
	 {"A=0", "LANG=C"},
	 NULL,
	 {"!env.A", "!env.LANG", "home=/mine", "env.LOGNAME=app",
	  "env.PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
	 NULL},
	{{"-u", "app", "--env-from-file", "DB", "--env-from-file", "NONE", "--env-from-file", "DB"},
	 {"DB_FILE=/run/secrets/db", "OTHER_FILE=/run/secrets/db"},
	 NULL,
	 {"env.DB=sesame", "!env.DB_FILE", "!env.NONE", "!env.OTHER",
	  "env.OTHER_FILE=/run/secrets/db"},
	 NULL},
	/* Empty is as good as unset, and NAME_FILE goes all the same. */
	{{"-u", "app", "--env-from-file", "DB", "--env-from-file", "EMPTY"},
	 {"DB_FILE=/run/secrets/db", "DB=", "EMPTY_FILE=", "EMPTY=kept"},
	 NULL,
	 {"env.DB=sesame", "!env.DB_FILE", "env.EMPTY=kept", "!env.EMPTY_FILE"},
	 NULL},
	{{"--env-from-file", "DB"},
	 {"DB_FILE=/run/secrets/users"},
	 as_user,
	 {"env.DB=open", "uid=10001", "!env.DB_FILE"},
	 NULL},
	{{"--puid", "-u", "app"},
	 {"PUID=1234", "PGID=1235", "UMASK=0007"},
	 NULL,
	 {"uid=1234", "gid=1235", "groups=1235", "umask=0007", "home=/"},
	 NULL},
	{{"--puid", "-u", "app"},
	 {"PGID="},
	 NULL,
	 {"uid=10001", "gid=10002", "groups=44,10002", "umask=0022"},
	 NULL},
	{{"--puid", "--umask", "0077"},
	 {"PUID=1234", "UMASK=0007"},
	 NULL,
	 {"uid=1234", "gid=1234", "umask=0077"},
	 NULL},
	{{"--puid"}, {"PUID=10001", "UMASK=7"}, as_user, {"uid=10001", "umask=0007"}, NULL},
	{{"-u", "app", "--workdir", "//srv/./data/"}, {NULL}, NULL, {"workdir=/srv/data"}, NULL},
	{{"-u", "app", "--workdir", "/srv/link"}, {NULL}, NULL, {"workdir=/srv/data"}, NULL},
	{{"--workdir", "/srv/data"}, {NULL}, as_user, {"workdir=/srv/data"}, NULL},
	{{"-u", "app", "--umask", "0"}, {NULL}, NULL, {"umask=0000"}, NULL},
	{{"-u", "app", "--umask", "777", "--no-setup"}, {NULL}, NULL, {"umask=0777"}, NULL},
	{{"--umask", "0027"}, {NULL}, as_user, {"umask=0027"}, NULL},
	{{"-u", "app", "--ulimit", "nofile=100:200", "--ulimit", "core=0", "--ulimit",
	  "nofile=300:400"},
	 {NULL},
	 NULL,
	 {"rlimit.nofile=300:400", "rlimit.core=0:0"},
	 NULL},
	{{"-u", "app", "--ulimit", "nofile=1000", "--no-setup"},
	 {NULL},
	 NULL,
	 {"rlimit.nofile=1000:1000"},
	 NULL},
	{{"--ulimit", "nofile=7:1000", "--ulimit", "core=1"},
	 {NULL},
	 as_user,
	 {"rlimit.nofile=7:1000", "rlimit.core=0:0"},
	 "rlimit.core: --ulimit core=1"},
	{{"-u", "app", "--oom-score-adj", "987"}, {NULL}, NULL, {"oom_score_adj=987"}, NULL},
	{{"--oom-score-adj", "986"}, {NULL}, as_user, {"oom_score_adj=986"}, NULL},
	{{"--oom-score-adj", "-1000"}, {NULL}, as_user, {"uid=10001"}, "oom_score_adj: "},
	{{"-u", "app", "--oom-score-adj", "985", "--no-setup"}, {NULL}, NULL, {"uid=10001"}, NULL},
	{{"-u", "app", "--ulimit", "nofile=64", "--umask", "22", "--workdir", "/srv"},
	 {NULL},
	 without_proc,
	 {"rlimit.nofile=64:64", "umask=0022", "workdir=/srv"},
	 NULL},
};

static const char *const probe[] = {"/bin/probe", NULL};

static void
start(const struct start *row, const char *const *first, const char *const *service,
      struct outcome *outcome)
{
	const char *argv[3 * WORDS] = {"/sbin/stepdown"};
	const char *environment[VARIABLES + 2] = {"PATH=/bin"};
	unsigned count = 1;

	for (unsigned i = 0; first[i]; i++)
		argv[count++] = first[i];
	for (unsigned i = 0; i < WORDS && row->options[i]; i++)
		argv[count++] = row->options[i];
	argv[count++] = "--";
	for (unsigned i = 0; service[i]; i++)
		argv[count++] = service[i];
	argv[count] = NULL;
	/* Where the table has no PATH of its own it begins without one. */
	bool clears = row->options[2] && !strcmp(row->options[2], "--clear-env");

	for (unsigned i = 0; i < VARIABLES && row->environment[i]; i++)
		environment[i + !clears] = row->environment[i];
	run_program(&(struct run){.argv = argv,
				  .root = sandbox_make(),
				  .environment = environment,
				  .enter = row->enter ? row->enter : with_known_limits},
		    outcome);
}

/* A start that got what was said; `init` is what --init says. */
static void
assert_got(size_t i, const char *init)
{
	static struct outcome said;
	static struct outcome got;
	const struct start *row = &starts[i];
	const char *dry[] = {"--dry-run", "-q", "--init", init, NULL};
	const char *real[] = {"-q", "--init", init, NULL};

	start(row, dry, probe, &said);
	start(row, real, probe, &got);
	if (said.status || got.status)
		fail_msg("row %zu: %d %s%d %s", i, said.status, said.err, got.status, got.err);
	for (unsigned e = 0; e < EXPECTED && row->expected[e]; e++)
		if (row->expected[e][0] == '!' ? value_of(got.out, row->expected[e] + 1) != NULL
					       : !has_line(got.out, row->expected[e]))
			fail_msg("row %zu: not %s in\n%s", i, row->expected[e], got.out);
	if (row->left_out ? !strstr(said.out, row->left_out)
			  : strstr(said.out, "left_out=rlimit") || strstr(said.out, "left_out=oom"))
		fail_msg("row %zu: %s", i, said.out);
	/* Without /proc neither side can count filters, and the probe cannot see its parent. */
	if (row->enter != without_proc && assert_same_keys(said.out, got.out) < 17)
		fail_msg("row %zu: too few keys in\n%s", i, said.out);
}

static void
test_the_service_gets_what_the_dry_run_said(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		assert_got(i, "never");
		assert_got(i, "always");
	}
}

static void
test_a_dry_run_does_not_tell_secrets(void **state)
{
	static const char *const dry[] = {"--dry-run", NULL};
	static const struct start row = {.options = {"-u", "app", "--env-from-file", "DB"},
					 .environment = {"DB_FILE=/run/secrets/db"}};
	static struct outcome outcome;

	(void)state;
	start(&row, dry, probe, &outcome);
	assert_int_equal(outcome.status, 0);
	assert_null(strstr(outcome.out, "sesame"));
	assert_true(has_line(outcome.out, "env.DB=(secret of 6 bytes)"));
}

/* To the byte: what is refused beforehand is what execve(2) would not take. */
static void
test_the_largest_secret_that_a_variable_can_hold_gets_through(void **state)
{
	enum { MOST = 131072 - (int)sizeof("DB=") };
	static char text[MOST + 2];
	static const char *const quiet[] = {"-q", NULL};
	static const char *const powerless[] = {"/bin/probe", "powerless", NULL};
	static const struct start row = {.options = {"-u", "app", "--env-from-file", "DB"},
					 .environment = {"DB_FILE=/run/secrets/large"}};
	static struct outcome outcome;

	(void)state;
	if (sysconf(_SC_PAGESIZE) != 4096) {
		print_message("skipped: the kernel takes more where pages are larger\n");
		if (getenv("STEPDOWN_TESTS_MUST_RUN"))
			fail();
		skip();
	}
	memset(text, 'x', MOST);
	sandbox_write("/run/secrets/large", text, 0400);
	start(&row, quiet, powerless, &outcome);
	assert_string_equal(outcome.err, "");
	assert_int_equal(outcome.status, 0);
	text[MOST] = 'x';
	sandbox_write("/run/secrets/large", text, 0400);
	start(&row, quiet, powerless, &outcome);
	assert_int_equal(outcome.status, 125);
	assert_says(outcome.err, "takes no more than 131068");
}

static void
test_overriding_the_users_start_is_a_warning(void **state)
{
	static const char *const loud[] = {"--init", "never", NULL};
	static const struct start row = {
		.options = {"--puid"}, .environment = {"PUID=5"}, .enter = as_user};
	static struct outcome outcome;

	(void)state;
	start(&row, loud, probe, &outcome);
	assert_int_equal(outcome.status, 0);
	assert_says(outcome.err, "PUID:PGID 5:5 cannot be followed");
}

/* --- the command, from the new directory and in the new PATH ------------------------------------
 */

static void
test_the_command_is_found_after_the_change(void **state)
{
	static const char *const quiet[] = {"-q", NULL};
	static const char *const relative[] = {"./tool", NULL};
	static const char *const name[] = {"tool", NULL};
	static const struct start in = {.options = {"-u", "app", "--workdir", "/srv/data"}};
	static const struct start out = {.options = {"-u", "app"}};
	static const struct start path = {.options = {"-u", "app", "--env", "PATH=/srv/data"}};
	static const struct start unset = {.options = {"-u", "app", "--unset-env", "PATH"}};
	static struct outcome outcome;

	(void)state;
	sandbox_copy("build/tests/helpers/probe", "/srv/data/tool", 0755);
	sandbox_copy("build/tests/helpers/probe", "/usr/bin/tool-of-default-path", 0755);
	start(&in, quiet, relative, &outcome);
	assert_int_equal(outcome.status, 0);
	start(&out, quiet, relative, &outcome);
	assert_int_equal(outcome.status, 127);
	start(&path, quiet, name, &outcome);
	assert_int_equal(outcome.status, 0);
	start(&out, quiet, name, &outcome);
	assert_int_equal(outcome.status, 127);
	start(&unset, quiet, (const char *const[]){"tool-of-default-path", NULL}, &outcome);
	assert_int_equal(outcome.status, 0);
	assert_null(value_of(outcome.out, "env.PATH"));
}

/* The cure survives a path that fills the line. */
static void
test_a_directory_that_cannot_be_entered_is_named_with_its_cure(void **state)
{
	static char deep[2001] = "/none";
	static const struct {
		const char *path, *says;
	} rows[] = {
		{"/none",
		 "directory /none for 10001:10002: No such file or directory; make it with "
		 "--mkdir"},
		{deep, "--mkdir"},
		{"/etc/passwd", "/etc/passwd for 10001:10002: Not a directory; name a directory"},
		{"/run/closed", "/run/closed for 10001:10002: Permission denied; let that user in"},
	};
	static struct outcome outcome;
	char path[128];

	(void)state;
	for (size_t i = strlen(deep); i < sizeof(deep) - 1; i++)
		deep[i] = i % 2 ? '/' : 'a';
	sandbox_write("/run/closed/file", "", 0644);
	snprintf(path, sizeof(path), "%s/run/closed", sandbox_make());
	assert_int_equal(chmod(path, 0700), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		run_words(&outcome, sandbox_make(), "/sbin/stepdown", "-u", "app", "--workdir",
			  rows[i].path, "--", "probe");
		assert_int_equal(outcome.status, 125);
		assert_string_equal(outcome.out, "");
		assert_says(outcome.err, rows[i].says);
	}
}

/* --- what a careless engine leaks ---------------------------------------------------------------
 */

/* On the machine's own root, from which the sandbox is to be no way out. */
static void
leak_descriptors(void)
{
	int pair[2];
	int root = open("/", O_RDONLY | O_DIRECTORY);

	if (root < 0 || dup2(root, 7) != 7 || dup2(root, 900) != 900 ||
	    socketpair(AF_UNIX, SOCK_STREAM, 0, pair) || dup2(pair[0], 8) != 8 ||
	    dup2(memfd_create("leak", 0), 9) != 9 || dup2(open("/", O_PATH), 10) != 10)
		give_up("leak descriptors");
}

static void
stand_outside(void)
{
	if (chdir("/proc/self/fd/7"))
		give_up("change directory");
}

static void
run_leaked(const char *const *argv, void (*enter)(void), struct outcome *outcome)
{
	run_program(&(struct run){.argv = argv,
				  .root = sandbox_make(),
				  .prepare = leak_descriptors,
				  .enter = enter},
		    outcome);
}

static void
test_no_descriptor_leaks_into_the_service(void **state)
{
	static const char *const bare[] = {"/bin/probe", NULL};
	static const char *const inits[] = {"never", "always"};
	static struct outcome outcome;

	(void)state;
	/* Red first: without stepdown all of them get through. */
	run_leaked(bare, NULL, &outcome);
	assert_int_equal(outcome.status, 0);
	assert_says(value_of(outcome.out, "descriptors"), "7,8,9,10,900");
	for (unsigned i = 0; i < 2; i++) {
		const char *argv[] = {"/sbin/stepdown", "-q", "-u",    "app", "--init",
				      inits[i],         "--", "probe", NULL};

		run_leaked(argv, NULL, &outcome);
		assert_int_equal(outcome.status, 0);
		assert_string_equal(value_of(outcome.out, "descriptors"), "0,1,2");
	}
}

static void
test_a_leaked_directory_is_no_working_directory(void **state)
{
	static const char *const inherited[] = {"/sbin/stepdown", "-u", "app", "--", "probe", NULL};
	static const char *const covered[] = {"/sbin/stepdown", "-u", "app",   "--workdir",
					      "/srv",           "--", "probe", NULL};
	static const char *const named[] = {"/sbin/stepdown",  "-u", "app",   "--workdir",
					    "/proc/self/fd/7", "--", "probe", NULL};
	static struct outcome outcome;

	(void)state;
	run_leaked(inherited, stand_outside, &outcome);
	assert_int_equal(outcome.status, 125);
	assert_says(outcome.err, "(unreachable)");
	assert_says(outcome.err, "CVE-2024-21626");
	/* Another directory of one's own does not make it better: the engine is not to be trusted.
	 */
	run_leaked(covered, stand_outside, &outcome);
	assert_int_equal(outcome.status, 125);
	assert_says(outcome.err, "(unreachable)");
	/* The descriptor is closed before the path is looked at. */
	run_leaked(named, NULL, &outcome);
	assert_int_equal(outcome.status, 125);
	assert_says(outcome.err, "/proc/self/fd/7 for 10001:10002: No such file or directory");
	assert_string_equal(outcome.out, "");
}

/* A process of the same user whose working directory is outside: /proc has a way to it. */
static void
test_a_way_out_through_proc_is_no_working_directory(void **state)
{
	static struct outcome outcome;
	char path[64];

	(void)state;
	sandbox_make();
	pid_t outside = fork();

	if (outside == 0) {
		if (setgroups(0, NULL) || setresgid(10002, 10002, 10002) ||
		    setresuid(10001, 10001, 10001) || chdir("/usr"))
			_exit(1);
		/* What was executed by the user belongs to him in /proc. */
		execl("/bin/sleep", "sleep", "1000", NULL);
		_exit(1);
	}
	snprintf(path, sizeof(path), "/proc/%d/cwd", (int)outside);
	const char *argv[] = {"/sbin/stepdown", "-u", "app:app", "--workdir", path, "--",
			      "probe",          NULL};

	/* Until it is executed. */
	for (unsigned attempt = 0; attempt < 1000; attempt++) {
		run_program(&(struct run){.argv = argv, .root = sandbox_make()}, &outcome);
		if (strstr(outcome.err, "CVE-2024-21626"))
			break;
		usleep(10000);
	}
	kill(outside, SIGKILL);
	waitpid(outside, NULL, 0);
	assert_int_equal(outcome.status, 125);
	assert_says(outcome.err, "CVE-2024-21626");
}

static int
make_inputs(void **state)
{
	char path[128];

	(void)state;
	if (!can_make_namespaces())
		fail_msg("the sandbox needs root");
	sandbox_write("/run/secrets/db", "sesame\n", 0400);
	sandbox_write("/run/secrets/users", "open\n", 0444);
	sandbox_write("/srv/data/file", "", 0644);
	snprintf(path, sizeof(path), "%s/srv/link", sandbox_make());
	return symlink("data", path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_service_gets_what_the_dry_run_said),
		cmocka_unit_test(test_a_dry_run_does_not_tell_secrets),
		cmocka_unit_test(test_the_largest_secret_that_a_variable_can_hold_gets_through),
		cmocka_unit_test(test_overriding_the_users_start_is_a_warning),
		cmocka_unit_test(test_the_command_is_found_after_the_change),
		cmocka_unit_test(test_a_directory_that_cannot_be_entered_is_named_with_its_cure),
		cmocka_unit_test(test_no_descriptor_leaks_into_the_service),
		cmocka_unit_test(test_a_leaked_directory_is_no_working_directory),
		cmocka_unit_test(test_a_way_out_through_proc_is_no_working_directory),
	};

	return cmocka_run_group_tests(tests, make_inputs, NULL);
}
