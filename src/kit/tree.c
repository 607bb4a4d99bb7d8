/* SPDX-License-Identifier: MIT */
#include "kit/tree.h"

#include "kit/memory.h"

#include <stdlib.h>

/*
 * A stretch of ranges is decided by a comparison that splits it in two, or, where all but a few
 * single values share one target, by testing for these values one after the other: instead of two
 * splits, one test each. Dynamic programming over all stretches finds the fewest instructions, and
 * among these the shallowest tree.
 */
enum {
	LONGEST_CHAIN = 4,      /* tests in a row, so that a call's cost stays bounded */
	EXHAUSTIVE_RANGES = 512 /* above, stretches are halved instead: the search is cubic */
};

struct plan {
	unsigned instructions;
	unsigned depth;
	size_t split; /* the second half's first range, or 0 for a chain */
	size_t base;  /* of a chain: the range whose target the others share */
};

struct search {
	const struct range *ranges;
	size_t count;
	struct plan *plans; /* of [from, to): plans[from * (count + 1) + to] */
};

static uint64_t
range_end(const struct search *search, size_t index)
{
	return index + 1 < search->count ? search->ranges[index + 1].first : UINT64_C(1) << 32;
}

static struct plan *
plan_of(const struct search *search, size_t from, size_t to)
{
	return &search->plans[from * (search->count + 1) + to];
}

static bool
better(const struct plan *one, const struct plan *other)
{
	if (one->instructions != other->instructions)
		return one->instructions < other->instructions;
	return one->depth < other->depth;
}

/* How many tests tell the other ranges from those with the target of `base`; too many: a large
 * number. */
static unsigned
chain_length(const struct search *search, size_t from, size_t to, size_t base)
{
	uint64_t tests = 0;

	for (size_t i = from; i < to && tests <= LONGEST_CHAIN; i++)
		if (!target_same(search->ranges[i].target, search->ranges[base].target))
			tests += range_end(search, i) - search->ranges[i].first;
	return tests <= LONGEST_CHAIN ? (unsigned)tests : 0xffff;
}

static void
plan_stretch(const struct search *search, size_t from, size_t to)
{
	struct plan best = {.instructions = 0xffffff};

	/* Of a chain, the first or the second range has the target that most share. */
	for (size_t base = from; base < to && base < from + 2; base++) {
		unsigned tests = chain_length(search, from, to, base);
		struct plan chain = {tests, tests, 0, base};

		if (better(&chain, &best))
			best = chain;
	}
	for (size_t split = from + 1; split < to; split++) {
		const struct plan *left = plan_of(search, from, split);
		const struct plan *right = plan_of(search, split, to);
		struct plan both = {1 + left->instructions + right->instructions,
				    1 + (left->depth > right->depth ? left->depth : right->depth),
				    split, 0};

		if (better(&both, &best))
			best = both;
	}
	*plan_of(search, from, to) = best;
}

static struct target
emit_chain(struct emit *emit, const struct search *search, size_t from, size_t to, size_t base)
{
	struct target rest = search->ranges[base].target;

	for (size_t i = to; i-- > from;) {
		if (target_same(search->ranges[i].target, search->ranges[base].target))
			continue;
		for (uint64_t value = range_end(search, i); value-- > search->ranges[i].first;)
			rest = emit_jump(emit, BPF_JEQ, (uint32_t)value, search->ranges[i].target,
					 rest);
	}
	return rest;
}

static struct target
emit_plan(struct emit *emit, const struct search *search, size_t from, size_t to)
{
	const struct plan *plan = plan_of(search, from, to);

	if (plan->split == 0)
		return emit_chain(emit, search, from, to, plan->base);
	struct target high = emit_plan(emit, search, plan->split, to);
	struct target low = emit_plan(emit, search, from, plan->split);
	return emit_jump(emit, BPF_JGE, search->ranges[plan->split].first, high, low);
}

static struct target
emit_halves(struct emit *emit, const struct range *ranges, size_t count)
{
	if (count == 1)
		return ranges[0].target;
	size_t half = count / 2;
	struct target high = emit_halves(emit, ranges + half, count - half);
	struct target low = emit_halves(emit, ranges, half);
	return emit_jump(emit, BPF_JGE, ranges[half].first, high, low);
}

/* Drops the border between neighbours that lead to the same target. */
static size_t
merge(struct range *out, const struct range *ranges, size_t count)
{
	size_t merged = 0;

	for (size_t i = 0; i < count; i++)
		if (merged == 0 || !target_same(out[merged - 1].target, ranges[i].target))
			out[merged++] = ranges[i];
	return merged;
}

struct target
tree_emit(struct emit *emit, const struct range *given, size_t given_count)
{
	struct range *ranges = memory_new(given_count, sizeof(*ranges));
	size_t count = merge(ranges, given, given_count);
	struct target start;

	if (count > EXHAUSTIVE_RANGES) {
		start = emit_halves(emit, ranges, count);
	} else {
		struct search search = {ranges, count,
					memory_new((count + 1) * (count + 1), sizeof(struct plan))};

		for (size_t size = 1; size <= count; size++)
			for (size_t from = 0; from + size <= count; from++)
				plan_stretch(&search, from, from + size);
		start = emit_plan(emit, &search, 0, count);
		free(search.plans);
	}
	free(ranges);
	return start;
}
