/* SPDX-License-Identifier: MIT */
/*
 * arguments - a system call's arguments as people write them
 *
 * Pure. Families, ioctl requests, flags for namespaces and prctl options have names; a path is
 * given by the caller, who read it out of the service. What is not known comes out as numbers.
 */
#ifndef STEPDOWN_EXPLAIN_ARGUMENTS_H
#define STEPDOWN_EXPLAIN_ARGUMENTS_H

#include <stdint.h>

enum { ARGUMENTS_COUNT = 6 };

/*
 * The form of a call's arguments, one letter each: f socket family, i ioctl request, c clone flags,
 * o prctl option, p path or other text, d number, x hexadecimal. A call that is not in the table
 * has six of the last, since it cannot be known how many it takes. `name` may be NULL.
 */
const char *arguments_form(const char *name);

/* The words (as in kinds.h) that are shown by name, so that denials differ in them. */
unsigned arguments_words(const char *form);

/*
 * Writes "AF_ALG, 5, 0" into text[size]. `texts` has what 'p' arguments point to, NULL where it
 * could not be read: then the pointer is shown.
 */
void arguments_write(const char *form, const uint64_t *values, const char *const *texts, char *text,
		     unsigned size);

#endif
