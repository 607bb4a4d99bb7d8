/* SPDX-License-Identifier: MIT */
#include "init/settings.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct {
	const char *text;
	int signal; /* -1: refused */
} signal_rows[] = {
	{"TERM", 15},     {"SIGTERM", 15},  {"sigterm", 15},    {"term", 15},     {"15", 15},
	{"1", 1},         {"64", 64},       {"32", 32},         {"33", 33},       {"RTMIN", 34},
	{"SIGRTMIN", 34}, {"RTMIN+0", 34},  {"RTMIN+1", 35},    {"RTMIN+30", 64}, {"RTMAX", 64},
	{"RTMAX-0", 64},  {"RTMAX-1", 63},  {"RTMAX-30", 34},   {"RTMIN+15", 49}, {"RTMIN+16", 50},
	{"rtmax-14", 50}, {"IOT", 6},       {"CLD", 17},        {"POLL", 29},     {"SYS", 31},
	{"STKFLT", 16},   {"0", -1},        {"65", -1},         {"-1", -1},       {"+1", -1},
	{"015", -1},      {"15 ", -1},      {" 15", -1},        {"0x0f", -1},     {"", -1},
	{"SIG", -1},      {"SIG15", -1},    {"SIGSIGTERM", -1}, {"TERMS", -1},    {"RTMIN-1", -1},
	{"RTMIN+31", -1}, {"RTMAX-31", -1}, {"RTMIN+", -1},     {"RTMIN+1x", -1}, {"RTMAX+1", -1},
	{"EXIT", -1},     {"none", -1},     {"4294967311", -1},
};

static void
test_a_signal_is_a_name_or_a_number(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < sizeof(signal_rows) / sizeof(*signal_rows); i++)
		if (signals_parse(signal_rows[i].text) != signal_rows[i].signal)
			fail_msg("\"%s\" was read as %d", signal_rows[i].text,
				 signals_parse(signal_rows[i].text));
}

static void
test_every_name_is_read_back_as_its_number(void **unused)
{
	(void)unused;
	for (int signal = 1; signal <= SIGNALS_LAST; signal++)
		assert_int_equal(signals_parse(signals_name(signal)), signal);
	assert_string_equal(signals_name(0), "?");
	assert_string_equal(signals_name(65), "?");
	assert_string_equal(signals_name(-1), "?");
}

static void
test_every_signal_has_a_bit_of_its_own(void **unused)
{
	uint64_t all = 0;

	(void)unused;
	for (int signal = 1; signal <= SIGNALS_LAST; signal++)
		all |= signals_bit(signal);
	assert_true(all == UINT64_MAX);
	assert_true(signals_bit(1) == 1);
	assert_true(signals_bit(64) == UINT64_C(1) << 63);
}

static const struct {
	const char *text;
	int from, to; /* from 0: refused */
} map_rows[] = {
	{"TERM=QUIT", 15, 3},    {"TERM=none", 15, 0},
	{"15=3", 15, 3},         {"RTMIN=33", 34, 33},
	{"USR1=KILL", 10, 9},    {"HUP=NONE", 1, 0},
	{"TERM", 0, 0},          {"TERM=", 0, 0},
	{"=TERM", 0, 0},         {"none=TERM", 0, 0},
	{"TERM=0", 0, 0},        {"0=TERM", 0, 0},
	{"KILL=TERM", 0, 0},     {"STOP=TERM", 0, 0},
	{"TERM=QUIT=INT", 0, 0}, {"AVERYLONGNAMEOFNOSIGNAL=TERM", 0, 0},
};

static void
test_a_signal_map_is_from_and_to(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < sizeof(map_rows) / sizeof(*map_rows); i++) {
		struct init_settings settings;
		struct refusal why;
		int result;

		decide_defaults(&settings);
		result = settings_map_signal(&settings, map_rows[i].text, &why);
		if ((result != 0) != (map_rows[i].from == 0))
			fail_msg("\"%s\": %d", map_rows[i].text, result);
		for (int signal = 1; signal <= SIGNALS_LAST; signal++)
			assert_int_equal(settings.signal_map[signal],
					 signal == map_rows[i].from ? map_rows[i].to : signal);
	}
}

