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

static char *const roots[] = {
	"HOME=/root",      "USER=root",    "LOGNAME=root",     "SHELL=/bin/bash",
	"STEPDOWN_USER=0", "A=1",          "HOME=/twice",      "STEPDOWN_=",
	"LISTEN_PID=1",    "LISTEN_FDS=1", "LISTEN_FDNAMES=x", "LISTEN_PIDFDID=9",
	"EMPTY=",          "noequals",     "PATH=/a:/b",       NULL};

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
	{&app, true, false, "LISTEN_PIDFDID", NULL},
	{&app, true, true, "LISTEN_PIDFDID", NULL},
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
	struct environment_rules rules = {.who = &app};
	char **made = make(empty, &rules);

	(void)state;
	assert_string_equal(environment_value(made, "HOME"), "/srv");
	assert_string_equal(environment_value(made, "PATH"), ENVIRONMENT_PATH);
	assert_null(environment_value(made, "USER"));
	assert_null(environment_value(made, "SHELL"));
	free(made);
}

static void
test_clear_leaves_nothing_of_what_was_given(void **state)
{
	struct environment_rules rules = {.who = &app, .becomes = true, .clear = true};
	char **made = make(roots, &rules);
	unsigned count = 0;

	(void)state;
	while (made[count])
		count++;
	assert_int_equal(count, 5);
	assert_string_equal(environment_value(made, "HOME"), "/srv");
	assert_string_equal(environment_value(made, "PATH"), ENVIRONMENT_PATH);
	free(made);
	/* The descriptors are there, so who gets them has to know. */
	rules.listens = true;
	made = make(roots, &rules);
	assert_string_equal(environment_value(made, "LISTEN_FDS"), "1");
	assert_null(environment_value(made, "A"));
	free(made);
}

static const struct environment_change before[] = {
	{"A=before", NULL}, {"B", "exported"},   {"A=again", NULL}, {"HOME=/before", NULL},
	{"EMPTY", NULL},    {"PATH", "/before"}, {"C", ""},         {"NEITHER", NULL},
};
static const struct environment_change after[] = {
	{"B", NULL}, {"USER=me", NULL}, {"D==a=b", NULL},
	{"D", NULL}, {"D=", NULL},      {"SHELL", NULL},
};

static void
test_changes_are_made_in_their_order(void **state)
{
	static const struct {
		const char *name, *value;
	} expected[] = {
		{"A", "again"},      {"B", NULL}, {"HOME", "/srv"},  {"EMPTY", NULL},
		{"PATH", "/before"}, {"C", ""},   {"USER", "me"},    {"LOGNAME", "app"},
		{"SHELL", NULL},     {"D", ""},   {"NEITHER", NULL},
	};
	struct environment_rules rules = {
		.who = &app,
		.becomes = true,
		.before = before,
		.before_count = sizeof(before) / sizeof(before[0]),
		.after = after,
		.after_count = sizeof(after) / sizeof(after[0]),
	};
	char **made = make(roots, &rules);

	(void)state;
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		const char *value = environment_value(made, expected[i].name);

		if ((value == NULL) != (expected[i].value == NULL) ||
		    (value && strcmp(value, expected[i].value)))
			fail_msg("%s is %s", expected[i].name, value ? value : "unset");
	}
	/* Each name once, whatever was done to it. */
	for (char **one = made; *one; one++)
		for (char **other = one + 1; *other; other++)
			if (strchr(*one, '='))
				assert_false(environment_names(*other, *one));
	free(made);
}

static void
test_the_size_is_enough_where_every_change_adds(void **state)
{
	static char *const empty[] = {NULL};
	static const struct environment_change all[] = {{"A=1", NULL}, {"B", "2"}, {"C", "3"}};
	struct environment_rules rules = {.who = &bare,
					  .becomes = true,
					  .before = all,
					  .before_count = 3,
					  .after = &(struct environment_change){"D", "4"},
					  .after_count = 1};
	char **made = make(empty, &rules);

	(void)state;
	assert_string_equal(environment_value(made, "C"), "3");
	assert_string_equal(environment_value(made, "D"), "4");
	free(made);
}

static void
test_names_that_cannot_be_variables_are_refused(void **state)
{
	static const struct {
		const char *text;
		bool only_set; /* taking it out is fine */
		const char *says;
	} names[] = {
		{"", false, "is empty"},
		{"=", false, "is empty"},
		{"=value", false, "is empty"},
		{"A\nB=1", false, "control character"},
		{"\x7f", false, "control character"},
		{"\t=1", false, "control character"},
		{"STEPDOWN_=1", true, "stepdown's own"},
		{"STEPDOWN_USER", true, "stepdown's own"},
		{"LISTEN_PID=1", true, "inherited sockets"},
		{"LISTEN_FDS=1", true, "inherited sockets"},
		{"LISTEN_FDNAMES", true, "inherited sockets"},
		{"LISTEN_PIDFDID=1", true, "inherited sockets"},
	};
	static const char *const fine[] = {"A",          "A=",       "_=1",           "a.b-c=\n",
					   "STEPDOWN=1", "LISTEN=1", "LISTEN_FDS2=1", "\xc3\xa4=1"};
	struct refusal why;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!environment_check_name("--env", names[i].text, true, &why) ||
		    !strstr(why.text, names[i].says))
			fail_msg("row %zu: %s", i, why.text);
		if ((environment_check_name("--env", names[i].text, false, &why) == 0) !=
		    names[i].only_set)
			fail_msg("row %zu, taken out", i);
	}
	for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++)
		if (environment_check_name("--env", fine[i], true, &why))
			fail_msg("%s: %s", fine[i], why.text);
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
		struct refusal why = {.text = ""};
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
		cmocka_unit_test(test_clear_leaves_nothing_of_what_was_given),
		cmocka_unit_test(test_changes_are_made_in_their_order),
		cmocka_unit_test(test_the_size_is_enough_where_every_change_adds),
		cmocka_unit_test(test_names_that_cannot_be_variables_are_refused),
		cmocka_unit_test(test_listening_descriptors_are_for_the_pid_they_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
