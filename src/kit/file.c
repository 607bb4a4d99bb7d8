/* SPDX-License-Identifier: MIT */
#include "kit/file.h"

#include "kit/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int
read_all(int descriptor, const char *path, char **bytes, size_t *length, struct refusal *why)
{
	size_t size = 1 << 16;

	*bytes = memory_new(size, 1);
	for (*length = 0;;) {
		ssize_t got = read(descriptor, *bytes + *length, size - *length);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return refuse(why, "cannot read %s: %s", path, strerror(errno));
		if (got == 0)
			return 0;
		*length += (size_t)got;
		if (*length > FILE_LARGEST)
			return refuse(why, "%s is larger than %d bytes", path, FILE_LARGEST);
		if (*length == size) {
			size *= 2;
			*bytes = memory_grow(*bytes, size, 1);
		}
	}
}

int
file_read(const char *path, char **bytes, size_t *length, struct refusal *why)
{
	int descriptor = open(path, O_RDONLY | O_CLOEXEC);

	if (descriptor < 0)
		return refuse(why, "cannot open %s: %s", path, strerror(errno));
	int result = read_all(descriptor, path, bytes, length, why);
	close(descriptor);
	if (result < 0)
		free(*bytes);
	return result;
}

static int
write_all(int descriptor, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t written = write(descriptor, bytes, length);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -1;
		bytes += written;
		length -= (size_t)written;
	}
	return fsync(descriptor) < 0 && errno != EINVAL && errno != EROFS ? -1 : 0;
}

int
file_write(const char *path, const void *bytes, size_t length, struct refusal *why)
{
	size_t size = strlen(path) + sizeof(".XXXXXX");
	char *temporary = memory_new(size, 1);
	mode_t mask = umask(0);
	int result = 0;

	umask(mask);
	snprintf(temporary, size, "%s.XXXXXX", path);
	int descriptor = mkostemp(temporary, O_CLOEXEC);
	if (descriptor < 0) {
		result = refuse(why, "cannot create a file beside %s: %s", path, strerror(errno));
	} else {
		if (write_all(descriptor, bytes, length) < 0 ||
		    fchmod(descriptor, 0644 & ~mask) < 0 || rename(temporary, path) < 0) {
			result = refuse(why, "cannot write %s: %s", path, strerror(errno));
			unlink(temporary);
		}
		close(descriptor);
	}
	free(temporary);
	return result;
}
