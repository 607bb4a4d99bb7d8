/* SPDX-License-Identifier: MIT */
/* Can the service change whom it trusts? Each row is a way to do so, or one that is closed. */
#include "setup/certs_reach.h"

#include "certs_trial.h"

#include <errno.h>
#include <grp.h>

enum { CANNOT = 0, CAN = 1, FAILED = 120 };

/* What the service would say of this path. */
static int
ask_as_service(const char *path)
{
	gid_t group = SERVICE_GROUP;
	int status = -1;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		if (setgroups(1, &group) != 0 || setgid(SERVICE_GID) != 0 ||
		    setuid(SERVICE_UID) != 0)
			_exit(FAILED);
		_exit(certs_reach_check(path, 0, SERVICE_UID) ? CAN : CANNOT);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

struct row {
	const char *what;
	/* The tree: above/ holds link -> ../below/file, below/ holds file. */
	uid_t above_uid, below_uid, link_uid, file_uid;
	mode_t above, below, file;
	bool through_link;
	int expected;
};

#define U SERVICE_UID

static const struct row rows[] = {
	{"root's own", 0, 0, 0, 0, 0755, 0755, 0644, false, CANNOT},
	{"the service's file", 0, 0, 0, U, 0755, 0755, 0644, false, CAN},
	{"the service's file, read-only", 0, 0, 0, U, 0755, 0755, 0444, false, CAN}, /* chmod */
	{"a file for everybody", 0, 0, 0, 0, 0755, 0755, 0666, false, CAN},
	{"another one's file", 0, 0, 0, U + 1, 0755, 0755, 0644, false, CANNOT},
	{"the service's directory", 0, U, 0, 0, 0755, 0755, 0644, false, CAN},
	{"the service's directory, closed", 0, U, 0, 0, 0755, 0555, 0644, false, CAN},
	{"a directory for everybody", 0, 0, 0, 0, 0755, 0777, 0644, false, CAN},
	{"a sticky directory, root's file", 0, 0, 0, 0, 0755, 01777, 0644, false, CANNOT},
	{"a sticky directory, its own file", 0, 0, 0, U, 0755, 01777, 0444, false, CAN},
	{"a sticky directory of its own", 0, U, 0, 0, 0755, 01777, 0644, false, CAN},
	{"a link of root's", 0, 0, 0, 0, 0755, 0755, 0644, true, CANNOT},
	{"a link in a directory for everybody", 0, 0, 0, 0, 0777, 0755, 0644, true, CAN},
	{"a link in a sticky directory", 0, 0, 0, 0, 01777, 0755, 0644, true, CANNOT},
	{"its own link in a sticky directory", 0, 0, U, 0, 01777, 0755, 0644, true, CAN},
	{"its own link in root's directory", 0, 0, U, 0, 0755, 0755, 0644, true, CANNOT},
	{"a link to a directory for everybody", 0, 0, 0, 0, 0755, 0777, 0644, true, CAN},
	{"a link to the service's file", 0, 0, 0, U, 0755, 0755, 0644, true, CAN},
};

static void
make_tree(const struct trial *trial, const struct row *row)
{
	trial_make_directory(trial, "above", row->above, row->above_uid);
	trial_make_directory(trial, "below", row->below, row->below_uid);
	trial_write(trial, "below/file", "x", 1);
	assert_int_equal(chown(trial_path(trial, "below/file"), row->file_uid, 0), 0);
	assert_int_equal(chmod(trial_path(trial, "below/file"), row->file), 0);
	assert_int_equal(symlink("../below/file", trial_path(trial, "above/link")), 0);
	assert_int_equal(lchown(trial_path(trial, "above/link"), row->link_uid, 0), 0);
}

static void
test_each_way_to_change_a_bundle_is_seen(void **state)
{
	(void)state;
	trial_need_root();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct trial trial;

		trial_begin(&trial);
		make_tree(&trial, &rows[i]);
		int answer = ask_as_service(
			trial_path(&trial, rows[i].through_link ? "above/link" : "below/file"));
		if (answer != rows[i].expected)
			fail_msg("%s: %d", rows[i].what, answer);
		trial_end(&trial);
	}
}

