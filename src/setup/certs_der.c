/* SPDX-License-Identifier: MIT */
#include "setup/certs_der.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

enum {
	INTEGER = 0x02,
	BIT_STRING = 0x03,
	UTC_TIME = 0x17,
	GENERALIZED_TIME = 0x18,
	SEQUENCE = 0x30,
	VERSION = 0xa0,
	ISSUER_ID = 0x81,
	SUBJECT_ID = 0x82,
	EXTENSIONS = 0xa3,
	CONSTRUCTED = 0x20,
	LONG_TAG = 0x1f,
	LONG_LENGTH = 0x80,
	LENGTH_BYTES_MAX = 4,
};

struct view {
	const unsigned char *at;
	size_t left;
};

struct element {
	unsigned tag;
	struct view content;
	struct view whole; /* header and content */
};

/* Takes one element off the front. Definite, minimal lengths and one-byte tags only: that is DER.
 */
static bool
take(struct view *from, struct element *element)
{
	const unsigned char *at = from->at;
	size_t header = 2;

	if (from->left < header || (at[0] & LONG_TAG) == LONG_TAG)
		return false;
	size_t length = at[1];
	if (length & LONG_LENGTH) {
		size_t count = length & ~(size_t)LONG_LENGTH;

		if (count == 0 || count > LENGTH_BYTES_MAX || from->left - header < count ||
		    at[2] == 0)
			return false;
		length = 0;
		for (size_t i = 0; i < count; i++)
			length = length << 8 | at[header + i];
		if (length < LONG_LENGTH)
			return false;
		header += count;
	}
	if (length > from->left - header)
		return false;
	element->tag = at[0];
	element->content = (struct view){at + header, length};
	element->whole = (struct view){at, header + length};
	from->at += header + length;
	from->left -= header + length;
	return true;
}

static bool
take_tag(struct view *from, unsigned tag, struct element *element)
{
	return take(from, element) && element->tag == tag;
}

static bool
skip_tag(struct view *from, unsigned tag)
{
	struct element skipped;

	return take_tag(from, tag, &skipped);
}

/* Optional fields are told from the next one by their tag alone. */
static bool
skip_optional(struct view *from, unsigned tag)
{
	return from->left == 0 || from->at[0] != tag || skip_tag(from, tag);
}

/* Walks the whole tree without recursion. 0, or -1 with errno. */
static int
check_nesting(const unsigned char *bytes, size_t length)
{
	struct view level[DER_DEPTH_MAX];
	unsigned depth = 1;

	level[0] = (struct view){bytes, length};
	while (depth > 0) {
		struct view *here = &level[depth - 1];
		struct element element;

		if (here->left == 0) {
			depth--;
			continue;
		}
		errno = EBADMSG;
		if (!take(here, &element))
			return -1;
		if ((element.tag & CONSTRUCTED) == 0)
			continue;
		errno = ELOOP;
		if (depth == DER_DEPTH_MAX)
			return -1;
		level[depth++] = element.content;
	}
	return 0;
}

static int
two_digits(const unsigned char *at)
{
	if (at[0] < '0' || at[0] > '9' || at[1] < '0' || at[1] > '9')
		return -1;
	return (at[0] - '0') * 10 + (at[1] - '0');
}

/*
 * Days since 1970-01-01 in the Gregorian calendar. The year begins in March, so that a leap day is
 * its last; 400 years (146097 days) are added and taken off so that nothing is negative.
 */
static int64_t
days_until(int year, int month, int day)
{
	int64_t y = 400 + (month > 2 ? year : year - 1);
	int64_t m = month > 2 ? month - 3 : month + 9;
	int64_t days = y * 365 + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1;

	return days - 146097 - 719468;
}

static int
days_in_month(int year, int month)
{
	static const signed char days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return month == 2 && leap ? 29 : days[month - 1];
}

