/* SPDX-License-Identifier: MIT */
/* Which source of an option goes before which, and what each may say. */
#include "sources.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { WORDS = 8 };

/* Options as a command line, the text of two configuration files and an environment make them. */
static int
read_all(struct options *options, const char *const *words, const char *base, const char *derived,
	 const char *const *environment, struct refusal *why)
{
	static const char *const none[] = {NULL};
	static char *argv[WORDS + 3];
	int argc = 1;

	argv[0] = "stepdown";
	for (; words[argc - 1]; argc++)
		argv[argc] = (char *)words[argc - 1];
	argv[argc++] = "id";
	argv[argc] = NULL;
	why->text[0] = 0;
	if (options_parse(options, argc, argv, why))
		return -1;
	if (base && config_parse("/base", base, strlen(base), sources_take_line, options, why))
		return -1;
	if (derived &&
	    config_parse("/derived", derived, strlen(derived), sources_take_line, options, why))
		return -1;
	return sources_take_environment(options, (char *const *)(environment ? environment : none),
					why);
}

/* The values of an option with a blank between them, "-" for a flag. */
static const char *
values(const struct options *options, enum option_id id)
{
	static char text[256];
	const struct option_entry *entry;
	unsigned cursor = 0;

	text[0] = 0;
	while ((entry = options_entry(options, id, &cursor)))
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s",
			 text[0] ? " " : "", entry->value ? entry->value : "-");
	return text;
}

struct row {
	const char *words[WORDS];
	const char *base, *derived;
	const char *environment[4];
	enum option_id id;
	const char *values;
};

