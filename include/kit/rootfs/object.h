/* SPDX-License-Identifier: MIT */
/*
 * object - what the dynamic section of an ELF file asks of the loader
 *
 * Pure: the bytes of a whole file in, facts out. The bytes may be hostile: no offset, size or
 * string is believed before it is checked, and the time is linear in their number.
 * Source: elf(5), the gABI's chapter on dynamic linking, glibc's elf/dl-load.c.
 */
#ifndef STEPDOWN_KIT_ROOTFS_OBJECT_H
#define STEPDOWN_KIT_ROOTFS_OBJECT_H

#include "refusal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	OBJECT_NEEDED_MOST = 4096,
	OBJECT_TEXT_MOST = 1 << 16, /* bytes of one string */
	OBJECT_KEPT_MOST = 1 << 18, /* bytes of all of them */
};

enum object_kind {
	OBJECT_OTHER,   /* not an ELF file, or one that no loader loads (.o, core) */
	OBJECT_STATIC,  /* neither interpreter nor dynamic section */
	OBJECT_DYNAMIC, /* has one of them */
};

/* What must be the same for two objects to live in one process. */
struct object_machine {
	uint8_t bits;  /* 32 or 64 */
	uint8_t order; /* ELFDATA2LSB or ELFDATA2MSB */
	uint16_t number;
};

/* The strings point into the bytes that were read; NULL where there is none. */
struct object {
	enum object_kind kind;
	struct object_machine machine;
	const char *interpreter;
	const char *soname;
	const char *rpath; /* NULL where there is a runpath too: it is ignored then */
	const char *runpath;
	const char **needed; /* in their order */
	size_t needed_count;
	bool ignores_default; /* DF_1_NODEFLIB */
	char *kept;           /* by object_keep */
};

/*
 * Reads `size` bytes. Returns 0, also for what is no ELF file, or -1 with a refusal: an ELF file
 * that is cut off or contradicts itself. Release with object_free, after success alone.
 */
int object_read(const uint8_t *bytes, size_t size, struct object *out, struct refusal *why);
void object_free(struct object *object);

/*
 * Copies the strings, so that the bytes may be released. Returns 0, or -1 with a refusal: more than
 * OBJECT_KEPT_MOST, which only a file has that repeats the same string.
 */
int object_keep(struct object *object, struct refusal *why);

bool object_same_machine(const struct object *left, const struct object *right);

/* "64-bit x86_64": for a refusal. Writes into `text`, of `size` bytes, and returns it. */
const char *object_machine_text(const struct object_machine *machine, char *text, size_t size);

#endif
