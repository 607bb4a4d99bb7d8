/* SPDX-License-Identifier: MIT */
#include "kit/walks.h"

#include "kit/heap.h"

#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where one way through the program has got to. */
struct walk {
	const struct program *program;
	uint32_t arch, number;
	struct paths *out;
};

struct place {
	size_t at;
	bool concrete;  /* the accumulator holds `value`; otherwise what `offset` and `mask` say */
	uint32_t value; /* or, of what is not concrete, nothing */
	uint32_t offset, mask;
	struct path path;
};

static int follow(const struct walk *walk, struct place *place);

static struct path_fact *
fact_of(struct path *path, uint32_t offset, uint32_t mask)
{
	for (size_t i = 0; i < path->fact_count; i++)
		if (path->facts[i].offset == offset && path->facts[i].mask == mask)
			return &path->facts[i];
	if (path->fact_count == PATHS_FACTS)
		return NULL;
	struct path_fact *fact = &path->facts[path->fact_count++];
	*fact = (struct path_fact){.offset = offset, .mask = mask, .high = mask};
	return fact;
}

/* Narrows a fact to [low, high]. Returns false if nothing is left. */
static bool
narrow(struct path_fact *fact, uint32_t low, uint32_t high)
{
	size_t kept = 0;

	if (low > fact->low)
		fact->low = low;
	if (high < fact->high)
		fact->high = high;
	/* An excluded value at an end moves the end. */
	for (size_t i = 0; i < fact->excluded_count; i++)
		for (size_t j = 0; j < fact->excluded_count; j++) {
			if (fact->excluded[j] == fact->low && fact->low < UINT32_MAX)
				fact->low++;
			if (fact->excluded[j] == fact->high && fact->high > 0)
				fact->high--;
		}
	for (size_t i = 0; i < fact->excluded_count; i++)
		if (fact->excluded[i] > fact->low && fact->excluded[i] < fact->high)
			fact->excluded[kept++] = fact->excluded[i];
	fact->excluded_count = kept;
	return fact->low <= fact->high;
}

static bool
exclude(struct path_fact *fact, uint32_t value, bool *full)
{
	if (value < fact->low || value > fact->high)
		return true;
	if (fact->low == fact->high)
		return false;
	if (fact->excluded_count == PATHS_EXCLUDED) {
		*full = true;
		return true;
	}
	fact->excluded[fact->excluded_count++] = value;
	return narrow(fact, 0, UINT32_MAX);
}

/* What a branch tells about the accumulator. Returns 1 to go on, 0 if it cannot be taken, -1. */
static int
learn(struct place *place, const struct sock_filter *jump, bool taken)
{
	uint32_t mask = place->mask, k = jump->k;
	bool full = false, possible = true;

	if (BPF_OP(jump->code) == BPF_JSET)
		mask &= k;
	struct path_fact *fact = fact_of(&place->path, place->offset, mask);
	if (!fact)
		return -1;
	switch (BPF_OP(jump->code)) {
	case BPF_JSET:
		possible = taken ? exclude(fact, 0, &full) : narrow(fact, 0, 0);
		break;
	case BPF_JEQ:
		possible = taken ? narrow(fact, k, k) : exclude(fact, k, &full);
		break;
	case BPF_JGE:
		if (taken || k > 0)
			possible = taken ? narrow(fact, k, UINT32_MAX) : narrow(fact, 0, k - 1);
		else
			possible = false;
		break;
	default: /* BPF_JGT */
		if (!taken || k < UINT32_MAX)
			possible = taken ? narrow(fact, k + 1, UINT32_MAX) : narrow(fact, 0, k);
		else
			possible = false;
		break;
	}
	return full ? -1 : possible;
}

static bool
decide(const struct sock_filter *jump, uint32_t value)
{
	switch (BPF_OP(jump->code)) {
	case BPF_JEQ:
		return value == jump->k;
	case BPF_JGT:
		return value > jump->k;
	case BPF_JGE:
		return value >= jump->k;
	default:
		return value & jump->k;
	}
}

