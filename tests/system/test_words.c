/* SPDX-License-Identifier: MIT */
/*
 * What is said when a call is denied as such, by an engine's filter or an older kernel, when a file's
 * owner is not mapped in the user namespace, and when the container has no room for a process: never
 * that it is a file's fault.
 */
#include "helpers/support.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { WORDS = 12, CALLS = 3, UNMAPPED = 65534 };

static struct outcome outcome;

/* --- an engine's filter -------------------------------------------------------------------------
 */

static int denied[CALLS]; /* 0: no more */
static int answer;

static void
below_a_filter(void)
{
	struct sock_filter code[2 * CALLS + 2] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))};
	unsigned short length = 1;

	for (unsigned i = 0; i < CALLS && denied[i]; i++) {
		code[length++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
							      (unsigned)denied[i], 0, 1);
		code[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
							      SECCOMP_RET_ERRNO | (unsigned)answer);
	}
	code[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);

	struct sock_fprog program = {length, code};

	/* As root and without no_new_privs, as an engine does it. */
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		_exit(99);
}

struct denial {
	int calls[CALLS];
	const char *name;
	const char *options;
};

#define CALL(name) {SYS_##name}, #name "(2)"

static const struct denial denials[] = {
	{CALL(openat2), "--chown /data"},
	{CALL(fchownat), "--chown /data"},
	{CALL(getdents64), "--chown /data"},
	{CALL(fstatfs), "--chown /data"},
	{CALL(openat), "--chown /data"},
	{CALL(fstat), "--chown /data"},
	{CALL(readlinkat), "--chown /link/in"},
	{CALL(mkdirat), "--mkdir /data/new"},
	{CALL(fchown), "--mkdir /data/new"},
	{CALL(fchmod), "--mkdir /data/new"},
	{CALL(symlinkat), "--tz Europe/Berlin"},
	{CALL(renameat), "--tz Europe/Berlin"},
	{CALL(openat2), "--tz Europe/Berlin"},
	{CALL(fsync), "--tz Europe/Berlin"},
	{CALL(openat), "--tz Europe/Berlin"},
	{CALL(close_range), ""},
	{CALL(setgroups), ""},
	{CALL(setresgid), ""},
	{CALL(setresuid), ""},
	{CALL(getresuid), ""},
	{CALL(getgroups), ""},
	{CALL(capset), ""},
	{CALL(capget), ""},
	{CALL(prctl), ""},
	{CALL(prlimit64), "--ulimit core=0"},
	{CALL(chdir), "--workdir /data"},
	{CALL(getcwd), "--workdir /data"},
	{CALL(pipe2), ""},
	{CALL(signalfd4), "--init always"},
	{CALL(rt_sigprocmask), ""},
	{CALL(clone), "--init always"},
	{{SYS_seccomp, SYS_prctl}, "prctl(2)", ""},
	{CALL(landlock_create_ruleset), "--exec-only"},
	{{SYS_landlock_add_rule}, "landlock_create_ruleset(2) or its like", "--exec-only"},
	{{SYS_landlock_restrict_self}, "landlock_create_ruleset(2) or its like", "--exec-only"},
};

/* What would send a reader to a file, a mount, an image or an account that are all right. */
static const char *const wrong[] = {
	"immutable",        "NFS",   "root_squash", "start as root", "image", "mend",
	"owner where",      "moved", "mount",       "changed",       "links", "--cap-add",
	"holds the system",
};

static void
start(const char *options, void (*prepare)(void), void (*enter)(void))
{
	char copy[200];
	const char *argv[WORDS + 6] = {"/sbin/stepdown", "-q", "-u", "app"};
	unsigned count = 4;
	char *rest;

	snprintf(copy, sizeof(copy), "%s", options);
	for (char *word = strtok_r(copy, " ", &rest); word && count < WORDS;
	     word = strtok_r(NULL, " ", &rest))
		argv[count++] = word;
	argv[count++] = "--";
	argv[count++] = "probe";
	run_program(
		&(struct run){
			.argv = argv, .root = sandbox_make(), .prepare = prepare, .enter = enter},
		&outcome);
}

static void
make_files(void)
{
	static bool made;
	char path[400];

	if (made)
		return;
	made = true;
	sandbox_write("/data/in/file", "", 0644);
	sandbox_copy("/usr/share/zoneinfo/Europe/Berlin", "/usr/share/zoneinfo/Europe/Berlin",
		     0644);
	snprintf(path, sizeof(path), "%s/link", sandbox_make());
	assert_int_equal(symlink("data", path), 0);
}

