/* SPDX-License-Identifier: MIT */
#include "kit/rootfs/from_run.h"

#include "kit/heap.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	char name[16];
	enum from_run_word word;
} words[] = {
	{"file read ", FROM_RUN_FILE},   {"file execute ", FROM_RUN_EXECUTE},
	{"file write ", FROM_RUN_WRITE}, {"file look ", FROM_RUN_FILE},
	{"file ", FROM_RUN_FILE},
};
enum { WORDS = sizeof(words) / sizeof(words[0]) };

static int
hex_digit(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10;
	return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

/* The byte that an escape stands for, behind its backslash, and its length; 0 for none. */
static unsigned char
escaped(const char *at, const char *end, size_t *length)
{
	*length = 1;
	if (at == end)
		return 0;
	switch (*at) {
	case '\\':
		return '\\';
	case 'n':
		return '\n';
	case 't':
		return '\t';
	case 'r':
		return '\r';
	case 'x':
		if (end - at < 3 || hex_digit(at[1]) < 0 || hex_digit(at[2]) < 0)
			return 0;
		*length = 3;
		return (unsigned char)(hex_digit(at[1]) * 16 + hex_digit(at[2]));
	default:
		return 0;
	}
}

int
from_run_line(const char *line, size_t length, char *path)
{
	const char *end = line + length;
	enum from_run_word word = FROM_RUN_NONE;
	size_t used = 0;

	for (size_t i = 0; i < WORDS && !word; i++)
		if (length > strlen(words[i].name) &&
		    memcmp(line, words[i].name, strlen(words[i].name)) == 0) {
			word = words[i].word;
			line += strlen(words[i].name);
		}
	if (!word)
		return FROM_RUN_NONE;
	while (line < end) {
		size_t taken = 1;
		char byte = *line++;

		if (byte == '\\') {
			byte = (char)escaped(line, end, &taken);
			line += taken;
		}
		if (byte == '\0' || used + 1 >= PATH_MAX)
			return -1;
		path[used++] = byte;
	}
	path[used] = '\0';
	return path[0] == '/' ? (int)word : -1;
}

static bool
is_below(const char *canonical, const char *directory)
{
	size_t length = strlen(directory);

	return strncmp(canonical, directory, length) == 0 &&
	       (canonical[length] == '\0' || canonical[length] == '/');
}

static bool
is_of_the_machine(const char *canonical)
{
	static const char names[][20] = {"proc",
					 "sys",
					 "dev",
					 "run",
					 "tmp",
					 "var/run",
					 "etc/passwd",
					 "etc/group",
					 "etc/shadow",
					 "etc/gshadow",
					 "etc/hosts",
					 "etc/hostname",
					 "etc/mtab",
					 "etc/resolv.conf",
					 "etc/ld.so.cache",
					 "etc/nsswitch.conf"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (is_below(canonical, names[i]))
			return true;
	return !*canonical;
}

static int
take_path(struct closure *closure, enum from_run_word word, char *path, struct refusal *why)
{
	struct gather *gather = closure->gather;
	char *canonical;
	struct stat about;

	if (word == FROM_RUN_WRITE)
		*(strrchr(path, '/') + 1) = '\0';
	if (source_walk(&gather->source, path, NULL, NULL, &canonical, &about, why) != 0)
		return 0;
	bool is_wanted =
		!is_of_the_machine(canonical) && (S_ISREG(about.st_mode) || S_ISDIR(about.st_mode));
	int result = 0;
	if (is_wanted && word == FROM_RUN_EXECUTE && S_ISREG(about.st_mode))
		result = closure_program(closure, path, why);
	else if (is_wanted && gather_path(gather, path, NULL, why) < 0)
		result = -1;
	else if (is_wanted && S_ISREG(about.st_mode))
		result = closure_library(closure, canonical, why);
	free(canonical);
	return result;
}

enum { LARGEST = 1 << 28 /* a recording of 2^18 files has some 20 MB */ };

int
from_run_take(struct closure *closure, const char *file, struct refusal *why)
{
	FILE *stream = fopen(file, "re");
	char *line = NULL;
	size_t room = 0, number = 0;
	int result = 0;

	struct stat about;

	if (!stream)
		return refuse(why, "--from-run %s: %s", file, strerror(errno));
	if (fstat(fileno(stream), &about) < 0 || !S_ISREG(about.st_mode) ||
	    about.st_size > LARGEST) {
		fclose(stream);
		return refuse(why, "--from-run %s: must be a file of at most %d bytes", file,
			      LARGEST);
	}
	for (ssize_t length; result == 0 && (length = getline(&line, &room, stream)) >= 0;) {
		char path[PATH_MAX];

		number++;
		if (length > 0 && line[length - 1] == '\n')
			length--;
		if (length > 5 * PATH_MAX) {
			result = refuse(why, "%s, line %zu: no path is that long", file, number);
			break;
		}
		int word = from_run_line(line, (size_t)length, path);
		if (word < 0)
			result = refuse(
				why,
				"%s, line %zu: must be an absolute path, with \\\\, \\n, \\t and \\xNN as in C",
				file, number);
		else if (word != FROM_RUN_NONE)
			result = take_path(closure, (enum from_run_word)word, path, why);
	}
	if (result == 0 && ferror(stream))
		result = refuse(why, "cannot read %s: %s", file, strerror(errno));
	free(line);
	fclose(stream);
	return result;
}
