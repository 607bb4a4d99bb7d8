/* SPDX-License-Identifier: MIT */
#include "kit/commands.h"

#include "kit/file.h"

#include <stdio.h>
#include <stdlib.h>

/* What a file holds may be anything: bytes that a terminal would act on are shown as \xNN. */
static void
print_safely(const char *text)
{
	for (; *text; text++) {
		unsigned char byte = (unsigned char)*text;

		if (byte < ' ' || byte == 0x7f)
			fprintf(stderr, "\\x%02x", byte);
		else
			fputc(byte, stderr);
	}
}

static void
print_line(const char *what, const char *kind, const char *text)
{
	fputs("stepdown-kit: ", stderr);
	if (what) {
		print_safely(what);
		fputs(": ", stderr);
	}
	fputs(kind, stderr);
	print_safely(text);
	fputc('\n', stderr);
}

int
command_failed(const char *what, const struct refusal *why)
{
	print_line(what, "", why->text);
	return STATUS_FAILED;
}

void
command_notes(const char *what, struct notes *notes)
{
	for (size_t i = 0; i < notes->count; i++)
		print_line(what, "note: ", notes->texts[i]);
	notes_free(notes);
}

int
command_profile(const char *path, char **bytes, size_t *length, struct profile *out,
		struct notes *notes, struct refusal *why)
{
	if (file_read(path, bytes, length, why) < 0)
		return -1;
	if (profile_parse(*bytes, *length, out, notes, why) < 0) {
		free(*bytes);
		return -1;
	}
	return 0;
}
