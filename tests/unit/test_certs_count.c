/* SPDX-License-Identifier: MIT */
/* What is counted in a file, and what is handed over from it: certificates and nothing else. */
#include "certs_sample.h"
#include "setup/certs_count.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define KEY "-----BEGIN PRIVATE KEY-----\nc2VjcmV0IHNlY3JldA==\n-----END PRIVATE KEY-----\n"
#define BAD "-----BEGIN CERTIFICATE-----\nc2VjcmV0IHNlY3JldA==\n-----END CERTIFICATE-----\n"
#define HEADERS "-----BEGIN CERTIFICATE-----\nComment: x\n\nMAA=\n-----END CERTIFICATE-----\n"
#define TRUSTED "-----BEGIN TRUSTED CERTIFICATE-----\nMAA=\n-----END TRUSTED CERTIFICATE-----\n"

static struct certs_report
count(struct sample_text *text, bool der, struct certs_hoard *hoard, int expected)
{
	struct certs_report report = {.state = CERTS_READ};

	assert_int_equal(
		certs_count((unsigned char *)text->at, text->size, der, SAMPLE_NOW, &report, hoard),
		expected);
	free(text->at);
	*text = (struct sample_text){NULL, 0};
	return report;
}

static void
test_dates_are_counted(void **state)
{
	struct certs_hoard none = {NULL, 0, 0, 0};
	struct sample_text text = {NULL, 0};

	(void)state;
	sample_add_certificate(&text, (struct sample){.after = SAMPLE_YESTERDAY});
	sample_add_certificate(&text, (struct sample){.after = "360101000000Z"});
	sample_add_certificate(&text, (struct sample){.before = SAMPLE_TOMORROW});
	sample_add_certificate(&text, (struct sample){.after = "270101000000Z"});
	sample_add_certificate(&text, (struct sample){.after = SAMPLE_PAST});
	struct certs_report report = count(&text, false, &none, 0);
	assert_int_equal(report.certificates, 5);
	assert_int_equal(report.expired, 2);
	assert_int_equal(report.not_yet_valid, 1);
	assert_int_equal(report.malformed, 0);
	assert_int_equal(report.earliest, 1798761600); /* 2027, the first of the two valid ones */
}

static void
test_the_last_second_is_valid_and_the_first(void **state)
{
	struct certs_hoard none = {NULL, 0, 0, 0};
	struct sample_text text = {NULL, 0};

	(void)state;
	sample_add_certificate(&text, (struct sample){.after = "260101000000Z"});
	sample_add_certificate(&text, (struct sample){.before = "260101000000Z"});
	struct certs_report report = count(&text, false, &none, 0);
	assert_int_equal(certs_valid(&report), 2);
	assert_int_equal(report.earliest, SAMPLE_NOW);
}

static void
test_what_is_no_certificate_is_counted_apart(void **state)
{
	struct certs_hoard none = {NULL, 0, 0, 0};
	struct sample_text text = {NULL, 0};

	(void)state;
	sample_add_string(&text, KEY BAD "text\n" TRUSTED HEADERS);
	sample_add_certificate(&text, (struct sample){.serial = 1});
	sample_add_string(&text, "-----BEGIN CERTIFICATE-----\nMAA=\n");
	struct certs_report report = count(&text, false, &none, 0);
	assert_int_equal(report.certificates, 1);
	assert_int_equal(report.malformed, 3);
	assert_int_equal(report.keys, 1);
	assert_int_equal(report.openssl_only, 1);
}

