/* SPDX-License-Identifier: MIT */
#include "kit/conditions.h"

#include "kit/heap.h"
#include "kit/tree.h"

#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>

uint32_t
conditions_low_offset(unsigned index)
{
	return (uint32_t)(offsetof(struct seccomp_data, args) + index * sizeof(uint64_t));
}

static uint32_t
high_offset(unsigned index)
{
	return conditions_low_offset(index) + (uint32_t)sizeof(uint32_t);
}

static uint32_t
low_half(uint64_t value)
{
	return (uint32_t)value;
}

static uint32_t
high_half(uint64_t value)
{
	return (uint32_t)(value >> 32);
}

static bool
matches(const struct condition *condition, uint64_t argument)
{
	switch (condition->comparison) {
	case COMPARE_NE:
		return argument != condition->value;
	case COMPARE_LT:
		return argument < condition->value;
	case COMPARE_LE:
		return argument <= condition->value;
	case COMPARE_EQ:
		return argument == condition->value;
	case COMPARE_GE:
		return argument >= condition->value;
	case COMPARE_GT:
		return argument > condition->value;
	case COMPARE_MASKED_EQ:
		return (argument & condition->value) == (condition->value_two & condition->value);
	}
	return false;
}

/* What a call whose rules all look at one argument answers for its value. */
static struct target
answer_for(const struct policy_call *call, uint64_t argument)
{
	for (size_t i = 0; i < call->rule_count; i++)
		if (matches(&call->rules[i].conditions[0], argument))
			return target_answer(call->rules[i].action);
	return target_answer(call->action);
}

/* ---- one argument, ranges ---- */

/* A mask that keeps the upper of `bits` bits, any number of them: what it compares is a range. */
static bool
is_prefix(uint64_t mask, unsigned bits)
{
	uint64_t all = bits == 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
	uint64_t left_out = ~mask & all;

	return (mask & ~all) == 0 && (left_out & (left_out + 1)) == 0;
}

static bool
is_low_range(const struct condition *condition)
{
	return condition->comparison == COMPARE_MASKED_EQ && is_prefix(condition->value, 32);
}

static bool
is_wide_range(const struct condition *condition)
{
	return condition->comparison != COMPARE_MASKED_EQ || is_prefix(condition->value, 64);
}

static bool
all_rules(const struct policy_call *call, bool (*suits)(const struct condition *))
{
	const struct condition *first = &call->rules[0].conditions[0];

	for (size_t i = 0; i < call->rule_count; i++) {
		const struct policy_rule *rule = &call->rules[i];

		if (rule->condition_count != 1 || rule->conditions[0].index != first->index ||
		    !suits(&rule->conditions[0]))
			return false;
	}
	return true;
}

static int
ascending(const void *left, const void *right)
{
	const uint64_t *one = left, *other = right;

	return (*one > *other) - (*one < *other);
}

/* Sorts and drops doubles; returns how many are left. */
static size_t
unique(uint64_t *values, size_t count)
{
	size_t kept = 0;

	qsort(values, count, sizeof(*values), ascending);
	for (size_t i = 0; i < count; i++)
		if (kept == 0 || values[kept - 1] != values[i])
			values[kept++] = values[i];
	return kept;
}

/* Every value at which a condition begins or ceases to hold, 0 among them. */
static size_t
borders(const struct policy_call *call, uint64_t *values)
{
	size_t count = 0;

	values[count++] = 0;
	for (size_t i = 0; i < call->rule_count; i++) {
		const struct condition *condition = &call->rules[i].conditions[0];
		uint64_t first = condition->value, last = condition->value;

		if (condition->comparison == COMPARE_MASKED_EQ) {
			first = condition->value & condition->value_two;
			last = first | ~condition->value;
			/* A mask without an upper half speaks of the lower half alone. */
			if (high_half(condition->value) == 0)
				last = first | (UINT32_MAX & ~condition->value);
		}
		values[count++] = first;
		if (last != UINT64_MAX)
			values[count++] = last + 1;
	}
	return unique(values, count);
}

/* A tree over one half of an argument, and the load before it if there is anything to decide. */
static struct target
emit_half(struct emit *emit, uint32_t offset, const struct range *ranges, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (!target_same(ranges[0].target, ranges[i].target)) {
			tree_emit(emit, ranges, count);
			return emit_load(emit, offset);
		}
	return ranges[0].target;
}

static struct target
emit_low(struct emit *emit, const struct policy_call *call, uint64_t high, const uint64_t *values,
	 size_t count)
{
	struct range *ranges = memory_new(count + 1, sizeof(*ranges));
	size_t used = 0;

	ranges[used++] = (struct range){0, answer_for(call, high << 32)};
	for (size_t i = 0; i < count; i++)
		if (high_half(values[i]) == high && low_half(values[i]) != 0)
			ranges[used++] =
				(struct range){low_half(values[i]), answer_for(call, values[i])};
	struct target target = emit_half(
		emit, conditions_low_offset(call->rules[0].conditions[0].index), ranges, used);
	free(ranges);
	return target;
}

