/* SPDX-License-Identifier: MIT */
/* Any bytes as the head of a program, ELF or script, and as the capabilities of a file. */
#include "fuzz.h"

#include "command/elf_head.h"
#include "command/file_caps.h"
#include "command/script_head.h"

static void
read_elf(const uint8_t *bytes, size_t size)
{
	struct elf_head head;
	struct elf_segments segments;
	char name[ELF_MACHINE_NAME_SIZE];

	if (elf_read_head(bytes, size, &head) != ELF_GOOD)
		return;
	must(size >= 16 && !memcmp(bytes, "\177ELF", 4));
	elf_name_machine(&head, name);
	must(name[0] && strnlen(name, sizeof(name)) < sizeof(name));
	must(elf_fits(&head) != ELF_NATIVE || !strcmp(name, elf_own_machine()));

	size_t wanted = elf_headers_size(&head);
	must(wanted <= 65536);
	/* As the caller does: just the table, wherever it is said to be. */
	if (wanted == 0 || head.headers_offset > size)
		return;
	size_t there = size - head.headers_offset < wanted ? size - head.headers_offset : wanted;
	uint8_t *table = fuzz_bytes(bytes + head.headers_offset, there);
	if (elf_read_segments(table, there, &head, &segments) == 0) {
		must(there == wanted);
		must(segments.loader_offset + segments.loader_size >= segments.loader_offset);
	}
	free(table);
}

static void
read_script(const uint8_t *bytes, size_t size)
{
	struct script_head head;

	if (script_read_head(bytes, size, &head) != SCRIPT_GOOD)
		return;
	size_t length = strnlen(head.interpreter, sizeof(head.interpreter));

	must(length > 0 && length < sizeof(head.interpreter));
	must(!strpbrk(head.interpreter, " \t\n"));
	must(head.ends_in_cr == (head.interpreter[length - 1] == '\r'));

	/* It ends where the kernel still looks, so that it is known to be whole. */
	const uint8_t *at = memmem(bytes, size, head.interpreter, length);
	must(at && (size_t)(at - bytes) + length < SCRIPT_LINE_SIZE);
}

static void
read_caps(const uint8_t *bytes, size_t size)
{
	struct file_caps caps;
	char names[FILE_CAPS_NAMES_SIZE];

	if (file_caps_read(bytes, size, &caps) != 0)
		return;
	must(size == 12 || size == 20 || size == 24);
	must(file_caps_forbidden(&caps, UINT64_MAX) == 0);
	must((file_caps_forbidden(&caps, 0) & ~caps.permitted) == 0);
	file_caps_names(caps.permitted | caps.inheritable, ",", names);
	must(strnlen(names, sizeof(names)) < sizeof(names));
	/* None is left out. */
	unsigned commas = 0;
	for (const char *at = names; *at; at++)
		commas += *at == ',';
	uint64_t all = caps.permitted | caps.inheritable;
	must(all == 0 ? !names[0] : commas == (unsigned)__builtin_popcountll(all) - 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *bytes = fuzz_bytes(data, size);

	read_elf(bytes, size);
	read_script(bytes, size);
	read_caps(bytes, size);
	free(bytes);
	return 0;
}
