/* SPDX-License-Identifier: MIT */
/*
 * needs - the calls that a capability is for
 *
 * A capability that a service keeps is of little use where its filter denies the calls that the
 * capability is needed for. Only capabilities with calls of their own are listed: NET_BIND_SERVICE,
 * say, decides about bind, which every profile allows. Source: capabilities(7).
 */
#ifndef STEPDOWN_KIT_NEEDS_H
#define STEPDOWN_KIT_NEEDS_H

#include "kit/policy.h"

#include <stddef.h>

enum { NEEDS_TEXT = 512 }; /* bytes that are enough for needs_denied */

/*
 * The calls of `capability` (its number, CAP_*) that `policy` denies whatever their arguments,
 * separated by blanks, into `text` of NEEDS_TEXT bytes. Returns how many there are.
 */
size_t needs_denied(const struct policy *policy, int capability, char *text);

/*
 * The same for the calls without which a dynamically linked program does not get to its main():
 * not fatal, since a service may be static, but worth a word.
 */
size_t needs_loader(const struct policy *policy, char *text);

#endif
