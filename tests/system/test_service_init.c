/* SPDX-License-Identifier: MIT */
/*
 * What the init that stays behind has of it all: none of the service's limits, not its umask, not
 * its directory, and no secret in its memory.
 */
#include "helpers/initlab.h"

#include <sys/resource.h>
#include <sys/stat.h>

static struct lab lab;

enum { SECRET_LARGE = 120000 }; /* more than any buffer, less than a variable may have */

static char secret_path[] = "/tmp/stepdown-secret-XXXXXX";
static const char mark[] = "sesame-4711-open";

/* --- its state ----------------------------------------------------------------------------------
 */

static pid_t
service_of(pid_t init)
{
	char path[64];
	int child = 0;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)init, (int)init);
	FILE *children = fopen(path, "re");

	assert_non_null(children);
	assert_int_equal(fscanf(children, "%d", &child), 1);
	fclose(children);
	return child;
}

/* The child after it, whose name proves what it is. */
static pid_t
explainer_of(pid_t init)
{
	char path[64], name[32] = "";
	int child = 0;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)init, (int)init);
	FILE *children = fopen(path, "re");

	assert_non_null(children);
	assert_int_equal(fscanf(children, "%*d %d", &child), 1);
	fclose(children);
	snprintf(path, sizeof(path), "/proc/%d/comm", child);
	FILE *comm = fopen(path, "re");

	assert_non_null(comm);
	assert_int_equal(fscanf(comm, "%31s", name), 1);
	fclose(comm);
	assert_string_equal(name, "explainer");
	return child;
}

/* From /proc, since prlimit(2) on another user's process needs a capability that may be missing. */
static void
assert_limit(pid_t pid, const char *name, unsigned long soft, unsigned long hard)
{
	char path[64], line[256];
	unsigned long got[2] = {0, 0};
	bool found = false;

	snprintf(path, sizeof(path), "/proc/%d/limits", (int)pid);
	FILE *lines = fopen(path, "re");

	assert_non_null(lines);
	while (fgets(line, sizeof(line), lines))
		if (!strncmp(line, name, strlen(name)))
			found = sscanf(line + strlen(name), "%lu %lu", &got[0], &got[1]) == 2;
	fclose(lines);
	assert_true(found);
	assert_int_equal(got[0], soft);
	assert_int_equal(got[1], hard);
}

static long
number_in(pid_t pid, const char *file, const char *key, int base)
{
	char path[64], line[256];
	long number = -1;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	FILE *lines = fopen(path, "re");

	assert_non_null(lines);
	while (fgets(line, sizeof(line), lines))
		if (!strncmp(line, key, strlen(key)))
			number = strtol(line + strlen(key), NULL, base);
	fclose(lines);
	return number;
}

static void
with_known_state(void)
{
	struct rlimit files = {500, 1000};
	struct rlimit core = {0, 4096};

	umask(022);
	if (setrlimit(RLIMIT_NOFILE, &files) != 0 || setrlimit(RLIMIT_CORE, &core) != 0)
		_exit(122);
}

static void
stop(void)
{
	kill(lab.pid, SIGTERM);
	assert_int_equal(lab_wait(&lab), 0);
	lab_close(&lab);
}

