/* SPDX-License-Identifier: MIT */
/*
 * Bad input to the shipped binary: 125, one line on standard error that names the value and the
 * cure, nothing on standard output, the service not started, and nothing changed.
 */
#include "helpers/support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { WORDS = 8 };

struct row {
	const char
		*words[WORDS]; /* after stepdown, and before "-- probe" where `bare` is not set */
	const char *says[2];
	bool bare;
};

#define AS_USER(spec)                                                                              \
	{                                                                                          \
		"--user", (spec)                                                                   \
	}

static const struct row rows[] = {
	/* The command line. */
	{{NULL}, {"no COMMAND", "name the program"}, true},
	{{"--"}, {"no COMMAND", "name the program"}, true},
	{{"--", ""}, {"COMMAND is empty", "name the program"}, true},
	{{"--user"}, {"--user needs a value", "USER"}, true},
	{{"-u"}, {"-u needs a value", "USER"}, true},
	{{"--usr", "1"}, {"--usr", "--help"}, false},
	{{"--use=1"}, {"--use", "--help"}, false},
	{{"-Z"}, {"-Z", "--help"}, false},
	{{"--user=1", "--user=2"}, {"given twice", "once"}, false},
	{{"-u1", "-u1"}, {"given twice", "once"}, false},
	{{"-v", "-v", "-u1"}, {"--verbose is given twice", "once"}, false},
	{{"--allow-root=1"}, {"takes no value", "\"1\""}, false},
	{{"--dry-run=yes"}, {"takes no value", "yes"}, false},
	/* Who. */
	{{NULL}, {"--user is missing", "--user 10001:10001"}, false},
	{{"--allow-root"}, {"--user is missing", "--user"}, false},
	{AS_USER(""), {"the user is empty", "USER"}, false},
	{AS_USER(":"), {"the user is empty", "USER"}, false},
	{AS_USER(":1"), {"the user is empty", "USER"}, false},
	{AS_USER("5:"), {"the group is empty", "USER"}, false},
	{AS_USER("5:2:3"), {"\"2:3\"", "colon"}, false},
	{AS_USER("0"), {"uid 0", "--allow-root"}, false},
	{AS_USER("0:0"), {"uid 0", "--allow-root"}, false},
	{AS_USER("root"), {"root is uid 0", "--allow-root"}, false},
	{AS_USER("-1"), {"\"-1\"", "digits alone"}, false},
	{AS_USER("+1"), {"\"+1\"", "digits alone"}, false},
	{AS_USER(" 1"), {"\" 1\"", "blank"}, false},
	{AS_USER("1 "), {"\"1 \"", "blank"}, false},
	{AS_USER("01"), {"01", "leading zeros"}, false},
	{AS_USER("00"), {"00", "leading zeros"}, false},
	{AS_USER("0x0"), {"0x0", "digits alone"}, false},
	{AS_USER("1e1"), {"1e1", "digits alone"}, false},
	{AS_USER("4294967295"), {"4294967295", "0 to 4294967294"}, false},
	{AS_USER("4294967296"), {"4294967296", "0 to 4294967294"}, false},
	{AS_USER("18446744073709551616"), {"18446744073709551616", "0 to 4294967294"}, false},
	{AS_USER("5:-1"), {"\"-1\"", "digits alone"}, false},
	{AS_USER("5:4294967295"), {"4294967295", "0 to 4294967294"}, false},
	{AS_USER("5:4294967296"), {"4294967296", "0 to 4294967294"}, false},
	{AS_USER("5:007"), {"007", "leading zeros"}, false},
	{AS_USER("nobody-here"), {"nobody-here", "by number"}, false},
	{AS_USER("app:nobody-here"), {"nobody-here", "by number"}, false},
	{AS_USER("wraps"), {"4294967296", "mend the file"}, false},
	{AS_USER("few"), {"4 fields", "mend the file"}, false},
	{AS_USER("many"), {"8 fields", "mend the file"}, false},
	{AS_USER("relative"), {"\"srv\"", "mend the file"}, false},
	{AS_USER("member"), {"\"0x0\"", "mend the file"}, false},
	{AS_USER("app:broken"), {"\"0x0\"", "mend the file"}, false},
	{{"-uapp", "--group-add", ""}, {"the group is empty", "USER"}, false},
	{{"-uapp", "--group-add", "-1"}, {"\"-1\"", "digits alone"}, false},
	{{"-uapp", "--group-add", "4294967296"}, {"4294967296", "0 to 4294967294"}, false},
	{{"-uapp", "--group-add", "nobody-here"}, {"nobody-here", "by number"}, false},
	/* Capabilities. */
	{{"-uapp", "--keep-cap", ""}, {"--keep-cap", "capabilities(7)"}, false},
	{{"-uapp", "--keep-cap", "all"}, {"all", "capabilities(7)"}, false},
	{{"-uapp", "--keep-cap", "41"}, {"41", "capabilities(7)"}, false},
	{{"-uapp", "--keep-cap", "chown,kill"}, {"chown,kill", "capabilities(7)"}, false},
	{{"-uapp", "--keep-cap", "-chown"}, {"-chown", "capabilities(7)"}, false},
	/* The filter. */
	{{"-uapp", "--seccomp", ""}, {"--seccomp", "default, strict, off"}, false},
	{{"-uapp", "--seccomp", "Default"}, {"Default", "default, strict, off"}, false},
	{{"-uapp", "--seccomp", "none"}, {"none", "default, strict, off"}, false},
	{{"-uapp", "--seccomp", "/missing"}, {"/missing", "in the image"}, false},
	{{"-uapp", "--seccomp", "/etc/passwd"}, {"/etc/passwd", "stepdown-kit"}, false},
	/* The init. */
	{{"-uapp", "--init", "maybe"}, {"maybe", "auto"}, false},
	{{"-uapp", "--stop-signal", "SIGNOT"}, {"SIGNOT", "--stop-signal"}, false},
	{{"-uapp", "--stop-timeout", "-1"}, {"-1", "--stop-timeout"}, false},
	{{"-uapp", "--stop-timeout", "1e9"}, {"1e9", "--stop-timeout"}, false},
	{{"-uapp", "--leftover-timeout", "soon"}, {"soon", "--leftover-timeout"}, false},
	{{"-uapp", "--map-signal", "TERM"}, {"TERM", "--map-signal"}, false},
	{{"-uapp", "--map-signal", "65=TERM"}, {"65", "--map-signal"}, false},
	{{"-uapp", "--map-exit", "256=0"}, {"256", "--map-exit"}, false},
	{{"-uapp", "--map-exit", "0"}, {"0", "--map-exit"}, false},
	{{"-uapp", "--parent-death", "0"}, {"0", "--parent-death"}, false},
	/* The log. */
	{{"-uapp", "--log", "xml"}, {"xml", "text and json"}, false},
	{{"-uapp", "--log", ""}, {"--log", "text and json"}, false},
};

