/* SPDX-License-Identifier: MIT */
#include "command/contents.h"

#include "command/chain.h"
#include "command/inspect.h"

#include <elf.h>
#include <stdio.h>
#include <string.h>

/* What people name as a command by mistake. */
static const struct mark {
	const char *bytes;
	size_t size;
	const char *what; /* "is ...", and the cure */
} marks[] = {
	{"\xef\xbb\xbf#!", 5,
	 "has a byte order mark before its #!; save the script as UTF-8 without one"},
	{"\n#!", 3, "has an empty line before its #!; make that the first line"},
	{"\r\n#!", 4, "has an empty line before its #!; make that the first line"},
	{" #!", 3, "has a blank before its #!; remove it"},
	{"MZ", 2, "is a Windows program; build it for Linux"},
	{"\xcf\xfa\xed\xfe", 4, "is a macOS program; build it for Linux"},
	{"\xca\xfe\xba\xbe", 4,
	 "is a Java class or a macOS program; run a class with java, or build it for Linux"},
	{"PK\x03\x04", 4, "is a zip archive; unpack it, or run a jar with java -jar"},
	{"\x1f\x8b", 2, "is compressed with gzip; unpack it"},
	{"\xfd"
	 "7zXZ",
	 5, "is compressed with xz; unpack it"},
	{"\x28\xb5\x2f\xfd", 4, "is compressed with zstd; unpack it"},
	{"\0asm", 4, "is a WebAssembly module; run it with a runtime for those"},
	{"version https://git-lfs", 23,
	 "is a Git LFS pointer, not the file itself; fetch it with git lfs pull"},
};

static const char *
find_mark(const struct inspection *file)
{
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (file->head_size >= marks[i].size &&
		    memcmp(file->head, marks[i].bytes, marks[i].size) == 0)
			return marks[i].what;
	return NULL;
}

/* Text as a shell script has it: no control bytes but those of lines. */
static bool
is_text(const struct inspection *file)
{
	for (size_t i = 0; i < file->head_size; i++) {
		uint8_t byte = file->head[i];

		if (byte < ' ' && byte != '\t' && byte != '\n' && byte != '\r' && byte != '\f')
			return false;
	}
	return true;
}

static int
describe_elf(const struct inspection *file, struct refusal *reason)
{
	char machine[ELF_MACHINE_NAME_SIZE];

	elf_name_machine(&file->elf, machine);
	switch (elf_fits(&file->elf)) {
	case ELF_FOREIGN:
		refuse(reason,
		       "is a program for %s, and this machine is %s; use an image or a build for "
		       "%s "
		       "(docker build --platform), or install an emulator (binfmt_misc) on the "
		       "host",
		       machine, elf_own_machine(), elf_own_machine());
		return 126;
	case ELF_COMPAT:
		refuse(reason,
		       "is a 32-bit program (%s), which this kernel does not run or finds damaged; "
		       "build it for %s",
		       machine, elf_own_machine());
		return 126;
	case ELF_NATIVE:
		break;
	}
	if (file->elf.type != ET_EXEC && file->elf.type != ET_DYN)
		refuse(reason, "is %s, not a program; name the program that was linked",
		       file->elf.type == ET_REL    ? "an object file (.o)"
		       : file->elf.type == ET_CORE ? "a core dump"
						   : "an ELF file of an unknown type");
	else if (file->damage != NULL)
		refuse(reason, "is a damaged ELF file (%s); copy or build it again", file->damage);
	else
		return 0;
	return 126;
}

/* Writes the predicate of a sentence whose subject is the file. Returns 126, or 0 if none fits. */
static int
describe(const struct inspection *file, struct refusal *reason)
{
	const char *mark = find_mark(file);

	switch (file->kind) {
	case INSPECT_ELF:
		return describe_elf(file, reason);
	case INSPECT_EMPTY:
		refuse(reason, "is empty; copy or build it again");
		break;
	case INSPECT_NAMELESS:
		refuse(reason, "has a #! line that names no interpreter; write \"#!/bin/sh\"");
		break;
	case INSPECT_CUT_LINE:
		refuse(reason,
		       "has a #! line whose interpreter's name does not end within %d bytes; "
		       "shorten it",
		       SCRIPT_LINE_SIZE);
		break;
	case INSPECT_NOT_ELF:
		refuse(reason,
		       "is a damaged ELF file (its header is malformed or cut off, the file "
		       "has %llu bytes); copy or build it again",
		       (unsigned long long)file->size);
		break;
	case INSPECT_SCRIPT:
		return 0;
	case INSPECT_OTHER:
		if (mark != NULL)
			refuse(reason, "%s", mark);
		else if (is_text(file))
			refuse(reason, "is a text file without a #! line; begin it with one "
				       "(\"#!/bin/sh\"), or name its interpreter before it");
		else
			refuse(reason, "is no program that Linux knows; check what was copied");
		break;
	}
	return 126;
}

static int
explain_loader(const char *path, const char *loader, struct refusal *why)
{
	struct inspection file;
	struct refusal reason;

	if (inspect_file(loader, &file) != 0)
		return 0;
	/* A script is a kind of its own for the command, but nothing that a program can be loaded
	 * by. */
	if (file.kind == INSPECT_SCRIPT)
		refuse(&reason, "is a script; copy the real loader");
	else if (describe(&file, &reason) == 0)
		return 0;
	refuse(why, "cannot run \"%.160s\": its ELF interpreter \"%.160s\", the dynamic loader, %s",
	       path, loader, reason.text);
	return 126;
}

int
contents_explain(const char *path, const struct explain_facts *facts, struct refusal *why)
{
	char last[PATH_MAX];
	struct inspection file;
	struct refusal reason;
	int status = chain_refuse(path, facts, CHAIN_THOROUGH, why);

	if (status != 0)
		return status;
	if (chain_inspect_end(path, last, &file) != 0)
		return 0;
	if (describe(&file, &reason) == 0)
		return file.kind == INSPECT_ELF && file.loader[0] != '\0'
			       ? explain_loader(path, file.loader, why)
			       : 0;
	if (strcmp(path, last) == 0)
		refuse(why, "cannot run \"%.160s\": it %s", path, reason.text);
	else
		refuse(why, "cannot run \"%.160s\": its interpreter \"%.160s\" %s", path, last,
		       reason.text);
	return 126;
}