static void
test_a_call_that_is_denied_as_such_is_named_and_no_file_is_blamed(void **state)
{
	static const int errors[] = {EPERM, ENOSYS};
	unsigned faults = 0;

	(void)state;
	make_files();
	for (size_t i = 0; i < sizeof(denials) / sizeof(denials[0]); i++)
		for (unsigned e = 0; e < 2; e++) {
			const struct denial *row = &denials[i];
			bool fault;

			memcpy(denied, row->calls, sizeof(denied));
			answer = errors[e];
			start(row->options, NULL, below_a_filter);
			/* For a call that is missing musl, or this program, may have another. */
			fault = (outcome.status != 0 || answer == EPERM || outcome.err[0]) &&
				(outcome.status != 125 || !strstr(outcome.err, row->name) ||
				 !strstr(outcome.err, "the engine's filter"));
			for (size_t w = 0; w < sizeof(wrong) / sizeof(wrong[0]); w++)
				fault |= strstr(outcome.err, wrong[w]) != NULL;
			if (fault)
				print_message("%s %s %s: %d %s", row->name, row->options,
					      strerror(errors[e]), outcome.status, outcome.err);
			faults += fault;
		}
	assert_int_equal(faults, 0);
}

/* --- owners that are not mapped -----------------------------------------------------------------
 */

static const char *own_map;

static void
write_to(const char *path, const char *text)
{
	int file = open(path, O_WRONLY | O_CLOEXEC);

	if (file < 0 || write(file, text, strlen(text)) != (ssize_t)strlen(text))
		_exit(98);
	close(file);
}

static void
in_a_user_namespace(void)
{
	char path[64], byte;
	int ready[2], status;
	pid_t inside = getpid(), writer;

	if (pipe(ready) || (writer = fork()) < 0)
		_exit(97);
	if (writer == 0) {
		close(ready[1]);
		if (read(ready[0], &byte, 1) != 1)
			_exit(1);
		snprintf(path, sizeof(path), "/proc/%d/uid_map", inside);
		write_to(path, own_map);
		snprintf(path, sizeof(path), "/proc/%d/gid_map", inside);
		write_to(path, own_map);
		_exit(0);
	}
	if (unshare(CLONE_NEWUSER) || write(ready[1], "x", 1) != 1 ||
	    waitpid(writer, &status, 0) != writer || status)
		_exit(96);
	close(ready[0]);
	close(ready[1]);
}

static void
own(const char *path, uid_t user, gid_t group, mode_t mode)
{
	char whole[400];

	snprintf(whole, sizeof(whole), "%s%s", sandbox_make(), path);
	assert_int_equal(chown(whole, user, group), 0);
	assert_int_equal(chmod(whole, mode), 0);
}

