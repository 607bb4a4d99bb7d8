/* SPDX-License-Identifier: MIT */
#include "kit/audit/audit.h"
#include "kit/audit/report.h"
#include "kit/commands.h"
#include "kit/files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum option { FAIL_ON, FORMAT, EXCEPTIONS, CONFIG, OPTIONS };

static const char *const names[OPTIONS] = {"--fail-on", "--format", "--exceptions", "--config"};

struct order {
	const char *path;
	const char *values[OPTIONS];
	enum level fail_on; /* LEVELS: never */
	bool json;
};

/* Takes argv[*at], and its value, which may follow it or stand behind "=". */
static int
take_option(char **argv, int *at, struct order *order, struct refusal *why)
{
	const char *text = argv[*at], *value = strchr(text, '=');
	size_t length = value ? (size_t)(value - text) : strlen(text), i = 0;

	while (i < OPTIONS && (strlen(names[i]) != length || strncmp(names[i], text, length) != 0))
		i++;
	if (i == OPTIONS)
		return refuse(why, "%s: there is no such option here, see stepdown-kit --help",
			      text);
	value = value ? value + 1 : argv[++*at];
	if (!value || !*value)
		return refuse(why, "%s needs a value", names[i]);
	if (order->values[i])
		return refuse(why, "%s is given twice", names[i]);
	order->values[i] = value;
	return 0;
}

static int
parse(int argc, char **argv, struct order *order, struct refusal *why)
{
	bool only_files = false;

	*order = (struct order){.fail_on = LEVEL_MEDIUM};
	for (int at = 1; at < argc; at++) {
		if (!only_files && strcmp(argv[at], "--") == 0) {
			only_files = true;
		} else if (!only_files && argv[at][0] == '-') {
			if (take_option(argv, &at, order, why) < 0)
				return -1;
		} else if (order->path) {
			return refuse(why, "%s: one argument too many", argv[at]);
		} else {
			order->path = argv[at];
		}
	}
	if (!order->path)
		return refuse(why, "audit needs a directory or an archive");
	if (order->values[FAIL_ON] && strcmp(order->values[FAIL_ON], "never") == 0)
		order->fail_on = LEVELS;
	else if (order->values[FAIL_ON] &&
		 (order->fail_on = level_find(order->values[FAIL_ON])) == LEVELS)
		return refuse(why, "--fail-on %s: must be info, low, medium, high or never",
			      order->values[FAIL_ON]);
	order->json = order->values[FORMAT] && strcmp(order->values[FORMAT], "json") == 0;
	if (order->values[FORMAT] && !order->json && strcmp(order->values[FORMAT], "text") != 0)
		return refuse(why, "--format %s: must be text or json", order->values[FORMAT]);
	return 0;
}

static int
prefixed(const char *path, struct refusal *why)
{
	struct refusal inner = *why;

	return refuse(why, "%s: %s", path, inner.text);
}

static int
read_exceptions(const char *path, struct exceptions *out, struct refusal *why)
{
	size_t length;
	char *text;

	if (!path)
		return 0;
	if (file_read(path, &text, &length, why) < 0)
		return -1;
	int result = exceptions_parse(text, length, out, why);
	free(text);
	return result < 0 ? prefixed(path, why) : 0;
}

/* Docker's inspect says the tags too. */
static void
take_tags(struct image *image)
{
	struct json_object *one = image->settings.document, *list;

	if (json_object_is_type(one, json_type_array))
		one = json_object_array_get_idx(one, 0);
	list = document_value(one, "RepoTags", json_type_array);
	if (!list || image->has_tags)
		return;
	image->has_tags = true;
	image->tag_list = calloc(json_object_array_length(list) + 1, sizeof(*image->tag_list));
	image->tags = image->tag_list;
	for (size_t i = 0; image->tag_list && i < json_object_array_length(list); i++)
		if (json_object_is_type(json_object_array_get_idx(list, i), json_type_string))
			image->tag_list[image->tag_count++] =
				json_object_get_string(json_object_array_get_idx(list, i));
}

static int
read_settings(const char *path, struct image *image, struct refusal *why)
{
	size_t length;
	char *text;

	if (!path)
		return 0;
	if (image->settings.document)
		return refuse(
			why,
			"--config is for a file system alone: this image has a configuration of its own");
	if (file_read(path, &text, &length, why) < 0)
		return -1;
	int result = settings_read(text, length, &image->settings, why);
	free(text);
	if (result < 0)
		return prefixed(path, why);
	take_tags(image);
	return 0;
}

/* An exception that accepts nothing is a slip, or can go. */
static void
report_unused(const struct order *order, const struct exceptions *exceptions)
{
	struct notes notes = {0};

	for (size_t i = 0; i < exceptions->count; i++)
		if (exceptions->list[i].used == 0)
			notes_add(&notes, "line %u accepts nothing: %s%s%s",
				  exceptions->list[i].line,
				  checks_table[exceptions->list[i].check].name,
				  exceptions->list[i].pattern ? " " : "",
				  exceptions->list[i].pattern ? exceptions->list[i].pattern : "");
	command_notes(order->values[EXCEPTIONS], &notes);
}

static int
run(const struct order *order, struct image *image, struct exceptions *exceptions)
{
	struct findings findings = {.exceptions = exceptions};
	struct notes unknown = {0};
	struct audit audit = {.image = image,
			      .findings = &findings,
			      .unknown = &unknown,
			      .now = (int64_t)time(NULL)};
	size_t grave = 0;

	audit_run(&audit);
	findings_sort(&findings);
	for (unsigned level = order->fail_on; level < LEVELS; level++)
		grave += findings.at_level[level];
	if (order->json)
		report_json(image, &findings, &unknown);
	else
		report_text(image, &findings, &unknown);
	report_unused(order, exceptions);
	findings_free(&findings);
	notes_free(&unknown);
	return grave > 0 ? STATUS_DIFFERS : STATUS_FINE;
}

int
command_audit(int argc, char **argv)
{
	struct exceptions exceptions = {0};
	struct image image = {0};
	struct order order;
	struct refusal why;
	int status;

	if (parse(argc, argv, &order, &why) < 0)
		return command_failed(NULL, &why);
	if (read_exceptions(order.values[EXCEPTIONS], &exceptions, &why) < 0)
		return command_failed(NULL, &why);
	if (image_open(order.path, &image, &why) < 0)
		status = command_failed(order.path, &why);
	else if (read_settings(order.values[CONFIG], &image, &why) < 0)
		status = command_failed(NULL, &why);
	else
		status = run(&order, &image, &exceptions);
	image_close(&image);
	exceptions_free(&exceptions);
	return status;
}