static const struct row rows[] = {
	/* Each source by itself. */
	{{"-u", "a"}, NULL, NULL, {NULL}, OPTION_USER, "a"},
	{{NULL}, "user = b\n", NULL, {NULL}, OPTION_USER, "b"},
	{{"--from-env=user"}, NULL, NULL, {"STEPDOWN_USER=c"}, OPTION_USER, "c"},
	{{NULL}, "subreaper\n", NULL, {NULL}, OPTION_SUBREAPER, "-"},
	{{NULL}, "allow-root\n", NULL, {NULL}, OPTION_ALLOW_ROOT, "-"},
	/* Which goes before which. */
	{{"-u", "a"}, "user = b\n", NULL, {NULL}, OPTION_USER, "a"},
	{{"-u", "a", "--from-env=user"}, NULL, NULL, {"STEPDOWN_USER=c"}, OPTION_USER, "a"},
	{{"--from-env=user"}, "user = b\n", NULL, {"STEPDOWN_USER=c"}, OPTION_USER, "c"},
	{{NULL}, "user = b\n", "user = d\n", {NULL}, OPTION_USER, "d"},
	{{NULL}, "user = b\n", "user =\n", {NULL}, OPTION_USER, ""},
	/* Lists add up within a source, and are replaced whole by a higher one. */
	{{"--group-add=a", "--group-add=b"}, NULL, NULL, {NULL}, OPTION_GROUP_ADD, "a b"},
	{{NULL}, "group-add = a\ngroup-add = b\n", NULL, {NULL}, OPTION_GROUP_ADD, "a b"},
	{{NULL}, "group-add = a\n", "group-add = b\n", {NULL}, OPTION_GROUP_ADD, "a b"},
	{{"--group-add=c"}, "group-add = a\n", "group-add = b\n", {NULL}, OPTION_GROUP_ADD, "c"},
	{{"--from-env=group-add"},
	 "group-add = a\n",
	 NULL,
	 {"STEPDOWN_GROUP_ADD=c\nd\n"},
	 OPTION_GROUP_ADD,
	 "c d"},
	/* An empty value empties a list. */
	{{"--group-add="}, "group-add = a\n", NULL, {NULL}, OPTION_GROUP_ADD, ""},
	{{"--group-add=a", "--group-add=", "--group-add=b"},
	 NULL,
	 NULL,
	 {NULL},
	 OPTION_GROUP_ADD,
	 "b"},
	{{NULL}, "group-add = a\n", "group-add =\n", {NULL}, OPTION_GROUP_ADD, ""},
	{{NULL}, "group-add = a\n", "group-add =\ngroup-add = b\n", {NULL}, OPTION_GROUP_ADD, "b"},
	/* Flags are switched, too. */
	{{NULL}, "subreaper = yes\n", NULL, {NULL}, OPTION_SUBREAPER, "-"},
	{{NULL}, "subreaper\n", "subreaper = no\n", {NULL}, OPTION_SUBREAPER, ""},
	{{"--from-env=subreaper"}, NULL, NULL, {"STEPDOWN_SUBREAPER=1"}, OPTION_SUBREAPER, "-"},
	{{"--from-env=subreaper"},
	 "subreaper\n",
	 NULL,
	 {"STEPDOWN_SUBREAPER=false"},
	 OPTION_SUBREAPER,
	 ""},
	{{"--subreaper"}, "subreaper = no\n", NULL, {NULL}, OPTION_SUBREAPER, "-"},
	/* The environment says only what it is allowed to say, and an empty variable nothing. */
	{{NULL}, NULL, NULL, {"STEPDOWN_USER=c"}, OPTION_USER, ""},
	{{"--from-env=seccomp"}, NULL, NULL, {"STEPDOWN_USER=c"}, OPTION_USER, ""},
	{{"--from-env=user"}, "user = b\n", NULL, {"STEPDOWN_USER="}, OPTION_USER, "b"},
	{{NULL}, "from-env = tz,user\n", NULL, {"STEPDOWN_USER=c"}, OPTION_USER, "c"},
	{{NULL}, "from-env = tz\nfrom-env = user\n", NULL, {"STEPDOWN_USER=c"}, OPTION_USER, "c"},
	{{"--from-env=tz"}, "from-env = user\n", NULL, {"STEPDOWN_USER=c"}, OPTION_USER, ""},
	{{"--from-env="}, "from-env = user\n", NULL, {"STEPDOWN_USER=c"}, OPTION_USER, ""},
	{{"--from-env=stop-timeout"},
	 NULL,
	 NULL,
	 {"STEPDOWN_STOP_TIMEOUT=5"},
	 OPTION_STOP_TIMEOUT,
	 "5"},
	{{"--from-env=user"},
	 NULL,
	 NULL,
	 {"XSTEPDOWN_USER=c", "STEPDOWN_USERS=c"},
	 OPTION_USER,
	 ""},
};

static void
test_a_higher_source_goes_before_a_lower_one(void **state)
{
	static struct options options;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		struct refusal why;

		if (read_all(&options, row->words, row->base, row->derived, row->environment, &why))
			fail_msg("row %zu: %s", i, why.text);
		print_message("row %zu: %s\n", i, values(&options, row->id));
		assert_string_equal(values(&options, row->id), row->values);
	}
}

struct refused_row {
	const char *words[WORDS];
	const char *base;
	const char *environment[2];
	const char *says[3];
};