static struct target
emit_wide(struct emit *emit, const struct policy_call *call, const uint64_t *values, size_t count)
{
	struct range *ranges = memory_new(2 * count, sizeof(*ranges));
	size_t used = 0;

	for (size_t i = 0; i < count; i++) {
		uint32_t high = high_half(values[i]);

		if (i > 0 && high_half(values[i - 1]) == high)
			continue;
		/* What was said about "one above the last" is said better now. */
		if (used > 0 && ranges[used - 1].first == high)
			used--;
		ranges[used++] = (struct range){high, emit_low(emit, call, high, values, count)};
		if (high != UINT32_MAX)
			ranges[used++] = (struct range){
				high + 1, answer_for(call, ((uint64_t)high + 1) << 32)};
	}
	struct target target =
		emit_half(emit, high_offset(call->rules[0].conditions[0].index), ranges, used);
	free(ranges);
	return target;
}

static struct target
emit_ranges(struct emit *emit, const struct policy_call *call, bool low_only)
{
	uint64_t *values = memory_new(2 * call->rule_count + 1, sizeof(*values));
	size_t count = borders(call, values);
	struct target target = low_only || call->narrow ? emit_low(emit, call, 0, values, count)
							: emit_wide(emit, call, values, count);

	free(values);
	return target;
}

/* ---- several arguments, or masks with holes: one test after the other ---- */

static struct target
emit_masked_half(struct emit *emit, uint32_t offset, uint32_t mask, uint32_t value,
		 struct target yes, struct target no)
{
	bool single = mask != 0 && (mask & (mask - 1)) == 0;

	if (mask == 0)
		return yes;
	if (mask == UINT32_MAX) {
		emit_jump(emit, BPF_JEQ, value, yes, no);
	} else if (value == 0) {
		emit_jump(emit, BPF_JSET, mask, no, yes);
	} else if (single) {
		emit_jump(emit, BPF_JSET, mask, yes, no);
	} else {
		emit_jump(emit, BPF_JEQ, value, yes, no);
		emit_and(emit, mask);
	}
	return emit_load(emit, offset);
}

static struct target
emit_masked(struct emit *emit, bool narrow, unsigned index, uint64_t mask, uint64_t value,
	    struct target yes, struct target no)
{
	value &= mask;
	if (narrow && high_half(value) != 0)
		return no;
	if (narrow)
		mask &= UINT32_MAX;
	yes = emit_masked_half(emit, conditions_low_offset(index), low_half(mask), low_half(value),
			       yes, no);
	return emit_masked_half(emit, high_offset(index), high_half(mask), high_half(value), yes,
				no);
}

/* `operation` is BPF_JGE or BPF_JGT. */
static struct target
emit_ordered(struct emit *emit, bool narrow, unsigned index, uint16_t operation, uint64_t value,
	     struct target yes, struct target no)
{
	if (narrow && high_half(value) != 0)
		return no;
	emit_jump(emit, operation, low_half(value), yes, no);
	struct target low = emit_load(emit, conditions_low_offset(index));

	if (narrow)
		return low;
	if (high_half(value) != 0)
		low = emit_jump(emit, BPF_JEQ, high_half(value), low, no);
	emit_jump(emit, BPF_JGT, high_half(value), yes, low);
	return emit_load(emit, high_offset(index));
}

static struct target
emit_condition(struct emit *emit, bool narrow, const struct condition *condition, struct target yes,
	       struct target no)
{
	unsigned index = condition->index;
	uint64_t value = condition->value;

	switch (condition->comparison) {
	case COMPARE_NE:
		return emit_masked(emit, narrow, index, UINT64_MAX, value, no, yes);
	case COMPARE_LT:
		return emit_ordered(emit, narrow, index, BPF_JGE, value, no, yes);
	case COMPARE_LE:
		return emit_ordered(emit, narrow, index, BPF_JGT, value, no, yes);
	case COMPARE_EQ:
		return emit_masked(emit, narrow, index, UINT64_MAX, value, yes, no);
	case COMPARE_GE:
		return emit_ordered(emit, narrow, index, BPF_JGE, value, yes, no);
	case COMPARE_GT:
		return emit_ordered(emit, narrow, index, BPF_JGT, value, yes, no);
	case COMPARE_MASKED_EQ:
		return emit_masked(emit, narrow, index, value, condition->value_two, yes, no);
	}
	return no;
}

static struct target
emit_tests(struct emit *emit, const struct policy_call *call)
{
	struct target otherwise = target_answer(call->action);

	for (size_t i = call->rule_count; i-- > 0;) {
		const struct policy_rule *rule = &call->rules[i];
		struct target matched = target_answer(rule->action);

		for (size_t c = rule->condition_count; c-- > 0;)
			matched = emit_condition(emit, call->narrow, &rule->conditions[c], matched,
						 otherwise);
		otherwise = matched;
	}
	return otherwise;
}

struct target
conditions_emit(struct emit *emit, const struct policy_call *call)
{
	if (all_rules(call, is_low_range))
		return emit_ranges(emit, call, true);
	if (all_rules(call, is_wide_range))
		return emit_ranges(emit, call, false);
	return emit_tests(emit, call);
}
