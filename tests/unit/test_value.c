/* SPDX-License-Identifier: MIT */
#include "value.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void
test_a_number_is_digits_that_cannot_wrap(void **state)
{
	static const struct {
		const char *text;
		uint64_t most;
		bool good;
		uint64_t number;
	} rows[] = {
		{"0", 0, true, 0},
		{"7", 7, true, 7},
		{"255", 255, true, 255},
		{"4294967294", 4294967294U, true, 4294967294U},
		{"18446744073709551614", UINT64_MAX - 1, true, UINT64_MAX - 1},
		{"18446744073709551615", UINT64_MAX, true, UINT64_MAX},
		{"8", 7, false, 0},
		{"256", 255, false, 0},
		{"4294967295", 4294967294U, false, 0},
		{"4294967296", 4294967294U, false, 0},
		{"18446744073709551615", UINT64_MAX - 1, false, 0},
		{"18446744073709551616", UINT64_MAX, false, 0},
		{"99999999999999999999999", UINT64_MAX, false, 0},
		{"", 9, false, 0},
		{"00", 9, false, 0},
		{"01", 9, false, 0},
		{"-1", 9, false, 0},
		{"+1", 9, false, 0},
		{" 1", 9, false, 0},
		{"1 ", 9, false, 0},
		{"0x1", 9, false, 0},
		{"1e1", 99, false, 0},
		{"a", 99, false, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t number = 0;

		print_message("\"%s\"\n", rows[i].text);
		assert_int_equal(
			value_number(rows[i].text, strlen(rows[i].text), rows[i].most, &number),
			rows[i].good);
		assert_true(number == rows[i].number);
	}
	/* What is behind the length does not count. */
	uint64_t number = 0;

	assert_true(value_number("123", 2, 99, &number) && number == 12);
	assert_false(value_number("123", 0, 99, &number));
}

static void
test_a_mode_is_octal_and_bounded(void **state)
{
	static const struct {
		const char *text;
		mode_t most;
		bool good;
		mode_t mode;
	} rows[] = {
		{"0750", 07777, true, 0750},
		{"750", 07777, true, 0750},
		{"0", 0777, true, 0},
		{"02775", 07777, true, 02775},
		{"7777", 07777, true, 07777},
		{"077", 0777, true, 077},
		{"0777", 0777, true, 0777},
		{"0022", 0777, true, 022},
		{"", 07777, false, 0},
		{"0x1ff", 07777, false, 0},
		{"758", 07777, false, 0},
		{"-1", 07777, false, 0},
		{"+750", 07777, false, 0},
		{" 750", 07777, false, 0},
		{"750 ", 07777, false, 0},
		{"10000", 07777, false, 0},
		{"1000", 0777, false, 0},
		{"u=rwx", 07777, false, 0},
		{"00022", 0777, false, 0},
		{"000750", 07777, false, 0},
		{"40000000750", 07777, false, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		mode_t mode = 0;

		print_message("\"%s\"\n", rows[i].text);
		assert_int_equal(
			value_octal(rows[i].text, strlen(rows[i].text), rows[i].most, &mode),
			rows[i].good);
		assert_int_equal(mode, rows[i].mode);
	}
}

static const struct {
	const char *text;
	bool refused;
	uint64_t milliseconds;
} duration_rows[] = {
	{"0", false, 0},
	{"1", false, 1000},
	{"10", false, 10000},
	{"0.5", false, 500},
	{"0.05", false, 50},
	{"1.234", false, 1234},
	{"999999999", false, 999999999000},
	{"1000000000", true, 0},
	{"", true, 0},
	{".5", true, 0},
	{"5.", true, 0},
	{"05", true, 0},
	{"-1", true, 0},
	{"1.5.5", true, 0},
	{"1.2345", true, 0},
	{"1e3", true, 0},
	{" 1", true, 0},
	{"10s", false, 10000},
	{"0s", false, 0},
	{"1.5s", false, 1500},
	{"500ms", false, 500},
	{"0ms", false, 0},
	{"999999999ms", false, 999999999},
	{"1m", false, 60000},
	{"1.5m", false, 90000},
	{"0.001m", false, 60},
	{"999999999m", false, 59999999940000},
	{"1000000000ms", true, 0},
	{"0.5ms", true, 0},
	{"1.00001m", true, 0},
	{"ms", true, 0},
	{"s", true, 0},
	{"10 s", true, 0},
	{"10S", true, 0},
	{"10sm", true, 0},
	{"10h", true, 0},
	{"5.s", true, 0},
	{"1m30s", true, 0},
	{"18446744073709551616", true, 0},
};

static void
test_a_duration_is_seconds_unless_a_unit_is_said(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(duration_rows) / sizeof(*duration_rows); i++) {
		uint64_t milliseconds = 0;

		if (value_duration(duration_rows[i].text, &milliseconds) ==
			    duration_rows[i].refused ||
		    milliseconds != duration_rows[i].milliseconds)
			fail_msg("\"%s\": %llu", duration_rows[i].text,
				 (unsigned long long)milliseconds);
	}
}

static void
test_one_name_at_most_is_what_was_meant(void **state)
{
	static const char *const names[] = {"user",     "umask",       "env",   "net-bind",
					    "fs-ro",    "fs-rw",       "chown", "chown-once",
					    "landlock", "stop-signal", "Europe"};
	static const struct {
		const char *text;
		const char *name; /* NULL: none */
	} rows[] = {
		{"usr", "user"},
		{"uesr", "user"},
		{"users", "user"},
		{"User", "user"},
		{"usher", "user"},
		{"umaks", "umask"},
		{"netbind", "net-bind"},
		{"net-bnid", "net-bind"},
		{"nte-bnid", "net-bind"},
		{"lnadlok", "landlock"},
		{"chown-one", "chown-once"},
		{"europe", "Europe"},
		{"en", NULL},
		{"evn", "env"},
		{"xyz", NULL},
		{"us", NULL},
		{"sr", NULL},
		{"", NULL},
		{"fs-rx", NULL},
		{"fs-r", NULL},
		{"usrs!", NULL},
		{"nte-bndi-", NULL},
		{"stopsignals", "stop-signal"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct value_meant meant = {.name = NULL};

		for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++)
			value_compare(&meant, rows[i].text, strlen(rows[i].text), names[n]);
		print_message("%s: %s\n", rows[i].text, meant.name ? meant.name : "none");
		if (rows[i].name) {
			assert_non_null(meant.name);
			assert_string_equal(meant.name, rows[i].name);
		} else {
			assert_null(meant.name);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_number_is_digits_that_cannot_wrap),
		cmocka_unit_test(test_a_mode_is_octal_and_bounded),
		cmocka_unit_test(test_one_name_at_most_is_what_was_meant),
		cmocka_unit_test(test_a_duration_is_seconds_unless_a_unit_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