static void
test_groups_count(void **state)
{
	struct trial trial;

	(void)state;
	trial_need_root();
	trial_begin(&trial);
	trial_write(&trial, "file", "x", 1);
	assert_int_equal(chown(trial_path(&trial, "file"), 0, SERVICE_GROUP), 0);
	assert_int_equal(chmod(trial_path(&trial, "file"), 0664), 0);
	assert_int_equal(ask_as_service(trial_path(&trial, "file")), CAN);
	trial_end(&trial);
}

static void
test_paths_are_walked_as_the_kernel_walks_them(void **state)
{
	struct trial trial;
	char path[PATH_MAX];

	(void)state;
	trial_need_root();
	trial_begin(&trial);
	trial_make_directory(&trial, "mine", 0755, SERVICE_UID);
	trial_make_directory(&trial, "real", 0755, 0);
	trial_write(&trial, "real/file", "x", 1);
	trial_write(&trial, "mine/file", "x", 1);
	assert_int_equal(symlink("real", trial_path(&trial, "dir")), 0);
	assert_int_equal(symlink("mine", trial_path(&trial, "evil")), 0);
	assert_int_equal(symlink(trial_path(&trial, "dir/file"), trial_path(&trial, "absolute")),
			 0);
	assert_int_equal(symlink(trial_path(&trial, "evil/file"), trial_path(&trial, "far")), 0);
	assert_int_equal(ask_as_service(trial_path(&trial, "dir/file")), CANNOT);
	assert_int_equal(ask_as_service(trial_path(&trial, "./dir/..//real/./file")), CANNOT);
	assert_int_equal(ask_as_service(trial_path(&trial, "absolute")), CANNOT);
	assert_int_equal(ask_as_service(trial_path(&trial, "evil/file")), CAN);
	assert_int_equal(ask_as_service(trial_path(&trial, "far")), CAN);
	/* The service's directory is passed through, but its name is in root's. */
	assert_int_equal(ask_as_service(trial_path(&trial, "mine/../real/file")), CANNOT);
	assert_int_equal(ask_as_service(trial_path(&trial, "mine/../evil/file")), CAN);
	/* A directory that is asked about itself. */
	assert_int_equal(ask_as_service(trial_path(&trial, "real")), CANNOT);
	assert_int_equal(ask_as_service(trial_path(&trial, "mine")), CAN);
	assert_int_equal(ask_as_service("/"), CANNOT);
	/* What cannot be looked at counts as changeable. */
	assert_int_equal(symlink("loop", trial_path(&trial, "loop")), 0);
	assert_int_equal(ask_as_service(trial_path(&trial, "loop")), CAN);
	assert_int_equal(ask_as_service(trial_path(&trial, "absent")), CAN);
	memset(path, 'a', sizeof(path) - 1);
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(ask_as_service(path), CAN);
	trial_end(&trial);
}

static int
ask_read_only(struct trial *trial)
{
	const char *path = trial_path(trial, "own");

	if (mount(path, path, NULL, MS_BIND, NULL) != 0 ||
	    mount(NULL, path, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL) != 0)
		return FAILED;
	int answer = ask_as_service(trial_path(trial, "own/closed"));
	return answer == CANNOT ? ask_as_service(trial_path(trial, "own/open")) : answer;
}

static void
test_nothing_can_be_changed_where_it_is_mounted_read_only(void **state)
{
	struct trial trial;

	(void)state;
	trial_need_root();
	trial_begin(&trial);
	trial_make_directory(&trial, "own", 0755, SERVICE_UID);
	trial_write(&trial, "own/closed", "x", 1);
	trial_write(&trial, "own/open", "x", 1);
	assert_int_equal(chown(trial_path(&trial, "own/closed"), SERVICE_UID, 0), 0);
	assert_int_equal(chmod(trial_path(&trial, "own/closed"), 0444), 0);
	assert_int_equal(chmod(trial_path(&trial, "own/open"), 0666), 0);
	assert_int_equal(ask_as_service(trial_path(&trial, "own/closed")), CAN);
	assert_int_equal(trial_in_own_mounts(ask_read_only, &trial), CANNOT);
	trial_end(&trial);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_way_to_change_a_bundle_is_seen),
		cmocka_unit_test(test_groups_count),
		cmocka_unit_test(test_paths_are_walked_as_the_kernel_walks_them),
		cmocka_unit_test(test_nothing_can_be_changed_where_it_is_mounted_read_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
