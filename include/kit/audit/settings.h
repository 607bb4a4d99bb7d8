/* SPDX-License-Identifier: MIT */
/*
 * settings - what an image's configuration says about its start
 *
 * Lenient where engines are: unknown keys are ignored, a missing one is empty. Source: OCI
 * image-spec, config.md; Docker's `inspect`.
 */
#ifndef STEPDOWN_KIT_AUDIT_SETTINGS_H
#define STEPDOWN_KIT_AUDIT_SETTINGS_H

#include "refusal.h"

#include <json-c/json_object.h>
#include <stdbool.h>
#include <stddef.h>

enum {
	SETTINGS_WORDS = 4096, /* in one list */
	DOCUMENT_DEPTH = 32,
	DOCUMENT_MOST = 4 << 20, /* bytes */
};

struct words {
	const char *const *list;
	size_t count;
};

struct settings {
	struct json_object *document; /* what the texts below belong to; NULL: nothing is known */
	const char *user;
	const char *workdir;
	struct words entrypoint;
	struct words command;
	struct words environment;
	struct words healthcheck;   /* with NONE, CMD or CMD-SHELL first; empty: there is none */
	struct json_object *labels; /* or NULL */
	const char *created;        /* or NULL */
	struct words history;       /* the command of each layer, in their order */
};

/*
 * A JSON document as engines read it, of at most DOCUMENT_MOST bytes; to be released with
 * json_object_put. NULL with a refusal.
 */
struct json_object *document_read(const char *bytes, size_t length, struct refusal *why);

/* The value of a key if it has that type, else NULL; `object` may be anything, also NULL. */
struct json_object *document_value(struct json_object *object, const char *key,
				   enum json_type type);

/* The same for a text; one with a NUL in it counts as missing. */
const char *document_text(struct json_object *object, const char *key);

/*
 * Reads an image's configuration, or the answer of `docker inspect`. Returns 0, or -1 with a
 * refusal. Release with settings_free.
 */
int settings_read(const char *bytes, size_t length, struct settings *out, struct refusal *why);
void settings_free(struct settings *settings);

/* The value of a variable of the environment, the last one that is given, or NULL. */
const char *settings_variable(const struct settings *settings, const char *name);

#endif
