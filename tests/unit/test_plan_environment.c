/* SPDX-License-Identifier: MIT */
/* Whose word on a variable counts, and who the service is by PUID and PGID. */
#include "plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ALL ((UINT64_C(1) << 41) - 1)
#define PASSWD "root:x:0:0::/root:/bin/sh\napp:x:10001:10002::/srv:/bin/false\n"
#define GROUP "app:x:10002:\nvideo:x:44:app\n"

static char *const variables[] = {"PATH=/bin", "A=given",      "HOME=/root", "TZ=given",
				  "B_FILE=/b", "STEPDOWN_A=1", NULL};

static struct options options;

static struct facts
root(char *const *environment)
{
	struct facts facts = {
		.capabilities = {ALL, ALL, 0, ALL, 0},
		.last_capability = 40,
		.passwd = {"/etc/passwd", PASSWD, sizeof(PASSWD) - 1, true, NULL},
		.group = {"/etc/group", GROUP, sizeof(GROUP) - 1, true, NULL},
		.pid = 1,
		.directory = "/",
		.environment = environment,
		.group_count = 1,
	};

	return facts;
}

static int
make(struct plan *plan, const char *const *words, const struct facts *facts, struct refusal *why)
{
	char *argv[16] = {"stepdown"};
	int argc = 1;

	for (unsigned i = 0; words[i]; i++)
		argv[argc++] = (char *)words[i];
	argv[argc++] = "--";
	argv[argc++] = "id";
	memset(plan, 0, sizeof(*plan));
	memset(&options, 0, sizeof(options));
	assert_int_equal(options_parse(&options, argc, argv, why), 0);
	return options_read(&options, why) || plan_make(plan, &options, facts, why) ? -1 : 0;
}

/* With an export of the set-up's, and the secret B. */
static int
make_all(struct plan *plan, const char *const *words, struct facts *facts, struct refusal *why)
{
	static const char secrets[] = "B_FILE\0B=secret";

	facts->secrets = (struct secrets_facts){secrets, 2, sizeof(secrets)};
	if (make(plan, words, facts, why))
		return -1;
	plan_export(plan, "TZ", "exported");
	return plan_environment_make(plan, &options, facts, why);
}

static const struct {
	const char *words[9];
	const char *name;
	const char *value; /* NULL: not there */
} rows[] = {
	{{NULL}, "A", "given"},
	{{NULL}, "TZ", "exported"},
	{{NULL}, "HOME", "/srv"},
	{{NULL}, "USER", "app"},
	{{NULL}, "B", "secret"},
	{{NULL}, "B_FILE", NULL},
	{{NULL}, "STEPDOWN_A", NULL},
	{{"--env", "A=1"}, "A", "1"},
	{{"--env", "A="}, "A", ""},
	{{"--env", "A=1=2"}, "A", "1=2"},
	{{"--env", "A=1", "--env", "A=2"}, "A", "2"},
	{{"--env", "NEW=1"}, "NEW", "1"},
	{{"--env", "HOME=/mine"}, "HOME", "/mine"},
	{{"--env", "USER=me"}, "USER", "me"},
	{{"--env", "TZ=mine"}, "TZ", "mine"},
	{{"--env", "B_FILE=/c"}, "B_FILE", "/c"},
	{{"--unset-env", "A"}, "A", NULL},
	{{"--unset-env", "HOME"}, "HOME", NULL},
	{{"--unset-env", "TZ"}, "TZ", NULL},
	{{"--unset-env", "B"}, "B", NULL},
	{{"--unset-env", "NONE"}, "NONE", NULL},
	/* The last word is --env's, wherever it stands. */
	{{"--env", "A=1", "--unset-env", "A"}, "A", "1"},
	{{"--clear-env"}, "A", NULL},
	{{"--clear-env"}, "HOME", "/srv"},
	{{"--clear-env"}, "PATH", ENVIRONMENT_PATH},
	{{"--clear-env"}, "TZ", "exported"},
	{{"--clear-env"}, "B", "secret"},
	{{"--clear-env", "--env", "A=1"}, "A", "1"},
	{{"--clear-env", "--env", "PATH=/x"}, "PATH", "/x"},
};

