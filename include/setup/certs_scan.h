/* SPDX-License-Identifier: MIT */
/*
 * certs_scan - open the paths of a request, count their certificates, and gather them
 *
 * The work of the reader child, in the process that calls it: it must have lost its power before.
 * Regular files only; every count and size is bounded by setup/certs.h; one file is in memory at a
 * time; no allocation per certificate. Never descends into a directory below a directory.
 */
#ifndef STEPDOWN_SETUP_CERTS_SCAN_H
#define STEPDOWN_SETUP_CERTS_SCAN_H

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
int certs_scan_bytes(unsigned char *bytes, size_t length, bool der, int64_t now,
		     struct certs_report *report, struct certs_hoard *hoard);

/*
 * Fills `report`, one for each path of `request`: the places in their order up to the first good
 * one, whose index or -1 is returned, then the additions. The hoard, if it has room, then holds the
 * certificates of that place and of the additions. What fails is said in the reports.
 */
int certs_scan(const struct certs_request *request, struct certs_report *report,
	       struct certs_hoard *hoard);

#endif
