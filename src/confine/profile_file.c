/* SPDX-License-Identifier: MIT */
#include "confine/profile_file.h"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <string.h>

/* The largest number that a profile may call its newest: below those of x32. */
static const uint32_t newest_possible = 0x3fffffff;

struct section {
	uint32_t arch;
	uint32_t compat;
	uint32_t newest;
	uint32_t start;
	uint32_t count;
};

static uint32_t
get_16(const unsigned char *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8;
}

static uint32_t
get_32(const unsigned char *at)
{
	return get_16(at) | get_16(at + 2) << 16;
}

uint32_t
profile_file_checksum(const void *bytes, size_t length)
{
	const unsigned char *at = bytes;
	uint32_t sum = UINT32_MAX;

	for (size_t i = 0; i < length; i++) {
		sum ^= at[i];
		for (int bit = 0; bit < 8; bit++)
			sum = sum >> 1 ^ (sum & 1 ? 0xedb88320U : 0);
	}
	return ~sum;
}

static const char *
arch_text(uint32_t arch)
{
	return arch == AUDIT_ARCH_X86_64    ? "x86_64"
	       : arch == AUDIT_ARCH_AARCH64 ? "aarch64"
					    : "another architecture";
}

static int
check_header(const unsigned char *bytes, size_t length, struct refusal *why)
{
	size_t magic = strlen(PROFILE_FILE_MAGIC);

	if (length < magic || memcmp(bytes, PROFILE_FILE_MAGIC, magic) != 0)
		return refuse(why, "is not a compiled profile: make one with stepdown-kit compile");
	if (length < PROFILE_FILE_HEADER + PROFILE_FILE_SECTION + 4)
		return refuse(why, "is cut off: it has %zu bytes", length);
	if (get_16(bytes + 8) != PROFILE_FILE_VERSION)
		return refuse(
			why,
			"has format %u, this stepdown reads format %d: compile it again with the stepdown-kit of the same version",
			get_16(bytes + 8), PROFILE_FILE_VERSION);
	if (get_32(bytes + 12) != length)
		return refuse(why, "is damaged: it has %zu bytes and says %u", length,
			      get_32(bytes + 12));
	if (profile_file_checksum(bytes, length - 4) != get_32(bytes + length - 4))
		return refuse(why, "is damaged: its checksum is wrong");
	if (get_16(bytes + 10) < 1 || get_16(bytes + 10) > PROFILE_FILE_SECTIONS)
		return refuse(why, "has %u sections: 1 to %d", get_16(bytes + 10),
			      PROFILE_FILE_SECTIONS);
	return 0;
}

static int
check_name(const char *name, struct refusal *why)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
	size_t length = strnlen(name, PROFILE_FILE_NAME);

	if (length == 0 || length == PROFILE_FILE_NAME || strspn(name, letters) != length)
		return refuse(why, "has a name that is none");
	for (size_t i = length; i < PROFILE_FILE_NAME; i++)
		if (name[i])
			return refuse(why, "has something behind its name");
	return 0;
}

static struct section
get_section(const unsigned char *bytes, size_t index)
{
	const unsigned char *at = bytes + PROFILE_FILE_HEADER + index * PROFILE_FILE_SECTION;

	return (struct section){get_32(at), get_32(at + 4), get_32(at + 8), get_32(at + 12),
				get_32(at + 16)};
}

/* What seccomp(2) asks of a program, for the instructions that stepdown-kit makes. */
static int
check_instruction(const struct sock_filter *at, size_t left, struct refusal *why)
{
	switch (at->code) {
	case BPF_LD | BPF_W | BPF_ABS:
		if (at->k % 4 == 0 && at->k < sizeof(struct seccomp_data) && !at->jt && !at->jf)
			return 0;
		break;
	case BPF_ALU | BPF_AND | BPF_K:
	case BPF_RET | BPF_K:
		if (!at->jt && !at->jf)
			return 0;
		break;
	case BPF_JMP | BPF_JA:
		if (at->k < left && !at->jt && !at->jf)
			return 0;
		break;
	case BPF_JMP | BPF_JEQ | BPF_K:
	case BPF_JMP | BPF_JGT | BPF_K:
	case BPF_JMP | BPF_JGE | BPF_K:
	case BPF_JMP | BPF_JSET | BPF_K:
		if (at->jt < left && at->jf < left)
			return 0;
		break;
	default:
		break;
	}
	return refuse(why, "has an instruction that stepdown-kit does not make");
}

