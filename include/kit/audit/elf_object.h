/* SPDX-License-Identifier: MIT */
/*
 * elf_object - what a program or a library says about its loader and the libraries it needs
 *
 * Reads an ELF file of any machine through a function, so that it needs neither be mapped nor be
 * all in memory. The file may be hostile: no offset is believed before it is checked, and every
 * count is bounded. Source: elf(5), gABI chapter 5.
 */
#ifndef STEPDOWN_KIT_AUDIT_ELF_OBJECT_H
#define STEPDOWN_KIT_AUDIT_ELF_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
	OBJECT_TEXT = 4096,       /* bytes of a path or a list of paths, its NUL included */
	OBJECT_NEEDED = 512,      /* libraries that one file may need */
	OBJECT_HEADERS = 256,     /* program headers */
	OBJECT_DYNAMIC = 1 << 16, /* bytes of the dynamic section that are looked at */
};

enum object_kind {
	OBJECT_OTHER,  /* no ELF file */
	OBJECT_STATIC, /* needs no loader */
	OBJECT_DYNAMIC_LINKED,
	OBJECT_BROKEN,
};

struct object {
	enum object_kind kind;
	bool is_64bit;
	bool is_big_endian;
	uint16_t machine;
	char loader[OBJECT_TEXT]; /* PT_INTERP, or empty */
	char *rpath;              /* or NULL */
	char *runpath;            /* or NULL */
	char **needed;            /* `needed_count` names */
	size_t needed_count;
	bool no_default; /* DF_1_NODEFLIB */
};

/* Reads up to `length` bytes at `offset`; returns how many there were, or -1. */
struct object_reader {
	ssize_t (*read)(void *context, uint64_t offset, void *bytes, size_t length);
	void *context;
};

/* Always fills `out`, which is to be released with elf_object_free. */
void elf_object_read(const struct object_reader *reader, struct object *out);
void elf_object_free(struct object *object);

#endif
