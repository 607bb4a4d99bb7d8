/* SPDX-License-Identifier: MIT */
#include "setup/owners_stack.h"

#include "setup/owners.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct owners_level closed = {.descriptor = -1};

static void
add(struct owners_stack *stack, const char *name)
{
	assert_int_equal(owners_stack_add(stack, name, strlen(name)), 0);
}

static void
test_names_come_back_last_first_and_stay_with_their_level(void **state)
{
	struct owners_stack stack = {0};

	(void)state;
	assert_int_equal(owners_stack_push(&stack, &closed), 0);
	assert_null(owners_stack_name(&stack));
	add(&stack, "a");
	add(&stack, "b\nb");
	assert_string_equal(owners_stack_name(&stack), "b\nb");
	assert_int_equal(owners_stack_push(&stack, &closed), 0);
	assert_null(owners_stack_name(&stack));
	add(&stack, "c");
	assert_string_equal(owners_stack_name(&stack), "c");
	owners_stack_drop(&stack);
	assert_null(owners_stack_name(&stack));
	owners_stack_pop(&stack);
	assert_string_equal(owners_stack_name(&stack), "b\nb");
	owners_stack_drop(&stack);
	assert_string_equal(owners_stack_name(&stack), "a");
	owners_stack_drop(&stack);
	assert_null(owners_stack_name(&stack));
	owners_stack_free(&stack);
}

static void
test_the_path_is_that_of_the_level_and_is_cut_when_too_long(void **state)
{
	struct owners_stack stack = {0};
	char text[32];

	(void)state;
	owners_stack_path(&stack, "/data", NULL, text, sizeof(text));
	assert_string_equal(text, "/data");
	assert_int_equal(owners_stack_push(&stack, &closed), 0);
	add(&stack, "x");
	add(&stack, "first");
	owners_stack_path(&stack, "/data/", "entry", text, sizeof(text));
	assert_string_equal(text, "/data/entry");
	assert_int_equal(owners_stack_push(&stack, &closed), 0);
	add(&stack, "y");
	add(&stack, "second");
	owners_stack_path(&stack, "/data", NULL, text, sizeof(text));
	assert_string_equal(text, "/data/first");
	assert_int_equal(owners_stack_push(&stack, &closed), 0);
	owners_stack_path(&stack, "/data", "entry", text, sizeof(text));
	assert_string_equal(text, "/data/first/second/entry");
	owners_stack_path(&stack, "/data", "an-entry-too-long", text, sizeof(text));
	assert_string_equal(text, "/data/first/second/...");
	owners_stack_path(&stack, "/data", NULL, text, 17);
	assert_string_equal(text, "/data/first/...");
	owners_stack_path(&stack, "/a-path-that-is-long", NULL, text, 12);
	assert_string_equal(text, "/a-path/...");
	owners_stack_free(&stack);
}

static void
test_many_names_and_levels_are_kept(void **state)
{
	enum { MANY = 100000 };
	struct owners_stack stack = {0};
	char name[32];

	(void)state;
	for (int i = 0; i < MANY; i++) {
		assert_int_equal(owners_stack_push(&stack, &closed), 0);
		snprintf(name, sizeof(name), "n%d", i);
		add(&stack, name);
	}
	for (int i = MANY - 1; i >= 0; i--) {
		snprintf(name, sizeof(name), "n%d", i);
		assert_string_equal(owners_stack_name(&stack), name);
		owners_stack_drop(&stack);
		owners_stack_pop(&stack);
	}
	assert_int_equal(stack.names_used, 0);
	owners_stack_free(&stack);
}

static void
test_depth_and_names_are_bounded(void **state)
{
	static char name[UINT16_MAX + 1];
	struct owners_stack stack = {0};
	size_t pushed = 0;

	(void)state;
	while (owners_stack_push(&stack, &closed) == 0)
		pushed++;
	assert_int_equal(errno, E2BIG);
	assert_int_equal(pushed, OWNERS_DEPTH_MOST);

	errno = 0;
	assert_int_equal(owners_stack_add(&stack, name, sizeof(name)), -1);
	assert_int_equal(errno, ENOMEM);
	errno = 0;
	while (owners_stack_add(&stack, name, sizeof(name) - 1) == 0)
		;
	assert_int_equal(errno, ENOMEM);
	assert_true(stack.names_used <= OWNERS_NAMES_MOST);
	assert_true(stack.names_used > OWNERS_NAMES_MOST - 2 * sizeof(name));
	owners_stack_free(&stack);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_come_back_last_first_and_stay_with_their_level),
		cmocka_unit_test(test_the_path_is_that_of_the_level_and_is_cut_when_too_long),
		cmocka_unit_test(test_many_names_and_levels_are_kept),
		cmocka_unit_test(test_depth_and_names_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