static void
test_each_variable_is_what_the_last_word_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *words[12] = {"--user", "app"};
		static struct plan plan;
		struct facts facts = root(variables);
		struct refusal why = {.text = ""};

		memcpy(words + 2, rows[i].words, sizeof(rows[i].words));
		if (make_all(&plan, words, &facts, &why))
			fail_msg("row %zu: %s", i, why.text);
		const char *value = environment_value(plan.environment, rows[i].name);

		if ((value == NULL) != (rows[i].value == NULL) ||
		    (value && strcmp(value, rows[i].value)))
			fail_msg("row %zu: %s is %s", i, rows[i].name, value ? value : "unset");
	}
}

static const struct {
	const char *words[3];
	const char *says[2]; /* what, and the cure */
} refused_rows[] = {
	{{"--env", "=1"}, {"--env =1", "NAME=VALUE"}},
	{{"--env", "A"}, {"--env A", "NAME=VALUE"}},
	{{"--env", "A\nB=1"}, {"--env A\nB", "take it out"}},
	{{"--env", "STEPDOWN_TZ=UTC"}, {"--env STEPDOWN_TZ", "choose another"}},
	{{"--env", "LISTEN_FDS=1"}, {"--env LISTEN_FDS", "choose another"}},
	{{"--env", "B=1"}, {"--env B: B_FILE", "take one of them away"}},
	{{"--unset-env", "=A"}, {"--unset-env =A", "write NAME"}},
	{{"--unset-env", "A=1"}, {"--unset-env A=1", "a name alone"}},
	{{"--unset-env", "A\x7f"}, {"--unset-env A\x7f", "take it out"}},
};

static void
test_what_is_no_variable_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused_rows) / sizeof(refused_rows[0]); i++) {
		const char *words[] = {"--user", "app", refused_rows[i].words[0],
				       refused_rows[i].words[1], NULL};
		static struct plan plan;
		struct facts facts = root(variables);
		struct refusal why = {.text = ""};

		if (make_all(&plan, words, &facts, &why) != -1)
			fail_msg("row %zu was planned", i);
		for (unsigned part = 0; part < 2; part++)
			if (!strstr(why.text, refused_rows[i].says[part]))
				fail_msg("row %zu: \"%s\" does not say \"%s\"", i, why.text,
					 refused_rows[i].says[part]);
	}
}

static bool
warns(const struct plan *plan, const char *text)
{
	for (unsigned i = 0; i < plan->warnings.count; i++)
		if (strstr(plan->warnings.notes[i].text, text))
			return true;
	return false;
}

static void
test_who_overrides_the_set_up_is_told(void **state)
{
	static const char *const same[] = {"-uapp", "--env", "TZ=exported", NULL};
	static const char *const other[] = {"-uapp", "--env", "TZ=mine", NULL};
	static const char *const none[] = {"-uapp", "--unset-env", "TZ", NULL};
	static struct plan plan;
	struct facts facts = root(variables);
	struct refusal why = {.text = ""};

	(void)state;
	assert_int_equal(make_all(&plan, same, &facts, &why), 0);
	assert_int_equal(plan.warnings.count, 0);
	assert_int_equal(make_all(&plan, other, &facts, &why), 0);
	assert_true(warns(&plan, "--env TZ=mine goes before"));
	assert_int_equal(make_all(&plan, none, &facts, &why), 0);
	assert_true(warns(&plan, "--unset-env TZ takes away"));
}

