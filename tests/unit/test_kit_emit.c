/* SPDX-License-Identifier: MIT */
/* Jumps at, below and beyond what a conditional jump reaches, and trees over any ranges. */
#include "../helpers/kit.h"

#include "kit/emit.h"
#include "kit/tree.h"

enum { FARTHEST_TRIED = 600, YES = 11, NO = 22, OTHER = 33 };

static uint32_t
ask_number(const struct emit *emit, uint32_t number)
{
	struct seccomp_data data = {.nr = (int)number};
	struct verdict verdict;

	assert_false(emit->overflow);
	assert_int_equal(
		evaluate(emit->code + BPF_MAXINSNS - emit->length, emit->length, &data, &verdict),
		0);
	return verdict.action;
}

/* Two places in the program, `apart` instructions between them, and a jump `away` from the nearer.
 */
static void
try_places(struct emit *emit, unsigned apart, unsigned away)
{
	memset(emit, 0, sizeof(*emit));
	emit_continue(emit, target_answer(YES));
	struct target yes = {false, (uint32_t)emit->length};
	for (unsigned i = 0; i < apart; i++)
		emit_and(emit, UINT32_MAX);
	emit_continue(emit, target_answer(NO));
	struct target no = {false, (uint32_t)emit->length};
	for (unsigned i = 0; i < away; i++)
		emit_and(emit, UINT32_MAX);
	emit_jump(emit, BPF_JEQ, 5, yes, no);
	emit_load(emit, 0);
	assert_int_equal(ask_number(emit, 5), YES);
	assert_int_equal(ask_number(emit, 6), NO);

	/* The other way round: now the nearer one is where the condition holds. */
	emit_jump(emit, BPF_JEQ, 5, no, yes);
	emit_load(emit, 0);
	assert_int_equal(ask_number(emit, 5), NO);
	assert_int_equal(ask_number(emit, 6), YES);
}

static void
test_a_jump_reaches_any_place(void **state)
{
	struct emit *emit = calloc(1, sizeof(*emit));

	(void)state;
	for (unsigned away = 0; away < FARTHEST_TRIED; away++) {
		try_places(emit, 0, away);
		try_places(emit, 1, away);
		try_places(emit, 2, away);
		try_places(emit, 254, away);
	}
	free(emit);
}

static void
test_a_jump_reaches_any_answer(void **state)
{
	struct emit *emit = calloc(1, sizeof(*emit));

	(void)state;
	for (unsigned away = 0; away < FARTHEST_TRIED; away++) {
		memset(emit, 0, sizeof(*emit));
		emit_jump(emit, BPF_JGT, 9, target_answer(YES), target_answer(NO));
		emit_load(emit, 0);
		for (unsigned i = 0; i < away; i++)
			emit_and(emit, UINT32_MAX);
		emit_jump(emit, BPF_JEQ, 5, target_answer(YES), target_answer(NO));
		emit_load(emit, 0);
		assert_int_equal(ask_number(emit, 5), YES);
		assert_int_equal(ask_number(emit, 6), NO);
		assert_int_equal(ask_number(emit, 10), NO);
	}
	free(emit);
}

static void
test_an_overflow_is_said(void **state)
{
	struct emit *emit = calloc(1, sizeof(*emit));

	(void)state;
	for (unsigned i = 0; i < BPF_MAXINSNS; i++) {
		assert_false(emit->overflow);
		emit_load(emit, 0);
	}
	emit_load(emit, 0);
	assert_true(emit->overflow);
	emit_jump(emit, BPF_JEQ, 0, target_answer(YES), target_answer(NO));
	emit_continue(emit, target_answer(OTHER));
	assert_int_equal(emit->length, BPF_MAXINSNS);
	free(emit);
}

/* Random ranges: every value at a border, and next to it, finds its own. */
static void
test_a_tree_finds_every_range(void **state)
{
	static struct range ranges[700];
	struct emit *emit = calloc(1, sizeof(*emit));
	uint64_t seed = 20260104;

	(void)state;
	for (unsigned round = 0; round < 60; round++) {
		/* Now and then more than are searched exhaustively. */
		size_t count = 1 + kit_random(&seed) % (round % 20 == 19 ? 700 : 60);
		uint32_t first = 0;

		for (size_t i = 0; i < count; i++) {
			ranges[i] = (struct range){
				first, target_answer(100 + (uint32_t)(kit_random(&seed) % 3))};
			first += 1 + (uint32_t)(kit_random(&seed) % (round % 2 ? 3 : 5000000));
		}
		memset(emit, 0, sizeof(*emit));
		struct target start = tree_emit(emit, ranges, count);
		if (start.answers)
			emit_continue(emit, start);
		emit_load(emit, 0);
		for (size_t i = 0; i < count; i++) {
			uint32_t last = i + 1 < count ? ranges[i + 1].first - 1 : UINT32_MAX;

			assert_int_equal(ask_number(emit, ranges[i].first), ranges[i].target.value);
			assert_int_equal(ask_number(emit, last), ranges[i].target.value);
		}
	}
	free(emit);
}

/* Lone values among others of one kind cost one instruction each, not two. */
static void
test_a_tree_is_as_small_as_it_can_be(void **state)
{
	const struct range ranges[] = {
		{0, target_answer(YES)},  {10, target_answer(NO)},  {11, target_answer(YES)},
		{20, target_answer(NO)},  {21, target_answer(YES)}, {30, target_answer(OTHER)},
		{31, target_answer(YES)}, {40, target_answer(NO)},
	};
	struct emit *emit = calloc(1, sizeof(*emit));

	(void)state;
	tree_emit(emit, ranges, sizeof(ranges) / sizeof(ranges[0]));
	/* Three answers, three lone values, one border. */
	assert_int_equal(emit->length, 3 + 3 + 1);
	free(emit);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_jump_reaches_any_place),
		cmocka_unit_test(test_a_jump_reaches_any_answer),
		cmocka_unit_test(test_an_overflow_is_said),
		cmocka_unit_test(test_a_tree_finds_every_range),
		cmocka_unit_test(test_a_tree_is_as_small_as_it_can_be),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
