/* SPDX-License-Identifier: MIT */
/* What a profile means: each rule about rules, asked of the compiled program. */
#include "../helpers/kit.h"

#define PROFILE(default_action, rules)                                                             \
	"{\"defaultAction\":\"SCMP_ACT_" default_action "\",\"syscalls\":[" rules "]}"
#define RULE(name, action, more)                                                                   \
	"{\"names\":[\"" name "\"],\"action\":\"SCMP_ACT_" action "\"" more "}"
#define ARG(index, op, value) "{\"index\":" index ",\"op\":\"SCMP_CMP_" op "\",\"value\":" value "}"
#define ARGS(list) ",\"args\":[" list "]"
#define HIGH (UINT64_C(0xdeadbeef) << 32)

struct question {
	const char *profile;
	const char *name;
	uint64_t arguments[3];
	uint32_t answer;
};

static void
ask_all(const struct question *rows, size_t count)
{
	struct compiled *compiled = calloc(1, sizeof(*compiled));

	for (size_t i = 0; i < count; i++) {
		struct profile profile;
		struct notes notes = {0};
		struct service service = kit_service("x86_64");

		kit_parse(rows[i].profile, &profile, &notes);
		kit_compile(&profile, &service, false, compiled, &notes);
		uint32_t answer = kit_ask_name(&compiled->program, "x86_64", rows[i].name,
					       rows[i].arguments[0], rows[i].arguments[1],
					       rows[i].arguments[2]);
		if (answer != rows[i].answer)
			fail_msg("row %zu: %s: 0x%x, not 0x%x", i, rows[i].name, answer,
				 rows[i].answer);
		notes_free(&notes);
		profile_free(&profile);
	}
	free(compiled);
}

