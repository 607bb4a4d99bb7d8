/* SPDX-License-Identifier: MIT */
/* The reader of tar archives: what it takes, what it refuses, and what damage does to it. */
#include "helpers/archive.h"
#include "kit/audit/tarball.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define A10 "aaaaaaaaaa"
#define A100 A10 A10 A10 A10 A10 A10 A10 A10 A10 A10

/* Reads the first entry; returns what tarball_next does. */
static int
first(const struct archive *archive, struct tar_entry *entry, struct refusal *why)
{
	struct source *source = source_memory(archive->bytes, archive->length);
	struct tarball tar = {.from = source};
	int result = tarball_next(&tar, entry, why);

	if (result > 0 && tarball_check_data(&tar, entry, 0, why) < 0)
		result = -1;
	source_free(source);
	return result;
}

static const struct {
	struct member member;
	struct tar_entry wanted;
} taken[] = {
	{{.name = "etc/passwd", .mode = 04755, .uid = 5, .gid = 6, .text = "12345", .mtime = 77},
	 {.path = "etc/passwd",
	  .type = '0',
	  .mode = 04755,
	  .uid = 5,
	  .gid = 6,
	  .size = 5,
	  .mtime = 77}},
	{{.name = "a/"}, {.path = "a/", .type = '5', .mode = 0755}},
	{{.name = "l", .type = '2', .link = "to"},
	 {.path = "l", .link = "to", .type = '2', .mode = 0644}},
	{{.name = "h", .type = '1', .link = "to"},
	 {.path = "h", .link = "to", .type = '1', .mode = 0644}},
	{{.name = "f", .type = '6'}, {.path = "f", .type = '6', .mode = 0644}},
	{{.name = "z", .type = '7', .text = "x"},
	 {.path = "z", .type = '0', .mode = 0644, .size = 1}},
	{{.name = "short", .pax = "path=" A100 "/" A100},
	 {.path = A100 "/" A100, .type = '0', .mode = 0644}},
	{{.name = "l", .type = '2', .link = "x", .pax = "linkpath=" A100 A100},
	 {.path = "l", .link = A100 A100, .type = '2', .mode = 0644}},
	{{.name = "u", .uid = 1, .pax = "uid=3000000"},
	 {.path = "u", .type = '0', .mode = 0644, .uid = 3000000}},
	{{.name = "g", .gid = 1, .pax = "gid=4294967295"},
	 {.path = "g", .type = '0', .mode = 0644, .gid = 4294967295}},
	{{.name = "t", .pax = "mtime=1700000000.25"},
	 {.path = "t", .type = '0', .mode = 0644, .mtime = 1700000000}},
	{{.name = "s", .pax = "GNU.sparse.realsize=99", .text = "1"},
	 {.path = "s", .type = '0', .mode = 0644, .size = 99, .sparse = true}},
	{{.name = "GNUSparseFile.1/s", .pax = "GNU.sparse.name=s"},
	 {.path = "s", .type = '0', .mode = 0644}},
	{{.name = A100}, {.path = A100, .type = '0', .mode = 0644}},
	{{.name = "c", .pax = "comment=whatever"}, {.path = "c", .type = '0', .mode = 0644}},
};

static void
test_an_entry_is_what_its_headers_say(void **state)
{
	static struct tar_entry entry;
	struct refusal why = {.text = ""};

	(void)state;
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
		const struct tar_entry *wanted = &taken[i].wanted;
		const struct member members[] = {taken[i].member, {0}};
		struct archive archive = archive_of(members);

		if (first(&archive, &entry, &why) != 1)
			fail_msg("row %zu: %s", i, why.text);
		assert_string_equal(entry.path, wanted->path);
		assert_string_equal(entry.link, wanted->link);
		assert_int_equal(entry.type, wanted->type);
		assert_int_equal(entry.mode, wanted->mode);
		assert_int_equal(entry.uid, wanted->uid);
		assert_int_equal(entry.gid, wanted->gid);
		assert_int_equal(entry.size, wanted->size);
		assert_int_equal(entry.sparse, wanted->sparse);
		assert_int_equal(entry.mtime, wanted->mtime);
		assert_int_equal(entry.caps_size, 0);
		archive_free(&archive);
	}
}

