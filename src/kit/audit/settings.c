/* SPDX-License-Identifier: MIT */
#include "kit/audit/settings.h"

#include "kit/heap.h"

#include <json-c/json_tokener.h>
#include <stdlib.h>
#include <string.h>

struct json_object *
document_read(const char *bytes, size_t length, struct refusal *why)
{
	struct json_tokener *tokener = json_tokener_new_ex(DOCUMENT_DEPTH);
	struct json_object *document = NULL;

	if (!tokener || length > DOCUMENT_MOST) {
		refuse(why, tokener ? "more than %d bytes of JSON" : "out of memory",
		       (int)DOCUMENT_MOST);
	} else {
		json_tokener_set_flags(tokener, JSON_TOKENER_VALIDATE_UTF8);
		document = json_tokener_parse_ex(tokener, bytes, (int)length);
		if (!document)
			refuse(why, "not JSON: %s",
			       json_tokener_get_error(tokener) == json_tokener_continue
				       ? "it ends too early"
				       : json_tokener_error_desc(json_tokener_get_error(tokener)));
	}
	if (tokener)
		json_tokener_free(tokener);
	return document;
}

struct json_object *
document_value(struct json_object *object, const char *key, enum json_type type)
{
	struct json_object *value;

	if (!json_object_is_type(object, json_type_object) ||
	    !json_object_object_get_ex(object, key, &value) || !json_object_is_type(value, type))
		return NULL;
	return value;
}

static const char *
text_of(struct json_object *value)
{
	const char *text = json_object_get_string(value);

	return strlen(text) == (size_t)json_object_get_string_len(value) ? text : NULL;
}

const char *
document_text(struct json_object *object, const char *key)
{
	struct json_object *value = document_value(object, key, json_type_string);

	return value ? text_of(value) : NULL;
}

/* A list of texts, or one text alone, as old images have it. */
static int
take_words(struct json_object *object, const char *key, struct words *out, struct refusal *why)
{
	struct json_object *list = document_value(object, key, json_type_array);
	size_t count = list ? json_object_array_length(list) : 0;
	const char **words;

	*out = (struct words){0};
	if (count > SETTINGS_WORDS)
		return refuse(why, "the configuration's %s has more than %d words", key,
			      (int)SETTINGS_WORDS);
	words = memory_new(count, sizeof(*words));
	out->list = words;
	for (size_t i = 0; i < count; i++) {
		struct json_object *word = json_object_array_get_idx(list, i);

		words[i] = json_object_is_type(word, json_type_string) ? text_of(word) : NULL;
		if (!words[i])
			return refuse(why, "the configuration's %s has something else than text",
				      key);
	}
	out->count = count;
	return 0;
}

/* Of the steps that made a layer. */
static void
take_history(struct json_object *document, struct settings *out)
{
	struct json_object *list = document_value(document, "history", json_type_array);
	size_t count = list ? json_object_array_length(list) : 0;
	const char **commands = memory_new(count, sizeof(*commands));

	out->history.list = commands;
	for (size_t i = 0; i < count; i++) {
		struct json_object *step = json_object_array_get_idx(list, i);
		struct json_object *empty = document_value(step, "empty_layer", json_type_boolean);
		const char *command = document_text(step, "created_by");

		if (!empty || !json_object_get_boolean(empty))
			commands[out->history.count++] = command ? command : "";
	}
}

/* Docker's inspect answers with a list, and writes Config where the image itself has config. */
static struct json_object *
inner(struct json_object *document)
{
	if (json_object_is_type(document, json_type_array) &&
	    json_object_array_length(document) == 1)
		document = json_object_array_get_idx(document, 0);
	struct json_object *config = document_value(document, "config", json_type_object);

	return config ? config : document_value(document, "Config", json_type_object);
}

static int
fill(struct json_object *config, struct settings *out, struct refusal *why)
{
	struct json_object *health = document_value(config, "Healthcheck", json_type_object);
	const char *user = document_text(config, "User");
	const char *workdir = document_text(config, "WorkingDir");

	out->user = user ? user : "";
	out->workdir = workdir && *workdir ? workdir : "/";
	out->labels = document_value(config, "Labels", json_type_object);
	if (take_words(config, "Entrypoint", &out->entrypoint, why) < 0 ||
	    take_words(config, "Cmd", &out->command, why) < 0 ||
	    take_words(config, "Env", &out->environment, why) < 0 ||
	    take_words(health, "Test", &out->healthcheck, why) < 0)
		return -1;
	if (document_value(config, "User", json_type_string) && !user)
		return refuse(why, "the configuration's User has a NUL in it");
	return 0;
}

int
settings_read(const char *bytes, size_t length, struct settings *out, struct refusal *why)
{
	*out = (struct settings){.document = document_read(bytes, length, why)};
	if (!out->document)
		return -1;

	struct json_object *config = inner(out->document);
	int result =
		config ? fill(config, out, why)
		       : refuse(why,
				"no configuration of an image: neither config nor Config is in it");
	take_history(out->document, out);
	out->created = document_text(out->document, "created");
	if (result < 0)
		settings_free(out);
	return result;
}

void
settings_free(struct settings *settings)
{
	free((void *)settings->entrypoint.list);
	free((void *)settings->command.list);
	free((void *)settings->environment.list);
	free((void *)settings->healthcheck.list);
	free((void *)settings->history.list);
	json_object_put(settings->document);
	*settings = (struct settings){0};
}

const char *
settings_variable(const struct settings *settings, const char *name)
{
	size_t length = strlen(name);

	for (size_t i = settings->environment.count; i > 0; i--)
		if (strncmp(settings->environment.list[i - 1], name, length) == 0 &&
		    settings->environment.list[i - 1][length] == '=')
			return settings->environment.list[i - 1] + length + 1;
	return NULL;
}
