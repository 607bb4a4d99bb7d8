/* SPDX-License-Identifier: MIT */
#include "init/voice.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { LINE_SIZE = 512 };

void
voice_open(struct voice *voice)
{
	struct stat status;

	voice->own = -1;
	voice->socket = false;
	if (fstat(STDERR_FILENO, &status) != 0)
		return;
	voice->socket = S_ISSOCK(status.st_mode);
	/* A file never blocks, and one opened anew would be written from its start. */
	if (S_ISFIFO(status.st_mode) || isatty(STDERR_FILENO))
		/* By a raw call: the library would mark whatever number comes back. */
		voice->own = (int)syscall(SYS_openat, AT_FDCWD, "/proc/self/fd/2",
					  O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	/* The three streams are open; a drop-in that was given less does without. */
	if (voice->own <= STDERR_FILENO)
		voice->own = -1;
}

void
voice_settle(struct voice *voice)
{
	if (voice->own < 0)
		return;
	if (dup3(voice->own, STDERR_FILENO, O_CLOEXEC) < 0)
		return;
	close(voice->own);
	voice->own = STDERR_FILENO;
}

ssize_t
voice_write(const struct voice *voice, const char *line, size_t size)
{
	struct pollfd writable = {.fd = STDERR_FILENO, .events = POLLOUT};
	struct timespec now = {0};

	if (voice->socket)
		return sendto(STDERR_FILENO, line, size, MSG_DONTWAIT | MSG_NOSIGNAL, NULL, 0);
	if (voice->own < 0 &&
	    (ppoll(&writable, 1, &now, NULL) != 1 || (writable.revents & POLLOUT) == 0)) {
		errno = EAGAIN;
		return -1;
	}
	return write(STDERR_FILENO, line, size);
}

void
voice_say(struct voice *voice, const char *format, ...)
{
	char line[LINE_SIZE];
	int head, body, tail;
	va_list values;

	if (voice->quiet)
		return;
	head = snprintf(line, sizeof(line),
			voice->json ? "{\"program\":\"%s\",\"level\":\"warning\",\"message\":\""
				    : "%s: ",
			voice->name);
	if (head < 0 || head >= LINE_SIZE / 4)
		return;
	va_start(values, format);
	body = vsnprintf(line + head, sizeof(line) - (size_t)head - 4, format, values);
	va_end(values);
	if (body < 0)
		return;
	if (body > LINE_SIZE - head - 5)
		body = LINE_SIZE - head - 5;
	tail = head + body;
	tail += snprintf(line + tail, 4, voice->json ? "\"}\n" : "\n");
	if (voice_write(voice, line, (size_t)tail) != tail)
		voice->lost++;
}
