/* SPDX-License-Identifier: MIT */
#include "setup/certs_reach.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { LINKS_MAX = 40, MOUNTED_READ_ONLY = 1 /* ST_RDONLY of statfs(2) */ };

struct walk {
	char done[PATH_MAX]; /* resolved so far, without a slash at its end; "" is the root */
	char rest[PATH_MAX]; /* still to go */
	unsigned links;
	bool entries_replaceable;     /* whatever has a name in `done` can be replaced */
	bool own_entries_replaceable; /* only what is the user's own: the sticky bit */
};

static bool
mounted_read_only(const char *path)
{
	struct statfs fs;

	return statfs(path, &fs) == 0 && (fs.f_flags & MOUNTED_READ_ONLY) != 0;
}

/* Raw: the C libraries disagree about which of two calls access(2) is. */
static bool
may_change(const char *path, const struct stat *status, uid_t uid)
{
	if (syscall(SYS_faccessat, AT_FDCWD, path, W_OK) == 0)
		return true;
	if (errno == EROFS || errno == EPERM)
		return false; /* EPERM: immutable, which takes a capability to change */
	if (errno != EACCES)
		return true;
	return status->st_uid == uid && !mounted_read_only(path);
}

/* Looks at what `done` names now; true if that is enough to say yes. */
static bool
look(struct walk *walk, uid_t uid, struct stat *status)
{
	const char *path = walk->done[0] != '\0' ? walk->done : "/";

	if (fstatat(AT_FDCWD, path, status, AT_SYMLINK_NOFOLLOW) != 0)
		return true;
	if (walk->entries_replaceable || (walk->own_entries_replaceable && status->st_uid == uid))
		return true;
	walk->entries_replaceable = false;
	walk->own_entries_replaceable = false;
	if (S_ISLNK(status->st_mode) || !may_change(path, status, uid))
		return false;
	if (!S_ISDIR(status->st_mode))
		return true;
	if ((status->st_mode & S_ISVTX) != 0 && status->st_uid != uid)
		walk->own_entries_replaceable = true;
	else
		walk->entries_replaceable = true;
	return false;
}

static void
step_up(struct walk *walk)
{
	char *slash = strrchr(walk->done, '/');

	if (slash != NULL)
		*slash = '\0';
}

/* Puts the target of the link that `done` names in front of `rest`. */
static bool
follow(struct walk *walk)
{
	char target[PATH_MAX];
	size_t rest = strlen(walk->rest);
	ssize_t length = readlinkat(AT_FDCWD, walk->done, target, sizeof(target));

	if (length <= 0 || ++walk->links > LINKS_MAX || (size_t)length + 1 + rest >= sizeof(target))
		return false;
	target[length] = '/';
	memcpy(target + length + 1, walk->rest, rest + 1);
	strcpy(walk->rest, target);
	if (target[0] == '/')
		walk->done[0] = '\0';
	else
		step_up(walk);
	return true;
}

/* Moves the next name from `rest` to `done`. False if it has no room there. */
static bool
advance(struct walk *walk, bool *moved)
{
	const char *name = walk->rest + strspn(walk->rest, "/");
	size_t length = strcspn(name, "/");
	size_t have = strlen(walk->done);

	*moved = false;
	if (length == 2 && name[0] == '.' && name[1] == '.') {
		step_up(walk);
		walk->entries_replaceable = false; /* the parent's name does not depend on it */
		walk->own_entries_replaceable = false;
		*moved = true;
	} else if (length > 0 && !(length == 1 && name[0] == '.')) {
		if (have + 1 + length >= sizeof(walk->done))
			return false;
		walk->done[have] = '/';
		memcpy(walk->done + have + 1, name, length);
		walk->done[have + 1 + length] = '\0';
		*moved = true;
	}
	memmove(walk->rest, name + length, strlen(name + length) + 1);
	return true;
}

bool
certs_reach_check(const char *path, uid_t uid)
{
	struct walk walk = {.links = 0};
	struct stat status;
	bool moved;

	if (strlen(path) >= sizeof(walk.rest))
		return true;
	strcpy(walk.rest, path);
	if (look(&walk, uid, &status))
		return true;
	while (walk.rest[strspn(walk.rest, "/")] != '\0') {
		if (!advance(&walk, &moved))
			return true;
		if (!moved)
			continue;
		if (look(&walk, uid, &status))
			return true;
		if (!S_ISLNK(status.st_mode))
			continue;
		if (!follow(&walk) || look(&walk, uid, &status))
			return true;
	}
	/* A directory that is the end of the path: what is in it is what counts. */
	return walk.entries_replaceable || walk.own_entries_replaceable;
}
