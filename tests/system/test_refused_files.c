/* SPDX-License-Identifier: MIT */
/*
 * Files that stepdown reads as root and cannot believe: refused by the shipped program, with the
 * file's name and before anything is started.
 */
#include "helpers/support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[4096];

static const char *
in_sandbox(const char *path)
{
	snprintf(folder, sizeof(folder), "%s%s", sandbox_make(), path);
	return folder;
}

static void
assert_refused(const char *const *argv, const char *const *environment, const char *what,
	       const char *cure)
{
	static struct outcome outcome;
	struct run run = {.argv = argv, .environment = environment, .root = sandbox_make()};

	run_program(&run, &outcome);
	assert_int_equal(outcome.status, 125);
	assert_string_equal(outcome.out, "");
	assert_says(outcome.err, what);
	assert_says(outcome.err, cure);
}

static const char *const by_name[] = {"/sbin/stepdown", "-u", "app", "--", "/bin/probe", NULL};

static void
test_a_user_database_that_is_no_file_is_refused(void **state)
{
	(void)state;
	assert_int_equal(unlink(in_sandbox("/etc/passwd")), 0);
	assert_int_equal(mkdir(in_sandbox("/etc/passwd"), 0755), 0);
	assert_refused(by_name, NULL, "/etc/passwd is not a regular file", "mend the image");
	assert_int_equal(rmdir(in_sandbox("/etc/passwd")), 0);
}

static void
test_a_user_database_that_is_too_large_is_refused(void **state)
{
	(void)state;
	sandbox_write("/etc/passwd", "app:x:10001:10002::/srv:/bin/false\n", 0644);
	/* A hole takes no room. */
	assert_int_equal(truncate(in_sandbox("/etc/passwd"), 16 * 1024 * 1024), 0);
	assert_refused(by_name, NULL, "/etc/passwd has 16777216 bytes, more than",
		       "mend the image");
}

static void
test_a_home_that_is_no_path_is_refused(void **state)
{
	static char line[8192] = "app:x:10001:10002::/";

	(void)state;
	memset(line + strlen(line), 'h', 5000);
	strcat(line, ":/bin/false\n");
	sandbox_write("/etc/passwd", line, 0644);
	assert_refused(by_name, NULL, "line 1 of /etc/passwd has a field of 5001 bytes",
		       "mend the file");
}

static void
test_a_secret_with_a_nul_is_refused(void **state)
{
	static const char *const argv[] = {
		"/sbin/stepdown", "-u", "10001", "--env-from-file", "DB", "--", "/bin/probe", NULL};
	static const char *const environment[] = {"DB_FILE=/run/secrets/db", NULL};

	(void)state;
	sandbox_write("/run/secrets/db", "secret", 0600);
	assert_int_equal(truncate(in_sandbox("/run/secrets/db"), 8), 0);
	assert_refused(argv, environment, "DB_FILE=/run/secrets/db has a NUL in it", "encode it");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_user_database_that_is_no_file_is_refused),
		cmocka_unit_test(test_a_user_database_that_is_too_large_is_refused),
		cmocka_unit_test(test_a_home_that_is_no_path_is_refused),
		cmocka_unit_test(test_a_secret_with_a_nul_is_refused),
	};

	if (!can_make_namespaces())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
