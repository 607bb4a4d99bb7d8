/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* What is read of the value of an option, or NULL. */
static const struct option_entry *
read_one(enum option_id id, const char *text, struct refusal *why)
{
	static struct options options;
	const struct option_origin origin = {.source = OPTION_FROM_COMMAND_LINE};

	memset(&options, 0, sizeof(options));
	assert_int_equal(options_add(&options, id, text, origin, why), 0);
	if (!options_read(&options, why))
		return options_said(&options, id);
	assert_ptr_equal(why->about, options_said(&options, id));
	return NULL;
}

static void
assert_path(const struct option_entry *read, const char *path)
{
	assert_int_equal(read->place.length, strlen(path));
	assert_memory_equal(read->value, path, strlen(path));
}

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
		const struct option_entry *read = read_one(OPTION_MKDIR, rows[i].text, &why);

		print_message("\"%s\" %s\n", rows[i].text, why.text);
		assert_int_equal(read != NULL, rows[i].path != NULL);
		if (rows[i].path) {
			assert_path(read, rows[i].path);
			assert_int_equal(read->place.has_mode, rows[i].has_mode);
			assert_int_equal(read->place.mode, rows[i].mode);
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
		{"data=app", NULL, NULL, "not absolute"},
		{"/=app", NULL, NULL, "cannot be given away"},
		{"/data/..=app", NULL, NULL, "ends in"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct refusal why = {.text = ""};
		const struct option_entry *read = read_one(OPTION_CHOWN, rows[i].text, &why);

		print_message("\"%s\" %s\n", rows[i].text, why.text);
		assert_int_equal(read != NULL, rows[i].path != NULL);
		if (!rows[i].path) {
			assert_non_null(strstr(why.text, rows[i].says));
			continue;
		}
		assert_path(read, rows[i].path);
		assert_int_equal(read->place.owner != NULL, rows[i].owner != NULL);
		if (rows[i].owner)
			assert_string_equal(read->place.owner, rows[i].owner);
	}
}

static void
test_a_path_that_is_too_long_is_refused(void **state)
{
	static char text[PATH_MAX + 1];
	struct refusal why;

	(void)state;
	memset(text, 'a', PATH_MAX);
	text[0] = '/';
	assert_null(read_one(OPTION_MKDIR, text, &why));
	assert_null(read_one(OPTION_CHOWN, text, &why));
	text[PATH_MAX - 1] = '\0';
	assert_non_null(read_one(OPTION_MKDIR, text, &why));
	assert_non_null(read_one(OPTION_CHOWN, text, &why));
}

static const struct {
	const char *text;
	int from, to; /* from 0: refused */
} map_rows[] = {
	{"TERM=QUIT", 15, 3},    {"TERM=none", 15, 0},
	{"15=3", 15, 3},         {"RTMIN=33", 34, 33},
	{"USR1=KILL", 10, 9},    {"HUP=NONE", 1, 0},
	{"TERM", 0, 0},          {"TERM=", 0, 0},
	{"=TERM", 0, 0},         {"none=TERM", 0, 0},
	{"TERM=0", 0, 0},        {"0=TERM", 0, 0},
	{"TERM=QUIT=INT", 0, 0}, {"AVERYLONGNAMEOFNOSIGNAL=TERM", 0, 0},
};

static void
test_a_signal_map_is_from_and_to(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < sizeof(map_rows) / sizeof(*map_rows); i++) {
		struct refusal why;
		const struct option_entry *read =
			read_one(OPTION_MAP_SIGNAL, map_rows[i].text, &why);

		if ((read == NULL) != (map_rows[i].from == 0))
			fail_msg("\"%s\"", map_rows[i].text);
		if (read) {
			assert_int_equal(read->pair.from, map_rows[i].from);
			assert_int_equal(read->pair.to, map_rows[i].to);
		}
	}
}

static const struct {
	const char *text;
	int from, to; /* from -1: refused */
} exit_rows[] = {
	{"143=0", 143, 0}, {"0=1", 0, 1},   {"255=254", 255, 254}, {"256=0", -1, 0},
	{"0=256", -1, 0},  {"=0", -1, 0},   {"1=", -1, 0},         {"1", -1, 0},
	{"-1=0", -1, 0},   {"01=0", -1, 0}, {"1=00", -1, 0},       {"1=2=3", -1, 0},
	{" 1=2", -1, 0},   {"1= 2", -1, 0}, {"x=1", -1, 0},        {"4294967439=0", -1, 0},
};