static void
test_rules_are_weighed_as_documented(void **state)
{
	static const struct question rows[] = {
		/* denied by default, and above the newest */
		{PROFILE("ERRNO", RULE("write", "ALLOW", "")), "read", {0}, KIT_ERRNO(EPERM)},
		{PROFILE("ERRNO", RULE("write", "ALLOW", "")), "write", {0}, KIT_ALLOW},
		{PROFILE("ERRNO", RULE("write", "ALLOW", "")), "open", {0}, KIT_ERRNO(ENOSYS)},
		/* a rule that says what the default says makes its call known, and nothing else */
		{PROFILE("ERRNO", RULE("write", "ALLOW", "") "," RULE("open", "ERRNO", "")),
		 "open",
		 {0},
		 KIT_ERRNO(EPERM)},
		{PROFILE("ERRNO", RULE("open", "ERRNO", ARGS(ARG("0", "EQ", "1"))) "," RULE(
					  "open", "ALLOW", ARGS(ARG("0", "LT", "9")))),
		 "open",
		 {1},
		 KIT_ALLOW},
		/* one without conditions beats those with */
		{PROFILE("ERRNO", RULE("open", "TRAP",
				       ARGS(ARG("0", "EQ", "1"))) "," RULE("open", "ALLOW", "")),
		 "open",
		 {1},
		 KIT_ALLOW},
		/* the most restrictive of several */
		{PROFILE("ERRNO", RULE("open", "ALLOW", "") "," RULE("open", "TRAP", "") "," RULE(
					  "open", "LOG", "")),
		 "open",
		 {0},
		 SECCOMP_RET_TRAP},
		{PROFILE("KILL", RULE("open", "ALLOW", "") "," RULE("open", "LOG", "")),
		 "open",
		 {0},
		 SECCOMP_RET_LOG},
		{PROFILE("ERRNO",
			 RULE("open", "ALLOW", ARGS(ARG("0", "GE", "1"))) "," RULE(
				 "open", "KILL_PROCESS",
				 ARGS(ARG("0", "GE", "3"))) "," RULE("open", "TRAP",
								     ARGS(ARG("0", "GE", "2")))),
		 "open",
		 {3},
		 SECCOMP_RET_KILL_PROCESS},
		{PROFILE("ERRNO", RULE("open", "ALLOW", ARGS(ARG("0", "GE", "1"))) "," RULE(
					  "open", "TRAP", ARGS(ARG("0", "GE", "2")))),
		 "open",
		 {2},
		 SECCOMP_RET_TRAP},
		/* of equals the first */
		{PROFILE("KILL", RULE("open", "ERRNO", ",\"errnoRet\":5") "," RULE(
					 "open", "ERRNO", ",\"errnoRet\":6")),
		 "open",
		 {0},
		 KIT_ERRNO(5)},
		{PROFILE("KILL", RULE("open", "ERRNO",
				      ",\"errnoRet\":5" ARGS(ARG(
					      "0", "GT", "1"))) "," RULE("open", "ERRNO",
									 ",\"errnoRet\":6" ARGS(ARG(
										 "0", "GT", "0")))),
		 "open",
		 {2},
		 KIT_ERRNO(5)},
		/* arguments are ANDed, unless one is named twice */
		{PROFILE("ERRNO",
			 RULE("open", "ALLOW", ARGS(ARG("0", "EQ", "1") "," ARG("1", "EQ", "2")))),
		 "open",
		 {1, 3},
		 KIT_ERRNO(EPERM)},
		{PROFILE("ERRNO",
			 RULE("open", "ALLOW", ARGS(ARG("0", "EQ", "1") "," ARG("1", "EQ", "2")))),
		 "open",
		 {1, 2},
		 KIT_ALLOW},
		{PROFILE("ERRNO", RULE("open", "ALLOW",
				       ARGS(ARG("0", "EQ", "1") "," ARG("0", "EQ", "2") "," ARG(
					       "1", "EQ", "7")))),
		 "open",
		 {2, 0},
		 KIT_ALLOW},
		{PROFILE("ERRNO", RULE("open", "ALLOW",
				       ARGS(ARG("0", "EQ", "1") "," ARG("0", "EQ", "2") "," ARG(
					       "1", "EQ", "7")))),
		 "open",
		 {0, 7},
		 KIT_ALLOW},
		{PROFILE("ERRNO", RULE("open", "ALLOW",
				       ARGS(ARG("0", "EQ", "1") "," ARG("0", "EQ", "2") "," ARG(
					       "1", "EQ", "7")))),
		 "open",
		 {3, 6},
		 KIT_ERRNO(EPERM)},
		/* a profile of denials lets newer calls pass */
		{PROFILE("ALLOW", RULE("read", "ERRNO", "")), "mseal", {0}, KIT_ALLOW},
		{PROFILE("ALLOW", RULE("read", "ERRNO", "")), "read", {0}, KIT_ERRNO(EPERM)},
		{PROFILE("KILL_PROCESS", RULE("read", "ALLOW", "")),
		 "mseal",
		 {0},
		 KIT_ERRNO(ENOSYS)},
	};

	(void)state;
	ask_all(rows, sizeof(rows) / sizeof(rows[0]));
}

#define ONE(op, value) PROFILE("ERRNO", RULE("open", "ALLOW", ARGS(ARG("1", op, value))))
#define TWO(op, value)                                                                             \
	PROFILE("ERRNO", RULE("open", "ALLOW", ARGS(ARG("1", op, value) "," ARG("2", "NE", "77"))))
#define BOTH(op, value, argument, answer)                                                          \
	{ONE(op, value), "open", {0, argument}, answer},                                           \
	{                                                                                          \
		TWO(op, value), "open", {0, argument}, answer                                      \
	}