static const struct refused_row refused[] = {
	{{NULL}, "usr = a\n", {NULL}, {"/base:1", "usr", "did you mean user?"}},
	{{NULL}, "\nuser\n", {NULL}, {"/base:2", "user needs a value", "USER[:GROUP]"}},
	{{NULL}, "user = a\nuser = b\n", {NULL}, {"/base:2", "--user is given twice", "once"}},
	{{NULL}, "subreaper = perhaps\n", {NULL}, {"/base:1", "perhaps", "yes or no"}},
	{{NULL}, "config = /x\n", {NULL}, {"/base:1", "config", "command line alone"}},
	{{NULL}, "dry-run\n", {NULL}, {"/base:1", "dry-run", "command line alone"}},
	{{NULL}, "help\n", {NULL}, {"/base:1", "help", "command line alone"}},
	{{NULL}, "version\n", {NULL}, {"/base:1", "version", "command line alone"}},
	{{"--from-env=usr"}, NULL, {NULL}, {"--from-env: ", "no option usr", "did you mean user?"}},
	{{"--from-env=user,,tz"}, NULL, {NULL}, {"--from-env: ", "no option ", "--help"}},
	{{"--from-env=config"}, NULL, {NULL}, {"--from-env config", "never", "ENTRYPOINT"}},
	{{"--from-env=from-env"}, NULL, {NULL}, {"--from-env from-env", "never", "ENTRYPOINT"}},
	{{"--from-env=user,allow-root"}, NULL, {NULL}, {"allow-root", "never", "ENTRYPOINT"}},
	{{"--from-env=dry-run"}, NULL, {NULL}, {"dry-run", "never", "ENTRYPOINT"}},
	{{"--from-env=no-setup"}, NULL, {NULL}, {"no-setup", "never", "ENTRYPOINT"}},
	{{"--from-env=help"}, NULL, {NULL}, {"help", "never", "ENTRYPOINT"}},
	{{NULL}, "from-env = no-setup\n", {NULL}, {"--from-env no-setup", "never", ""}},
	{{"--from-env=subreaper"},
	 NULL,
	 {"STEPDOWN_SUBREAPER=perhaps"},
	 {"STEPDOWN_SUBREAPER", "perhaps", "yes or no"}},
};

static void
test_what_a_source_may_not_say_is_refused(void **state)
{
	static struct options options;

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		const struct refused_row *row = &refused[i];
		struct refusal why;

		if (!read_all(&options, row->words, row->base, NULL, row->environment, &why))
			fail_msg("row %zu was taken", i);
		print_message("%s\n", why.text);
		for (unsigned part = 0; part < 3; part++)
			assert_non_null(strstr(why.text, row->says[part]));
	}
}

static void
test_the_origin_of_each_value_is_known(void **state)
{
	static const char *const words[] = {"--from-env=stop-signal,user", "--init=never", NULL};
	static const char *const environment[] = {"STEPDOWN_STOP_SIGNAL=QUIT", NULL};
	static const struct {
		enum option_id id;
		const char *where;
	} expected[] = {
		{OPTION_INIT, "command line"},
		{OPTION_STOP_SIGNAL, "STEPDOWN_STOP_SIGNAL"},
		{OPTION_USER, "/base:2"},
		{OPTION_SECCOMP, "/derived:1"},
	};
	static struct options options;
	struct refusal why;
	char where[64];

	(void)state;
	assert_int_equal(read_all(&options, words, "# base\nuser = a\nseccomp = off\n",
				  "seccomp = strict\n", environment, &why),
			 0);
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		unsigned cursor = 0;
		const struct option_entry *entry = options_entry(&options, expected[i].id, &cursor);

		assert_non_null(entry);
		sources_describe(entry, where, sizeof(where));
		assert_string_equal(where, expected[i].where);
	}
}

