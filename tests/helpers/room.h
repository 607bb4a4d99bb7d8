/* SPDX-License-Identifier: MIT */
/*
 * room - an empty file system in a private mount namespace, for the tests of what root changes
 *
 * Everything is below room_path, a tmpfs that goes away with the test. Needs root; without it the
 * tests are skipped with a word, or fail where STEPDOWN_TESTS_MUST_RUN=1.
 */
#ifndef STEPDOWN_TESTS_ROOM_H
#define STEPDOWN_TESTS_ROOM_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROOM_USER = 4321, ROOM_GROUP = 5432 };

static char room_path[] = "/tmp/stepdown-room-XXXXXX";

#define MUST(call)                                                                                 \
	do {                                                                                       \
		if ((call) < 0)                                                                    \
			fail_msg("%s:%d: %s: %s", __FILE__, __LINE__, #call, strerror(errno));     \
	} while (0)

/* A path in the room; up to eight at a time. */
static inline const char *
room(const char *name)
{
	static char paths[8][PATH_MAX];
	static unsigned next;
	char *path = paths[next++ % 8];

	snprintf(path, PATH_MAX, "%s/%s", room_path, name);
	return path;
}

/* Skips the test with a word, or fails it where all tests have to run. */
static inline void
room_skip(const char *why)
{
	const char *must = getenv("STEPDOWN_TESTS_MUST_RUN");

	if (must && strcmp(must, "1") == 0)
		fail_msg("cannot run: %s", why);
	print_message("skipped: %s\n", why);
	skip();
}

static inline int
room_group_setup(void **state)
{
	(void)state;
	umask(022);
	if (!mkdtemp(room_path) || unshare(CLONE_NEWNS) != 0 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
		return -1;
	return 0;
}

static inline int
room_group_teardown(void **state)
{
	(void)state;
	return rmdir(room_path);
}

static inline int
room_setup(void **state)
{
	(void)state;
	return mount("room", room_path, "tmpfs", 0, "mode=0755,nr_inodes=0");
}

static inline int
room_teardown(void **state)
{
	(void)state;
	return umount2(room_path, MNT_DETACH);
}

static inline void
room_skip_without_root(void **state)
{
	(void)state;
	room_skip("only root can own and mount");
}

static inline int
room_run_all(const struct CMUnitTest *tests, size_t count)
{
	struct CMUnitTest skipped[64];

	if (geteuid() == 0)
		return _cmocka_run_group_tests("room", tests, count, room_group_setup,
					       room_group_teardown);
	for (size_t i = 0; i < count && i < 64; i++)
		skipped[i] = (struct CMUnitTest){.name = tests[i].name,
						 .test_func = room_skip_without_root};
	return _cmocka_run_group_tests("room", skipped, count < 64 ? count : 64, NULL, NULL);
}

#define room_test(test) cmocka_unit_test_setup_teardown(test, room_setup, room_teardown)
#define room_run(tests) room_run_all(tests, sizeof(tests) / sizeof((tests)[0]))

static inline void
room_mkdir(const char *name)
{
	MUST(mkdir(room(name), 0755));
}

static inline void
room_write(const char *name, const char *text)
{
	int file = open(room(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	MUST(file);
	assert_int_equal(write(file, text, strlen(text)), strlen(text));
	close(file);
}

static inline void
room_read(const char *name, char *text, size_t size)
{
	int file = open(room(name), O_RDONLY | O_CLOEXEC);

	MUST(file);
	ssize_t got = read(file, text, size - 1);

	MUST(got);
	text[got] = '\0';
	close(file);
}

static inline struct stat
room_status(const char *name)
{
	struct stat status;

	MUST(lstat(room(name), &status));
	return status;
}

static inline void
room_assert_owner(const char *name, uid_t user, gid_t group)
{
	struct stat status = room_status(name);

	if (status.st_uid != user || status.st_gid != group)
		fail_msg("%s belongs to %u:%u, not %u:%u", name, status.st_uid, status.st_gid, user,
			 group);
}

#define room_assert_users(name) room_assert_owner(name, ROOM_USER, ROOM_GROUP)
#define room_assert_roots(name) room_assert_owner(name, 0, 0)

/* Waits for a child that is to exit with 0. */
static inline void
room_wait(pid_t child)
{
	int status;

	MUST(child);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

#endif
