/* SPDX-License-Identifier: MIT */
/* What the parent believes of an answer: nothing that could not be true. */
#include "certs_sample.h"
#include "setup/certs_reader.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { PLACES = 2, ADDED = 2 /* the index of the addition */ };

struct case_data {
	struct certs_request request;
	struct certs_answer answer;
	unsigned char bytes[4096];
};

static void
hand_over(struct case_data *data, const void *bytes, uint32_t length)
{
	memcpy(data->bytes + data->answer.handed_size, &length, sizeof(length));
	memcpy(data->bytes + data->answer.handed_size + sizeof(length), bytes, length);
	data->answer.handed_size += sizeof(length) + length;
	data->answer.handed_count++;
}

/* An answer with nothing wrong: the first place is absent, the second good, the addition read. */
static void
make_good(struct case_data *data)
{
	struct sample_bytes der = sample_make((struct sample){.serial = 1});
	struct certs_report read = {.state = CERTS_READ,
				    .certificates = 5,
				    .expired = 1,
				    .not_yet_valid = 1,
				    .files = 1,
				    .earliest = SAMPLE_NOW + 5};

	memset(data, 0, sizeof(*data));
	data->request = (struct certs_request){.places = PLACES, .additions = 1, .now = SAMPLE_NOW};
	for (unsigned i = 0; i < PLACES + 1; i++)
		data->request.path[i].path = "/ca.pem";
	data->answer.report[0] = (struct certs_report){.state = CERTS_CANNOT_OPEN, .error = ENOENT};
	data->answer.report[1] = read;
	data->answer.report[ADDED] = read;
	data->answer.found = 1;
	data->answer.handed = data->bytes;
	hand_over(data, der.at, (uint32_t)der.size);
	hand_over(data, der.at, (uint32_t)der.size);
}

static void
unknown_state(struct case_data *data)
{
	data->answer.report[0].state = CERTS_STATES;
}

static void
huge_state(struct case_data *data)
{
	data->answer.report[ADDED].state = UINT32_MAX;
}

static void
negative_error(struct case_data *data)
{
	data->answer.report[0].error = -1;
}

static void
large_error(struct case_data *data)
{
	data->answer.report[0].error = 4096;
}

static void
error_without_cause(struct case_data *data)
{
	data->answer.report[1].error = EACCES;
}

static void
cause_without_error(struct case_data *data)
{
	data->answer.report[0].error = 0;
}

static void
odd_boolean(struct case_data *data)
{
	data->answer.report[1].writable = 2;
}

static void
reserved_bits(struct case_data *data)
{
	data->answer.report[1].reserved = 1;
}

static void
more_expired_than_there_are(struct case_data *data)
{
	data->answer.report[1].expired = 6;
}

static void
counts_that_wrap(struct case_data *data)
{
	data->answer.report[1].expired = UINT32_MAX;
	data->answer.report[1].not_yet_valid = 2;
}

static void
more_than_the_bound(struct case_data *data)
{
	data->answer.report[1].certificates = CERTS_COUNT_MAX + 1;
}

static void
more_than_the_bytes(struct case_data *data)
{
	data->answer.report[0] = (struct certs_report){
		.state = CERTS_TOO_MANY, .certificates = UINT32_MAX, .earliest = SAMPLE_NOW};
}

static void
a_limit_out_of_place(struct case_data *data)
{
	data->answer.report[1].limit = 1;
}

static void
expired_but_valid(struct case_data *data)
{
	data->answer.report[1].earliest = SAMPLE_NOW - 1;
}

static void
an_expiry_of_nothing(struct case_data *data)
{
	data->answer.report[0].earliest = SAMPLE_NOW;
}

static void
found_elsewhere(struct case_data *data)
{
	data->answer.found = 0;
}

static void
found_an_addition(struct case_data *data)
{
	data->answer.found = ADDED;
}

static void
found_far_away(struct case_data *data)
{
	data->answer.found = 1 << 30;
}

static void
found_below_nothing(struct case_data *data)
{
	data->answer.found = -2;
}

static void
found_nothing(struct case_data *data)
{
	data->answer.found = -1;
}

static void
handed_more_than_the_bound(struct case_data *data)
{
	data->answer.handed_size = (size_t)CERTS_HANDED_MAX + 1;
}

