/* SPDX-License-Identifier: MIT */
/* Who a USER[:GROUP] is: a misread id is root's. */
#include "idmap.h"
#include "ids.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TEXT(path_, bytes_)                                                                        \
	{                                                                                          \
		.path = (path_), .bytes = (bytes_), .size = sizeof(bytes_) - 1, .present = true    \
	}

static const struct ids_file passwd =
	TEXT("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n"
			    "app:x:10001:10002:An app:/srv/app:/bin/false\n"
			    "app:x:0:0:a second line of the name:/root:/bin/sh\n"
			    "0x10:x:16:16::/:\n"
			    "nohome:x:20000:20000:::\n"
			    "emptyuid:x::0::/:/bin/sh\n"
			    "emptygid:x:10:::/:/bin/sh\n"
			    "wraps:x:4294967296:0::/:/bin/sh\n"
			    "minus:x:-1:0::/:/bin/sh\n"
			    "kept:x:4294967295:0::/:/bin/sh\n"
			    "zeros:x:010:0::/:/bin/sh\n"
			    "few:x:10:10:\r::\n"
			    "short:x:10:10\n"
			    "long:x:10:10::/:/bin/sh:more\n"
			    "relative:x:10:10::srv:/bin/sh\n"
			    "123:x:0:0:a number is never a name:/root:/bin/sh\n"
			    "last:x:30000:30000::/:/bin/sh");

static const struct ids_file group = TEXT("/etc/group", "root:x:0:\n"
							"app:x:10002:\n"
							"video:x:44:someone,app,other\n"
							"audio:x:29:app\n"
							"apple:x:45:apple,xapp\n"
							"many:x:46:app,app\n"
							"bad:x:4294967296:broken\n"
							"short:x:10\n"
							"wide:x:10::extra\n"
							"minus:x:-1:\n"
							"blank:x: 1:\n");

struct refused_row {
	const char *spec;
	const char *says;
};

static const struct refused_row refused_rows[] = {
	/* The form of the whole. */
	{"", "the user is empty"},
	{":", "the user is empty"},
	{":10001", "the user is empty"},
	{"10001:", "the group is empty"},
	{"app:", "the group is empty"},
	{"10001:10001:10001", "has a blank, a colon"},
	/* Numbers. */
	{"-1", "begins with a sign"},
	{"+1", "begins with a sign"},
	{"-0", "begins with a sign"},
	{" 1", "has a blank"},
	{"1 ", "has a blank"},
	{"1\n", "control character"},
	{"\t1", "has a blank"},
	{"01", "leading zeros"},
	{"00", "leading zeros"},
	{"0010001", "leading zeros"},
	{"4294967295", "from 0 to 4294967294"},
	{"4294967296", "from 0 to 4294967294"},
	{"4294977297", "from 0 to 4294967294"},
	{"18446744073709551616", "from 0 to 4294967294"},
	{"18446744073709561617", "from 0 to 4294967294"},
	{"99999999999999999999999999", "from 0 to 4294967294"},
	{"0x0", "no user \"0x0\""},
	{"1e3", "no user \"1e3\""},
	{"1.0", "no user \"1.0\""},
	{"10001:-1", "the group \"-1\" begins with a sign"},
	{"10001:+1", "the group \"+1\" begins with a sign"},
	{"10001: 1", "the group \" 1\" has a blank"},
	{"10001:01", "the group 01 is not an id"},
	{"10001:4294967295", "the group 4294967295 is not an id"},
	{"10001:4294967296", "the group 4294967296 is not an id"},
	{"10001:18446744073709551616", "is not an id"},
	{"10001:0x0", "no group \"0x0\""},
	/* Names. */
	{"nobody-here", "no user \"nobody-here\""},
	{"App", "no user \"App\""},
	{"ap", "no user \"ap\""},
	{"app:nobody-here", "no group \"nobody-here\""},
	{"-app", "begins with a sign"},
	/* Lines that would be used. */
	{"emptyuid", "line 6 of /etc/passwd has \"\" as its uid"},
	{"emptygid", "line 7 of /etc/passwd has \"\" as its gid"},
	{"wraps", "line 8 of /etc/passwd has \"4294967296\" as its uid"},
	{"minus", "line 9 of /etc/passwd has \"-1\" as its uid"},
	{"kept", "line 10 of /etc/passwd has \"4294967295\" as its uid"},
	{"zeros", "line 11 of /etc/passwd has \"010\" as its uid"},
	{"few", "line 12 of /etc/passwd has a control character"},
	{"short", "line 13 of /etc/passwd has 4 fields instead of 7"},
	{"long", "line 14 of /etc/passwd has 8 fields or more instead of 7"},
	{"relative", "line 15 of /etc/passwd has \"srv\" as its home"},
	{"app:bad", "line 7 of /etc/group has \"4294967296\" as its gid"},
	{"app:short", "line 8 of /etc/group has 3 fields instead of 4"},
	{"app:wide", "line 9 of /etc/group has 5 fields instead of 4"},
	{"app:minus", "line 10 of /etc/group has \"-1\" as its gid"},
	{"app:blank", "line 11 of /etc/group has \" 1\" as its gid"},
};