static int
set_up(void **state)
{
	(void)state;
	sandbox_make();
	sandbox_write("/etc/passwd",
		      "root:x:0:0:root:/root:/bin/sh\napp:x:10001:10002::/srv:/bin/sh\n"
		      "wraps:x:4294967296:1::/:\nfew:x:1:1\nmany:x:1:1::/:/:x\n"
		      "relative:x:1:1::srv:/bin/sh\nmember:x:77:77::/:\n",
		      0644);
	sandbox_write("/etc/group", "root:x:0:\napp:x:10002:\nbroken:x:0x0:member\n", 0644);
	return 0;
}

static void
refuse_row(const struct row *row, struct outcome *outcome)
{
	const char *argv[WORDS + 4] = {"/sbin/stepdown"};
	unsigned count = 1;

	for (unsigned i = 0; i < WORDS && row->words[i]; i++)
		argv[count++] = row->words[i];
	if (!row->bare) {
		argv[count++] = "--";
		argv[count++] = "probe";
	}
	argv[count] = NULL;
	run_program(&(struct run){.argv = argv, .root = sandbox_make()}, outcome);
}

/* What the sandbox is: names, modes, owners, sizes and times of change of all that is in it. */
static void
look_at_all(struct outcome *outcome)
{
	run_words(
		outcome, NULL, "sh", "-c",
		"cd \"$1\" && find . -path ./proc -prune -o -printf '%p %m %U %G %s %C@\\n' | sort",
		"sh", sandbox_make());
}

static void
test_bad_input_is_refused_in_one_line_and_nothing_changes(void **state)
{
	static struct outcome outcome;
	static struct outcome before;
	static struct outcome after;

	(void)state;
	assert_true(sizeof(rows) / sizeof(rows[0]) >= 60);
	look_at_all(&before);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		refuse_row(&rows[i], &outcome);
		if (outcome.status != 125 || outcome.out[0])
			fail_msg("row %zu (%s %s): %d %s%s", i, rows[i].words[0], rows[i].words[1],
				 outcome.status, outcome.out, outcome.err);
		for (unsigned p = 0; p < 2; p++)
			assert_says(outcome.err, rows[i].says[p]);
		if (strncmp(outcome.err, "stepdown: ", 10) ||
		    strchr(outcome.err, '\n') != outcome.err + strlen(outcome.err) - 1)
			fail_msg("row %zu: not one line of ours: %s", i, outcome.err);
	}
	look_at_all(&after);
	assert_true(strlen(before.out) > 100);
	assert_string_equal(before.out, after.out);
}

