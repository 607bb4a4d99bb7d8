/* SPDX-License-Identifier: MIT */
/*
 * learn_judge - what the profile that learning starts from says to each call of the service
 *
 * Two calls with the same values in the arguments that matter to learn may still be two to a
 * profile, whose conditions can look at any argument. So it is asked about every call, and its
 * answer tells kinds apart (sightings_add). What it says of a call number is looked up once: after
 * that a call costs nothing where no condition is about it, and else only these conditions. Pure,
 * but for memory.
 */
#ifndef STEPDOWN_KIT_LEARN_JUDGE_H
#define STEPDOWN_KIT_LEARN_JUDGE_H

#include "kit/policy.h"
#include "kit/profile.h"
#include "refusal.h"

#include <json-c/json_object.h>
#include <linux/seccomp.h>

struct learn_judge_arch; /* what is known already, of one architecture */

struct learn_judge {
	struct profile profile;
	struct service service;
	struct learn_judge_arch *arches;
};

/*
 * `document` is a profile; it may change afterwards. Returns 0 and `*out`, to be released with
 * learn_judge_free, or -1 with a refusal. `*out` must stay where it is.
 */
int learn_judge_make(struct json_object *document, const struct service *service,
		     struct learn_judge *out, struct refusal *why);
void learn_judge_free(struct learn_judge *judge);

/*
 * The answer, a SECCOMP_RET_* value, or 0 for an architecture that nobody here has a table for;
 * `context` is a struct learn_judge. `*error` becomes ENOSYS for clone3, whatever the profile says:
 * every learned profile answers it so, and the flags of its successor are seen.
 */
uint32_t learn_judge_ask(void *context, const struct seccomp_data *data, int *error);

#endif
