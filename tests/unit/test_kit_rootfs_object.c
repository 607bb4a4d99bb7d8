/* SPDX-License-Identifier: MIT */
/* The reader of dynamic sections: what it finds in hand-made files, and what it refuses. */
#include "rootfs_elf.h"

#include "kit/rootfs/object.h"

static const struct made_elf plain = {
	.interpreter = "/lib64/ld-linux-x86-64.so.2",
	.soname = "libself.so.1",
	.needed = {"libone.so.1", "libtwo.so.2"},
};

static void
test_a_dynamic_file_says_what_it_needs(void **state)
{
	struct made_elf made = plain;
	struct object object;
	struct refusal why;
	uint8_t bytes[MADE_SIZE];

	(void)state;
	made.rpath = "/rpath";
	made.flags_1 = DF_1_NODEFLIB;
	made_write(&made, bytes);
	assert_int_equal(object_read(bytes, sizeof(bytes), &object, &why), 0);
	assert_int_equal(object_keep(&object, &why), 0);
	memset(bytes, 'x', sizeof(bytes));
	assert_int_equal(object.kind, OBJECT_DYNAMIC);
	assert_string_equal(object.interpreter, "/lib64/ld-linux-x86-64.so.2");
	assert_string_equal(object.soname, "libself.so.1");
	assert_string_equal(object.rpath, "/rpath");
	assert_null(object.runpath);
	assert_int_equal(object.needed_count, 2);
	assert_string_equal(object.needed[0], "libone.so.1");
	assert_string_equal(object.needed[1], "libtwo.so.2");
	assert_true(object.ignores_default);
	assert_int_equal(object.machine.bits, 64);
	assert_int_equal(object.machine.number, EM_X86_64);
	object_free(&object);
}

static void
test_a_runpath_beside_it_voids_the_rpath(void **state)
{
	struct made_elf made = plain;
	struct object object;
	struct refusal why;
	uint8_t bytes[MADE_SIZE];

	(void)state;
	made.rpath = "/rpath";
	made.runpath = "/runpath";
	made_write(&made, bytes);
	assert_int_equal(object_read(bytes, sizeof(bytes), &object, &why), 0);
	assert_null(object.rpath);
	assert_string_equal(object.runpath, "/runpath");
	assert_false(object.ignores_default);
	object_free(&object);
}

static void
test_what_is_no_dynamic_file_is_told_apart(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
	} others[] = {{"", 0}, {"#!/bin/sh\n", 10}, {"\177EL", 3}, {"text", 4}};
	struct made_elf made = {.is_static = 1};
	struct object object;
	struct refusal why;
	uint8_t bytes[MADE_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		assert_int_equal(object_read((const uint8_t *)others[i].bytes, others[i].size,
					     &object, &why),
				 0);
		assert_int_equal(object.kind, OBJECT_OTHER);
	}
	made_write(&made, bytes);
	assert_int_equal(object_read(bytes, sizeof(bytes), &object, &why), 0);
	assert_int_equal(object.kind, OBJECT_STATIC);
	object_free(&object);
	/* An object file of the compiler's is for the linker. */
	made_write(&plain, bytes);
	((Elf64_Ehdr *)(void *)bytes)->e_type = ET_REL;
	assert_int_equal(object_read(bytes, sizeof(bytes), &object, &why), 0);
	assert_int_equal(object.kind, OBJECT_OTHER);
}

/* Writes `width` bytes of a number at a place of the file. */
struct damage_row {
	const char *what;
	size_t place, width;
	uint64_t value;
	size_t cut; /* bytes that are left of the file, 0: all */
	const char *says;
};

#define HEADER(index, member)                                                                      \
	MADE_HEADERS + (index) * sizeof(Elf64_Phdr) + offsetof(Elf64_Phdr, member)
#define DYNAMIC(index) MADE_DYNAMIC + (index) * sizeof(Elf64_Dyn) + offsetof(Elf64_Dyn, d_un)
#define HEAD(member) offsetof(Elf64_Ehdr, member)

static const struct damage_row damages[] = {
	{"no such class", EI_CLASS, 1, 3, 0, "for no machine"},
	{"no such order", EI_DATA, 1, 0, 0, "for no machine"},
	{"cut in the magic's row", 0, 0, 0, 8, "for no machine"},
	{"cut in the head", 0, 0, 0, 40, "cut off in its header"},
	{"cut in the headers", 0, 0, 0, 100, "program headers of this ELF file lie outside"},
	{"headers far away", HEAD(e_phoff), 8, UINT64_MAX - 8, 0, "lie outside"},
	{"headers of an odd size", HEAD(e_phentsize), 2, 17, 0, "lie outside"},
	{"too many headers", HEAD(e_phnum), 2, 65535, 0, "lie outside"},
	{"a segment beyond the end", HEADER(0, p_filesz), 8, MADE_SIZE + 1, 0, "outside of it"},
	{"a segment that wraps", HEADER(0, p_offset), 8, UINT64_MAX, 0, "outside of it"},
	{"cut in the strings", 0, 0, 0, 2000, "outside of it"},
	{"the interpreter has no end", MADE_INTERPRETER + 27, 1, 'x', 0, "is no path"},
	{"the interpreter is relative", MADE_INTERPRETER, 1, 'x', 0, "is no path"},
	{"the interpreter is one byte", HEADER(1, p_filesz), 8, 1, 0, "is no path"},
	{"the interpreter is elsewhere", HEADER(1, p_offset), 8, MADE_SIZE, 0, "outside of it"},
	{"the dynamic section is elsewhere", HEADER(2, p_offset), 8, MADE_SIZE, 0, "outside"},
	{"strings at no address", DYNAMIC(0), 8, 5, 0, "string table"},
	{"strings behind the end", DYNAMIC(0), 8, MADE_BASE + MADE_SIZE, 0, "string table"},
	{"strings longer than the file", DYNAMIC(4), 8, MADE_SIZE, 0, "string table"},
	{"a name outside", DYNAMIC(1), 8, 60000, 0, "outside of its strings"},
	{"a name that wraps", DYNAMIC(1), 8, UINT64_MAX, 0, "outside of its strings"},
	{"a soname outside", DYNAMIC(3), 8, 60000, 0, "outside of its strings"},
	{"a name without an end", DYNAMIC(4), 8, 5, 0, "outside of its strings"},
};

