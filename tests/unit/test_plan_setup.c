/* SPDX-License-Identifier: MIT */
/* Time zone, directories and owners as they are planned: facts are made up here. */
#include "plan.h"
#include "setup/timezone.h"

#include <errno.h>
#include <linux/capability.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#define BIT(n) (UINT64_C(1) << (n))
#define ALL (BIT(41) - 1)
#define PASSWD "root:x:0:0::/root:/bin/sh\napp:x:10001:10002::/srv:/bin/sh\n"
#define GROUP "root:x:0:\nmedia:x:44:app\n"
#define ID_MAP "         0     100000       20000\n"

enum { WORDS = 12 };

static char *const variables[] = {"PATH=/bin", "TZ=Asia/Old", NULL};

static struct facts facts;
static struct plan plan;
static struct options options;
static struct refusal why;

static void
begin(void)
{
	memset(&facts, 0, sizeof(facts));
	facts.capabilities = (struct capability_sets){ALL, ALL, 0, ALL, 0};
	facts.last_capability = 40;
	facts.passwd = (struct ids_file){"/etc/passwd", PASSWD, sizeof(PASSWD) - 1, true, NULL};
	facts.group = (struct ids_file){"/etc/group", GROUP, sizeof(GROUP) - 1, true, NULL};
	facts.pid = 1;
	facts.environment = variables;
	strcpy(facts.directory, "/");
	facts.group_count = 1;
	/* Nothing is at any of the places, but a mistake does not look like a place that is right.
	 */
	for (unsigned i = 0; i < FACTS_PLACES; i++)
		facts.owners.places[i] = (struct place_facts){.error = ENOENT};
}

static void
become_user(void)
{
	facts.real_uid = facts.effective_uid = facts.saved_uid = 10001;
	facts.real_gid = facts.effective_gid = facts.saved_gid = 10002;
	facts.groups[0] = 10002;
	facts.capabilities = (struct capability_sets){.bounding = ALL};
}

static int
make(const char *const *words)
{
	const char *argv[WORDS + 5] = {"stepdown", "-u", "app"};
	int count = 3;

	for (; *words; words++)
		argv[count++] = *words;
	argv[count++] = "--";
	argv[count++] = "true";
	memset(&plan, 0, sizeof(plan));
	memset(&options, 0, sizeof(options));
	assert_int_equal(options_parse(&options, count, (char *const *)argv, &why), 0);
	return options_read(&options, &why) || plan_make(&plan, &options, &facts, &why) ||
			       plan_environment_make(&plan, &options, &facts, &why)
		       ? -1
		       : 0;
}

#define make_words(...) make((const char *const[]){__VA_ARGS__, NULL})

static const char *
exported(const char *name)
{
	const char *value = NULL;
	size_t length = strlen(name);

	for (char **variable = plan.environment; *variable; variable++)
		if (!strncmp(*variable, name, length) && (*variable)[length] == '=') {
			assert_null(value);
			value = *variable + length + 1;
		}
	return value;
}

/* --- time zone ---------------------------------------------------------------------------------
 */

struct zone_row {
	const char *option; /* --tz, or NULL: TZ */
	const char *given;
	int found;
	int link_error;
	int name_error;
	bool right;
	const char *tz; /* of the service; NULL: refused */
	bool link, name;
	const char *says; /* the one note or refusal, or NULL for none */
	bool user;        /* no start as root */
	bool no_setup;
};

#define NONE TIMEZONE_NO_DATA
#define GOOD TIMEZONE_GOOD
#define CITY "Europe/Ljubljana"
#define COPIES "COPY --from=debian:12 /usr/share/zoneinfo"

