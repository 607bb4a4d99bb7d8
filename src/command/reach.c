/* SPDX-License-Identifier: MIT */
#include "command/reach.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { LINKS_MOST = 40 }; /* path_resolution(7) */

/* Where the walk along a path stands. */
struct walk {
	char done[PATH_MAX]; /* no symbolic link is left in it */
	char rest[PATH_MAX]; /* still to go */
	char at[PATH_MAX];   /* what stopped it */
	unsigned links;
	size_t after_link; /* bytes at the end of `rest` that no symbolic link has put there */
};

int
reach_check(const char *path)
{
	if (faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0)
		return 0;
	/* Filters of older engines deny faccessat2(2), which they do not know. */
	return errno == EPERM ? access(path, X_OK) : -1;
}

static int
stop(struct walk *walk, const char *at, int error)
{
	size_t length = strnlen(at, sizeof(walk->at) - 1);

	if (length > 1 && at[length - 1] == '/')
		length--;
	memcpy(walk->at, at, length);
	walk->at[length] = '\0';
	return error;
}

/* Takes the next name off `rest`. Returns false at the end of the path. */
static bool
take_name(struct walk *walk, char name[static PATH_MAX])
{
	size_t start = strspn(walk->rest, "/");
	size_t length = strcspn(walk->rest + start, "/");

	memcpy(name, walk->rest + start, length);
	name[length] = '\0';
	memmove(walk->rest, walk->rest + start + length, strlen(walk->rest + start + length) + 1);
	return length > 0;
}

/* Whether the name that was taken last comes from a symbolic link, not from the path itself. */
static bool
is_in_link(const struct walk *walk)
{
	return walk->links > 0 && strlen(walk->rest) >= walk->after_link;
}

/* Puts the target of the link `path` before what is still to go. Returns 0 or an errno. */
static int
enter_link(struct walk *walk, const char *path)
{
	char target[PATH_MAX];
	bool was_in_link = is_in_link(walk);
	ssize_t length = readlink(path, target, sizeof(target) - 1);

	if (length < 0)
		return stop(walk, path, errno);
	if (++walk->links > LINKS_MOST)
		return stop(walk, path, ELOOP);
	if ((size_t)length + strlen(walk->rest) >= sizeof(walk->rest))
		return stop(walk, path, ENAMETOOLONG);
	if (!was_in_link)
		walk->after_link = strlen(walk->rest);
	memmove(walk->rest + length, walk->rest, strlen(walk->rest) + 1);
	memcpy(walk->rest, target, (size_t)length);
	if (target[0] == '/')
		memcpy(walk->done, "/", 2);
	return 0;
}

/* Goes one name further. Returns 0 or an errno. */
static int
enter_name(struct walk *walk, const char *name)
{
	char path[2 * PATH_MAX + 1];
	struct stat status;
	int length = snprintf(path, sizeof(path), "%s%s", walk->done, name);

	if (length < 0 || length >= PATH_MAX - 1)
		return stop(walk, name, ENAMETOOLONG);
	if (lstat(path, &status) != 0) {
		const char *directory = walk->done[0] != '\0' ? walk->done : ".";

		return stop(walk, errno == EACCES ? directory : path, errno);
	}
	if (S_ISLNK(status.st_mode))
		return enter_link(walk, path);
	if (walk->rest[0] == '/' && !S_ISDIR(status.st_mode))
		return stop(walk, path, ENOTDIR);
	memcpy(walk->done, path, (size_t)length + 1);
	if (walk->rest[0] == '/')
		memcpy(walk->done + length, "/", 2);
	return 0;
}

/* Resolves `path` as the kernel does, one name at a time. Returns 0, or the errno that ends it. */
static int
walk_path(struct walk *walk, const char *path)
{
	char name[PATH_MAX];
	int error = 0;

	memset(walk, 0, sizeof(*walk));
	if (strlen(path) >= sizeof(walk->rest))
		return stop(walk, path, ENAMETOOLONG);
	memcpy(walk->rest, path, strlen(path) + 1);
	if (path[0] == '/')
		memcpy(walk->done, "/", 2);
	for (;;) {
		if (!take_name(walk, name))
			return 0;
		error = strcmp(name, ".") == 0 ? 0 : enter_name(walk, name);
		if (error != 0)
			return error;
	}
}

