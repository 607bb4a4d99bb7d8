/* SPDX-License-Identifier: MIT */
#include "setup/directories.h"

#include "look.h"
#include "setup/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MODE_BITS = 07777, MODE_OF_NEW = 0755 };

/* The mode that the directory is to have, where it has `now`. */
static mode_t
wanted_mode(const struct directory_request *request, mode_t now, bool is_new)
{
	if (request->has_mode)
		return request->mode;
	return is_new ? MODE_OF_NEW : now & MODE_BITS;
}

/* The owner first: a mode that opens it is no use to anybody but the one it is meant for. */
static int
give(const struct directory_request *request, int directory, bool is_new, bool shared,
     struct setup_failure *failure)
{
	struct stat status;

	if (look_at(directory, &status) != 0)
		return setup_failed(failure, "look at", request->path);
	if (protected_check_open(request->protect, directory) != 0)
		return setup_failed(failure, "give away", request->path);
	/* Where others may put names, a third user's can have been moved there. */
	if (shared && status.st_uid != 0 && status.st_uid != request->user) {
		errno = EEXIST;
		return setup_failed(failure, "take over", request->path);
	}
	if ((status.st_uid != request->user || status.st_gid != request->group) &&
	    fchown(directory, request->user, request->group) != 0)
		return setup_failed(failure, "change the owner of", request->path);

	mode_t mode = wanted_mode(request, status.st_mode, is_new);

	if (mode != (status.st_mode & MODE_BITS) && fchmod(directory, mode) != 0)
		return setup_failed(failure, "change the mode of", request->path);
	return 0;
}

/* Whether nothing is to be done, which needs no power to open it. */
static bool
is_right(const struct directory_request *request, int place)
{
	struct stat status;

	return look_at(place, &status) == 0 && status.st_uid == request->user &&
	       status.st_gid == request->group &&
	       wanted_mode(request, status.st_mode, false) == (status.st_mode & MODE_BITS);
}

static int
make_in(const struct directory_request *request, struct path_walk *walk,
	struct setup_failure *failure)
{
	/* On a read-only file system this says EEXIST first, and an existing one may be right. */
	bool is_new = mkdirat(walk->directory, walk->name, 0700) == 0;

	if (!is_new && errno != EEXIST)
		return setup_failed(failure, "create", request->path);
	if (path_look(walk) != 0)
		return setup_failed(failure, "open", request->path);
	if (!S_ISDIR(walk->status.st_mode)) {
		errno = S_ISLNK(walk->status.st_mode) ? ELOOP : ENOTDIR;
		return setup_failed(failure, "open", request->path);
	}
	if (!is_new && is_right(request, walk->found))
		return 0;
	/* By way of what was judged, and before the owner changes, who may lock root out. */
	int directory = look_opened(openat(walk->found, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));

	if (directory < 0)
		return setup_failed(failure, "open", request->path);
	int result = give(request, directory, is_new, walk->shared, failure);

	look_close(directory);
	return result;
}

/*
 * umask(2) cannot fail, so that a kernel that only says it did would leave the service another one:
 * each is asked back, the first by a value that nobody has.
 */
static int
exchange_umask(mode_t wanted, mode_t *before)
{
	enum { NOBODYS = 0127 };

	*before = umask(NOBODYS);
	if (umask(wanted) == NOBODYS)
		return 0;
	errno = EPROTO;
	return -1;
}

/* Makes what is missing above, and goes to the directory that the new one will lie in. */
static int
go_to_parent(struct path_walk *walk, const char *path)
{
	mode_t before, ours;

	if (exchange_umask(022, &before))
		return -1;
	int result = path_to_parent(walk, path, PATH_CREATE);
	int error = errno;

	if (exchange_umask(before, &ours) == 0 && umask(before) == before && ours == 022) {
		errno = error;
		return result;
	}
	errno = EPROTO;
	return -1;
}

int
directory_make(const struct directory_request *request, struct setup_failure *failure)
{
	struct path_walk walk = {.directory = -1, .found = -1};
	int result = go_to_parent(&walk, request->path) != 0
			     ? setup_failed(failure, "reach", request->path)
			     : make_in(request, &walk, failure);

	path_end(&walk);
	return result;
}

int
directory_check(const struct directory_request *request)
{
	struct stat status;
	int place = place_open(request->path, &status);

	if (place < 0)
		return -1;
	close(place);
	if (!S_ISDIR(status.st_mode) || status.st_uid != request->user ||
	    status.st_gid != request->group ||
	    (request->has_mode && (status.st_mode & MODE_BITS) != request->mode)) {
		errno = EPERM;
		return -1;
	}
	return 0;
}
