/* SPDX-License-Identifier: MIT */
/* What stops the service from starting, and what is only said. */
#include "certs_sample.h"
#include "setup/certs_places.h"
#include "setup/certs_verdict.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define READ(...)                                                                                  \
	{                                                                                          \
		.state = CERTS_READ, __VA_ARGS__                                                   \
	}
#define GOOD READ(.certificates = 144, .earliest = 1795737600)
#define ABSENT                                                                                     \
	{                                                                                          \
		.state = CERTS_CANNOT_OPEN, .error = ENOENT                                        \
	}

enum { ADDED = 2 };

struct row {
	const char *what;
	struct certs_report report[3]; /* /first, /second, and the addition if there is one */
	int found;
	enum certs_demand demand;
	bool adds;
	bool refused;
	const char *says; /* the refusal or the first warning; NULL: no word */
};

static const struct row rows[] = {
	{"good", {GOOD}, 0, CERTS_REQUIRE, false, false, NULL},
	{"the second is good", {ABSENT, GOOD}, 1, CERTS_REQUIRE, false, false, NULL},
	{"nothing, require",
	 {ABSENT, ABSENT},
	 -1,
	 CERTS_REQUIRE,
	 false,
	 true,
	 "install ca-certificates"},
	{"nothing, warn",
	 {ABSENT, ABSENT},
	 -1,
	 CERTS_WARN,
	 false,
	 false,
	 "install ca-certificates"},
	{"nothing, off", {ABSENT, ABSENT}, -1, CERTS_OFF, false, false, NULL},
	{"unreadable",
	 {{.state = CERTS_CANNOT_OPEN, .error = EACCES}, ABSENT},
	 -1,
	 CERTS_REQUIRE,
	 false,
	 true,
	 "for uid 1000: '/first' cannot be read: Permission denied"},
	{"the unreadable one behind an absent one",
	 {ABSENT, {.state = CERTS_CANNOT_OPEN, .error = EACCES}},
	 -1,
	 CERTS_REQUIRE,
	 false,
	 true,
	 "'/second' cannot be read"},
	{"a FIFO",
	 {{.state = CERTS_WRONG_KIND}, ABSENT},
	 -1,
	 CERTS_REQUIRE,
	 false,
	 true,
	 "regular file"},
	{"too large",
	 {{.state = CERTS_TOO_LARGE, .limit = 8388608, .found = 9000000}, ABSENT},
	 -1,
	 CERTS_REQUIRE,
	 false,
	 true,
	 "has 9000000 bytes, at most 8388608 are read"},
	{"too many",
	 {{.state = CERTS_TOO_MANY, .limit = 4096, .found = 10000}, ABSENT},
	 -1,
	 CERTS_REQUIRE,
	 false,
	 true,
	 "holds 10000 certificates, at most 4096 are read"},
	{"too crowded",
	 {{.state = CERTS_TOO_CROWDED, .limit = 4096, .found = 4097}, ABSENT},
	 -1,
	 CERTS_REQUIRE,
	 false,
	 true,
	 "more than 4096 names"},
	{"empty",
	 {READ(.files = 1), ABSENT},
	 -1,
	 CERTS_REQUIRE,
	 false,
	 true,
	 "holds no certificate"},
	{"malformed",
	 {READ(.malformed = 7), ABSENT},
	 -1,
	 CERTS_REQUIRE,
	 false,
	 true,
	 "no certificate, but 7 malformed"},
	{"all expired",
	 {READ(.certificates = 3, .expired = 2, .not_yet_valid = 1), ABSENT},
	 -1,
	 CERTS_REQUIRE,
	 false,
	 true,
	 "3 certificates, of which 2 have expired and 1 are not valid yet"},
	{"all expired, warn",
	 {READ(.certificates = 3, .expired = 3), ABSENT},
	 -1,
	 CERTS_WARN,
	 false,
	 false,
	 "3 have expired"},
	{"some expired",
	 {READ(.certificates = 144, .expired = 4, .earliest = 1795737600)},
	 0,
	 CERTS_REQUIRE,
	 false,
	 false,
	 "'/first': 4 of 144 certificates have expired"},
	{"some not yet",
	 {READ(.certificates = 144, .not_yet_valid = 2, .earliest = 1795737600)},
	 0,
	 CERTS_REQUIRE,
	 false,
	 false,
	 "2 of 144 certificates are not valid yet"},
	{"a key",
	 {READ(.certificates = 1, .keys = 1, .earliest = 1795737600)},
	 0,
	 CERTS_REQUIRE,
	 false,
	 false,
	 "1 private keys"},
	{"some malformed",
	 {READ(.certificates = 1, .malformed = 2, .earliest = 1795737600)},
	 0,
	 CERTS_REQUIRE,
	 false,
	 false,
	 "2 blocks are malformed"},
	{"writable",
	 {READ(.certificates = 1, .writable = 1, .earliest = 1795737600)},
	 0,
	 CERTS_REQUIRE,
	 false,
	 false,
	 "can be changed or replaced by uid 1000"},
	{"shadowed",
	 {{.state = CERTS_CANNOT_OPEN, .error = EACCES}, GOOD},
	 1,
	 CERTS_REQUIRE,
	 false,
	 false,
	 "'/first' cannot be read: Permission denied; '/second' is used instead"},
	{"off is silent",
	 {READ(.certificates = 2, .expired = 1, .earliest = 1795737600)},
	 0,
	 CERTS_OFF,
	 false,
	 false,
	 NULL},
	{"an addition", {GOOD, {0}, GOOD}, 0, CERTS_OFF, true, false, NULL},
	{"an addition and nothing to add it to",
	 {ABSENT, ABSENT, GOOD},
	 -1,
	 CERTS_OFF,
	 true,
	 false,
	 "install ca-certificates"},
	{"an addition that is absent",
	 {GOOD, {0}, ABSENT},
	 0,
	 CERTS_OFF,
	 true,
	 true,
	 "--ca-add /added cannot be read: No such file or directory"},
	{"an addition that is closed to the user",
	 {GOOD, {0}, {.state = CERTS_CANNOT_OPEN, .error = EACCES}},
	 0,
	 CERTS_WARN,
	 true,
	 true,
	 "it is read as the service's user"},
	{"an addition without certificates",
	 {GOOD, {0}, READ(.keys = 1)},
	 0,
	 CERTS_WARN,
	 true,
	 true,
	 "--ca-add /added holds no certificate"},
	{"an addition of OpenSSL's kind",
	 {GOOD, {0}, READ(.openssl_only = 1)},
	 0,
	 CERTS_WARN,
	 true,
	 true,
	 "convert it with openssl x509"},
	{"an addition with a broken block",
	 {GOOD, {0}, READ(.certificates = 2, .malformed = 1, .earliest = 1795737600)},
	 0,
	 CERTS_WARN,
	 true,
	 true,
	 "2 certificates and 1 malformed"},
	{"an addition that is too much",
	 {GOOD,
	  {0},
	  {.state = CERTS_NO_ROOM, .limit = 8388608, .found = 8388000, .certificates = 9}},
	 0,
	 CERTS_WARN,
	 true,
	 true,
	 "4096 certificates and 8388608 bytes"},
	{"an addition that has expired",
	 {GOOD, {0}, READ(.certificates = 1, .expired = 1)},
	 0,
	 CERTS_WARN,
	 true,
	 false,
	 "'/added': 1 of 1 certificates have expired"},
	{"an added directory with more in it",
	 {GOOD, {0}, READ(.certificates = 1, .skipped = 3, .earliest = 1795737600)},
	 0,
	 CERTS_WARN,
	 true,
	 false,
	 "--ca-add /added: 3 entries were left out"},
};

