/* SPDX-License-Identifier: MIT */
#include "kit/sightings.h"

#include "kit/heap.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_SLOTS = 1024 };

void
sightings_init(struct sightings *sightings)
{
	size_t arches;

	architecture_all(&arches);
	*sightings = (struct sightings){.slot_count = FIRST_SLOTS};
	sightings->slots = memory_new(FIRST_SLOTS, sizeof(*sightings->slots));
	sightings->calls = memory_new(arches * FINDINGS_NUMBERS, sizeof(*sightings->calls));
}

void
sightings_free(struct sightings *sightings)
{
	free(sightings->list);
	free(sightings->slots);
	free(sightings->calls);
	*sightings = (struct sightings){0};
}

const struct architecture *
sightings_arch(uint32_t audit)
{
	size_t count;
	const struct architecture *all = architecture_all(&count);

	for (size_t i = 0; i < count; i++)
		if (all[i].audit == audit)
			return &all[i];
	return NULL;
}

static struct sightings_call
look_up(const struct architecture *arch, uint32_t number)
{
	const char *name = arch ? call_name(arch, number) : NULL;

	return (struct sightings_call){true, name, interest_find(name)};
}

static struct sightings_call
call_of(struct sightings *sightings, const struct architecture *arch, uint32_t number)
{
	size_t count;
	const struct architecture *all = architecture_all(&count);

	if (!arch || number >= FINDINGS_NUMBERS)
		return look_up(arch, number);
	struct sightings_call *call =
		&sightings->calls[(size_t)(arch - all) * FINDINGS_NUMBERS + number];
	if (!call->known)
		*call = look_up(arch, number);
	return *call;
}

const char *
sightings_name(struct sightings *sightings, const struct architecture *arch, uint32_t number)
{
	return call_of(sightings, arch, number).name;
}

static uint64_t
mix(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ (hash >> 29);
}

static size_t
hash_of(const struct sighting *sighting)
{
	uint64_t hash = mix(mix(sighting->number, sighting->first.arch), sighting->answer);

	hash = mix(hash, sighting->many);
	for (size_t i = 0; i < INTEREST_PARTS; i++)
		hash = mix(hash, sighting->values.values[i]);
	return (size_t)hash;
}

static bool
same_kind(const struct sighting *one, const struct sighting *other)
{
	return one->number == other->number && one->first.arch == other->first.arch &&
	       one->answer == other->answer && one->many == other->many &&
	       one->values.interest == other->values.interest &&
	       memcmp(one->values.values, other->values.values, sizeof(one->values.values)) == 0;
}

/* The slot of this kind, or the free one that it would have. */
static size_t *
slot_of(struct sightings *sightings, const struct sighting *sighting)
{
	size_t at = hash_of(sighting) & (sightings->slot_count - 1);

	while (sightings->slots[at] &&
	       !same_kind(&sightings->list[sightings->slots[at] - 1], sighting))
		at = (at + 1) & (sightings->slot_count - 1);
	return &sightings->slots[at];
}

static void
grow(struct sightings *sightings)
{
	free(sightings->slots);
	sightings->slot_count *= 2;
	sightings->slots = memory_new(sightings->slot_count, sizeof(*sightings->slots));
	for (size_t i = 0; i < sightings->count; i++)
		*slot_of(sightings, &sightings->list[i]) = i + 1;
}

/* Whether this call has been seen with as many values as are told apart. */
static bool
is_full(const struct sightings *sightings, const struct sighting *sighting)
{
	size_t count = 0;

	for (size_t i = 0; i < sightings->count; i++) {
		const struct sighting *other = &sightings->list[i];

		/* Numbers without a name are values of one call that is none. */
		count += other->first.arch == sighting->first.arch &&
			 (other->number == sighting->number || (!other->name && !sighting->name));
	}
	return count >= FINDINGS_VALUES;
}

static struct sighting *
insert(struct sightings *sightings, struct sighting *sighting)
{
	if (is_full(sightings, sighting)) {
		sighting->many = true;
		sighting->values = (struct interest_values){0};
		if (!sighting->name)
			sighting->number = UINT32_MAX;
		size_t *slot = slot_of(sightings, sighting);

		if (*slot)
			return &sightings->list[*slot - 1];
	}
	if (2 * (sightings->count + 1) > sightings->slot_count)
		grow(sightings);
	sightings->list =
		memory_grow(sightings->list, sightings->count + 1, sizeof(*sightings->list));
	sightings->list[sightings->count] = *sighting;
	*slot_of(sightings, sighting) = sightings->count + 1;
	return &sightings->list[sightings->count++];
}

struct sighting *
sightings_add(struct sightings *sightings, const struct seccomp_data *data, unsigned program,
	      bool later, uint32_t answer)
{
	struct sighting kind = {.arch = sightings_arch(data->arch),
				.number = (uint32_t)data->nr,
				.first = *data,
				.answer = answer};
	struct sightings_call call = call_of(sightings, kind.arch, kind.number);
	uint64_t arguments[CALL_ARGUMENTS];

	memcpy(arguments, data->args, sizeof(arguments));
	kind.name = call.name;
	kind.values = interest_values(call.interest, arguments);
	size_t *slot = slot_of(sightings, &kind);
	struct sighting *found = *slot ? &sightings->list[*slot - 1] : insert(sightings, &kind);
	found->count++;
	found->united |= arguments[0];
	found->programs |= UINT64_C(1) << program;
	found->later = found->later || later;
	return found;
}

void
sightings_restart(struct sightings *sightings)
{
	for (size_t i = 0; i < sightings->count; i++)
		sightings->list[i].later = false;
}
