/* SPDX-License-Identifier: MIT */
#include "setup/files.h"

#include "look.h"
#include "setup/places.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int
file_open_regular(int directory, const char *name, unsigned long long resolve)
{
	struct stat looked, opened;
	int nofollow = resolve & RESOLVE_NO_SYMLINKS ? O_NOFOLLOW : 0;
	int look = place_openat2(directory, name, O_PATH | nofollow, resolve);

	if (look < 0)
		return -1;
	int failed = look_at(look, &looked);

	place_close(look);
	if (failed)
		return -1;
	if (!S_ISREG(looked.st_mode)) {
		errno = S_ISLNK(looked.st_mode) ? ELOOP : EBADF;
		return -1;
	}
	/* O_NONBLOCK for the FIFO that somebody puts there now; the look keeps devices out. */
	int file = place_openat2(directory, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | nofollow,
				 resolve);

	if (file < 0)
		return -1;
	if (look_at(file, &opened) != 0) {
		place_close(file);
		return -1;
	}
	if (!S_ISREG(opened.st_mode) || opened.st_dev != looked.st_dev ||
	    opened.st_ino != looked.st_ino) {
		close(file);
		errno = ESTALE;
		return -1;
	}
	return file;
}

int
file_read_whole(int descriptor, size_t most, char **bytes, size_t *length)
{
	struct stat status;
	size_t used = 0;
	size_t size = most < 4096 ? most + 2 : 4096;
	char *buffer = malloc(size);

	while (buffer) {
		ssize_t got = read(descriptor, buffer + used, size - 1 - used);

		/* Without a handler for any signal there is no EINTR to go on after. */
		if (got < 0)
			break;
		if (got == 0) {
			if (look_at(descriptor, &status) != 0)
				break;
			/* Some file systems do not know the size; where it is known, it counts. */
			if ((off_t)used < status.st_size) {
				errno = ESTALE;
				break;
			}
			buffer[used] = '\0';
			*bytes = buffer;
			*length = used;
			return 0;
		}
		used += (size_t)got;
		if (used > most) {
			errno = EFBIG;
			break;
		}
		if (used < size - 1)
			continue;
		size = size * 2 < most + 2 ? size * 2 : most + 2;
		char *larger = realloc(buffer, size);

		if (!larger)
			break;
		buffer = larger;
	}
	int error = errno;

	free(buffer);
	errno = error;
	return -1;
}

static int
unlink_keeping_errno(int directory, const char *name)
{
	int error = errno;

	unlinkat(directory, name, 0);
	errno = error;
	return -1;
}

int
file_replace_link(int directory, const char *name, const char *temporary, const char *target)
{
	char now[PATH_MAX];
	ssize_t length = readlinkat(directory, name, now, sizeof(now));

	if (length >= 0 && (size_t)length == strlen(target) &&
	    memcmp(now, target, (size_t)length) == 0)
		return 0;
	if (symlinkat(target, directory, temporary) != 0) {
		if (errno != EEXIST || unlinkat(directory, temporary, 0) != 0 ||
		    symlinkat(target, directory, temporary) != 0)
			return -1;
	}
	if (renameat(directory, temporary, directory, name) != 0)
		return unlink_keeping_errno(directory, temporary);
	return 0;
}

bool
file_holds(int directory, const char *name, const char *bytes, size_t length)
{
	char *now;
	size_t now_length;
	int file = file_open_regular(directory, name, RESOLVE_NO_SYMLINKS);

	if (file < 0)
		return false;
	int failed = file_read_whole(file, length, &now, &now_length);

	close(file);
	if (failed)
		return false;
	bool same = now_length == length && memcmp(now, bytes, length) == 0;

	free(now);
	return same;
}

static int
write_whole(int file, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t wrote = write(file, bytes, length);

		if (wrote <= 0)
			return -1;
		bytes += wrote;
		length -= (size_t)wrote;
	}
	return 0;
}

int
file_replace(int directory, const char *name, const char *temporary, const char *bytes,
	     size_t length, mode_t mode)
{
	int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;

	if (file_holds(directory, name, bytes, length))
		return 0;
	int file = openat(directory, temporary, flags, mode);

	if (file < 0 && errno == EEXIST && unlinkat(directory, temporary, 0) == 0)
		file = openat(directory, temporary, flags, mode);
	if (file < 0)
		return -1;
	/* fchmod, since the umask may take bits away; fsync, since a rename may be kept without the
	 * bytes. */
	if (write_whole(file, bytes, length) != 0 || fchmod(file, mode) != 0 || fsync(file) != 0) {
		place_close(file);
		return unlink_keeping_errno(directory, temporary);
	}
	if (close(file) != 0 || renameat(directory, temporary, directory, name) != 0)
		return unlink_keeping_errno(directory, temporary);
	return 0;
}
