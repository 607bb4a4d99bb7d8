/* SPDX-License-Identifier: MIT */
#include "setup/timezone.h"

#include "look.h"
#include "setup/paths.h"
#include "setup/zone.h"
#include "value.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define LINK "localtime"
#define LINK_TEMPORARY ".localtime.stepdown"
#define NAME "timezone"
#define NAME_TEMPORARY ".timezone.stepdown"

static int
open_directory(const char *path)
{
	return look_opened(open(path, O_PATH | O_DIRECTORY | O_CLOEXEC));
}

/* Reads the head of an open zone file. */
static int
judge(int file)
{
	unsigned char head[ZONE_HEAD_SIZE];
	struct stat status;
	ssize_t got = pread(file, head, sizeof(head), 0);

	if (got < 0 || look_at(file, &status) != 0)
		return -1;
	return zone_head_is_valid(head, (size_t)got, (unsigned long long)status.st_size)
		       ? TIMEZONE_GOOD
		       : TIMEZONE_BAD;
}

void
timezone_meant(const char *directory, const char *name, char meant[static ZONE_TEXT_SIZE])
{
	struct value_meant nearest = {.name = NULL};
	const char *slash = strrchr(name, '/');
	const char *last = slash ? slash + 1 : name;
	const struct dirent *entry;
	char path[PATH_MAX];

	meant[0] = '\0';
	snprintf(path, sizeof(path), "%s/%.*s", directory, (int)(last - name), name);
	DIR *zones = opendir(path);

	while (zones && (entry = readdir(zones))) {
		value_compare(&nearest, last, strlen(last), entry->d_name);
		if (nearest.name != entry->d_name)
			continue;
		nearest.name = snprintf(meant, ZONE_TEXT_SIZE, "%.*s%s", (int)(last - name), name,
					entry->d_name) < ZONE_TEXT_SIZE
				       ? meant
				       : NULL;
	}
	if (!nearest.name)
		meant[0] = '\0';
	if (zones)
		closedir(zones);
}

int
timezone_find(const char *directory, const char *name)
{
	int zones = open_directory(directory);

	if (zones < 0)
		return errno == ENOENT || errno == ENOTDIR ? TIMEZONE_NO_DATA : -1;
	close(zones);
	int file = path_open_below(directory, name);

	if (file < 0) {
		switch (errno) {
		case ENOENT:
		case ENOTDIR:
			return TIMEZONE_UNKNOWN;
		case EBADF: /* a directory such as Europe, a FIFO, a device */
		case EXDEV: /* a link that leads out */
		case ELOOP:
		case EMLINK:
			return TIMEZONE_BAD;
		default:
			return -1;
		}
	}
	int found = judge(file);

	look_close(file);
	return found;
}

/*
 * Whether a rename onto `name` would work. Onto a mount it would fail with EBUSY; asked beforehand,
 * the kernel says that with EXDEV.
 */
static int
look_at_target(int directory, const char *name)
{
	struct stat status;
	int found = place_openat2(directory, name, O_PATH | O_NOFOLLOW,
				  RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS);

	if (found < 0) {
		if (errno == EXDEV)
			errno = EBUSY;
		return errno == ENOENT ? 0 : -1;
	}
	int result = look_at(found, &status);

	if (result == 0 && S_ISDIR(status.st_mode)) {
		errno = EISDIR;
		result = -1;
	}
	look_close(found);
	return result;
}

static int
can_replace(const char *etc, const char *name)
{
	struct statvfs system;
	int directory = open_directory(etc);

	if (directory < 0)
		return -1;
	int result = fstatvfs(directory, &system);

	if (result == 0 && (system.f_flag & ST_RDONLY)) {
		errno = EROFS;
		result = -1;
	}
	if (result == 0)
		result = faccessat(directory, ".", W_OK | X_OK, 0);
	if (result == 0)
		result = look_at_target(directory, name);
	look_close(directory);
	return result;
}

int
timezone_can_link(const char *etc)
{
	return can_replace(etc, LINK);
}

int
timezone_can_write_name(const char *etc)
{
	return can_replace(etc, NAME);
}

/* The path that localtime is to lead to. Returns its length, or -1 with errno. */
static int
link_target(char target[static PATH_MAX], const char *directory, const char *name)
{
	int length = snprintf(target, PATH_MAX, "%s/%s", directory, name);

	if (length < 0 || length >= PATH_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return length;
}

int
timezone_link(const char *etc, const char *directory, const char *name)
{
	char target[PATH_MAX];

	if (link_target(target, directory, name) < 0)
		return -1;
	int place = open_directory(etc);

	if (place < 0)
		return -1;
	int result = file_replace_link(place, LINK, LINK_TEMPORARY, target);

	look_close(place);
	return result;
}

/* What timezone is to hold. Returns its length, or -1 with errno. */
static int
name_line(char line[static ZONE_TEXT_SIZE + 1], const char *name)
{
	int length = snprintf(line, ZONE_TEXT_SIZE + 1, "%s\n", name);

	if (length >= 0 && length <= ZONE_TEXT_SIZE)
		return length;
	errno = ENAMETOOLONG;
	return -1;
}

int
timezone_write_name(const char *etc, const char *name)
{
	char line[ZONE_TEXT_SIZE + 1];
	int length = name_line(line, name);
	int place = length < 0 ? -1 : open_directory(etc);

	if (place < 0)
		return -1;
	int result = file_replace(place, NAME, NAME_TEMPORARY, line, (size_t)length, 0644);

	look_close(place);
	return result;
}

int
timezone_check(const char *etc, const char *directory, const char *name)
{
	char target[PATH_MAX], now[PATH_MAX];
	int length = link_target(target, directory, name);
	int place = length < 0 ? -1 : open_directory(etc);

	if (place < 0)
		return -1;
	ssize_t got = readlinkat(place, LINK, now, sizeof(now));

	look_close(place);
	if (got < 0 && errno != EINVAL)
		return -1;
	if (got != length || memcmp(now, target, (size_t)length) != 0) {
		errno = EPERM;
		return -1;
	}
	return 0;
}

int
timezone_check_name(const char *etc, const char *name)
{
	char line[ZONE_TEXT_SIZE + 1];
	int length = name_line(line, name);
	int place = length < 0 ? -1 : open_directory(etc);

	if (place < 0)
		return -1;
	bool holds = file_holds(place, NAME, line, (size_t)length);

	close(place);
	errno = EPERM;
	return holds ? 0 : -1;
}

/* Whether two files have the same bytes. Returns 0, or -1 with errno: EPERM they have not. */
static int
compare(int one, int two)
{
	char *bytes[2] = {NULL, NULL};
	size_t length[2];
	int result = -1;

	if (file_read_whole(one, ZONE_FILE_MOST, &bytes[0], &length[0]) == 0 &&
	    file_read_whole(two, ZONE_FILE_MOST, &bytes[1], &length[1]) == 0) {
		errno = EPERM;
		if (length[0] == length[1] && memcmp(bytes[0], bytes[1], length[0]) == 0)
			result = 0;
	}
	int error = errno;

	free(bytes[0]);
	free(bytes[1]);
	errno = error;
	return result;
}

int
timezone_shows(const char *etc, const char *directory, const char *name)
{
	if (timezone_check(etc, directory, name) == 0)
		return 0;
	int place = open_directory(etc);
	int now = place < 0 ? -1 : file_open_regular(place, LINK);
	int zone = now < 0 ? -1 : path_open_below(directory, name);
	int result = zone < 0 ? -1 : compare(now, zone);

	look_close(place);
	look_close(now);
	look_close(zone);
	return result;
}