static void
test_capabilities_come_from_pax(void **state)
{
	static const char record[] = "57 SCHILY.xattr.security.capability=\1\0\0\2\0\4\0\0\0\0\0\0"
				     "\0\0\0\0\0\0\0\0\n";
	static struct tar_entry entry;
	struct refusal why = {.text = ""};
	struct archive archive = {0};
	struct member ahead = {
		.name = "pax", .type = 'x', .text = record, .length = sizeof(record) - 1};

	(void)state;
	assert_int_equal(sizeof(record) - 1, 57);
	archive_add(&archive, &ahead);
	archive_add(&archive, &(struct member){.name = "ping"});
	archive_add(&archive, &(struct member){.name = "pong"});
	archive_end(&archive);
	if (first(&archive, &entry, &why) != 1)
		fail_msg("%s", why.text);
	assert_int_equal(entry.caps_size, 20);
	assert_int_equal(entry.caps[5], 4);

	/* It is the next entry's alone. */
	struct source *source = source_memory(archive.bytes, archive.length);
	struct tarball tar = {.from = source};

	assert_int_equal(tarball_next(&tar, &entry, &why), 1);
	assert_int_equal(tarball_next(&tar, &entry, &why), 1);
	assert_string_equal(entry.path, "pong");
	assert_int_equal(entry.caps_size, 0);
	assert_int_equal(tarball_next(&tar, &entry, &why), 0);
	source_free(source);
	archive_free(&archive);
}

static void
test_long_names_of_gnu_are_joined(void **state)
{
	static struct tar_entry entry;
	struct refusal why = {.text = ""};
	struct archive archive = {0};

	(void)state;
	archive_add(&archive,
		    &(struct member){.name = "././@LongLink", .type = 'K', .text = A100 A100 A10});
	archive_add(&archive,
		    &(struct member){.name = "././@LongLink", .type = 'L', .text = A100 A10});
	archive_add(&archive, &(struct member){.name = "cut", .type = '2', .link = "cut"});
	assert_int_equal(first(&archive, &entry, &why), 1);
	assert_string_equal(entry.path, A100 A10);
	assert_string_equal(entry.link, A100 A100 A10);
	archive_free(&archive);
}

static void
test_numbers_may_be_binary(void **state)
{
	static struct tar_entry entry;
	struct refusal why = {.text = ""};
	struct archive archive = {0};

	(void)state;
	archive_add(&archive, &(struct member){.name = "big"});
	memset(archive.bytes + 108, 0, 8);
	archive.bytes[108] = 0x80;
	archive.bytes[112] = 0xff; /* 0xff000000 */
	archive_sum(archive.bytes);
	assert_int_equal(first(&archive, &entry, &why), 1);
	assert_int_equal(entry.uid, 0xff000000U);
	archive.bytes[108] = 0xff; /* negative */
	archive_sum(archive.bytes);
	assert_int_equal(first(&archive, &entry, &why), -1);
	assert_non_null(strstr(why.text, "owner"));
	archive_free(&archive);
}

static void
test_a_sparse_file_of_gnu_is_known_by_its_size(void **state)
{
	static struct tar_entry entry;
	struct refusal why = {.text = ""};
	struct archive archive = {0};
	unsigned char map[ARCHIVE_BLOCK] = {0};

	(void)state;
	archive_add(&archive, &(struct member){.name = "holes", .type = 'S', .text = "data"});
	memcpy(archive.bytes + 257, "ustar  ", 8);
	snprintf((char *)archive.bytes + 483, 12, "%011o", 1 << 20);
	archive.bytes[482] = 1; /* one more block of its map */
	archive_sum(archive.bytes);
	/* The map goes between the header and the data. */
	archive_append(&archive, map, sizeof(map));
	memmove(archive.bytes + 1024, archive.bytes + 512, 512);
	memset(archive.bytes + 512, 0, 512);
	archive_add(&archive, &(struct member){.name = "next"});
	assert_int_equal(first(&archive, &entry, &why), 1);
	assert_true(entry.sparse);
	assert_int_equal(entry.size, 1 << 20);
	assert_int_equal(entry.data, 1024);

	struct source *source = source_memory(archive.bytes, archive.length);
	struct tarball tar = {.from = source};

	assert_int_equal(tarball_next(&tar, &entry, &why), 1);
	assert_int_equal(tarball_next(&tar, &entry, &why), 1);
	assert_string_equal(entry.path, "next");
	assert_false(entry.sparse);
	source_free(source);
	archive_free(&archive);
}