static const struct zone_row zone_rows[] = {
	{NULL, CITY, GOOD, 0, 0, false, CITY, true, true, NULL, false, false},
	{"--tz", CITY, GOOD, 0, 0, false, CITY, true, true, NULL, false, false},
	{"--tz", ":" CITY, GOOD, 0, 0, false, CITY, true, true, NULL, false, false},
	{"--tz", "/usr/share/zoneinfo/" CITY, GOOD, 0, 0, false, CITY, true, true, NULL, false,
	 false},
	/* A file comes before a rule of the same name, and a rule needs none. */
	{"--tz", "EST5EDT", GOOD, 0, 0, false, "EST5EDT", true, true, NULL, false, false},
	{"--tz", "EST5EDT", NONE, 0, 0, false, "EST5EDT", false, false, NULL, false, false},
	{"--tz", "EST5EDT", TIMEZONE_UNKNOWN, 0, 0, false, "EST5EDT", false, false, NULL, false,
	 false},
	{"--tz", "CET-1CEST,M3.5.0,M10.5.0/3", NONE, 0, 0, false, "CET-1CEST,M3.5.0,M10.5.0/3",
	 false, false, NULL, false, false},
	{NULL, "UTC", NONE, 0, 0, false, "UTC", false, false, NULL, false, false},
	/* No zones in the image: TZ alone, and what mends it. */
	{"--tz", CITY, NONE, 0, 0, false, CITY, false, false, COPIES " /usr/share/zoneinfo", false,
	 false},
	{NULL, CITY, NONE, 0, 0, false, CITY, false, false, COPIES " /usr/share/zoneinfo", false,
	 false},
	/* /etc cannot be changed: the same. */
	{"--tz", CITY, GOOD, EROFS, 0, false, CITY, false, false, COPIES "/" CITY " /etc/localtime",
	 false, false},
	{"--tz", CITY, GOOD, ENOENT, 0, false, CITY, false, false,
	 COPIES "/" CITY " /etc/localtime", false, false},
	{"--tz", CITY, GOOD, EACCES, 0, false, CITY, false, false,
	 COPIES "/" CITY " /etc/localtime", false, false},
	{"--tz", CITY, GOOD, ENOTDIR, 0, false, CITY, false, false,
	 COPIES "/" CITY " /etc/localtime", false, false},
	{"--tz", CITY, GOOD, EBUSY, 0, false, CITY, false, false, "without that mount", false,
	 false},
	{"--tz", CITY, GOOD, EROFS, 0, true, CITY, false, false, NULL, false, false},
	{"--tz", CITY, GOOD, 0, EBUSY, false, CITY, true, false, "tz: /etc/timezone", false, false},
	{"--tz", CITY, GOOD, EIO, 0, false, NULL, false, false, "--no-setup", false, false},
	{"--tz", CITY, GOOD, 0, EACCES, false, NULL, false, false, "--no-setup", false, false},
	{"--tz", CITY, GOOD, 0, EIO, false, NULL, false, false, "--no-setup", false, false},
	/* No such zone: refused where the author asked for it. */
	{"--tz", "Nowhere/City", TIMEZONE_UNKNOWN, 0, 0, false, NULL, false, false, "Nowhere/City",
	 false, false},
	{NULL, "Nowhere/City", TIMEZONE_UNKNOWN, 0, 0, false, "Asia/Old", false, false,
	 "it is passed on", false, false},
	{"--tz", "Europe", TIMEZONE_BAD, 0, 0, false, NULL, false, false, "no file of a time zone",
	 false, false},
	{NULL, "Europe", TIMEZONE_BAD, 0, 0, false, "Asia/Old", false, false, "it is passed on",
	 false, false},
	{"--tz", CITY, -1, 0, 0, false, NULL, false, false, "Input/output error", false, false},
	{NULL, CITY, -1, 0, 0, false, "Asia/Old", false, false, "Input/output error", false, false},
	{"--tz", "/etc/shadow", NONE, 0, 0, false, NULL, false, false, "only files there", false,
	 false},
	{NULL, "/etc/shadow", NONE, 0, 0, false, "Asia/Old", false, false, "only files there",
	 false, false},
	{NULL, "../../etc/shadow", NONE, 0, 0, false, "Asia/Old", false, false, "neither a name",
	 false, false},
	{"--tz", "", NONE, 0, 0, false, NULL, false, false, "empty", false, false},
	/* As a user, and without set-up. */
	{NULL, CITY, GOOD, EPERM, 0, false, CITY, false, false, "tz: /etc/localtime", true, false},
	{NULL, CITY, GOOD, EPERM, 0, true, CITY, false, false, NULL, true, false},
	{NULL, CITY, GOOD, 0, 0, false, CITY, false, false, NULL, false, true},
};

