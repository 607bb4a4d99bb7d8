/* SPDX-License-Identifier: MIT */
/* Whom a file may belong to whose words are followed. */
#include "trusted.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define FILE_NAME "/etc/stepdown.conf"

static void
test_only_root_may_have_written_it(void **state)
{
	static const struct {
		mode_t mode;
		uid_t owner;
		mode_t directory_mode;
		uid_t directory_owner;
		const char *says; /* NULL: trusted */
	} rows[] = {
		{S_IFREG | 0644, 0, S_IFDIR | 0755, 0, NULL},
		{S_IFREG | 0600, 0, S_IFDIR | 0700, 0, NULL},
		{S_IFREG | 0664, 0, S_IFDIR | 0755, 0, "chmod it to 0644"},
		{S_IFREG | 0646, 0, S_IFDIR | 0755, 0, "chmod it to 0644"},
		{S_IFREG | 0644, 1000, S_IFDIR | 0755, 0, "uid 1000"},
		{S_IFREG | 0644, 0, S_IFDIR | 0775, 0, "chmod it to 0755"},
		{S_IFREG | 0644, 0, S_IFDIR | 01777, 0, "chmod it to 0755"},
		{S_IFREG | 0644, 0, S_IFDIR | 0755, 1000, "uid 1000"},
		{S_IFIFO | 0644, 0, S_IFDIR | 0755, 0, "not a regular file"},
		{S_IFCHR | 0644, 0, S_IFDIR | 0755, 0, "not a regular file"},
		{S_IFDIR | 0755, 0, S_IFDIR | 0755, 0, "not a regular file"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct stat status = {.st_mode = rows[i].mode, .st_uid = rows[i].owner};
		struct stat directory = {.st_mode = rows[i].directory_mode,
					 .st_uid = rows[i].directory_owner};
		struct refusal why = {.text = ""};
		int result = trusted_judge(FILE_NAME, &status, &directory, &why);

		print_message("row %zu %s\n", i, why.text);
		assert_int_equal(result, rows[i].says ? -1 : 0);
		if (rows[i].says) {
			assert_non_null(strstr(why.text, rows[i].says));
			assert_non_null(strstr(why.text, FILE_NAME));
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_only_root_may_have_written_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