/* A header made by hand: bytes of text at places of the block. */
static const struct {
	struct {
		size_t at;
		const char *text;
	} changes[3];
	const char *path;
	char type;
} headers[] = {
	/* ustar's prefix, which GNU's format has no room for, and none before ustar */
	{{{345, "some/where"}}, "some/where/name", '0'},
	{{{345, "some/where"}, {257, "ustar  "}}, "name", '0'},
	/* the old format: a directory by its slash */
	{{{0, "dir/"}, {156, ""}}, "dir/", '5'},
	{{{0, "file"}, {156, ""}}, "file", '0'},
	{{{156, "3"}}, "name", '3'},
	{{{156, "4"}}, "name", '4'},
};

static void
test_headers_of_every_age_are_read(void **state)
{
	static struct tar_entry entry;
	struct refusal why = {.text = ""};

	(void)state;
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		const struct member members[] = {{.name = "name"}, {0}};
		struct archive archive = archive_of(members);

		for (size_t j = 0; j < 3 && headers[i].changes[j].text; j++)
			strcpy((char *)archive.bytes + headers[i].changes[j].at,
			       headers[i].changes[j].text);
		archive_sum(archive.bytes);
		if (first(&archive, &entry, &why) != 1)
			fail_msg("row %zu: %s", i, why.text);
		assert_string_equal(entry.path, headers[i].path);
		assert_int_equal(entry.type, headers[i].type);
		archive_free(&archive);
	}
}

static const struct {
	struct member member;
	size_t at; /* a byte that is changed, with the checksum made right again unless at >= 148 */
	unsigned char byte;
	const char *why;
} refused[] = {
	{{.name = "a"}, 148, 'x', "no header of a tar archive"},
	{{.name = "a"}, 100, 'x', "a mode or an owner that is none"},
	{{.name = "a"}, 108, 'x', "a mode or an owner that is none"},
	{{.name = "a"}, 124, 'x', "has no size"},
	{{.name = "a"}, 124, 0x80, "has no size"}, /* what follows is ASCII: huge */
	{{.name = "a", .pax = "size=9223372036854775807"}, 0, 0, "size is no number, or too large"},
	{{.name = "a", .pax = "size=-1"}, 0, 0, "size is no number"},
	{{.name = "a", .pax = "uid=4294967296"}, 0, 0, "uid is no number, or too large"},
	{{.name = "a", .pax = "gid=1x"}, 0, 0, "gid is no number"},
	{{.name = "a", .pax = "nothing"}, 0, 0, "malformed pax header"},
	{{.name = "a", .pax = "size=1000000"}, 0, 0, "cut off in a file's data"},
	{{.name = "a", .pax = "SCHILY.xattr.security.capability=1234567890123456789012345"},
	 0,
	 0,
	 "security.capability of 25 bytes"},
	{{.name = "a", .type = 'x', .text = "99999999 a=b\n"}, 0, 0, "malformed pax header"},
	{{.name = "a", .type = 'x', .text = " a=b\n"}, 0, 0, "malformed pax header"},
	{{.name = "a", .type = 'x', .text = "6 a=b\n7 path=\n", .length = 14},
	 0,
	 0,
	 "malformed pax header"},
	{{.name = "a", .type = 'L', .text = "a name of nothing"}, 0, 0, NULL},
};

