/* SPDX-License-Identifier: MIT */
/*
 * facts_secrets - the values that --env-from-file reads out of files
 *
 * Only looks. All values lie in memory of their own, so that the resident init can forget them; no
 * copy is made of them anywhere else.
 */
#ifndef STEPDOWN_FACTS_SECRETS_H
#define STEPDOWN_FACTS_SECRETS_H

#include "options.h"
#include "refusal.h"

#include <stddef.h>

struct facts;

struct secrets_facts {
	/* One string after the other: "NAME_FILE" for what is to be taken out of the environment,
	 * "NAME=VALUE" for what is to be put into it. NULL where there is none. */
	const char *texts;
	unsigned count;
	size_t size; /* bytes of the memory that is used, whole pages */
};

/*
 * Fills facts->secrets from facts->environment: for each NAME of --env-from-file whose NAME_FILE is
 * set and not empty, NAME and the text of that file. Returns 0, or -1 with a refusal: a NAME that
 * cannot be one, NAME and NAME_FILE both set, a file that cannot be read (setup/secrets.h), a value
 * that no variable can hold.
 */
int facts_secrets_gather(struct facts *facts, const struct options *options, struct refusal *why);

#endif