/* MMDDHHMMSSZ, the part that both kinds of time have in common. */
static bool
read_date(const unsigned char *at, int year, int64_t *seconds)
{
	int month = two_digits(at), day = two_digits(at + 2);
	int hour = two_digits(at + 4), minute = two_digits(at + 6), second = two_digits(at + 8);

	if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month))
		return false;
	if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59)
		return false;
	if (at[10] != 'Z')
		return false;
	*seconds = ((days_until(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
	return true;
}

static bool
take_time(struct view *from, int64_t *seconds)
{
	struct element time;

	if (!take(from, &time))
		return false;
	const unsigned char *at = time.content.at;
	if (time.tag == UTC_TIME && time.content.left == strlen("YYMMDDHHMMSSZ")) {
		int year = two_digits(at);

		return year >= 0 && read_date(at + 2, year + (year >= 50 ? 1900 : 2000), seconds);
	}
	if (time.tag == GENERALIZED_TIME && time.content.left == strlen("YYYYMMDDHHMMSSZ")) {
		int century = two_digits(at), year = two_digits(at + 2);

		return century >= 0 && year >= 0 &&
		       read_date(at + 4, century * 100 + year, seconds);
	}
	return false;
}

static bool
take_validity(struct view *from, struct der_validity *validity)
{
	struct element both;

	return take_tag(from, SEQUENCE, &both) && take_time(&both.content, &validity->not_before) &&
	       take_time(&both.content, &validity->not_after) && both.content.left == 0;
}

static bool
take_version(struct view *from)
{
	struct element wrapped, number;

	if (from->left == 0 || from->at[0] != VERSION)
		return true;
	return take(from, &wrapped) && take_tag(&wrapped.content, INTEGER, &number) &&
	       wrapped.content.left == 0 && number.content.left == 1 && number.content.at[0] <= 2;
}

static bool
read_signed_part(struct view part, struct der_validity *validity, struct view *algorithm)
{
	struct element serial, inner;

	if (!take_version(&part) || !take_tag(&part, INTEGER, &serial) || serial.content.left == 0)
		return false;
	if (!take_tag(&part, SEQUENCE, &inner))
		return false;
	*algorithm = inner.whole;
	/* Issuer, validity, subject, public key. */
	if (!skip_tag(&part, SEQUENCE) || !take_validity(&part, validity) ||
	    !skip_tag(&part, SEQUENCE) || !skip_tag(&part, SEQUENCE))
		return false;
	return skip_optional(&part, ISSUER_ID) && skip_optional(&part, SUBJECT_ID) &&
	       skip_optional(&part, EXTENSIONS) && part.left == 0;
}

static bool
read_fields(const unsigned char *bytes, size_t length, struct der_validity *validity)
{
	struct view all = {bytes, length}, named;
	struct element certificate, part, algorithm, signature;

	if (!take_tag(&all, SEQUENCE, &certificate) || all.left != 0)
		return false;
	struct view *fields = &certificate.content;
	if (!take_tag(fields, SEQUENCE, &part) || !read_signed_part(part.content, validity, &named))
		return false;
	if (!take_tag(fields, SEQUENCE, &algorithm) || !take_tag(fields, BIT_STRING, &signature))
		return false;
	/* The algorithm stands in the certificate twice, and has to be the same one. */
	if (named.left != algorithm.whole.left ||
	    memcmp(named.at, algorithm.whole.at, named.left) != 0)
		return false;
	return fields->left == 0 && signature.content.left > 1 && signature.content.at[0] == 0;
}

int
der_read_certificate(const unsigned char *bytes, size_t length, struct der_validity *validity)
{
	if (!read_fields(bytes, length, validity)) {
		errno = EBADMSG;
		return -1;
	}
	return check_nesting(bytes, length);
}

size_t
der_outer_size(const unsigned char *bytes, size_t length)
{
	struct view all = {bytes, length};
	struct element outer;

	return take_tag(&all, SEQUENCE, &outer) ? outer.whole.left : 0;
}
