/* SPDX-License-Identifier: MIT */
#include "setup/paths.h"

#include "look.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { AGAIN_MOST = 64 };

/* What is left of a path that is being resolved, and the directory it is relative to. */
struct way {
	int directory;
	int links;
	bool create;
	struct protected_places *passed; /* where every directory on the way is noted, or NULL */
	char rest[PATH_MAX];
};

void
place_close(int descriptor)
{
	int error = errno;

	if (descriptor >= 0)
		close(descriptor);
	errno = error;
}

int
place_openat2(int directory, const char *name, int flags, unsigned long long resolve)
{
	struct open_how how = {
		.flags = (unsigned long long)(unsigned)(flags | O_CLOEXEC),
		.resolve = resolve,
	};
	long opened = -1;

	for (int attempt = 0; attempt < AGAIN_MOST; attempt++) {
		opened = syscall(SYS_openat2, directory, name, &how, sizeof(how));
		if (opened >= 0 || (errno != EAGAIN && errno != EINTR))
			break;
	}
	/* The standard streams are open: who was given one of them would close it. */
	if (opened >= 0 && opened <= STDERR_FILENO) {
		errno = EPROTO;
		return -1;
	}
	return (int)opened;
}

int
setup_failed(struct setup_failure *failure, const char *what, const char *path)
{
	int error = errno;
	size_t length = strlen(path);

	failure->what = what;
	if (length < sizeof(failure->path)) {
		memcpy(failure->path, path, length + 1);
	} else {
		memcpy(failure->path, path, sizeof(failure->path) - 5);
		memcpy(failure->path + sizeof(failure->path) - 5, "/...", 5);
	}
	errno = error;
	return -1;
}

/*
 * A link that root alone can have put where it is. Only the owner would not do: in a directory of
 * another user root's links can be renamed, and without fs.protected_hardlinks be given new names.
 */
static bool
link_is_roots(int directory, const struct stat *link)
{
	struct stat holder;

	if (link->st_uid != 0 || link->st_nlink != 1 || look_at(directory, &holder) != 0)
		return false;
	if (holder.st_uid != 0)
		return false;
	return !(holder.st_mode & (S_IWGRP | S_IWOTH)) || (holder.st_mode & S_ISVTX);
}

/* Makes `descriptor` the directory of `way`, which owns it from now on, also where this fails. */
static int
way_enter(struct way *way, int descriptor)
{
	if (way->directory >= 0)
		close(way->directory);
	way->directory = descriptor;
	return way->passed ? protected_add_open(way->passed, descriptor) : 0;
}

