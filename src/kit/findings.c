/* SPDX-License-Identifier: MIT */
#include "kit/findings.h"

#include "kit/heap.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_SLOTS = 1024 };

void
findings_init(struct findings *findings)
{
	size_t arches;

	architecture_all(&arches);
	*findings = (struct findings){.slot_count = FIRST_SLOTS};
	findings->slots = memory_new(FIRST_SLOTS, sizeof(*findings->slots));
	findings->calls = memory_new(arches * FINDINGS_NUMBERS, sizeof(*findings->calls));
}

void
findings_free(struct findings *findings)
{
	free(findings->list);
	free(findings->slots);
	free(findings->calls);
	*findings = (struct findings){0};
}

const struct architecture *
findings_arch(uint32_t audit)
{
	size_t count;
	const struct architecture *all = architecture_all(&count);

	for (size_t i = 0; i < count; i++)
		if (all[i].audit == audit)
			return &all[i];
	return NULL;
}

static struct findings_call
look_up(const struct architecture *arch, uint32_t number)
{
	const char *name = arch ? call_name(arch, number) : NULL;

	return (struct findings_call){true, name, interest_find(name)};
}

static struct findings_call
call_of(struct findings *findings, const struct architecture *arch, uint32_t number)
{
	size_t count;
	const struct architecture *all = architecture_all(&count);

	if (!arch || number >= FINDINGS_NUMBERS)
		return look_up(arch, number);
	struct findings_call *call =
		&findings->calls[(size_t)(arch - all) * FINDINGS_NUMBERS + number];
	if (!call->known)
		*call = look_up(arch, number);
	return *call;
}

const char *
findings_name(struct findings *findings, const struct architecture *arch, uint32_t number)
{
	return call_of(findings, arch, number).name;
}

static uint64_t
mix(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ (hash >> 29);
}

static size_t
hash_of(const struct finding *finding)
{
	uint64_t hash = mix(mix(finding->number, finding->first.arch), finding->answer);

	hash = mix(hash, finding->many);
	for (size_t i = 0; i < INTEREST_PARTS; i++)
		hash = mix(hash, finding->values.values[i]);
	return (size_t)hash;
}

static bool
same_kind(const struct finding *one, const struct finding *other)
{
	return one->number == other->number && one->first.arch == other->first.arch &&
	       one->answer == other->answer && one->many == other->many &&
	       one->values.interest == other->values.interest &&
	       memcmp(one->values.values, other->values.values, sizeof(one->values.values)) == 0;
}

/* The slot of this kind, or the free one that it would have. */
static size_t *
slot_of(struct findings *findings, const struct finding *finding)
{
	size_t at = hash_of(finding) & (findings->slot_count - 1);

	while (findings->slots[at] && !same_kind(&findings->list[findings->slots[at] - 1], finding))
		at = (at + 1) & (findings->slot_count - 1);
	return &findings->slots[at];
}

static void
grow(struct findings *findings)
{
	free(findings->slots);
	findings->slot_count *= 2;
	findings->slots = memory_new(findings->slot_count, sizeof(*findings->slots));
	for (size_t i = 0; i < findings->count; i++)
		*slot_of(findings, &findings->list[i]) = i + 1;
}

/* Whether this call has been seen with as many values as are told apart. */
static bool
is_full(const struct findings *findings, const struct finding *finding)
{
	size_t count = 0;

	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *other = &findings->list[i];

		/* Numbers without a name are values of one call that is none. */
		count += other->first.arch == finding->first.arch &&
			 (other->number == finding->number || (!other->name && !finding->name));
	}
	return count >= FINDINGS_VALUES;
}

static struct finding *
insert(struct findings *findings, struct finding *finding)
{
	if (is_full(findings, finding)) {
		finding->many = true;
		finding->values = (struct interest_values){0};
		if (!finding->name)
			finding->number = UINT32_MAX;
		size_t *slot = slot_of(findings, finding);

		if (*slot)
			return &findings->list[*slot - 1];
	}
	if (2 * (findings->count + 1) > findings->slot_count)
		grow(findings);
	findings->list = memory_grow(findings->list, findings->count + 1, sizeof(*findings->list));
	findings->list[findings->count] = *finding;
	*slot_of(findings, finding) = findings->count + 1;
	return &findings->list[findings->count++];
}

struct finding *
findings_add(struct findings *findings, const struct seccomp_data *data, unsigned program,
	     bool later, uint32_t answer)
{
	struct finding kind = {.arch = findings_arch(data->arch),
			       .number = (uint32_t)data->nr,
			       .first = *data,
			       .answer = answer};
	struct findings_call call = call_of(findings, kind.arch, kind.number);
	uint64_t arguments[CALL_ARGUMENTS];

	memcpy(arguments, data->args, sizeof(arguments));
	kind.name = call.name;
	kind.values = interest_values(call.interest, arguments);
	size_t *slot = slot_of(findings, &kind);
	struct finding *found = *slot ? &findings->list[*slot - 1] : insert(findings, &kind);
	found->count++;
	found->united |= arguments[0];
	found->programs |= UINT64_C(1) << program;
	found->later = found->later || later;
	return found;
}

void
findings_restart(struct findings *findings)
{
	for (size_t i = 0; i < findings->count; i++)
		findings->list[i].later = false;
}
