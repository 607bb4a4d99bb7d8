/* SPDX-License-Identifier: MIT */
/*
 * stepdown-kit - the image author's workbench: what is needed while an image is built or tested,
 * and never in it
 */
#include "kit/commands.h"
#include "kit/components.h"
#include "refusal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *arguments;
	const char *help;
} commands[] = {
	{"compile", command_compile,
	 "PROFILE.json -o FILE [--arch ARCH]... [--cap CAP]... [--kernel X.Y] [--name NAME] [-q]",
	 "compile a seccomp profile in Docker's format for stepdown --seccomp FILE"},
	{"show", command_show,
	 "PROFILE|FILE [OTHER] [--arch ARCH] [--cap CAP]... [--kernel X.Y] [--compat] [--json]",
	 "what a profile or a compiled file means; with two, the difference (status 1)"},
	{"learn", command_learn,
	 "-o PROFILE.json [--merge FILE]... [--base PROFILE] [--record FILE] [--for SECONDS]\n"
	 "           [--engine] [--stepdown PATH] [-q] [OPTION OF STEPDOWN]... -- COMMAND [ARGUMENT...]",
	 "run a service as stepdown would, and write a profile of what it did"},
	{"check", command_check,
	 "PROFILE [-o REPORT.json] [--record FILE] [--for SECONDS] [--compat]\n"
	 "           [--stepdown PATH] [-q] [OPTION OF STEPDOWN]... -- COMMAND [ARGUMENT...]",
	 "run a service, and say what a profile would have denied it (status 1)"},
	{"rootfs", command_rootfs,
	 "-o DIR [--user NAME:UID:GID] [--tz ZONE]... [--certs] [--with PATH]...\n"
	 "           [--from-run FILE]... [--root DIR] [--allow-missing LIB]... [--sbom FILE] [-q]\n"
	 "           PROGRAM...",
	 "collect what programs need to run in a scratch image"},
	{"sbom", command_sbom, "[-o FILE]", "what stepdown itself is made of, as SPDX 2.3"},
	{"audit", command_audit,
	 "DIR|TAR [--fail-on LEVEL] [--format text|json] [--exceptions FILE] [--config FILE]",
	 "what is wrong with a root file system or an image; status 1 from LEVEL on"},
	{"embed", command_embed,
	 "--profile FILE --name NAME -o FILE.c [--arch ARCH] [--cap CAP]... [--kernel X.Y]\n"
	 "           [--compat] [-q]",
	 "compile a profile into a C file, for stepdown's own build"},
	{"names", command_names, "-o FILE.c [--arch ARCH]",
	 "the names of the system calls as a C file, for stepdown's own build"},
};
enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static void
print_command(const struct command *command)
{
	printf("  %-8s %s\n           %s\n", command->name, command->arguments, command->help);
}

static int
help(void)
{
	puts("usage: stepdown-kit COMMAND [ARGUMENT...]\n");
	for (size_t i = 0; i < COMMANDS; i++)
		print_command(&commands[i]);
	puts("\nstepdown-kit COMMAND --help shows one of them, stepdown-kit --version the version.\n"
	     "Exit status: 0; 1 where a command found something; 125 on any failure.\n"
	     "See stepdown-kit(1).");
	return STATUS_FINE;
}

/*
 * What this program opens never becomes one of the three streams. Those that are closed stay as
 * good as closed: nothing can be read from this or written to it, and a service finds them closed.
 */
static int
hold_streams(struct refusal *why)
{
	int opened;

	do
		opened = open("/", O_PATH | O_CLOEXEC);
	while (opened >= 0 && opened <= STDERR_FILENO);
	if (opened < 0)
		return refuse(why, "cannot open /: %s", strerror(errno));
	close(opened);
	return 0;
}

static bool
asks(const char *text, const char *letter, const char *name)
{
	return text && (strcmp(text, letter) == 0 || strcmp(text, name) == 0);
}

/* Help is asked for by the first argument alone: further on it may be the service's. */
static int
run_command(const struct command *command, int argc, char **argv)
{
	if (!asks(argv[1], "-h", "--help"))
		return command->run(argc, argv);
	puts("usage: stepdown-kit COMMAND [ARGUMENT...]\n");
	print_command(command);
	return STATUS_FINE;
}

static int
answer(int argc, char **argv, struct refusal *why)
{
	if (getauxval(AT_UID) != getauxval(AT_EUID) || getauxval(AT_GID) != getauxval(AT_EGID))
		return refuse(
			why,
			"it was started with a set-uid or set-gid bit, which would write as its owner for anybody; remove it: chmod 0755");
	if (argc < 2)
		return refuse(why, "say what to do, see stepdown-kit --help");
	if (asks(argv[1], "-h", "--help"))
		return help();
	if (asks(argv[1], "-V", "--version")) {
		printf("stepdown-kit %s\n", components[0].version);
		return STATUS_FINE;
	}
	for (size_t i = 0; i < COMMANDS; i++)
		if (strcmp(commands[i].name, argv[1]) == 0)
			return run_command(&commands[i], argc - 1, argv + 1);
	return refuse(why, "%s: there is no such command, see stepdown-kit --help", argv[1]);
}

int
main(int argc, char **argv)
{
	struct refusal why;
	int status = hold_streams(&why) < 0 ? -1 : answer(argc, argv, &why);

	/* Half a report must not pass for a whole one. */
	if ((fflush(stdout) != 0 || ferror(stdout)) && status >= 0 && status != STATUS_FAILED)
		status = refuse(&why, "cannot write to standard output");
	return status < 0 ? command_failed(NULL, &why) : status;
}
