/* SPDX-License-Identifier: MIT */
#include "setup/certs_pem.h"

#include <stdint.h>
#include <string.h>

#define BEGIN_MARK "-----BEGIN "
#define END_MARK "-----END "
#define DASHES "-----"

#define CERTIFICATE_BEGIN "-----BEGIN CERTIFICATE-----\n"
#define CERTIFICATE_END "-----END CERTIFICATE-----\n"

enum { LABEL_MAX = 64, LINE_CHARACTERS = 64, NOT_BASE64 = -1, BLANK = -2, PADDING = -3 };

struct label {
	const char *at;
	size_t length;
};

static bool
starts_with(const char *at, const char *end, const char *mark, size_t length)
{
	return (size_t)(end - at) >= length && memcmp(at, mark, length) == 0;
}

static const char *
behind_line(const char *at, const char *end)
{
	const char *newline = memchr(at, '\n', (size_t)(end - at));

	return newline != NULL ? newline + 1 : end;
}

/* Reads "LABEL-----" and blanks up to the end of the line; returns what is behind it, or NULL. */
static const char *
read_label(const char *at, const char *end, struct label *label)
{
	const char *stop = behind_line(at, end);
	const char *last = stop;

	while (last > at &&
	       (last[-1] == '\n' || last[-1] == '\r' || last[-1] == ' ' || last[-1] == '\t'))
		last--;
	if ((size_t)(last - at) <= strlen(DASHES))
		return NULL;
	last -= strlen(DASHES);
	if (memcmp(last, DASHES, strlen(DASHES)) != 0 || last - at > LABEL_MAX)
		return NULL;
	for (const char *c = at; c < last; c++) {
		if (*c < ' ' || *c > '~')
			return NULL;
	}
	label->at = at;
	label->length = (size_t)(last - at);
	return stop;
}

static bool
label_is(const struct label *label, const char *text)
{
	return label->length == strlen(text) && memcmp(label->at, text, label->length) == 0;
}

static enum pem_kind
kind_of(const struct label *label)
{
	static const char key[] = "PRIVATE KEY";
	size_t length = sizeof(key) - 1;

	if (label_is(label, "CERTIFICATE"))
		return PEM_CERTIFICATE;
	if (label_is(label, "TRUSTED CERTIFICATE") || label_is(label, "X509 CERTIFICATE"))
		return PEM_OPENSSL_ONLY;
	if (label->length >= length && memcmp(label->at + label->length - length, key, length) == 0)
		return PEM_PRIVATE_KEY;
	return PEM_OTHER;
}

/*
 * Looks for the END line of a block. A BEGIN line ends the search too, as the next block's, so that
 * no byte is searched twice however many blocks lack their end.
 */
static const char *
find_end(const char *body, const char *end, const struct label *label, struct pem_block *block)
{
	const char *at = body;

	while ((at = memchr(at, '-', (size_t)(end - at))) != NULL) {
		struct label closing;
		const char *stop = NULL;

		if (at > body && at[-1] != '\n') {
			at++;
			continue;
		}
		if (starts_with(at, end, BEGIN_MARK, strlen(BEGIN_MARK)))
			return at;
		if (starts_with(at, end, END_MARK, strlen(END_MARK)))
			stop = read_label(at + strlen(END_MARK), end, &closing);
		if (stop == NULL) {
			at++;
			continue;
		}
		if (closing.length == label->length &&
		    memcmp(closing.at, label->at, label->length) == 0) {
			block->whole = true;
			block->length = (size_t)(at - body);
		}
		return stop;
	}
	return end;
}

bool
pem_next(struct pem_text *text, struct pem_block *block)
{
	const char *at = text->bytes + text->at;
	const char *end = text->bytes + text->length;

	while (at < end) {
		struct label label;
		const char *body = NULL;

		if (starts_with(at, end, BEGIN_MARK, strlen(BEGIN_MARK)))
			body = read_label(at + strlen(BEGIN_MARK), end, &label);
		if (body == NULL) {
			at = behind_line(at, end);
			continue;
		}
		*block = (struct pem_block){.kind = kind_of(&label),
					    .body = (size_t)(body - text->bytes)};
		text->at = (size_t)(find_end(body, end, &label, block) - text->bytes);
		return true;
	}
	text->at = text->length;
	return false;
}

