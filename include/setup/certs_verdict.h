/* SPDX-License-Identifier: MIT */
/*
 * certs_verdict - what the reader's answer means for the start of the service
 *
 * Pure. A service starts with a bundle of which some certificates have expired, and the user is
 * told so; it does not start under `require` when nothing that it could use is there, nor, whatever
 * was demanded, when a --ca-add cannot be honoured whole.
 */
#ifndef STEPDOWN_SETUP_CERTS_VERDICT_H
#define STEPDOWN_SETUP_CERTS_VERDICT_H

#include "refusal.h"
#include "setup/certs.h"

enum certs_demand { CERTS_OFF, CERTS_WARN, CERTS_REQUIRE }; /* --certs */

enum { CERTS_WARNINGS_MAX = 16 };

struct certs_warnings {
	struct refusal warning[CERTS_WARNINGS_MAX]; /* a sentence each; more are left out */
	unsigned count;
	const char *refused; /* the path of the addition that a refusal is about */
};

/*
 * Returns 0 and fills `warnings`, or -1 with a refusal. CERTS_OFF judges the additions alone.
 */
int certs_judge(const struct certs_request *request, const struct certs_answer *answer,
		enum certs_demand demand, struct certs_warnings *warnings, struct refusal *why);

/*
 * One sentence on a path that was read, such as "144 certificates in '/etc/ssl/cert.pem', 4
 * expired, 0 not valid yet, the first of the others expires on 2026-11-27".
 */
void certs_describe(const struct certs_path *path, const struct certs_report *report,
		    struct refusal *sentence);

#endif
