/* SPDX-License-Identifier: MIT */
/*
 * plan_certs - what is asked about CA certificates, what is added to them, and who is told
 *
 * Pure. --certs and --ca-add become a request for the reader child, which main has answered
 * (certs_look.h) before anything is changed; the answer completes the plan.
 */
#ifndef STEPDOWN_PLAN_CERTS_H
#define STEPDOWN_PLAN_CERTS_H

#include "options.h"
#include "refusal.h"
#include "setup/certs.h"
#include "setup/certs_places.h"
#include "setup/certs_verdict.h"

#include <stdbool.h>

struct facts;
struct plan;

struct plan_certs {
	enum certs_demand demand;
	bool looks;         /* the reader child is asked */
	bool writes;        /* its certificates and the additions become `bundle` */
	const char *bundle; /* where the additions are; NULL: there are none */
	struct certs_request request;
	struct certs_names names; /* the request points into it */
	struct certs_answer answer;
	struct certs_warnings warnings;
};

/*
 * Fills plan->certs; the identity must be decided already. Returns 0, or -1 with a refusal: a
 * demand that there is not; a path that cannot be one; nowhere to write additions to. Where they
 * cannot be added, since the start is not as root or changes nothing, that is left out.
 */
int plan_certs_make(struct plan *plan, const struct options *options, const struct facts *facts,
		    struct refusal *why);

/*
 * Completes the plan when plan->certs.answer is there, or when nobody looks: what is exported to
 * the service, so that its TLS clients use what was found or added.
 */
void plan_certs_export(struct plan *plan, const struct options *options, const struct facts *facts);

/* The path that the service's clients find their certificates under, or NULL: none was found. */
const char *plan_certs_path(const struct plan *plan);

/* How many certificates are there, whatever their dates. */
unsigned plan_certs_count(const struct plan *plan);

#endif
