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

#include "setup/certs_count.h"

/*
 * Fills `report`, one for each path of `request`: the places in their order up to the first good
 * one, whose index or -1 is returned, then the additions. The hoard, if it has room, then holds the
 * certificates of that place and of the additions. What fails is said in the reports.
 */
int certs_scan(const struct certs_request *request, struct certs_report *report,
	       struct certs_hoard *hoard);

#endif
