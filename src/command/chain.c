/* SPDX-License-Identifier: MIT */
#include "command/chain.h"

#include "command/reach.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The file that was asked for, the one of its chain that is looked at, and why. */
struct chain {
	const char *command;
	char file[PATH_MAX];
	const struct explain_facts *facts;
	enum chain_effort effort;
};

/* "its", or whose the interpreter is when it is not the command's own. */
static void
name_owner(const struct chain *chain, char owner[static PATH_MAX + 8])
{
	if (strcmp(chain->command, chain->file) == 0)
		snprintf(owner, PATH_MAX + 8, "its");
	else
		snprintf(owner, PATH_MAX + 8, "\"%.160s\"'s", chain->file);
}

/* Fills `reason` and returns a status only where execve could not get at `interpreter` either. */
static int
find_obstacle(const struct chain *chain, const char *interpreter, struct refusal *reason)
{
	if (chain->effort == CHAIN_QUICK && reach_check(interpreter) == 0)
		return 0;
	return reach_explain(interpreter, chain->facts->uid, reason);
}

static int
refuse_script(const struct chain *chain, const struct script_head *script, struct refusal *why)
{
	char owner[PATH_MAX + 8];
	struct refusal reason;
	int status = find_obstacle(chain, script->interpreter, &reason);

	if (status == 0)
		return 0;
	name_owner(chain, owner);
	if (status == 127 && script->ends_in_cr)
		refuse(why,
		       "cannot run \"%.160s\": %s #! line ends in a carriage return, which makes it part of the interpreter's name (\"%.*s\\r\"); save the script with Unix line ends (dos2unix, or sed -i 's/\\r$//', and text eol=lf in .gitattributes)",
		       chain->command, owner, (int)strlen(script->interpreter) - 1,
		       script->interpreter);
	else if (status == 127)
		refuse(why,
		       "cannot run \"%.160s\": %s interpreter \"%.160s\", named by the #! line, %s; install it in the image, or run a program that needs no interpreter",
		       chain->command, owner, script->interpreter, reason.text);
	else
		refuse(why,
		       "cannot run \"%.160s\": %s interpreter \"%.160s\", named by the #! line, %s",
		       chain->command, owner, script->interpreter, reason.text);
	return 126;
}

static const char *
name_libc(const char *loader)
{
	if (strstr(loader, "/ld-musl-") != NULL)
		return ", of musl (Alpine)";
	if (strstr(loader, "/ld-linux") != NULL)
		return ", of glibc (Debian, Ubuntu, Fedora)";
	return "";
}

static int
refuse_loader(const struct chain *chain, const char *loader, struct refusal *why)
{
	char owner[PATH_MAX + 8];
	struct refusal reason;
	int status = find_obstacle(chain, loader, &reason);

	if (status == 0)
		return 0;
	name_owner(chain, owner);
	if (status == 127)
		refuse(why,
		       "cannot run \"%.160s\": %s ELF interpreter \"%.160s\", the dynamic loader%s, %s; link the program statically, or copy the loader and the libraries that ldd names into the image",
		       chain->command, owner, loader, name_libc(loader), reason.text);
	else
		refuse(why,
		       "cannot run \"%.160s\": %s ELF interpreter \"%.160s\", the dynamic loader, %s",
		       chain->command, owner, loader, reason.text);
	return 126;
}

/* What the kernel would start, and kill before it has said a word. */
static int
refuse_doomed(const struct chain *chain, const struct inspection *inspection, struct refusal *why)
{
	char machine[ELF_MACHINE_NAME_SIZE];
	enum elf_fit fit = elf_fits(&inspection->elf);

	if (fit == ELF_COMPAT && chain->facts->native_only) {
		elf_name_machine(&inspection->elf, machine);
		refuse(why,
		       "cannot run \"%.160s\": \"%.160s\" is a 32-bit program (%s), and the seccomp filter allows the %s calls alone; build it for %s, or permit the others with --seccomp-compat",
		       chain->command, chain->file, machine, elf_own_machine(), elf_own_machine());
		return 126;
	}
	if (fit == ELF_NATIVE && inspect_is_truncated(inspection)) {
		refuse(why,
		       "cannot run \"%.160s\": \"%.160s\" is truncated: it has %llu bytes, and its program headers speak of %llu; copy or build it again",
		       chain->command, chain->file, (unsigned long long)inspection->size,
		       (unsigned long long)inspection->segments.bytes_needed);
		return 126;
	}
	return 0;
}

static int
refuse_elf(const struct chain *chain, const struct inspection *inspection, struct refusal *why)
{
	int status = refuse_doomed(chain, inspection, why);

	if (status != 0)
		return status;
	/* Emulators registered with binfmt_misc look for another machine's loader elsewhere. */
	if (elf_fits(&inspection->elf) == ELF_FOREIGN || inspection->loader[0] == '\0')
		return 0;
	if (elf_fits(&inspection->elf) == ELF_COMPAT && chain->effort == CHAIN_QUICK)
		return 0;
	return refuse_loader(chain, inspection->loader, why);
}

int
chain_refuse(const char *path, const struct explain_facts *facts, enum chain_effort effort,
	     struct refusal *why)
{
	struct chain chain = {.command = path, .facts = facts, .effort = effort};
	struct inspection inspection;

	if (strlen(path) >= sizeof(chain.file))
		return 0;
	memcpy(chain.file, path, strlen(path) + 1);
	for (unsigned scripts = 0; inspect_file(chain.file, &inspection) == 0; scripts++) {
		if (inspection.kind == INSPECT_ELF)
			return refuse_elf(&chain, &inspection, why);
		if (inspection.kind != INSPECT_SCRIPT)
			return 0;
		if (scripts == CHAIN_SCRIPTS) {
			refuse(why,
			       "cannot run \"%.160s\": more than %d scripts are each other's interpreters; name a program in the #! line of \"%.160s\"",
			       path, CHAIN_SCRIPTS, chain.file);
			return 126;
		}

		int status = refuse_script(&chain, &inspection.script, why);

		if (status != 0)
			return status;
		memcpy(chain.file, inspection.script.interpreter,
		       sizeof(inspection.script.interpreter));
	}
	return 0;
}

int
chain_inspect_end(const char *path, char last[static PATH_MAX], struct inspection *inspection)
{
	snprintf(last, PATH_MAX, "%s", path);
	for (unsigned scripts = 0; inspect_file(last, inspection) == 0; scripts++) {
		if (inspection->kind != INSPECT_SCRIPT)
			return 0;
		if (scripts == CHAIN_SCRIPTS)
			return -1;
		memcpy(last, inspection->script.interpreter,
		       sizeof(inspection->script.interpreter));
	}
	return -1;
}

void
chain_find_end(const char *path, char last[static PATH_MAX])
{
	struct inspection inspection;

	chain_inspect_end(path, last, &inspection);
}
