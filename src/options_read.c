/* SPDX-License-Identifier: MIT */
/* The part of options.h that reads values. */
#include "confine/rlimits.h"
#include "init/signals.h"
#include "options.h"
#include "value.h"

#include <cap-ng.h>
#include <limits.h>
#include <string.h>
#include <strings.h>

enum { CODE_MOST = 255 };

/* With a sign where there are numbers below 0, but not -0. */
static bool
read_number(const char *text, const struct option_row *row, int64_t *number)
{
	bool negative = row->least < 0 && *text == '-';
	uint64_t most = (uint64_t)(negative ? -(int64_t)row->least : row->most);
	uint64_t value;

	text += negative;
	if (!value_number(text, strlen(text), most, &value) || (negative && value == 0))
		return false;
	*number = negative ? -(int64_t)value : (int64_t)value;
	return *number >= row->least;
}

static int
find_capability(const char *text)
{
	char name[64];
	size_t length = 0;

	if (!strncasecmp(text, "cap_", 4))
		text += 4;
	for (; text[length] && length < sizeof(name) - 1; length++)
		name[length] = (char)(text[length] >= 'A' && text[length] <= 'Z' ? text[length] + 32
										 : text[length]);
	name[length] = 0;
	return text[length] ? -1 : capng_name_to_capability(name);
}

static const char *
capability_meant(const char *text)
{
	struct value_meant meant = {.name = NULL};
	const char *name;

	if (!strncasecmp(text, "cap_", 4))
		text += 4;
	for (unsigned i = 0; (name = capng_capability_to_name(i)); i++)
		value_compare(&meant, text, strlen(text), name);
	return meant.name;
}

static bool
read_signals(const char *text, struct option_entry *entry)
{
	char name[16];
	size_t length = strcspn(text, "=");

	if (!text[length] || length >= sizeof(name))
		return false;
	memcpy(name, text, length);
	name[length] = '\0';
	text += length + 1;
	entry->pair.from = signals_parse(name);
	entry->pair.to = strcasecmp(text, "none") ? signals_parse(text) : 0;
	return entry->pair.from >= 0 && entry->pair.to >= 0;
}

static bool
read_codes(const char *text, struct option_entry *entry)
{
	size_t length = strcspn(text, "=");
	const char *end = text + length + (text[length] == '=');
	uint64_t from, to;

	if (!value_number(text, length, CODE_MOST, &from) ||
	    !value_number(end, strlen(end), CODE_MOST, &to))
		return false;
	entry->pair.from = (int)from;
	entry->pair.to = (int)to;
	return true;
}

static const char *
read_limit(const char *text, struct option_entry *entry)
{
	struct rlimit_setting setting = {.resource = 0};
	const char *wrong = rlimit_parse(text, &setting);

	entry->limit.resource = setting.resource;
	entry->limit.soft = setting.soft;
	entry->limit.hard = setting.hard;
	return wrong;
}

/* What is wrong with the first `length` bytes as the path of what is given away, or NULL. */
static const char *
read_path(const char *text, size_t length, struct option_entry *entry)
{
	size_t last;

	if (text[0] != '/')
		return ": the path is not absolute; begin it with /";
	while (length > 1 && text[length - 1] == '/')
		length--;
	if (length == 1)
		return ": / cannot be given away; name a directory below it";
	if (length >= PATH_MAX)
		return ": the path is longer than any may be; name a shorter one";
	for (last = length; text[last - 1] != '/';)
		last--;
	if (length - last <= 2 && !strncmp(text + last, "..", length - last))
		return ": the path ends in . or ..; name the directory itself";
	entry->place.length = length;
	return NULL;
}

static const char *
read_directory(const char *text, struct option_entry *entry)
{
	const char *colon = strrchr(text, ':');

	entry->place.owner = NULL;
	entry->place.has_mode = colon != NULL;
	if (colon && !value_octal(colon + 1, strlen(colon + 1), 07777, &entry->place.mode))
		return ": the mode is not an octal number from 0 to 7777; write one such as 0750";
	return read_path(text, colon ? (size_t)(colon - text) : strlen(text), entry);
}