static void
test_an_exit_map_is_code_and_code(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < sizeof(exit_rows) / sizeof(*exit_rows); i++) {
		struct refusal why;
		const struct option_entry *read =
			read_one(OPTION_MAP_EXIT, exit_rows[i].text, &why);

		if ((read == NULL) != (exit_rows[i].from < 0))
			fail_msg("\"%s\"", exit_rows[i].text);
		if (read) {
			assert_int_equal(read->pair.from, exit_rows[i].from);
			assert_int_equal(read->pair.to, exit_rows[i].to);
		}
	}
}

static void
test_a_value_has_the_form_that_its_row_says(void **state)
{
	static const struct {
		enum option_id id;
		const char *text;
		int64_t number; /* or what is said */
		const char *says;
	} rows[] = {
		{OPTION_INIT, "auto", 0, NULL},
		{OPTION_INIT, "always", 1, NULL},
		{OPTION_INIT, "never", 2, NULL},
		{OPTION_INIT, "Always", 0, "--init Always is not one of auto|always|never"},
		{OPTION_INIT, "", 0, "--init  is not one of auto|always|never"},
		{OPTION_INIT, "auto|always", 0, "is not one of auto|always|never"},
		{OPTION_CERTS, "require", 2, NULL},
		{OPTION_LANDLOCK, "best-effort", 1, NULL},
		{OPTION_LOG, "json", 1, NULL},
		{OPTION_UMASK, "027", 027, NULL},
		{OPTION_UMASK, "1000", 0, "--umask 1000 is not an octal number from 0 to 0777"},
		{OPTION_OOM_SCORE_ADJ, "-1000", -1000, NULL},
		{OPTION_OOM_SCORE_ADJ, "0", 0, NULL},
		{OPTION_OOM_SCORE_ADJ, "1000", 1000, NULL},
		{OPTION_OOM_SCORE_ADJ, "-0", 0, "is not a number from -1000 to 1000"},
		{OPTION_OOM_SCORE_ADJ, "--1", 0, "is not a number from -1000 to 1000"},
		{OPTION_OOM_SCORE_ADJ, "-1001", 0, "is not a number from -1000 to 1000"},
		{OPTION_STOP_TIMEOUT, "1.5", 1500, NULL},
		{OPTION_LEFTOVER_TIMEOUT, "500ms", 500, NULL},
		{OPTION_STOP_TIMEOUT, "x", 0, "--stop-timeout x is not"},
		{OPTION_STOP_SIGNAL, "RTMIN+3", 37, NULL},
		{OPTION_STOP_SIGNAL, "WHATEVER", 0, "--stop-signal WHATEVER is not a signal"},
		{OPTION_NET_BIND, "0", 0, NULL},
		{OPTION_NET_BIND, "none", -1, NULL},
		{OPTION_NET_BIND, "65535", 65535, NULL},
		{OPTION_NET_BIND, "65536", 0, "a number from 0 to 65535, or none"},
		{OPTION_NET_BIND, "-1", 0, "a number from 0 to 65535, or none"},
		{OPTION_NET_CONNECT, "0", 0, "a number from 1 to 65535, or none"},
		{OPTION_KEEP_CAP, "CAP_KILL", 5, NULL},
		{OPTION_KEEP_CAP, "kill", 5, NULL},
		{OPTION_KEEP_CAP, "cap", 0, "--keep-cap cap is not a capability"},
		{OPTION_KEEP_CAP, "net_bind_servce", 0, "did you mean net_bind_service?"},
		{OPTION_KEEP_CAP, "CAP_NET_RWA", 0, "a capability; did you mean net_raw?"},
		{OPTION_STOP_SIGNAL, "TREM", 0, "is not a signal; did you mean TERM?"},
		{OPTION_STOP_SIGNAL, "SIGTRM", 0, "is not a signal; did you mean TERM?"},
		{OPTION_WORKDIR, "srv", 0, "--workdir srv is not an absolute path"},
		{OPTION_ULIMIT, "nofile=x", 0, "--ulimit nofile=x: a value is a number"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct refusal why = {.text = ""};
		const struct option_entry *read = read_one(rows[i].id, rows[i].text, &why);

		print_message("%s %s\n", rows[i].text, why.text);
		assert_int_equal(read == NULL, rows[i].says != NULL);
		if (read)
			assert_true(read->number == rows[i].number);
		else
			assert_non_null(strstr(why.text, rows[i].says));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_directory_is_a_path_and_a_mode),
		cmocka_unit_test(test_an_owner_stands_behind_the_last_equals_sign),
		cmocka_unit_test(test_a_path_that_is_too_long_is_refused),
		cmocka_unit_test(test_a_signal_map_is_from_and_to),
		cmocka_unit_test(test_an_exit_map_is_code_and_code),
		cmocka_unit_test(test_a_value_has_the_form_that_its_row_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
