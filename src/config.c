/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <stdbool.h>
#include <string.h>

/* A line that is being read, and the room that its name and value are put together in. */
struct reader {
	const char *file;
	unsigned number;
	const char *start;
	const char *at; /* the next byte of the line; `end` is behind its last one */
	const char *end;
	char name[CONFIG_NAME_MOST + 1];
	char value[CONFIG_LINE_MOST + 1];
	size_t length; /* of value */
};

#define SAY(reader, why, format, ...)                                                              \
	refuse(why, "%s:%u: " format, (reader)->file, (reader)->number, ##__VA_ARGS__)

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool
is_name_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

static void
skip_blanks(struct reader *reader)
{
	while (reader->at < reader->end && is_blank(*reader->at))
		reader->at++;
}

/* Whether a comment begins here, or the line ends. */
static bool
at_end(const struct reader *reader)
{
	if (reader->at == reader->end)
		return true;
	return *reader->at == '#' && (reader->at == reader->start || is_blank(reader->at[-1]));
}

/* Refuses what has no business in a line, so that nobody reads another line than we do. */
static int
check_bytes(const struct reader *reader, struct refusal *why)
{
	if (reader->end - reader->at > CONFIG_LINE_MOST)
		return SAY(reader, why, "the line is longer than %d bytes", CONFIG_LINE_MOST);
	for (const char *at = reader->at; at < reader->end; at++) {
		unsigned char byte = (unsigned char)*at;

		if (byte == '\r')
			return SAY(
				reader, why,
				"the line has a carriage return: save the file with Unix line ends");
		if ((byte < ' ' && byte != '\t') || byte == 0x7f)
			return SAY(reader, why, "the line has the control character 0x%02x", byte);
	}
	return 0;
}

static int
read_name(struct reader *reader, struct refusal *why)
{
	size_t length = 0;

	while (reader->at < reader->end && is_name_byte(*reader->at)) {
		if (length == CONFIG_NAME_MOST)
			return SAY(reader, why, "the name is longer than %d bytes",
				   CONFIG_NAME_MOST);
		reader->name[length++] = *reader->at++;
	}
	reader->name[length] = '\0';
	if (length == 0 && reader->at < reader->end && *reader->at == '[')
		return SAY(reader, why, "there are no sections: write one name = value a line");
	if (length == 0)
		return SAY(
			reader, why,
			"a line begins with the name of an option: lower-case letters, digits and dashes");
	if (reader->name[0] == '-')
		return SAY(reader, why, "\"%s\": the name goes without its dashes", reader->name);
	return 0;
}

/* What a backslash and `c` stand for between double quotes, or NUL. */
static char
escaped(char c)
{
	switch (c) {
	case '"':
	case '\\':
		return c;
	case 'n':
		return '\n';
	case 't':
		return '\t';
	default:
		return '\0';
	}
}

static int
read_quoted(struct reader *reader, struct refusal *why)
{
	char quote = *reader->at++;

	while (reader->at < reader->end && *reader->at != quote) {
		char c = *reader->at++;

		if (c == '\\' && quote == '"') {
			c = reader->at < reader->end ? escaped(*reader->at++) : '\0';
			if (c == '\0')
				return SAY(
					reader, why,
					"between double quotes a backslash stands before \", \\, n or t alone");
		}
		reader->value[reader->length++] = c;
	}
	if (reader->at == reader->end)
		return SAY(reader, why, "the closing %c is missing", quote);
	reader->at++;
	if (reader->at < reader->end && !is_blank(*reader->at))
		return SAY(reader, why, "something follows the closing %c: quote the whole value",
			   quote);
	return 0;
}

static int
read_plain(struct reader *reader, struct refusal *why)
{
	while (!at_end(reader)) {
		char c = *reader->at;

		if (c == '"' || c == '\'')
			return SAY(reader, why, "a quote inside the value: quote the whole value");
		reader->value[reader->length++] = c;
		reader->at++;
	}
	while (reader->length > 0 && is_blank(reader->value[reader->length - 1]))
		reader->length--;
	return 0;
}

static int
read_value(struct reader *reader, struct refusal *why)
{
	bool quoted;

	skip_blanks(reader);
	if (at_end(reader))
		return 0;
	quoted = *reader->at == '"' || *reader->at == '\'';
	if ((quoted ? read_quoted(reader, why) : read_plain(reader, why)) != 0)
		return -1;
	skip_blanks(reader);
	if (!at_end(reader))
		return SAY(reader, why,
			   "something follows the closing quote: quote the whole value");
	return 0;
}

static int
hand_over(struct reader *reader, bool has_value, config_take *take, void *context,
	  struct refusal *why)
{
	struct refusal inner = {.text = ""};
	struct config_line line = {
		.file = reader->file,
		.number = reader->number,
		.name = reader->name,
		.value = has_value ? reader->value : NULL,
	};

	reader->value[reader->length] = '\0';
	if (take(context, &line, &inner) != 0)
		return SAY(reader, why, "%s", inner.text);
	return 0;
}

static int
read_line(struct reader *reader, config_take *take, void *context, struct refusal *why)
{
	bool has_value = false;

	reader->length = 0;
	if (check_bytes(reader, why) != 0)
		return -1;
	skip_blanks(reader);
	if (at_end(reader))
		return 0;
	if (read_name(reader, why) != 0)
		return -1;
	skip_blanks(reader);
	if (reader->at < reader->end && *reader->at == '=') {
		reader->at++;
		has_value = true;
		if (read_value(reader, why) != 0)
			return -1;
	} else if (!at_end(reader)) {
		return SAY(reader, why,
			   "\"%s\" is followed by something other than =", reader->name);
	}
	return hand_over(reader, has_value, take, context, why);
}

int
config_parse(const char *file, const char *bytes, size_t length, config_take *take, void *context,
	     struct refusal *why)
{
	static const char mark[3] = "\xef\xbb\xbf";
	struct reader reader = {.file = file};
	const char *end = bytes + length;

	if (length > CONFIG_MOST)
		return refuse(why, "%s: the file is larger than %d bytes", file, CONFIG_MOST);
	/* The byte order mark of UTF-8 says nothing. */
	if (length >= sizeof(mark) && !memcmp(bytes, mark, sizeof(mark)))
		bytes += sizeof(mark);
	for (const char *start = bytes; start < end; start = reader.end + 1) {
		const char *newline = memchr(start, '\n', (size_t)(end - start));

		reader.number++;
		reader.start = start;
		reader.at = start;
		reader.end = newline ? newline : end;
		if (read_line(&reader, take, context, why) != 0)
			return -1;
	}
	return 0;
}