static bool
is_said(const char *text)
{
	for (unsigned i = 0; i < plan.warnings.count; i++)
		if (strstr(plan.warnings.notes[i].text, text))
			return true;
	for (unsigned i = 0; i < plan.left_out.count; i++)
		if (strstr(plan.left_out.notes[i].text, text))
			return true;
	return strstr(why.text, text) != NULL;
}

static unsigned
count_of(const struct plan_notes *notes, const char *key)
{
	unsigned count = 0;

	for (unsigned i = 0; i < notes->count; i++)
		count += !strncmp(notes->notes[i].text, key, strlen(key));
	return count;
}

static void
test_time_zones_are_planned(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(zone_rows) / sizeof(zone_rows[0]); i++) {
		const struct zone_row *row = &zone_rows[i];
		const char *words[] = {row->option ? row->option : "--log",
				       row->option ? row->given : "text",
				       row->no_setup ? "--no-setup" : NULL, NULL};

		begin();
		if (row->user)
			become_user();
		why.text[0] = 0;
		facts.zone.given = row->given;
		facts.zone.is_none = zone_parse(row->given, ZONE_DIRECTORY, &facts.zone.zone,
						&facts.zone.reason) != 0;
		why.text[0] = 0;
		facts.zone.found = row->found;
		facts.zone.find_error = EIO;
		facts.zone.link_error = row->link_error;
		facts.zone.name_error = row->name_error;
		facts.zone.right = row->right;
		int result = make(words);

		if ((result == 0) != (row->tz != NULL))
			fail_msg("row %zu: %d %s", i, result, why.text);
		if (row->says && !is_said(row->says))
			fail_msg("row %zu does not say %s, but %s%s", i, row->says, why.text,
				 plan.warnings.notes[0].text);
		if (result)
			continue;
		if (strcmp(exported("TZ"), row->tz) || plan.zone.link != row->link ||
		    plan.zone.name != row->name)
			fail_msg("row %zu: TZ=%s, link %d, name %d", i, exported("TZ"),
				 plan.zone.link, plan.zone.name);
		if (!row->says && (plan.warnings.count || count_of(&plan.left_out, "tz:") > 0))
			fail_msg("row %zu says something", i);
	}
}

/* --- directories and owners ---------------------------------------------------------------------
 */

static void
found(unsigned i, mode_t mode, uid_t owner, gid_t group)
{
	facts.owners.places[i] = (struct place_facts){.mode = mode, .owner = owner, .group = group};
}

static void
assert_place(const struct plan_place *place, const char *path, uid_t user, gid_t group)
{
	assert_int_equal(place->length, strlen(path));
	assert_memory_equal(place->path, path, strlen(path));
	assert_int_equal(place->user, user);
	assert_int_equal(place->group, group);
}