static void
test_a_refused_start_leaves_the_streams_alone(void **state)
{
	static struct outcome outcome;

	(void)state;
	run_words(&outcome, NULL, "sh", "-c",
		  "build/stepdown -u 4294967296 -- true 2>&1 | cat; stat -L -c %u /proc/self/fd/1");
	assert_says(outcome.out, "4294967296");
	assert_string_equal(strchr(outcome.out, '\n') + 1, "0\n");
}

static void
test_values_can_neither_forge_a_line_nor_drive_a_terminal(void **state)
{
	static struct outcome outcome;

	(void)state;
	run_words(&outcome, NULL, "build/stepdown", "-u", "a\nstepdown, all is well\x1b[2J\xff\"",
		  "--", "true");
	assert_int_equal(outcome.status, 125);
	assert_ptr_equal(strchr(outcome.err, '\n'), outcome.err + strlen(outcome.err) - 1);
	assert_says(outcome.err, "\\x0astepdown, all is well\\x1b[2J\\xff");
}

static void
test_the_log_in_json_is_one_object_a_line(void **state)
{
	static struct outcome outcome;

	(void)state;
	run_words(&outcome, NULL, "build/stepdown", "--log", "json", "-u", "a\n\"\\\x1b", "--",
		  "true");
	assert_int_equal(outcome.status, 125);
	assert_ptr_equal(strchr(outcome.err, '\n'), outcome.err + strlen(outcome.err) - 1);
	assert_ptr_equal(
		strstr(outcome.err,
		       "{\"program\":\"stepdown\",\"level\":\"error\",\"message\":\"the user "
		       "\\\"a\\\\x0a\\\"\\\\\\\\x1b\\\""),
		outcome.err);
	assert_string_equal(outcome.err + strlen(outcome.err) - 3, "\"}\n");
}

static void
test_quiet_hides_warnings_and_no_errors(void **state)
{
	static struct outcome outcome;

	(void)state;
	run_words(&outcome, NULL, "build/stepdown", "-q", "-u", "4294967296", "--", "true");
	assert_int_equal(outcome.status, 125);
	assert_says(outcome.err, "4294967296");
	run_words(&outcome, NULL, "build/stepdown", "-u", "4321", "--keep-cap", "sys_time", "--",
		  "true");
	assert_says(outcome.err, "warning: ");
	run_words(&outcome, NULL, "build/stepdown", "-q", "-u", "4321", "--keep-cap", "sys_time",
		  "--", "true");
	assert_int_equal(outcome.status, 0);
	assert_string_equal(outcome.err, "");
}

static void
test_every_option_is_in_help_manual_and_completion(void **state)
{
	static struct outcome help;
	static struct outcome outcome;
	char *rest;
	unsigned options = 0;

	(void)state;
	run_words(&help, NULL, "build/stepdown", "--help");
	assert_int_equal(help.status, 0);
	assert_string_equal(help.err, "");
	for (char *word = strtok_r(help.out, " ,\n", &rest); word;
	     word = strtok_r(NULL, " ,\n", &rest)) {
		char script[200];

		if (strncmp(word, "--", 2) || !word[2])
			continue;
		options++;
		snprintf(script, sizeof(script),
			 "grep -q -e '%s ' -e '%s'\"'\" build/stepdown.bash && man -P cat -l "
			 "build/stepdown.8 | grep -qe '%s'",
			 word, word, word);
		run_words(&outcome, NULL, "sh", "-c", script);
		if (outcome.status)
			fail_msg("%s is not in the completion and the manual", word);
	}
	assert_true(options >= 20);
	run_words(&outcome, NULL, "build/stepdown", "--version");
	assert_int_equal(outcome.status, 0);
	assert_ptr_equal(strstr(outcome.out, "stepdown 0."), outcome.out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad_input_is_refused_in_one_line_and_nothing_changes),
		cmocka_unit_test(test_a_refused_start_leaves_the_streams_alone),
		cmocka_unit_test(test_values_can_neither_forge_a_line_nor_drive_a_terminal),
		cmocka_unit_test(test_the_log_in_json_is_one_object_a_line),
		cmocka_unit_test(test_quiet_hides_warnings_and_no_errors),
		cmocka_unit_test(test_every_option_is_in_help_manual_and_completion),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
