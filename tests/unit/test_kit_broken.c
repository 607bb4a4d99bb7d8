/* SPDX-License-Identifier: MIT */
/*
 * Compilers that are broken on purpose: each plants one mistake into what the real assembler made,
 * and none of their programs may be written. The substitute is linked in place of the real one;
 * the sources that ship know nothing of it.
 */
#include "../helpers/kit.h"

#include "kit/commands.h"

#include <sys/stat.h>
#include <unistd.h>

int assemble_rightly(const struct policy *native, const struct policy *compat, struct program *out,
		     struct refusal *why);
#define assemble assemble_rightly
#include "../../src/kit/assemble.c"
#undef assemble

typedef void mistake(struct program *program);

/* What the next program gets; NULL for none. */
static mistake *planted;

int
assemble(const struct policy *native, const struct policy *compat, struct program *out,
	 struct refusal *why)
{
	int result = assemble_rightly(native, compat, out, why);

	if (result == 0 && planted)
		planted(out);
	return result;
}

/* ---- the mistakes ---- */

static void
replace_returns(struct program *program, uint32_t from, uint32_t to)
{
	for (unsigned i = 0; i < program->length; i++)
		if (program->code[i].code == (BPF_RET | BPF_K) && program->code[i].k == from)
			program->code[i].k = to;
}

/* Puts an instruction in front of another; jumps over it grow by one. */
static void
insert(struct program *program, unsigned at, struct sock_filter instruction)
{
	for (unsigned i = 0; i < at; i++) {
		struct sock_filter *jump = &program->code[i];

		if (BPF_CLASS(jump->code) != BPF_JMP)
			continue;
		if (jump->code == (BPF_JMP | BPF_JA)) {
			jump->k += i + 1 + jump->k > at;
		} else {
			jump->jt = (uint8_t)(jump->jt + (i + 1U + jump->jt > at));
			jump->jf = (uint8_t)(jump->jf + (i + 1U + jump->jf > at));
		}
	}
	memmove(&program->code[at + 1], &program->code[at],
		(program->length - at) * sizeof(instruction));
	program->code[at] = instruction;
	program->length++;
}

static unsigned
find_load(const struct program *program, uint32_t least, uint32_t most)
{
	for (unsigned i = 0; i < program->length; i++)
		if (program->code[i].code == (BPF_LD | BPF_W | BPF_ABS) &&
		    program->code[i].k >= least && program->code[i].k <= most)
			return i;
	fail_msg("no such load in the program");
	return 0;
}

static struct sock_filter *
find_jump(struct program *program, uint16_t operation)
{
	for (unsigned i = 2; i < program->length; i++)
		if (program->code[i].code == (BPF_JMP | BPF_K | operation))
			return &program->code[i];
	fail_msg("no such jump in the program");
	return NULL;
}

static void
allows_everything(struct program *program)
{
	program->code[0] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	program->length = 1;
}

static void
denies_everything(struct program *program)
{
	program->code[0] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
	program->length = 1;
}

static void
ignores_the_architecture(struct program *program)
{
	program->code[1].jf = program->code[1].jt;
}

static void
is_for_another_architecture(struct program *program)
{
	program->code[1].k ^= 1;
}

static void
answers_foreign_calls_with_an_errno(struct program *program)
{
	replace_returns(program, SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_ERRNO | EPERM);
}

static void
kills_the_thread_alone(struct program *program)
{
	replace_returns(program, SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD);
}

static void
takes_x32_for_native(struct program *program)
{
	insert(program, find_load(program, 0, 0) + 1,
	       (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xbfffffff));
}

static void
has_no_canary(struct program *program)
{
	replace_returns(program, SECCOMP_RET_ERRNO | 4001, SECCOMP_RET_ERRNO | ENOSYS);
}

static void
confuses_the_errnos(struct program *program)
{
	replace_returns(program, SECCOMP_RET_ERRNO | EPERM, SECCOMP_RET_ERRNO | EACCES);
}

static void
denies_newer_calls_with_eperm(struct program *program)
{
	replace_returns(program, SECCOMP_RET_ERRNO | ENOSYS, SECCOMP_RET_ERRNO | EPERM);
}

static void
logs_instead_of_denying(struct program *program)
{
	replace_returns(program, SECCOMP_RET_ERRNO | EPERM, SECCOMP_RET_LOG);
}

