/* SPDX-License-Identifier: MIT */
/*
 * run - run a service behind stepdown, and collect what it does
 *
 * stepdown runs as it would in the image, with the options for identity and set-up, but without a
 * filter of its own, and as the service itself rather than as its init. Its own calls, root's
 * among them, are no part of the service: what counts begins with the first call of the program
 * that it executes. The start-up is over when that process first waits for work; if it executes
 * another program, as the shell script of an image does, the start-up begins anew.
 */
#ifndef STEPDOWN_KIT_RUN_H
#define STEPDOWN_KIT_RUN_H

#include "kit/opened.h"
#include "kit/programs.h"
#include "kit/run_request.h"
#include "kit/sightings.h"
#include "kit/watch.h"
#include "refusal.h"

struct run_result {
	struct sightings sightings;
	struct programs programs;
	struct opened opened;
	struct watch_end end;
	bool served; /* it waited for work at all: otherwise all of it is start-up */
	bool blind;  /* root could not look with the service's ids */
};

/*
 * What a profile says to a call: returns the answer, a SECCOMP_RET_* value, which is noted in the
 * sightings; with `*error` not 0 the call gets that errno instead of being made.
 */
struct run_judge {
	uint32_t (*ask)(void *context, const struct seccomp_data *data, int *error);
	void *context;
};

/*
 * Returns 0 when the service has ended, or -1 with a refusal: it was never started, or cannot be
 * watched. `out` is to be released with run_free in both cases.
 */
int run_service(const struct run_request *request, const struct run_judge *judge,
		struct run_result *out, struct refusal *why);

void run_free(struct run_result *result);

/* The line about how the run ended, and what is worth knowing about it, on standard error. */
void run_report(const struct run_result *result);

#endif
