/* SPDX-License-Identifier: MIT */
#include "sources.h"

#include "environment.h"
#include "value.h"

#include <stdio.h>
#include <string.h>

static const char prefix[] = "STEPDOWN_";

enum { PREFIX = sizeof(prefix) - 1 };

/* What only whoever starts stepdown by hand can mean. */
static bool
belongs_to_the_command_line(enum option_id id)
{
	return id == OPTION_CONFIG || id == OPTION_DRY_RUN || id == OPTION_HELP ||
	       id == OPTION_VERSION;
}

/* What the author of the image decides, and nobody who merely starts it. */
static bool
belongs_to_the_author(enum option_id id)
{
	return belongs_to_the_command_line(id) || id == OPTION_FROM_ENV ||
	       id == OPTION_ALLOW_ROOT || id == OPTION_NO_SETUP;
}

/* A flag by its word: 1 on, 0 off, -1 neither. */
static int
read_switch(const char *text)
{
	return value_word("yes|true|on|1", text) >= 0    ? 1
	       : value_word("no|false|off|0", text) >= 0 ? 0
							 : -1;
}

static int
take_flag(struct options *options, enum option_id id, const char *value,
	  struct option_origin origin, struct refusal *why)
{
	int wanted = value ? read_switch(value) : 1;

	if (wanted < 0)
		return refuse(why, "--%s %.160s: a flag is yes or no", options_table[id].name,
			      value);
	return options_add(options, id, wanted ? NULL : "", origin, why);
}

int
sources_take_line(void *context, const struct config_line *line, struct refusal *why)
{
	struct options *options = context;
	enum option_id id = options_find(line->name, strlen(line->name));
	struct option_origin origin = {OPTION_FROM_FILE, NULL, line->number};
	const char *value = line->value;

	if (id == OPTION_COUNT)
		return options_refuse(why, "there is no option ", "", line->name,
				      strlen(line->name));
	if (belongs_to_the_command_line(id))
		return refuse(why, "%s belongs on the command line alone", line->name);
	if (options_table[id].kind != OPTION_FLAG && !value)
		return refuse(why, "%s needs a value: %s = %s", line->name, line->name,
			      options_table[id].argument);
	for (unsigned i = 0; i < options->count && !origin.file; i++) {
		const char *file = options->entries[i].origin.file;

		if (file && !strcmp(file, line->file))
			origin.file = file;
	}
	if (!origin.file)
		origin.file = options_keep(options, line->file, strlen(line->file), why);
	if (value)
		value = options_keep(options, value, strlen(value), why);
	if (!origin.file || (line->value && !value))
		return -1;
	return options_table[id].kind == OPTION_FLAG ? take_flag(options, id, value, origin, why)
						     : options_add(options, id, value, origin, why);
}

/* STEPDOWN_NAME for an option. */
static void
name_variable(enum option_id id, char text[static SOURCES_NAME_SIZE])
{
	int length = snprintf(text, SOURCES_NAME_SIZE, "%s%s", prefix, options_table[id].name);

	for (int i = PREFIX; i < length && i < SOURCES_NAME_SIZE; i++)
		if (text[i] == '-')
			text[i] = '_';
		else if (text[i] >= 'a' && text[i] <= 'z')
			text[i] = (char)(text[i] - 'a' + 'A');
}

static int
take_list(struct options *options, enum option_id id, const char *value, struct refusal *why)
{
	for (size_t length; *value; value += length + (value[length] == '\n')) {
		length = strcspn(value, "\n");
		const char *one = options_keep(options, value, length, why);

		if (!one)
			return -1;
		if (*one &&
		    options_add(options, id, one,
				(struct option_origin){.source = OPTION_FROM_ENVIRONMENT}, why))
			return -1;
	}
	return 0;
}

static int
take_variable(struct options *options, enum option_id id, char *const *environment,
	      struct refusal *why)
{
	struct option_origin origin = {.source = OPTION_FROM_ENVIRONMENT};
	char name[SOURCES_NAME_SIZE];

	name_variable(id, name);
	const char *value = environment_value(environment, name);

	if (!value || !value[0] || options->decided[id] >= OPTION_FROM_ENVIRONMENT)
		return 0;
	switch (options_table[id].kind) {
	case OPTION_FLAG:
		return read_switch(value) < 0
			       ? refuse(why, "%s is \"%.160s\"; a flag is yes or no", name, value)
			       : take_flag(options, id, value, origin, why);
	case OPTION_LIST:
		return take_list(options, id, value, why);
	default:
		return options_add(options, id, value, origin, why);
	}
}

int
sources_take_environment(struct options *options, char *const *environment, struct refusal *why)
{
	const char *names;
	unsigned cursor = 0;

	while ((names = options_next(options, OPTION_FROM_ENV, &cursor)))
		for (size_t length; *names; names += length + (names[length] == ',')) {
			length = strcspn(names, ",");
			enum option_id id = options_find(names, length);

			if (id == OPTION_COUNT)
				return options_refuse(why, "--from-env: there is no option ", "",
						      names, length);
			if (belongs_to_the_author(id))
				return refuse(
					why,
					"--from-env %.*s: the environment may never set that; say it in the ENTRYPOINT",
					length < 160 ? (int)length : 160, names);
			if (take_variable(options, id, environment, why))
				return -1;
		}
	return 0;
}

static bool
is_allowed(const struct options *options, enum option_id id)
{
	const char *names;
	unsigned cursor = 0;

	while ((names = options_next(options, OPTION_FROM_ENV, &cursor)))
		for (size_t length; *names; names += length + (names[length] == ',')) {
			length = strcspn(names, ",");
			if (options_find(names, length) == id)
				return true;
		}
	return false;
}

/* The option that "STEPDOWN_NAME=value" names, or OPTION_COUNT. */
static enum option_id
named_by(const char *variable)
{
	char name[SOURCES_NAME_SIZE];
	size_t length = 0;

	if (strncmp(variable, prefix, PREFIX))
		return OPTION_COUNT;
	for (variable += PREFIX; *variable && *variable != '='; variable++) {
		if (length == sizeof(name) || (*variable >= 'a' && *variable <= 'z') ||
		    *variable == '-')
			return OPTION_COUNT;
		name[length++] = *variable == '_' ? '-'
				 : *variable >= 'A' && *variable <= 'Z'
					 ? (char)(*variable - 'A' + 'a')
					 : *variable;
	}
	return *variable && length ? options_find(name, length) : OPTION_COUNT;
}

const char *
sources_ignored(const struct options *options, char *const *environment, unsigned *cursor)
{
	while (environment[*cursor]) {
		const char *variable = environment[(*cursor)++];
		enum option_id id = named_by(variable);

		if (id != OPTION_COUNT && !is_allowed(options, id))
			return variable;
	}
	return NULL;
}

void
sources_describe(const struct option_entry *entry, char *text, size_t size)
{
	char name[SOURCES_NAME_SIZE];

	name_variable(entry->id, name);
	if (entry->origin.source == OPTION_FROM_FILE)
		snprintf(text, size, "%s:%u", entry->origin.file, entry->origin.line);
	else
		snprintf(text, size, "%s",
			 entry->origin.source == OPTION_FROM_ENVIRONMENT ? name : "command line");
}