static void
looks_at_an_argument_for_every_call(struct program *program)
{
	insert(program, 0, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 16));
}

static void
compares_the_lower_half_twice(struct program *program)
{
	for (unsigned i = 0; i < program->length; i++)
		if (program->code[i].code == (BPF_LD | BPF_W | BPF_ABS) && program->code[i].k >= 16)
			program->code[i].k &= ~4U;
}

static void
swaps_the_halves(struct program *program)
{
	for (unsigned i = 0; i < program->length; i++)
		if (program->code[i].code == (BPF_LD | BPF_W | BPF_ABS) && program->code[i].k >= 16)
			program->code[i].k ^= 4;
}

static void
looks_at_the_next_argument(struct program *program)
{
	for (unsigned i = 0; i < program->length; i++)
		if (program->code[i].code == (BPF_LD | BPF_W | BPF_ABS) && program->code[i].k >= 16)
			program->code[i].k += 8;
}

static void
forgets_a_mask(struct program *program)
{
	for (unsigned i = 0; i < program->length; i++)
		if (program->code[i].code == (BPF_ALU | BPF_AND | BPF_K))
			program->code[i].k = UINT32_MAX;
}

static void
tests_one_bit_of_a_mask(struct program *program)
{
	struct sock_filter *jump = find_jump(program, BPF_JSET);

	jump->k &= jump->k - 1;
}

static void
takes_greater_for_greater_or_equal(struct program *program)
{
	find_jump(program, BPF_JGE)->code = BPF_JMP | BPF_K | BPF_JGT;
}

static void
is_off_by_one(struct program *program)
{
	for (unsigned i = 2; i < program->length; i++)
		program->code[i].k += program->code[i].code == (BPF_JMP | BPF_K | BPF_JGE);
}

static void
takes_a_jump_the_wrong_way(struct program *program)
{
	struct sock_filter *jump = find_jump(program, BPF_JEQ);
	uint8_t other = jump->jt;

	jump->jt = jump->jf;
	jump->jf = other;
}

static void
loses_its_end(struct program *program)
{
	program->length--;
}

static void
jumps_out_of_the_program(struct program *program)
{
	find_jump(program, BPF_JGE)->jt = 255;
}

static const struct {
	const char *name;
	mistake *plant;
} mistakes[] = {
	{"allows everything", allows_everything},
	{"denies everything", denies_everything},
	{"ignores the architecture", ignores_the_architecture},
	{"is for another architecture", is_for_another_architecture},
	{"answers foreign calls with an errno", answers_foreign_calls_with_an_errno},
	{"kills the thread alone", kills_the_thread_alone},
	{"takes x32 for native", takes_x32_for_native},
	{"has no canary", has_no_canary},
	{"confuses the errnos", confuses_the_errnos},
	{"denies newer calls with EPERM", denies_newer_calls_with_eperm},
	{"logs instead of denying", logs_instead_of_denying},
	{"looks at an argument for every call", looks_at_an_argument_for_every_call},
	{"compares the lower half twice", compares_the_lower_half_twice},
	{"swaps the halves", swaps_the_halves},
	{"looks at the next argument", looks_at_the_next_argument},
	{"forgets a mask", forgets_a_mask},
	{"tests one bit less of a mask", tests_one_bit_of_a_mask},
	{"takes greater for greater or equal", takes_greater_for_greater_or_equal},
	{"is off by one", is_off_by_one},
	{"takes a jump the wrong way", takes_a_jump_the_wrong_way},
	{"loses its end", loses_its_end},
	{"jumps out of the program", jumps_out_of_the_program},
};

/* Something of every kind that the assembler emits. */
static const char profile_text[] =
	"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"archMap\":[{\"architecture\":\"SCMP_ARCH_X86_64\","
	"\"subArchitectures\":[\"SCMP_ARCH_X86\"]}],\"syscalls\":["
	"{\"names\":[\"read\",\"close\",\"mmap\",\"mseal\",\"getpid\",\"lseek\"],"
	"\"action\":\"SCMP_ACT_ALLOW\"},"
	"{\"names\":[\"clone\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":0,"
	"\"value\":2114060288,\"op\":\"SCMP_CMP_MASKED_EQ\"}]},"
	"{\"names\":[\"personality\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":0,"
	"\"value\":8,\"op\":\"SCMP_CMP_EQ\"}]},"
	"{\"names\":[\"socket\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":0,\"value\":40,"
	"\"op\":\"SCMP_CMP_LT\"},{\"index\":2,\"value\":255,\"valueTwo\":17,\"op\":"
	"\"SCMP_CMP_MASKED_EQ\"}]},"
	"{\"names\":[\"prctl\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":0,\"value\":"
	"8589934599,\"op\":\"SCMP_CMP_GE\"},{\"index\":1,\"value\":3,\"op\":\"SCMP_CMP_NE\"}]}]}";

