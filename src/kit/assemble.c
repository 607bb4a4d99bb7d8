/* SPDX-License-Identifier: MIT */
#include "kit/assemble.h"

#include "confine/filter.h"
#include "kit/conditions.h"
#include "kit/heap.h"
#include "kit/tree.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* What a number gets that has no entry of its own. */
static uint32_t
background(const struct policy *policy, uint32_t number)
{
	if (policy->arch->has_x32 && number >= X32_FIRST)
		return SECCOMP_RET_ERRNO | ENOSYS;
	return number > policy->newest ? policy->above : policy->default_action;
}

static uint32_t
canary_call(const struct policy *policy)
{
	return (uint32_t)call_number(policy->arch, "seccomp");
}

static const struct policy_call *
find_call(const struct policy *policy, uint32_t number)
{
	for (size_t i = 0; i < policy->call_count; i++)
		if (policy->calls[i].number == number)
			return &policy->calls[i];
	return NULL;
}

static struct target
policy_target(struct emit *emit, const struct policy *policy, uint32_t number)
{
	const struct policy_call *call = find_call(policy, number);

	if (!call)
		return target_answer(background(policy, number));
	if (call->rule_count == 0)
		return target_answer(call->action);
	return conditions_emit(emit, call);
}

/* The canary comes before anything that the profile says about its call. */
static struct target
number_target(struct emit *emit, const struct policy *policy, uint32_t number)
{
	struct target target = policy_target(emit, policy, number);

	if (number != canary_call(policy))
		return target;
	emit_jump(emit, BPF_JEQ, FILTER_CANARY_OPERATION,
		  target_answer(SECCOMP_RET_ERRNO | FILTER_CANARY_ERRNO), target);
	return emit_load(emit, conditions_low_offset(0));
}

static int
ascending(const void *left, const void *right)
{
	const struct range *one = left, *other = right;

	return (one->first > other->first) - (one->first < other->first);
}

/* Every number at which the answer may change, in order; `*count` of them. */
static struct range *
borders(const struct policy *policy, size_t *count)
{
	size_t used = 0, kept = 0;
	struct range *ranges = memory_new(2 * policy->call_count + 5, sizeof(*ranges));

	ranges[used++].first = 0;
	ranges[used++].first = policy->newest + 1;
	ranges[used++].first = canary_call(policy);
	ranges[used++].first = canary_call(policy) + 1;
	ranges[used++].first = X32_FIRST;
	for (size_t i = 0; i < policy->call_count; i++) {
		ranges[used++].first = policy->calls[i].number;
		ranges[used++].first = policy->calls[i].number + 1;
	}
	qsort(ranges, used, sizeof(*ranges), ascending);
	for (size_t i = 0; i < used; i++)
		if (kept == 0 || ranges[kept - 1].first != ranges[i].first)
			ranges[kept++] = ranges[i];
	*count = kept;
	return ranges;
}

/* The part for one architecture: load the number, walk the tree. */
static struct target
emit_policy(struct emit *emit, const struct policy *policy)
{
	size_t count;
	struct range *ranges = borders(policy, &count);

	for (size_t i = 0; i < count; i++)
		ranges[i].target = number_target(emit, policy, ranges[i].first);
	tree_emit(emit, ranges, count);
	free(ranges);
	return emit_load(emit, offsetof(struct seccomp_data, nr));
}

int
assemble(const struct policy *native, const struct policy *compat, struct program *out,
	 struct refusal *why)
{
	struct emit *emit = memory_new(1, sizeof(*emit));
	struct target other = target_answer(SECCOMP_RET_KILL_PROCESS);
	struct target second = other;

	if (compat)
		second = emit_policy(emit, compat);
	struct target first = emit_policy(emit, native);
	if (compat)
		other = emit_jump(emit, BPF_JEQ, compat->arch->audit, second, other);
	emit_jump(emit, BPF_JEQ, native->arch->audit, first, other);
	emit_load(emit, offsetof(struct seccomp_data, arch));

	bool overflow = emit->overflow;
	if (!overflow) {
		out->length = (unsigned short)emit->length;
		memcpy(out->code, emit->code + BPF_MAXINSNS - emit->length,
		       emit->length * sizeof(*out->code));
	}
	free(emit);
	if (overflow)
		return refuse(
			why,
			"needs more than the %d instructions that the kernel takes: use fewer conditions",
			BPF_MAXINSNS);
	return 0;
}
