/* SPDX-License-Identifier: MIT */
#include "kit/spdx.h"

#include "kit/heap.h"
#include "kit/sha256.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { HEX_SIZE = 2 * SHA256_SIZE + 1, ID_SIZE = 48 };

static const char unknown[] = "NOASSERTION";

static const char *
hex(const unsigned char *digest, char text[HEX_SIZE])
{
	for (unsigned i = 0; i < SHA256_SIZE; i++)
		sprintf(text + (size_t)2 * i, "%02x", digest[i]);
	return text;
}

/* The length of the UTF-8 character at `at`, or 0 where there is none (RFC 3629). */
static size_t
character(const unsigned char *at)
{
	size_t length = *at < 0x80 ? 1 : *at < 0xc2 ? 0 : *at < 0xe0 ? 2 : *at < 0xf0 ? 3 : 4;

	if (*at > 0xf4)
		return 0;
	for (size_t i = 1; i < length; i++)
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	if ((*at == 0xe0 && at[1] < 0xa0) || (*at == 0xed && at[1] > 0x9f) ||
	    (*at == 0xf0 && at[1] < 0x90) || (*at == 0xf4 && at[1] > 0x8f))
		return 0;
	return length;
}

static void
put(struct json_object *object, const char *key, const char *text)
{
	char *safe = memory_new(4 * strlen(text) + 1, 1), *out = safe;

	for (const unsigned char *at = (const unsigned char *)text; *at;) {
		size_t length = character(at);

		if (length == 0) {
			out += sprintf(out, "\\x%02x", *at++);
			continue;
		}
		memcpy(out, at, length);
		out += length;
		at += length;
	}
	json_object_object_add(object, key, json_object_new_string_len(safe, (int)(out - safe)));
	free(safe);
}

static struct json_object *
list_in(struct json_object *object, const char *key)
{
	struct json_object *list = json_object_new_array();

	json_object_object_add(object, key, list);
	return list;
}

static struct json_object *
object_in(struct json_object *list)
{
	struct json_object *object = json_object_new_object();

	json_object_array_add(list, object);
	return object;
}

static void
add_package(struct json_object *list, const struct spdx_package *package, const char *id)
{
	struct json_object *object = object_in(list);
	char text[512], digest[HEX_SIZE];

	put(object, "name", package->name);
	put(object, "SPDXID", id);
	if (package->version)
		put(object, "versionInfo", package->version);
	if (package->supplier) {
		snprintf(text, sizeof(text), "Organization: %s", package->supplier);
		/* What stands in angle brackets is an address, which SPDX has in round ones. */
		for (char *at = text; *at; at++)
			*at = *at == '<' ? '(' : *at == '>' ? ')' : *at;
		put(object, "supplier", text);
	}
	put(object, "downloadLocation", unknown);
	json_object_object_add(object, "filesAnalyzed", json_object_new_boolean(0));
	put(object, "licenseConcluded", unknown);
	put(object, "licenseDeclared", package->licence ? package->licence : unknown);
	put(object, "copyrightText", unknown);
	if (package->purpose)
		put(object, "primaryPackagePurpose", package->purpose);
	if (package->file)
		put(object, "packageFileName", package->file);
	if (package->sha256) {
		struct json_object *sum = object_in(list_in(object, "checksums"));

		put(sum, "algorithm", "SHA256");
		put(sum, "checksumValue", hex(package->sha256, digest));
	}
	if (package->url) {
		struct json_object *reference = object_in(list_in(object, "externalRefs"));

		put(reference, "referenceCategory", "PACKAGE-MANAGER");
		put(reference, "referenceType", "purl");
		put(reference, "referenceLocator", package->url);
	}
}

static void
relate(struct json_object *list, const char *from, const char *how, const char *to)
{
	struct json_object *object = object_in(list);

	put(object, "spdxElementId", from);
	put(object, "relationshipType", how);
	put(object, "relatedSpdxElement", to);
}

static const char *
id_of(size_t index, char text[ID_SIZE])
{
	snprintf(text, ID_SIZE, "SPDXRef-Package-%zu", index);
	return text;
}

static void
add_head(struct json_object *document, const struct spdx_package *described, int64_t created)
{
	struct json_object *creation = json_object_new_object();
	time_t seconds = (time_t)created;
	struct tm when;
	char text[64];

	put(document, "spdxVersion", "SPDX-2.3");
	put(document, "dataLicense", "CC0-1.0");
	put(document, "SPDXID", "SPDXRef-DOCUMENT");
	put(document, "name", described->name);
	json_object_object_add(document, "creationInfo", creation);
	gmtime_r(&seconds, &when);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &when);
	put(creation, "created", text);
	json_object_array_add(list_in(creation, "creators"),
			      json_object_new_string("Tool: stepdown-kit"));
}

char *
spdx_write(const struct spdx_package *packages, size_t count, int64_t created)
{
	static const char relations[SPDX_RELATIONS][12] = {"CONTAINS", "STATIC_LINK"};
	enum { FLAGS = JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE };
	struct json_object *document = json_object_new_object();
	unsigned char digest[SHA256_SIZE];
	char first[ID_SIZE], id[ID_SIZE], sum[HEX_SIZE], space[160];

	add_head(document, &packages[0], created);
	struct json_object *list = list_in(document, "packages");
	struct json_object *related = list_in(document, "relationships");
	id_of(0, first);
	relate(related, "SPDXRef-DOCUMENT", "DESCRIBES", first);
	for (size_t i = 0; i < count; i++) {
		add_package(list, &packages[i], id_of(i, id));
		if (i > 0)
			relate(related, first, relations[packages[i].relation], id);
	}
	const char *text = json_object_to_json_string_ext(document, FLAGS);
	sha256(text, strlen(text), digest);
	snprintf(space, sizeof(space), "https://spdx.invalid/stepdown/%s", hex(digest, sum));
	put(document, "documentNamespace", space);
	text = json_object_to_json_string_ext(document, FLAGS);
	char *copy = memory_new(strlen(text) + 2, 1);
	sprintf(copy, "%s\n", text);
	json_object_put(document);
	return copy;
}