/* Puts the target of the link that `link` has open before what is left of the way. */
static int
way_splice(struct way *way, int link, const char *after)
{
	char target[PATH_MAX];
	ssize_t got = readlinkat(link, "", target, sizeof(target));

	if (got < 0)
		return -1;
	size_t length = (size_t)got;
	size_t left = strlen(after) + 1;

	if (length == 0) {
		errno = ENOENT;
		return -1;
	}
	if (length + 1 + left > sizeof(way->rest)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memmove(way->rest + length + 1, after, left);
	memcpy(way->rest, target, length);
	way->rest[length] = left == 1 ? '\0' : '/';
	if (target[0] == '/') {
		int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

		if (root < 0)
			return -1;
		return way_enter(way, root);
	}
	return 0;
}

static int
way_open_component(const struct way *way, const char *name)
{
	int found = openat(way->directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	if (found >= 0 || errno != ENOENT || !way->create)
		return found;
	if (mkdirat(way->directory, name, 0755) != 0 && errno != EEXIST)
		return -1;
	return openat(way->directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
}

/* Goes through one component that is not the last; `after` is what stands behind it. */
static int
way_step(struct way *way, const char *name, const char *after)
{
	struct stat status;
	int found = way_open_component(way, name);

	if (found < 0)
		return -1;
	if (look_at(found, &status) != 0)
		goto failed;
	if (S_ISDIR(status.st_mode)) {
		memmove(way->rest, after, strlen(after) + 1);
		return way_enter(way, found);
	}
	if (!S_ISLNK(status.st_mode)) {
		errno = ENOTDIR;
		goto failed;
	}
	if (++way->links > PLACE_LINKS_MOST || !link_is_roots(way->directory, &status)) {
		errno = ELOOP;
		goto failed;
	}
	if (way_splice(way, found, after) != 0)
		goto failed;
	close(found);
	return 0;
failed:
	place_close(found);
	return -1;
}

/* Walks `way` until one component is left, which is copied to `last`. */
static int
way_walk(struct way *way, char last[static PLACE_NAME_SIZE])
{
	for (;;) {
		const char *start = way->rest + strspn(way->rest, "/");
		size_t length = strcspn(start, "/");
		const char *after = start + length + strspn(start + length, "/");
		char name[PLACE_NAME_SIZE];

		if (length >= sizeof(name)) {
			errno = ENAMETOOLONG;
			return -1;
		}
		memcpy(name, start, length);
		name[length] = '\0';
		if (*after == '\0') {
			if (length == 0 || strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
				errno = EINVAL;
				return -1;
			}
			memcpy(last, name, length + 1);
			return 0;
		}
		if (way_step(way, name, after) != 0)
			return -1;
	}
}

static int
way_open_parent(struct way *way, const char *path, char last[static PLACE_NAME_SIZE])
{
	size_t length = strlen(path);

	if (length >= sizeof(way->rest)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(way->rest, path, length + 1);
	way->directory = -1;

	int start = open(path[0] == '/' ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (start < 0)
		return -1;
	if (way_enter(way, start) != 0 || way_walk(way, last) != 0) {
		place_close(way->directory);
		return -1;
	}
	return way->directory;
}

int
place_open_parent(const char *path, bool create, char last[static PLACE_NAME_SIZE])
{
	struct way way = {.create = create};

	if (path[0] != '/') {
		errno = EINVAL;
		return -1;
	}
	return way_open_parent(&way, path, last);
}

int
place_open_parent_noting(const char *path, struct protected_places *passed,
			 char last[static PLACE_NAME_SIZE])
{
	struct way way = {.passed = passed};

	return way_open_parent(&way, path, last);
}

int
place_open(const char *path, struct stat *status)
{
	char last[PLACE_NAME_SIZE];
	int parent = place_open_parent(path, false, last);

	if (parent < 0)
		return -1;
	int found = openat(parent, last, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	place_close(parent);
	if (found < 0)
		return -1;
	if (look_at(found, status) != 0)
		goto failed;
	if (S_ISLNK(status->st_mode)) {
		errno = ELOOP;
		goto failed;
	}
	return found;
failed:
	place_close(found);
	return -1;
}

/* Opens the last component, or what it leads to where it is a link of root's own. */
static int
way_open_last(struct way *way, char last[static PLACE_NAME_SIZE], struct stat *status)
{
	for (;;) {
		int found = openat(way->directory, last, O_PATH | O_NOFOLLOW | O_CLOEXEC);

		if (found < 0)
			return -1;
		if (fstat(found, status) != 0)
			goto failed;
		if (!S_ISLNK(status->st_mode))
			return found;
		if (++way->links > PLACE_LINKS_MOST || !link_is_roots(way->directory, status)) {
			errno = ELOOP;
			goto failed;
		}
		if (way_splice(way, found, "") != 0)
			goto failed;
		close(found);
		if (way_walk(way, last) != 0)
			return -1;
		continue;
	failed:
		place_close(found);
		return -1;
	}
}

int
place_open_following(const char *path, struct stat *status)
{
	char last[PLACE_NAME_SIZE];
	struct way way = {.create = false};

	if (path[0] != '/') {
		errno = EINVAL;
		return -1;
	}
	if (path[strspn(path, "/")] == '\0') {
		int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

		return root < 0 || fstat(root, status) == 0 ? root : -1;
	}
	if (way_open_parent(&way, path, last) < 0)
		return -1;

	int found = way_open_last(&way, last, status);

	if (found >= 0 && path[strlen(path) - 1] == '/' && !S_ISDIR(status->st_mode)) {
		close(found);
		errno = ENOTDIR;
		found = -1;
	}
	place_close(way.directory);
	return found;
}

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

int
file_open_regular(int directory, const char *name, unsigned long long resolve)
{
	struct stat looked, opened;
	int nofollow = resolve & RESOLVE_NO_SYMLINKS ? O_NOFOLLOW : 0;
	int look = place_openat2(directory, name, O_PATH | nofollow, resolve);

	if (look < 0)
		return -1;
	int failed = look_at(look, &looked);

	place_close(look);
	if (failed)
		return -1;
	if (!S_ISREG(looked.st_mode)) {
		errno = S_ISLNK(looked.st_mode) ? ELOOP : EBADF;
		return -1;
	}
	/* O_NONBLOCK for the FIFO that somebody puts there now; the look keeps devices out. */
	int file = place_openat2(directory, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | nofollow,
				 resolve);

	if (file < 0)
		return -1;
	if (look_at(file, &opened) != 0) {
		place_close(file);
		return -1;
	}
	if (!S_ISREG(opened.st_mode) || opened.st_dev != looked.st_dev ||
	    opened.st_ino != looked.st_ino) {
		close(file);
		errno = ESTALE;
		return -1;
	}
	return file;
}

int
file_read_whole(int descriptor, size_t most, char **bytes, size_t *length)
{
	struct stat status;
	size_t used = 0;
	size_t size = most < 4096 ? most + 2 : 4096;
	char *buffer = malloc(size);

	while (buffer) {
		ssize_t got = read(descriptor, buffer + used, size - 1 - used);

		/* Without a handler for any signal there is no EINTR to go on after. */
		if (got < 0)
			break;
		if (got == 0) {
			if (look_at(descriptor, &status) != 0)
				break;
			/* Some file systems do not know the size; where it is known, it counts. */
			if ((off_t)used < status.st_size) {
				errno = ESTALE;
				break;
			}
			buffer[used] = '\0';
			*bytes = buffer;
			*length = used;
			return 0;
		}
		used += (size_t)got;
		if (used > most) {
			errno = EFBIG;
			break;
		}
		if (used < size - 1)
			continue;
		size = size * 2 < most + 2 ? size * 2 : most + 2;
		char *larger = realloc(buffer, size);

		if (!larger)
			break;
		buffer = larger;
	}
	int error = errno;

	free(buffer);
	errno = error;
	return -1;
}

static int
unlink_keeping_errno(int directory, const char *name)
{
	int error = errno;

	unlinkat(directory, name, 0);
	errno = error;
	return -1;
}

int
file_replace_link(int directory, const char *name, const char *temporary, const char *target)
{
	char now[PATH_MAX];
	ssize_t length = readlinkat(directory, name, now, sizeof(now));

	if (length >= 0 && (size_t)length == strlen(target) &&
	    memcmp(now, target, (size_t)length) == 0)
		return 0;
	if (symlinkat(target, directory, temporary) != 0) {
		if (errno != EEXIST || unlinkat(directory, temporary, 0) != 0 ||
		    symlinkat(target, directory, temporary) != 0)
			return -1;
	}
	if (renameat(directory, temporary, directory, name) != 0)
		return unlink_keeping_errno(directory, temporary);
	return 0;
}

bool
file_holds(int directory, const char *name, const char *bytes, size_t length)
{
	char *now;
	size_t now_length;
	int file = file_open_regular(directory, name, RESOLVE_NO_SYMLINKS);

	if (file < 0)
		return false;
	int failed = file_read_whole(file, length, &now, &now_length);

	close(file);
	if (failed)
		return false;
	bool same = now_length == length && memcmp(now, bytes, length) == 0;

	free(now);
	return same;
}

static int
write_whole(int file, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t wrote = write(file, bytes, length);

		if (wrote <= 0)
			return -1;
		bytes += wrote;
		length -= (size_t)wrote;
	}
	return 0;
}

int
file_replace(int directory, const char *name, const char *temporary, const char *bytes,
	     size_t length, mode_t mode)
{
	int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;

	if (file_holds(directory, name, bytes, length))
		return 0;
	int file = openat(directory, temporary, flags, mode);

	if (file < 0 && errno == EEXIST && unlinkat(directory, temporary, 0) == 0)
		file = openat(directory, temporary, flags, mode);
	if (file < 0)
		return -1;
	/* fchmod, since the umask may take bits away; fsync, since a rename may be kept without the
	 * bytes. */
	if (write_whole(file, bytes, length) != 0 || fchmod(file, mode) != 0 || fsync(file) != 0) {
		place_close(file);
		return unlink_keeping_errno(directory, temporary);
	}
	if (close(file) != 0 || renameat(directory, temporary, directory, name) != 0)
		return unlink_keeping_errno(directory, temporary);
	return 0;
}
