/* SPDX-License-Identifier: MIT */
/*
 * certs_look - have the CA certificates read that the plan asks about, and judge what is said
 *
 * The last look before anything is changed: it needs to know who the service runs as.
 */
#ifndef STEPDOWN_CERTS_LOOK_H
#define STEPDOWN_CERTS_LOOK_H

#include "front/log.h"
#include "plan.h"
#include "refusal.h"

/*
 * Asks the reader child if plan->certs.looks, and fills plan->certs.answer and plan->warnings; with
 * --verbose what was found is said. Then decides what is exported. Returns 0, or -1 with a refusal:
 * --certs require found nothing valid, an addition cannot be honoured, or the child failed and
 * something depends on it.
 */
int certs_look(struct plan *plan, const struct options *options, const struct facts *facts,
	       const struct report *report, struct refusal *why);

#endif
