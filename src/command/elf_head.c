/* SPDX-License-Identifier: MIT */
#include "command/elf_head.h"

#include <elf.h>
#include <stdio.h>
#include <string.h>

#if defined(__x86_64__)
enum { OWN_MACHINE = EM_X86_64, OWN_COMPAT = EM_386 };
#elif defined(__aarch64__)
enum { OWN_MACHINE = EM_AARCH64, OWN_COMPAT = EM_ARM };
#else
#error "stepdown is made for x86_64 and aarch64"
#endif

/* The kernel's limit for the whole table, fs/binfmt_elf.c, load_elf_phdrs. */
enum { HEADERS_MOST = 65536 };

enum byte_order { ANY_ORDER, LITTLE, BIG };

static const struct machine {
	uint16_t number;
	uint8_t bits; /* 0: either */
	enum byte_order order;
	const char *name;
} machines[] = {
	{EM_X86_64, 64, ANY_ORDER, "x86_64"},
	{EM_X86_64, 32, ANY_ORDER, "x32 (32-bit x86_64)"},
	{EM_386, 0, ANY_ORDER, "i386"},
	{EM_AARCH64, 64, LITTLE, "aarch64"},
	{EM_AARCH64, 64, BIG, "aarch64_be"},
	{EM_ARM, 0, LITTLE, "arm"},
	{EM_ARM, 0, BIG, "armeb"},
	{EM_RISCV, 64, ANY_ORDER, "riscv64"},
	{EM_RISCV, 32, ANY_ORDER, "riscv32"},
	{EM_PPC64, 0, LITTLE, "ppc64le"},
	{EM_PPC64, 0, BIG, "ppc64"},
	{EM_PPC, 0, ANY_ORDER, "ppc"},
	{EM_S390, 64, ANY_ORDER, "s390x"},
	{EM_S390, 32, ANY_ORDER, "s390"},
	{EM_MIPS, 64, LITTLE, "mips64el"},
	{EM_MIPS, 64, BIG, "mips64"},
	{EM_MIPS, 32, LITTLE, "mipsel"},
	{EM_MIPS, 32, BIG, "mips"},
	{258 /* EM_LOONGARCH, not in older headers */, 0, ANY_ORDER, "loongarch64"},
	{EM_SPARCV9, 0, ANY_ORDER, "sparc64"},
	{EM_SPARC, 0, ANY_ORDER, "sparc"},
	{EM_ALPHA, 0, ANY_ORDER, "alpha"},
	{0x9026 /* what Linux writes for Alpha */, 0, ANY_ORDER, "alpha"},
	{EM_IA_64, 0, ANY_ORDER, "ia64"},
	{EM_PARISC, 0, ANY_ORDER, "hppa"},
	{EM_68K, 0, ANY_ORDER, "m68k"},
	{EM_SH, 0, ANY_ORDER, "sh4"},
	{EM_BPF, 0, ANY_ORDER, "bpf"},
};

static uint64_t
read_number(const uint8_t *bytes, size_t width, bool is_big_endian)
{
	uint64_t number = 0;

	for (size_t i = 0; i < width; i++)
		number = number << 8 | bytes[is_big_endian ? i : width - 1 - i];
	return number;
}

/* A member of one of the two forms of an ELF struct, the offsets of which differ. */
#define MEMBER(head, bytes, type, member)                                                          \
	((head)->is_64bit                                                                          \
		 ? read_number((bytes) + offsetof(Elf64_##type, member),                           \
			       sizeof(((Elf64_##type *)0)->member), (head)->is_big_endian)         \
		 : read_number((bytes) + offsetof(Elf32_##type, member),                           \
			       sizeof(((Elf32_##type *)0)->member), (head)->is_big_endian))

enum elf_result
elf_read_head(const uint8_t *bytes, size_t size, struct elf_head *head)
{
	if (size < SELFMAG || memcmp(bytes, ELFMAG, SELFMAG) != 0)
		return ELF_OTHER;
	if (size < EI_NIDENT)
		return ELF_CUT;

	struct elf_head read = {
		.is_64bit = bytes[EI_CLASS] == ELFCLASS64,
		.is_big_endian = bytes[EI_DATA] == ELFDATA2MSB,
	};
	if ((!read.is_64bit && bytes[EI_CLASS] != ELFCLASS32) ||
	    (!read.is_big_endian && bytes[EI_DATA] != ELFDATA2LSB))
		return ELF_UNKNOWN;
	if (size < (read.is_64bit ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr)))
		return ELF_CUT;
	read.type = (uint16_t)MEMBER(&read, bytes, Ehdr, e_type);
	read.machine = (uint16_t)MEMBER(&read, bytes, Ehdr, e_machine);
	read.headers_offset = MEMBER(&read, bytes, Ehdr, e_phoff);
	read.header_size = (uint16_t)MEMBER(&read, bytes, Ehdr, e_phentsize);
	read.header_count = (uint16_t)MEMBER(&read, bytes, Ehdr, e_phnum);
	*head = read;
	return ELF_GOOD;
}

size_t
elf_headers_size(const struct elf_head *head)
{
	size_t one = head->is_64bit ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
	size_t all = one * head->header_count;

	return head->header_size == one && all <= HEADERS_MOST ? all : 0;
}

int
elf_read_segments(const uint8_t *headers, size_t size, const struct elf_head *head,
		  struct elf_segments *segments)
{
	size_t all = elf_headers_size(head);
	struct elf_segments read = {0};

	if (all == 0 || size < all)
		return -1;
	for (const uint8_t *header = headers; header < headers + all; header += head->header_size) {
		uint64_t type = MEMBER(head, header, Phdr, p_type);
		uint64_t offset = MEMBER(head, header, Phdr, p_offset);
		uint64_t length = MEMBER(head, header, Phdr, p_filesz);

		if (type != PT_LOAD && type != PT_INTERP)
			continue;
		if (offset > INT64_MAX || length > INT64_MAX - offset)
			return -1;
		if (type == PT_LOAD && offset + length > read.bytes_needed)
			read.bytes_needed = length > 0 ? offset + length : read.bytes_needed;
		if (type == PT_INTERP && read.loader_size == 0) {
			read.loader_offset = offset;
			read.loader_size = length;
		}
	}
	*segments = read;
	return 0;
}

enum elf_fit
elf_fits(const struct elf_head *head)
{
	if (head->is_big_endian)
		return ELF_FOREIGN;
	if (head->machine == OWN_MACHINE && head->is_64bit)
		return ELF_NATIVE;
	/* x32: a 32-bit file for the 64-bit machine. Nothing like it was ever released for arm. */
	if (head->machine == OWN_MACHINE && OWN_MACHINE == EM_X86_64)
		return ELF_COMPAT;
	return head->machine == OWN_COMPAT && !head->is_64bit ? ELF_COMPAT : ELF_FOREIGN;
}

void
elf_name_machine(const struct elf_head *head, char name[static ELF_MACHINE_NAME_SIZE])
{
	uint8_t bits = head->is_64bit ? 64 : 32;
	enum byte_order order = head->is_big_endian ? BIG : LITTLE;

	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
		const struct machine *row = &machines[i];

		if (row->number == head->machine && (row->bits == 0 || row->bits == bits) &&
		    (row->order == ANY_ORDER || row->order == order)) {
			snprintf(name, ELF_MACHINE_NAME_SIZE, "%s", row->name);
			return;
		}
	}
	snprintf(name, ELF_MACHINE_NAME_SIZE, "machine %u", (unsigned)head->machine);
}

const char *
elf_own_machine(void)
{
	return OWN_MACHINE == EM_X86_64 ? "x86_64" : "aarch64";
}
