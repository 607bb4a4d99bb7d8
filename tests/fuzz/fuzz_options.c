/* SPDX-License-Identifier: MIT */
/* Any words as a command line. */
#include "fuzz.h"

#include "options.h"

static void
check(const struct options *options, const struct fuzz_strings *words)
{
	bool asks = options_given(options, OPTION_HELP) || options_given(options, OPTION_VERSION);
	unsigned seen = 0;

	must(options->command || asks);
	/* The command is the end of argv itself. */
	if (options->command) {
		must(options->command > words->list && *options->command);
		must(options->command < words->list + words->count);
	}
	must(options->count <= OPTIONS_MAX);
	for (enum option_id id = 0; id < OPTION_COUNT; id++) {
		const struct option_entry *entry;
		unsigned count = 0;

		for (unsigned cursor = 0; (entry = options_entry(options, id, &cursor)); count++) {
			must(entry->id == id);
			must(!entry->value == (options_table[id].kind == OPTION_FLAG));
		}
		must(options_table[id].kind == OPTION_LIST || count <= 1);
		must(options_table[id].kind == OPTION_LIST ||
		     options_given(options, id) == (count == 1));
		seen += count;
	}
	must(seen <= options->count);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct options options;
	struct fuzz_strings words;
	struct refusal why = {.text = ""};

	memset(&options, 0, sizeof(options));
	fuzz_split(data, size, &words);
	if (words.count > 0 &&
	    fuzz_said(options_parse(&options, words.count, words.list, &why), &why) == 0)
		check(&options, &words);
	fuzz_release(&words);
	return 0;
}
