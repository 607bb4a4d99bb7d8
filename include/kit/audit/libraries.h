/* SPDX-License-Identifier: MIT */
/*
 * libraries - where a program's loader finds the libraries that it and its libraries need
 *
 * Over the tree of an image, whose files may be hostile: what is looked for is bounded. Source:
 * ld.so(8), glibc's elf/dl-load.c and elf/dl-cache.c, musl's ldso/dynlink.c.
 */
#ifndef STEPDOWN_KIT_AUDIT_LIBRARIES_H
#define STEPDOWN_KIT_AUDIT_LIBRARIES_H

#include "kit/audit/audit.h"
#include "kit/audit/elf_object.h"

enum {
	LIBRARIES_MOST = 1024,
	LIBRARIES_PROBES_MOST = 200000, /* files that are looked for */
};

struct loaded {
	uint32_t node;
	uint32_t by;      /* its index in the list; itself for the program */
	const char *name; /* belongs to `by`'s object */
	struct object object;
};

struct loading {
	struct audit *audit;
	struct loaded list[LIBRARIES_MOST];
	size_t count;
	unsigned probes;
	bool is_musl;
	char *cache; /* of glibc, or NULL */
	size_t cache_size;
	char *musl_path; /* or NULL */
	const char *loader_name;
	const char *triplet, *platform; /* of Debian and of the kernel, or "" */
	char triplet_lib[32];
};

/* Reads an ELF file of the image; always fills `out`, released with elf_object_free. */
void libraries_read(struct audit *audit, uint32_t node, struct object *out);

/*
 * The first of the list, `list[0].object`, is the program, read already and with a loader: which
 * loader that is, and its list of folders. Release with libraries_close, which also takes a
 * `loading` that was never opened.
 */
void libraries_open(struct loading *loading);
void libraries_close(struct loading *loading);

/* The library that the `wanted_by`-th of the list gets under `name`, or TREE_NONE. */
uint32_t libraries_find(struct loading *loading, size_t wanted_by, const char *name);

#endif
