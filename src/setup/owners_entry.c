/* SPDX-License-Identifier: MIT */
#include "setup/owners_entry.h"

#include "look.h"
#include "setup/owners.h"
#include "setup/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

int
owners_open_directory(int directory, const char *name, unsigned long long resolve)
{
	int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK;
	int opened = place_openat2(directory, name, flags | O_NOATIME, resolve);

	/* O_NOATIME is for the owner and CAP_FOWNER alone. */
	if (opened < 0 && errno == EPERM)
		opened = place_openat2(directory, name, flags, resolve);
	return opened;
}

bool
owners_is_right(const struct owners_request *request, const struct stat *status)
{
	return status->st_uid == request->user && status->st_gid == request->group;
}

/* chown(2): a set-group-ID bit without the group's execute bit stays, it means something else. */
static bool
has_set_id(const struct stat *status)
{
	return (status->st_mode & S_ISUID) ||
	       (status->st_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP);
}

static bool
is_device(const struct stat *status)
{
	return S_ISCHR(status->st_mode) || S_ISBLK(status->st_mode);
}

bool
owners_is_left_alone(const struct stat *status)
{
	return is_device(status) || (!S_ISDIR(status->st_mode) && status->st_nlink > 1);
}

/* Counts what is to be left as it is. Returns whether it was that. */
static bool
leave_alone(const struct owners_request *request, const struct stat *status,
	    struct owners_counts *counts)
{
	if (owners_is_right(request, status))
		counts->right++;
	else if (!owners_is_left_alone(status))
		return false;
	else if (is_device(status))
		counts->devices++;
	else
		counts->links++;
	counts->seen++;
	return true;
}

int
owners_set_open(const struct owners_request *request, int descriptor, struct owners_counts *counts)
{
	struct stat status;

	if (look_at(descriptor, &status) != 0)
		return -1;
	if (S_ISDIR(status.st_mode))
		return OWNERS_DIRECTORY;
	if (leave_alone(request, &status, counts))
		return OWNERS_DONE;
	if (fchownat(descriptor, "", request->user, request->group, AT_EMPTY_PATH) != 0)
		return -1;
	counts->changed++;
	counts->seen++;
	if (has_set_id(&status))
		counts->set_id++;
	return OWNERS_DONE;
}
