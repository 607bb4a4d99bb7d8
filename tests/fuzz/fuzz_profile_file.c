/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a compiled profile; once as they are, and once with the length and the checksum set
 * right, since no mutation would ever guess them. What is taken has to be a program that ends.
 */
#include "fuzz.h"

#include "confine/evaluate.h"
#include "confine/profile_file.h"

#include <linux/audit.h>

static void
check(const struct profile_file *file, uint32_t arch)
{
	static const uint32_t numbers[] = {0, 1, 59, 317, 435, 0x40000000, 0xffffffff};

	must(file->program.length >= 1 && file->program.length <= BPF_MAXINSNS);
	must(file->program.instructions == file->code && file->program.name == file->name);
	must(file->name[0] && strnlen(file->name, sizeof(file->name)) < sizeof(file->name));
	for (unsigned i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		struct seccomp_data data = {.nr = (int)numbers[i],
					    .arch = arch,
					    .args = {i, ~(uint64_t)i, 1ULL << 32 | i}};
		struct verdict verdict;

		must(evaluate(file->code, file->program.length, &data, &verdict) == 0);
		must(verdict.steps <= file->program.length);
	}
}

static void
read_whole(const uint8_t *bytes, size_t size)
{
	static const uint32_t machines[] = {AUDIT_ARCH_X86_64, AUDIT_ARCH_AARCH64};
	static struct profile_file file;
	struct refusal why = {.text = ""};

	for (unsigned i = 0; i < 4; i++)
		if (fuzz_said(profile_file_read(bytes, size, machines[i / 2], i % 2, &file, &why),
			      &why) == 0)
			check(&file, machines[i / 2]);
}

static void
put_32(uint8_t *at, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> (8 * i));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *bytes = fuzz_bytes(data, size);

	read_whole(bytes, size);
	if (size >= 20) {
		put_32(bytes + 12, (uint32_t)size);
		put_32(bytes + size - 4, profile_file_checksum(bytes, size - 4));
		read_whole(bytes, size);
	}
	free(bytes);
	return 0;
}