/* In a directory of its own: profile.json, and out.c where the command is to write. */
static int
set_up(void **state)
{
	static char directory[] = "/tmp/stepdown-kit-broken.XXXXXX";
	struct refusal why;

	*state = mkdtemp(directory);
	if (!*state || chdir(directory) < 0)
		return -1;
	return file_write("profile.json", profile_text, strlen(profile_text), &why);
}

static int
tear_down(void **state)
{
	unlink("profile.json");
	unlink("out.c");
	return chdir("/") < 0 || rmdir(*state) < 0 ? -1 : 0;
}

static int
embed(bool compat)
{
	const char *const arguments[] = {"embed",
					 "--profile",
					 "profile.json",
					 "--name",
					 "broken",
					 "-o",
					 "out.c",
					 "--arch",
					 "x86_64",
					 "--quiet",
					 compat ? "--compat" : NULL,
					 NULL};

	return kit_run(command_embed, arguments);
}

static void
test_what_the_real_compiler_makes_is_written(void **state)
{
	(void)state;
	planted = NULL;
	assert_int_equal(embed(false), STATUS_FINE);
	assert_int_equal(access("out.c", F_OK), 0);
	assert_int_equal(embed(true), STATUS_FINE);
}

static void
test_no_mistake_is_written(void **state)
{
	(void)state;
	for (int compat = 0; compat < 2; compat++)
		for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
			unlink("out.c");
			planted = mistakes[i].plant;
			if (embed(compat) != STATUS_FAILED || access("out.c", F_OK) == 0)
				fail_msg("a compiler that %s goes unnoticed", mistakes[i].name);
		}
	planted = NULL;
}

static void
test_an_older_output_is_left_alone(void **state)
{
	struct refusal why;
	char *bytes;
	size_t length;

	(void)state;
	assert_int_equal(file_write("out.c", "before", 6, &why), 0);
	planted = has_no_canary;
	assert_int_equal(embed(false), STATUS_FAILED);
	planted = NULL;
	assert_int_equal(file_read("out.c", &bytes, &length, &why), 0);
	assert_int_equal(length, 6);
	assert_memory_equal(bytes, "before", 6);
	free(bytes);
}

