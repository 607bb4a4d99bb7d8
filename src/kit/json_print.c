/* SPDX-License-Identifier: MIT */
#include "kit/json_print.h"

#include "kit/heap.h"

#include <json-c/linkhash.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 124, TAB = 4, FLAGS = JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE };

static void print_value(FILE *out, struct json_object *value, unsigned depth);

static void
indent(FILE *out, unsigned depth)
{
	fputc('\n', out);
	for (unsigned i = 0; i < depth; i++)
		fputc('\t', out);
}

static void
print_object(FILE *out, struct json_object *object, unsigned depth)
{
	const char *separator = "";

	fputc('{', out);
	json_object_object_foreach(object, key, value)
	{
		struct json_object *name = json_object_new_string(key);

		fputs(separator, out);
		indent(out, depth + 1);
		fprintf(out, "%s: ", json_object_to_json_string_ext(name, FLAGS));
		json_object_put(name);
		print_value(out, value, depth + 1);
		separator = ",";
	}
	indent(out, depth);
	fputc('}', out);
}

static void
print_words(FILE *out, struct json_object *array, unsigned depth)
{
	size_t column = 0, count = json_object_array_length(array);

	fputc('[', out);
	for (size_t i = 0; i < count; i++) {
		const char *word =
			json_object_to_json_string_ext(json_object_array_get_idx(array, i), FLAGS);
		size_t length = strlen(word) + 2;

		if (column == 0 || column + length > WIDTH) {
			indent(out, depth + 1);
			column = (size_t)(depth + 1) * TAB;
		} else {
			fputc(' ', out);
		}
		fprintf(out, "%s%s", word, i + 1 < count ? "," : "");
		column += length;
	}
	indent(out, depth);
	fputc(']', out);
}

static void
print_array(FILE *out, struct json_object *array, unsigned depth)
{
	size_t count = json_object_array_length(array);

	if (count == 0) {
		fputs("[]", out);
		return;
	}
	if (!json_object_is_type(json_object_array_get_idx(array, 0), json_type_object)) {
		print_words(out, array, depth);
		return;
	}
	fputc('[', out);
	for (size_t i = 0; i < count; i++) {
		indent(out, depth + 1);
		print_value(out, json_object_array_get_idx(array, i), depth + 1);
		if (i + 1 < count)
			fputc(',', out);
	}
	indent(out, depth);
	fputc(']', out);
}

static void
print_value(FILE *out, struct json_object *value, unsigned depth)
{
	const char *text = json_object_to_json_string_ext(value, FLAGS);
	bool fits = depth > 1 && strlen(text) + (size_t)depth * TAB <= WIDTH;

	if (!fits && json_object_is_type(value, json_type_object))
		print_object(out, value, depth);
	else if (!fits && json_object_is_type(value, json_type_array))
		print_array(out, value, depth);
	else
		fputs(text, out);
}

char *
json_print(struct json_object *document, size_t *length)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, length);

	if (!out)
		return memory_string("");
	print_value(out, document, 0);
	fputc('\n', out);
	fclose(out);
	return text;
}
