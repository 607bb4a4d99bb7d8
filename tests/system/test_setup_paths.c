/* SPDX-License-Identifier: MIT */
/* Which paths are walked, and which are refused before anything is opened at their end. */
#include "helpers/room.h"

#include "setup/paths.h"

#include <fcntl.h>

static char longest[2 * PATH_MAX];

/* "x/x/x/..." of `length` bytes. */
static const char *
make_long(size_t length)
{
	for (size_t i = 0; i < length; i++)
		longest[i] = i % 2 ? '/' : 'x';
	longest[length - 1] = 'x';
	longest[length] = '\0';
	return longest;
}

static void
assert_refused(const char *path, int error)
{
	struct stat status;

	errno = 0;
	assert_int_equal(place_open(path, &status), -1);
	assert_int_equal(errno, error);
	errno = 0;
	assert_int_equal(place_open_following(path, &status), -1);
	assert_int_equal(errno, error);
}

static int
add_holders(const char *path)
{
	static struct protected_places holders;

	memset(&holders, 0, sizeof(holders));
	errno = 0;
	return protected_add_holders(&holders, path);
}

static void
test_what_is_too_long_is_refused(void **state)
{
	static char path[2 * PATH_MAX];

	(void)state;
	snprintf(path, sizeof(path), "/%s", make_long(PATH_MAX - 1));
	assert_refused(path, ENAMETOOLONG);
	assert_int_equal(add_holders(path), -1);
	assert_int_equal(errno, ENAMETOOLONG);

	/* A name of one byte too many, last and above. */
	memset(path, 'n', sizeof(path));
	path[0] = '/';
	path[PLACE_NAME_SIZE + 1] = '\0';
	assert_refused(path, ENAMETOOLONG);
	path[PLACE_NAME_SIZE + 1] = '/';
	path[PLACE_NAME_SIZE + 3] = '\0';
	assert_refused(path, ENAMETOOLONG);
	/* One byte less is only missing. */
	path[PLACE_NAME_SIZE] = '\0';
	assert_refused(path, ENOENT);
}

static void
test_a_link_that_makes_its_path_too_long_is_refused(void **state)
{
	static char path[PATH_MAX];

	(void)state;
	MUST(symlink(make_long(PATH_MAX - 100), room("long")));
	snprintf(path, sizeof(path), "%s/%s", room("long"), make_long(101));
	assert_refused(path, ENAMETOOLONG);
	/* With less behind it, what it leads to is only missing. */
	snprintf(path, sizeof(path), "%s/%s", room("long"), make_long(51));
	assert_refused(path, ENOENT);

	room_mkdir("directory");
	MUST(symlink(make_long(PATH_MAX - 5), room("directory/long")));
	snprintf(path, sizeof(path), "%s/12345", room("directory/long"));
	assert_int_equal(add_holders(path), -1);
	assert_int_equal(errno, ENAMETOOLONG);
	MUST(symlink(make_long(51), room("directory/short")));
	assert_int_equal(add_holders(room("directory/short")), -1);
	assert_int_equal(errno, ENOENT);
}

static void
test_links_to_what_is_protected_are_counted(void **state)
{
	char name[16], target[16];

	(void)state;
	room_write("0", "");
	for (int i = 1; i <= PLACE_LINKS_MOST + 1; i++) {
		snprintf(name, sizeof(name), "%d", i);
		snprintf(target, sizeof(target), "%d", i - 1);
		MUST(symlink(target, room(name)));
	}
	snprintf(name, sizeof(name), "%d", PLACE_LINKS_MOST);
	assert_int_equal(add_holders(room(name)), 0);
	snprintf(name, sizeof(name), "%d", PLACE_LINKS_MOST + 1);
	assert_int_equal(add_holders(room(name)), -1);
	assert_int_equal(errno, ELOOP);
}

