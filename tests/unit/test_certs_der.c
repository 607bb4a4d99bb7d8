/* SPDX-License-Identifier: MIT */
/* What is a certificate, and until when: what is not one must never be counted as one. */
#include "certs_sample.h"
#include "setup/certs_der.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct date_row {
	const char *text;
	int64_t seconds;
};

static const struct date_row date_rows[] = {
	{"700101000000Z", 0},
	{"691231235959Z", -1},
	{"500101000000Z", -631152000}, /* 1950 */
	{"491231235959Z", 2524607999}, /* 2049 */
	{"000229120000Z", 951825600},
	{"240229000000Z", 1709164800},
	{"260101000000Z", SAMPLE_NOW},
	{"20500101000000Z", 2524608000},
	{"99991231235959Z", 253402300799},
	{"20380119031408Z", 2147483648},
	{"00000101000000Z", -62167219200},
	{"00000301000000Z", -62162035200},
	{"21000228000000Z", 4107456000},
};

static void
test_dates_are_read_to_the_second(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(date_rows) / sizeof(date_rows[0]); i++) {
		struct sample_bytes der = sample_make((struct sample){.after = date_rows[i].text});
		struct der_validity validity = {0, 0};

		if (der_read_certificate(der.at, der.size, &validity) != 0)
			fail_msg("%s was refused", date_rows[i].text);
		if (validity.not_after != date_rows[i].seconds)
			fail_msg("%s: %lld", date_rows[i].text, (long long)validity.not_after);
		assert_int_equal(validity.not_before, 1577836800);
	}
}

static const char *const refused_dates[] = {
	"",
	"Z",
	"260101000000", /* no Z */
	"2601010000Z",  /* no seconds: BER only */
	"260101000000+0000Z",
	"260001000000Z", /* month 0 */
	"261301000000Z", /* month 13 */
	"260100000000Z", /* day 0 */
	"260132000000Z",
	"260431000000Z",
	"260229000000Z",   /* not a leap year */
	"21000229000000Z", /* nor is 2100 */
	"260101240000Z",
	"260101006000Z",
	"260101000060Z", /* a leap second has no number in DER's time */
	"26010100000 Z",
	"2 0101000000Z",
	"260101000000z",
	"20260101000000.5Z",
	"-0260101000000Z",
};

static void
test_dates_that_are_none_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused_dates) / sizeof(refused_dates[0]); i++) {
		struct sample_bytes der = sample_make((struct sample){.after = refused_dates[i]});
		struct der_validity validity;

		if (der_read_certificate(der.at, der.size, &validity) == 0)
			fail_msg("'%s' was taken for a date", refused_dates[i]);
		assert_int_equal(errno, EBADMSG);
	}
}

static void
test_all_versions_are_read(void **state)
{
	(void)state;
	for (int version = -1; version <= 2; version++) {
		struct sample_bytes der = sample_make((struct sample){.version = version});
		struct der_validity validity;

		assert_int_equal(der_read_certificate(der.at, der.size, &validity), 0);
	}
}

struct refused_row {
	const char *what;
	struct sample sample;
	int error;
};

static const struct refused_row refused_rows[] = {
	{"version 4", {.version = 3}, EBADMSG},
	{"another algorithm outside", {.other_algorithm = true}, EBADMSG},
	{"no public key", {.no_key = true}, EBADMSG},
	{"an empty serial number", {.empty_serial = true}, EBADMSG},
	{"an empty signature", {.empty_signature = true}, EBADMSG},
	{"a signature of odd bits", {.unused_bits = true}, EBADMSG},
	{"a field behind the extensions", {.unknown_field = true}, EBADMSG},
	{"three times", {.third_time = true}, EBADMSG},
	{"a time that is a string", {.time_is_text = true}, EBADMSG},
	{"deep nesting", {.depth = DER_DEPTH_MAX}, ELOOP},
	{"very deep nesting", {.depth = 300}, ELOOP},
};