static void
test_places_are_planned_in_the_order_given(void **state)
{
	(void)state;
	begin();
	found(1, S_IFDIR | 0755, 0, 0);
	found(2, S_IFDIR | 0755, 0, 0);
	found(3, S_IFREG | 0644, 0, 0);
	assert_int_equal(make_words("--chown-once", "/a=0:media", "--mkdir", "/new/:0750",
				    "--chown", "/b/c//", "--chown", "/d=x=7"),
			 0);
	assert_int_equal(plan.owners.directory_count, 1);
	assert_int_equal(plan.owners.tree_count, 3);
	assert_place(&plan.owners.directories[0], "/new", 10001, 10002);
	assert_true(plan.owners.directories[0].has_mode);
	assert_int_equal(plan.owners.directories[0].mode, 0750);
	assert_place(&plan.owners.trees[0], "/a", 0, 44);
	assert_true(plan.owners.trees[0].once);
	assert_place(&plan.owners.trees[1], "/b/c", 10001, 10002);
	assert_false(plan.owners.trees[1].once);
	assert_place(&plan.owners.trees[2], "/d=x", 7, 7);
	assert_ptr_equal(plan.owners.protect, &facts.owners.protect);
}

static void
test_a_group_by_name_needs_the_group_file(void **state)
{
	static const struct {
		const char *words[5];
		bool needs;
	} rows[] = {
		{{"-u7:7", "--chown", "/a", "--", "x"}, false},
		{{"-u7:7", "--chown", "/a=app", "--", "x"}, false},
		{{"-u7:7", "--chown", "/a=7:7", "--", "x"}, false},
		{{"-u7:7", "--chown", "/a=7:media", "--", "x"}, true},
		{{"-u7:7", "--chown-once", "/a=app:media", "--", "x"}, true},
		{{"-u7:7", "--mkdir", "/a=7:x:0755", "--", "x"}, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *argv[7] = {"stepdown"};

		memcpy(argv + 1, rows[i].words, sizeof(rows[i].words));
		memset(&options, 0, sizeof(options));
		assert_int_equal(options_parse(&options, 6, (char *const *)argv, &why), 0);
		assert_int_equal(options_read(&options, &why), 0);
		if (plan_needs_groups(&options) != rows[i].needs)
			fail_msg("row %zu", i);
	}
}

struct power_row {
	const char *option, *value;
	struct place_facts fact;
	uint64_t lacks;
	const char *says; /* NULL: it is planned */
};

#define DIRECTORY(mode_, owner_, group_)                                                           \
	{                                                                                          \
		.mode = S_IFDIR | (mode_), .owner = owner_, .group = group_                        \
	}

static const struct power_row power_rows[] = {
	{"--mkdir", "/x", DIRECTORY(0700, 10001, 10002), ALL & ~(BIT(CAP_SETUID) | BIT(CAP_SETGID)),
	 NULL},
	{"--mkdir", "/x:0700", DIRECTORY(0700, 10001, 10002), BIT(CAP_CHOWN) | BIT(CAP_FOWNER),
	 NULL},
	{"--mkdir", "/x", DIRECTORY(0700, 10001, 0), BIT(CAP_CHOWN), "--cap-add CHOWN"},
	{"--mkdir", "/x", DIRECTORY(0700, 0, 10002), BIT(CAP_CHOWN), "--cap-add CHOWN"},
	{"--mkdir", "/x:0750", DIRECTORY(0700, 10001, 10002), BIT(CAP_FOWNER), "--cap-add FOWNER"},
	{"--mkdir", "/x:0750", DIRECTORY(0700, 10001, 10002), BIT(CAP_CHOWN), NULL},
	{"--mkdir", "/x", {.error = ENOENT}, 0, NULL},
	{"--mkdir", "/x", {.error = ENOENT}, BIT(CAP_CHOWN), "--cap-add CHOWN"},
	{"--mkdir", "/x", {.error = ENOENT}, BIT(CAP_FOWNER), "--cap-add FOWNER"},
	{"--mkdir", "/x:0700", {.error = ENOENT}, BIT(CAP_FOWNER), NULL},
	{"--mkdir", "/x", {.error = ENOENT, .barred = true}, 0, "--cap-add DAC_OVERRIDE"},
	{"--mkdir", "/x", {.error = ENOENT, .read_only = true}, 0, "read-only"},
	{"--mkdir", "/x", {.mode = S_IFREG | 0644}, 0, "something else"},
	{"--mkdir", "/x", {.error = EBUSY}, 0, "not given away"},
	{"--mkdir", "/x", {.error = ELOOP}, 0, "it is a link"},
	{"--mkdir", "/x", {.error = ENOTDIR}, 0, "no directory"},
	{"--mkdir", "/x", {.error = EIO}, 0, "Input/output error"},
	{"--chown-once", "/x", DIRECTORY(0755, 10001, 10002), BIT(CAP_CHOWN), NULL},
	{"--chown-once", "/x", DIRECTORY(0755, 10001, 0), BIT(CAP_CHOWN), "--cap-add CHOWN"},
	{"--chown-once", "/x=0:0", DIRECTORY(0755, 0, 0), BIT(CAP_CHOWN), NULL},
	/* What is below may be wrong. */
	{"--chown", "/x", DIRECTORY(0755, 10001, 10002), BIT(CAP_CHOWN), "see --chown-once"},
	{"--chown", "/x", DIRECTORY(0755, 0, 0), 0, NULL},
	{"--chown", "/x", {.error = ENOENT}, 0, "does not exist"},
	{"--chown",
	 "/x",
	 {.mode = S_IFDIR | 0755, .owner = 10001, .group = 10002, .read_only = true},
	 0,
	 NULL},
	{"--chown", "/x", {.mode = S_IFDIR | 0755, .read_only = true}, 0, "read-only"},
	{"--chown",
	 "/x",
	 {.mode = S_IFDIR | 0700, .owner = 7, .barred = true},
	 0,
	 "--cap-add DAC_OVERRIDE"},
	{"--chown", "/x", {.mode = S_IFREG | 0600}, 0, NULL},
	{"--chown", "/x", {.mode = S_IFREG | 0600, .left_alone = true}, 0, "several names"},
	{"--chown",
	 "/x",
	 {.mode = S_IFREG | 0600, .owner = 10001, .group = 10002, .left_alone = true},
	 0,
	 NULL},
};

static void
test_what_root_lacks_is_refused_unless_all_is_right(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(power_rows) / sizeof(power_rows[0]); i++) {
		const struct power_row *row = &power_rows[i];

		begin();
		facts.owners.places[0] = row->fact;
		facts.capabilities.effective &= ~row->lacks;
		int result = make_words(row->option, row->value);

		if ((result == 0) != (row->says == NULL))
			fail_msg("row %zu: %d %s", i, result, why.text);
		if (row->says && (!strstr(why.text, row->says) || !strstr(why.text, row->value)))
			fail_msg("row %zu: \"%s\" does not say %s", i, why.text, row->says);
	}
}

