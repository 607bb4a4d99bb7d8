/* SPDX-License-Identifier: MIT */
#include "../helpers/kit.h"

static void
test_numbers_are_the_kernels(void **state)
{
	static const struct {
		const char *arch, *name;
		int number;
	} rows[] = {
		{"x86_64", "read", 0},          {"x86_64", "uretprobe", 335},
		{"x86_64", "uprobe", 336},      {"x86_64", "statmount", 457},
		{"x86_64", "mseal", 462},       {"x86_64", "rseq_slice_yield", 471},
		{"x86_64", "socketcall", -1},   {"x86_64", "sigreturn", -1},
		{"aarch64", "read", 63},        {"aarch64", "open", -1},
		{"aarch64", "uretprobe", -1},   {"aarch64", "listns", 470},
		{"i386", "socketcall", 102},    {"i386", "socket", 359},
		{"i386", "semget", 393},        {"i386", "accept", -1},
		{"i386", "sigreturn", 119},     {"i386", "getxattrat", 464},
		{"arm", "set_tls", 0x0f0005},   {"arm", "memfd_secret", -1},
		{"arm", "open_tree_attr", 467}, {"x86_64", "no_such_call", -1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(call_number(architecture_find(rows[i].arch), rows[i].name),
				 rows[i].number);
}

static void
test_names_and_numbers_agree_both_ways(void **state)
{
	size_t count;
	const struct architecture *all = architecture_all(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		unsigned named = 0;

		for (uint32_t number = 0; number < 600; number++) {
			const char *name = call_name(&all[i], number);

			if (!name)
				continue;
			named++;
			assert_int_equal(call_number(&all[i], name), number);
			assert_true(call_exists(name));
		}
		assert_true(named > 300);
		assert_null(call_name(&all[i], 600));
	}
}

static void
test_a_call_of_another_architecture_exists_and_a_slip_does_not(void **state)
{
	(void)state;
	assert_true(call_exists("socketcall"));
	assert_true(call_exists("s390_runtime_instr"));
	assert_true(call_exists("riscv_flush_icache"));
	assert_true(call_exists("file_setattr"));
	assert_false(call_exists("raed"));
	assert_false(call_exists(""));
}

static void
test_an_architecture_has_two_names(void **state)
{
	(void)state;
	assert_ptr_equal(architecture_find("amd64"), architecture_find("x86_64"));
	assert_ptr_equal(architecture_find("arm64"), architecture_find("aarch64"));
	assert_string_equal(architecture_find("x86_64")->compat, "i386");
	assert_string_equal(architecture_find("aarch64")->compat, "arm");
	assert_null(architecture_find("i386")->compat);
	assert_null(architecture_find("x32"));
	assert_null(architecture_find(""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers_are_the_kernels),
		cmocka_unit_test(test_names_and_numbers_agree_both_ways),
		cmocka_unit_test(test_a_call_of_another_architecture_exists_and_a_slip_does_not),
		cmocka_unit_test(test_an_architecture_has_two_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
