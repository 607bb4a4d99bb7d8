/* SPDX-License-Identifier: MIT */
/*
 * compat - a program of the machine's 32-bit mode, byte by byte, for want of a compiler
 *
 * It makes one system call with arguments of zero and exits with what came back, negated: with the
 * call's errno, or the low byte of -result. Source: elf(5), and the manuals of the two processors.
 */
#ifndef STEPDOWN_TESTS_COMPAT_H
#define STEPDOWN_TESTS_COMPAT_H

#include <elf.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum {
	COMPAT_SIZE = 128, /* bytes, more than it has */
	COMPAT_BASE = 0x10000,
#if defined(__x86_64__)
	COMPAT_MACHINE = EM_386,
	COMPAT_FLAGS = 0,
	COMPAT_KEYCTL = 288, /* EPERM by every profile, EINVAL from the kernel */
#else
	COMPAT_MACHINE = EM_ARM,
	COMPAT_FLAGS = EF_ARM_EABI_VER5,
	COMPAT_KEYCTL = 311,
#endif
};

/* Writes the program into `to`, which has COMPAT_SIZE bytes. Returns how many it has. */
static inline size_t
compat_write(unsigned char *to, uint32_t call)
{
#if defined(__x86_64__)
	unsigned char code[] = {
		0xb8, 0, 0, 0, 0, 0xcd, 0x80,       /* mov $call, %eax; int $0x80 */
		0xf7, 0xd8, 0x89, 0xc3,             /* neg %eax; mov %eax, %ebx */
		0xb8, 1, 0, 0, 0, 0xcd, 0x80, 0xf4, /* mov $1, %eax; int $0x80; hlt */
	};

	memcpy(code + 1, &call, sizeof(call));
#else
	uint32_t code[] = {
		0xe3007000 | (call & 0xf000) << 4 | (call & 0xfff), /* movw r7, #call */
		0xef000000,                                         /* svc 0 */
		0xe2600000,                                         /* rsb r0, r0, #0 */
		0xe3a07001,                                         /* mov r7, #1 */
		0xef000000,                                         /* svc 0 */
		0xe7f000f0,                                         /* udf 0 */
	};
#endif
	size_t size = sizeof(Elf32_Ehdr) + sizeof(Elf32_Phdr) + sizeof(code);
	Elf32_Ehdr head = {
		.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS32, ELFDATA2LSB, EV_CURRENT},
		.e_type = ET_EXEC,
		.e_machine = COMPAT_MACHINE,
		.e_version = EV_CURRENT,
		.e_entry = COMPAT_BASE + sizeof(Elf32_Ehdr) + sizeof(Elf32_Phdr),
		.e_phoff = sizeof(head),
		.e_flags = COMPAT_FLAGS,
		.e_ehsize = sizeof(head),
		.e_phentsize = sizeof(Elf32_Phdr),
		.e_phnum = 1,
	};
	Elf32_Phdr load = {
		.p_type = PT_LOAD,
		.p_flags = PF_R | PF_X,
		.p_vaddr = COMPAT_BASE,
		.p_paddr = COMPAT_BASE,
		.p_filesz = (Elf32_Word)size,
		.p_memsz = (Elf32_Word)size,
		.p_align = 0x1000,
	};

	memcpy(to, &head, sizeof(head));
	memcpy(to + sizeof(head), &load, sizeof(load));
	memcpy(to + sizeof(head) + sizeof(load), code, sizeof(code));
	return size;
}

/* The same as a file. Returns 0, or -1 and errno. */
static inline int
compat_install(const char *path, uint32_t call)
{
	unsigned char program[COMPAT_SIZE];
	size_t size = compat_write(program, call);
	FILE *file = fopen(path, "we");

	if (!file || fwrite(program, 1, size, file) != size || fclose(file))
		return -1;
	return chmod(path, 0755);
}

#endif
