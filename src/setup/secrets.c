/* SPDX-License-Identifier: MIT */
#include "setup/secrets.h"

#include "setup/files.h"
#include "setup/places.h"

#include <errno.h>
#include <linux/openat2.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int
secret_read(const char *path, char **value)
{
	char last[PLACE_NAME_SIZE];
	char *bytes;
	size_t length;
	int parent = place_open_parent(path, false, last);

	if (parent < 0)
		return -1;
	int file = file_open_regular(parent, last, RESOLVE_NO_SYMLINKS);
	int error = errno;

	close(parent);
	errno = error;
	if (file < 0)
		return -1;
	int failed = file_read_whole(file, SECRET_MOST, &bytes, &length);

	error = errno;
	close(file);
	errno = error;
	if (failed)
		return -1;
	if (memchr(bytes, '\0', length)) {
		free(bytes);
		errno = EILSEQ;
		return -1;
	}
	if (length > 0 && bytes[length - 1] == '\n')
		bytes[length - 1] = '\0';
	*value = bytes;
	return 0;
}