static void
test_specs_that_could_be_misread_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused_rows) / sizeof(refused_rows[0]); i++) {
		static struct identity who;
		struct refusal why = {.text = ""};

		if (ids_resolve(refused_rows[i].spec, &passwd, &group, &who, &why) != -1)
			fail_msg("\"%s\" became %u:%u", refused_rows[i].spec, who.uid, who.gid);
		if (!strstr(why.text, refused_rows[i].says))
			fail_msg("\"%s\": \"%s\" does not say \"%s\"", refused_rows[i].spec,
				 why.text, refused_rows[i].says);
	}
}

struct taken_row {
	const char *spec;
	uid_t uid;
	gid_t gid;
	const char *groups; /* ascending */
	const char *home;
	const char *name;
};

static const struct taken_row taken_rows[] = {
	{"app", 10001, 10002, "29,44,46,10002", "/srv/app", "app"},
	{"10001", 10001, 10002, "29,44,46,10002", "/srv/app", "app"},
	{"app:app", 10001, 10002, "10002", "/srv/app", "app"},
	{"app:video", 10001, 44, "44", "/srv/app", "app"},
	{"app:0", 10001, 0, "0", "/srv/app", "app"},
	{"10001:4294967294", 10001, 4294967294U, "4294967294", "/srv/app", "app"},
	{"777", 777, 777, "777", "/", ""},
	{"4294967294", 4294967294U, 4294967294U, "4294967294", "/", ""},
	{"123", 123, 123, "123", "/", ""},
	{"0", 0, 0, "0", "/root", "root"},
	{"0x10", 16, 16, "16", "/", "0x10"},
	{"nohome", 20000, 20000, "20000", "/", "nohome"},
	{"last", 30000, 30000, "30000", "/", "last"},
};

static void
test_names_and_numbers_become_the_ids_and_groups_of_the_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(taken_rows) / sizeof(taken_rows[0]); i++) {
		const struct taken_row *row = &taken_rows[i];
		static struct identity who;
		struct refusal why = {.text = ""};
		char groups[200] = "";

		if (ids_resolve(row->spec, &passwd, &group, &who, &why))
			fail_msg("\"%s\": %s", row->spec, why.text);
		for (size_t g = 0; g < who.group_count; g++)
			snprintf(groups + strlen(groups), sizeof(groups) - strlen(groups), "%s%u",
				 g ? "," : "", who.groups[g]);
		if (who.uid != row->uid || who.gid != row->gid || strcmp(groups, row->groups) ||
		    strcmp(who.home, row->home) || strcmp(who.name, row->name))
			fail_msg("\"%s\" became %u:%u groups %s home %s name %s", row->spec,
				 who.uid, who.gid, groups, who.home, who.name);
	}
}

static void
test_a_number_whose_line_is_malformed_is_refused(void **state)
{
	static const struct ids_file file =
		TEXT("/etc/passwd", "broken:x:55:4294967296::/:/bin/sh\n");
	static struct identity who;
	struct refusal why = {.text = ""};

	(void)state;
	assert_int_equal(ids_resolve("55", &file, &group, &who, &why), -1);
	assert_non_null(strstr(why.text, "4294967296"));
}

