/* SPDX-License-Identifier: MIT */
/*
 * learning - what the tests of stepdown-kit learn and check share
 *
 * A folder that root alone can write, with a copy of the helper in it that anybody can execute;
 * the service is user 4321.
 */
#ifndef STEPDOWN_TESTS_LEARNING_H
#define STEPDOWN_TESTS_LEARNING_H

#include "helpers/support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { WORDS_MOST = 40, PATH_SIZE = 256, FOLDER_SIZE = 32, TEXT_SIZE = 1 << 18 };

static char folder[FOLDER_SIZE];
static struct outcome outcome;

/* A path in the folder; four of them are valid at a time. */
static inline const char *
in_folder(const char *name)
{
	static char paths[4][PATH_SIZE];
	static unsigned next;
	char *path = paths[next++ % 4];

	snprintf(path, PATH_SIZE, "%s/%.200s", folder, name);
	return path;
}

static inline int
folder_make(void **state)
{
	static struct outcome done;

	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/learning.XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	run_words(&done, NULL, "sh", "-c",
		  "chmod 755 $0 && cp build/tests/helpers/learn_service $0/service && "
		  "chmod 755 $0/service && mkdir -m 777 $0/open",
		  folder);
	return done.status;
}

static inline int
folder_remove(void **state)
{
	static struct outcome done;

	(void)state;
	run_words(&done, NULL, "rm", "-rf", folder);
	return done.status;
}

/* Runs words up to NULL; what came out is in `outcome`. */
static inline void
run_list(const char *const *words)
{
	run_program(&(struct run){.argv = words}, &outcome);
}

#define run(...) run_list((const char *const[]){__VA_ARGS__, NULL})

/* stepdown-kit learn of a service; the words of it follow. */
#define learn(output, record, ...)                                                                 \
	run("build/stepdown-kit", "learn", "-o", (output), "--record", (record), "--user", "4321", \
	    "--", __VA_ARGS__)

#define assert_status(wanted)                                                                      \
	do {                                                                                       \
		if (outcome.status != (wanted))                                                    \
			fail_msg("status %d instead of %d: %s", outcome.status, (wanted),          \
				 outcome.err);                                                     \
	} while (0)

static inline const char *
file_text(const char *path)
{
	static char text[TEXT_SIZE];
	FILE *file = fopen(path, "r");

	if (!file)
		fail_msg("there is no %s", path);
	size_t size = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[size] = '\0';
	return text;
}

static inline void
assert_file_says(const char *path, const char *part)
{
	const char *text = file_text(path);

	if (!strstr(text, part))
		fail_msg("%s does not have \"%s\" in it:\n%.4000s", path, part, text);
}

static inline void
assert_file_lacks(const char *path, const char *part)
{
	if (strstr(file_text(path), part))
		fail_msg("%s has \"%s\" in it", path, part);
}

#endif