static void
test_values_are_compared_unsigned_and_whole(void **state)
{
	static const struct question rows[] = {
		BOTH("EQ", "5", 5, KIT_ALLOW),
		BOTH("EQ", "5", HIGH | 5, KIT_ERRNO(EPERM)),
		BOTH("EQ", "4294967301", 5, KIT_ERRNO(EPERM)),
		BOTH("EQ", "4294967301", UINT64_C(4294967301), KIT_ALLOW),
		BOTH("NE", "5", 5, KIT_ERRNO(EPERM)),
		BOTH("NE", "5", HIGH | 5, KIT_ALLOW),
		BOTH("LT", "5", 4, KIT_ALLOW),
		BOTH("LT", "5", 5, KIT_ERRNO(EPERM)),
		BOTH("LT", "5", HIGH, KIT_ERRNO(EPERM)),
		BOTH("LT", "8589934592", UINT64_C(8589934591), KIT_ALLOW),
		BOTH("LT", "8589934592", UINT64_C(8589934592), KIT_ERRNO(EPERM)),
		BOTH("LE", "5", 5, KIT_ALLOW),
		BOTH("LE", "5", 6, KIT_ERRNO(EPERM)),
		BOTH("LE", "18446744073709551615", UINT64_MAX, KIT_ALLOW),
		BOTH("GE", "5", 5, KIT_ALLOW),
		BOTH("GE", "5", 4, KIT_ERRNO(EPERM)),
		BOTH("GE", "5", HIGH, KIT_ALLOW),
		BOTH("GE", "9223372036854775808", UINT64_C(1) << 63, KIT_ALLOW),
		BOTH("GE", "9223372036854775808", (UINT64_C(1) << 63) - 1, KIT_ERRNO(EPERM)),
		BOTH("GT", "5", 5, KIT_ERRNO(EPERM)),
		BOTH("GT", "5", 6, KIT_ALLOW),
		BOTH("GT", "18446744073709551614", UINT64_MAX, KIT_ALLOW),
		BOTH("GT", "18446744073709551615", UINT64_MAX, KIT_ERRNO(EPERM)),
		BOTH("MASKED_EQ", "255", 256, KIT_ALLOW),
		BOTH("MASKED_EQ", "255", 255, KIT_ERRNO(EPERM)),
		BOTH("MASKED_EQ", "4294967295", HIGH, KIT_ALLOW),
		BOTH("MASKED_EQ", "18446744069414584320", 5, KIT_ALLOW),
		BOTH("MASKED_EQ", "18446744069414584320", HIGH, KIT_ERRNO(EPERM)),
		BOTH("MASKED_EQ", "0", HIGH | 5, KIT_ALLOW),
	};

	(void)state;
	ask_all(rows, sizeof(rows) / sizeof(rows[0]));
}

/* Docker's datum stands in valueTwo, and what lies outside the mask does not count. */
static void
test_a_mask_is_applied_to_both_sides(void **state)
{
	static const char profile[] =
		PROFILE("ERRNO", RULE("open", "ALLOW",
				      ",\"args\":[{\"index\":0,\"op\":\"SCMP_CMP_MASKED_EQ\","
				      "\"value\":10,\"valueTwo\":6}]"));
	static const struct question rows[] = {
		{profile, "open", {2}, KIT_ALLOW},        {profile, "open", {6}, KIT_ALLOW},
		{profile, "open", {HIGH | 2}, KIT_ALLOW}, {profile, "open", {10}, KIT_ERRNO(EPERM)},
		{profile, "open", {0}, KIT_ERRNO(EPERM)},
	};

	(void)state;
	ask_all(rows, sizeof(rows) / sizeof(rows[0]));
}

static void
test_every_program_keeps_what_no_profile_can_take_away(void **state)
{
	static const char *const profiles[] = {
		PROFILE("ERRNO", RULE("read", "ALLOW", "")),
		PROFILE("KILL_PROCESS", RULE("read", "ALLOW", "")),
		PROFILE("KILL_PROCESS",
			RULE("exit_group", "ERRNO",
			     "") "," RULE("rt_sigreturn", "KILL",
					  "") "," RULE("exit", "TRAP", ARGS(ARG("0", "EQ", "1")))),
		PROFILE("ALLOW", RULE("exit_group", "KILL_PROCESS", "")),
		PROFILE("ALLOW", ""),
	};
	static const char *const always[] = {
		"exit",   "exit_group", "rt_sigreturn", "restart_syscall",
		"execve", "uretprobe",  "uprobe"};
	struct compiled *compiled = calloc(1, sizeof(*compiled));

	(void)state;
	for (size_t i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++) {
		struct profile profile;
		struct notes notes = {0};
		struct service service = kit_service("x86_64");
		const struct program *program = &compiled->program;

		kit_parse(profiles[i], &profile, &notes);
		kit_compile(&profile, &service, false, compiled, &notes);
		for (size_t c = 0; c < sizeof(always) / sizeof(always[0]); c++)
			assert_int_equal(kit_ask_name(program, "x86_64", always[c], 1, 1, 1),
					 KIT_ALLOW);
		assert_int_equal(kit_ask_name(program, "x86_64", "seccomp", 0x7ffffffe, 0, 0),
				 KIT_ERRNO(4001));
		assert_int_equal(kit_ask(program, "x86_64", 0x40000000, 0, 0, 0),
				 KIT_ERRNO(ENOSYS));
		assert_int_equal(kit_ask(program, "x86_64", 0x400001ff, 0, 0, 0),
				 KIT_ERRNO(ENOSYS));
		assert_int_equal(kit_ask(program, "x86_64", UINT32_MAX, 0, 0, 0),
				 KIT_ERRNO(ENOSYS));
		assert_int_equal(kit_ask(program, "i386", 1, 0, 0, 0), SECCOMP_RET_KILL_PROCESS);
		assert_int_equal(kit_ask(program, "aarch64", 93, 0, 0, 0),
				 SECCOMP_RET_KILL_PROCESS);
		notes_free(&notes);
		profile_free(&profile);
	}
	free(compiled);
}

