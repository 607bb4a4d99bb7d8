/* SPDX-License-Identifier: MIT */
#include "kit/audit/audit.h"
#include "kit/heap.h"
#include "options.h"

#include <stdlib.h>
#include <string.h>

/* By such a name stepdown has that program's command line, and not its own: dropin.h. */
static bool
names_peer(const char *name)
{
	static const char *const peers[] = {"tini", "tini-static", "dumb-init", "gosu", "su-exec"};
	const char *slash = strrchr(name, '/');

	for (size_t i = 0; i < sizeof(peers) / sizeof(peers[0]); i++)
		if (strcmp(slash ? slash + 1 : name, peers[i]) == 0)
			return true;
	return false;
}

size_t
audit_behind_options(const struct words *words, struct refusal *why)
{
	struct options *options;
	char *const *list = (char *const *)words->list;
	size_t index = 0;

	if (names_peer(words->list[0])) {
		refuse(why, "stepdown is started by the name of '%s'", words->list[0]);
		return 0;
	}
	options = memory_new(1, sizeof(*options));
	/* A configuration is far too small for more words than an int can count. */
	if (options_parse(options, (int)words->count, list, why) == 0) {
		if (options->command)
			index = (size_t)(options->command - list);
		else
			refuse(why, "no COMMAND is given");
	}
	free(options);
	return index;
}