static void
test_what_is_no_certificate_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused_rows) / sizeof(refused_rows[0]); i++) {
		struct sample_bytes der = sample_make(refused_rows[i].sample);
		struct der_validity validity;

		if (der_read_certificate(der.at, der.size, &validity) == 0)
			fail_msg("%s was accepted", refused_rows[i].what);
		assert_int_equal(errno, refused_rows[i].error);
	}
}

static void
test_nesting_of_real_certificates_is_accepted(void **state)
{
	struct sample_bytes der = sample_make((struct sample){.depth = DER_DEPTH_MAX - 6});
	struct der_validity validity;

	(void)state;
	assert_int_equal(der_read_certificate(der.at, der.size, &validity), 0);
}

static void
test_no_part_of_a_certificate_is_one(void **state)
{
	struct sample_bytes der = sample_make((struct sample){.serial = 1});
	struct der_validity validity;

	(void)state;
	for (size_t length = 0; length < der.size; length++) {
		/* A copy of its own size, so that a byte read too far is seen. */
		unsigned char *part = malloc(length + (length == 0));

		memcpy(part, der.at, length);
		assert_int_equal(der_read_certificate(part, length, &validity), -1);
		free(part);
	}
	assert_int_equal(der_read_certificate(der.at, der.size + 1, &validity), -1);
	/* Not even if what is behind it is well formed. */
	sample_put(&der, 0x05, NULL, 0);
	assert_int_equal(der_read_certificate(der.at, der.size, &validity), -1);
	der.size -= 2;
	assert_int_equal(der_read_certificate(der.at, der.size, &validity), 0);
}

struct outer_row {
	const char *what;
	unsigned char bytes[8];
	size_t length;
	size_t size;
};

static const struct outer_row outer_rows[] = {
	{"nothing", {0}, 0, 0},
	{"a tag alone", {0x30}, 1, 0},
	{"an empty sequence", {0x30, 0}, 2, 2},
	{"more behind it", {0x30, 1, 0, 9}, 4, 3},
	{"too short", {0x30, 2, 0}, 3, 0},
	{"a set", {0x31, 0}, 2, 0},
	{"indefinite length", {0x30, 0x80, 0, 0}, 4, 0},
	{"a long form that is not needed", {0x30, 0x81, 1, 0}, 4, 0},
	{"a leading zero", {0x30, 0x82, 0, 1, 0}, 5, 0},
	{"five bytes of length", {0x30, 0x85, 1, 0, 0, 0, 0}, 7, 0},
	{"the largest length", {0x30, 0x84, 0xff, 0xff, 0xff, 0xff}, 6, 0},
	{"the reserved length", {0x30, 0xff, 1, 1}, 4, 0},
	{"a length cut off", {0x30, 0x82, 1}, 3, 0},
	{"a tag of several bytes", {0x3f, 0x30, 0}, 3, 0},
};

static void
test_the_outer_size_is_never_more_than_is_there(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(outer_rows) / sizeof(outer_rows[0]); i++) {
		const struct outer_row *row = &outer_rows[i];

		if (der_outer_size(row->bytes, row->length) != row->size)
			fail_msg("%s: %zu", row->what, der_outer_size(row->bytes, row->length));
	}
}

static void
test_a_long_length_with_a_leading_zero_is_not_der(void **state)
{
	unsigned char bytes[5 + 256] = {0x30, 0x82, 1, 0};

	(void)state;
	assert_int_equal(der_outer_size(bytes, sizeof(bytes)), 4 + 256);
	memcpy(bytes, (unsigned char[]){0x30, 0x83, 0, 1, 0}, 5);
	assert_int_equal(der_outer_size(bytes, sizeof(bytes)), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dates_are_read_to_the_second),
		cmocka_unit_test(test_dates_that_are_none_are_refused),
		cmocka_unit_test(test_all_versions_are_read),
		cmocka_unit_test(test_what_is_no_certificate_is_refused),
		cmocka_unit_test(test_nesting_of_real_certificates_is_accepted),
		cmocka_unit_test(test_no_part_of_a_certificate_is_one),
		cmocka_unit_test(test_the_outer_size_is_never_more_than_is_there),
		cmocka_unit_test(test_a_long_length_with_a_leading_zero_is_not_der),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
