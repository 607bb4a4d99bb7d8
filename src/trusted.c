/* SPDX-License-Identifier: MIT */
#include "trusted.h"

#include "look.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

static int
judge_one(const char *path, const char *what, const struct stat *status, struct refusal *why)
{
	if (status->st_uid != 0)
		return refuse(why, "%s%s belongs to uid %u, who could change it; chown it to root",
			      what, path, status->st_uid);
	if (status->st_mode & (S_IWGRP | S_IWOTH))
		return refuse(why,
			      "%s%s can be written by others than root (mode %04o); chmod it to %s",
			      what, path, status->st_mode & 07777,
			      S_ISDIR(status->st_mode) ? "0755" : "0644");
	return 0;
}

int
trusted_judge(const char *path, const struct stat *file, const struct stat *directory,
	      struct refusal *why)
{
	if (!S_ISREG(file->st_mode))
		return refuse(why, "%s is not a regular file; name one", path);
	return judge_one(path, "", file, why) ||
			       judge_one(path, "the directory of ", directory, why)
		       ? -1
		       : 0;
}

static int
refuse_open(const char *path, struct refusal *why)
{
	if (errno == ELOOP)
		return refuse(why, "%s is a symbolic link; name the file itself", path);
	return refuse(why, "cannot open %.160s: %s; is it in the image?", path, strerror(errno));
}

/* Opens the directory of `path`, and says where the last name begins. */
static int
open_directory(const char *path, const char **last, struct refusal *why)
{
	char directory[PATH_MAX];
	const char *slash = strrchr(path, '/');
	size_t length = slash ? (size_t)(slash - path) : 0;

	if (path[0] != '/' || !slash[1] || length >= sizeof(directory))
		return refuse(why, "%s is not the absolute path of a file", path);
	memcpy(directory, path, length);
	strcpy(directory + length, length ? "" : "/");
	*last = slash + 1;
	int opened = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);

	return opened < 0 ? refuse_open(path, why) : opened;
}

static int
read_judged(const char *path, int file, char *buffer, size_t size, size_t *length,
	    struct refusal *why)
{
	*length = 0;
	for (;;) {
		ssize_t got = read(file, buffer + *length, size - *length);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return refuse(why, "cannot read %s: %s", path, strerror(errno));
		*length += (size_t)got;
		if (got == 0)
			return 0;
		if (*length == size)
			return refuse(why, "%s has %zu bytes or more; it is not what it should be",
				      path, size);
	}
}

int
trusted_read(const char *path, char *buffer, size_t size, size_t *length, struct refusal *why)
{
	struct stat status[2];
	const char *last;
	int directory = open_directory(path, &last, why);

	if (directory < 0)
		return -1;
	int file =
		openat(directory, last, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	int result = file < 0 ? refuse_open(path, why) : 0;

	if (!result && (look_at(file, &status[0]) || look_at(directory, &status[1])))
		result = refuse(why, "cannot look at %s: %s", path, strerror(errno));
	if (!result)
		result = trusted_judge(path, &status[0], &status[1], why);
	if (!result)
		result = read_judged(path, file, buffer, size, length, why);
	if (file >= 0)
		close(file);
	close(directory);
	return result;
}
