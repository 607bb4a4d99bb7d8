/* SPDX-License-Identifier: MIT */
/* Which files --env-from-file reads, and what it makes of them. */
#include "helpers/room.h"

#include "setup/secrets.h"

#include <stdbool.h>
#include <sys/sysmacros.h>

static char value[SECRET_MOST + 1];
static size_t length_read;

static int
read_secret(const char *path)
{
	return secret_read(path, value, sizeof(value), &length_read);
}

static void
write_bytes(const char *name, const char *bytes, size_t length)
{
	int file = open(room(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0400);

	MUST(file);
	assert_int_equal(write(file, bytes, length), length);
	close(file);
}

static void
test_the_value_is_the_file_without_one_newline(void **state)
{
	static const struct {
		const char *text;
		const char *value;
	} rows[] = {
		{"secret", "secret"},
		{"secret\n", "secret"},
		{"secret\n\n", "secret\n"},
		{"two\nlines\n", "two\nlines"},
		{"", ""},
		{"\n", ""},
		{" blanks \n", " blanks "},
		{"dos\r\n", "dos\r"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		write_bytes("secret", rows[i].text, strlen(rows[i].text));
		memset(value, 'x', 32);
		assert_int_equal(read_secret(room("secret")), 0);
		assert_string_equal(value, rows[i].value);
		assert_int_equal(length_read, strlen(rows[i].value));
	}
}

static void
assert_refused(const char *path, int error)
{
	print_message("%s\n", path);
	errno = 0;
	assert_int_equal(read_secret(path), -1);
	assert_int_equal(errno, error);
}

static void
test_what_is_no_regular_file_is_refused(void **state)
{
	(void)state;
	room_write("secret", "x");
	room_mkdir("directory");
	MUST(mkfifo(room("fifo"), 0600));
	MUST(mknod(room("zero"), S_IFCHR | 0666, makedev(1, 5)));
	MUST(symlink("secret", room("link")));
	MUST(symlink(".", room("users")));
	MUST(lchown(room("users"), ROOM_USER, ROOM_GROUP));
	MUST(symlink(".", room("roots")));
	assert_int_equal(read_secret(room("roots/secret")), 0);
	assert_refused(room("directory"), EBADF);
	assert_refused(room("fifo"), EBADF);
	assert_refused(room("zero"), EBADF);
	assert_refused(room("link"), ELOOP);
	assert_refused(room("users/secret"), ELOOP);
	assert_refused(room("missing"), ENOENT);
	assert_refused(room("secret/x"), ENOTDIR);
	assert_refused("secret", EINVAL);
	assert_refused("", EINVAL);
	assert_refused("/", EINVAL);
}

static void
test_size_and_bytes_are_bounded(void **state)
{
	char *bytes = malloc(SECRET_MOST + 1);

	(void)state;
	memset(bytes, 'a', SECRET_MOST + 1);
	write_bytes("secret", bytes, SECRET_MOST);
	assert_int_equal(read_secret(room("secret")), 0);
	assert_int_equal(strlen(value), SECRET_MOST);
	write_bytes("secret", bytes, SECRET_MOST + 1);
	assert_refused(room("secret"), EFBIG);
	free(bytes);
	write_bytes("secret", "a\0b", 3);
	assert_refused(room("secret"), EILSEQ);
	write_bytes("secret", "a\0", 2);
	assert_refused(room("secret"), EILSEQ);
	for (size_t length = 4090; length < 4100; length++) {
		char text[4100];

		memset(text, 'b', length);
		write_bytes("secret", text, length);
		assert_int_equal(read_secret(room("secret")), 0);
		assert_int_equal(strlen(value), length);
	}
}

static void
test_no_byte_is_written_beyond_the_room(void **state)
{
	static const struct {
		const char *text;
		size_t room;
		bool fits;
	} rows[] = {
		{"12345", 6, true},  {"12345", 5, false},  {"12345", 1, false},
		{"1234\n", 6, true}, {"1234\n", 5, false}, {"", 1, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		/* What is one too many is found by the sanitizer. */
		char *small = malloc(rows[i].room);

		write_bytes("secret", rows[i].text, strlen(rows[i].text));
		errno = 0;
		assert_int_equal(secret_read(room("secret"), small, rows[i].room, &length_read),
				 rows[i].fits ? 0 : -1);
		assert_true(rows[i].fits || errno == EFBIG);
		free(small);
	}
}

/* As the kubelet lays out a volume: DIRECTORY/NAME -> ..data/NAME, ..data -> ..TIME. */
static void
test_a_secret_of_kubernetes_is_read_past_its_last_link(void **state)
{
	(void)state;
	room_mkdir("volume");
	MUST(chmod(room("volume"), 01777));
	room_mkdir("volume/..2026_11_22");
	write_bytes("volume/..2026_11_22/db", "sesame", 6);
	MUST(symlink("..2026_11_22", room("volume/..data")));
	MUST(symlink("..data/db", room("volume/db")));
	assert_refused(room("volume/db"), ELOOP);
	assert_int_equal(read_secret(room("volume/..data/db")), 0);
	assert_string_equal(value, "sesame");
	/* Where another may put links, root's own can be moved. */
	MUST(chmod(room("volume"), 0777));
	assert_refused(room("volume/..data/db"), ELOOP);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		room_test(test_the_value_is_the_file_without_one_newline),
		room_test(test_what_is_no_regular_file_is_refused),
		room_test(test_size_and_bytes_are_bounded),
		room_test(test_no_byte_is_written_beyond_the_room),
		room_test(test_a_secret_of_kubernetes_is_read_past_its_last_link),
	};

	return room_run(tests);
}