static void
test_without_files_numbers_work_and_names_are_refused(void **state)
{
	static const struct ids_file none = {.path = "/etc/passwd"};
	static const struct ids_file no_group = {.path = "/etc/group"};
	static struct identity who;
	struct refusal why = {.text = ""};

	(void)state;
	assert_int_equal(ids_resolve("10001:10002", &none, &no_group, &who, &why), 0);
	assert_int_equal(who.uid, 10001);
	assert_int_equal(who.gid, 10002);
	assert_int_equal(ids_resolve("10001", &none, &no_group, &who, &why), 0);
	assert_int_equal(who.gid, 10001);
	assert_int_equal(who.group_count, 1);
	assert_int_equal(ids_resolve("app", &none, &no_group, &who, &why), -1);
	assert_non_null(strstr(why.text, "there is no /etc/passwd"));
	assert_non_null(strstr(why.text, "by number"));
	assert_int_equal(ids_resolve("1:app", &none, &no_group, &who, &why), -1);
	assert_non_null(strstr(why.text, "there is no /etc/group"));
}

static void
test_a_malformed_group_line_that_names_the_user_is_refused(void **state)
{
	static const struct ids_file broken = TEXT("/etc/group", "ok:x:1:other\nbad:x:0x0:app\n");
	static struct identity who;
	struct refusal why = {.text = ""};

	(void)state;
	assert_int_equal(ids_resolve("app", &passwd, &broken, &who, &why), -1);
	assert_non_null(strstr(why.text, "line 2 of /etc/group has \"0x0\""));
	/* With a GROUP the member lists are not asked. */
	assert_int_equal(ids_resolve("app:1", &passwd, &broken, &who, &why), 0);
}

static void
test_blanks_and_carriage_returns_around_names_are_no_part_of_them(void **state)
{
	static const struct ids_file users =
		TEXT("/etc/passwd",
		     "root:x:0:0::/:/bin/sh\r\n \tapp:x:10001:10001::/srv/app:/bin/sh\r\n");
	static const struct ids_file members = TEXT("/etc/group", "video:x:44:alice, app\n"
								  "audio:x:29:app\r\n"
								  "games:x:60:\tapp , bob\n"
								  " lp:x:7: app \r\n"
								  "tape:x:26:ap p,a pp, appx\r\n");
	static const gid_t wanted[] = {7, 29, 44, 10001};
	static struct identity who;
	struct refusal why = {.text = ""};

	(void)state;
	if (ids_resolve("app", &users, &members, &who, &why))
		fail_msg("%s", why.text);
	assert_string_equal(who.home, "/srv/app");
	assert_string_equal(who.shell, "/bin/sh");
	/* Blanks before a name are nothing to glibc, those behind it are part of it. */
	assert_int_equal(who.group_count, sizeof(wanted) / sizeof(wanted[0]));
	assert_memory_equal(who.groups, wanted, sizeof(wanted));
}

static void
test_an_overlong_line_is_refused_only_if_it_is_used(void **state)
{
	size_t size = IDS_LINE_MAX + 200;
	char *bytes = malloc(size);
	static struct identity who;
	struct refusal why = {.text = ""};

	(void)state;
	memset(bytes, 'x', size);
	memcpy(bytes, "big:x:5:5:", 10);
	memcpy(bytes + size - 40, ":/:/bin/sh\nsmall:x:6:6::/:/bin/sh\n", 34);
	struct ids_file file = {"/etc/passwd", bytes, size - 6, true, NULL};

	assert_int_equal(ids_resolve("big", &file, &group, &who, &why), -1);
	assert_non_null(strstr(why.text, "longer than 65535"));
	assert_int_equal(ids_resolve("small", &file, &group, &who, &why), 0);
	assert_int_equal(who.uid, 6);
	free(bytes);
}

static void
test_added_groups_are_sorted_and_kept_once(void **state)
{
	static struct identity who;
	struct refusal why = {.text = ""};

	(void)state;
	assert_int_equal(ids_resolve("app:app", &passwd, &group, &who, &why), 0);
	assert_int_equal(ids_add_group("video", &group, &who, &why), 0);
	assert_int_equal(ids_add_group("44", &group, &who, &why), 0);
	assert_int_equal(ids_add_group("5", &group, &who, &why), 0);
	assert_int_equal(who.group_count, 3);
	assert_int_equal(who.groups[0], 5);
	assert_int_equal(who.groups[1], 44);
	assert_int_equal(who.groups[2], 10002);
	assert_int_equal(ids_add_group("nobody-here", &group, &who, &why), -1);
	assert_int_equal(ids_add_group("4294967295", &group, &who, &why), -1);
	assert_int_equal(ids_add_group("", &group, &who, &why), -1);
}

