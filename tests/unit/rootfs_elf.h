/* SPDX-License-Identifier: MIT */
/*
 * rootfs_elf - hand-made ELF files and trees of them, for the tests of src/kit/rootfs
 *
 * 64-bit, little-endian. The layout is fixed, so that a test can break a known place.
 */
#ifndef STEPDOWN_TESTS_ROOTFS_ELF_H
#define STEPDOWN_TESTS_ROOTFS_ELF_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <elf.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	MADE_NEEDED = 4,
	MADE_SIZE = 4096,
	MADE_HEADERS = sizeof(Elf64_Ehdr), /* PT_LOAD, PT_INTERP or PT_NULL, PT_DYNAMIC */
	MADE_DYNAMIC = 512,
	MADE_STRINGS = 1024, /* the string table; its first byte is a NUL */
	MADE_INTERPRETER = 3072,
	MADE_BASE = 0x10000, /* address of the file's first byte */
};

struct made_elf {
	uint16_t machine; /* 0: EM_X86_64 */
	const char *interpreter, *soname, *rpath, *runpath;
	const char *needed[MADE_NEEDED];
	uint64_t flags_1;
	int is_static; /* no dynamic section */
};

struct made_strings {
	uint8_t *bytes;
	size_t used;
};

__attribute__((unused)) static uint64_t
made_string(struct made_strings *strings, const char *text)
{
	size_t at = strings->used;

	assert_true(MADE_STRINGS + at + strlen(text) + 1 < MADE_INTERPRETER);
	strcpy((char *)strings->bytes + MADE_STRINGS + at, text);
	strings->used += strlen(text) + 1;
	return at;
}

__attribute__((unused)) static void
made_write(const struct made_elf *made, uint8_t bytes[MADE_SIZE])
{
	struct made_strings strings = {bytes, 1};
	Elf64_Ehdr head = {
		.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
		.e_type = ET_DYN,
		.e_machine = made->machine ? made->machine : EM_X86_64,
		.e_phoff = MADE_HEADERS,
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = 3,
	};
	Elf64_Phdr headers[3] = {
		{.p_type = PT_LOAD, .p_vaddr = MADE_BASE, .p_filesz = MADE_SIZE},
		{.p_type = made->interpreter ? PT_INTERP : PT_NULL,
		 .p_offset = MADE_INTERPRETER,
		 .p_filesz = made->interpreter ? strlen(made->interpreter) + 1 : 0},
		{.p_type = made->is_static ? PT_NULL : PT_DYNAMIC, .p_offset = MADE_DYNAMIC},
	};
	Elf64_Dyn dynamic[16] = {{.d_tag = DT_STRTAB, .d_un.d_val = MADE_BASE + MADE_STRINGS}};
	size_t count = 1;

	memset(bytes, 0, MADE_SIZE);
	for (size_t i = 0; i < MADE_NEEDED && made->needed[i]; i++)
		dynamic[count++] = (Elf64_Dyn){DT_NEEDED, {made_string(&strings, made->needed[i])}};
	if (made->soname)
		dynamic[count++] = (Elf64_Dyn){DT_SONAME, {made_string(&strings, made->soname)}};
	if (made->rpath)
		dynamic[count++] = (Elf64_Dyn){DT_RPATH, {made_string(&strings, made->rpath)}};
	if (made->runpath)
		dynamic[count++] = (Elf64_Dyn){DT_RUNPATH, {made_string(&strings, made->runpath)}};
	if (made->flags_1)
		dynamic[count++] = (Elf64_Dyn){DT_FLAGS_1, {made->flags_1}};
	dynamic[count++] = (Elf64_Dyn){DT_STRSZ, {strings.used}};
	dynamic[count++] = (Elf64_Dyn){DT_NULL, {0}};
	headers[2].p_filesz = count * sizeof(dynamic[0]);
	memcpy(bytes, &head, sizeof(head));
	memcpy(bytes + MADE_HEADERS, headers, sizeof(headers));
	memcpy(bytes + MADE_DYNAMIC, dynamic, count * sizeof(dynamic[0]));
	if (made->interpreter)
		strcpy((char *)bytes + MADE_INTERPRETER, made->interpreter);
}

/* --- trees --------------------------------------------------------------------------------- */

__attribute__((unused)) static char made_root[64];

__attribute__((unused)) static void
made_root_begin(void)
{
	strcpy(made_root, "/tmp/stepdown-rootfs-XXXXXX");
	assert_non_null(mkdtemp(made_root));
}

__attribute__((unused)) static void
made_root_end(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", made_root);
	assert_int_equal(system(command), 0);
}

/* Makes the parents of a path below the root, and returns the whole path. */
__attribute__((unused)) static const char *
made_path(const char *path)
{
	static char whole[PATH_MAX];

	snprintf(whole, sizeof(whole), "%s%s", made_root, path);
	for (char *at = whole + strlen(made_root) + 1; (at = strchr(at, '/')); at++) {
		*at = '\0';
		mkdir(whole, 0755);
		*at = '/';
	}
	return whole;
}

__attribute__((unused)) static void
made_file(const char *path, const void *bytes, size_t size, mode_t mode)
{
	const char *whole = made_path(path);
	int file = open(whole, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (file < 0)
		fail_msg("%s", whole);
	assert_int_equal(write(file, bytes, size), size);
	assert_int_equal(fchmod(file, mode), 0);
	close(file);
}

__attribute__((unused)) static void
made_object(const char *path, const struct made_elf *made)
{
	uint8_t bytes[MADE_SIZE];

	made_write(made, bytes);
	made_file(path, bytes, sizeof(bytes), 0755);
}

__attribute__((unused)) static void
made_link(const char *path, const char *target)
{
	assert_int_equal(symlink(target, made_path(path)), 0);
}

#endif