static void
test_each_answer_has_its_verdict(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		struct certs_request request = {
			.places = 2, .additions = row->adds, .drop.uid = 1000};
		struct certs_answer answer = {.found = row->found};
		static struct certs_warnings warnings;
		struct refusal why = {.text = ""};

		request.path[0].path = "/first";
		request.path[1].path = "/second";
		request.path[ADDED].path = "/added";
		memcpy(answer.report, row->report, sizeof(row->report));
		int result = certs_judge(&request, &answer, row->demand, &warnings, &why);
		if (result != (row->refused ? -1 : 0))
			fail_msg("%s: %d %s", row->what, result, why.text);
		const char *said = row->refused         ? why.text
				   : warnings.count > 0 ? warnings.warning[0].text
							: NULL;
		if ((said == NULL) != (row->says == NULL) ||
		    (said != NULL && strstr(said, row->says) == NULL))
			fail_msg("%s: '%s'", row->what, said != NULL ? said : "(nothing)");
	}
}

static void
test_a_missing_ssl_cert_file_is_named(void **state)
{
	static struct certs_warnings warnings;
	struct certs_answer answer = {.found = -1};
	struct certs_request request = {.drop.uid = 1000};
	struct certs_names names;
	struct refusal why;

	(void)state;
	assert_int_equal(certs_places_fill("/my.pem", "/my", &names, &request, &why), 0);
	for (unsigned i = 0; i < request.places; i++)
		answer.report[i] = (struct certs_report)ABSENT;
	assert_int_equal(certs_judge(&request, &answer, CERTS_REQUIRE, &warnings, &why), -1);
	assert_non_null(strstr(why.text, "'/my.pem', which SSL_CERT_FILE names, is not there"));
}

static void
test_more_warnings_than_have_room_are_left_out(void **state)
{
	static struct certs_warnings warnings;
	struct certs_answer answer = {.found = 40};
	struct certs_request request = {.places = 41};
	struct refusal why;

	(void)state;
	for (unsigned i = 0; i < request.places; i++) {
		request.path[i].path = "/p";
		answer.report[i] = (struct certs_report)READ(.files = 1);
	}
	answer.report[40] = (struct certs_report)GOOD;
	assert_int_equal(certs_judge(&request, &answer, CERTS_WARN, &warnings, &why), 0);
	assert_int_equal(warnings.count, CERTS_WARNINGS_MAX);
}

static void
test_the_earliest_expiry_is_said(void **state)
{
	struct certs_path path = {.path = "/ca.pem"};
	struct certs_report good = READ(.certificates = 144, .expired = 4, .earliest = 1795812822);
	struct certs_report bad = READ(.certificates = 2, .expired = 2);
	struct refusal sentence;

	(void)state;
	certs_describe(&path, &good, &sentence);
	assert_string_equal(sentence.text,
			    "144 certificates in '/ca.pem', 4 expired, 0 not valid yet, "
			    "the first of the others expires on 2026-11-27");
	good.earliest = 253402300799;
	certs_describe(&path, &good, &sentence);
	assert_non_null(strstr(sentence.text, "9999-12-31"));
	good.earliest = INT64_MAX; /* a child may say so */
	certs_describe(&path, &good, &sentence);
	assert_non_null(strstr(sentence.text, "an unknown day"));
	certs_describe(&path, &bad, &sentence);
	assert_string_equal(sentence.text, "2 certificates in '/ca.pem', none of them valid");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_answer_has_its_verdict),
		cmocka_unit_test(test_a_missing_ssl_cert_file_is_named),
		cmocka_unit_test(test_more_warnings_than_have_room_are_left_out),
		cmocka_unit_test(test_the_earliest_expiry_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
