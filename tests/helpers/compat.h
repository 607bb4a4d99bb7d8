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
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	COMPAT_SIZE = 128, /* bytes, more than it has */
	COMPAT_BASE = 0x10000,
	/* keyctl(2): EPERM by every profile, EINVAL from the kernel. */
	COMPAT_KEYCTL_386 = 288,
	COMPAT_KEYCTL_ARM = 311,
#if defined(__x86_64__)
	COMPAT_OWN = EM_386,
#else
	COMPAT_OWN = EM_ARM,
#endif
};

static inline size_t
compat_code(unsigned char *to, unsigned machine)
{
	static const unsigned char code_386[] = {
		0xb8,
		COMPAT_KEYCTL_386 & 0xff,
		COMPAT_KEYCTL_386 >> 8,
		0,
		0, /* mov $call, %eax */
		0xcd,
		0x80, /* int $0x80 */
		0xf7,
		0xd8,
		0x89,
		0xc3, /* neg %eax; mov %eax, %ebx */
		0xb8,
		1,
		0,
		0,
		0, /* mov $1, %eax */
		0xcd,
		0x80,
		0xf4, /* int $0x80; hlt */
	};
	static const uint32_t code_arm[] = {
		0xe3007000 | COMPAT_KEYCTL_ARM, /* movw r7, #call */
		0xef000000,                     /* svc 0 */
		0xe2600000,                     /* rsb r0, r0, #0 */
		0xe3a07001,                     /* mov r7, #1 */
		0xef000000,                     /* svc 0 */
		0xe7f000f0,                     /* udf 0 */
	};

	if (machine == EM_386)
		memcpy(to, code_386, sizeof(code_386));
	else
		memcpy(to, code_arm, sizeof(code_arm));
	return machine == EM_386 ? sizeof(code_386) : sizeof(code_arm);
}

/* Writes it into `to`, of COMPAT_SIZE bytes, for EM_386 or EM_ARM. Returns how many it has. */
static inline size_t
compat_write(unsigned char *to, unsigned machine)
{
	size_t heads = sizeof(Elf32_Ehdr) + sizeof(Elf32_Phdr);
	size_t size = heads + compat_code(to + heads, machine);
	Elf32_Ehdr head = {
		.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS32, ELFDATA2LSB, EV_CURRENT},
		.e_type = ET_EXEC,
		.e_machine = (Elf32_Half)machine,
		.e_version = EV_CURRENT,
		.e_entry = COMPAT_BASE + (Elf32_Addr)heads,
		.e_phoff = sizeof(head),
		.e_flags = machine == EM_ARM ? EF_ARM_EABI_VER5 : 0,
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
	return size;
}

/* This machine's own as a file. Returns 0, or -1 and errno. */
static inline int
compat_install(const char *path)
{
	unsigned char program[COMPAT_SIZE];
	size_t size = compat_write(program, COMPAT_OWN);
	FILE *file = fopen(path, "we");

	if (!file || fwrite(program, 1, size, file) != size || fclose(file))
		return -1;
	return chmod(path, 0755);
}

/*
 * Whether this kernel has an entry for 32-bit calls of a 64-bit program. Where it was built or
 * started without one there is nothing that a filter could judge: the call itself ends with SIGSEGV,
 * and the tests demand that. Kernels that have it are run by `make check-kernels` too.
 */
static inline bool
compat_has_calls(void)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		long result = 0;

		signal(SIGSEGV, SIG_DFL); /* cmocka catches it */
#ifdef __x86_64__
		result = 20; /* getpid, in the 32-bit table */
		__asm__ volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
#endif
		_exit(result == getpid() ? 0 : 1);
	}
	return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
	       WEXITSTATUS(status) == 0;
}

/* Whether it executes programs of its 32-bit mode: `path` is compat_install()'s. */
static inline bool
compat_runs(const char *path)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		execl(path, path, (char *)NULL);
		_exit(126);
	}
	return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
	       WEXITSTATUS(status) != 126;
}

#endif
