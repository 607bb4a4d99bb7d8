/* SPDX-License-Identifier: MIT */
#include "kit/learn_profile.h"

#include "kit/builtin.h"
#include "kit/files.h"
#include "kit/heap.h"
#include "kit/json.h"
#include "kit/learned.h"
#include "kit/notes.h"
#include "kit/profile.h"

#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

/* The name of what every learned profile has. */
static const char always[] = "learned";

int
learn_service(const struct run_request *request, struct service *out, struct refusal *why)
{
	struct utsname machine;
	const struct architecture *native =
		uname(&machine) == 0 ? architecture_find(machine.machine) : NULL;

	if (!native || !native->compat)
		return refuse(why, "this machine is neither x86_64 nor aarch64");
	*out = (struct service){.native = native,
				.caps = request->caps,
				.cap_count = request->cap_count,
				.kernel = {6, 1}};
	return 0;
}

int
learn_read(const char *name, char **bytes, size_t *length, struct refusal *why)
{
	const char *own = builtin_profile(name, length);

	if (!own || strchr(name, '/'))
		return file_read(name, bytes, length, why);
	*bytes = memory_new(*length + 1, 1);
	memcpy(*bytes, own, *length);
	return 0;
}

/* Read twice: as a profile, so that it is one, and as a document that can grow. */
static struct json_object *
read_document(const char *name, struct refusal *why)
{
	struct json_object *document = NULL;
	struct notes notes = {0};
	struct profile profile;
	struct refusal what;
	char *bytes;
	size_t length;

	if (learn_read(name, &bytes, &length, why) < 0)
		return NULL;
	if (profile_parse(bytes, length, &profile, &notes, &what) < 0) {
		refuse(why, "%s: %s", name, what.text);
	} else {
		profile_free(&profile);
		document = json_read(bytes, length, why);
	}
	notes_free(&notes);
	free(bytes);
	return document;
}

/* For containers without capabilities, too: the rules that ask for one ask no more. */
static void
drop_includes(struct json_object *document)
{
	struct json_object *rules;

	if (!json_object_object_get_ex(document, "syscalls", &rules))
		return;
	for (size_t i = 0; i < json_object_array_length(rules); i++)
		json_object_object_del(json_object_array_get_idx(rules, i), "includes");
}

static int
add_document(struct json_object **document, const char *name, bool engine, struct refusal *why)
{
	struct json_object *more = read_document(name, why);
	struct refusal what;

	if (!more)
		return -1;
	if (engine && strcmp(name, always) == 0)
		drop_includes(more);
	if (!*document) {
		*document = more;
		return 0;
	}
	int result = learned_merge(*document, more, &what);

	json_object_put(more);
	return result < 0 ? refuse(why, "%s: %s", name, what.text) : 0;
}

struct json_object *
learn_start(const struct run_request *request, struct refusal *why)
{
	struct json_object *document = NULL;
	bool engine = request->engine;
	int result = add_document(&document, request->base ? request->base : always, engine, why);

	for (size_t i = 0; result == 0 && i < request->merge_count; i++)
		result = add_document(&document, request->merges[i], engine, why);
	if (result == 0 && request->base)
		result = add_document(&document, always, engine, why);
	if (result == 0)
		return document;
	json_object_put(document);
	return NULL;
}
