/* SPDX-License-Identifier: MIT */
/*
 * certs_count - count the certificates of a file's bytes, and gather them
 *
 * Pure. The bytes may be anything; the counts go up by what is in them and no more.
 */
#ifndef STEPDOWN_SETUP_CERTS_COUNT_H
#define STEPDOWN_SETUP_CERTS_COUNT_H

#include "setup/certs.h"

/* Where certificates are gathered: records as in struct certs_answer. `room` 0: they are not. */
struct certs_hoard {
	unsigned char *bytes;
	size_t room; /* bytes */
	size_t size; /* bytes used */
	unsigned count;
};

/*
 * Counts the certificates of `length` bytes of PEM, or where `der` allows it of one certificate as
 * DER, into `report`, and adds those that `hoard` does not have to it. The bytes are overwritten.
 * `now` is in seconds since 1970. Returns 0, or -1 with errno E2BIG: the hoard is full.
 */
int certs_count(unsigned char *bytes, size_t length, bool der, int64_t now,
		struct certs_report *report, struct certs_hoard *hoard);

#endif
