/* SPDX-License-Identifier: MIT */
/* A line of text as the value of each option that has a form of its own. */
#include "fuzz.h"

#include "confine/rlimits.h"
#include "init/signals.h"
#include "options.h"

#include <limits.h>

static void
check_place(const struct option_entry *read)
{
	must(read->value[0] == '/' && read->place.length > 1 && read->place.length < PATH_MAX);
	must(read->place.length <= strlen(read->value));
	must(!read->place.has_mode || read->place.mode <= 07777);
	must(!read->place.owner || read->place.owner[0]);
}

static void
check_limit(const struct option_entry *read)
{
	const char *name = rlimit_name(read->limit.resource);

	must(read->limit.soft <= read->limit.hard);
	must(name && !strncmp(read->value, name, strlen(name)) && read->value[strlen(name)] == '=');
}

static void
check(const struct option_row *row, const struct option_entry *read)
{
	switch (row->form) {
	case FORM_NUMBER:
		must(read->number >= row->least && read->number <= row->most);
		break;
	case FORM_PORT:
		must(read->number == -1 ||
		     (read->number >= row->least && read->number <= row->most));
		break;
	case FORM_OCTAL:
		must(read->number <= row->most && strtol(read->value, NULL, 8) == read->number);
		break;
	case FORM_DURATION:
		must(read->number >= 0 && read->number < INT64_C(60000) * 1000000000);
		break;
	case FORM_SIGNAL:
		must(read->number >= 1 && read->number <= SIGNALS_LAST);
		break;
	case FORM_SIGNALS:
		must(read->pair.from >= 1 && read->pair.from <= SIGNALS_LAST);
		must(read->pair.to >= 0 && read->pair.to <= SIGNALS_LAST);
		break;
	case FORM_CODES:
		must(read->pair.from >= 0 && read->pair.from <= 255);
		must(read->pair.to >= 0 && read->pair.to <= 255);
		break;
	case FORM_WORD:
	case FORM_CAPABILITY:
		must(read->number >= 0 && read->number < 64);
		break;
	case FORM_LIMIT:
		check_limit(read);
		break;
	case FORM_DIRECTORY:
	case FORM_TREE:
		check_place(read);
		break;
	default:
		break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct options options;
	struct refusal why = {.text = ""};
	char *text = fuzz_text(data, size);

	for (unsigned id = 0; id < OPTION_COUNT; id++) {
		if (options_table[id].form == FORM_TEXT)
			continue;
		memset(options.decided, 0, sizeof(options.decided));
		options.count = 0;
		must(options_add(&options, (enum option_id)id, text,
				 (struct option_origin){.source = OPTION_FROM_COMMAND_LINE},
				 &why) == 0);
		if (options.count && fuzz_said(options_read(&options, &why), &why) == 0)
			check(&options_table[id], &options.entries[0]);
	}
	free(text);
	return 0;
}
