/* SPDX-License-Identifier: MIT */
/*
 * stepdown-kit - the image author's workbench: what is needed while an image is built or tested,
 * and never in it
 */
#include "kit/commands.h"
#include "refusal.h"

#include <stdio.h>
#include <string.h>

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *arguments;
	const char *help;
} commands[] = {
	{"compile", command_compile,
	 "PROFILE.json -o FILE [--arch A]... [--cap CAP]... [--kernel X.Y]",
	 "compile a seccomp profile in Docker's format for stepdown --seccomp FILE"},
	{"show", command_show, "PROFILE|FILE [OTHER] [--compat] [--json]",
	 "what a profile or a compiled file means; with two, the difference (status 1)"},
	{"learn", command_learn,
	 "-o PROFILE.json [--merge FILE]... [--base PROFILE] [--record FILE] [--for SECONDS]\n"
	 "           [OPTION OF STEPDOWN]... -- COMMAND [ARGUMENT...]",
	 "run a service as stepdown would, and write a profile of what it did"},
	{"check", command_check,
	 "PROFILE [-o REPORT.json] [--for SECONDS] [OPTION OF STEPDOWN]... -- COMMAND "
	 "[ARGUMENT...]",
	 "run a service, and say what a profile would have denied it (status 1)"},
	{"rootfs", command_rootfs,
	 "-o DIR [--user NAME:UID:GID] [--tz ZONE]... [--certs] [--with PATH]...\n"
	 "           [--from-run FILE]... [--root DIR] [--allow-missing LIB]... [--sbom FILE] "
	 "PROGRAM...",
	 "collect what programs need to run in a scratch image"},
	{"sbom", command_sbom, "[-o FILE]", "what stepdown itself is made of, as SPDX 2.3"},
	{"audit", command_audit,
	 "DIR|TAR [--fail-on LEVEL] [--format text|json] [--exceptions FILE] [--config FILE]",
	 "what is wrong with a root file system or an image; status 1 from LEVEL on"},
	{"embed", command_embed, "--profile FILE --name NAME -o FILE.c [--arch A] [--compat]",
	 "compile a profile into a C file, for stepdown's own build"},
	{"names", command_names, "-o FILE.c [--arch A]",
	 "the names of the system calls as a C file, for stepdown's own build"},
};
enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static int
help(void)
{
	puts("usage: stepdown-kit COMMAND [ARGUMENT...]\n");
	for (size_t i = 0; i < COMMANDS; i++)
		printf("  %-8s %s\n           %s\n", commands[i].name, commands[i].arguments,
		       commands[i].help);
	puts("\nExit status: 0; 1 where a command found something; 125 on any failure.\n"
	     "See stepdown-kit(1).");
	return STATUS_FINE;
}

int
main(int argc, char **argv)
{
	struct refusal why;

	if (argc < 2) {
		refuse(&why, "say what to do, see stepdown-kit --help");
		return command_failed(NULL, &why);
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return help();
	for (size_t i = 0; i < COMMANDS; i++)
		if (strcmp(commands[i].name, argv[1]) == 0) {
			int status = commands[i].run(argc - 1, argv + 1);

			/* Half a report must not pass for a whole one. */
			if ((fflush(stdout) != 0 || ferror(stdout)) && status != STATUS_FAILED) {
				refuse(&why, "cannot write to standard output");
				return command_failed(NULL, &why);
			}
			return status;
		}
	refuse(&why, "%s: there is no such command, see stepdown-kit --help", argv[1]);
	return command_failed(NULL, &why);
}