static void
test_certificates_alone_are_handed_over_and_each_once(void **state)
{
	static unsigned char room[1 << 16];
	struct certs_hoard hoard = {room, sizeof(room), 0, 0};
	struct sample_text text = {NULL, 0};
	struct sample_bytes one = sample_make((struct sample){.serial = 1});
	struct sample_bytes two = sample_make((struct sample){.serial = 2});
	uint32_t length;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		sample_add_string(&text, KEY BAD TRUSTED "secret\n");
		sample_add_certificate(&text, (struct sample){.serial = 1});
		sample_add_certificate(&text, (struct sample){.serial = 2});
	}
	count(&text, false, &hoard, 0);
	assert_int_equal(hoard.count, 2);
	assert_int_equal(hoard.size, 2 * sizeof(length) + one.size + two.size);
	memcpy(&length, room, sizeof(length));
	assert_int_equal(length, one.size);
	assert_memory_equal(room + sizeof(length), one.at, one.size);
	assert_memory_equal(room + 2 * sizeof(length) + one.size, two.at, two.size);
}

static void
test_der_is_read_where_it_is_allowed(void **state)
{
	static unsigned char room[1 << 16];

	(void)state;
	for (unsigned allowed = 0; allowed < 2; allowed++) {
		struct certs_hoard hoard = {room, sizeof(room), 0, 0};
		struct sample_text text = {NULL, 0};
		struct sample_bytes der = sample_make((struct sample){.serial = 3});

		sample_add(&text, (char *)der.at, der.size);
		struct certs_report report = count(&text, allowed != 0, &hoard, 0);
		assert_int_equal(report.certificates, allowed);
		assert_int_equal(hoard.count, allowed);
	}
}

static void
test_der_that_is_no_certificate_is_malformed(void **state)
{
	static unsigned char room[1 << 16];
	struct certs_hoard hoard = {room, sizeof(room), 0, 0};
	struct sample_text text = {NULL, 0};
	struct sample_bytes der = sample_make((struct sample){.no_key = true});

	(void)state;
	sample_add(&text, (char *)der.at, der.size);
	struct certs_report report = count(&text, true, &hoard, 0);
	assert_int_equal(report.malformed, 1);
	assert_int_equal(hoard.count, 0);
}

static void
test_a_full_hoard_is_said_and_the_rest_is_counted(void **state)
{
	static unsigned char room[600];
	struct certs_hoard hoard = {room, sizeof(room), 0, 0};
	struct sample_text text = {NULL, 0};

	(void)state;
	for (unsigned i = 0; i < 10; i++)
		sample_add_certificate(&text, (struct sample){.serial = i});
	errno = 0;
	struct certs_report report = count(&text, false, &hoard, -1);
	assert_int_equal(report.certificates, 10);
	assert_in_range(hoard.count, 1, 9);
	assert_true(hoard.size <= sizeof(room));
}

static void
test_no_more_certificates_are_gathered_than_the_bound(void **state)
{
	struct certs_hoard hoard = {malloc(4 << 20), 4 << 20, 0, 0};
	struct sample_text text = {NULL, 0};

	(void)state;
	assert_non_null(hoard.bytes);
	for (unsigned i = 0; i < CERTS_COUNT_MAX + 1; i++) {
		struct sample_text one = {NULL, 0};

		sample_add_certificate(&one, (struct sample){.serial = i});
		count(&one, false, &hoard, i == CERTS_COUNT_MAX ? -1 : 0);
	}
	assert_int_equal(hoard.count, CERTS_COUNT_MAX);
	sample_add_certificate(&text, (struct sample){.serial = 7});
	count(&text, false, &hoard, 0); /* has it already */
	free(hoard.bytes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dates_are_counted),
		cmocka_unit_test(test_the_last_second_is_valid_and_the_first),
		cmocka_unit_test(test_what_is_no_certificate_is_counted_apart),
		cmocka_unit_test(test_certificates_alone_are_handed_over_and_each_once),
		cmocka_unit_test(test_der_is_read_where_it_is_allowed),
		cmocka_unit_test(test_der_that_is_no_certificate_is_malformed),
		cmocka_unit_test(test_a_full_hoard_is_said_and_the_rest_is_counted),
		cmocka_unit_test(test_no_more_certificates_are_gathered_than_the_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
