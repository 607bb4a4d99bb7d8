/* SPDX-License-Identifier: MIT */
#include "help.h"

#include "options.h"

#include <stdio.h>
#include <string.h>

enum { COLUMN = 28, WIDTH = 78 };

/* The words of a sentence from COLUMN on, broken before WIDTH. */
static void
print_wrapped(const char *text, unsigned at)
{
	while (*text) {
		unsigned word = (unsigned)strcspn(text, " ");

		if (at > COLUMN && at + 1 + word > WIDTH) {
			printf("\n%*s", COLUMN, "");
			at = COLUMN;
		}
		at += (unsigned)printf("%s%.*s", at > COLUMN ? " " : "", (int)word, text);
		text += word + (text[word] == ' ');
	}
}

static void
print_row(const struct option_row *row)
{
	char usage[COLUMN * 2];
	char letter[] = {'-', row->letter, ',', ' ', 0};

	snprintf(usage, sizeof(usage), "  %s--%s%s%s%s", row->letter ? letter : "    ", row->name,
		 row->argument ? " " : "", row->argument ? row->argument : "",
		 row->kind == OPTION_LIST ? " *" : "");
	if (strlen(usage) >= COLUMN)
		printf("%s\n%*s", usage, COLUMN, "");
	else
		printf("%-*s", COLUMN, usage);
	print_wrapped(row->help, COLUMN);
	if (row->preset)
		printf("\n%*s[%s]", COLUMN, "", row->preset);
	printf("\n");
}

int
help_print(void)
{
	const char *section = "";

	printf("Usage: stepdown [OPTION...] [--] COMMAND [ARGUMENT...]\n"
	       "Start as root, drop for good, confine, and exec COMMAND.\n");
	for (unsigned i = 0; i < OPTION_COUNT; i++) {
		if (strcmp(section, options_table[i].section)) {
			section = options_table[i].section;
			printf("\n%s:\n", section);
		}
		print_row(&options_table[i]);
	}
	printf("\nOptions with a * may be repeated. Defaults are in brackets. Put \"--\" before\n"
	       "COMMAND, so that no argument of the service becomes an option.\n"
	       "Exit status: 125 stepdown failed or refused, 126 COMMAND cannot be executed,\n"
	       "127 it was not found, otherwise the service's own.\n");
	return fflush(stdout) || ferror(stdout) ? -1 : 0;
}

int
help_print_version(void)
{
	printf("stepdown %s\n", STEPDOWN_VERSION);
	return fflush(stdout) || ferror(stdout) ? -1 : 0;
}
