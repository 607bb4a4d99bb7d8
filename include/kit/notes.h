/* SPDX-License-Identifier: MIT */
/*
 * notes - what the author of a profile should hear, although it is no reason to refuse
 *
 * A name that no kernel has, a rule that another one overrules: said on standard error, never
 * dropped in silence. The texts are collected, so that a caller may count or test them.
 */
#ifndef STEPDOWN_KIT_NOTES_H
#define STEPDOWN_KIT_NOTES_H

#include <stddef.h>

struct notes {
	char **texts;
	size_t count;
};

/* Adds one sentence, once: the same sentence again is not added. `format` as in printf(3). */
__attribute__((format(printf, 2, 3))) void notes_add(struct notes *notes, const char *format, ...);

/* Releases the texts; the struct may be used again. */
void notes_free(struct notes *notes);

#endif
