/* SPDX-License-Identifier: MIT */
/* Which files --env-from-file reads, and what it makes of them. */
#include "helpers/room.h"

#include "setup/secrets.h"

#include <sys/sysmacros.h>

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
		char *value = NULL;

		write_bytes("secret", rows[i].text, strlen(rows[i].text));
		assert_int_equal(secret_read(room("secret"), &value), 0);
		assert_string_equal(value, rows[i].value);
		free(value);
	}
}

static void
assert_refused(const char *path, int error)
{
	char *value = NULL;

	print_message("%s\n", path);
	errno = 0;
	assert_int_equal(secret_read(path, &value), -1);
	assert_int_equal(errno, error);
	assert_null(value);
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
	char *value = NULL;

	assert_int_equal(secret_read(room("roots/secret"), &value), 0);
	free(value);
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
	char *value = NULL;

	(void)state;
	memset(bytes, 'a', SECRET_MOST + 1);
	write_bytes("secret", bytes, SECRET_MOST);
	assert_int_equal(secret_read(room("secret"), &value), 0);
	assert_int_equal(strlen(value), SECRET_MOST);
	free(value);
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
		assert_int_equal(secret_read(room("secret"), &value), 0);
		assert_int_equal(strlen(value), length);
		free(value);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		room_test(test_the_value_is_the_file_without_one_newline),
		room_test(test_what_is_no_regular_file_is_refused),
		room_test(test_size_and_bytes_are_bounded),
	};

	return room_run(tests);
}
