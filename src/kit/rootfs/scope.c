/* SPDX-License-Identifier: MIT */
#include "kit/rootfs/scope.h"

#include "kit/heap.h"

#include <stdlib.h>
#include <string.h>

void
scope_free(struct scope *scope)
{
	for (size_t i = 0; i < scope->count; i++) {
		free(scope->list[i].opened_as);
		free(scope->list[i].name);
	}
	free(scope->list);
	*scope = (struct scope){0};
}

int
scope_add(struct scope *scope, struct known *known, const char *opened_as, const char *name,
	  size_t parent, struct refusal *why)
{
	if (scope->count == SCOPE_MOST)
		return refuse(why, "%s needs more than %d libraries", scope->list[0].opened_as,
			      SCOPE_MOST);
	scope->list = memory_grow(scope->list, scope->count + 1, sizeof(*scope->list));
	scope->list[scope->count++] = (struct loaded){known, memory_string(opened_as),
						      name ? memory_string(name) : NULL, parent};
	return 0;
}

/* musl does not ask for the soname. */
bool
scope_has(const struct scope *scope, const char *name)
{
	if (loader_is_itself(scope->loader, name))
		return true;
	for (size_t i = 0; i < scope->count; i++) {
		const char *soname = scope->list[i].known->object.soname;

		if (scope->list[i].name && strcmp(scope->list[i].name, name) == 0)
			return true;
		if (!scope->loader->is_musl && soname && strcmp(soname, name) == 0)
			return true;
	}
	return false;
}

struct scope
scope_copy(const struct scope *from)
{
	struct scope copy = {.list = memory_new(from->count, sizeof(*copy.list)),
			     .count = from->count,
			     .loader = from->loader};

	for (size_t i = 0; i < from->count; i++) {
		const struct loaded *one = &from->list[i];

		copy.list[i] =
			(struct loaded){one->known, memory_string(one->opened_as),
					one->name ? memory_string(one->name) : NULL, one->parent};
	}
	return copy;
}