/* Whatever the profile says about its call, in both halves of a program; nothing else changes. */
static void
test_the_canary_goes_before_what_the_profile_says_of_its_call(void **state)
{
	static const struct {
		const char *rules;
		uint32_t other; /* for another operation */
	} rows[] = {
		{RULE("read", "ALLOW", ""), KIT_ERRNO(ENOSYS)},
		{RULE("read", "ALLOW", "") "," RULE("mseal", "ALLOW", ""), KIT_ERRNO(EPERM)},
		{RULE("seccomp", "ALLOW", ""), KIT_ALLOW},
		{RULE("seccomp", "KILL_PROCESS", ""), SECCOMP_RET_KILL_PROCESS},
		{RULE("seccomp", "TRAP", ARGS(ARG("0", "GE", "2"))), SECCOMP_RET_TRAP},
		{RULE("seccomp", "ALLOW", ARGS(ARG("0", "EQ", "3") "," ARG("1", "NE", "7"))),
		 KIT_ALLOW},
	};
	static const char *const arches[] = {"x86_64", "i386"};
	struct compiled *compiled = calloc(1, sizeof(*compiled));

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[1024];
		struct profile profile;
		struct notes notes = {0};
		struct service service = kit_service("x86_64");

		snprintf(text, sizeof(text),
			 "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"architectures\":"
			 "[\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X86\"],\"syscalls\":[%s]}",
			 rows[i].rules);
		kit_parse(text, &profile, &notes);
		kit_compile(&profile, &service, true, compiled, &notes);
		for (size_t a = 0; a < 2; a++) {
			const struct program *program = &compiled->program;

			assert_int_equal(
				kit_ask_name(program, arches[a], "seccomp", 0x7ffffffe, 0, 0),
				KIT_ERRNO(4001));
			/* The kernel reads the lower half alone. */
			assert_int_equal(kit_ask_name(program, arches[a], "seccomp",
						      HIGH | 0x7ffffffe, 7, 7),
					 KIT_ERRNO(4001));
			assert_int_equal(kit_ask_name(program, arches[a], "seccomp", 3, 0, 0),
					 rows[i].other);
		}
		notes_free(&notes);
		profile_free(&profile);
	}
	free(compiled);
}

#define ONLY(fields)                                                                               \
	PROFILE("ERRNO", RULE("open", "ALLOW", "," fields) "," RULE("mseal", "ALLOW", ""))

