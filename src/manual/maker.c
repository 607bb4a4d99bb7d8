/* SPDX-License-Identifier: MIT */
/*
 * maker - the manual's OPTIONS and the shell completion, made from the options' table
 *
 * `maker manual` copies standard input to standard output and puts the table in place of the line
 * "@OPTIONS@" and the version in place of "@VERSION@"; `maker completion` prints a script for bash.
 */
#include "confine/landlock_needs.h"
#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A sentence with the characters that troff would take for its own. */
static void
print_troff(const char *text)
{
	for (; *text; text++) {
		if (*text == '-' || *text == '\\')
			putchar('\\');
		putchar(*text);
	}
}

static void
print_option(const struct option_row *row)
{
	printf(".TP\n.B ");
	if (row->letter)
		printf("\\-%c, ", row->letter);
	printf("\\-\\-");
	print_troff(row->name);
	if (row->argument)
		printf(" \\fI%s\\fR", row->argument);
	if (row->kind == OPTION_LIST)
		printf(" *");
	printf("\n");
	print_troff(row->help);
	printf(".\n");
	if (row->preset) {
		printf("Default: ");
		print_troff(row->preset);
		printf(".\n");
	}
}

static void
print_options(void)
{
	const char *section = "";

	for (unsigned i = 0; i < OPTION_COUNT; i++) {
		if (strcmp(section, options_table[i].section)) {
			section = options_table[i].section;
			printf(".SS %s\n", section);
		}
		print_option(&options_table[i]);
	}
}

/* What --fs-ro and its like include unasked, with the same use together. */
static void
print_needs(void)
{
	static const char *const heads[] = {"read:", "read and write:"};

	for (unsigned writing = 0; writing < 2; writing++) {
		printf(".TP\n%s\n", heads[writing]);
		for (const struct landlock_need *need = landlock_needs; need->path[0]; need++)
			if ((need->use == LANDLOCK_FOR_WRITING) == writing)
				printf("%s\n", need->path);
	}
}

static int
make_manual(void)
{
	char line[4096];
	bool replaced = false;

	while (fgets(line, sizeof(line), stdin)) {
		char *version = strstr(line, "@VERSION@");

		if (!strcmp(line, "@OPTIONS@\n")) {
			print_options();
			replaced = true;
		} else if (!strcmp(line, "@NEEDS@\n")) {
			print_needs();
		} else if (version)
			printf("%.*s%s%s", (int)(version - line), line, STEPDOWN_VERSION,
			       version + strlen("@VERSION@"));
		else
			fputs(line, stdout);
	}
	return replaced && !ferror(stdin) ? 0 : -1;
}

/* Completion stops at COMMAND or "--", as parsing does; then it is bash's own for commands. */
static void
make_completion(void)
{
	const char *separator = "";

	printf("# bash completion for stepdown, made from its table of options\n"
	       "_stepdown() {\n"
	       "\tlocal current=${COMP_WORDS[COMP_CWORD]} at\n"
	       "\tfor ((at = 1; at < COMP_CWORD; at++)); do\n"
	       "\t\tcase ${COMP_WORDS[at]} in\n"
	       "\t\t--) _command_offset $((at + 1)); return ;;\n\t\t");
	for (unsigned i = 0; i < OPTION_COUNT; i++) {
		if (options_table[i].kind == OPTION_FLAG)
			continue;
		printf("%s--%s", separator, options_table[i].name);
		if (options_table[i].letter)
			printf("|-%c", options_table[i].letter);
		separator = "|";
	}
	printf(") ((at++)) ;;\n"
	       "\t\t-*) ;;\n"
	       "\t\t*) _command_offset $at; return ;;\n"
	       "\t\tesac\n\tdone\n"
	       "\tif [[ $current == -* ]]; then\n"
	       "\t\tCOMPREPLY=($(compgen -W '");
	for (unsigned i = 0; i < OPTION_COUNT; i++)
		printf("%s--%s", i ? " " : "", options_table[i].name);
	printf("' -- \"$current\"))\n"
	       "\telse\n"
	       "\t\tCOMPREPLY=($(compgen -c -- \"$current\"))\n"
	       "\tfi\n}\n"
	       "complete -F _stepdown stepdown\n");
}

int
main(int argc, char *argv[])
{
	if (argc == 2 && !strcmp(argv[1], "completion"))
		make_completion();
	else if (argc != 2 || strcmp(argv[1], "manual") || make_manual())
		return EXIT_FAILURE;
	return fflush(stdout) || ferror(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}
