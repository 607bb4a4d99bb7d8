/* SPDX-License-Identifier: MIT */
#include "confine/rlimits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define NONE RLIM_INFINITY

static void
test_a_limit_is_a_name_and_one_or_two_values(void **state)
{
	static const struct {
		const char *text;
		int resource;
		rlim_t soft, hard;
	} rows[] = {
		{"nofile=65536", RLIMIT_NOFILE, 65536, 65536},
		{"nofile=1024:65536", RLIMIT_NOFILE, 1024, 65536},
		{"core=0", RLIMIT_CORE, 0, 0},
		{"core=unlimited", RLIMIT_CORE, NONE, NONE},
		{"memlock=0:unlimited", RLIMIT_MEMLOCK, 0, NONE},
		{"as=18446744073709551614", RLIMIT_AS, 18446744073709551614ULL,
		 18446744073709551614ULL},
		{"cpu=1", RLIMIT_CPU, 1, 1},
		{"data=1", RLIMIT_DATA, 1, 1},
		{"fsize=1", RLIMIT_FSIZE, 1, 1},
		{"locks=1", RLIMIT_LOCKS, 1, 1},
		{"msgqueue=1", RLIMIT_MSGQUEUE, 1, 1},
		{"nice=1", RLIMIT_NICE, 1, 1},
		{"nproc=1", RLIMIT_NPROC, 1, 1},
		{"rss=1", RLIMIT_RSS, 1, 1},
		{"rtprio=1", RLIMIT_RTPRIO, 1, 1},
		{"rttime=1", RLIMIT_RTTIME, 1, 1},
		{"sigpending=1", RLIMIT_SIGPENDING, 1, 1},
		{"stack=1", RLIMIT_STACK, 1, 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rlimit_setting setting;

		print_message("%s\n", rows[i].text);
		assert_null(rlimit_parse(rows[i].text, &setting));
		assert_int_equal(setting.resource, rows[i].resource);
		assert_true(setting.soft == rows[i].soft);
		assert_true(setting.hard == rows[i].hard);
		assert_memory_equal(rlimit_name(setting.resource), rows[i].text,
				    strcspn(rows[i].text, "="));
	}
}

static void
test_what_is_no_limit_is_refused(void **state)
{
	static const struct {
		const char *text;
		const char *says;
	} rows[] = {
		{"nofile", "no value"},
		{"", "no value"},
		{"nofil=1", "no such resource"},
		{"nofiles=1", "no such resource"},
		{"NOFILE=1", "no such resource"},
		{"RLIMIT_NOFILE=1", "no such resource"},
		{"=1", "no such resource"},
		{" nofile=1", "no such resource"},
		{"nofile=", "is a number"},
		{"nofile=:", "is a number"},
		{"nofile=1:", "is a number"},
		{"nofile=:1", "is a number"},
		{"nofile=1:2:3", "is a number"},
		{"nofile=-1", "is a number"},
		{"nofile=+1", "is a number"},
		{"nofile=1k", "is a number"},
		{"nofile=0x10", "is a number"},
		{"nofile= 1", "is a number"},
		{"nofile=unlimitedx", "is a number"},
		{"nofile=infinity", "is a number"},
		{"nofile=18446744073709551615", "is a number"},
		{"nofile=18446744073709551616", "is a number"},
		{"nofile=99999999999999999999999", "is a number"},
		{"nofile=2:1", "above the hard one"},
		{"nofile=unlimited:1", "above the hard one"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rlimit_setting setting;
		const char *wrong = rlimit_parse(rows[i].text, &setting);

		print_message("%s\n", rows[i].text);
		assert_non_null(wrong);
		assert_non_null(strstr(wrong, rows[i].says));
	}
}

static void
test_the_refusal_of_a_name_says_all_names(void **state)
{
	struct rlimit_setting setting;
	const char *wrong = rlimit_parse("x=1", &setting);

	(void)state;
	for (int resource = 0; resource < RLIM_NLIMITS; resource++) {
		assert_non_null(rlimit_name(resource));
		assert_non_null(strstr(wrong, rlimit_name(resource)));
	}
	assert_null(rlimit_name(RLIM_NLIMITS));
	assert_null(rlimit_name(-1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_limit_is_a_name_and_one_or_two_values),
		cmocka_unit_test(test_what_is_no_limit_is_refused),
		cmocka_unit_test(test_the_refusal_of_a_name_says_all_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