static void
test_includes_and_excludes_are_asked_for_the_service(void **state)
{
	static const char *const kill_chown[] = {"CAP_KILL", "CAP_CHOWN"};
	static const struct {
		const char *profile, *arch;
		size_t caps;
		unsigned kernel[2];
		bool applies;
	} rows[] = {
		{ONLY("\"includes\":{\"arches\":[\"amd64\"]}"), "x86_64", 0, {6, 1}, true},
		{ONLY("\"includes\":{\"arches\":[\"arm64\",\"x86\"]}"), "x86_64", 0, {6, 1}, false},
		{ONLY("\"excludes\":{\"arches\":[\"amd64\"]}"), "x86_64", 0, {6, 1}, false},
		{ONLY("\"excludes\":{\"arches\":[\"s390\"]}"), "x86_64", 0, {6, 1}, true},
		{ONLY("\"includes\":{\"caps\":[\"CAP_KILL\"]}"), "x86_64", 0, {6, 1}, false},
		{ONLY("\"includes\":{\"caps\":[\"CAP_KILL\"]}"), "x86_64", 1, {6, 1}, true},
		{ONLY("\"includes\":{\"caps\":[\"CAP_KILL\",\"CAP_CHOWN\"]}"),
		 "x86_64",
		 1,
		 {6, 1},
		 false},
		{ONLY("\"includes\":{\"caps\":[\"CAP_KILL\",\"CAP_CHOWN\"]}"),
		 "x86_64",
		 2,
		 {6, 1},
		 true},
		{ONLY("\"excludes\":{\"caps\":[\"CAP_CHOWN\",\"CAP_KILL\"]}"),
		 "x86_64",
		 1,
		 {6, 1},
		 false},
		{ONLY("\"excludes\":{\"caps\":[\"CAP_CHOWN\"]}"), "x86_64", 1, {6, 1}, true},
		{ONLY("\"includes\":{\"minKernel\":\"6.1\"}"), "x86_64", 0, {6, 1}, true},
		{ONLY("\"includes\":{\"minKernel\":\"6.2\"}"), "x86_64", 0, {6, 1}, false},
		{ONLY("\"includes\":{\"minKernel\":\"5.99\"}"), "x86_64", 0, {6, 1}, true},
		{ONLY("\"includes\":{\"minKernel\":\"5.8\"}"), "x86_64", 0, {4, 19}, false},
		{ONLY("\"excludes\":{\"minKernel\":\"5.8\"}"), "x86_64", 0, {6, 1}, false},
		{ONLY("\"excludes\":{\"minKernel\":\"5.8\"}"), "x86_64", 0, {5, 7}, true},
		{ONLY("\"includes\":{},\"excludes\":{}"), "x86_64", 0, {6, 1}, true},
	};
	struct compiled *compiled = calloc(1, sizeof(*compiled));

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct profile profile;
		struct notes notes = {0};
		struct service service = {architecture_find(rows[i].arch),
					  kill_chown,
					  rows[i].caps,
					  {rows[i].kernel[0], rows[i].kernel[1]}};

		kit_parse(rows[i].profile, &profile, &notes);
		kit_compile(&profile, &service, false, compiled, &notes);
		uint32_t answer = kit_ask_name(&compiled->program, rows[i].arch, "open", 0, 0, 0);
		if (answer != (rows[i].applies ? KIT_ALLOW : KIT_ERRNO(EPERM)))
			fail_msg("row %zu answers 0x%x", i, answer);
		notes_free(&notes);
		profile_free(&profile);
	}
	free(compiled);
}

static const struct {
	const char *profile, *arch;
	bool compat;
	const char *why;
} refused[] = {
	{PROFILE("ERRNO", ""), "x86_64", false, "has no rule for any call of x86_64"},
	{PROFILE("ERRNO", RULE("raed", "ALLOW", "")), "x86_64", false, "has no rule for any call"},
	{PROFILE("ERRNO", RULE("socketcall", "ALLOW", "")), "x86_64", false,
	 "has no rule for any call"},
	{PROFILE("ALLOW", RULE("execve", "ERRNO", "")), "x86_64", false,
	 "syscalls[0]: denies execve"},
	{PROFILE("ERRNO", RULE("read", "ALLOW", "") "," RULE("execve", "ERRNO", "")), "x86_64",
	 false, "syscalls[1]: denies execve"},
	{PROFILE("ERRNO", RULE("execve", "KILL", ARGS(ARG("0", "EQ", "0")))), "x86_64", false,
	 "denies execve"},
	{PROFILE("ERRNO", RULE("read", "ALLOW", "")), "i386", false, "64-bit sibling"},
	{PROFILE("ERRNO", RULE("read", "ALLOW", "")), "x86_64", true, "do not name SCMP_ARCH_X86"},
	{"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"architectures\":[\"SCMP_ARCH_AARCH64\"],"
	 "\"syscalls\":[" RULE("read", "ALLOW", "") "]}",
	 "x86_64", false, "is not for x86_64"},
	{"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"archMap\":[{\"architecture\":\"SCMP_ARCH_X86_"
	 "64\","
	 "\"subArchitectures\":[\"SCMP_ARCH_X32\"]}],\"syscalls\":[" RULE("read", "ALLOW", "") "]}",
	 "x86_64", true, "not for the 32-bit calls"},
};