static void
test_what_is_no_archive_is_refused(void **state)
{
	static struct tar_entry entry;

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		const struct member members[] = {refused[i].member, {0}};
		struct archive archive = archive_of(members);
		struct refusal why = {.text = ""};

		if (refused[i].byte) {
			archive.bytes[refused[i].at] = refused[i].byte;
			if (refused[i].at < 148)
				archive_sum(archive.bytes);
		}
		int result = first(&archive, &entry, &why);

		/* A long name before the end of the archive names nothing: that is the end. */
		if (refused[i].why == NULL ? result != 0
					   : result != -1 || !strstr(why.text, refused[i].why))
			fail_msg("row %zu: %d %s", i, result, why.text);
		archive_free(&archive);
	}
}

static void
test_names_longer_than_a_path_are_refused(void **state)
{
	static char text[TAR_PATH_SIZE + 10], pax[TAR_PATH_SIZE + 20];
	static struct tar_entry entry;
	struct refusal why = {.text = ""};

	(void)state;
	memset(text, 'a', TAR_PATH_SIZE);
	snprintf(pax, sizeof(pax), "path=%s", text);
	const struct member rows[][2] = {{{.name = "x", .pax = pax}},
					 {{.name = "x", .type = 'L', .text = text}},
					 {{.name = "x", .type = 'K', .text = text}}};

	for (size_t i = 0; i < 3; i++) {
		struct archive archive = archive_of(rows[i]);

		assert_int_equal(first(&archive, &entry, &why), -1);
		assert_non_null(strstr(why.text, "a name of 4096 bytes"));
		archive_free(&archive);
	}
}

static void
test_an_extension_that_is_too_large_is_refused(void **state)
{
	static struct tar_entry entry;
	struct refusal why = {.text = ""};
	struct archive archive = {0};
	unsigned char header[ARCHIVE_BLOCK];

	(void)state;
	archive_header(header, &(struct member){.name = "x"}, 'x', 077777777777);
	archive_append(&archive, header, sizeof(header));
	assert_int_equal(first(&archive, &entry, &why), -1);
	assert_non_null(strstr(why.text, "more than 1048576"));
	archive_free(&archive);
}

/* Every cut and every flipped bit: an answer, never more; ASan watches over the memory. */
static void
test_damage_is_survived(void **state)
{
	static struct tar_entry entry;
	const struct member members[] = {{.name = "a/"},
					 {.name = "a/b", .text = "text", .pax = "uid=77"},
					 {.name = "l", .type = '2', .link = "a"},
					 {.name = "h", .type = '1', .link = "a/b"},
					 {0}};
	struct archive archive = archive_of(members);

	(void)state;
	for (size_t i = 0; i < archive.length; i++) {
		struct refusal why;
		unsigned char *copy = malloc(i + 1);
		int result;

		memcpy(copy, archive.bytes, i);
		struct source *source = source_memory(copy, i);
		struct tarball tar = {.from = source};

		while ((result = tarball_next(&tar, &entry, &why)) > 0)
			if (tarball_check_data(&tar, &entry, 0, &why) < 0) {
				result = -1;
				break;
			}
		if (i > 0 && i < archive.length - 512)
			assert_int_equal(result, -1);
		source_free(source);
		free(copy);
	}
	for (size_t i = 0; i < archive.length; i++) {
		struct refusal why;
		struct source *source = source_memory(archive.bytes, archive.length);
		struct tarball tar = {.from = source};

		archive.bytes[i] ^= 0x55;
		while (tarball_next(&tar, &entry, &why) > 0)
			assert_true(tar.at > 0);
		archive.bytes[i] ^= 0x55;
		source_free(source);
	}
	archive_free(&archive);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_entry_is_what_its_headers_say),
		cmocka_unit_test(test_headers_of_every_age_are_read),
		cmocka_unit_test(test_capabilities_come_from_pax),
		cmocka_unit_test(test_long_names_of_gnu_are_joined),
		cmocka_unit_test(test_numbers_may_be_binary),
		cmocka_unit_test(test_a_sparse_file_of_gnu_is_known_by_its_size),
		cmocka_unit_test(test_what_is_no_archive_is_refused),
		cmocka_unit_test(test_names_longer_than_a_path_are_refused),
		cmocka_unit_test(test_an_extension_that_is_too_large_is_refused),
		cmocka_unit_test(test_damage_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
