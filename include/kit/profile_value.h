/* SPDX-License-Identifier: MIT */
/*
 * profile_value - the kinds of values that a profile is made of; for profile and profile_rule alone
 *
 * Each takes the value of a key in `object`; `where` is the object's place, for refusals, "" at the
 * top. Return -1 with a refusal in reader->why, else 0, or where it is said 1 if the key was there.
 */
#ifndef STEPDOWN_KIT_PROFILE_VALUE_H
#define STEPDOWN_KIT_PROFILE_VALUE_H

#include "kit/notes.h"
#include "kit/profile.h"
#include "refusal.h"

#include <json-c/json_object.h>
#include <stdbool.h>

enum { WHERE = 128 }; /* bytes for the place of an object */

/* What one run of the reader needs everywhere. */
struct reader {
	struct notes *notes;
	struct refusal *why;
};

/* Whether a list that ends in NULL has `text`. */
bool value_in_list(const char *const *list, const char *text);

/*
 * A key that nobody reads is said, as Docker would drop it silently. One that differs from a known
 * key in its letters' case alone is refused: Go reads it, others do not.
 */
int value_keys(struct reader *reader, struct json_object *object, const char *const *known,
	       const char *where);

/* A list of strings, none of them empty; returns 1 if it was there. */
int value_strings(struct reader *reader, struct json_object *object, const char *key,
		  const char *where, struct profile_strings *out);

/* errnoRet and Podman's errno in one; returns 1 if either was there. */
int value_errno(struct reader *reader, struct json_object *object, const char *number_key,
		const char *name_key, const char *where, unsigned *out);

/* An action by its name, with its errno: `number` if `has_number`, else EPERM. */
int value_action(struct reader *reader, const char *name, const char *where, int has_number,
		 unsigned number, uint32_t *out);

/* One rule of "syscalls". What a refused one has allocated stays in `rule`, for profile_free. */
int rule_read(struct reader *reader, struct json_object *object, const char *where,
	      struct profile_rule *rule);

#endif
