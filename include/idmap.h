/* SPDX-License-Identifier: MIT */
/*
 * idmap - whether an id exists in this user namespace
 *
 * Pure: works on the text of /proc/self/uid_map or gid_map, lines of "inside outside length".
 * Source: user_namespaces(7).
 */
#ifndef STEPDOWN_IDMAP_H
#define STEPDOWN_IDMAP_H

#include "ids.h"

#include <stdbool.h>
#include <stdint.h>

/* Whether `id` is mapped. A map that is not known (`present` false) counts as mapping everything.
 */
bool idmap_holds(const struct ids_file *map, uint32_t id);

/*
 * Writes the ranges of ids that exist, such as "0-65535, 100000", into text[size] for a message.
 */
void idmap_describe(const struct ids_file *map, char *text, size_t size);

#endif
