/* SPDX-License-Identifier: MIT */
/*
 * learn_profile - the profiles that learn and check start from
 */
#ifndef STEPDOWN_KIT_LEARN_PROFILE_H
#define STEPDOWN_KIT_LEARN_PROFILE_H

#include "kit/policy.h"
#include "kit/run_request.h"
#include "refusal.h"

#include <json-c/json_object.h>

/* This machine, and the capabilities that the request's --keep-cap names. 0, or -1 with a refusal.
 */
int learn_service(const struct run_request *request, struct service *out, struct refusal *why);

/*
 * A profile by the name of one of stepdown's own, or by its path. `*bytes`, to be freed, is its
 * text. Returns 0, or -1 with a refusal.
 */
int learn_read(const char *name, char **bytes, size_t *length, struct refusal *why);

/* The document that a learned profile grows out of: base, merges, what is always needed. */
struct json_object *learn_start(const struct run_request *request, struct refusal *why);

#endif
