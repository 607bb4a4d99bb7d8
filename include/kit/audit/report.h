/* SPDX-License-Identifier: MIT */
/*
 * report - the findings on standard output, for people or as JSON
 *
 * Nothing in it can act on a terminal: what came from the image has been escaped (findings.h), and
 * is again where it comes from the image's history.
 */
#ifndef STEPDOWN_KIT_AUDIT_REPORT_H
#define STEPDOWN_KIT_AUDIT_REPORT_H

#include "kit/audit/findings.h"
#include "kit/audit/image.h"
#include "kit/notes.h"

/* Grouped by check, the gravest first; accepted ones last. The findings are sorted already. */
void report_text(const struct image *image, const struct findings *findings,
		 const struct notes *unknown);

/* One object: findings, accepted, not_listed, unknown, counts. */
void report_json(const struct image *image, const struct findings *findings,
		 const struct notes *unknown);

#endif
