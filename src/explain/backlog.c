/* SPDX-License-Identifier: MIT */
#include "explain/backlog.h"

#include <errno.h>
#include <string.h>

void
backlog_add(struct backlog *backlog, const char *line, size_t length)
{
	if (length > sizeof(backlog->bytes) - backlog->used) {
		backlog->lost++;
		return;
	}
	memcpy(backlog->bytes + backlog->used, line, length);
	backlog->used += length;
	backlog->lines++;
}

static void
take_off(struct backlog *backlog, size_t length)
{
	backlog->used -= length;
	memmove(backlog->bytes, backlog->bytes + length, backlog->used);
}

void
backlog_flush(struct backlog *backlog, const struct voice *voice)
{
	while (backlog->used > 0) {
		const char *end = memchr(backlog->bytes, '\n', backlog->used);
		size_t length = (size_t)(end - backlog->bytes) + 1;
		/* One line a write: they are short enough for a pipe to take them whole. */
		ssize_t written = voice_write(voice, backlog->bytes, length);

		if (written < 0 && errno != EAGAIN && errno != EINTR) {
			backlog->lost += backlog->lines;
			backlog->lines = 0;
			backlog->used = 0;
		}
		if (written <= 0)
			return;
		take_off(backlog, (size_t)written);
		if ((size_t)written < length)
			return;
		backlog->lines--;
	}
}
