/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as the instructions of a compiled profile, as stepdown-kit show reads it back: of the
 * ways that it prints for a call exactly one is that of given arguments, and it ends where the
 * evaluator ends.
 */
#include "fuzz.h"

#include "confine/evaluate.h"
#include "kit/calls.h"
#include "kit/walks.h"

enum { ASKED = 12, LONGEST = 48 };

struct question {
	struct seccomp_data data;
	const struct paths *paths;
	uint32_t action;
};

static bool
holds(const struct path_fact *fact, const struct seccomp_data *data)
{
	uint32_t value;

	memcpy(&value, (const char *)data + fact->offset, sizeof(value));
	value &= fact->mask;
	for (size_t i = 0; i < fact->excluded_count; i++)
		if (fact->excluded[i] == value)
			return false;
	return value >= fact->low && value <= fact->high;
}

static void
check_paths(const struct question *question)
{
	unsigned ways = 0;

	for (size_t i = 0; i < question->paths->count; i++) {
		const struct path *path = &question->paths->list[i];
		bool taken = true;

		must(path->fact_count <= PATHS_FACTS);
		for (size_t f = 0; f < path->fact_count; f++)
			taken = taken && holds(&path->facts[f], &question->data);
		if (!taken)
			continue;
		ways++;
		must(path->action == question->action);
	}
	must(ways == 1);
}

/* Words that a fact is about, so that both sides of it are tried. */
static void
aim(struct seccomp_data *data, const struct paths *paths, unsigned turn)
{
	if (paths->count == 0)
		return;
	const struct path *path = &paths->list[turn % paths->count];
	for (size_t f = 0; f < path->fact_count; f++) {
		const struct path_fact *fact = &path->facts[f];
		uint32_t value = turn & 1 ? fact->high : fact->low;

		/* Garbage beside the mask. */
		value = (value & fact->mask) | (~fact->mask & (0x9e3779b9U * (turn + 1)));
		if (turn % 5 == 4)
			value++;
		memcpy((char *)data + fact->offset, &value, sizeof(value));
	}
}

static void
ask(const struct program *program, uint32_t arch, uint32_t number, const uint8_t *noise,
    size_t size)
{
	struct paths paths;

	if (paths_find(program, arch, number, &paths) < 0) {
		must(paths.count == 0);
		return;
	}
	must(paths.count >= 1 && paths.count <= PATHS_MOST);
	for (unsigned turn = 0; turn < ASKED; turn++) {
		struct question question = {.data = {.nr = (int)number, .arch = arch},
					    .paths = &paths};
		struct verdict verdict;

		for (size_t i = 0; size > 0 && i < sizeof(question.data) - 8; i++)
			((uint8_t *)&question.data)[8 + i] =
				turn ? noise[(i * (turn + 3)) % size] : 0;
		aim(&question.data, &paths, turn);
		must(evaluate(program->code, program->length, &question.data, &verdict) == 0);
		question.action = verdict.action;
		check_paths(&question);
	}
	for (size_t i = 0; i < paths.count && i < ASKED; i++) {
		char *text = path_text(&paths.list[i]);

		must(text && (!*text == !paths.list[i].fact_count));
		for (const char *at = text; *at; at++)
			must(*at >= ' ' && *at <= '~');
		free(text);
	}
	paths_free(&paths);
}

/* Six bytes are an instruction of those that a profile may have; the last one returns. */
static void
make(struct program *program, const uint8_t *data, size_t size)
{
	static const uint16_t codes[] = {BPF_LD | BPF_W | BPF_ABS,   BPF_JMP | BPF_JEQ | BPF_K,
					 BPF_JMP | BPF_JGE | BPF_K,  BPF_JMP | BPF_JGT | BPF_K,
					 BPF_JMP | BPF_JSET | BPF_K, BPF_ALU | BPF_AND | BPF_K,
					 BPF_JMP | BPF_JA,           BPF_RET | BPF_K};
	unsigned most = (unsigned)(size / 6 < LONGEST ? size / 6 : LONGEST);

	program->length = 0;
	for (unsigned i = 0; i < most; i++, data += 6) {
		unsigned left = most - i;
		struct sock_filter *at = &program->code[program->length++];

		*at = (struct sock_filter){.code = codes[data[0] & 7]};
		memcpy(&at->k, data + 2, 4);
		if (at->code == (BPF_LD | BPF_W | BPF_ABS))
			at->k = at->k % 16 * 4;
		else if (at->code == (BPF_JMP | BPF_JA))
			at->k %= left;
		else if (BPF_CLASS(at->code) == BPF_JMP) {
			at->jt = (uint8_t)(data[0] >> 3) % left;
			at->jf = (uint8_t)(data[1] % left);
		}
	}
	program->code[program->length++] =
		(struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t numbers[] = {0, 41, 435, 0x40000000};
	static struct program program;
	const struct architecture *arch = architecture_find("x86_64");

	make(&program, data, size);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		ask(&program, arch->audit, numbers[i], data, size);
	ask(&program, architecture_find("i386")->audit, 102, data, size);
	return 0;
}
