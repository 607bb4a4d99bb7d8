/* SPDX-License-Identifier: MIT */
#include "setup/zone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define ZONES "/usr/share/zoneinfo"
#define TEN "abcdefghij"
#define FIFTY TEN TEN TEN TEN TEN

static void
test_a_zone_is_a_name_a_rule_or_a_path_below_the_directory(void **state)
{
	static const struct {
		const char *text;
		const char *kept;
		bool is_name, is_rule;
	} rows[] = {
		{"Europe/Ljubljana", "Europe/Ljubljana", true, false},
		{":Europe/Ljubljana", "Europe/Ljubljana", true, false},
		{ZONES "/Europe/Ljubljana", "Europe/Ljubljana", true, false},
		{":" ZONES "/Asia/Tokyo", "Asia/Tokyo", true, false},
		{"UTC", "UTC", true, false},
		{"Etc/GMT+5", "Etc/GMT+5", true, false},
		{"America/Port-au-Prince", "America/Port-au-Prince", true, false},
		{"America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires", true, false},
		{"EST5EDT", "EST5EDT", true, true},
		{"GMT0", "GMT0", true, true},
		{"GMT-0", "GMT-0", true, true},
		{"CET-1CEST,M3.5.0,M10.5.0/3", "CET-1CEST,M3.5.0,M10.5.0/3", false, true},
		{":CET-1CEST,M3.5.0,M10.5.0/3", "CET-1CEST,M3.5.0,M10.5.0/3", false, true},
		{"<+0330>-3:30", "<+0330>-3:30", false, true},
		{"<-03>3<-02>,M3.5.0/-2,M10.5.0/-1", "<-03>3<-02>,M3.5.0/-2,M10.5.0/-1", false,
		 true},
		{ZONES "/EST5EDT", "EST5EDT", true, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct zone zone;
		struct refusal why;

		print_message("%s\n", rows[i].text);
		assert_int_equal(zone_parse(rows[i].text, ZONES, &zone, &why), 0);
		assert_string_equal(zone.text, rows[i].kept);
		assert_int_equal(zone.is_name, rows[i].is_name);
		assert_int_equal(zone.is_rule, rows[i].is_rule);
	}
}

static void
test_what_is_no_zone_is_refused_with_its_value(void **state)
{
	static const struct {
		const char *text;
		const char *says;
	} rows[] = {
		{"", "is empty"},
		{":", "is empty"},
		{"/etc/shadow", "not below"},
		{":/etc/shadow", "not below"},
		{ZONES, "not below"},
		{ZONES "x/UTC", "not below"},
		{ZONES "/", "neither"},
		{ZONES "/../../../etc/shadow", "neither"},
		{ZONES "/CET-1CEST,M3.5.0,M10.5.0/3", "neither"},
		{ZONES "//etc/shadow", "neither"},
		{"../../../etc/shadow", "neither"},
		{"Europe/../../etc/shadow", "neither"},
		{"Europe/./Ljubljana", "neither"},
		{"Europe//Ljubljana", "neither"},
		{"Europe/", "neither"},
		{"Europe/.hidden", "neither"},
		{"-Europe", "neither"},
		{"::UTC", "neither"},
		{"Europe/Ljubl jana", "neither"},
		{"Europe/Ljubljana\n", "neither"},
		{"UTC\x01", "neither"},
		{"Europe/Ljublj\xc3\xa1na", "neither"},
		{"$(id)", "neither"},
		{FIFTY FIFTY FIFTY FIFTY FIFTY "abcdef", "longer than 255"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct zone zone;
		struct refusal why = {.text = ""};

		print_message("%s\n", rows[i].text);
		assert_int_equal(zone_parse(rows[i].text, ZONES, &zone, &why), -1);
		assert_non_null(strstr(why.text, rows[i].says));
		/* So much of it that what is wrong still fits behind it. */
		char shown[161] = "";

		strncat(shown, rows[i].text, sizeof(shown) - 1);
		if (shown[0] && shown[1])
			assert_non_null(strstr(why.text, shown));
	}
}

static void
test_a_rule_follows_the_grammar_to_its_end(void **state)
{
	static const struct {
		const char *text;
		bool good;
	} rows[] = {
		{"CET-1", true},
		{"CET-1CEST", true},
		{"CET-1CEST-2", true},
		{"CET-1CEST-2:00:00,M3.5.0/2,M10.5.0/3", true},
		{"CET+24", true},
		{"CET-24:59:59", true},
		{"IST-2IDT,M3.4.4/26,M10.5.0", true},
		{"EET-2EEST,M3.5.0/167,M10.5.0/-167", true},
		{"AAA0BBB,J1,J365", true},
		{"AAA0BBB,0,365/0:0:0", true},
		{"<A1+>0", true},
		{"", false},
		{"CE-1", false},
		{"CET", false},
		{"CET-", false},
		{"CET+-1", false},
		{"CET25", false},
		{"CET001", false},
		{"CET1:60", false},
		{"CET1:", false},
		{"CET1:0:60", false},
		{"CET1:0:0:0", false},
		{"CET-1CE", false},
		{"CET-1CEST,", false},
		{"CET-1CEST,M3.5.0", false},
		{"CET-1CEST,M3.5.0,", false},
		{"CET-1CEST,M3.5.0,M10.5.0,", false},
		{"CET-1CEST,M3.5.0,M10.5.0 ", false},
		{"CET-1,M3.5.0,M10.5.0", false},
		{"CET-1CEST,M0.5.0,M10.5.0", false},
		{"CET-1CEST,M13.5.0,M10.5.0", false},
		{"CET-1CEST,M3.0.0,M10.5.0", false},
		{"CET-1CEST,M3.6.0,M10.5.0", false},
		{"CET-1CEST,M3.5.7,M10.5.0", false},
		{"CET-1CEST,M3.5,M10.5.0", false},
		{"CET-1CEST,J0,J365", false},
		{"CET-1CEST,J1,J366", false},
		{"CET-1CEST,0,366", false},
		{"CET-1CEST,0,36500000000000000000000", false},
		{"EET-2EEST,M3.5.0/168,M10.5.0", false},
		{"<+03>3>", false},
		{"<+0330-3", false},
		{"<+3>-3", false},
		{"C3T-1", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		print_message("%s\n", rows[i].text);
		assert_int_equal(zone_is_rule(rows[i].text), rows[i].good);
	}
}

/* A head that announces 1 time, 2 types, 8 characters, 1 leap second, 2 and 2 flags. */
static const unsigned char good_head[ZONE_HEAD_SIZE] = {
	'T', 'Z', 'i', 'f', '2', [23] = 2, [27] = 2, [31] = 1, [35] = 1, [39] = 2, [43] = 8};

enum { GOOD_SIZE = ZONE_HEAD_SIZE + 5 + 12 + 8 + 8 + 2 + 2 };

static void
test_a_head_announces_no_more_than_the_file_holds(void **state)
{
	(void)state;
	assert_true(zone_head_is_valid(good_head, sizeof(good_head), GOOD_SIZE));
	assert_true(zone_head_is_valid(good_head, sizeof(good_head), ZONE_FILE_MOST));
	assert_false(zone_head_is_valid(good_head, sizeof(good_head), GOOD_SIZE - 1));
	assert_false(zone_head_is_valid(good_head, sizeof(good_head), ZONE_FILE_MOST + 1ULL));
	assert_false(zone_head_is_valid(good_head, sizeof(good_head) - 1, GOOD_SIZE));
}

static void
test_each_wrong_byte_of_a_head_is_refused(void **state)
{
	static const struct {
		size_t at;
		unsigned char byte;
		bool good;
	} rows[] = {
		{0, 't', false},   {3, 'F', false}, {4, 0, true},      {4, '4', true},
		{4, '1', false},   {4, ':', false}, {23, 0, true},     {23, 1, false},
		{27, 0, true},     {27, 3, false},  {39, 0, false},    {43, 0, false},
		{32, 0xff, false}, {40, 1, false},  {28, 0xff, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unsigned char head[ZONE_HEAD_SIZE];

		memcpy(head, good_head, sizeof(head));
		head[rows[i].at] = rows[i].byte;
		print_message("byte %zu = %u\n", rows[i].at, rows[i].byte);
		assert_int_equal(zone_head_is_valid(head, sizeof(head), GOOD_SIZE), rows[i].good);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_zone_is_a_name_a_rule_or_a_path_below_the_directory),
		cmocka_unit_test(test_what_is_no_zone_is_refused_with_its_value),
		cmocka_unit_test(test_a_rule_follows_the_grammar_to_its_end),
		cmocka_unit_test(test_a_head_announces_no_more_than_the_file_holds),
		cmocka_unit_test(test_each_wrong_byte_of_a_head_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
