/* SPDX-License-Identifier: MIT */
#include "explain/kinds.h"

#include <string.h>

static bool
agrees(const struct kind *kind, const struct seccomp_data *data)
{
	uint32_t values[KINDS_WORDS];

	_Static_assert(sizeof(values) == sizeof(data->args), "all arguments");
	memcpy(values, data->args, sizeof(values));
	for (unsigned i = 0; i < KINDS_WORDS; i++)
		if (kind->words >> i & 1 && kind->values[i] != values[i])
			return false;
	return true;
}

bool
kinds_know(const struct kinds *kinds, const struct seccomp_data *data,
	   const struct verdict *verdict)
{
	for (unsigned i = 0; i < kinds->count; i++) {
		const struct kind *kind = &kinds->seen[i];

		if (kind->number == (uint32_t)data->nr && kind->arch == data->arch &&
		    kind->action == verdict->action && kind->looked == verdict->words &&
		    agrees(kind, data))
			return true;
	}
	return false;
}

bool
kinds_add(struct kinds *kinds, const struct seccomp_data *data, const struct verdict *verdict,
	  unsigned shown)
{
	if (kinds->count == KINDS_MOST)
		return false;
	struct kind *kind = &kinds->seen[kinds->count++];

	*kind = (struct kind){
		.arch = data->arch,
		.number = (uint32_t)data->nr,
		.action = verdict->action,
		.looked = (uint16_t)verdict->words,
		.words = (uint16_t)(verdict->words | shown),
	};
	memcpy(kind->values, data->args, sizeof(kind->values));
	return true;
}
