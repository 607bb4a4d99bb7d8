/* SPDX-License-Identifier: MIT */
/*
 * json - parse a whole document strictly, and take typed values out of it
 *
 * json-c parses; what it lets pass is refused here: a key that is given twice (it would keep the
 * last one, another reader the first), a key written with escapes, a control character in a string,
 * a number that does not fit into 64 bits or is no whole one, a NUL inside a string, anything after
 * the document.
 */
#ifndef STEPDOWN_KIT_JSON_H
#define STEPDOWN_KIT_JSON_H

#include "refusal.h"

#include <json-c/json_object.h>
#include <stddef.h>
#include <stdint.h>

enum { JSON_DEPTH = 32 };

/* The document, to be released with json_object_put, or NULL with a refusal that names the line. */
struct json_object *json_read(const char *bytes, size_t length, struct refusal *why);

/*
 * Each takes the value of `key` in `object`; `where` names the object in a refusal. Return 1 with
 * the value, 0 if the key is absent or null, -1 with a refusal if it has another type.
 */
int json_text(struct json_object *object, const char *key, const char *where, const char **out,
	      struct refusal *why);
int json_number(struct json_object *object, const char *key, const char *where, uint64_t *out,
		struct refusal *why);
int json_array(struct json_object *object, const char *key, const char *where,
	       struct json_object **out, struct refusal *why);
int json_map(struct json_object *object, const char *key, const char *where,
	     struct json_object **out, struct refusal *why);

#endif
