/* SPDX-License-Identifier: MIT */
/* The loader's cache: read back what was written, hand-made ones, and what is refused. */
#include "rootfs_elf.h"

#include "kit/rootfs/loader_cache.h"

enum { HEAD = 48, ENTRY = 24, X86_64 = 0x0303 };

static struct loader_cache_entry rows[] = {
	{"libb.so.9", "/opt/libb.so.9", X86_64},
	{"libb.so.10", "/opt/libb.so.10", X86_64},
	{"liba.so", "/opt/liba.so", X86_64},
	{"liba.so", "/opt/32/liba.so", 0x0003},
};
enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static uint8_t *
make(size_t *size)
{
	struct loader_cache cache = {calloc(ROWS, sizeof(rows[0])), ROWS};

	memcpy(cache.entries, rows, sizeof(rows));
	uint8_t *bytes = loader_cache_write(&cache, size);
	loader_cache_free(&cache);
	return bytes;
}

static void
test_what_was_written_is_read(void **state)
{
	struct loader_cache cache;
	struct refusal why;
	size_t size;
	uint8_t *bytes = make(&size);

	(void)state;
	assert_int_equal(loader_cache_read(bytes, size, &cache, &why), 0);
	assert_int_equal(cache.count, ROWS);
	/* Downwards, and 10 is more than 9: the loader searches by halves. */
	assert_string_equal(cache.entries[0].name, "libb.so.10");
	assert_string_equal(cache.entries[1].name, "libb.so.9");
	assert_string_equal(loader_cache_find(&cache, "liba.so", X86_64), "/opt/liba.so");
	assert_string_equal(loader_cache_find(&cache, "liba.so", 3), "/opt/32/liba.so");
	assert_null(loader_cache_find(&cache, "liba.so", 0x0a03));
	assert_null(loader_cache_find(&cache, "liba", X86_64));
	loader_cache_free(&cache);
	free(bytes);
}

static void
test_entries_for_better_processors_are_left_out(void **state)
{
	struct loader_cache cache;
	struct refusal why;
	size_t size;
	uint8_t *bytes = make(&size);

	(void)state;
	bytes[HEAD + 16] = 1;
	bytes[HEAD + ENTRY + 23] = 0x40;
	assert_int_equal(loader_cache_read(bytes, size, &cache, &why), 0);
	assert_int_equal(cache.count, ROWS - 2);
	assert_null(loader_cache_find(&cache, "libb.so.10", X86_64));
	assert_null(loader_cache_find(&cache, "libb.so.9", X86_64));
	loader_cache_free(&cache);
	free(bytes);
}

static void
test_the_new_form_is_found_behind_the_old(void **state)
{
	struct loader_cache cache;
	struct refusal why;
	size_t size;
	uint8_t *bytes = make(&size), *both = calloc(size + 48, 1);

	(void)state;
	/* Two entries of 12 bytes behind 16, and then the next multiple of 8. */
	strcpy((char *)both, "ld.so-1.7.0");
	both[12] = 2;
	memcpy(both + 40, bytes, size);
	assert_int_equal(loader_cache_read(both, size + 40, &cache, &why), 0);
	assert_string_equal(loader_cache_find(&cache, "liba.so", X86_64), "/opt/liba.so");
	loader_cache_free(&cache);
	both[12] = 3;
	assert_int_equal(loader_cache_read(both, size + 40, &cache, &why), -1);
	memset(both + 12, 0xff, 4);
	assert_int_equal(loader_cache_read(both, size + 40, &cache, &why), -1);
	free(bytes);
	free(both);
}

struct damage_row {
	const char *what;
	size_t place, width;
	uint32_t value;
	size_t less; /* bytes that are cut off */
	const char *says;
};

static const struct damage_row damages[] = {
	{"another magic", 0, 1, 'G', 0, "not a cache"},
	{"an unknown version", 18, 1, '2', 0, "not a cache"},
	{"another byte order", 28, 1, 3, 0, "another byte order"},
	{"more entries than bytes", 20, 4, 100, 0, "cut off"},
	{"far more entries", 20, 4, UINT32_MAX, 0, "cut off"},
	{"more strings than bytes", 24, 4, 100000, 0, "cut off"},
	{"strings that wrap", 24, 4, UINT32_MAX, 0, "cut off"},
	{"one byte less", 0, 0, 0, 1, "cut off"},
	{"strings without an end", 24, 4, 5, 0, "in its strings"},
	{"a name outside", HEAD + 4, 4, 5000, 0, "points outside"},
	{"a path outside", HEAD + ENTRY + 8, 4, UINT32_MAX, 0, "points outside"},
};

static void
test_damage_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		const struct damage_row *row = &damages[i];
		struct loader_cache cache;
		struct refusal why = {.text = ""};
		size_t size;
		uint8_t *bytes = make(&size);

		for (size_t byte = 0; byte < row->width; byte++)
			bytes[row->place + byte] = (uint8_t)(row->value >> 8 * byte);
		bytes = realloc(bytes, size - row->less);
		if (loader_cache_read(bytes, size - row->less, &cache, &why) != -1)
			fail_msg("%s: accepted", row->what);
		if (!strstr(why.text, row->says))
			fail_msg("%s: \"%s\" does not say \"%s\"", row->what, why.text, row->says);
		free(bytes);
	}
}

static void
test_every_cut_is_refused(void **state)
{
	size_t size;
	uint8_t *bytes = make(&size);

	(void)state;
	for (size_t length = 0; length < size; length++) {
		uint8_t *part = malloc(length + (length == 0));
		struct loader_cache cache;
		struct refusal why;

		memcpy(part, bytes, length);
		assert_int_equal(loader_cache_read(part, length, &cache, &why), -1);
		free(part);
	}
	free(bytes);
}

static void
test_flags_are_those_of_glibc(void **state)
{
	static const struct {
		struct object_machine machine;
		const char *interpreter;
		int32_t flags;
	} known[] = {
		{{64, 1, EM_X86_64}, "ld-linux-x86-64.so.2", 0x0303},
		{{32, 1, EM_X86_64}, "ld-linux-x32.so.2", 0x0803},
		{{32, 1, EM_386}, "ld-linux.so.2", 0x0003},
		{{64, 1, EM_AARCH64}, "ld-linux-aarch64.so.1", 0x0a03},
		{{32, 1, EM_ARM}, "ld-linux-armhf.so.3", 0x0903},
		{{32, 1, EM_ARM}, "ld-linux.so.3", 0x0b03},
		{{64, 2, EM_S390}, "ld64.so.1", -1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		assert_int_equal(loader_cache_flags(&known[i].machine, known[i].interpreter),
				 known[i].flags);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_was_written_is_read),
		cmocka_unit_test(test_entries_for_better_processors_are_left_out),
		cmocka_unit_test(test_the_new_form_is_found_behind_the_old),
		cmocka_unit_test(test_damage_is_refused),
		cmocka_unit_test(test_every_cut_is_refused),
		cmocka_unit_test(test_flags_are_those_of_glibc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
