/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FILE_NAME "/etc/stepdown.conf"
#define NO_VALUE "(none)"

/* Writes each line as NUMBER|NAME|VALUE; and refuses the name "refused". */
static int
note(void *context, const struct config_line *line, struct refusal *why)
{
	char *noted = context;

	if (strcmp(line->name, "refused") == 0)
		return refuse(why, "there is no such option");
	assert_string_equal(line->file, FILE_NAME);
	sprintf(noted + strlen(noted), "%u|%s|%s;", line->number, line->name,
		line->value ? line->value : NO_VALUE);
	return 0;
}

static void
test_lines_are_names_and_values(void **state)
{
	static const struct {
		const char *text;
		const char *noted;
	} rows[] = {
		{"", ""},
		{"\n\n", ""},
		{"# user = app\n", ""},
		{"  \t# indented\n", ""},
		{"user = app", "1|user|app;"},
		{"\xef\xbb\xbfuser = app\n", "1|user|app;"},
		{"\xef\xbb\xbf", ""},
		{"user = app\n", "1|user|app;"},
		{"user=app\n", "1|user|app;"},
		{"\t user \t=\t app \t\n", "1|user|app;"},
		{"\n\nuser = app\n\ntz = UTC\n", "3|user|app;5|tz|UTC;"},
		{"user = app # comment\n", "1|user|app;"},
		{"user = app#1\n", "1|user|app#1;"},
		{"color =#fff\n", "1|color|#fff;"},
		{"color = #fff\n", "1|color|;"},
		{"group-add =\n", "1|group-add|;"},
		{"group-add = # empty\n", "1|group-add|;"},
		{"group-add = \"\"\n", "1|group-add|;"},
		{"group-add = ''\n", "1|group-add|;"},
		{"puid\n", "1|puid|" NO_VALUE ";"},
		{"puid # yes\n", "1|puid|" NO_VALUE ";"},
		{"env = A=b=c\n", "1|env|A=b=c;"},
		{"env = A=two words\n", "1|env|A=two words;"},
		{"env = \"A=b # c\" # d\n", "1|env|A=b # c;"},
		{"env = \" A \"\n", "1|env| A ;"},
		{"env = \"\\\"\\\\\\n\\t\"\n", "1|env|\"\\\n\t;"},
		{"env = 'A=\\n\"#'\n", "1|env|A=\\n\"#;"},
		{"env = \"it's\"\n", "1|env|it's;"},
		{"env = A=\\w\n", "1|env|A=\\w;"},
		{"env = A=\xc3\xa9\n", "1|env|A=\xc3\xa9;"},
		{"env = A\nenv = B\n", "1|env|A;2|env|B;"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char noted[1024] = "";
		struct refusal why = {.text = ""};
		int result = config_parse(FILE_NAME, rows[i].text, strlen(rows[i].text), note,
					  noted, &why);

		print_message("%s -> %s %s\n", rows[i].text, noted, why.text);
		assert_int_equal(result, 0);
		assert_string_equal(noted, rows[i].noted);
	}
}

static void
test_errors_name_file_and_line(void **state)
{
	static const struct {
		const char *text;
		const char *says;
	} rows[] = {
		{"user app\n", ":1: \"user\" is followed by something other than ="},
		{"\nuser#x = 1\n", ":2: \"user\" is followed"},
		{"--user = app\n", ":1: \"--user\": the name goes without its dashes"},
		{"-u = app\n", "without its dashes"},
		{"User = app\n", ":1: a line begins with the name"},
		{"user = app\n\xef\xbb\xbftz = UTC\n", ":2: a line begins with the name"},
		{" [service]\nuser = app\n", ":1: there are no sections"},
		{"= app\n", "begins with the name"},
		{"[section]\n", "there are no sections"},
		{"us_er = app\n", "\"us\" is followed"},
		{"a\nb\nenv = \"open\n", ":3: the closing \" is missing"},
		{"env = 'open\n", "closing ' is missing"},
		{"env = \"a\"b\n", "something follows"},
		{"env = \"a\" b\n", "something follows"},
		{"env = \"a\"#b\n", "something follows"},
		{"env = 'a' 'b'\n", "something follows"},
		{"env = it's\n", "a quote inside"},
		{"env = A=\"b\"\n", "a quote inside"},
		{"env = \"\\x\"\n", "a backslash stands"},
		{"env = \"\\", "a backslash stands"},
		{"user = app\r\n", ":1: the line has a carriage return"},
		{"# comment\r\n", "carriage return"},
		{"user = \x1b[0m\n", "control character 0x1b"},
		{"user = \x7f\n", "control character 0x7f"},
		{"user = app\nrefused = 1\n", ":2: there is no such option"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char noted[1024] = "";
		struct refusal why = {.text = ""};
		int result = config_parse(FILE_NAME, rows[i].text, strlen(rows[i].text), note,
					  noted, &why);

		print_message("%s -> %s\n", rows[i].text, why.text);
		assert_int_equal(result, -1);
		assert_int_equal(strncmp(why.text, FILE_NAME ":", sizeof(FILE_NAME)), 0);
		assert_non_null(strstr(why.text, rows[i].says));
	}
}

static void
test_a_nul_is_refused(void **state)
{
	static const char text[] = "user = a\0pp\n";
	char noted[64] = "";
	struct refusal why = {.text = ""};

	(void)state;
	assert_int_equal(config_parse(FILE_NAME, text, sizeof(text) - 1, note, noted, &why), -1);
	assert_non_null(strstr(why.text, "control character 0x00"));
}

static int
ignore(void *context, const struct config_line *line, struct refusal *why)
{
	(void)why;
	*(size_t *)context = line->value ? strlen(line->value) : 0;
	return 0;
}

static void
test_lengths_are_bounded(void **state)
{
	static char text[CONFIG_MOST + 1];
	struct refusal why;
	size_t length = 0;

	(void)state;
	memset(text, 'a', sizeof(text));
	memcpy(text, "env =", 5);
	assert_int_equal(config_parse(FILE_NAME, text, CONFIG_LINE_MOST, ignore, &length, &why), 0);
	assert_int_equal(length, CONFIG_LINE_MOST - 5);
	assert_int_equal(config_parse(FILE_NAME, text, CONFIG_LINE_MOST + 1, ignore, &length, &why),
			 -1);
	assert_non_null(strstr(why.text, "line is longer"));

	memset(text, 'a', sizeof(text));
	assert_int_equal(config_parse(FILE_NAME, text, CONFIG_NAME_MOST, ignore, &length, &why), 0);
	assert_int_equal(config_parse(FILE_NAME, text, CONFIG_NAME_MOST + 1, ignore, &length, &why),
			 -1);
	assert_non_null(strstr(why.text, "name is longer"));

	memset(text, '\n', sizeof(text));
	assert_int_equal(config_parse(FILE_NAME, text, CONFIG_MOST, ignore, &length, &why), 0);
	assert_int_equal(config_parse(FILE_NAME, text, CONFIG_MOST + 1, ignore, &length, &why), -1);
	assert_non_null(strstr(why.text, "file is larger"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines_are_names_and_values),
		cmocka_unit_test(test_errors_name_file_and_line),
		cmocka_unit_test(test_a_nul_is_refused),
		cmocka_unit_test(test_lengths_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
