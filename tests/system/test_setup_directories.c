/* SPDX-License-Identifier: MIT */
/* What --mkdir makes, and what it refuses to make. */
#include "helpers/room.h"

#include "setup/directories.h"
#include "setup/paths.h"

static struct protected_places protect;
static struct setup_failure failure;

static int
make(const char *name, bool has_mode, mode_t mode)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s", name[0] == '/' ? name : room(name));

	struct directory_request request = {
		.path = path,
		.user = ROOM_USER,
		.group = ROOM_GROUP,
		.has_mode = has_mode,
		.mode = mode,
		.protect = &protect,
	};

	errno = 0;
	int result = directory_make(&request, &failure);
	int error = errno;

	assert_int_equal(directory_check(&request), result);
	if (result != 0)
		assert_string_equal(failure.path, path);
	errno = error;
	return result;
}

static void
assert_mode(const char *name, mode_t mode)
{
	assert_int_equal(room_status(name).st_mode & 07777, mode);
}

static void
test_a_new_directory_is_the_users_and_those_above_are_roots(void **state)
{
	(void)state;
	/* Whatever umask the engine has set. */
	mode_t before = umask(077);

	assert_int_equal(make("a/b/c", true, 02770), 0);
	assert_int_equal(make("d", false, 0), 0);
	assert_int_equal(make("e/", true, 0), 0);
	assert_int_equal(umask(before), 077);
	room_assert_users("a/b/c");
	assert_mode("a/b/c", 02770);
	room_assert_roots("a");
	room_assert_roots("a/b");
	assert_mode("a", 0755);
	assert_mode("a/b", 0755);
	room_assert_users("d");
	assert_mode("d", 0755);
	assert_mode("e", 0);
}

static void
test_an_existing_one_gets_owner_and_mode_itself_only(void **state)
{
	(void)state;
	room_mkdir("a");
	MUST(chmod(room("a"), 0711));
	room_mkdir("a/b");
	MUST(chmod(room("a/b"), 01700));
	room_write("a/b/file", "");
	assert_int_equal(make("a/b", false, 0), 0);
	room_assert_users("a/b");
	assert_mode("a/b", 01700);
	room_assert_roots("a/b/file");
	room_assert_roots("a");
	assert_mode("a", 0711);
	assert_int_equal(make("a/b", true, 0750), 0);
	assert_mode("a/b", 0750);
}

/* A service can move a third user's directory to where the next start would give it to it. */
static void
test_one_of_a_third_user_is_not_taken_over_where_others_can_put_it(void **state)
{
	static const struct {
		uid_t parent, owner;
		mode_t mode;
		int error;
	} rows[] = {
		{0, ROOM_USER + 1, 0755, 0},
		{0, ROOM_USER + 1, 01777, EEXIST},
		{0, ROOM_USER + 1, 0775, EEXIST},
		{ROOM_USER, ROOM_USER + 1, 0755, EEXIST},
		{ROOM_USER, ROOM_USER, 0755, 0},
		{ROOM_USER, 0, 0755, 0},
		{0, 0, 01777, 0},
	};

	(void)state;
	room_mkdir("above");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		print_message("row %zu\n", i);
		room_mkdir("above/a");
		MUST(chown(room("above/a"), rows[i].owner, 77));
		MUST(chown(room("above"), rows[i].parent, 0));
		MUST(chmod(room("above"), rows[i].mode));
		assert_int_equal(make("above/a", true, 0750), rows[i].error ? -1 : 0);
		if (rows[i].error) {
			assert_int_equal(errno, rows[i].error);
			assert_string_equal(failure.what, "take over");
			room_assert_owner("above/a", rows[i].owner, 77);
			assert_mode("above/a", 0755);
		} else {
			room_assert_users("above/a");
		}
		MUST(rmdir(room("above/a")));
	}
}

static void
test_one_that_is_right_is_not_written(void **state)
{
	(void)state;
	assert_int_equal(make("a", true, 0750), 0);
	struct stat before = room_status("a");

	do {
		room_write("clock", "x");
	} while (room_status("clock").st_mtim.tv_sec == before.st_ctim.tv_sec &&
		 room_status("clock").st_mtim.tv_nsec == before.st_ctim.tv_nsec);
	assert_int_equal(make("a", true, 0750), 0);
	struct stat after = room_status("a");

	assert_memory_equal(&before.st_ctim, &after.st_ctim, sizeof(before.st_ctim));

	/* So it works on a read-only file system too. */
	MUST(mount("none", room_path, NULL, MS_REMOUNT | MS_RDONLY, NULL));
	assert_int_equal(make("a", true, 0750), 0);
	assert_int_equal(make("a", true, 0700), -1);
	assert_int_equal(errno, EROFS);
	assert_int_equal(make("b", true, 0700), -1);
	assert_int_equal(errno, EROFS);
	assert_int_equal(make("b/c", true, 0700), -1);
	assert_int_equal(errno, EROFS);
}