static void
test_a_tree_may_be_made_first(void **state)
{
	(void)state;
	begin();
	assert_int_equal(make_words("--mkdir", "/a/b", "--chown", "/a"), 0);
	assert_int_equal(plan.owners.tree_count, 1);
	assert_int_equal(make_words("--mkdir", "/a/b", "--chown", "/a/b"), 0);
	/* Another one whose name begins so, and one that will not be there. */
	assert_int_equal(make_words("--mkdir", "/a/bc", "--chown", "/a/b"), -1);
	assert_int_equal(make_words("--mkdir", "/a", "--chown", "/a/b"), -1);
}

static void
test_an_owner_outside_of_the_namespace_is_refused(void **state)
{
	(void)state;
	begin();
	found(0, S_IFDIR | 0755, 0, 0);
	facts.uid_map =
		(struct ids_file){"/proc/self/uid_map", ID_MAP, sizeof(ID_MAP) - 1, true, NULL};
	facts.gid_map =
		(struct ids_file){"/proc/self/gid_map", ID_MAP, sizeof(ID_MAP) - 1, true, NULL};
	assert_int_equal(make_words("--chown", "/a"), 0);
	assert_int_equal(make_words("--chown", "/a=30000:1"), -1);
	assert_non_null(strstr(why.text, "30000:1"));
	assert_non_null(strstr(why.text, "0-19999"));
	assert_int_equal(make_words("--chown", "/a=1:30000"), -1);
	assert_non_null(strstr(why.text, "gid_map"));
}

