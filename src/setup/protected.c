/* SPDX-License-Identifier: MIT */
#include "setup/protected.h"

#include "look.h"
#include "setup/places.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

bool
protected_holds(const struct protected_places *places, dev_t device, ino_t inode)
{
	for (size_t i = 0; i < places->count; i++)
		if (places->ids[i].inode == inode && places->ids[i].device == device)
			return true;
	return false;
}

int
protected_add_open(struct protected_places *places, int descriptor)
{
	struct stat status;

	if (look_at(descriptor, &status) != 0)
		return -1;
	if (protected_holds(places, status.st_dev, status.st_ino))
		return 0;
	if (places->count == PROTECTED_MOST) {
		errno = ENOSPC;
		return -1;
	}
	places->ids[places->count++] = (struct place_id){status.st_dev, status.st_ino};
	return 0;
}

int
protected_add_system(struct protected_places *places)
{
	static const char *const names[] = {"/", "/etc", "/usr", "/proc", "/sys", "/dev"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		int place = open(names[i], O_PATH | O_CLOEXEC);

		if (place < 0 && errno == ENOENT)
			continue;
		if (place < 0)
			return -1;
		int failed = protected_add_open(places, place);

		place_close(place);
		if (failed)
			return -1;
	}
	return 0;
}

/* The directory that a relative path starts from has directories above it too. */
static int
add_above(struct protected_places *places)
{
	struct stat status, above;
	int here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);

	while (here >= 0) {
		int up = openat(here, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);

		if (up < 0)
			break;
		if (protected_add_open(places, here) != 0 || look_at(here, &status) != 0 ||
		    look_at(up, &above) != 0) {
			place_close(up);
			break;
		}
		close(here);
		if (status.st_dev == above.st_dev && status.st_ino == above.st_ino) {
			close(up);
			return 0;
		}
		here = up;
	}
	if (here >= 0)
		place_close(here);
	return -1;
}

/* Makes of `path`, a link to the `length` bytes in `target`, the path that it leads to. */
static int
follow(char path[static PATH_MAX], const char *target, size_t length)
{
	char next[PATH_MAX];
	const char *slash = strrchr(path, '/');
	int above = target[0] != '/' && slash ? (int)(slash - path) + 1 : 0;
	int wrote = snprintf(next, sizeof(next), "%.*s%.*s", above, path, (int)length, target);

	if (wrote < 0 || (size_t)wrote >= sizeof(next)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(path, next, (size_t)wrote + 1);
	return 0;
}

/* Adds what lies at `path` and what leads there. Returns 1 if that is a link, now followed. */
static int
add_holders_once(struct protected_places *places, char path[static PATH_MAX])
{
	char last[PLACE_NAME_SIZE], target[PATH_MAX];
	int parent = place_open_parent_noting(path, places, last);

	if (parent < 0)
		return -1;
	int found = openat(parent, last, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	place_close(parent);
	if (found < 0)
		return -1;
	int result = protected_add_open(places, found);
	ssize_t length = result == 0 ? readlinkat(found, "", target, sizeof(target)) : -1;

	/* ENOENT is what an empty name gives for anything but a link; EINVAL is it by the manual.
	 */
	place_close(found);
	if (length > 0)
		result = follow(path, target, (size_t)length) == 0 ? 1 : -1;
	return result;
}

int
protected_add_holders(struct protected_places *places, const char *path)
{
	char way[PATH_MAX];
	size_t length = strlen(path);

	if (length >= sizeof(way)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(way, path, length + 1);
	if (path[0] != '/' && add_above(places) != 0)
		return -1;
	for (int links = 0; links <= PLACE_LINKS_MOST; links++) {
		int more = add_holders_once(places, way);

		if (more <= 0)
			return more;
	}
	errno = ELOOP;
	return -1;
}

int
protected_check_open(const struct protected_places *places, int descriptor)
{
	struct stat status;
	struct statfs system;

	if (look_at(descriptor, &status) != 0 || fstatfs(descriptor, &system) != 0)
		return -1;
	if (protected_holds(places, status.st_dev, status.st_ino) ||
	    (unsigned long)system.f_type == PROC_SUPER_MAGIC ||
	    (unsigned long)system.f_type == SYSFS_MAGIC) {
		errno = EPERM;
		return -1;
	}
	return 0;
}

int
protected_check(const struct protected_places *places, const char *path)
{
	struct stat status;
	int place = place_open(path, &status);

	if (place < 0)
		return errno == ENOENT ? 0 : -1;
	int result = protected_check_open(places, place);

	place_close(place);
	return result;
}
