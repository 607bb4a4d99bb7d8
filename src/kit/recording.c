/* SPDX-License-Identifier: MIT */
#include "kit/recording.h"

#include "kit/heap.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

static const char head[] = "stepdown-recording ";
enum { VERSION = 1, LINE = 8 * PATH_MAX };

static void
put_safely(FILE *out, const char *text)
{
	for (; *text; text++) {
		unsigned char byte = (unsigned char)*text;

		if (byte < ' ' || byte == 0x7f || byte == '\\')
			fprintf(out, "\\x%02x", byte);
		else
			fputc(byte, out);
	}
	fputc('\n', out);
}

static void
put_finding(FILE *out, const struct sighting *sighting)
{
	const struct interest *interest = sighting->values.interest;
	const char *separator = " ";

	fprintf(out, "call %s ", sighting->arch ? sighting->arch->name : "unknown");
	if (sighting->name)
		fputs(sighting->name, out);
	else
		fprintf(out, "%u", sighting->number);
	fprintf(out, " %llu %s", sighting->count, sighting->later ? "later" : "start");
	for (unsigned i = 0; i < PROGRAMS_MOST; i++)
		if (sighting->programs & (UINT64_C(1) << i)) {
			fprintf(out, "%s%u", separator, i);
			separator = ",";
		}
	for (size_t i = 0; interest && i < interest->count; i++)
		fprintf(out, " %u=%llu", interest->parts[i].index,
			(unsigned long long)sighting->values.values[i]);
	fputc('\n', out);
}

char *
recording_text(const struct run_result *result, size_t *length)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, length);
	struct utsname machine;

	if (!out)
		return memory_string("");
	fprintf(out, "%s%d\n", head, VERSION);
	if (uname(&machine) == 0)
		fprintf(out, "arch %s\n", machine.machine);
	fprintf(out, "status %d\n", result->end.status);
	for (size_t i = 0; i < result->programs.count; i++) {
		fprintf(out, "program %zu ", i);
		put_safely(out, result->programs.names[i]);
	}
	for (size_t i = 0; i < result->sightings.count; i++)
		put_finding(out, &result->sightings.list[i]);
	for (size_t i = 0; i < result->opened.count; i++) {
		fprintf(out, "file %s ", opened_word(result->opened.list[i].how));
		put_safely(out, result->opened.list[i].path);
	}
	fprintf(out, "unread %llu\n", result->opened.unread + result->opened.dropped);
	fclose(out);
	return text;
}

static int
digit(char letter)
{
	const char *digits = "0123456789abcdef", *at = letter ? strchr(digits, letter) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* In place; returns -1 where a backslash begins nothing. */
static int
unescape(char *text)
{
	char *to = text;

	for (; *text; text++) {
		if (*text != '\\') {
			*to++ = *text;
			continue;
		}
		int high = text[1] == 'x' ? digit(text[2]) : -1;
		int low = high >= 0 ? digit(text[3]) : -1;

		if (low < 0 || high + low == 0)
			return -1;
		*to++ = (char)(16 * high + low);
		text += 3;
	}
	*to = '\0';
	return 0;
}

/* "read /etc/passwd" */
static int
take_file(char *words, struct opened *out)
{
	char *path = strchr(words, ' ');

	if (!path || unescape(path + 1) < 0 || path[1] != '/' || strlen(path + 1) >= PATH_MAX)
		return -1;
	*path++ = '\0';
	for (enum opened_how how = OPENED_READ; how <= OPENED_LOOK; how++)
		if (strcmp(opened_word(how), words) == 0) {
			opened_add(out, how, path);
			return 0;
		}
	return -1;
}

int
recording_files(const char *bytes, size_t length, struct opened *out, struct refusal *why)
{
	static const char file[] = "file ";
	const char *end = bytes + length;
	char first[sizeof(head) + 8], line[LINE];
	unsigned number = 0;

	snprintf(first, sizeof(first), "%s%d", head, VERSION);
	for (const char *at = bytes; at < end;) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		size_t size = (size_t)((stop ? stop : end) - at);

		number++;
		if (!stop || size >= sizeof(line) || memchr(at, '\0', size))
			return refuse(why, "line %u is damaged", number);
		memcpy(line, at, size);
		line[size] = '\0';
		if (number == 1 && strcmp(line, first) != 0)
			return refuse(
				why,
				"not a recording of stepdown-kit learn, or one of a later version: it begins with \"%.40s\"",
				line);
		if (strncmp(line, file, strlen(file)) == 0 &&
		    take_file(line + strlen(file), out) < 0)
			return refuse(why, "line %u is damaged: %.80s", number, line);
		at = stop + 1;
	}
	return number > 0 ? 0 : refuse(why, "the recording is empty");
}
