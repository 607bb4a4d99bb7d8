/* SPDX-License-Identifier: MIT */
/*
 * json_print - a JSON document as a person would write it
 *
 * What fits on a line stands on one; a list of names fills its lines.
 */
#ifndef STEPDOWN_KIT_JSON_PRINT_H
#define STEPDOWN_KIT_JSON_PRINT_H

#include <json-c/json_object.h>
#include <stddef.h>

/* The text, with a newline at its end, in memory that the caller frees. */
char *json_print(struct json_object *document, size_t *length);

#endif
