/* SPDX-License-Identifier: MIT */
#include "report.h"

#include "look.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const levels[] = {"error", "warning", "progress", "step"};

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

void
report_say(const struct report *report, enum report_level level, const char *format, ...)
{
	char message[REPORT_LINE / 2];
	char line[REPORT_LINE];
	va_list values;
	unsigned used;

	if (((level == REPORT_WARNING || level == REPORT_PROGRESS) && report->quiet) ||
	    (level == REPORT_STEP && !report->verbose))
		return;
	va_start(values, format);
	vsnprintf(message, sizeof(message), format, values);
	va_end(values);
	if (report->json)
		used = (unsigned)snprintf(
			line, sizeof(line),
			"{\"program\":\"stepdown\",\"level\":\"%s\",\"message\":\"", levels[level]);
	else
		used = (unsigned)snprintf(line, sizeof(line), "stepdown: %s",
					  level == REPORT_WARNING ? "warning: " : "");
	/* Room for the end of a JSON line. */
	used += report_escape(message, report->json, line + used,
			      (unsigned)sizeof(line) - used - 4);
	strcpy(line + used, report->json ? "\"}\n" : "\n");
	write_line(line, strlen(line));
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
