/* SPDX-License-Identifier: MIT */
/*
 * facts_certs - what has to be looked up before it can be decided about CA certificates
 *
 * Only looks, and not even that where neither --certs nor --ca-add was given.
 */
#ifndef STEPDOWN_FACTS_CERTS_H
#define STEPDOWN_FACTS_CERTS_H

#include "options.h"
#include "refusal.h"

#include <stdint.h>

struct facts;

struct certs_facts {
	int64_t now; /* seconds since 1970, as the machine's clock says */

	/* Only with --ca-add. Both paths live for ever. */
	const char *place;       /* where a bundle can be written; NULL: nowhere */
	const char *earlier;     /* a bundle that an earlier start has written, or NULL */
	struct refusal no_place; /* why there is no `place`, with the cure */
};

/*
 * Fills facts->certs; the ids must be gathered already. Returns 0, or -1 with a refusal: the root
 * directory cannot be opened. That there is no place for a bundle is a fact.
 */
int facts_certs_gather(struct facts *facts, const struct options *options, struct refusal *why);

#endif