static void
test_a_full_disk_leaves_what_the_next_time_goes_on_with(void **state)
{
	(void)state;
	room_mkdir("small");
	/* One is the root's, and "a" and "a/b" find room. */
	MUST(mount("small", room("small"), "tmpfs", 0, "nr_inodes=3,mode=0755"));
	assert_int_equal(make("small/a/b/c", true, 0700), -1);
	assert_int_equal(errno, ENOSPC);
	assert_string_equal(failure.what, "create");
	room_assert_roots("small/a");
	room_assert_roots("small/a/b");
	assert_mode("small/a/b", 0755);
	assert_int_equal(make("small/a/d/c", true, 0700), -1);
	assert_int_equal(errno, ENOSPC);
	assert_string_equal(failure.what, "reach");
	MUST(mount("none", room("small"), NULL, MS_REMOUNT, "nr_inodes=4"));
	assert_int_equal(make("small/a/b/c", true, 0700), 0);
	room_assert_users("small/a/b/c");
	MUST(umount2(room("small"), MNT_DETACH));
}

static void
test_what_is_no_directory_or_a_link_is_refused(void **state)
{
	(void)state;
	room_write("file", "");
	MUST(mkfifo(room("fifo"), 0600));
	room_mkdir("real");
	MUST(symlink("real", room("link")));
	MUST(symlink("missing", room("dangling")));
	static const struct {
		const char *name;
		int error;
	} rows[] = {{"file", ENOTDIR},  {"fifo", ENOTDIR},   {"file/a", ENOTDIR},
		    {"link", ELOOP},    {"link/", ELOOP},    {"dangling", ELOOP},
		    {"real/.", EINVAL}, {"real/..", EINVAL}, {"/", EINVAL}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		print_message("%s\n", rows[i].name);
		assert_int_equal(make(rows[i].name, true, 0700), -1);
		assert_int_equal(errno, rows[i].error);
	}
	room_assert_roots("real");
	assert_mode("real", 0755);
	assert_int_equal(access(room("missing"), F_OK), -1);
}

static void
test_links_above_are_followed_if_they_are_roots_own(void **state)
{
	(void)state;
	room_mkdir("real");
	MUST(symlink("real", room("roots")));
	MUST(symlink("real", room("users")));
	MUST(lchown(room("users"), ROOM_USER, ROOM_GROUP));
	assert_int_equal(make("roots/a/b", true, 0700), 0);
	room_assert_users("real/a/b");
	room_assert_roots("real/a");
	assert_int_equal(make("users/c", true, 0700), -1);
	assert_int_equal(errno, ELOOP);
	assert_int_equal(access(room("real/c"), F_OK), -1);
	/* Root's link to what is not there yet: /var/run to /run in an image without one. */
	MUST(symlink("later", room("to-later")));
	assert_int_equal(make("to-later/d", true, 0700), 0);
	room_assert_users("later/d");
	room_assert_roots("later");
}

static void
test_protected_places_are_refused_unchanged(void **state)
{
	static const char *const places[] = {"/etc",  "/usr", "/tmp/../etc",
					     "/proc", "/sys", "/dev"};
	struct stat before, after;

	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		char path[PATH_MAX];
		struct directory_request request = {
			.path = path, .user = ROOM_USER, .group = ROOM_GROUP, .protect = &protect};

		snprintf(path, sizeof(path), "%s", places[i]);
		MUST(stat(path, &before));
		errno = 0;
		assert_int_equal(directory_make(&request, &failure), -1);
		assert_int_equal(errno, EBUSY);
		assert_string_equal(failure.what, "give away");
		MUST(stat(path, &after));
		assert_int_equal(after.st_uid, before.st_uid);
		assert_int_equal(after.st_mode, before.st_mode);
	}
}

static void
test_a_mount_is_a_directory_like_any_other(void **state)
{
	(void)state;
	room_mkdir("volume");
	MUST(mount("volume", room("volume"), "tmpfs", 0, "mode=0755"));
	assert_int_equal(make("volume", true, 0700), 0);
	room_assert_users("volume");
	assert_mode("volume", 0700);
	MUST(umount2(room("volume"), MNT_DETACH));
	room_assert_roots("volume");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		room_test(test_a_new_directory_is_the_users_and_those_above_are_roots),
		room_test(test_an_existing_one_gets_owner_and_mode_itself_only),
		room_test(test_one_of_a_third_user_is_not_taken_over_where_others_can_put_it),
		room_test(test_one_that_is_right_is_not_written),
		room_test(test_a_full_disk_leaves_what_the_next_time_goes_on_with),
		room_test(test_what_is_no_directory_or_a_link_is_refused),
		room_test(test_links_above_are_followed_if_they_are_roots_own),
		room_test(test_protected_places_are_refused_unchanged),
		room_test(test_a_mount_is_a_directory_like_any_other),
	};

	if (geteuid() == 0 && protected_add_system(&protect) != 0)
		return 1;
	return room_run(tests);
}
