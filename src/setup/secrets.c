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

	if (look_at(file, &status) != 0)
		return -1;
	/* One more than there may be, which the NUL has room for. */
	ssize_t got = look_read(file, value, most + 1);

	if (got < 0)
		return -1;
	if ((size_t)got > most) {
		errno = EFBIG;
		return -1;
	}
	if (got < status.st_size) {
		errno = ESTALE;
		return -1;
	}
	*length = (size_t)got;
	return 0;
}

int
secret_read(const char *path, char *value, size_t room, size_t *length)
{
	int file = path_open_file(path, 0);

	if (file < 0)
		return -1;
	int failed = read_value(file, value, room, length);

	look_close(file);
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
