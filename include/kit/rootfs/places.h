/* SPDX-License-Identifier: MIT */
/*
 * places - the directories that a loader searches, as text
 *
 * Pure. Source: ld.so(8), glibc's elf/dl-load.c, musl's ldso/dynlink.c.
 */
#ifndef STEPDOWN_KIT_ROOTFS_PLACES_H
#define STEPDOWN_KIT_ROOTFS_PLACES_H

#include "kit/rootfs/object.h"
#include "refusal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PLACES_MOST = 128 /* directories in one list */ };

struct places {
	char *list[PLACES_MOST]; /* absolute, without a slash at the end */
	size_t count;
	bool has_relative; /* one was left out: it would depend on the working directory */
};

/* What the tokens stand for; NULL: this loader does not know the token. */
struct places_tokens {
	const char *origin;
	const char *lib;
	const char *platform;
};

/*
 * A list with ":" between, as in DT_RPATH and DT_RUNPATH. With `is_musl`, newlines divide it too,
 * and one unknown token makes the whole list void. Returns 0, or -1 with a refusal: too many.
 * Release with places_free, after success alone.
 */
int places_expand(const char *text, const struct places_tokens *tokens, bool is_musl,
		  struct places *out, struct refusal *why);

/* One name with tokens in it, of DT_NEEDED; memory to be freed. */
char *places_expand_name(const char *text, const struct places_tokens *tokens);

/*
 * The default directories that glibc's loader was built with, which stand in it one after the
 * other with a slash at each end; else the usual ones.
 */
void places_of_loader(const uint8_t *bytes, size_t size, struct places *out);

void places_free(struct places *places);

/* What $PLATFORM stands for, "x86_64"; NULL where it is not known. */
const char *places_platform(const struct object_machine *machine);

#endif
