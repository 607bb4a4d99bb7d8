/* SPDX-License-Identifier: MIT */
/*
 * elf_head - what the first bytes of an ELF file say about the machine and the loader it needs
 *
 * Pure: bytes in, facts out. The bytes may be hostile; no offset is believed before it is checked.
 * Source: elf(5), the kernel's fs/binfmt_elf.c.
 */
#ifndef STEPDOWN_COMMAND_ELF_HEAD_H
#define STEPDOWN_COMMAND_ELF_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	ELF_MACHINE_NAME_SIZE = 32, /* bytes, the final NUL included */
};

enum elf_result {
	ELF_GOOD,
	ELF_OTHER,   /* no ELF magic */
	ELF_CUT,     /* the magic, but fewer bytes than the header has */
	ELF_UNKNOWN, /* a class or byte order that no machine has */
};

enum elf_fit {
	ELF_NATIVE,  /* for the machine that stepdown was built for */
	ELF_COMPAT,  /* for its 32-bit mode: i386 and x32 on x86_64, arm on aarch64 */
	ELF_FOREIGN, /* for another one */
};

struct elf_head {
	bool is_64bit;
	bool is_big_endian;
	uint16_t type;           /* ET_* */
	uint16_t machine;        /* EM_* */
	uint64_t headers_offset; /* of the program headers, bytes from the start of the file */
	uint16_t header_size;    /* bytes of one program header */
	uint16_t header_count;
};

struct elf_segments {
	uint64_t bytes_needed;  /* the end of the furthest PT_LOAD, bytes from the start */
	uint64_t loader_offset; /* PT_INTERP: where its path stands in the file */
	uint64_t loader_size;   /* bytes of it, its NUL included; 0: there is none */
};

/* Reads the ELF header from the first `size` bytes of a file. `head` is set only by ELF_GOOD. */
enum elf_result elf_read_head(const uint8_t *bytes, size_t size, struct elf_head *head);

/* The bytes that the program headers take, or 0 if the kernel would not accept such a table. */
size_t elf_headers_size(const struct elf_head *head);

/*
 * Reads the program headers, all `head->header_count` of them, from `headers`. The first PT_INTERP
 * counts, as for the kernel. Returns 0, or -1 if they are cut off or an offset in them wraps.
 */
int elf_read_segments(const uint8_t *headers, size_t size, const struct elf_head *head,
		      struct elf_segments *segments);

/* Whether this machine runs it. Another byte order or word size is another machine. */
enum elf_fit elf_fits(const struct elf_head *head);

/* Writes the name that uname(1) and compilers use ("aarch64"), or "machine 4711". */
void elf_name_machine(const struct elf_head *head, char name[static ELF_MACHINE_NAME_SIZE]);

/* The name of the machine that stepdown was built for. */
const char *elf_own_machine(void);

#endif
