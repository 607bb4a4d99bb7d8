/* SPDX-License-Identifier: MIT */
#include "kit/answers.h"

#include "confine/filter.h"
#include "kit/action.h"
#include "kit/errnos.h"
#include "kit/heap.h"

#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	PLAIN = 2048,
	PRIVATE_FIRST = 0x0f0000,
	PRIVATE_LAST = 0x0f000f
}; /* arm has private calls */

const char *
answer_action(uint32_t action, char *text, size_t size)
{
	const char *name = errno_name((int)(action & SECCOMP_RET_DATA));

	if ((action & SECCOMP_RET_ACTION_FULL) != SECCOMP_RET_ERRNO || !name)
		return action_text(action, text, size);
	snprintf(text, size, "ERRNO(%s)", name);
	return text;
}

static char *
paths_words(const struct paths *paths)
{
	char *text = NULL, action[ACTION_TEXT];
	size_t length;
	FILE *out = open_memstream(&text, &length);

	if (!out)
		return memory_string("");
	for (size_t i = 0; i < paths->count; i++) {
		char *where = path_text(&paths->list[i]);

		fprintf(out, "%s%s%s%s", i ? "\n" : "",
			answer_action(paths->list[i].action, action, sizeof(action)),
			*where ? " where " : "", where);
		free(where);
	}
	fclose(out);
	return text;
}

static bool
settled(const struct paths *paths)
{
	for (size_t i = 1; i < paths->count; i++)
		if (paths->list[i].action != paths->list[0].action)
			return false;
	return true;
}

/* Of the canary's operation this way speaks no more. */
static void
leave_operation_out(struct path *path)
{
	for (size_t f = path->fact_count; f-- > 0;) {
		struct path_fact *fact = &path->facts[f];
		size_t kept = 0;

		if (fact->offset != offsetof(struct seccomp_data, args))
			continue;
		for (size_t i = 0; i < fact->excluded_count; i++)
			if (fact->excluded[i] != FILTER_CANARY_OPERATION)
				fact->excluded[kept++] = fact->excluded[i];
		fact->excluded_count = kept;
		if (kept > 0 || fact->low > 0 || fact->high < fact->mask)
			continue;
		path->fact_count--;
		memmove(fact, fact + 1, (path->fact_count - f) * sizeof(*fact));
	}
}

/* Takes out what is stepdown's and not the profile's. Returns whether it was there. */
static bool
take_canary(struct paths *paths)
{
	size_t kept = 0, all = paths->count;

	for (size_t i = 0; i < all; i++)
		if (paths->list[i].action != (SECCOMP_RET_ERRNO | FILTER_CANARY_ERRNO))
			paths->list[kept++] = paths->list[i];
	if (kept == all || kept == 0)
		return false;
	for (size_t i = 0; i < kept; i++)
		leave_operation_out(&paths->list[i]);
	paths->count = kept;
	return true;
}

static int
answer_make(const struct program *program, const struct architecture *arch, uint32_t number,
	    struct answers *answers, struct refusal *why)
{
	struct answer *out = &answers->list[answers->count++];

	*out = (struct answer){0};
	out->number = number;
	out->name = call_name(arch, number);
	if (paths_find(program, arch->audit, number, &out->paths) < 0)
		return refuse(
			why,
			"call %u of %s: has more ways through its conditions than can be shown",
			number, arch->name);
	answers->canary |= take_canary(&out->paths);
	if (settled(&out->paths)) {
		out->paths.count = 1;
		out->paths.list[0].fact_count = 0;
	}
	out->text = paths_words(&out->paths);
	return 0;
}

int
answers_make(const struct program *program, const struct architecture *arch, struct answers *out,
	     struct refusal *why)
{
	for (uint32_t number = 0; number <= PRIVATE_LAST; number++) {
		if (number == PLAIN)
			number = PRIVATE_FIRST;
		if (!call_name(arch, number))
			continue;
		out->list = memory_grow(out->list, out->count + 1, sizeof(*out->list));
		if (answer_make(program, arch, number, out, why) < 0)
			return -1;
	}
	return 0;
}

void
answers_free(struct answers *answers)
{
	for (size_t i = 0; i < answers->count; i++) {
		free(answers->list[i].text);
		paths_free(&answers->list[i].paths);
	}
	free(answers->list);
	*answers = (struct answers){0};
}