static void
test_the_command_is_looked_for_in_the_services_path(void **state)
{
	static const char *const own[] = {"-uapp", "--env", "PATH=/mine", NULL};
	static const char *const none[] = {"-uapp", "--unset-env", "PATH", NULL};
	static struct plan plan;
	struct facts facts = root(variables);
	struct refusal why = {.text = ""};

	(void)state;
	assert_int_equal(make_all(&plan, own, &facts, &why), 0);
	assert_string_equal(plan.search_path, "/mine");
	assert_int_equal(make_all(&plan, none, &facts, &why), 0);
	assert_null(environment_value(plan.environment, "PATH"));
	assert_string_equal(plan.search_path, ENVIRONMENT_PATH);
}

static void
test_a_large_environment_has_pages_of_its_own(void **state)
{
	enum { MANY = 2000 };
	static char *many[MANY + 1];
	static const char *const words[] = {"-uapp", "--env", "LAST=1", NULL};
	static struct plan plan;
	struct facts facts = root(many);
	struct refusal why = {.text = ""};

	(void)state;
	for (unsigned i = 0; i < MANY; i++)
		many[i] = "X=1";
	assert_int_equal(make_all(&plan, words, &facts, &why), 0);
	assert_true(plan.variables.size >= MANY * sizeof(char *));
	assert_int_equal(plan.variables.size % FACTS_PAGE, 0);
	assert_int_equal((uintptr_t)plan.environment % FACTS_PAGE, 0);
	assert_string_equal(environment_value(plan.environment, "LAST"), "1");
	free(plan.environment);
	facts = root(variables);
	assert_int_equal(make_all(&plan, words, &facts, &why), 0);
	assert_int_equal(plan.variables.size, 0);
}

/* --- PUID and PGID -------------------------------------------------------------------------------
 */

struct puid_row {
	const char *words[5];
	char *environment[4];
	uid_t uid;
	gid_t gid;
	size_t groups;
	const char *refused[2]; /* what, and the cure; NULL: it is planned */
};

static const struct puid_row puid_rows[] = {
	{{"--puid", "-uapp"}, {"PUID=1000", "PGID=1001"}, 1000, 1001, 1, {NULL}},
	{{"--puid"}, {"PUID=1000", "PGID=1001"}, 1000, 1001, 1, {NULL}},
	{{"--puid"}, {"PUID=1000"}, 1000, 1000, 1, {NULL}},
	{{"--puid"}, {"PUID=1000", "PGID="}, 1000, 1000, 1, {NULL}},
	{{"--puid"}, {"PUID=4294967294"}, 4294967294, 4294967294, 1, {NULL}},
	{{"--puid"}, {"PUID=10001", "PGID=7"}, 10001, 7, 1, {NULL}},
	{{"--puid", "--group-add", "video"}, {"PUID=5"}, 5, 5, 2, {NULL}},
	/* Unset or empty: --user it is, with all that is his. */
	{{"--puid", "-uapp"}, {NULL}, 10001, 10002, 2, {NULL}},
	{{"--puid", "-uapp"}, {"PUID=", "PGID="}, 10001, 10002, 2, {NULL}},
	/* Nothing is taken that was not allowed. */
	{{"-uapp"}, {"PUID=1000", "PGID=1001"}, 10001, 10002, 2, {NULL}},
	{{"-uapp"}, {"PUID=0"}, 10001, 10002, 2, {NULL}},
	{{"--puid"}, {NULL}, 0, 0, 0, {"PUID is not set", "--user 10001:10001"}},
	{{"--puid"}, {"PUID=0"}, 0, 0, 0, {"PUID=0 is root's", "another number"}},
	{{"--puid", "--allow-root"}, {"PUID=0"}, 0, 0, 0, {"PUID=0", "another number"}},
	{{"--puid"}, {"PUID=1", "PGID=0"}, 0, 0, 0, {"PGID=0 is root's", "another number"}},
	{{"--puid", "-uapp"}, {"PGID=5"}, 0, 0, 0, {"PGID=5", "set both"}},
	{{"--puid"}, {"PUID=app"}, 0, 0, 0, {"PUID=app", "digits alone"}},
	{{"--puid"}, {"PUID=-1"}, 0, 0, 0, {"PUID=-1", "digits alone"}},
	{{"--puid"}, {"PUID=+1"}, 0, 0, 0, {"PUID=+1", "digits alone"}},
	{{"--puid"}, {"PUID= 1"}, 0, 0, 0, {"PUID= 1", "digits alone"}},
	{{"--puid"}, {"PUID=1 "}, 0, 0, 0, {"PUID=1 ", "digits alone"}},
	{{"--puid"}, {"PUID=01"}, 0, 0, 0, {"PUID=01", "without leading zeros"}},
	{{"--puid"}, {"PUID=00"}, 0, 0, 0, {"PUID=00", "without leading zeros"}},
	{{"--puid"}, {"PUID=0x1"}, 0, 0, 0, {"PUID=0x1", "digits alone"}},
	{{"--puid"}, {"PUID=1:0"}, 0, 0, 0, {"PUID=1:0", "digits alone"}},
	{{"--puid"}, {"PUID=4294967295"}, 0, 0, 0, {"PUID=4294967295", "4294967294"}},
	{{"--puid"}, {"PUID=4294967296"}, 0, 0, 0, {"PUID=4294967296", "4294967294"}},
	{{"--puid"}, {"PUID=1", "PGID=x"}, 0, 0, 0, {"PGID=x", "digits alone"}},
};

