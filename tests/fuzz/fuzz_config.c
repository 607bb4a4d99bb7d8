/* SPDX-License-Identifier: MIT */
/* Any bytes as two configuration files, below a command line that allows nothing. */
#include "fuzz.h"

#include "sources.h"

/* Between parser and options: what a line is has been promised. */
static int
take(void *context, const struct config_line *line, struct refusal *why)
{
	must(line->number >= 1);
	must(line->name && line->name[0] && strlen(line->name) <= CONFIG_NAME_MOST);
	must(!line->value || strlen(line->value) <= CONFIG_LINE_MOST);
	return sources_take_line(context, line, why);
}

static void
check(const struct options *options)
{
	for (enum option_id id = 0; id < OPTION_COUNT; id++) {
		const struct option_entry *entry;

		for (unsigned cursor = 0; (entry = options_entry(options, id, &cursor));) {
			char where[64];

			must(entry->origin.source == OPTION_FROM_FILE && entry->origin.line >= 1);
			must(!entry->value == (options_table[id].kind == OPTION_FLAG));
			sources_describe(entry, where, sizeof(where));
			must(where[0] == '/' || where[0] == 'b');
		}
	}
	must(!options_given(options, OPTION_CONFIG) && !options_given(options, OPTION_DRY_RUN));
	must(!options_given(options, OPTION_HELP) && !options_given(options, OPTION_VERSION));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const files[] = {"/etc/stepdown.conf", "b.conf"};
	static struct options options;
	struct refusal why = {.text = ""};
	bool good = true;

	memset(&options, 0, sizeof(options));
	for (unsigned i = 0; i < 2 && good; i++) {
		const uint8_t *from = data;
		size_t length = fuzz_part(&data, &size);
		char *bytes = fuzz_bytes(from, length);

		good = fuzz_said(config_parse(files[i], bytes, length, take, &options, &why),
				 &why) == 0;
		free(bytes);
	}
	if (good)
		check(&options);
	/* A refusal about what was said there names the place, whatever the value. */
	for (unsigned i = 0; i < options.count; i++) {
		refuse_option(&why, &options.entries[i], ": bad");
		must(why.about == &options.entries[i]);
		must(strnlen(why.text, sizeof(why.text)) < sizeof(why.text));
	}
	return 0;
}
