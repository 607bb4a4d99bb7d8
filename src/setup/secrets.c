/* SPDX-License-Identifier: MIT */
#include "setup/secrets.h"

#include "look.h"
#include "setup/paths.h"

#include <unistd.h>

/* Up to the end. Some file systems do not know the size before; where it is known, it counts. */
static int
read_value(int file, char *value, size_t room, size_t *length)
{
	size_t most = room - 1 < SECRET_MOST ? room - 1 : SECRET_MOST;
	struct stat status;
	size_t used = 0;
	ssize_t got;

	if (look_at(file, &status) != 0)
		return -1;
	do {
		/* One more than there may be, which the NUL has room for. */
		got = read(file, value + used, most + 1 - used);
		if (got < 0)
			return -1;
		used += (size_t)got;
		if (used > most) {
			errno = EFBIG;
			return -1;
		}
	} while (got > 0);
	if (used < (size_t)status.st_size) {
		errno = ESTALE;
		return -1;
	}
	*length = used;
	return 0;
}

int
secret_read(const char *path, char *value, size_t room, size_t *length)
{
	int file = path_open_file(path, 0);

	if (file < 0)
		return -1;
	int failed = read_value(file, value, room, length);

	place_close(file);
	if (failed)
		return -1;
	if (memchr(value, '\0', *length)) {
		errno = EILSEQ;
		return -1;
	}
	if (*length > 0 && value[*length - 1] == '\n')
		--*length;
	value[*length] = '\0';
	return 0;
}