static void
test_more_groups_than_there_is_room_for_are_refused(void **state)
{
	static struct identity who;
	struct refusal why = {.text = ""};

	(void)state;
	who.group_count = 0;
	for (gid_t gid = 0; gid < IDS_GROUPS_MAX; gid++)
		assert_int_equal(ids_add_gid(gid, &who, &why), 0);
	assert_int_equal(ids_add_gid(5, &who, &why), 0);
	assert_int_equal(ids_add_gid(IDS_GROUPS_MAX, &who, &why), -1);
	assert_non_null(strstr(why.text, "1024"));
}

static void
test_id_maps_hold_what_their_ranges_say(void **state)
{
	static const struct ids_file map =
		TEXT("/proc/self/uid_map", "         0     100000      65536\n"
					   "    200000          5          1\n");
	static const struct ids_file whole =
		TEXT("/proc/self/uid_map", "         0          0 4294967295\n");
	static const struct ids_file none = {.path = "/proc/self/uid_map"};
	char text[64];

	(void)state;
	assert_true(idmap_holds(&map, 0));
	assert_true(idmap_holds(&map, 65535));
	assert_false(idmap_holds(&map, 65536));
	assert_true(idmap_holds(&map, 200000));
	assert_false(idmap_holds(&map, 200001));
	assert_true(idmap_holds(&whole, 4294967294U));
	assert_true(idmap_holds(&none, 7));
	idmap_describe(&map, text, sizeof(text));
	assert_string_equal(text, "0-65535, 200000-200000");
}

static void
test_an_empty_id_map_holds_nothing(void **state)
{
	static const struct ids_file map = TEXT("/proc/self/uid_map", "");
	char text[8];

	(void)state;
	assert_false(idmap_holds(&map, 0));
	idmap_describe(&map, text, sizeof(text));
	assert_string_equal(text, "none");
}

static void
test_no_name_and_no_membership_comes_from_a_file_that_is_distrusted(void **state)
{
	static const struct ids_file others = {.path = "/etc/passwd", .distrust = "it is open"};
	static const struct ids_file open_group = {.path = "/etc/group", .distrust = "it is open"};
	struct identity who;
	struct refusal why;

	(void)state;
	assert_int_equal(ids_resolve("app", &others, &group, &who, &why), -1);
	assert_non_null(strstr(why.text, "\"app\" is not looked up: it is open"));
	assert_int_equal(ids_resolve("app:app", &passwd, &open_group, &who, &why), -1);
	assert_non_null(strstr(why.text, "\"app\" is not looked up: it is open"));
	/* The memberships of one who has an entry. */
	assert_int_equal(ids_resolve("app", &passwd, &open_group, &who, &why), -1);
	assert_non_null(strstr(why.text, "the groups of \"app\" are not looked up: it is open"));
	assert_int_equal(ids_add_group("audio", &open_group, &who, &why), -1);
	/* For numbers it counts as absent. */
	assert_int_equal(ids_resolve("10001", &others, &open_group, &who, &why), 0);
	assert_false(who.has_entry);
	assert_int_equal(who.gid, 10001);
	assert_int_equal(who.group_count, 1);
	assert_int_equal(ids_resolve("10001:44", &passwd, &open_group, &who, &why), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_specs_that_could_be_misread_are_refused),
		cmocka_unit_test(test_names_and_numbers_become_the_ids_and_groups_of_the_files),
		cmocka_unit_test(test_a_number_whose_line_is_malformed_is_refused),
		cmocka_unit_test(test_without_files_numbers_work_and_names_are_refused),
		cmocka_unit_test(test_a_malformed_group_line_that_names_the_user_is_refused),
		cmocka_unit_test(test_blanks_and_carriage_returns_around_names_are_no_part_of_them),
		cmocka_unit_test(test_an_overlong_line_is_refused_only_if_it_is_used),
		cmocka_unit_test(test_added_groups_are_sorted_and_kept_once),
		cmocka_unit_test(test_more_groups_than_there_is_room_for_are_refused),
		cmocka_unit_test(test_id_maps_hold_what_their_ranges_say),
		cmocka_unit_test(test_an_empty_id_map_holds_nothing),
		cmocka_unit_test(
			test_no_name_and_no_membership_comes_from_a_file_that_is_distrusted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
