/* SPDX-License-Identifier: MIT */
/*
 * builtin - the profiles that the kit carries inside: stepdown's own, and what a learned one
 * begins with
 */
#ifndef STEPDOWN_KIT_BUILTIN_H
#define STEPDOWN_KIT_BUILTIN_H

#include <stddef.h>

/*
 * "default", "strict", or "learned": what a learned profile has whatever was seen. Returns its
 * JSON, `*length` bytes of it, or NULL where there is no such name.
 */
const char *builtin_profile(const char *name, size_t *length);

#endif
