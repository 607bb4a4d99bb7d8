/* SPDX-License-Identifier: MIT */
#include "setup/certs_count.h"

#include "setup/certs_der.h"
#include "setup/certs_pem.h"

#include <errno.h>
#include <string.h>

static bool
hoard_has(const struct certs_hoard *hoard, const unsigned char *der, uint32_t length)
{
	for (size_t at = 0; at < hoard->size;) {
		uint32_t have;

		memcpy(&have, hoard->bytes + at, sizeof(have));
		at += sizeof(have);
		if (have == length && memcmp(hoard->bytes + at, der, length) == 0)
			return true;
		at += have;
	}
	return false;
}

static int
hoard_add(struct certs_hoard *hoard, const unsigned char *der, size_t length)
{
	uint32_t size = (uint32_t)length;

	if (hoard->room == 0)
		return 0;
	if (length <= CERTS_ONE_MAX && hoard_has(hoard, der, size))
		return 0;
	if (length > CERTS_ONE_MAX || hoard->count == CERTS_COUNT_MAX ||
	    hoard->room - hoard->size < sizeof(size) + length) {
		errno = E2BIG;
		return -1;
	}
	memcpy(hoard->bytes + hoard->size, &size, sizeof(size));
	memcpy(hoard->bytes + hoard->size + sizeof(size), der, length);
	hoard->size += sizeof(size) + length;
	hoard->count++;
	return 0;
}

/* Counts one certificate. False if it is none. */
static bool
count_certificate(const unsigned char *der, size_t length, int64_t now, struct certs_report *report)
{
	struct der_validity validity;

	if (der_read_certificate(der, length, &validity) != 0)
		return false;
	report->certificates++;
	if (validity.not_after < now)
		report->expired++;
	else if (validity.not_before > now)
		report->not_yet_valid++;
	else if (report->earliest == 0 || validity.not_after < report->earliest)
		report->earliest = validity.not_after;
	return true;
}

/* Counts the block; returns the length of the certificate that is now at the body's place, or 0. */
static size_t
read_block(unsigned char *bytes, const struct pem_block *block, int64_t now,
	   struct certs_report *report)
{
	unsigned char *body = bytes + block->body;

	if (block->kind == PEM_PRIVATE_KEY)
		report->keys++;
	else if (block->kind == PEM_OPENSSL_ONLY)
		report->openssl_only++;
	if (block->kind != PEM_CERTIFICATE)
		return 0;
	ssize_t length = block->whole ? pem_decode((char *)body, block->length, body) : -1;
	if (length > 0 && count_certificate(body, (size_t)length, now, report))
		return (size_t)length;
	report->malformed++;
	return 0;
}

int
certs_count(unsigned char *bytes, size_t length, bool der, int64_t now, struct certs_report *report,
	    struct certs_hoard *hoard)
{
	struct pem_text text = {(const char *)bytes, length, 0};
	struct pem_block block;
	int full = 0;

	if (der && der_outer_size(bytes, length) == length) {
		if (count_certificate(bytes, length, now, report))
			return hoard_add(hoard, bytes, length);
		report->malformed++;
		return 0;
	}
	while (pem_next(&text, &block)) {
		size_t found = read_block(bytes, &block, now, report);

		/* Even so the rest is counted: the message names the real number. */
		if (found > 0 && hoard_add(hoard, bytes + block.body, found) != 0)
			full = -1;
	}
	return full;
}
