/* SPDX-License-Identifier: MIT */
#include "kit/audit/report.h"

#include "kit/heap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEP_LENGTH = 100 };

/* "layer 3: RUN apt-get install ...", shortened; freed by the caller. */
static char *
layer_text(const struct image *image, uint32_t layer)
{
	const struct words *history = &image->settings.history;
	const char *step = layer > 0 && layer <= history->count ? history->list[layer - 1] : "";
	size_t length = strlen(step);
	char *safe = text_escape(step, length > STEP_LENGTH ? STEP_LENGTH : length);
	size_t size = strlen(safe) + 40;
	char *text = memory_new(size, 1);

	if (image->form == IMAGE_SAVED && layer > 0)
		snprintf(text, size, *safe ? "layer %u: %s%s" : "layer %u%s%s", layer, safe,
			 length > STEP_LENGTH ? "..." : "");
	free(safe);
	return text;
}

static void
print_head(const struct finding *finding)
{
	const struct check *check = &checks_table[finding->check];

	printf("%s: %s: %s\n", level_name(finding->level), check->name, check->what);
	printf("  why:  %s\n  mend: %s\n", check->why, check->mend);
}

static void
print_place(const struct image *image, const struct finding *finding)
{
	char *layer = layer_text(image, finding->layer);

	printf("    %s", finding->where);
	if (*finding->detail)
		printf(": %s", finding->detail);
	if (*layer)
		printf("  [%s]", layer);
	if (finding->reason)
		printf("  accepted: %s", finding->reason);
	putchar('\n');
	free(layer);
}

static void
print_more(const struct findings *findings)
{
	for (unsigned i = 0; i < CHECKS; i++)
		if (findings->more[i] > 0)
			printf("%s: %zu more that are not listed\n", checks_table[i].name,
			       findings->more[i]);
}

void
report_text(const struct image *image, const struct findings *findings, const struct notes *unknown)
{
	const struct finding *last = NULL;

	for (unsigned accepted = 0; accepted < 2; accepted++) {
		for (size_t i = 0; i < findings->count; i++) {
			const struct finding *one = &findings->list[i];

			if ((one->reason != NULL) != (accepted == 1))
				continue;
			if (!last || last->check != one->check || last->level != one->level)
				print_head(one);
			print_place(image, one);
			last = one;
		}
		last = NULL;
	}
	print_more(findings);
	for (size_t i = 0; i < unknown->count; i++)
		printf("unknown: %s\n", unknown->texts[i]);
	printf("%zu high, %zu medium, %zu low, %zu info; %zu accepted\n",
	       findings->at_level[LEVEL_HIGH], findings->at_level[LEVEL_MEDIUM],
	       findings->at_level[LEVEL_LOW], findings->at_level[LEVEL_INFO], findings->accepted);
}

static void
add_text(struct json_object *object, const char *key, const char *text)
{
	json_object_object_add(object, key, json_object_new_string(text));
}

static struct json_object *
finding_json(const struct image *image, const struct finding *finding)
{
	const struct check *check = &checks_table[finding->check];
	struct json_object *object = json_object_new_object();
	char *layer = layer_text(image, finding->layer);

	add_text(object, "check", check->name);
	add_text(object, "level", level_name(finding->level));
	add_text(object, "where", finding->where);
	add_text(object, "detail", finding->detail);
	if (*layer) {
		json_object_object_add(object, "layer", json_object_new_int64(finding->layer));
		add_text(object, "step",
			 layer + strcspn(layer, ":") + (strchr(layer, ':') ? 2 : 0));
	}
	add_text(object, "what", check->what);
	add_text(object, "why", check->why);
	add_text(object, "mend", check->mend);
	if (finding->reason)
		add_text(object, "accepted", finding->reason);
	free(layer);
	return object;
}

static struct json_object *
counts_json(const struct findings *findings)
{
	struct json_object *counts = json_object_new_object();

	for (unsigned i = LEVELS; i > 0; i--)
		json_object_object_add(counts, level_name(i - 1),
				       json_object_new_int64((int64_t)findings->at_level[i - 1]));
	json_object_object_add(counts, "accepted",
			       json_object_new_int64((int64_t)findings->accepted));
	return counts;
}

void
report_json(const struct image *image, const struct findings *findings, const struct notes *unknown)
{
	struct json_object *document = json_object_new_object();
	struct json_object *list = json_object_new_array(), *accepted = json_object_new_array();
	struct json_object *more = json_object_new_object(), *texts = json_object_new_array();

	for (size_t i = 0; i < findings->count; i++)
		json_object_array_add(findings->list[i].reason ? accepted : list,
				      finding_json(image, &findings->list[i]));
	for (unsigned i = 0; i < CHECKS; i++)
		if (findings->more[i] > 0)
			json_object_object_add(more, checks_table[i].name,
					       json_object_new_int64((int64_t)findings->more[i]));
	for (size_t i = 0; i < unknown->count; i++)
		json_object_array_add(texts, json_object_new_string(unknown->texts[i]));
	json_object_object_add(document, "findings", list);
	json_object_object_add(document, "accepted", accepted);
	json_object_object_add(document, "not_listed", more);
	json_object_object_add(document, "unknown", texts);
	json_object_object_add(document, "counts", counts_json(findings));
	puts(json_object_to_json_string_ext(document, JSON_C_TO_STRING_PRETTY |
							      JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(document);
}
