/* SPDX-License-Identifier: MIT */
#include "setup/certs_reach.h"

#include "look.h"
#include "setup/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MOUNTED_READ_ONLY = 1 /* ST_RDONLY of statfs(2) */ };

/* What can be done in the directory where the walk stands. */
struct reach {
	struct path_walk walk;
	uid_t uid;
	bool entries; /* whatever has a name in it can be replaced */
	bool own;     /* only what is the user's own: the sticky bit */
};

/* Raw: the C libraries disagree about which of two calls access(2) is. */
static bool
may_change(int directory, const char *name, int itself, const struct stat *status, uid_t uid)
{
	struct statfs fs;

	if (syscall(SYS_faccessat, directory, name, W_OK) == 0)
		return true;
	if (errno == EROFS || errno == EPERM)
		return false; /* EPERM: immutable, which takes a capability to change */
	if (errno != EACCES)
		return true;
	return status->st_uid == uid &&
	       !(fstatfs(itself, &fs) == 0 && (fs.f_flags & MOUNTED_READ_ONLY));
}

/* False if it cannot be looked at. */
static bool
look_round(struct reach *reach)
{
	struct stat status;
	bool sticky;

	if (look_at(reach->walk.directory, &status) != 0)
		return false;
	sticky = (status.st_mode & S_ISVTX) && status.st_uid != reach->uid;
	reach->entries =
		may_change(reach->walk.directory, ".", reach->walk.directory, &status, reach->uid);
	reach->own = reach->entries && sticky;
	reach->entries = reach->entries && !sticky;
	return true;
}

/* Takes one name; true if that is enough to say yes. */
static bool
step(struct reach *reach)
{
	struct path_walk *walk = &reach->walk;
	const struct stat *status = &walk->status;

	if (path_look(walk) != 0)
		return true;
	/* A parent's name does not depend on what lies in it. */
	if (strcmp(walk->name, ".") != 0 && strcmp(walk->name, "..") != 0 &&
	    (reach->entries || (reach->own && status->st_uid == reach->uid)))
		return true;
	if (S_ISLNK(status->st_mode))
		return path_follow(walk) != 0 || !look_round(reach);
	if (S_ISDIR(status->st_mode))
		return path_enter(walk) != 0 || !look_round(reach);
	reach->entries = reach->own = false;
	return walk->rest[0] == '/' ||
	       may_change(walk->directory, walk->name, walk->found, status, reach->uid);
}

bool
certs_reach_check(const char *path, unsigned how, uid_t uid)
{
	struct reach reach = {.uid = uid};
	bool yes = path_begin(&reach.walk, path, how) != 0 || !look_round(&reach);
	int more = 0;

	while (!yes && (more = path_take(&reach.walk)) > 0)
		yes = step(&reach);
	path_end(&reach.walk);
	/* A directory that is the end of the path: what is in it is what counts. */
	return yes || more < 0 || reach.entries || reach.own;
}