/* The value of each character; blanks and padding have numbers of their own below zero. */
#define X NOT_BASE64
static const signed char value_of[256] = {
	X,     X,  X,  X,  X,  X,  X,  X,  X,  BLANK, BLANK, X,  X,  BLANK,   X,  X,  /* 00 */
	X,     X,  X,  X,  X,  X,  X,  X,  X,  X,     X,     X,  X,  X,       X,  X,  /* 10 */
	BLANK, X,  X,  X,  X,  X,  X,  X,  X,  X,     X,     62, X,  X,       X,  63, /* 20 */
	52,    53, 54, 55, 56, 57, 58, 59, 60, 61,    X,     X,  X,  PADDING, X,  X,  /* 30 */
	X,     0,  1,  2,  3,  4,  5,  6,  7,  8,     9,     10, 11, 12,      13, 14, /* 40 */
	15,    16, 17, 18, 19, 20, 21, 22, 23, 24,    25,    X,  X,  X,       X,  X,  /* 50 */
	X,     26, 27, 28, 29, 30, 31, 32, 33, 34,    35,    36, 37, 38,      39, 40, /* 60 */
	41,    42, 43, 44, 45, 46, 47, 48, 49, 50,    51,    X,  X,  X,       X,  X,  /* 70 */
	X,     X,  X,  X,  X,  X,  X,  X,  X,  X,     X,     X,  X,  X,       X,  X,  /* 80 */
	X,     X,  X,  X,  X,  X,  X,  X,  X,  X,     X,     X,  X,  X,       X,  X,  /* 90 */
	X,     X,  X,  X,  X,  X,  X,  X,  X,  X,     X,     X,  X,  X,       X,  X,  /* a0 */
	X,     X,  X,  X,  X,  X,  X,  X,  X,  X,     X,     X,  X,  X,       X,  X,  /* b0 */
	X,     X,  X,  X,  X,  X,  X,  X,  X,  X,     X,     X,  X,  X,       X,  X,  /* c0 */
	X,     X,  X,  X,  X,  X,  X,  X,  X,  X,     X,     X,  X,  X,       X,  X,  /* d0 */
	X,     X,  X,  X,  X,  X,  X,  X,  X,  X,     X,     X,  X,  X,       X,  X,  /* e0 */
	X,     X,  X,  X,  X,  X,  X,  X,  X,  X,     X,     X,  X,  X,       X,  X,  /* f0 */
};
#undef X

/* What is left when the padding begins: the bytes of an unfinished group, or -1. */
static int
finish_group(const unsigned char *at, const unsigned char *end, unsigned digits, uint32_t group,
	     unsigned char *out)
{
	unsigned padding = 0;

	for (; at < end; at++) {
		int value = value_of[*at];

		if (value == PADDING)
			padding++;
		else if (value != BLANK)
			return -1;
	}
	if (digits == 0 && padding == 0)
		return 0;
	if (digits < 2 || digits + padding != 4)
		return -1;
	group <<= 6 * padding;
	out[0] = (unsigned char)(group >> 16);
	if (digits == 3)
		out[1] = (unsigned char)(group >> 8);
	return (int)digits - 1;
}

ssize_t
pem_decode(const char *text, size_t length, unsigned char *out)
{
	const unsigned char *at = (const unsigned char *)text;
	const unsigned char *end = at + length;
	const unsigned char *start = out;
	unsigned digits = 0;
	uint32_t group = 0;

	while (at < end) {
		if (digits == 0 && end - at >= 4) {
			int a = value_of[at[0]], b = value_of[at[1]];
			int c = value_of[at[2]], d = value_of[at[3]];

			/* A whole group in one go: nearly every step of a real certificate. */
			if ((a | b | c | d) >= 0) {
				*out++ = (unsigned char)(a << 2 | b >> 4);
				*out++ = (unsigned char)(b << 4 | c >> 2);
				*out++ = (unsigned char)(c << 6 | d);
				at += 4;
				continue;
			}
		}
		int value = value_of[*at];
		if (value == NOT_BASE64)
			return -1;
		if (value == PADDING)
			break;
		at++;
		if (value == BLANK)
			continue;
		group = group << 6 | (uint32_t)value;
		if (++digits < 4)
			continue;
		*out++ = (unsigned char)(group >> 16);
		*out++ = (unsigned char)(group >> 8);
		*out++ = (unsigned char)group;
		digits = 0;
		group = 0;
	}
	int rest = finish_group(at, end, digits, group, out);
	return rest < 0 ? -1 : out - start + rest;
}

size_t
pem_encoded_size(size_t length)
{
	size_t characters = (length + 2) / 3 * 4;
	size_t lines = (characters + LINE_CHARACTERS - 1) / LINE_CHARACTERS;

	return strlen(CERTIFICATE_BEGIN) + characters + lines + strlen(CERTIFICATE_END);
}

static char *
encode_group(const unsigned char *der, size_t left, char *out)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint32_t group = (uint32_t)der[0] << 16;

	if (left > 1)
		group |= (uint32_t)der[1] << 8;
	if (left > 2)
		group |= der[2];
	*out++ = digits[group >> 18];
	*out++ = digits[group >> 12 & 63];
	*out++ = left > 1 ? digits[group >> 6 & 63] : '=';
	*out++ = left > 2 ? digits[group & 63] : '=';
	return out;
}

void
pem_encode(const unsigned char *der, size_t length, char *out)
{
	memcpy(out, CERTIFICATE_BEGIN, strlen(CERTIFICATE_BEGIN));
	out += strlen(CERTIFICATE_BEGIN);
	for (size_t at = 0; at < length; at += 3) {
		out = encode_group(der + at, length - at, out);
		if (at % 48 == 45 || at + 3 >= length)
			*out++ = '\n';
	}
	memcpy(out, CERTIFICATE_END, strlen(CERTIFICATE_END));
}
