/* SPDX-License-Identifier: MIT */
#include "front/log.h"

#include "look.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { VOICE = REPORT_STEP + 1, VOICE_LINE = 512 };

/* In JSON, and before the text. */
static const char *const levels[][2] = {{"error", ""},
					{"warning", "warning: "},
					{"progress", ""},
					{"step", ""},
					[VOICE] = {"warning", ""}};

unsigned
report_escape(const char *text, bool quoted, char *line, unsigned size)
{
	unsigned used = 0;

	for (; *text; text++) {
		unsigned char byte = (unsigned char)*text;
		char form[8] = {*text};
		int length = 1;

		if (byte < ' ' || byte > '~')
			length = snprintf(form, sizeof(form), quoted ? "\\\\x%02x" : "\\x%02x",
					  byte);
		else if (quoted && (byte == '"' || byte == '\\'))
			length = snprintf(form, sizeof(form), "\\%c", byte);
		if (length < 0 || used + (unsigned)length >= size)
			break;
		memcpy(line + used, form, (unsigned)length);
		used += (unsigned)length;
	}
	line[used] = 0;
	return used;
}

static void
write_line(const char *line, size_t length)
{
	/* Nobody is left to be told that standard error cannot be written. */
	(void)look_write(STDERR_FILENO, line, length);
}

/* Returns the bytes of the line; a longer message is cut. */
static unsigned
make_line(char *line, unsigned size, const char *name, bool json, unsigned level,
	  const char *format, va_list values)
{
	char message[REPORT_LINE / 2] = "";
	unsigned used;

	vsnprintf(message, sizeof(message), format, values);
	if (json)
		used = (unsigned)snprintf(line, size,
					  "{\"program\":\"%.64s\",\"level\":\"%s\",\"message\":\"",
					  name, levels[level][0]);
	else
		used = (unsigned)snprintf(line, size, "%.64s: %s", name, levels[level][1]);
	/* Room for the end of a JSON line. */
	used += report_escape(message, json, line + used, size - used - 4);
	return (unsigned)(stpcpy(line + used, json ? "\"}\n" : "\n") - line);
}

void
report_say(const struct report *report, enum report_level level, const char *format, ...)
{
	char line[REPORT_LINE];
	va_list values;

	if (((level == REPORT_WARNING || level == REPORT_PROGRESS) && report->quiet) ||
	    (level == REPORT_STEP && !report->verbose))
		return;
	va_start(values, format);
	write_line(line,
		   make_line(line, sizeof(line), "stepdown", report->json, level, format, values));
	va_end(values);
}

void
report_rewrite(const char *text)
{
	static const char clear[] = "\r\x1b[K";
	char line[REPORT_LINE];
	unsigned used = sizeof(clear) - 1;

	memcpy(line, clear, sizeof(clear));
	if (text[0]) {
		used = (unsigned)(stpcpy(line + used, "stepdown: ") - line);
		used += report_escape(text, false, line + used, (unsigned)sizeof(line) - used);
	}
	write_line(line, used);
}

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
	char line[VOICE_LINE];
	va_list values;

	if (voice->quiet)
		return;
	va_start(values, format);
	ssize_t size =
		make_line(line, sizeof(line), voice->name, voice->json, VOICE, format, values);
	va_end(values);
	if (voice_write(voice, line, (size_t)size) != size)
		voice->lost++;
}
