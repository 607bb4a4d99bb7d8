/* SPDX-License-Identifier: MIT */
/*
 * certs_pem - find the blocks of a PEM text and decode their base64
 *
 * Pure. Takes any bytes, reads each of them a bounded number of times, allocates nothing. As lax as
 * the clients that will read the same file (blanks at the end of a line, CRLF, text before, between
 * and behind the blocks, lines of any length), and no laxer: a marker counts at the start of a line
 * only. Source: RFC 7468; crypto/pem of OpenSSL and encoding/pem of Go for what they accept.
 */
#ifndef STEPDOWN_SETUP_CERTS_PEM_H
#define STEPDOWN_SETUP_CERTS_PEM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum pem_kind {
	PEM_CERTIFICATE,  /* CERTIFICATE */
	PEM_OPENSSL_ONLY, /* TRUSTED CERTIFICATE, X509 CERTIFICATE: Go and others pass over them */
	PEM_PRIVATE_KEY,  /* any label that ends in PRIVATE KEY */
	PEM_OTHER,
};

/* A walk over `length` bytes of text. Set `at` to 0 before the first call. */
struct pem_text {
	const char *bytes;
	size_t length;
	size_t at;
};

struct pem_block {
	enum pem_kind kind;
	bool whole;    /* has an END line that bears the label of its BEGIN line */
	size_t body;   /* offset of the first byte behind the BEGIN line */
	size_t length; /* bytes between the two lines; 0 unless whole */
};

/* Finds the next block. Returns true and fills `block`, or false at the end of the text. */
bool pem_next(struct pem_text *text, struct pem_block *block);

/*
 * Decodes `length` characters of base64, blanks and line ends allowed, into `out`, which needs room
 * for length / 4 * 3 bytes and may be where `text` itself lies: what is written never overtakes
 * what is read. Returns the number of bytes, or -1: a character that is not base64 (a header line
 * such as Proc-Type counts as one), padding that is missing or in the middle.
 */
ssize_t pem_decode(const char *text, size_t length, unsigned char *out);

/*
 * The size in bytes of one encoded CERTIFICATE block of `length` bytes of DER, markers and line
 * ends included, and the writing of it. `out` needs exactly that room; no NUL is added.
 */
size_t pem_encoded_size(size_t length);
void pem_encode(const unsigned char *der, size_t length, char *out);

#endif