static void
test_an_owner_that_is_not_mapped_is_named_with_its_map(void **state)
{
	static const struct {
		const char *map;
		const char *path; /* whose owner it is */
		uid_t user;
		gid_t group;
		mode_t mode;
		const char *options;
		const char *says[3];
	} rows[] = {
		{"0 0 20000",
		 "/data/in/file",
		 50000,
		 0,
		 0644,
		 "--chown /data",
		 {"cannot change the owner of /data/in/file: ", "its owner is not mapped",
		  "/proc/self/uid_map has 0-19999"}},
		{"0 0 20000",
		 "/data/in/file",
		 0,
		 50000,
		 0644,
		 "--chown /data",
		 {"cannot change the owner of /data/in/file: ", "its group is not mapped",
		  "/proc/self/gid_map has 0-19999"}},
		{"0 0 20000",
		 "/data/in",
		 50000,
		 50000,
		 0700,
		 "--chown /data",
		 {"cannot open /data/in: ", "its owner is not mapped",
		  "/proc/self/uid_map has 0-19999"}},
		{"0 0 20000",
		 "/data",
		 50000,
		 50000,
		 0755,
		 "--chown /data",
		 {"--chown /data: ", "its owner is not mapped", "/proc/self/uid_map has 0-19999"}},
		{"0 0 20000",
		 "/data",
		 50000,
		 50000,
		 0700,
		 "--mkdir /data:0750",
		 {"--mkdir /data:0750: ", "its owner is not mapped",
		  "/proc/self/uid_map has 0-19999"}},
		/* As rootless engines map them, nobody included. */
		{"0 0 65536",
		 "/data/in/file",
		 100000,
		 0,
		 0644,
		 "--chown /data",
		 {"cannot change the owner of /data/in/file: ", "its owner is not mapped",
		  "/proc/self/uid_map has 0-65535"}},
		{"0 0 65536",
		 "/data",
		 100000,
		 0,
		 0755,
		 "--chown /data",
		 {"cannot change the owner of /data: ", "its owner is not mapped",
		  "/proc/self/uid_map has 0-65535"}},
		{"0 0 65536",
		 "/data",
		 100000,
		 100000,
		 0700,
		 "--chown /data",
		 {"--chown /data: ", "its owner is not mapped", "/proc/self/uid_map has 0-65535"}},
	};
	unsigned faults = 0;

	(void)state;
	make_files();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool fault;

		own("/data", 0, 0, 0755);
		own("/data/in", 0, 0, 0755);
		own("/data/in/file", 0, 0, 0644);
		own(rows[i].path, rows[i].user, rows[i].group, rows[i].mode);
		own_map = rows[i].map;
		start(rows[i].options, in_a_user_namespace, NULL);
		fault = outcome.status != 125 || !strstr(outcome.err, "as 65534");
		for (unsigned s = 0; s < 3; s++)
			fault |= !strstr(outcome.err, rows[i].says[s]);
		for (size_t w = 0; w < sizeof(wrong) / sizeof(wrong[0]); w++)
			fault |= !strcmp(wrong[w], "changed")
					 ? 0
					 : strstr(outcome.err, wrong[w]) != NULL;
		if (fault)
			print_message("row %zu: %d %s", i, outcome.status, outcome.err);
		faults += fault;
	}
	assert_int_equal(faults, 0);
	/* One who is mapped as 65534 is given away as anybody. */
	own("/data", 65534, 65534, 0755);
	own("/data/in", 65534, 65534, 0755);
	own("/data/in/file", 65534, 65534, 0644);
	start("--chown /data", in_a_user_namespace, NULL);
	assert_int_equal(outcome.status, 0);
}

/* --- no room for a process ----------------------------------------------------------------------
 */

static void
test_a_limit_of_processes_is_named_as_what_it_is(void **state)
{
	static const struct {
		const char *directory, *most, *now;
		const char *says;
	} rows[] = {
		{"/sys/fs/cgroup", "8\n", "8\n",
		 "the container's limit of processes (pids.max 8) is reached"},
		{"/sys/fs/cgroup/pids", "8\n", "8\n",
		 "the container's limit of processes (pids.max 8) is reached"},
		/* What is reached is another's: of a cgroup above, or of the uid. */
		{"/sys/fs/cgroup", "8\n", "7\n",
		 "the container (pids.max) or, on the whole host, this uid (RLIMIT_NPROC)"},
		{"/sys/fs/cgroup", "max\n", "9\n",
		 "the container (pids.max) or, on the whole host, this uid (RLIMIT_NPROC)"},
	};
	static const char *const starts[] = {"--init always", "--exec-only", "--certs require"};
	char path[100];
	unsigned faults = 0;

	(void)state;
	memcpy(denied, (int[CALLS]){SYS_clone}, sizeof(denied));
#ifdef __x86_64__
	denied[1] = SYS_fork;
#endif
	answer = EAGAIN;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		sandbox_write("/sys/fs/cgroup/pids.max", "max\n", 0644);
		sandbox_write("/sys/fs/cgroup/pids/pids.max", "max\n", 0644);
		snprintf(path, sizeof(path), "%s/pids.max", rows[i].directory);
		sandbox_write(path, rows[i].most, 0644);
		snprintf(path, sizeof(path), "%s/pids.current", rows[i].directory);
		sandbox_write(path, rows[i].now, 0644);
		for (size_t s = 0; s < sizeof(starts) / sizeof(starts[0]); s++) {
			start(starts[s], NULL, below_a_filter);
			if (outcome.status == 125 && strstr(outcome.err, rows[i].says))
				continue;
			print_message("row %zu %s: %d %s", i, starts[s], outcome.status,
				      outcome.err);
			faults++;
		}
	}
	assert_int_equal(faults, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_call_that_is_denied_as_such_is_named_and_no_file_is_blamed),
		cmocka_unit_test(test_an_owner_that_is_not_mapped_is_named_with_its_map),
		cmocka_unit_test(test_a_limit_of_processes_is_named_as_what_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
