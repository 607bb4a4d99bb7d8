/* SPDX-License-Identifier: MIT */
#include "command/reach.h"

#include "setup/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* A walk along a path, and what stopped it. */
struct stopped {
	struct path_walk walk;
	size_t after_link; /* bytes at the end of the path that no symbolic link has put there */
	bool in_link; /* the name that was taken last comes from one, not from the path itself */
	char at[PATH_MAX + NAME_MAX + 1];
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
step(struct stopped *stopped)
{
	struct path_walk *walk = &stopped->walk;
	size_t left = strlen(walk->rest);

	stopped->in_link = walk->links > 0 && left >= stopped->after_link;
	if (path_look(walk) != 0)
		return -1;
	if (S_ISLNK(walk->status.st_mode) && !stopped->in_link)
		stopped->after_link = left;
	if (S_ISLNK(walk->status.st_mode))
		return path_follow(walk);
	if (S_ISDIR(walk->status.st_mode))
		return path_enter(walk);
	errno = ENOTDIR;
	return walk->rest[0] == '/' ? -1 : 0;
}

/* Resolves `path` as the kernel does, one name at a time. Returns 0, or the errno that ends it. */
static int
walk_path(struct stopped *stopped, const char *path)
{
	struct path_walk *walk = &stopped->walk;
	int result = path_begin(walk, path, 0);

	while (result == 0 && (result = path_take(walk)) > 0)
		result = step(stopped);
	int error = result == 0 ? 0 : errno;
	size_t length = strlen(walk->done);

	if (error == EACCES)
		snprintf(stopped->at, sizeof(stopped->at), "%.*s",
			 (int)(length > 1 ? length - 1 : 1), length ? walk->done : ".");
	else
		snprintf(stopped->at, sizeof(stopped->at), "%s%s", walk->done, walk->name);
	path_end(walk);
	return error;
}

static int
explain_missing(const struct stopped *stopped, struct refusal *reason)
{
	if (stopped->in_link)
		refuse(reason,
		       "does not exist: a symbolic link leads to \"%.160s\", which is missing; copy what the link points at too",
		       stopped->at);
	else if (stopped->walk.rest[0] != '\0')
		refuse(reason, "does not exist: there is no directory \"%.160s\"", stopped->at);
	else
		refuse(reason, "does not exist");
	return 127;
}

static int
explain_unsearchable(const struct stopped *stopped, uid_t uid, struct refusal *reason)
{
	struct stat status;

	/* All directories above it were searched, so that only a filter can forbid to look at it.
	 */
	if (stat(stopped->at, &status) != 0)
		return 0;
	refuse(reason,
	       "cannot be reached: uid %u may not search the directory \"%.160s\", whose mode is %04o and whose owner is %u:%u; chmod a+x the directory, or move the program",
	       (unsigned)uid, stopped->at, (unsigned)status.st_mode & 07777,
	       (unsigned)status.st_uid, (unsigned)status.st_gid);
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
	struct stopped stopped = {.after_link = 0};

	switch (walk_path(&stopped, path)) {
	case 0:
		return explain_file(path, uid, reason);
	case ENOENT:
		return explain_missing(&stopped, reason);
	case EACCES:
		return explain_unsearchable(&stopped, uid, reason);
	case ENOTDIR:
		refuse(reason, "does not exist: \"%.160s\" is not a directory; correct the path",
		       stopped.at);
		return 127;
	case ELOOP:
		refuse(reason,
		       "cannot be reached: the symbolic link \"%.160s\" is one of too many, or leads back to itself; correct the links",
		       stopped.at);
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
