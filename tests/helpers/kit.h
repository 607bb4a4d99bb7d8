/* SPDX-License-Identifier: MIT */
/*
 * What the kit's tests share: profiles from strings, compiled and asked. Tests run from the
 * repository's root.
 */
#ifndef STEPDOWN_TESTS_KIT_H
#define STEPDOWN_TESTS_KIT_H

/* cmocka.h wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "confine/evaluate.h"
#include "kit/compile.h"
#include "kit/files.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KIT_ALLOW SECCOMP_RET_ALLOW
#define KIT_ERRNO(number) (SECCOMP_RET_ERRNO | (unsigned)(number))

/* libseccomp 2.5.4 loses some nodes of its own tree when rules share conditions. */
const char *__lsan_default_suppressions(void);

const char *
__lsan_default_suppressions(void)
{
	return "leak:libseccomp.so";
}

/* A service on x86-64, or another architecture, without capabilities, on kernel 6.1. */
static inline struct service
kit_service(const char *arch)
{
	return (struct service){.native = architecture_find(arch), .kernel = {6, 1}};
}

/* Fails the test, with the sentence, when the profile does not parse. */
static inline void
kit_parse(const char *text, struct profile *profile, struct notes *notes)
{
	struct refusal why;

	if (profile_parse(text, strlen(text), profile, notes, &why) < 0)
		fail_msg("%s", why.text);
}

/* A file of the repository, parsed. */
static inline void
kit_parse_file(const char *path, struct profile *profile, struct notes *notes)
{
	struct refusal why;
	char *bytes;
	size_t length;

	if (file_read(path, &bytes, &length, &why) < 0 ||
	    profile_parse(bytes, length, profile, notes, &why) < 0)
		fail_msg("%s: %s", path, why.text);
	free(bytes);
}

static inline void
kit_compile(const struct profile *profile, const struct service *service, bool compat,
	    struct compiled *out, struct notes *notes)
{
	struct refusal why;

	if (compile_program(profile, service, compat, out, notes, &why) < 0)
		fail_msg("%s", why.text);
}

/* What the program answers. */
static inline uint32_t
kit_ask(const struct program *program, const char *arch, uint32_t number, uint64_t first,
	uint64_t second, uint64_t third)
{
	struct seccomp_data data = {.nr = (int)number,
				    .arch = architecture_find(arch)->audit,
				    .args = {first, second, third}};
	struct verdict verdict;

	assert_int_equal(evaluate(program->code, program->length, &data, &verdict), 0);
	return verdict.action;
}

static inline uint32_t
kit_ask_name(const struct program *program, const char *arch, const char *name, uint64_t first,
	     uint64_t second, uint64_t third)
{
	int number = call_number(architecture_find(arch), name);

	assert_int_not_equal(number, CALL_UNKNOWN);
	return kit_ask(program, arch, (uint32_t)number, first, second, third);
}

/* Whether some note contains `text`. */
static inline bool
kit_noted(const struct notes *notes, const char *text)
{
	for (size_t i = 0; i < notes->count; i++)
		if (strstr(notes->texts[i], text))
			return true;
	return false;
}

/* Runs a command of the kit on arguments that end in NULL; returns its exit status. */
static inline int
kit_run(int (*command)(int argc, char **argv), const char *const *arguments)
{
	char *copies[32] = {0};
	int count = 0;

	for (; arguments[count]; count++)
		copies[count] = strdup(arguments[count]);
	int status = command(count, copies);
	for (int i = 0; i < count; i++)
		free(copies[i]);
	return status;
}

/* Deterministic numbers: xorshift64*. */
static inline uint64_t
kit_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * UINT64_C(2685821657736338717);
}

#endif
