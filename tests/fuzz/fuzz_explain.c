/* SPDX-License-Identifier: MIT */
/*
 * Any call as one that was denied, with any bytes as the name of the thread and as what its
 * pointers lead to: what --explain makes of it is one line that is safe on a terminal, and in JSON
 * an object that says the same.
 */
#include "fuzz.h"

#include "confine/notify.h"
#include "explain/arguments.h"
#include "explain/kinds.h"
#include "explain/line.h"
#include "explain/names.h"
#include "explain/peek.h"
#include "front/log.h"

#include <json-c/json.h>

enum { TEXT_ARGUMENTS = 1024 };

struct notice {
	struct seccomp_data data;
	int64_t seconds;
	uint32_t nanoseconds, pid;
};

static void
check_line(const char *line, unsigned length)
{
	must(length > 0 && length < LINE_LARGEST && strlen(line) == length);
	must(line[length - 1] == '\n');
	for (unsigned i = 0; i + 1 < length; i++)
		must(line[i] >= ' ' && line[i] <= '~');
}

static const char *
text_of(struct json_object *object, const char *key)
{
	struct json_object *value;

	must(json_object_object_get_ex(object, key, &value));
	must(json_object_is_type(value, json_type_string));
	return json_object_get_string(value);
}

/* The values are escaped in JSON as the bytes of the text line are, so they must come out alike. */
static void
check_json(const struct denial *denial, const char *line, unsigned length)
{
	char command[PEEK_COMMAND * 4 + 1];
	struct json_tokener *parser = json_tokener_new_ex(8);

	must(parser);
	struct json_object *object = json_tokener_parse_ex(parser, line, (int)length);

	must(object && json_object_is_type(object, json_type_object));
	report_escape(*denial->command ? denial->command : "?", false, command, sizeof(command));
	/* In JSON a byte takes one more, so that less of it may have room. */
	must(strncmp(text_of(object, "command"), command, 15) == 0);
	must(!denial->call || strcmp(text_of(object, "call"), denial->call) == 0);
	const char *arguments = text_of(object, "arguments");
	must(strncmp(arguments, denial->arguments, strlen(arguments)) == 0);
	must(text_of(object, "errno")[0] && text_of(object, "rule")[0]);
	must(!strcmp(text_of(object, "profile"), denial->profile->name));
	json_object_put(object);
	json_tokener_free(parser);
}

/* A kind that was added is known, and stays known. */
static void
count_kind(const struct denial *denial, unsigned shown)
{
	static struct kinds kinds;
	bool known = kinds_know(&kinds, denial->data, &denial->verdict);

	if (kinds.count == KINDS_MOST) {
		must(!kinds_add(&kinds, denial->data, &denial->verdict, shown));
		kinds.count = 0;
		return;
	}
	if (!known)
		must(kinds_add(&kinds, denial->data, &denial->verdict, shown));
	must(kinds_know(&kinds, denial->data, &denial->verdict));
}

static void
explain(const struct notice *notice, const char *command, const char *const *texts,
	const struct filter_program *profile)
{
	char arguments[TEXT_ARGUMENTS], line[LINE_LARGEST], small[40];
	const char *call = names_at(names_place(notice->data.arch, (uint32_t)notice->data.nr));
	const char *form = arguments_form(call);
	uint64_t values[ARGUMENTS_COUNT];
	struct denial denial = {.time = {notice->seconds, notice->nanoseconds % 1000000000},
				.pid = (int)notice->pid,
				.command = command,
				.call = call,
				.arguments = arguments,
				.data = &notice->data,
				.profile = profile};

	if (evaluate(profile->instructions, profile->length, &notice->data, &denial.verdict))
		must(false);
	int error = notify_errno(denial.verdict.action);
	must(error >= 0 && error <= 4095);
	memcpy(values, notice->data.args, sizeof(values));
	must(strlen(form) <= ARGUMENTS_COUNT && strspn(form, "ficopdx") == strlen(form));
	arguments_write(form, values, texts, arguments, sizeof(arguments));
	must(memchr(arguments, 0, sizeof(arguments)));
	arguments_write(form, values, texts, small, sizeof(small));
	must(memchr(small, 0, sizeof(small)));
	check_line(line, line_denial(&denial, false, line));
	unsigned length = line_denial(&denial, true, line);
	check_line(line, length);
	check_json(&denial, line, length);
	count_kind(&denial, arguments_words(form));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct filter_program of_file;
	static const struct filter_program *const profiles[] = {&filter_default, &filter_strict,
								&filter_default_compat, &of_file};
	const char *texts[ARGUMENTS_COUNT] = {NULL};
	struct notice notice;
	struct fuzz_strings lines;

	if (size < sizeof(notice) + 1)
		return 0;
	/* A profile from a file has a name as long as may be, and no lines. */
	of_file = filter_strict;
	of_file.name = "a-name-of-thirty-one-characters";
	of_file.lines = NULL;
	memcpy(&notice, data + 1, sizeof(notice));
	/* Up to the year 9999: a clock says no more. */
	notice.seconds &= 0x3affffffff;
	if (data[0] & 4)
		notice.data.arch = names_native_arch;
	if (data[0] & 8)
		notice.data.nr &= 511;
	fuzz_split(data + 1 + sizeof(notice), size - 1 - sizeof(notice), &lines);
	/* As much as peek gives of each. */
	for (int i = 0; i < lines.count; i++)
		lines.list[i][strnlen(lines.list[i], i ? PEEK_TEXT - 1 : PEEK_COMMAND - 1)] = 0;
	for (int i = 1; i < lines.count && i <= ARGUMENTS_COUNT; i++)
		texts[i - 1] = lines.list[i];
	explain(&notice, lines.count ? lines.list[0] : "", texts, profiles[data[0] & 3]);
	fuzz_release(&lines);
	return 0;
}
