/* SPDX-License-Identifier: MIT */
#include "setup/directories.h"

#include "look.h"
#include "setup/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
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
give(const struct directory_request *request, int directory, bool is_new,
     struct setup_failure *failure)
{
	struct stat status;

	if (look_at(directory, &status) != 0)
		return setup_failed(failure, "look at", request->path);
	if (protected_check_open(request->protect, directory) != 0)
		return setup_failed(failure, "give away", request->path);
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
make_in(const struct directory_request *request, int parent, const char *name,
	struct setup_failure *failure)
{
	/* On a read-only file system this says EEXIST first, and an existing one may be right. */
	bool is_new = mkdirat(parent, name, 0700) == 0;

	if (!is_new && errno != EEXIST)
		return setup_failed(failure, "create", request->path);

	/* Not O_NOFOLLOW, which would call a link ENOTDIR. */
	int place = place_openat2(parent, name, O_PATH | O_DIRECTORY, RESOLVE_NO_SYMLINKS);

	if (place < 0)
		return setup_failed(failure, "open", request->path);
	int directory = -1;
	int result = 0;

	if (is_new || !is_right(request, place)) {
		/* By way of what was judged, and before the owner changes, who may lock root out.
		 */
		directory = place_openat2(place, ".", O_RDONLY | O_DIRECTORY, 0);
		result = directory < 0 ? setup_failed(failure, "open", request->path)
				       : give(request, directory, is_new, failure);
	}
	int error = errno;

	if (directory >= 0)
		close(directory);
	close(place);
	errno = error;
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

/* Makes what is missing above, and opens the directory that the new one will lie in. */
static int
open_parent(const char *path, char last[static PLACE_NAME_SIZE])
{
	mode_t before, ours;

	if (exchange_umask(022, &before))
		return -1;
	int parent = place_open_parent(path, true, last);
	int error = errno;

	if (exchange_umask(before, &ours) == 0 && umask(before) == before && ours == 022) {
		errno = error;
		return parent;
	}
	if (parent >= 0)
		close(parent);
	errno = EPROTO;
	return -1;
}

int
directory_make(const struct directory_request *request, struct setup_failure *failure)
{
	char last[PLACE_NAME_SIZE];
	int parent = open_parent(request->path, last);

	if (parent < 0)
		return setup_failed(failure, "reach", request->path);
	int result = make_in(request, parent, last, failure);
	int error = errno;

	close(parent);
	errno = error;
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