static int
explain_missing(const struct walk *walk, struct refusal *reason)
{
	if (is_in_link(walk))
		refuse(reason,
		       "does not exist: a symbolic link leads to \"%.160s\", which is missing; copy what the link points at too",
		       walk->at);
	else if (walk->rest[0] != '\0')
		refuse(reason, "does not exist: there is no directory \"%.160s\"", walk->at);
	else
		refuse(reason, "does not exist");
	return 127;
}

static int
explain_unsearchable(const struct walk *walk, uid_t uid, struct refusal *reason)
{
	struct stat status;

	/* All directories above it were searched, so that only a filter can forbid to look at it.
	 */
	if (stat(walk->at, &status) != 0)
		return 0;
	refuse(reason,
	       "cannot be reached: uid %u may not search the directory \"%.160s\", whose mode is %04o and whose owner is %u:%u; chmod a+x the directory, or move the program",
	       (unsigned)uid, walk->at, (unsigned)status.st_mode & 07777, (unsigned)status.st_uid,
	       (unsigned)status.st_gid);
	return 126;
}

static const char *
name_type(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFCHR:
		return "a character device";
	case S_IFBLK:
		return "a block device";
	case S_IFIFO:
		return "a FIFO";
	case S_IFSOCK:
		return "a socket";
	default:
		return "no regular file";
	}
}

/* The path leads somewhere: what is there that cannot be executed? */
static int
explain_file(const char *path, uid_t uid, struct refusal *reason)
{
	struct stat status;
	struct statvfs mount;

	if (stat(path, &status) != 0)
		return 0;
	if (S_ISDIR(status.st_mode)) {
		refuse(reason, "is a directory; name the program in it");
		return 126;
	}
	if (!S_ISREG(status.st_mode)) {
		refuse(reason, "is %s; only a regular file can be executed",
		       name_type(status.st_mode));
		return 126;
	}
	if (statvfs(path, &mount) == 0 && (mount.f_flag & ST_NOEXEC) != 0) {
		refuse(reason,
		       "is on a file system mounted noexec; move it to another one, or mount this one without noexec");
		return 126;
	}
	if (reach_check(path) == 0 || errno != EACCES)
		return 0;
	if ((status.st_mode & 0111) == 0111)
		refuse(reason,
		       "may not be executed by uid %u although its mode is %04o: an access control list or a security module forbids it; see getfacl",
		       (unsigned)uid, (unsigned)status.st_mode & 07777);
	else
		refuse(reason,
		       "may not be executed by uid %u: its mode is %04o and its owner %u:%u; chmod a+rx it, or COPY --chmod=0755 in the Dockerfile",
		       (unsigned)uid, (unsigned)status.st_mode & 07777, (unsigned)status.st_uid,
		       (unsigned)status.st_gid);
	return 126;
}

int
reach_explain(const char *path, uid_t uid, struct refusal *reason)
{
	struct walk walk;

	switch (walk_path(&walk, path)) {
	case 0:
		return explain_file(path, uid, reason);
	case ENOENT:
		return explain_missing(&walk, reason);
	case EACCES:
		return explain_unsearchable(&walk, uid, reason);
	case ENOTDIR:
		refuse(reason, "does not exist: \"%.160s\" is not a directory; correct the path",
		       walk.at);
		return 127;
	case ELOOP:
		refuse(reason,
		       "cannot be reached: the symbolic link \"%.160s\" is one of too many, or leads back to itself; correct the links",
		       walk.at);
		return 126;
	case ENAMETOOLONG:
		refuse(reason,
		       "cannot be reached: its path, or a name in it, is too long (%u and 255 bytes are the most); shorten it",
		       (unsigned)PATH_MAX - 1);
		return 126;
	default:
		/* A filter that forbids looking must not be taken for the reason. */
		return 0;
	}
}
