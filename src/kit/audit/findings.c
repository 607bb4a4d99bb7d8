/* SPDX-License-Identifier: MIT */
#include "kit/audit/findings.h"

#include "kit/heap.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const levels[LEVELS] = {"info", "low", "medium", "high"};

const char *
level_name(enum level level)
{
	return levels[level];
}

enum level
level_find(const char *name)
{
	unsigned level = 0;

	while (level < LEVELS && strcmp(levels[level], name) != 0)
		level++;
	return level;
}

void
findings_add(struct findings *findings, enum check_id check, enum level level, uint32_t layer,
	     const char *where, const char *format, ...)
{
	char detail[1024];
	va_list values;
	char *place = text_escape(where, strlen(where));
	struct exception *exception =
		findings->exceptions ? exceptions_match(findings->exceptions, check, place) : NULL;

	if (exception) {
		exception->used++;
		findings->accepted++;
	} else {
		findings->at_level[level]++;
	}
	if (findings->listed[check] == FINDINGS_MOST) {
		findings->more[check]++;
		free(place);
		return;
	}
	va_start(values, format);
	vsnprintf(detail, sizeof(detail), format, values);
	va_end(values);
	if (findings->count == findings->room) {
		findings->room = findings->room ? 2 * findings->room : 64;
		findings->list =
			memory_grow(findings->list, findings->room, sizeof(*findings->list));
	}
	findings->listed[check]++;
	findings->list[findings->count++] = (struct finding){
		.check = check,
		.level = level,
		.layer = layer,
		.where = place,
		.detail = text_escape(detail, strlen(detail)),
		.reason = exception ? exception->reason : NULL,
	};
}

static int
compare(const void *left, const void *right)
{
	const struct finding *one = left, *other = right;

	if (one->level != other->level)
		return one->level > other->level ? -1 : 1;
	if (one->check != other->check)
		return one->check < other->check ? -1 : 1;
	return strcmp(one->where, other->where);
}

void
findings_sort(struct findings *findings)
{
	if (findings->count > 0)
		qsort(findings->list, findings->count, sizeof(*findings->list), compare);
}

void
findings_free(struct findings *findings)
{
	for (size_t i = 0; i < findings->count; i++) {
		free(findings->list[i].where);
		free(findings->list[i].detail);
	}
	free(findings->list);
	*findings = (struct findings){0};
}