static void
test_umask_limits_and_directory_are_the_services_alone(void **unused)
{
	pid_t service;

	(void)unused;
	lab_start_prepared(
		&lab, true, with_known_state,
		"--umask 0077 --ulimit nofile=50:60 --ulimit core=1:2 --ulimit nproc=999 "
		"--workdir /etc --seccomp off",
		"catch");
	lab_expect(&lab, "ready");
	service = service_of(lab.pid);
	assert_limit(service, "Max open files", 50, 60);
	assert_limit(service, "Max core file size", 1, 2);
	assert_limit(service, "Max processes", 999, 999);
	assert_int_equal(number_in(service, "status", "Umask:", 8), 0077);
	assert_limit(lab.pid, "Max open files", 500, 1000);
	assert_limit(lab.pid, "Max core file size", 0, 4096);
	assert_int_equal(number_in(lab.pid, "status", "Umask:", 8), 0022);

	char path[64], target[64] = "";

	snprintf(path, sizeof(path), "/proc/%d/cwd", (int)service);
	assert_true(readlink(path, target, sizeof(target) - 1) > 0);
	assert_string_equal(target, "/etc");
	snprintf(path, sizeof(path), "/proc/%d/cwd", (int)lab.pid);
	memset(target, 0, sizeof(target));
	assert_true(readlink(path, target, sizeof(target) - 1) > 0);
	assert_string_equal(target, "/");
	stop();
}

/* As documented: it is set while there is one process, and with root's power. */
static void
test_the_oom_score_is_that_of_init_and_service(void **unused)
{
	(void)unused;
	lab_start(&lab, "--oom-score-adj 765 --seccomp off", "catch");
	lab_expect(&lab, "ready");
	assert_int_equal(number_in(service_of(lab.pid), "oom_score_adj", "", 10), 765);
	assert_int_equal(number_in(lab.pid, "oom_score_adj", "", 10), 765);
	stop();
}

/* --- its memory ---------------------------------------------------------------------------------
 */

/* Reads all that a process can read of itself, as root, and looks for `text` in it. */
static bool
remembers(pid_t pid, const char *text)
{
	enum { CHUNK = 1 << 16, OVERLAP = 64 };
	static char bytes[CHUNK + OVERLAP];
	char path[64], line[512];
	bool found = false;
	unsigned long seen = 0;

	snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
	int memory = open(path, O_RDONLY | O_CLOEXEC);

	assert_true(memory >= 0);
	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	FILE *maps = fopen(path, "re");

	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps)) {
		unsigned long start, end;
		char rights[8];

		if (sscanf(line, "%lx-%lx %7s", &start, &end, rights) != 3 || rights[0] != 'r' ||
		    strstr(line, "[v"))
			continue;
		for (unsigned long at = start; at < end; at += CHUNK) {
			size_t size = end - at < sizeof(bytes) ? end - at : sizeof(bytes);
			ssize_t got = pread(memory, bytes, size, (off_t)at);

			seen += got > 0 ? (unsigned long)got : 0;
			found = found ||
				(got > 0 && memmem(bytes, (size_t)got, text, strlen(text)));
		}
	}
	fclose(maps);
	close(memory);
	assert_true(seen > 10000);
	return found;
}

static void
name_secret(void)
{
	setenv("DB_FILE", secret_path, 1);
}

/* So many that they do not fit into the plan. */
static void
name_secret_among_many(void)
{
	char name[32];

	name_secret();
	for (unsigned i = 0; i < 3000; i++) {
		snprintf(name, sizeof(name), "VARIABLE_%u", i);
		setenv(name, "x", 1);
	}
}

static void
write_secret(size_t length)
{
	int file = open(secret_path, O_WRONLY | O_TRUNC | O_CLOEXEC);

	assert_true(file >= 0);
	for (size_t written = 0; written < length; written += sizeof(mark) - 1)
		assert_int_equal(write(file, mark, sizeof(mark) - 1), sizeof(mark) - 1);
	close(file);
}

static void
assert_forgotten(lab_prepare *prepare, const char *options)
{
	char path[64];
	static char environment[1 << 19];

	lab_start_prepared(&lab, true, prepare, options, "catch");
	lab_expect(&lab, "ready");
	pid_t service = service_of(lab.pid);

	/* The service has it, and this way of looking finds it there. */
	snprintf(path, sizeof(path), "/proc/%d/environ", (int)service);
	int file = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t size = 0, got;

	while ((got = read(file, environment + size, sizeof(environment) - (size_t)size)) > 0)
		size += got;
	close(file);
	assert_non_null(memmem(environment, (size_t)size, mark, strlen(mark)));
	assert_null(memmem(environment, (size_t)size, "DB_FILE=", 8));
	assert_true(remembers(service, mark));
	assert_false(remembers(lab.pid, mark));
	if (strstr(options, "--explain"))
		assert_false(remembers(explainer_of(lab.pid), mark));
	stop();
}