static int
get_instructions(const unsigned char *bytes, const struct section *section,
		 struct sock_filter *code, struct refusal *why)
{
	for (uint32_t i = 0; i < section->count; i++) {
		const unsigned char *at = bytes + section->start + (size_t)i * 8;

		code[i] = (struct sock_filter){(uint16_t)get_16(at), at[2], at[3], get_32(at + 4)};
		if (check_instruction(&code[i], section->count - i - 1, why) < 0)
			return -1;
	}
	if (code[section->count - 1].code != (BPF_RET | BPF_K))
		return refuse(why, "has a program that does not end");
	return 0;
}

/* The table: every section in its place, none twice, nothing left over. */
static int
check_sections(const unsigned char *bytes, size_t length, struct refusal *why)
{
	size_t count = get_16(bytes + 10);
	size_t end = PROFILE_FILE_HEADER + count * PROFILE_FILE_SECTION;

	for (size_t i = 0; i < count; i++) {
		/* Within the file: the sections before have not passed its end. */
		if (PROFILE_FILE_HEADER + (i + 1) * PROFILE_FILE_SECTION > length - 4)
			return refuse(why, "has a section table that is cut off");
		struct section section = get_section(bytes, i);

		if (section.start != end || section.count < 1 || section.count > BPF_MAXINSNS ||
		    section.start + (size_t)section.count * 8 > length - 4)
			return refuse(why, "has a section in the wrong place");
		if (section.compat > 1 || section.newest > newest_possible)
			return refuse(why, "has a section with a value that is none");
		for (size_t other = 0; other < i; other++) {
			struct section before = get_section(bytes, other);

			if (before.arch == section.arch && before.compat == section.compat)
				return refuse(why, "has two sections for %s",
					      arch_text(section.arch));
		}
		end += (size_t)section.count * 8;
	}
	if (end != length - 4)
		return refuse(why, "has %zu bytes that belong to no section", length - 4 - end);
	return 0;
}

static int
take_section(const unsigned char *bytes, const struct section *section, struct profile_file *out,
	     struct refusal *why)
{
	memcpy(out->digest, bytes + 16, sizeof(out->digest));
	memcpy(out->name, bytes + 48, sizeof(out->name));
	if (check_name(out->name, why) < 0 || get_instructions(bytes, section, out->code, why) < 0)
		return -1;
	out->program = (struct filter_program){
		.name = out->name,
		.instructions = out->code,
		.length = (unsigned short)section->count,
		.newest = section->newest,
	};
	return 0;
}

int
profile_file_read(const void *bytes, size_t length, uint32_t arch, bool compat,
		  struct profile_file *out, struct refusal *why)
{
	const unsigned char *file = bytes;
	bool other_kind = false;

	if (check_header(file, length, why) < 0 || check_sections(file, length, why) < 0)
		return -1;
	for (size_t i = 0; i < get_16(file + 10); i++) {
		struct section section = get_section(file, i);

		if (section.arch == arch && section.compat == compat)
			return take_section(file, &section, out, why);
		other_kind = other_kind || section.arch == arch;
	}
	if (other_kind)
		return refuse(
			why, "has no part for %s calls: %s", compat ? "32-bit" : "native",
			compat ? "its architectures do not name them, or leave out --seccomp-compat"
			       : "compile it again");
	return refuse(why, "is not for %s: compile it with --arch %s", arch_text(arch),
		      arch_text(arch));
}
