/* SPDX-License-Identifier: MIT */
/* Certificates made by hand: the same bytes in every run, and wrong in just one way at a time. */
#ifndef STEPDOWN_TESTS_CERTS_SAMPLE_H
#define STEPDOWN_TESTS_CERTS_SAMPLE_H

#include "setup/certs_pem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { SAMPLE_SIZE = 4096 };

/* 2026-01-01, the "now" of the tests, and dates around it. */
#define SAMPLE_NOW 1767225600
#define SAMPLE_PAST "200101000000Z"
#define SAMPLE_YESTERDAY "251231235959Z"
#define SAMPLE_TOMORROW "260102000000Z"
#define SAMPLE_FUTURE "360101000000Z"

struct sample {
	const char *before; /* 13 characters make it a UTCTime, others a GeneralizedTime */
	const char *after;
	unsigned serial;
	int version;          /* as it stands in the certificate; -1 leaves it out */
	unsigned depth;       /* SEQUENCEs inside each other in the subject */
	bool other_algorithm; /* outside, than inside */
	bool no_key;
	bool empty_serial;
	bool empty_signature;
	bool unused_bits;   /* in the signature */
	bool unknown_field; /* behind the extensions */
	bool third_time;
	bool time_is_text;
};

struct sample_bytes {
	unsigned char at[SAMPLE_SIZE];
	size_t size;
};

static inline void
sample_put(struct sample_bytes *out, unsigned char tag, const void *content, size_t size)
{
	if (out->size + size + 4 > sizeof(out->at))
		abort();
	out->at[out->size++] = tag;
	if (size >= 256) {
		out->at[out->size++] = 0x82;
		out->at[out->size++] = (unsigned char)(size >> 8);
	} else if (size >= 128) {
		out->at[out->size++] = 0x81;
	}
	out->at[out->size++] = (unsigned char)size;
	if (size > 0)
		memcpy(out->at + out->size, content, size);
	out->size += size;
}

static inline void
sample_wrap(struct sample_bytes *out, unsigned char tag, const struct sample_bytes *content)
{
	sample_put(out, tag, content->at, content->size);
}

static inline void
sample_put_time(struct sample_bytes *out, const char *time, bool as_text)
{
	unsigned char tag = strlen(time) == 13 ? 0x17 : 0x18;

	sample_put(out, as_text ? 0x0c : tag, time, strlen(time));
}

static inline void
sample_put_algorithm(struct sample_bytes *out, unsigned char last)
{
	struct sample_bytes inner = {.size = 0};
	const unsigned char name[] = {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, last};

	sample_put(&inner, 0x06, name, sizeof(name));
	sample_wrap(out, 0x30, &inner);
}

static inline void
sample_put_nested(struct sample_bytes *out, unsigned depth)
{
	struct sample_bytes inner = {.size = 0};

	if (depth > 0)
		sample_put_nested(&inner, depth - 1);
	sample_wrap(out, 0x30, &inner);
}

static inline void
sample_put_validity(struct sample_bytes *out, const struct sample *sample)
{
	struct sample_bytes both = {.size = 0};

	sample_put_time(&both, sample->before, sample->time_is_text);
	sample_put_time(&both, sample->after, false);
	if (sample->third_time)
		sample_put_time(&both, sample->after, false);
	sample_wrap(out, 0x30, &both);
}

static inline struct sample_bytes
sample_signed_part(const struct sample *sample)
{
	struct sample_bytes part = {.size = 0}, version = {.size = 0}, extensions = {.size = 0};
	unsigned char number = (unsigned char)sample->version;
	unsigned char serial[4] = {1, (unsigned char)(sample->serial >> 16),
				   (unsigned char)(sample->serial >> 8),
				   (unsigned char)sample->serial};

	sample_put(&version, 0x02, &number, 1);
	if (sample->version >= 0)
		sample_wrap(&part, 0xa0, &version);
	sample_put(&part, 0x02, serial, sample->empty_serial ? 0 : sizeof(serial));
	sample_put_algorithm(&part, 2);
	sample_put_nested(&part, 0);
	sample_put_validity(&part, sample);
	sample_put_nested(&part, sample->depth);
	if (!sample->no_key)
		sample_put_nested(&part, 1);
	sample_put_nested(&extensions, 0);
	sample_wrap(&part, 0xa3, &extensions);
	if (sample->unknown_field)
		sample_wrap(&part, 0xa4, &extensions);
	return part;
}

/* The DER of one certificate. Where `before` or `after` is NULL it is valid from 2020 to 2036. */
static inline struct sample_bytes
sample_make(struct sample sample)
{
	struct sample_bytes fields = {.size = 0}, whole = {.size = 0};
	unsigned char signature[8] = {sample.unused_bits ? 3 : 0, 1, 2, 3, 4, 5, 6, 8};

	if (sample.before == NULL)
		sample.before = SAMPLE_PAST;
	if (sample.after == NULL)
		sample.after = SAMPLE_FUTURE;
	struct sample_bytes part = sample_signed_part(&sample);
	sample_wrap(&fields, 0x30, &part);
	sample_put_algorithm(&fields, sample.other_algorithm ? 3 : 2);
	sample_put(&fields, 0x03, signature, sample.empty_signature ? 1 : sizeof(signature));
	sample_wrap(&whole, 0x30, &fields);
	return whole;
}

/* A growing text. */
struct sample_text {
	char *at;
	size_t size;
};

static inline void
sample_add(struct sample_text *text, const char *more, size_t size)
{
	text->at = realloc(text->at, text->size + size + 1);
	if (text->at == NULL)
		abort();
	memcpy(text->at + text->size, more, size);
	text->size += size;
	text->at[text->size] = '\0';
}

static inline void
sample_add_string(struct sample_text *text, const char *more)
{
	sample_add(text, more, strlen(more));
}

/* Adds one CERTIFICATE block. */
static inline void
sample_add_certificate(struct sample_text *text, struct sample sample)
{
	struct sample_bytes der = sample_make(sample);
	size_t size = pem_encoded_size(der.size);
	char *pem = malloc(size);

	if (pem == NULL)
		abort();
	pem_encode(der.at, der.size, pem);
	sample_add(text, pem, size);
	free(pem);
}

#endif