static void
test_what_cannot_be_compiled_is_refused(void **state)
{
	struct compiled *compiled = calloc(1, sizeof(*compiled));

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct profile profile;
		struct notes notes = {0};
		struct refusal why = {.text = ""};
		struct service service = kit_service(refused[i].arch);

		kit_parse(refused[i].profile, &profile, &notes);
		assert_int_equal(compile_program(&profile, &service, refused[i].compat, compiled,
						 &notes, &why),
				 -1);
		if (!strstr(why.text, refused[i].why))
			fail_msg("row %zu: \"%s\", not \"%s\"", i, why.text, refused[i].why);
		notes_free(&notes);
		profile_free(&profile);
	}
	free(compiled);
}

/* More conditions than the kernel's 4096 instructions hold. */
static void
test_a_program_that_is_too_long_is_refused(void **state)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);
	struct profile profile;
	struct notes notes = {0};
	struct refusal why = {.text = ""};
	struct service service = kit_service("x86_64");
	struct compiled *compiled = calloc(1, sizeof(*compiled));

	(void)state;
	fputs("{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[", out);
	for (unsigned i = 0; i < 1200; i++)
		fprintf(out,
			"%s{\"names\":[\"open\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":[{"
			"\"index\":0,"
			"\"value\":%u,\"op\":\"SCMP_CMP_EQ\"},{\"index\":1,\"value\":%u,\"op\":"
			"\"SCMP_CMP_EQ\"}]}",
			i ? "," : "", i * 7, i * 3);
	fputs("]}", out);
	fclose(out);
	kit_parse(text, &profile, &notes);
	assert_int_equal(compile_program(&profile, &service, false, compiled, &notes, &why), -1);
	assert_non_null(strstr(why.text, "4096 instructions"));
	profile_free(&profile);
	free(compiled);
	free(text);
}

/*
 * Hundreds of calls with conditions: their code lies farther away than a conditional jump reaches,
 * and so do the answers at its end. The checks of compile_program follow every jump.
 */
static void
test_a_long_program_jumps_as_far_as_it_must(void **state)
{
	static const char *const arches[] = {"x86_64", "aarch64"};
	struct compiled *compiled = calloc(1, sizeof(*compiled));

	(void)state;
	for (size_t a = 0; a < 2; a++) {
		const struct architecture *arch = architecture_find(arches[a]);
		struct profile profile;
		struct notes notes = {0};
		struct service service = kit_service(arches[a]);
		char *text = NULL;
		size_t length;
		FILE *out = open_memstream(&text, &length);

		fputs("{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[", out);
		fputs("{\"names\":[\"write\"],\"action\":\"SCMP_ACT_LOG\"}", out);
		for (uint32_t number = 100; number < 300; number++) {
			const char *name = call_name(arch, number);

			if (!name || strncmp(name, "exec", 4) == 0 ||
			    strncmp(name, "exit", 4) == 0 || strcmp(name, "rt_sigreturn") == 0 ||
			    strcmp(name, "restart_syscall") == 0)
				continue;
			fprintf(out,
				",{\"names\":[\"%s\"],\"action\":\"SCMP_ACT_%s\",\"args\":[{"
				"\"index\":0,"
				"\"value\":%u,\"op\":\"SCMP_CMP_EQ\"},{\"index\":1,\"value\":%u,"
				"\"op\":\"SCMP_CMP_EQ\"}]}",
				name, number % 3 ? "ALLOW" : "TRAP", number * 7, number * 3);
		}
		fputs("]}", out);
		fclose(out);
		kit_parse(text, &profile, &notes);
		kit_compile(&profile, &service, false, compiled, &notes);
		assert_in_range(compiled->program.length, 1200, 4096);
		notes_free(&notes);
		profile_free(&profile);
		free(text);
	}
	free(compiled);
}

static void
test_what_the_author_should_hear_is_noted(void **state)
{
	static const struct {
		const char *profile, *note;
	} rows[] = {
		{PROFILE("ERRNO", RULE("read\",\"raed", "ALLOW", "")), "no call is named \"raed\""},
		{PROFILE("ERRNO", RULE("read", "ALLOW", "") "," RULE("read", "TRAP", "")),
		 "read: two rules without conditions say ALLOW and TRAP"},
		{PROFILE("ERRNO", RULE("read", "ALLOW", "") "," RULE("read", "TRAP",
								     ARGS(ARG("0", "EQ", "1")))),
		 "read: a rule without conditions overrules"},
		{PROFILE("ERRNO", RULE("read", "ALLOW", "") "," RULE("exit_group", "KILL", "")),
		 "exit_group: allowed whatever the profile says"},
	};
	struct compiled *compiled = calloc(1, sizeof(*compiled));

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct profile profile;
		struct notes notes = {0};
		struct service service = kit_service("x86_64");

		kit_parse(rows[i].profile, &profile, &notes);
		kit_compile(&profile, &service, false, compiled, &notes);
		if (!kit_noted(&notes, rows[i].note))
			fail_msg("nobody says: %s", rows[i].note);
		notes_free(&notes);
		profile_free(&profile);
	}
	free(compiled);
}