static const char *
read_tree(const char *text, struct option_entry *entry)
{
	const char *equals = strrchr(text, '=');

	entry->place.owner = equals ? equals + 1 : NULL;
	entry->place.has_mode = false;
	if (equals && !equals[1])
		return ": there is no user after the last =; write USER or USER:GROUP";
	return read_path(text, equals ? (size_t)(equals - text) : strlen(text), entry);
}

static int
read_value(struct option_entry *entry, struct refusal *why)
{
	const struct option_row *row = &options_table[entry->id];
	const char *text = entry->value;
	const char *wrong = NULL;
	const char *meant = NULL;
	uint64_t milliseconds = 0;
	mode_t mode = 0;

	switch (row->form) {
	case FORM_TEXT:
		break;
	case FORM_WORD:
		entry->number = value_word(row->argument, text);
		if (entry->number < 0)
			return refuse_option(why, entry, " is not one of %s", row->argument);
		break;
	case FORM_NUMBER:
		if (!read_number(text, row, &entry->number))
			return refuse_option(why, entry, " is not a number from %d to %d",
					     row->least, row->most);
		break;
	case FORM_PORT:
		entry->number = -1;
		if (strcmp(text, "none") && !read_number(text, row, &entry->number))
			return refuse_option(
				why, entry,
				" is not a TCP port; write a number from %d to %d, or none",
				row->least, row->most);
		break;
	case FORM_OCTAL:
		if (!value_octal(text, strlen(text), (mode_t)row->most, &mode))
			return refuse_option(why, entry, " is not an octal number from 0 to %04o",
					     (unsigned)row->most);
		entry->number = mode;
		break;
	case FORM_DURATION:
		if (!value_duration(text, &milliseconds))
			wrong = " is not a duration, such as 10s, 500ms or 1m";
		entry->number = (int64_t)milliseconds;
		break;
	case FORM_SIGNAL:
		entry->number = signals_parse(text);
		meant = entry->number < 0 ? signals_meant(text) : NULL;
		if (entry->number < 0)
			wrong = " is not a signal; write a name such as TERM or RTMIN+3, or a number from 1 to 64";
		break;
	case FORM_CAPABILITY:
		entry->number = find_capability(text);
		meant = entry->number < 0 ? capability_meant(text) : NULL;
		if (entry->number < 0)
			wrong = " is not a capability; see capabilities(7) for their names, such as net_bind_service";
		break;
	case FORM_SIGNALS:
		if (!read_signals(text, entry))
			wrong = " is not FROM=TO of signals, such as TERM=QUIT or HUP=none";
		break;
	case FORM_CODES:
		if (!read_codes(text, entry))
			wrong = " is not CODE=CODE of numbers from 0 to 255, such as 143=0";
		break;
	case FORM_PATH:
		if (text[0] != '/')
			wrong = " is not an absolute path; begin it with /";
		break;
	case FORM_LIMIT:
		wrong = read_limit(text, entry);
		break;
	case FORM_DIRECTORY:
		wrong = read_directory(text, entry);
		break;
	case FORM_TREE:
		wrong = read_tree(text, entry);
		break;
	}
	if (meant)
		return refuse_option(why, entry, "%.*s; did you mean %s?", (int)strcspn(wrong, ";"),
				     wrong, meant);
	return wrong ? refuse_option(why, entry, "%s", wrong) : 0;
}

int
options_read(struct options *options, struct refusal *why)
{
	for (unsigned i = 0; i < options->count; i++) {
		struct option_entry *entry = &options->entries[i];

		if (entry->value && entry->origin.source == options->decided[entry->id] &&
		    read_value(entry, why))
			return -1;
	}
	return 0;
}
