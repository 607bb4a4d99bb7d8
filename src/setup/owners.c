/* SPDX-License-Identifier: MIT */
#include "setup/owners.h"

#include "look.h"
#include "setup/owners_entry.h"
#include "setup/owners_walk.h"
#include "setup/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

int
owners_path_is_right(const char *path, uid_t user, gid_t group)
{
	struct stat status;
	int place = place_open(path, &status);

	if (place < 0)
		return -1;
	close(place);
	return status.st_uid == user && status.st_gid == group;
}

/* PATH is a directory: opens it for reading by way of the descriptor that was judged. */
static int
set_tree(const struct owners_request *request, int place, struct owners_counts *counts,
	 struct setup_failure *failure)
{
	int directory = owners_open_directory(place, ".", 0);

	if (directory < 0)
		return setup_failed(failure, "open", request->path);
	return owners_walk(request, directory, counts, failure);
}

int
owners_set(const struct owners_request *request, struct owners_counts *counts,
	   struct setup_failure *failure)
{
	struct stat status;
	int result = 0;

	*counts = (struct owners_counts){0};

	int place = place_open(request->path, &status);

	if (place < 0)
		return setup_failed(failure, "open", request->path);
	if (protected_check_open(request->protect, place) != 0) {
		result = setup_failed(failure, "give away", request->path);
	} else if (request->only_once && status.st_uid == request->user &&
		   status.st_gid == request->group) {
		counts->seen = counts->right = 1;
	} else if (S_ISDIR(status.st_mode)) {
		result = set_tree(request, place, counts, failure);
	} else if (owners_set_open(request, place, counts) < 0) {
		result = setup_failed(failure, "change the owner of", request->path);
	}

	look_close(place);
	return result;
}