/* libseccomp's program alone, without the plain reading, finds what both of them can see. */
static void
test_the_second_opinion_alone_finds_mistakes(void **state)
{
	static mistake *const visible[] = {
		allows_everything,          denies_everything,       confuses_the_errnos,
		logs_instead_of_denying,    tests_one_bit_of_a_mask, takes_a_jump_the_wrong_way,
		looks_at_the_next_argument, is_off_by_one,           loses_its_end};
	struct profile profile;
	struct notes notes = {0};
	struct refusal why;
	struct second_counts counts;
	struct service service = kit_service("x86_64");
	struct compiled *compiled = calloc(1, sizeof(*compiled));
	struct program *spoiled = calloc(1, sizeof(*spoiled));

	(void)state;
	planted = NULL;
	kit_parse("{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":[\"read\","
		  "\"close\",\"mmap\",\"getpid\",\"lseek\",\"poll\"],\"action\":"
		  "\"SCMP_ACT_ALLOW\"},{\"names\":[\"clone\"],\"action\":\"SCMP_ACT_ALLOW\","
		  "\"args\":[{\"index\":0,\"value\":2114060288,\"op\":\"SCMP_CMP_MASKED_EQ\"}]}]}",
		  &profile, &notes);
	kit_compile(&profile, &service, false, compiled, &notes);
	for (size_t i = 0; i < sizeof(visible) / sizeof(visible[0]); i++) {
		*spoiled = compiled->program;
		visible[i](spoiled);
		if (second_opinion(spoiled, &profile, &service, service.native, &counts, &why) == 0)
			fail_msg("mistake %zu goes unnoticed", i);
	}
	assert_int_equal(second_opinion(&compiled->program, &profile, &service, service.native,
					&counts, &why),
			 0);
	profile_free(&profile);
	free(compiled);
	free(spoiled);
}

/* ---- every instruction, changed in every small way ---- */

static const char *const changes[] = {"constant + 1",     "constant - 1",      "jumps swapped",
				      "true jump longer", "false jump longer", "next comparison"};
enum { CHANGES = sizeof(changes) / sizeof(changes[0]) };

/* Returns false where the change makes no sense for this instruction. */
static bool
change(struct sock_filter *at, unsigned kind)
{
	bool jump = BPF_CLASS(at->code) == BPF_JMP && BPF_OP(at->code) != BPF_JA;
	uint8_t yes = at->jt;

	if (kind < 2) {
		at->k += kind == 0 ? 1 : UINT32_MAX;
		return true;
	}
	if (!jump || (kind == 2 && at->jt == at->jf))
		return false;
	if (kind == 2) {
		at->jt = at->jf;
		at->jf = yes;
	} else if (kind == 3) {
		at->jt++;
	} else if (kind == 4) {
		at->jf++;
	} else {
		static const uint8_t next[] = {[BPF_JEQ >> 4] = BPF_JGE,
					       [BPF_JGE >> 4] = BPF_JGT,
					       [BPF_JGT >> 4] = BPF_JSET,
					       [BPF_JSET >> 4] = BPF_JEQ};
		at->code = (uint16_t)(BPF_JMP | BPF_K | next[BPF_OP(at->code) >> 4]);
	}
	return true;
}

/* Whether two programs answer alike wherever a boundary of either could be: brute force. */
static bool
behave_alike(const struct program *one, const struct program *other)
{
	static const uint64_t values[] = {0,
					  1,
					  2,
					  3,
					  4,
					  7,
					  8,
					  9,
					  17,
					  39,
					  40,
					  41,
					  255,
					  273,
					  0x00020000,
					  0x02000000,
					  0x10000000,
					  0x7e020000,
					  0x40000000,
					  UINT64_C(0x100000000),
					  UINT64_C(0x100000008),
					  UINT64_C(0x200000006),
					  UINT64_C(0x200000007),
					  UINT64_C(0x300000000),
					  UINT64_MAX};
	size_t count = sizeof(values) / sizeof(values[0]);

	for (uint32_t number = 0; number < 600; number++)
		for (size_t a = 0; a < count; a++)
			for (size_t b = 0; b < count; b++) {
				struct seccomp_data data = {
					.nr = (int)number,
					.arch = 0xc000003e,
					.args = {values[a], values[b], values[b]}};
				struct verdict first, second;

				if (evaluate(one->code, one->length, &data, &first) < 0 ||
				    evaluate(other->code, other->length, &data, &second) < 0 ||
				    first.action != second.action || first.cached != second.cached)
					return false;
			}
	return true;
}

static void
test_every_small_change_that_matters_is_found(void **state)
{
	struct profile profile;
	struct notes notes = {0};
	struct service service = kit_service("x86_64");
	struct compiled *compiled = calloc(1, sizeof(*compiled));
	struct program *right = calloc(1, sizeof(*right));
	unsigned tried = 0, harmless = 0;

	(void)state;
	planted = NULL;
	kit_parse(profile_text, &profile, &notes);
	kit_compile(&profile, &service, false, compiled, &notes);
	*right = compiled->program;
	for (unsigned i = 0; i < right->length; i++)
		for (unsigned kind = 0; kind < CHANGES; kind++) {
			struct refusal why;

			compiled->program = *right;
			if (!change(&compiled->program.code[i], kind))
				continue;
			tried++;
			if (compile_check(compiled, &profile, &service, &why) < 0)
				continue;
			harmless++;
			if (!behave_alike(right, &compiled->program))
				fail_msg("instruction %u, %s: goes unnoticed", i, changes[kind]);
		}
	print_message("%u changes, %u without effect\n", tried, harmless);
	assert_true(tried > 200);
	assert_true(harmless * 20 < tried);
	profile_free(&profile);
	free(compiled);
	free(right);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_the_real_compiler_makes_is_written),
		cmocka_unit_test(test_no_mistake_is_written),
		cmocka_unit_test(test_an_older_output_is_left_alone),
		cmocka_unit_test(test_the_second_opinion_alone_finds_mistakes),
		cmocka_unit_test(test_every_small_change_that_matters_is_found),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
