/* SPDX-License-Identifier: MIT */
#include "kit/samples.h"

#include "kit/heap.h"

#include <stdlib.h>

enum { MOST = 20000 }; /* samples of one call; more combinations than this are drawn from */

static const uint64_t garbage = UINT64_C(0xdeadbeef5a5aa5a5);

static uint64_t
mixed(uint64_t seed)
{
	/* splitmix64: the same numbers on every machine. */
	seed += UINT64_C(0x9e3779b97f4a7c15);
	seed = (seed ^ (seed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	seed = (seed ^ (seed >> 27)) * UINT64_C(0x94d049bb133111eb);
	return seed ^ (seed >> 31);
}

static void
add(struct samples *samples, unsigned index, uint64_t value)
{
	size_t count = samples->counts[index];

	if ((count & (count - 1)) == 0)
		samples->values[index] =
			memory_grow(samples->values[index], count ? 2 * count : 1, sizeof(value));
	samples->values[index][samples->counts[index]++] = value;
}

/* Both halves at, below and above what is compared, and at their ends, in every combination. */
static void
add_around(struct samples *samples, unsigned index, uint64_t value)
{
	uint32_t low = (uint32_t)value, high = (uint32_t)(value >> 32);
	const uint32_t lows[] = {low, low - 1, low + 1, 0, UINT32_MAX};
	const uint32_t highs[] = {high, high - 1,   high + 1,
				  0,    UINT32_MAX, (uint32_t)(garbage >> 32)};

	for (size_t l = 0; l < sizeof(lows) / sizeof(lows[0]); l++)
		for (size_t h = 0; h < sizeof(highs) / sizeof(highs[0]); h++)
			add(samples, index, (uint64_t)highs[h] << 32 | lows[l]);
	add(samples, index, value ^ UINT32_MAX);
	add(samples, index, ~value);
}

static void
add_condition(struct samples *samples, const struct condition *condition)
{
	uint64_t value = condition->value;
	unsigned index = condition->index;

	if (condition->comparison != COMPARE_MASKED_EQ) {
		add_around(samples, index, value);
		add(samples, index, value ^ (UINT64_C(1) << 63));
		return;
	}
	uint64_t wanted = value & condition->value_two;
	add_around(samples, index, wanted);
	add(samples, index, wanted | ~value);
	add(samples, index, wanted | (~value & garbage));
	for (unsigned bit = 0; bit < 64; bit++)
		add(samples, index, wanted ^ (UINT64_C(1) << bit));
}

void
samples_make(const struct reading_call *call, struct samples *out)
{
	double combinations = 1;

	*out = (struct samples){.total = 1, .exhaustive = true};
	for (size_t i = 0; i < call->rule_count; i++)
		for (size_t c = 0; c < call->rules[i]->condition_count; c++)
			add_condition(out, &call->rules[i]->conditions[c]);
	if (call->canary)
		add_condition(out, call->canary);
	for (unsigned index = 0; index < CALL_ARGUMENTS; index++) {
		if (out->counts[index] == 0)
			continue;
		add(out, index, 0);
		add(out, index, UINT64_MAX);
		add(out, index, garbage);
		combinations *= (double)out->counts[index];
		out->total *= out->counts[index];
	}
	if (combinations > MOST) {
		out->exhaustive = false;
		out->total = MOST;
	}
}

void
samples_get(const struct samples *samples, size_t index, uint64_t arguments[CALL_ARGUMENTS])
{
	for (unsigned i = 0; i < CALL_ARGUMENTS; i++) {
		size_t count = samples->counts[i];

		if (count == 0) {
			arguments[i] = garbage * (i + index + 1);
		} else if (samples->exhaustive) {
			arguments[i] = samples->values[i][index % count];
			index /= count;
		} else {
			arguments[i] =
				samples->values[i][mixed(index * CALL_ARGUMENTS + i) % count];
		}
	}
}

void
samples_free(struct samples *samples)
{
	for (unsigned i = 0; i < CALL_ARGUMENTS; i++)
		free(samples->values[i]);
}