static void
test_a_third_users_directory_is_not_taken_over_where_others_may_put_it(void **state)
{
	(void)state;
	for (unsigned shared = 0; shared < 2; shared++) {
		begin();
		found(0, S_IFDIR | 0755, 77, 77);
		facts.owners.places[0].shared = shared;
		assert_int_equal(make_words("--mkdir", "/a"), shared ? -1 : 0);
		assert_true(!shared || strstr(why.text, "--mkdir /a: it belongs to uid 77"));
		/* A tree is asked for whole. */
		assert_int_equal(make_words("--chown", "/a"), 0);
		/* Root's own is there for that. */
		begin();
		found(0, S_IFDIR | 0755, 0, 0);
		facts.owners.places[0].shared = shared;
		assert_int_equal(make_words("--mkdir", "/a"), 0);
	}
}

static void
test_as_a_user_it_is_left_out_unless_all_is_right(void **state)
{
	(void)state;
	begin();
	become_user();
	found(1, S_IFDIR | 0755, 10001, 10002);
	assert_int_equal(make_words("--mkdir", "/new", "--mkdir", "/right", "--chown", "/tree"), 0);
	assert_int_equal(plan.owners.directory_count + plan.owners.tree_count, 0);
	assert_int_equal(count_of(&plan.left_out, "mkdir: --mkdir /new "), 1);
	assert_int_equal(count_of(&plan.left_out, "mkdir: "), 1);
	assert_int_equal(count_of(&plan.left_out, "chown: --chown /tree "), 1);
	/* A mistake is one all the same. */
	assert_int_equal(make_words("--mkdir", "new"), -1);
}

static void
test_without_setup_nothing_is_made_or_given_away(void **state)
{
	(void)state;
	begin();
	assert_int_equal(make_words("--no-setup", "--mkdir", "/new", "--chown", "/tree"), 0);
	assert_int_equal(plan.owners.directory_count + plan.owners.tree_count, 0);
}

static void
test_more_places_than_there_is_room_for_are_refused(void **state)
{
	const char *argv[2 * FACTS_PLACES + 8] = {"stepdown", "-u", "app"};
	int count = 3;

	(void)state;
	begin();
	for (unsigned i = 0; i < FACTS_PLACES + 1; i++) {
		argv[count++] = "--mkdir";
		argv[count++] = "/x";
	}
	argv[count++] = "--";
	argv[count++] = "x";
	memset(&plan, 0, sizeof(plan));
	memset(&options, 0, sizeof(options));
	assert_int_equal(options_parse(&options, count, (char *const *)argv, &why), 0);
	assert_int_equal(options_read(&options, &why), 0);
	assert_int_equal(plan_make(&plan, &options, &facts, &why), -1);
	assert_non_null(strstr(why.text, "one too many"));
	assert_int_equal(plan.owners.directory_count, FACTS_PLACES);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_time_zones_are_planned),
		cmocka_unit_test(test_places_are_planned_in_the_order_given),
		cmocka_unit_test(test_a_group_by_name_needs_the_group_file),
		cmocka_unit_test(test_what_root_lacks_is_refused_unless_all_is_right),
		cmocka_unit_test(test_a_tree_may_be_made_first),
		cmocka_unit_test(test_an_owner_outside_of_the_namespace_is_refused),
		cmocka_unit_test(
			test_a_third_users_directory_is_not_taken_over_where_others_may_put_it),
		cmocka_unit_test(test_as_a_user_it_is_left_out_unless_all_is_right),
		cmocka_unit_test(test_without_setup_nothing_is_made_or_given_away),
		cmocka_unit_test(test_more_places_than_there_is_room_for_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