static void
test_no_more_places_are_protected_than_there_is_room_for(void **state)
{
	static struct protected_places places;
	char name[16];

	(void)state;
	for (int i = 0; i <= PROTECTED_MOST; i++) {
		snprintf(name, sizeof(name), "%d", i);
		room_mkdir(name);
		int place = open(room(name), O_PATH | O_CLOEXEC);

		MUST(place);
		errno = 0;
		assert_int_equal(protected_add_open(&places, place), i < PROTECTED_MOST ? 0 : -1);
		assert_int_equal(errno, i < PROTECTED_MOST ? 0 : ENOSPC);
		close(place);
	}
	/* Neither is the way to one, from the root or from the working directory. */
	errno = 0;
	assert_int_equal(protected_add_holders(&places, room("0")), -1);
	assert_int_equal(errno, ENOSPC);
	MUST(chdir(room("0")));
	errno = 0;
	assert_int_equal(protected_add_holders(&places, "../1"), -1);
	MUST(chdir("/"));
	assert_int_equal(errno, ENOSPC);
	/* One that is there already needs none. */
	int again = open(room("1"), O_PATH | O_CLOEXEC);

	MUST(again);
	assert_int_equal(protected_add_open(&places, again), 0);
	close(again);
}

static void
test_the_last_link_is_followed_where_it_is_roots_own(void **state)
{
	struct stat status, real;
	static const struct {
		const char *name;
		int error;
		const char *leads_to;
	} rows[] = {{"file", 0, "file"},      {"link", 0, "file"},
		    {"twice", 0, "file"},     {"users", ELOOP, NULL},
		    {"loop", ELOOP, NULL},    {"to-root", 0, "/"},
		    {"above", 0, "."},        {"dangling", ENOENT, NULL},
		    {"link/", ENOTDIR, NULL}, {"directory/.", 0, "directory"}};

	(void)state;
	room_write("file", "");
	room_mkdir("directory");
	MUST(symlink("file", room("link")));
	MUST(symlink(room("link"), room("twice")));
	MUST(symlink("file", room("users")));
	MUST(lchown(room("users"), ROOM_USER, ROOM_GROUP));
	MUST(symlink("loop", room("loop")));
	MUST(symlink("/", room("to-root")));
	MUST(symlink("directory/..", room("above")));
	MUST(symlink("none", room("dangling")));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		print_message("%s\n", rows[i].name);
		errno = 0;
		int found = place_open_following(room(rows[i].name), &status);

		if (rows[i].error) {
			assert_int_equal(found, -1);
			assert_int_equal(errno, rows[i].error);
			continue;
		}
		MUST(found);
		MUST(stat(rows[i].leads_to[0] == '/' ? "/" : room(rows[i].leads_to), &real));
		assert_int_equal(status.st_ino, real.st_ino);
		assert_int_equal(status.st_dev, real.st_dev);
		close(found);
	}
}

static void
test_the_root_is_a_place_and_a_relative_path_is_none(void **state)
{
	struct stat status, real;

	(void)state;
	MUST(stat("/", &real));
	int found = place_open_following("//", &status);

	MUST(found);
	assert_int_equal(status.st_ino, real.st_ino);
	assert_int_equal(status.st_dev, real.st_dev);
	close(found);
	assert_refused("tmp", EINVAL);
}

static void
test_a_failure_names_as_much_of_a_path_as_fits(void **state)
{
	static struct setup_failure failure;

	(void)state;
	errno = EIO;
	assert_int_equal(setup_failed(&failure, "open", make_long(PATH_MAX)), -1);
	assert_int_equal(errno, EIO);
	assert_int_equal(strlen(failure.path), PATH_MAX - 1);
	assert_string_equal(failure.path + PATH_MAX - 5, "/...");
	assert_memory_equal(failure.path, longest, PATH_MAX - 5);
	assert_int_equal(setup_failed(&failure, "open", make_long(PATH_MAX - 1)), -1);
	assert_string_equal(failure.path, longest);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		room_test(test_what_is_too_long_is_refused),
		room_test(test_a_link_that_makes_its_path_too_long_is_refused),
		room_test(test_links_to_what_is_protected_are_counted),
		room_test(test_no_more_places_are_protected_than_there_is_room_for),
		room_test(test_the_last_link_is_followed_where_it_is_roots_own),
		room_test(test_the_root_is_a_place_and_a_relative_path_is_none),
		room_test(test_a_failure_names_as_much_of_a_path_as_fits),
	};

	return room_run(tests);
}