static int
branch(const struct walk *walk, struct place *place, const struct sock_filter *jump)
{
	if (place->concrete) {
		place->at += decide(jump, place->value) ? jump->jt : jump->jf;
		return follow(walk, place);
	}
	struct place *other = memory_new(1, sizeof(*other));
	*other = *place;
	int result = 0, possible = learn(place, jump, true);
	place->at += jump->jt;
	if (possible != 0)
		result = possible < 0 ? -1 : follow(walk, place);
	possible = result < 0 ? 0 : learn(other, jump, false);
	other->at += jump->jf;
	if (possible != 0)
		result = possible < 0 ? -1 : follow(walk, other);
	free(other);
	return result;
}

static int
finish(const struct walk *walk, const struct place *place, uint32_t action)
{
	struct paths *out = walk->out;

	if (out->count == PATHS_MOST)
		return -1;
	out->list = memory_grow(out->list, out->count + 1, sizeof(*out->list));
	out->list[out->count] = place->path;
	out->list[out->count++].action = action;
	return 0;
}

static void
load(const struct walk *walk, struct place *place, uint32_t offset)
{
	place->concrete = offset <= offsetof(struct seccomp_data, arch);
	place->value = offset == offsetof(struct seccomp_data, nr) ? walk->number : walk->arch;
	place->offset = offset;
	place->mask = UINT32_MAX;
}

static int
follow(const struct walk *walk, struct place *place)
{
	while (place->at < walk->program->length) {
		const struct sock_filter *here = &walk->program->code[place->at++];

		switch (here->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			load(walk, place, here->k);
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			place->value &= here->k;
			place->mask &= here->k;
			break;
		case BPF_JMP | BPF_JA:
			place->at += here->k;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
		case BPF_JMP | BPF_JGT | BPF_K:
		case BPF_JMP | BPF_JGE | BPF_K:
		case BPF_JMP | BPF_JSET | BPF_K:
			return branch(walk, place, here);
		case BPF_RET | BPF_K:
			return finish(walk, place, here->k);
		default:
			return -1;
		}
	}
	return -1;
}

int
paths_find(const struct program *program, uint32_t arch, uint32_t number, struct paths *out)
{
	struct walk walk = {program, arch, number, out};
	struct place *place = memory_new(1, sizeof(*place));

	*out = (struct paths){0};
	/* Before the first load the accumulator is 0. */
	place->concrete = true;
	int result = follow(&walk, place);
	free(place);
	if (result < 0)
		paths_free(out);
	return result;
}

void
paths_free(struct paths *paths)
{
	free(paths->list);
	*paths = (struct paths){0};
}

static void
print_fact(FILE *out, const struct path_fact *fact)
{
	unsigned index = (unsigned)((fact->offset - offsetof(struct seccomp_data, args)) / 8);
	bool upper = fact->offset % 8 != 0;

	if (fact->offset < offsetof(struct seccomp_data, args))
		fprintf(out, "instruction pointer");
	else
		fprintf(out, "argument %u%s", index, upper ? " (upper half)" : "");
	if (fact->mask != UINT32_MAX)
		fprintf(out, " & 0x%x", fact->mask);
	if (fact->low == fact->high)
		fprintf(out, " = 0x%x", fact->low);
	else if (fact->low > 0 && fact->high < fact->mask)
		fprintf(out, " from 0x%x to 0x%x", fact->low, fact->high);
	else if (fact->low > 0)
		fprintf(out, fact->low == 1 ? " not 0" : " from 0x%x", fact->low);
	else if (fact->high < fact->mask)
		fprintf(out, " up to 0x%x", fact->high);
	for (size_t i = 0; i < fact->excluded_count; i++)
		fprintf(out, "%s0x%x", i ? ", " : " not ", fact->excluded[i]);
}

char *
path_text(const struct path *path)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	if (!out)
		return memory_string("");
	for (size_t i = 0; i < path->fact_count; i++) {
		if (i > 0)
			fputs(", ", out);
		print_fact(out, &path->facts[i]);
	}
	fclose(out);
	return text;
}
