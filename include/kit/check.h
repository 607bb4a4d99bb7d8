/* SPDX-License-Identifier: MIT */
/*
 * check - what a profile would have denied in a run, and what would mend it
 */
#ifndef STEPDOWN_KIT_CHECK_H
#define STEPDOWN_KIT_CHECK_H

#include "kit/compile.h"
#include "kit/policy.h"
#include "kit/profile.h"
#include "kit/run.h"
#include "refusal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The profile that is asked. */
struct check {
	const struct run_request *request;
	struct service service;
	struct profile profile;
	struct compiled *compiled;
	char *bytes; /* its text */
	size_t length;
};

/* "Not implemented": an answer for which programs fall back, and no denial. */
bool check_falls_back(uint32_t action);

/*
 * Prints what was denied, or with `fallen` what was answered with ENOSYS, unless the request is
 * quiet. Returns how many kinds of calls there are.
 */
size_t check_print(const struct check *check, const struct run_result *result, bool fallen);

/* Writes both as JSON to the request's output. Returns 0, or -1 with a refusal. */
int check_write(const struct check *check, const struct run_result *result, struct refusal *why);

#endif