static void
handed_more_often_than_the_bound(struct case_data *data)
{
	data->answer.handed_count = CERTS_COUNT_MAX + 1;
}

static void
handed_unasked(struct case_data *data)
{
	data->request.additions = 0;
}

static void
handed_text(struct case_data *data)
{
	hand_over(data, "root:$6$salt$hash:", 18);
}

static void
handed_nothing(struct case_data *data)
{
	hand_over(data, "", 0);
}

static void
handed_a_sequence_and_more(struct case_data *data)
{
	hand_over(data, "\x30\x00secret", 8);
}

static void
handed_too_short_a_sequence(struct case_data *data)
{
	hand_over(data, "\x30\x09secret", 8);
}

static void
a_record_too_many(struct case_data *data)
{
	data->answer.handed_count++;
}

static void
a_record_too_few(struct case_data *data)
{
	data->answer.handed_count--;
}

static void
bytes_missing(struct case_data *data)
{
	data->answer.handed_size--;
}

static void
bytes_left(struct case_data *data)
{
	data->answer.handed_size++;
}

static void
a_length_that_wraps(struct case_data *data)
{
	memset(data->bytes, 0xff, 4);
}

static void
a_length_beyond_the_end(struct case_data *data)
{
	uint32_t length = (uint32_t)data->answer.handed_size;

	memcpy(data->bytes, &length, sizeof(length));
}

struct row {
	void (*spoil)(struct case_data *data);
	const char *says;
};

static const struct row rows[] = {
	{unknown_state, "cannot be true"},
	{huge_state, "cannot be true"},
	{negative_error, "cannot be true"},
	{large_error, "cannot be true"},
	{error_without_cause, "cannot be true"},
	{cause_without_error, "cannot be true"},
	{odd_boolean, "cannot be true"},
	{reserved_bits, "cannot be true"},
	{more_expired_than_there_are, "cannot be true"},
	{counts_that_wrap, "cannot be true"},
	{more_than_the_bound, "cannot be true"},
	{more_than_the_bytes, "cannot be true"},
	{a_limit_out_of_place, "cannot be true"},
	{expired_but_valid, "cannot be true"},
	{an_expiry_of_nothing, "cannot be true"},
	{found_elsewhere, "reported otherwise"},
	{found_an_addition, "reported otherwise"},
	{found_far_away, "reported otherwise"},
	{found_below_nothing, "reported otherwise"},
	{found_nothing, "reported otherwise"},
	{handed_more_than_the_bound, "too many"},
	{handed_more_often_than_the_bound, "too many"},
	{handed_unasked, "nobody asked for"},
	{handed_text, "not a certificate"},
	{handed_nothing, "not a certificate"},
	{handed_a_sequence_and_more, "not a certificate"},
	{handed_too_short_a_sequence, "not a certificate"},
	{a_record_too_many, "not a certificate"},
	{a_record_too_few, "not a certificate"},
	{bytes_missing, "not a certificate"},
	{bytes_left, "not a certificate"},
	{a_length_that_wraps, "not a certificate"},
	{a_length_beyond_the_end, "not a certificate"},
};

static void
test_an_answer_that_can_be_true_is_taken(void **state)
{
	struct case_data data;
	struct refusal why;

	(void)state;
	make_good(&data);
	assert_int_equal(certs_answer_check(&data.request, &data.answer, &why), 0);
	/* Nothing found, nothing handed over. */
	data.answer.report[1] = data.answer.report[0];
	data.answer.found = -1;
	data.answer.handed_size = 0;
	data.answer.handed_count = 0;
	assert_int_equal(certs_answer_check(&data.request, &data.answer, &why), 0);
}

static void
test_an_answer_that_cannot_be_true_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct case_data data;
		struct refusal why;

		make_good(&data);
		rows[i].spoil(&data);
		if (certs_answer_check(&data.request, &data.answer, &why) == 0)
			fail_msg("row %zu (%s) was believed", i, rows[i].says);
		if (strstr(why.text, rows[i].says) == NULL)
			fail_msg("row %zu: %s", i, why.text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_answer_that_can_be_true_is_taken),
		cmocka_unit_test(test_an_answer_that_cannot_be_true_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