/* The kernel hands on whatever a 64-bit program leaves above the 32 bits of int 0x80's registers.
 */
static void
test_of_a_32_bit_call_the_lower_half_alone_counts(void **state)
{
	static const char text[] =
		"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"architectures\":[\"SCMP_ARCH_X86_64\","
		"\"SCMP_ARCH_X86\"],\"syscalls\":[" RULE(
			"open", "ERRNO",
			ARGS(ARG("0", "EQ",
				 "5"))) "," RULE("close", "ERRNO",
						 ARGS(ARG("0", "GE", "9") "," ARG(
							 "1", "EQ",
							 "1"))) "," RULE("dup", "ERRNO",
									 ARGS(ARG("0", "EQ",
										  "429496730"
										  "1"))) "]}";
	struct profile profile;
	struct notes notes = {0};
	struct service service = kit_service("x86_64");
	struct compiled *compiled = calloc(1, sizeof(*compiled));
	const struct program *program = &compiled->program;

	(void)state;
	kit_parse(text, &profile, &notes);
	kit_compile(&profile, &service, true, compiled, &notes);
	assert_int_equal(kit_ask_name(program, "i386", "open", HIGH | 5, 0, 0), KIT_ERRNO(EPERM));
	assert_int_equal(kit_ask_name(program, "x86_64", "open", HIGH | 5, 0, 0), KIT_ALLOW);
	assert_int_equal(kit_ask_name(program, "i386", "close", HIGH | 9, HIGH | 1, 0),
			 KIT_ERRNO(EPERM));
	assert_int_equal(kit_ask_name(program, "i386", "close", HIGH | 8, 1, 0), KIT_ALLOW);
	assert_int_equal(kit_ask_name(program, "i386", "dup", UINT64_C(4294967301), 0, 0),
			 KIT_ALLOW);
	profile_free(&profile);
	free(compiled);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules_are_weighed_as_documented),
		cmocka_unit_test(test_values_are_compared_unsigned_and_whole),
		cmocka_unit_test(test_a_mask_is_applied_to_both_sides),
		cmocka_unit_test(test_every_program_keeps_what_no_profile_can_take_away),
		cmocka_unit_test(test_the_canary_goes_before_what_the_profile_says_of_its_call),
		cmocka_unit_test(test_includes_and_excludes_are_asked_for_the_service),
		cmocka_unit_test(test_what_cannot_be_compiled_is_refused),
		cmocka_unit_test(test_a_program_that_is_too_long_is_refused),
		cmocka_unit_test(test_a_long_program_jumps_as_far_as_it_must),
		cmocka_unit_test(test_what_the_author_should_hear_is_noted),
		cmocka_unit_test(test_of_a_32_bit_call_the_lower_half_alone_counts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