static void
test_damage_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		const struct damage_row *row = &damages[i];
		struct object object;
		struct refusal why = {.text = ""};
		uint8_t whole[MADE_SIZE];
		size_t size = row->cut ? row->cut : MADE_SIZE;

		made_write(&plain, whole);
		for (size_t byte = 0; byte < row->width; byte++)
			whole[row->place + byte] = (uint8_t)(row->value >> 8 * byte);
		/* On the heap, so that the sanitizer sees a byte too many. */
		uint8_t *bytes = malloc(size);
		memcpy(bytes, whole, size);
		if (object_read(bytes, size, &object, &why) != -1)
			fail_msg("%s: accepted", row->what);
		if (!strstr(why.text, row->says))
			fail_msg("%s: \"%s\" does not say \"%s\"", row->what, why.text, row->says);
		free(bytes);
	}
}

/* Whatever single byte is changed: an answer, and not one byte read outside. */
static void
test_no_single_byte_leads_outside(void **state)
{
	uint8_t whole[MADE_SIZE];
	unsigned refused = 0;

	(void)state;
	made_write(&plain, whole);
	uint8_t *bytes = malloc(MADE_SIZE);
	for (size_t at = 0; at < MADE_STRINGS; at++)
		for (unsigned value = 0; value < 256; value += 15) {
			struct object object;
			struct refusal why;

			memcpy(bytes, whole, MADE_SIZE);
			bytes[at] = (uint8_t)value;
			if (object_read(bytes, MADE_SIZE, &object, &why) == 0)
				object_free(&object);
			else
				refused++;
		}
	free(bytes);
	assert_true(refused > 500);
}

static void
test_names_that_repeat_are_bounded(void **state)
{
	enum { COUNT = 200, LONG = 3000, SIZE = 1 << 16 };
	uint8_t *bytes = calloc(SIZE, 1);
	struct made_elf made = plain;
	struct object object;
	struct refusal why;

	(void)state;
	made_write(&made, bytes);
	((Elf64_Phdr *)(void *)(bytes + MADE_HEADERS))->p_filesz = SIZE;
	((Elf64_Phdr *)(void *)(bytes + MADE_HEADERS))[2].p_offset = 8192;
	((Elf64_Phdr *)(void *)(bytes + MADE_HEADERS))[2].p_filesz =
		(COUNT + 2) * sizeof(Elf64_Dyn);
	Elf64_Dyn *dynamic = (Elf64_Dyn *)(void *)(bytes + 8192);
	memset(bytes + 20000, 'a', LONG);
	dynamic[0] = (Elf64_Dyn){DT_STRTAB, {MADE_BASE + 20000}};
	dynamic[1] = (Elf64_Dyn){DT_STRSZ, {LONG + 1}};
	for (size_t i = 0; i < COUNT; i++)
		dynamic[i + 2] = (Elf64_Dyn){DT_NEEDED, {0}};
	assert_int_equal(object_read(bytes, SIZE, &object, &why), 0);
	assert_int_equal(object.needed_count, COUNT);
	assert_int_equal(object_keep(&object, &why), -1);
	object_free(&object);
	free(bytes);
}

static void
test_machines_are_told_apart(void **state)
{
	struct object one = {.machine = {64, ELFDATA2LSB, EM_X86_64}}, two = one;
	char text[32];

	(void)state;
	assert_true(object_same_machine(&one, &two));
	two.machine.number = EM_AARCH64;
	assert_false(object_same_machine(&one, &two));
	assert_string_equal(object_machine_text(&two.machine, text, sizeof(text)),
			    "64-bit aarch64");
	two = one;
	two.machine.bits = 32;
	assert_false(object_same_machine(&one, &two));
	two = one;
	two.machine.order = ELFDATA2MSB;
	assert_false(object_same_machine(&one, &two));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_dynamic_file_says_what_it_needs),
		cmocka_unit_test(test_a_runpath_beside_it_voids_the_rpath),
		cmocka_unit_test(test_what_is_no_dynamic_file_is_told_apart),
		cmocka_unit_test(test_damage_is_refused),
		cmocka_unit_test(test_no_single_byte_leads_outside),
		cmocka_unit_test(test_names_that_repeat_are_bounded),
		cmocka_unit_test(test_machines_are_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
