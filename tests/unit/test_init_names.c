/* SPDX-License-Identifier: MIT */
#include "init/signals.h"

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_signal_is_a_name_or_a_number),
		cmocka_unit_test(test_every_name_is_read_back_as_its_number),
		cmocka_unit_test(test_every_signal_has_a_bit_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