static void
test_puid_is_taken_as_plain_numbers_and_never_as_root(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(puid_rows) / sizeof(puid_rows[0]); i++) {
		const struct puid_row *row = &puid_rows[i];
		static struct plan plan;
		struct facts facts = root(row->environment);
		struct refusal why = {.text = ""};
		bool refused = make(&plan, row->words, &facts, &why) != 0;

		if (refused != (row->refused[0] != NULL))
			fail_msg("row %zu: %d %s", i, refused, why.text);
		for (unsigned part = 0; part < 2 && row->refused[part]; part++)
			if (!strstr(why.text, row->refused[part]))
				fail_msg("row %zu: \"%s\" does not say \"%s\"", i, why.text,
					 row->refused[part]);
		if (!refused && (plan.who.uid != row->uid || plan.who.gid != row->gid ||
				 plan.who.group_count != row->groups))
			fail_msg("row %zu: %u:%u, %zu groups", i, plan.who.uid, plan.who.gid,
				 plan.who.group_count);
	}
}

static void
test_a_user_who_starts_stays_whatever_puid_says(void **state)
{
	static char *const other[] = {"PUID=5", NULL};
	static char *const same[] = {"PUID=10001", "PGID=10002", NULL};
	static const char *const words[] = {"--puid", NULL};
	static struct plan plan;
	struct facts facts = root(other);
	struct refusal why = {.text = ""};

	(void)state;
	facts.real_uid = facts.effective_uid = facts.saved_uid = 10001;
	facts.real_gid = facts.effective_gid = facts.saved_gid = 10002;
	assert_int_equal(make(&plan, words, &facts, &why), 0);
	assert_int_equal(plan.who.uid, 10001);
	assert_true(warns(&plan, "PUID:PGID 5:5 cannot be followed"));
	facts.environment = same;
	assert_int_equal(make(&plan, words, &facts, &why), 0);
	assert_int_equal(plan.warnings.count, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_variable_is_what_the_last_word_says),
		cmocka_unit_test(test_what_is_no_variable_is_refused),
		cmocka_unit_test(test_who_overrides_the_set_up_is_told),
		cmocka_unit_test(test_the_command_is_looked_for_in_the_services_path),
		cmocka_unit_test(test_a_large_environment_has_pages_of_its_own),
		cmocka_unit_test(test_puid_is_taken_as_plain_numbers_and_never_as_root),
		cmocka_unit_test(test_a_user_who_starts_stays_whatever_puid_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
