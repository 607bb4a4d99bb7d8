/* SPDX-License-Identifier: MIT */
/* The variables of the service: nothing of root's, nothing of stepdown's. */
#include "environment.h"
#include "facts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct identity app = {.uid = 7,
				    .gid = 7,
				    .has_entry = true,
				    .name = "app",
				    .home = "/srv",
				    .shell = "/bin/false"};
static const struct identity noshell = {
	.uid = 7, .gid = 7, .has_entry = true, .name = "app", .home = "/srv", .shell = ""};
static const struct identity bare = {.uid = 7, .gid = 7, .home = "/"};

static char *const roots[] = {"HOME=/root",      "USER=root",        "LOGNAME=root",
			      "SHELL=/bin/bash", "STEPDOWN_USER=0",  "A=1",
			      "HOME=/twice",     "STEPDOWN_=",       "LISTEN_PID=1",
			      "LISTEN_FDS=1",    "LISTEN_FDNAMES=x", "EMPTY=",
			      "noequals",        "PATH=/a:/b",       NULL};

static char **
make(char *const *given, const struct environment_rules *rules)
{
	/* A byte too few is found by the sanitizer. */
	return environment_make(given, rules, malloc(environment_size(given, rules)));
}

struct row {
	const struct identity *who;
	bool becomes;
	bool listens;
	const char *name;
	const char *value; /* NULL: not there */
};

static const struct row rows[] = {
	{&app, true, false, "HOME", "/srv"},
	{&app, true, false, "USER", "app"},
	{&app, true, false, "LOGNAME", "app"},
	{&app, true, false, "SHELL", "/bin/false"},
	{&noshell, true, false, "SHELL", "/bin/sh"},
	{&bare, true, false, "HOME", "/"},
	{&bare, true, false, "USER", NULL},
	{&bare, true, false, "LOGNAME", NULL},
	{&bare, true, false, "SHELL", NULL},
	{&app, true, false, "STEPDOWN_USER", NULL},
	{&app, true, false, "STEPDOWN_", NULL},
	{&app, false, false, "STEPDOWN_USER", NULL},
	{&app, true, false, "A", "1"},
	{&app, true, false, "EMPTY", ""},
	{&app, true, false, "PATH", "/a:/b"},
	{&app, true, false, "LISTEN_PID", NULL},
	{&app, true, false, "LISTEN_FDS", NULL},
	{&app, true, false, "LISTEN_FDNAMES", NULL},
	{&app, true, true, "LISTEN_PID", "1"},
	{&app, true, true, "LISTEN_FDS", "1"},
	{&app, true, true, "LISTEN_FDNAMES", "x"},
	/* Who starts as the user keeps what the engine gave him. */
	{&app, false, false, "HOME", "/root"},
	{&app, false, false, "USER", "root"},
	{&bare, false, false, "SHELL", "/bin/bash"},
};

static void
test_each_variable_is_what_the_rules_say(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		struct environment_rules rules = {
			.who = row->who, .becomes = row->becomes, .listens = row->listens};
		char **made = make(roots, &rules);
		const char *value = environment_value(made, row->name);

		if ((value == NULL) != (row->value == NULL) || (value && strcmp(value, row->value)))
			fail_msg("row %zu: %s is %s", i, row->name, value ? value : "unset");
		free(made);
	}
}

static void
test_no_variable_of_ours_is_there_twice(void **state)
{
	struct environment_rules rules = {.who = &app, .becomes = true};
	char **made = make(roots, &rules);
	unsigned homes = 0;
	bool kept_as_is = false;

	(void)state;
	for (char **entry = made; *entry; entry++) {
		homes += !strncmp(*entry, "HOME=", 5);
		kept_as_is = kept_as_is || !strcmp(*entry, "noequals");
	}
	assert_int_equal(homes, 1);
	assert_true(kept_as_is);
	free(made);
}

static void
test_gaps_are_filled_for_a_start_as_the_user(void **state)
{
	static char *const empty[] = {NULL};
	struct environment_rules rules = {.who = &app, .becomes = false};
	char **made = make(empty, &rules);

	(void)state;
	assert_string_equal(environment_value(made, "HOME"), "/srv");
	assert_string_equal(environment_value(made, "PATH"), ENVIRONMENT_PATH);
	assert_null(environment_value(made, "USER"));
	assert_null(environment_value(made, "SHELL"));
	free(made);
}

struct listen_row {
	char *const variables[3];
	int result;
	unsigned count;
};

static const struct listen_row listen_rows[] = {
	{{NULL}, 0, 0},
	{{"LISTEN_PID=42", "LISTEN_FDS=2"}, 0, 2},
	{{"LISTEN_PID=42", "LISTEN_FDS=0"}, 0, 0},
	{{"LISTEN_PID=42", "LISTEN_FDS=64"}, 0, 64},
	{{"LISTEN_PID=42"}, 0, 0},
	{{"LISTEN_FDS=2"}, 0, 0},
	{{"LISTEN_PID=41", "LISTEN_FDS=2"}, 0, 0},
	{{"LISTEN_PID=042", "LISTEN_FDS=2"}, 0, 0},
	{{"LISTEN_PID=", "LISTEN_FDS=2"}, 0, 0},
	{{"LISTEN_PID=41", "LISTEN_FDS=junk"}, 0, 0},
	{{"LISTEN_PID=42", "LISTEN_FDS=65"}, -1, 0},
	{{"LISTEN_PID=42", "LISTEN_FDS=-1"}, -1, 0},
	{{"LISTEN_PID=42", "LISTEN_FDS="}, -1, 0},
	{{"LISTEN_PID=42", "LISTEN_FDS=4294967299"}, -1, 0},
	{{"LISTEN_PID=42", "LISTEN_FDS=2x"}, -1, 0},
};

static void
test_listening_descriptors_are_for_the_pid_they_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(listen_rows) / sizeof(listen_rows[0]); i++) {
		struct refusal why = {""};
		unsigned count = 99;
		int result = environment_listen(listen_rows[i].variables, 42, &count, &why);

		if (result != listen_rows[i].result || (!result && count != listen_rows[i].count))
			fail_msg("row %zu: %d, %u", i, result, count);
		if (result && !strstr(why.text, "from 0 to 64"))
			fail_msg("row %zu: %s", i, why.text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_variable_is_what_the_rules_say),
		cmocka_unit_test(test_no_variable_of_ours_is_there_twice),
		cmocka_unit_test(test_gaps_are_filled_for_a_start_as_the_user),
		cmocka_unit_test(test_listening_descriptors_are_for_the_pid_they_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
