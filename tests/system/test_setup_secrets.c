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
	MUST(lchown(room("link"), ROOM_USER, ROOM_GROUP));
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
	assert_refused("/", EBADF);
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

/* As the kubelet lays out a volume: NAME -> ..data/NAME, ..data -> ..TIME, root's and relative. */
static void
make_volume(mode_t mount_point, mode_t dated, gid_t group)
{
	room_mkdir("volume");
	MUST(mount("volume", room("volume"), "tmpfs", 0, "mode=0755"));
	room_mkdir("volume/..2026_11_22");
	write_bytes("volume/..2026_11_22/db", "sesame", 6);
	MUST(symlink("..2026_11_22", room("volume/..data")));
	MUST(symlink("..data/db", room("volume/db")));
	MUST(chown(room("volume"), 0, group));
	MUST(chown(room("volume/..2026_11_22"), 0, group));
	MUST(chmod(room("volume/..2026_11_22"), dated));
	MUST(chmod(room("volume"), mount_point));
}

static void
test_a_secret_of_kubernetes_is_read_by_its_own_name(void **state)
{
	static const struct {
		const char *what;
		mode_t mount_point, dated;
		gid_t group;
		bool writable_too;
	} rows[] = {
		{"Secret", 01777, 0755, 0, true},
		{"Secret with fsGroup", 03777, 02755, ROOM_GROUP, true},
		{"ConfigMap", 0777, 0777, 0, false},
		{"ConfigMap with fsGroup", 02777, 02777, ROOM_GROUP, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		print_message("%s\n", rows[i].what);
		make_volume(rows[i].mount_point, rows[i].dated, rows[i].group);
		/* Where another may put links, root's own can be moved. */
		if (!rows[i].writable_too) {
			assert_refused(room("volume/db"), ELOOP);
			assert_refused(room("volume/..data/db"), ELOOP);
		}
		MUST(mount("none", room("volume"), NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
		assert_int_equal(read_secret(room("volume/db")), 0);
		assert_string_equal(value, "sesame");
		assert_int_equal(read_secret(room("volume/..data/db")), 0);
		MUST(umount2(room("volume"), MNT_DETACH));
		MUST(rmdir(room("volume")));
	}
	/* Somebody else's link is none of root's, read-only or not. */
	make_volume(0777, 0777, 0);
	MUST(lchown(room("volume/db"), ROOM_USER, ROOM_GROUP));
	MUST(mount("none", room("volume"), NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
	assert_refused(room("volume/db"), ELOOP);
	MUST(umount2(room("volume"), MNT_DETACH));
}

/* What compose and -v make: any owner. What the service could have put there is not read. */
static void
test_below_a_directory_of_anothers_no_link_and_no_second_name_counts(void **state)
{
	static const struct {
		uid_t owner;
		mode_t mode;
		int link, second; /* errno, or 0: it is read */
	} rows[] = {
		{0, 0755, 0, 0},
		{0, 01777, 0, 0},
		{0, 0775, ELOOP, EMLINK},
		{ROOM_USER, 0755, ELOOP, EMLINK},
		{ROOM_USER, 01777, ELOOP, EMLINK},
	};

	(void)state;
	room_mkdir("volume");
	room_mkdir("volume/roots");
	write_bytes("volume/roots/secret", "mine", 4);
	MUST(chown(room("volume/roots/secret"), ROOM_USER, ROOM_GROUP));
	MUST(symlink("secret", room("volume/roots/link")));
	write_bytes("volume/roots/shadow", "root", 4);
	MUST(link(room("volume/roots/shadow"), room("volume/roots/second")));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		print_message("row %zu\n", i);
		MUST(chown(room("volume"), rows[i].owner, 0));
		MUST(chmod(room("volume"), rows[i].mode));
		assert_int_equal(read_secret(room("volume/roots/secret")), 0);
		assert_string_equal(value, "mine");
		if (rows[i].link)
			assert_refused(room("volume/roots/link"), rows[i].link);
		else
			assert_int_equal(read_secret(room("volume/roots/link")), 0);
		if (rows[i].second)
			assert_refused(room("volume/roots/second"), rows[i].second);
		else
			assert_int_equal(read_secret(room("volume/roots/second")), 0);
	}
	/* In a sticky one itself another name is enough, and root's directories in it are root's. */
	MUST(chown(room("volume"), 0, 0));
	MUST(link(room("volume/roots/shadow"), room("volume/third")));
	assert_refused(room("volume/third"), EMLINK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		room_test(test_the_value_is_the_file_without_one_newline),
		room_test(test_what_is_no_regular_file_is_refused),
		room_test(test_size_and_bytes_are_bounded),
		room_test(test_no_byte_is_written_beyond_the_room),
		room_test(test_a_secret_of_kubernetes_is_read_by_its_own_name),
		room_test(test_below_a_directory_of_anothers_no_link_and_no_second_name_counts),
	};

	return room_run(tests);
}