static void
test_a_refusal_knows_where_its_value_was_said(void **state)
{
	static const char *const words[] = {"--init=never", "--umask=9",
					    "--from-env=stop-signal,seccomp", NULL};
	static const char *const environment[] = {"STEPDOWN_STOP_SIGNAL=QUIT", NULL};
	static const struct {
		enum option_id id;
		unsigned nth;
		const char *text;
		const char *where;
	} expected[] = {
		{OPTION_USER, 0, "--user a is nobody", "/base:1"},
		{OPTION_GROUP_ADD, 0, "--group-add b is nobody", "/base:2"},
		{OPTION_GROUP_ADD, 1, "--group-add c is nobody", "/base:3"},
		{OPTION_EXPLAIN, 0, "--explain is nobody", "/base:5"},
		{OPTION_STOP_SIGNAL, 0, "--stop-signal QUIT is nobody", "STEPDOWN_STOP_SIGNAL"},
		{OPTION_INIT, 0, "--init never is nobody", "command line"},
	};
	static struct options options;
	struct refusal why;
	char where[64];

	(void)state;
	assert_int_equal(
		read_all(&options, words,
			 "user = a\ngroup-add = b\ngroup-add = c\ninit = 7\nexplain\numask = 8\n",
			 NULL, environment, &why),
		0);
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		const struct option_entry *said = NULL;
		unsigned cursor = 0;

		for (unsigned n = 0; n <= expected[i].nth; n++)
			said = options_entry(&options, expected[i].id, &cursor);
		assert_int_equal(refuse_option(&why, said, " is nobody"), -1);
		assert_string_equal(why.text, expected[i].text);
		assert_ptr_equal(why.about, said);
		sources_describe(why.about, where, sizeof(where));
		assert_string_equal(where, expected[i].where);
		if (said->value)
			assert_ptr_equal(options_of(&options, said->value), said);
	}
	/* Of what a higher source has said too, only that is read. */
	assert_int_equal(options_read(&options, &why), -1);
	assert_non_null(strstr(why.text, "--umask 9"));
	sources_describe(why.about, where, sizeof(where));
	assert_string_equal(where, "command line");
	refuse(&why, "another");
	assert_null(why.about);
}

static void
test_variables_that_are_not_followed_are_found(void **state)
{
	static const char *const words[] = {"--from-env=user", NULL};
	static char *const environment[] = {"STEPDOWN_USER=a",
					    "STEPDOWN_SECCOMP=off",
					    "STEPDOWN_OTHER=1",
					    "SECCOMP=off",
					    "STEPDOWN_CONFIG=x",
					    "STEPDOWN_=",
					    "STEPDOWN_user=x",
					    "STEPDOWN_STOP-SIGNAL=x",
					    "STEPDOWN_STOP_SIGNAL=x",
					    "STEPDOWN_USER",
					    NULL};
	static struct options options;
	struct refusal why;
	unsigned cursor = 0;

	(void)state;
	assert_int_equal(read_all(&options, words, NULL, NULL, NULL, &why), 0);
	assert_string_equal(sources_ignored(&options, environment, &cursor),
			    "STEPDOWN_SECCOMP=off");
	assert_string_equal(sources_ignored(&options, environment, &cursor), "STEPDOWN_CONFIG=x");
	assert_string_equal(sources_ignored(&options, environment, &cursor),
			    "STEPDOWN_STOP_SIGNAL=x");
	assert_null(sources_ignored(&options, environment, &cursor));
}

static void
test_the_amount_is_bounded(void **state)
{
	static const char *const none[] = {NULL};
	static struct options options;
	static char line[CONFIG_LINE_MOST];
	struct refusal why;
	int taken = 0;

	(void)state;
	memset(line, 'x', sizeof(line) - 2);
	memcpy(line, "group-add=", 10);
	assert_int_equal(read_all(&options, none, NULL, NULL, NULL, &why), 0);
	while (taken < OPTIONS_TEXT &&
	       !config_parse("/base", line, strlen(line), sources_take_line, &options, &why))
		taken++;
	assert_in_range(taken, 4, OPTIONS_TEXT / CONFIG_LINE_MOST);
	assert_non_null(strstr(why.text, "longer than"));

	assert_int_equal(read_all(&options, none, NULL, NULL, NULL, &why), 0);
	for (taken = 0; taken <= OPTIONS_MAX && !config_parse("/base", "group-add=1", 11,
							      sources_take_line, &options, &why);)
		taken++;
	assert_int_equal(taken, OPTIONS_MAX);
	assert_non_null(strstr(why.text, "more than"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_higher_source_goes_before_a_lower_one),
		cmocka_unit_test(test_what_a_source_may_not_say_is_refused),
		cmocka_unit_test(test_the_origin_of_each_value_is_known),
		cmocka_unit_test(test_a_refusal_knows_where_its_value_was_said),
		cmocka_unit_test(test_variables_that_are_not_followed_are_found),
		cmocka_unit_test(test_the_amount_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
