/* SPDX-License-Identifier: MIT */
#include "setup/places.h"

#include "look.h"
#include "setup/protected.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
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
