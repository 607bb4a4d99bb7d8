/* SPDX-License-Identifier: MIT */
#include "setup/spec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void
test_a_directory_is_a_path_and_a_mode(void **state)
{
	static const struct {
		const char *text;
		const char *path; /* NULL: refused */
		bool has_mode;
		mode_t mode;
		const char *says;
	} rows[] = {
		{"/run/app", "/run/app", false, 0, NULL},
		{"/run/app:0750", "/run/app", true, 0750, NULL},
		{"/run/app:0", "/run/app", true, 0, NULL},
		{"/run/app///", "/run/app", false, 0, NULL},
		{"/run/app/:2770", "/run/app", true, 02770, NULL},
		{"/a:b:0755", "/a:b", true, 0755, NULL},
		{"/a=b", "/a=b", false, 0, NULL},
		{"/run/../srv/x", "/run/../srv/x", false, 0, NULL},
		{"/a\nb", "/a\nb", false, 0, NULL},
		{"/run/app:", NULL, false, 0, "mode is not"},
		{"/run/app:rwx", NULL, false, 0, "mode is not"},
		{"/run/app:10000", NULL, false, 0, "0 to 7777"},
		{"/a:b", NULL, false, 0, "mode is not"},
		{"", NULL, false, 0, "not absolute"},
		{":0750", NULL, false, 0, "not absolute"},
		{"run/app", NULL, false, 0, "not absolute"},
		{"./run", NULL, false, 0, "not absolute"},
		{"/", NULL, false, 0, "cannot be given away"},
		{"///", NULL, false, 0, "cannot be given away"},
		{"/run/.", NULL, false, 0, "ends in"},
		{"/run/..", NULL, false, 0, "ends in"},
		{"/run/../", NULL, false, 0, "ends in"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct refusal why = {.text = ""};
		struct directory_spec spec;
		int result = directory_spec_parse(rows[i].text, &spec, &why);

		print_message("\"%s\" %s\n", rows[i].text, why.text);
		assert_int_equal(result, rows[i].path ? 0 : -1);
		if (rows[i].path) {
			assert_string_equal(spec.path, rows[i].path);
			assert_int_equal(spec.has_mode, rows[i].has_mode);
			assert_int_equal(spec.mode, rows[i].mode);
		} else {
			assert_non_null(strstr(why.text, rows[i].says));
		}
	}
}

static void
test_an_owner_stands_behind_the_last_equals_sign(void **state)
{
	static const struct {
		const char *text;
		const char *path; /* NULL: refused */
		const char *owner;
		const char *says;
	} rows[] = {
		{"/data", "/data", NULL, NULL},
		{"/data/", "/data", NULL, NULL},
		{"/data=app", "/data", "app", NULL},
		{"/data=app:staff", "/data", "app:staff", NULL},
		{"/data=1000:1000", "/data", "1000:1000", NULL},
		{"/a=b=app", "/a=b", "app", NULL},
		{"/a:b", "/a:b", NULL, NULL},
		{"/data=", NULL, NULL, "no user"},
		{"/a=b=", NULL, NULL, "no user"},
		{"=app", NULL, NULL, "not absolute"},
		{"", NULL, NULL, "not absolute"},
		{"data=app", NULL, NULL, "not absolute"},
		{"/=app", NULL, NULL, "cannot be given away"},
		{"/data/..=app", NULL, NULL, "ends in"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct refusal why = {.text = ""};
		struct owner_spec spec;
		int result = owner_spec_parse(rows[i].text, &spec, &why);

		print_message("\"%s\" %s\n", rows[i].text, why.text);
		assert_int_equal(result, rows[i].path ? 0 : -1);
		if (!rows[i].path) {
			assert_non_null(strstr(why.text, rows[i].says));
			continue;
		}
		assert_string_equal(spec.path, rows[i].path);
		assert_int_equal(spec.has_owner, rows[i].owner != NULL);
		assert_string_equal(spec.owner, rows[i].owner ? rows[i].owner : "");
	}
}

static void
test_what_is_too_long_is_refused(void **state)
{
	static char text[PATH_MAX + SPEC_OWNER_SIZE + 2];
	struct refusal why;
	struct owner_spec spec;
	struct directory_spec directory;

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	text[0] = '/';
	text[PATH_MAX - 1] = '\0';
	assert_int_equal(directory_spec_parse(text, &directory, &why), 0);
	assert_int_equal(owner_spec_parse(text, &spec, &why), 0);
	text[PATH_MAX - 1] = 'a';
	text[PATH_MAX] = '\0';
	assert_int_equal(directory_spec_parse(text, &directory, &why), -1);
	assert_int_equal(owner_spec_parse(text, &spec, &why), -1);

	memset(text, 'a', sizeof(text) - 1);
	memcpy(text, "/d=", 3);
	text[3 + SPEC_OWNER_SIZE - 1] = '\0';
	assert_int_equal(owner_spec_parse(text, &spec, &why), 0);
	text[3 + SPEC_OWNER_SIZE - 1] = 'a';
	text[3 + SPEC_OWNER_SIZE] = '\0';
	assert_int_equal(owner_spec_parse(text, &spec, &why), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_directory_is_a_path_and_a_mode),
		cmocka_unit_test(test_an_owner_stands_behind_the_last_equals_sign),
		cmocka_unit_test(test_what_is_too_long_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