static const struct {
	const char *text;
	int from, to; /* from -1: refused */
} exit_rows[] = {
	{"143=0", 143, 0}, {"0=1", 0, 1},   {"255=254", 255, 254}, {"256=0", -1, 0},
	{"0=256", -1, 0},  {"=0", -1, 0},   {"1=", -1, 0},         {"1", -1, 0},
	{"-1=0", -1, 0},   {"01=0", -1, 0}, {"1=00", -1, 0},       {"1=2=3", -1, 0},
	{" 1=2", -1, 0},   {"1= 2", -1, 0}, {"x=1", -1, 0},        {"4294967439=0", -1, 0},
};

static void
test_an_exit_map_is_code_and_code(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < sizeof(exit_rows) / sizeof(*exit_rows); i++) {
		struct init_settings settings;
		struct refusal why;
		int result;

		decide_defaults(&settings);
		result = settings_map_exit(&settings, exit_rows[i].text, &why);
		if ((result != 0) != (exit_rows[i].from < 0))
			fail_msg("\"%s\": %d", exit_rows[i].text, result);
		for (int code = 0; code < 256; code++)
			assert_int_equal(settings.exit_map[code],
					 code == exit_rows[i].from ? exit_rows[i].to : code);
	}
}

static void
test_nothing_is_mapped_twice(void **unused)
{
	struct init_settings settings;
	struct refusal why;

	(void)unused;
	decide_defaults(&settings);
	assert_int_equal(settings_map_signal(&settings, "TERM=QUIT", &why), 0);
	assert_int_equal(settings_map_signal(&settings, "SIGTERM=INT", &why), -1);
	assert_non_null(strstr(why.text, "already"));
	assert_int_equal(settings_map_exit(&settings, "1=2", &why), 0);
	assert_int_equal(settings_map_exit(&settings, "1=3", &why), -1);
	assert_non_null(strstr(why.text, "already"));
	/* To itself is no map, and takes none away. */
	assert_int_equal(settings_map_signal(&settings, "HUP=HUP", &why), 0);
	assert_int_equal(settings_map_signal(&settings, "HUP=INT", &why), 0);
	assert_int_equal(settings_map_signal(&settings, "HUP=HUP", &why), -1);
	assert_int_equal(settings_map_exit(&settings, "2=2", &why), 0);
	assert_int_equal(settings_map_exit(&settings, "2=3", &why), 0);
}

static void
test_a_stop_signal_is_one_that_can_come(void **unused)
{
	struct init_settings settings;
	struct refusal why;

	(void)unused;
	decide_defaults(&settings);
	assert_true(settings.stop_signals == signals_bit(SIGTERM));
	assert_int_equal(settings_stop_signal(&settings, "RTMIN+3", &why), 0);
	assert_true(settings.stop_signals == (signals_bit(SIGTERM) | signals_bit(37)));
	assert_int_equal(settings_stop_signal(&settings, "KILL", &why), -1);
	assert_int_equal(settings_stop_signal(&settings, "STOP", &why), -1);
	assert_int_equal(settings_stop_signal(&settings, "CHLD", &why), -1);
	assert_int_equal(settings_stop_signal(&settings, "WHATEVER", &why), -1);
	assert_non_null(strstr(why.text, "WHATEVER"));
}

static void
test_init_is_auto_always_or_never(void **unused)
{
	enum init_wish wish = INIT_WISH_NEVER;
	struct refusal why;

	(void)unused;
	assert_int_equal(settings_init(&wish, "auto", &why), 0);
	assert_int_equal(wish, INIT_WISH_AUTO);
	assert_int_equal(settings_init(&wish, "always", &why), 0);
	assert_int_equal(wish, INIT_WISH_ALWAYS);
	assert_int_equal(settings_init(&wish, "never", &why), 0);
	assert_int_equal(wish, INIT_WISH_NEVER);
	assert_int_equal(settings_init(&wish, "Always", &why), -1);
	assert_int_equal(settings_init(&wish, "", &why), -1);
	assert_int_equal(wish, INIT_WISH_NEVER);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_signal_is_a_name_or_a_number),
		cmocka_unit_test(test_every_name_is_read_back_as_its_number),
		cmocka_unit_test(test_every_signal_has_a_bit_of_its_own),
		cmocka_unit_test(test_a_signal_map_is_from_and_to),
		cmocka_unit_test(test_an_exit_map_is_code_and_code),
		cmocka_unit_test(test_nothing_is_mapped_twice),
		cmocka_unit_test(test_a_stop_signal_is_one_that_can_come),
		cmocka_unit_test(test_init_is_auto_always_or_never),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
