/* SPDX-License-Identifier: MIT */
/* The form of the command line: what is read, and what is refused. */
#include "options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { WORDS = 8 };

static int
parse(struct options *options, const char *const *words, struct refusal *why)
{
	char *argv[WORDS + 2] = {"stepdown"};
	int argc = 1;

	for (; words[argc - 1]; argc++)
		argv[argc] = (char *)words[argc - 1];
	why->text[0] = 0;
	/* The command points into argv, which is ours for one call only; tests look at its words.
	 */
	int refused = options_parse(options, argc, argv, why);

	if (!refused && options->command)
		options->command = (char *const *)&words[options->command - argv - 1];
	return refused;
}

struct refused_row {
	const char *words[WORDS];
	const char *says[2]; /* the value and the cure */
};

static const struct refused_row refused_rows[] = {
	{{NULL}, {"no COMMAND", "--"}},
	{{"--"}, {"no COMMAND", "name the program"}},
	{{"--user", "1", "--"}, {"no COMMAND", "name the program"}},
	{{""}, {"COMMAND is empty", "name the program"}},
	{{"--", ""}, {"COMMAND is empty", "name the program"}},
	{{"--usr", "1", "id"}, {"--usr", "did you mean --user?"}},
	{{"--use", "1", "id"}, {"--use", "did you mean --user?"}},
	{{"--User", "1", "id"}, {"--User", "did you mean --user?"}},
	{{"--userx=1", "id"}, {"--userx", "did you mean --user?"}},
	{{"--=1", "id"}, {"unknown option --", "--help"}},
	{{"---user", "id"}, {"---user", "did you mean --user?"}},
	{{"-x", "id"}, {"-x", "--help"}},
	{{"-vx", "id"}, {"-vx", "--help"}},
	{{"--user"}, {"--user needs a value", "USER[:GROUP]"}},
	{{"-u"}, {"-u needs a value", "USER[:GROUP]"}},
	{{"-vu"}, {"-u needs a value", "USER[:GROUP]"}},
	{{"--user", "1", "--user", "2", "id"}, {"--user is given twice", "once"}},
	{{"--user=1", "-u2", "id"}, {"--user is given twice", "once"}},
	{{"--allow-root", "--allow-root", "id"}, {"--allow-root is given twice", "once"}},
	{{"-vv", "id"}, {"--verbose is given twice", "once"}},
	{{"--seccomp=off", "--seccomp=off", "id"}, {"--seccomp is given twice", "once"}},
	{{"--log", "text", "--log", "json", "id"}, {"--log is given twice", "once"}},
	{{"--allow-root=yes", "id"}, {"--allow-root takes no value", "yes"}},
	{{"--dry-run=", "id"}, {"--dry-run takes no value", "\"\""}},
	{{"--help=all"}, {"--help takes no value", "all"}},
};

static void
test_malformed_command_lines_are_refused_with_the_value_and_the_cure(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused_rows) / sizeof(refused_rows[0]); i++) {
		struct options options;
		struct refusal why;

		if (parse(&options, refused_rows[i].words, &why) != -1)
			fail_msg("row %zu was taken", i);
		for (unsigned part = 0; part < 2; part++)
			if (!strstr(why.text, refused_rows[i].says[part]))
				fail_msg("row %zu: \"%s\" does not say \"%s\"", i, why.text,
					 refused_rows[i].says[part]);
	}
}

struct taken_row {
	const char *words[WORDS];
	const char *user;
	const char *command;
};

static const struct taken_row taken_rows[] = {
	{{"--user", "app", "--", "id"}, "app", "id"},
	{{"--user=app", "id", "--user", "x"}, "app", "id"},
	{{"--user=", "id"}, "", "id"},
	{{"--user=a=b", "id"}, "a=b", "id"},
	{{"-u", "app", "id", "-x"}, "app", "id"},
	{{"-uapp", "id"}, "app", "id"},
	{{"-vuapp", "id"}, "app", "id"},
	{{"--user", "--", "--", "id"}, "--", "id"},
	{{"--", "--user"}, NULL, "--user"},
	{{"-", "--user"}, NULL, "-"},
};

static void
test_values_and_the_command_are_read_as_getopt_would(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(taken_rows) / sizeof(taken_rows[0]); i++) {
		struct options options;
		struct refusal why;

		if (parse(&options, taken_rows[i].words, &why))
			fail_msg("row %zu: %s", i, why.text);
		const char *user = options_value(&options, OPTION_USER);

		if (!taken_rows[i].user)
			assert_null(user);
		else
			assert_string_equal(user, taken_rows[i].user);
		assert_string_equal(options.command[0], taken_rows[i].command);
	}
}

static void
test_lists_keep_their_values_in_order(void **state)
{
	static const char *const words[] = {"--group-add",   "a",  "--keep-cap=x",
					    "--group-add=b", "id", NULL};
	struct options options;
	struct refusal why;
	unsigned cursor = 0;

	(void)state;
	assert_int_equal(parse(&options, words, &why), 0);
	assert_string_equal(options_next(&options, OPTION_GROUP_ADD, &cursor), "a");
	assert_string_equal(options_next(&options, OPTION_GROUP_ADD, &cursor), "b");
	assert_null(options_next(&options, OPTION_GROUP_ADD, &cursor));
}

static void
test_help_and_version_need_no_command(void **state)
{
	static const char *const lines[][2] = {
		{"--help", NULL}, {"-h", NULL}, {"-V", NULL}, {"--version", NULL}};
	struct options options;
	struct refusal why;

	(void)state;
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(parse(&options, lines[i], &why), 0);
}

static void
test_more_options_than_there_is_room_for_are_refused(void **state)
{
	char *argv[OPTIONS_MAX + 4] = {"stepdown"};
	static struct options options;
	struct refusal why;

	(void)state;
	for (int i = 1; i <= OPTIONS_MAX + 1; i++)
		argv[i] = "--group-add=1";
	argv[OPTIONS_MAX + 2] = "id";
	assert_int_equal(options_parse(&options, OPTIONS_MAX + 3, argv, &why), -1);
	assert_non_null(strstr(why.text, "512"));
	argv[OPTIONS_MAX + 1] = "id";
	assert_int_equal(options_parse(&options, OPTIONS_MAX + 2, argv, &why), 0);
	assert_int_equal(options.count, OPTIONS_MAX);
}

static void
test_every_row_of_the_table_is_whole_and_unique(void **state)
{
	(void)state;
	for (unsigned i = 0; i < OPTION_COUNT; i++) {
		const struct option_row *row = &options_table[i];

		assert_non_null(row->name);
		assert_non_null(row->section);
		assert_non_null(row->help);
		assert_true((row->kind == OPTION_FLAG) == (row->argument == NULL));
		assert_int_not_equal(row->help[strlen(row->help) - 1], '.');
		for (unsigned j = 0; j < i; j++) {
			assert_string_not_equal(row->name, options_table[j].name);
			assert_true(!row->letter || row->letter != options_table[j].letter);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_malformed_command_lines_are_refused_with_the_value_and_the_cure),
		cmocka_unit_test(test_values_and_the_command_are_read_as_getopt_would),
		cmocka_unit_test(test_lists_keep_their_values_in_order),
		cmocka_unit_test(test_help_and_version_need_no_command),
		cmocka_unit_test(test_more_options_than_there_is_room_for_are_refused),
		cmocka_unit_test(test_every_row_of_the_table_is_whole_and_unique),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
