/* SPDX-License-Identifier: MIT */
#include "../helpers/kit.h"

#include <stddef.h>

#define LOAD(offset) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset)
#define RETURN(value) BPF_STMT(BPF_RET | BPF_K, value)
#define JUMP(operation, k, yes, no) BPF_JUMP(BPF_JMP | BPF_K | (operation), k, yes, no)

static void
test_jumps_go_where_the_kernel_would_go(void **state)
{
	static const struct {
		uint16_t operation;
		uint32_t constant, value;
		bool taken;
	} rows[] = {
		{BPF_JEQ, 5, 5, true},
		{BPF_JEQ, 5, 6, false},
		{BPF_JGT, 5, 5, false},
		{BPF_JGT, 5, 6, true},
		{BPF_JGE, 5, 4, false},
		{BPF_JGE, 5, 5, true},
		{BPF_JGE, 0x80000000U, 1, false},
		{BPF_JGT, 1, 0x80000000U, true},
		{BPF_JSET, 6, 4, true},
		{BPF_JSET, 6, 9, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sock_filter code[] = {LOAD(0),
					     JUMP(rows[i].operation, rows[i].constant, 1, 0),
					     RETURN(1), RETURN(2)};
		struct seccomp_data data = {.nr = (int)rows[i].value};
		struct verdict verdict;

		assert_int_equal(evaluate(code, 4, &data, &verdict), 0);
		assert_int_equal(verdict.action, rows[i].taken ? 2 : 1);
		assert_int_equal(verdict.steps, 3);
	}
}

static void
test_loads_reach_every_half_of_every_argument(void **state)
{
	struct seccomp_data data = {
		.nr = 1, .arch = 2, .instruction_pointer = UINT64_C(0x400000003)};

	(void)state;
	for (unsigned i = 0; i < 6; i++)
		data.args[i] = ((uint64_t)(20 + i) << 32) | (10 + i);
	for (unsigned i = 0; i < 6; i++)
		for (unsigned half = 0; half < 2; half++) {
			struct sock_filter code[] = {LOAD(16 + 8 * i + 4 * half),
						     BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xff),
						     JUMP(BPF_JEQ, (half ? 20 : 10) + i, 0, 1),
						     RETURN(SECCOMP_RET_ALLOW), RETURN(0)};
			struct verdict verdict;

			assert_int_equal(evaluate(code, 5, &data, &verdict), 0);
			assert_int_equal(verdict.action, SECCOMP_RET_ALLOW);
			assert_false(verdict.cached);
		}
}

static void
test_only_number_and_architecture_are_remembered(void **state)
{
	static const struct {
		uint32_t offset, answer;
		bool cached;
	} rows[] = {
		{0, SECCOMP_RET_ALLOW, true},      {4, SECCOMP_RET_ALLOW, true},
		{8, SECCOMP_RET_ALLOW, false},     {16, SECCOMP_RET_ALLOW, false},
		{60, SECCOMP_RET_ALLOW, false},    {0, SECCOMP_RET_LOG, false},
		{0, SECCOMP_RET_ALLOW | 1, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sock_filter code[] = {LOAD(rows[i].offset), RETURN(rows[i].answer)};
		struct seccomp_data data = {0};
		struct verdict verdict;

		assert_int_equal(evaluate(code, 2, &data, &verdict), 0);
		assert_int_equal(verdict.cached, rows[i].cached);
	}
}

static void
test_a_malformed_program_is_an_error(void **state)
{
	static const struct sock_filter programs[][3] = {
		{LOAD(0), LOAD(0), LOAD(0)},      /* no return */
		{LOAD(64), RETURN(0), RETURN(0)}, /* behind seccomp_data */
		{LOAD(2), RETURN(0), RETURN(0)},  /* not aligned */
		{LOAD(0xfffffffc), RETURN(0), RETURN(0)},
		{JUMP(BPF_JEQ, 0, 9, 9), RETURN(0), RETURN(0)}, /* out of the program */
		{BPF_STMT(BPF_JMP | BPF_JA, 0xffffffff), RETURN(0), RETURN(0)},
		{BPF_STMT(BPF_RET | BPF_A, 0), RETURN(0), RETURN(0)}, /* none of ours */
		{BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 0), RETURN(0), RETURN(0)},
		{BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, 1), RETURN(0), RETURN(0)},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		struct seccomp_data data = {0};
		struct verdict verdict;

		assert_int_equal(evaluate(programs[i], 3, &data, &verdict), -1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_jumps_go_where_the_kernel_would_go),
		cmocka_unit_test(test_loads_reach_every_half_of_every_argument),
		cmocka_unit_test(test_only_number_and_architecture_are_remembered),
		cmocka_unit_test(test_a_malformed_program_is_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
