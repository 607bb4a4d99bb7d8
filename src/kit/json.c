/* SPDX-License-Identifier: MIT */
#include "kit/json.h"

#include "kit/heap.h"

#include <json-c/json_tokener.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* A second walk over a document that json-c has found well-formed. */
struct walk {
	const char *start;
	const char *at;
	const char *end;
	struct refusal *why;
};

struct key {
	const char *text;
	size_t length;
};

static int walk_value(struct walk *walk);

static unsigned
line_of(const char *start, const char *at)
{
	unsigned line = 1;

	for (; start < at; start++)
		line += *start == '\n';
	return line;
}

static void
skip_blanks(struct walk *walk)
{
	while (walk->at < walk->end && strchr(" \t\r\n", *walk->at))
		walk->at++;
}

/* Leaves `at` behind the closing quote; the text between the quotes as it was written. */
static struct key
walk_string(struct walk *walk)
{
	const char *from = ++walk->at;

	while (walk->at < walk->end && *walk->at != '"')
		walk->at += *walk->at == '\\' ? 2 : 1;
	return (struct key){from, (size_t)(walk->at++ - from)};
}

/* json-c takes them as they are; in JSON they are written with escapes. */
static int
string_check(struct walk *walk, const struct key *string)
{
	for (size_t i = 0; i < string->length; i++)
		if ((unsigned char)string->text[i] < ' ')
			return refuse(
				walk->why,
				"line %u: a control character inside a string: write it as \\u%04x",
				line_of(walk->start, string->text + i), (unsigned)string->text[i]);
	return 0;
}

static int
key_check(struct walk *walk, const struct key *keys, size_t count)
{
	const struct key *last = &keys[count];

	if (string_check(walk, last) < 0)
		return -1;
	if (memchr(last->text, '\\', last->length))
		return refuse(walk->why,
			      "line %u: the key \"%.*s\" is written with escapes: write it plainly",
			      line_of(walk->start, last->text), (int)last->length, last->text);
	for (size_t i = 0; i < count; i++)
		if (keys[i].length == last->length &&
		    memcmp(keys[i].text, last->text, last->length) == 0)
			return refuse(
				walk->why, "line %u: the key \"%.*s\" is given twice: keep one",
				line_of(walk->start, last->text), (int)last->length, last->text);
	return 0;
}

static int
walk_object(struct walk *walk)
{
	struct key *keys = NULL;
	size_t count = 0;
	int result = 0;

	for (walk->at++, skip_blanks(walk); result == 0 && *walk->at != '}'; skip_blanks(walk)) {
		if (*walk->at == ',') {
			walk->at++;
			continue;
		}
		keys = memory_grow(keys, count + 1, sizeof(*keys));
		keys[count] = walk_string(walk);
		result = key_check(walk, keys, count++);
		skip_blanks(walk);
		walk->at++; /* the colon */
		if (result == 0)
			result = walk_value(walk);
	}
	free(keys);
	walk->at++;
	return result;
}

static int
walk_array(struct walk *walk)
{
	for (walk->at++, skip_blanks(walk); *walk->at != ']'; skip_blanks(walk)) {
		if (*walk->at == ',')
			walk->at++;
		else if (walk_value(walk) < 0)
			return -1;
	}
	walk->at++;
	return 0;
}

static int
walk_number(struct walk *walk)
{
	static const char largest[] = "18446744073709551615";
	const char *from = walk->at;
	size_t length = strspn(from, "+-.eE0123456789");

	walk->at += length;
	if (strspn(from, "0123456789") != length)
		return refuse(walk->why, "line %u: %.*s is not a whole number from 0 to %s",
			      line_of(walk->start, from), (int)length, from, largest);
	if (length > strlen(largest) ||
	    (length == strlen(largest) && memcmp(from, largest, length) > 0))
		return refuse(walk->why,
			      "line %u: the number %.*s does not fit into 64 bits: at most %s",
			      line_of(walk->start, from), (int)length, from, largest);
	return 0;
}

static int
walk_value(struct walk *walk)
{
	struct key string;

	skip_blanks(walk);
	switch (*walk->at) {
	case '{':
		return walk_object(walk);
	case '[':
		return walk_array(walk);
	case '"':
		string = walk_string(walk);
		return string_check(walk, &string);
	case 't':
	case 'f':
	case 'n':
		walk->at += strspn(walk->at, "truefalsn");
		return 0;
	default:
		return walk_number(walk);
	}
}

struct json_object *
json_read(const char *bytes, size_t length, struct refusal *why)
{
	struct json_tokener *tokener;
	struct json_object *document;
	size_t parsed;

	if (length >= INT_MAX || memchr(bytes, '\0', length)) {
		refuse(why, "not JSON: it contains a NUL byte or is too long");
		return NULL;
	}
	while (length > 0 && strchr(" \t\r\n", bytes[length - 1]))
		length--;
	tokener = json_tokener_new_ex(JSON_DEPTH);
	if (!tokener) {
		refuse(why, "out of memory");
		return NULL;
	}
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	document = json_tokener_parse_ex(tokener, bytes, (int)length);
	parsed = json_tokener_get_parse_end(tokener);
	enum json_tokener_error error = json_tokener_get_error(tokener);
	json_tokener_free(tokener);
	if (error != json_tokener_success || parsed != length) {
		json_object_put(document);
		refuse(why, "line %u: not JSON: %s", line_of(bytes, bytes + parsed),
		       error == json_tokener_continue  ? "it ends too early"
		       : error == json_tokener_success ? "something follows the document"
						       : json_tokener_error_desc(error));
		return NULL;
	}

	struct walk walk = {bytes, bytes, bytes + length, why};
	if (walk_value(&walk) < 0) {
		json_object_put(document);
		return NULL;
	}
	return document;
}

/* The value of a key if it has the type; 0 if it is absent, -1 if it is something else. */
static int
typed(struct json_object *object, const char *key, enum json_type type, const char *where,
      struct json_object **out, struct refusal *why)
{
	if (!json_object_object_get_ex(object, key, out) || !*out)
		return 0;
	if (json_object_is_type(*out, type))
		return 1;
	return refuse(why, "%s%s%s: must be %s, not %s", where, *where ? "." : "", key,
		      type == json_type_int      ? "a number"
		      : type == json_type_string ? "a string"
		      : type == json_type_array  ? "a list"
						 : "an object",
		      json_object_to_json_string(*out));
}

int
json_text(struct json_object *object, const char *key, const char *where, const char **out,
	  struct refusal *why)
{
	struct json_object *value;
	int found = typed(object, key, json_type_string, where, &value, why);

	if (found <= 0)
		return found;
	*out = json_object_get_string(value);
	if (strlen(*out) != (size_t)json_object_get_string_len(value))
		return refuse(why, "%s%s%s: contains a NUL", where, *where ? "." : "", key);
	return 1;
}

int
json_number(struct json_object *object, const char *key, const char *where, uint64_t *out,
	    struct refusal *why)
{
	struct json_object *value;
	int found = typed(object, key, json_type_int, where, &value, why);

	if (found > 0)
		*out = json_object_get_uint64(value);
	return found;
}

int
json_array(struct json_object *object, const char *key, const char *where, struct json_object **out,
	   struct refusal *why)
{
	return typed(object, key, json_type_array, where, out, why);
}

int
json_map(struct json_object *object, const char *key, const char *where, struct json_object **out,
	 struct refusal *why)
{
	return typed(object, key, json_type_object, where, out, why);
}
