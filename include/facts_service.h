/* SPDX-License-Identifier: MIT */
/*
 * facts_service - what is inherited of what the service may be given anew: limits, the oom score
 *
 * Only looks, and only at what an option asks for.
 */
#ifndef STEPDOWN_FACTS_SERVICE_H
#define STEPDOWN_FACTS_SERVICE_H

#include "options.h"
#include "refusal.h"

#include <limits.h>
#include <stdint.h>
#include <sys/resource.h>

struct facts;

struct service_facts {
	struct rlimit limits[RLIM_NLIMITS]; /* with --ulimit */
	uint64_t most_files;                /* fs.nr_open; RLIM_INFINITY where it is unknown */
	int oom_score;                      /* with --oom-score-adj */
	int oom_error;                      /* why it cannot be changed, an errno, or 0 */
	char directory[PATH_MAX]; /* where --workdir leads, only for --dry-run and if it is there */
};

/* Fills facts->service. Returns 0, or -1 with a refusal: the kernel does not tell. */
int facts_service_gather(struct facts *facts, const struct options *options, struct refusal *why);

#endif