static void
test_no_secret_stays_in_the_init(void **unused)
{
	(void)unused;
	write_secret(1);
	assert_forgotten(name_secret, "--env-from-file DB --explain");
	assert_forgotten(name_secret_among_many, "--env-from-file DB --explain");
	assert_forgotten(name_secret, "--env-from-file DB --seccomp off");
	assert_forgotten(name_secret, "--env-from-file DB");
	assert_forgotten(name_secret_among_many, "--env-from-file DB --seccomp off");
	write_secret(SECRET_LARGE);
	assert_forgotten(name_secret, "--env-from-file DB --seccomp off");
	assert_forgotten(name_secret, "--env-from-file DB --explain");
}

/* Nor what was given, nor what was made of it in memory of its own. */
static void
test_no_variable_of_a_large_environment_stays_in_the_init(void **unused)
{
	(void)unused;
	lab_start_prepared(&lab, true, name_secret_among_many,
			   "--env A=1 --clear-env --env-from-file DB --explain", "catch");
	lab_expect(&lab, "ready");
	assert_true(remembers(service_of(lab.pid), "PATH=/usr/local/sbin:"));
	const pid_t others[] = {lab.pid, explainer_of(lab.pid)};

	for (unsigned i = 0; i < 2; i++) {
		assert_false(remembers(others[i], "PATH=/usr/local/sbin:"));
		assert_false(remembers(others[i], "VARIABLE_1"));
	}
	stop();
}

/* --- what an engine leaks -----------------------------------------------------------------------
 */

static void
leak_descriptors(void)
{
	if (dup2(open("/", O_RDONLY | O_DIRECTORY), 7) != 7 ||
	    dup2(open("/usr", O_PATH), 900) != 900 ||
	    dup2((int)syscall(SYS_memfd_create, "leak", 0), 8) != 8)
		_exit(122);
}

static void
test_no_descriptor_leaks_into_the_init(void **unused)
{
	char command[128], list[4096] = "";

	(void)unused;
	lab_start_prepared(&lab, true, leak_descriptors, "--seccomp off", "catch");
	lab_expect(&lab, "ready");
	snprintf(command, sizeof(command), "ls -l /proc/%d/fd /proc/%d/fd", (int)lab.pid,
		 (int)service_of(lab.pid));
	FILE *from = popen(command, "re");

	assert_non_null(from);
	size_t size = fread(list, 1, sizeof(list) - 1, from);

	list[size] = '\0';
	pclose(from);
	stop();
	assert_non_null(strstr(list, "-> pipe:"));
	assert_null(strstr(list, "memfd"));
	assert_null(strstr(list, "-> /usr"));
	assert_null(strstr(list, "-> /\n"));
}

static int
make_secret(void **unused)
{
	int file = mkstemp(secret_path);

	(void)unused;
	/* From any working directory. */
	if (file < 0 || setenv("INIT_SERVICE", realpath(lab_service(), NULL), 1) != 0)
		return -1;
	return close(file);
}

static int
remove_secret(void **unused)
{
	(void)unused;
	return unlink(secret_path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_umask_limits_and_directory_are_the_services_alone),
		cmocka_unit_test(test_the_oom_score_is_that_of_init_and_service),
		cmocka_unit_test(test_no_secret_stays_in_the_init),
		cmocka_unit_test(test_no_variable_of_a_large_environment_stays_in_the_init),
		cmocka_unit_test(test_no_descriptor_leaks_into_the_init),
	};

	lab_need_root();
	return cmocka_run_group_tests(tests, make_secret, remove_secret);
}
