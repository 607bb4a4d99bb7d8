/* SPDX-License-Identifier: MIT */
#include "../helpers/kit.h"

#include "kit/action.h"

#define RULE(fields) "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{" fields "}]}"
#define READ "\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\""
#define ARGS(fields) RULE(READ ",\"args\":[{" fields "}]")

/* Each is refused, with a sentence that contains the second column. */
static const struct {
	const char *text, *why;
} refused[] = {
	{"", "too early"},
	{"{", "line 1: not JSON"},
	{"[]", "must be an object"},
	{"null", "too early"},
	{"{\"defaultAction\":\"SCMP_ACT_ALLOW\",}", "not JSON"},
	{"{\"defaultAction\":\"SCMP_ACT_ALLOW\"} x", "not JSON"},
	{"{\"defaultAction\":\"SCMP_ACT_ALLOW\"}{}", "not JSON"},
	{"{\n// no\n\"defaultAction\":\"SCMP_ACT_ALLOW\"}", "line 2: not JSON"},
	{"{'defaultAction':'SCMP_ACT_ALLOW'}", "not JSON"},
	{"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\n\"defaultAction\":\"SCMP_ACT_ERRNO\"}",
	 "line 2: the key \"defaultAction\" is given twice"},
	{"{\"default\\u0041ction\":\"SCMP_ACT_ALLOW\"}", "written with escapes"},
	{"{\"defaultAction\":\"SCMP_ACT_ALLOW\\u0000\"}", "contains a NUL"},
	{"{\"defaultAction\":\n\"SCMP_ACT\t_ALLOW\"}", "line 2: a control character"},
	{"{\"default\006Action\":\"SCMP_ACT_ALLOW\"}", "a control character"},
	{"{}", "has no defaultAction"},
	{"{\"syscalls\":[]}", "has no defaultAction"},
	{"{\"defaultAction\":null}", "has no defaultAction"},
	{"{\"defaultAction\":1}", "defaultAction: must be a string, not 1"},
	{"{\"defaultAction\":\"ALLOW\"}", "\"ALLOW\" is not an action"},
	{"{\"defaultAction\":\"SCMP_ACT_NOTHING\"}", "is not an action"},
	{"{\"DefaultAction\":\"SCMP_ACT_ALLOW\"}", "write it as defaultAction"},
	{"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":4096}", "4096 is not an errno"},
	{"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":-1}",
	 "-1 is not a whole number"},
	{"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":1.5}",
	 "1.5 is not a whole number"},
	{"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":\"1\"}", "must be a number"},
	{"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":4001}", "stepdown's own proof"},
	{"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrno\":\"ENOTHING\"}",
	 "\"ENOTHING\" is not"},
	{"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrno\":\"ENOSYS\",\"defaultErrnoRet\":1}",
	 "ENOSYS is 38, but defaultErrnoRet says 1"},
	{"{\"defaultAction\":\"SCMP_ACT_NOTIFY\"}", "needs a listener"},
	{"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"listenerPath\":\"/run/agent\"}", "/run/agent"},
	{"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"flags\":[\"SECCOMP_FILTER_FLAG_NEW\"]}",
	 "SECCOMP_FILTER_FLAG_NEW"},
	{"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"flags\":\"SECCOMP_FILTER_FLAG_LOG\"}",
	 "must be a list"},
	{"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"architectures\":[\"x86_64\"]}",
	 "\"x86_64\" is not an architecture"},
	{"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"architectures\":[\"SCMP_ARCH_X86_64\"],"
	 "\"archMap\":[{\"architecture\":\"SCMP_ARCH_X86_64\"}]}",
	 "both architectures and archMap"},
	{"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"archMap\":[{\"architecture\":\"SCMP_ARCH_X\"}]}",
	 "archMap[0].architecture: \"SCMP_ARCH_X\""},
	{"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"archMap\":[{}]}", "archMap[0].architecture"},
	{"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"archMap\":[1]}", "archMap[0]: must be an object"},
	{"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"archMap\":[{\"architecture\":\"SCMP_ARCH_X86_"
	 "64\","
	 "\"subArchitectures\":[\"SCMP_ARCH_Y\"]}]}",
	 "\"SCMP_ARCH_Y\" is not"},
	{"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":{}}", "syscalls: must be a list"},
	{"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[1]}",
	 "syscalls[0]: must be an object"},
	{"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[null]}",
	 "syscalls[0]: must be an object"},
	{RULE("\"action\":\"SCMP_ACT_ALLOW\""), "syscalls[0]: names no call"},
	{RULE("\"names\":[],\"action\":\"SCMP_ACT_ALLOW\""), "names no call"},
	{RULE("\"names\":\"read\",\"action\":\"SCMP_ACT_ALLOW\""), "must be a list"},
	{RULE("\"names\":[\"\"],\"action\":\"SCMP_ACT_ALLOW\""), "names[0]"},
	{RULE("\"names\":[3],\"action\":\"SCMP_ACT_ALLOW\""), "names[0]"},
	{RULE("\"name\":\"read\",\"names\":[\"write\"],\"action\":\"SCMP_ACT_ALLOW\""),
	 "both name and names"},
	{RULE("\"names\":[\"read\"]"), "has no action"},
	{RULE("\"names\":[\"read\"],\"action\":\"SCMP_ACT_MAYBE\""), "\"SCMP_ACT_MAYBE\""},
	{RULE("\"names\":[\"read\"],\"action\":\"SCMP_ACT_NOTIFY\""), "needs a listener"},
	{RULE("\"names\":[\"read\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":4001"), "own proof"},
	{RULE(READ ",\"Args\":[]"), "write it as args"},
	{RULE(READ ",\"args\":{}"), "args: must be a list"},
	{RULE(READ ",\"args\":[3]"), "args[0]: must be an object"},
	{ARGS("\"index\":6,\"value\":0,\"op\":\"SCMP_CMP_EQ\""), "no argument 6"},
	{ARGS("\"index\":0,\"value\":0,\"op\":\"EQ\""), "\"EQ\" is not an operator"},
	{ARGS("\"index\":0,\"value\":0"), "has no op"},
	{ARGS("\"index\":0,\"value\":18446744073709551616,\"op\":\"SCMP_CMP_EQ\""), "64 bits"},
	{ARGS("\"index\":0,\"value\":99999999999999999999999,\"op\":\"SCMP_CMP_EQ\""), "64 bits"},
	{ARGS("\"index\":0,\"value\":1e3,\"op\":\"SCMP_CMP_EQ\""), "1e3 is not a whole"},
	{ARGS("\"index\":0,\"value\":\"1\",\"op\":\"SCMP_CMP_EQ\""), "must be a number"},
	{RULE(READ ",\"includes\":[]"), "includes: must be an object"},
	{RULE(READ ",\"includes\":{\"caps\":\"CAP_KILL\"}"), "caps: must be a list"},
	{RULE(READ ",\"includes\":{\"Caps\":[]}"), "write it as caps"},
	{RULE(READ ",\"includes\":{\"minKernel\":\"6\"}"), "\"6\" is not a kernel version"},
	{RULE(READ ",\"includes\":{\"minKernel\":\"6.1.2\"}"), "is not a kernel version"},
	{RULE(READ ",\"includes\":{\"minKernel\":\"0.0\"}"), "is not a kernel version"},
	{RULE(READ ",\"includes\":{\"minKernel\":\"4.256\"}"), "is not a kernel version"},
	{RULE(READ ",\"excludes\":{\"minKernel\":4.8}"), "4.8 is not a whole number"},
};

static void
test_what_is_no_profile_is_refused_with_its_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct profile profile;
		struct notes notes = {0};
		struct refusal why = {.text = ""};

		if (profile_parse(refused[i].text, strlen(refused[i].text), &profile, &notes,
				  &why) == 0)
			fail_msg("accepted: %s", refused[i].text);
		if (!strstr(why.text, refused[i].why))
			fail_msg("%s: refused with \"%s\", not \"%s\"", refused[i].text, why.text,
				 refused[i].why);
		assert_null(strchr(why.text, '\n'));
		notes_free(&notes);
	}
}

static void
test_depth_and_nul_bytes_are_refused(void **state)
{
	struct profile profile;
	struct notes notes = {0};
	struct refusal why;
	char deep[200];

	(void)state;
	memset(deep, '[', sizeof(deep));
	assert_int_equal(profile_parse(deep, sizeof(deep), &profile, &notes, &why), -1);
	assert_int_equal(profile_parse("{}\0", 3, &profile, &notes, &why), -1);
	assert_non_null(strstr(why.text, "NUL"));
}

/* Every beginning of a profile that is not the whole of it. */
static void
test_a_truncated_profile_is_refused(void **state)
{
	static const char text[] =
		RULE(READ ",\"args\":[{\"index\":1,\"value\":2,\"op\":\"SCMP_CMP_GE\"}],"
			  "\"includes\":{\"caps\":[\"CAP_KILL\"],\"minKernel\":\"5.8\"}");

	(void)state;
	for (size_t length = 0; length < strlen(text); length++) {
		struct profile profile;
		struct notes notes = {0};
		struct refusal why;

		assert_int_equal(profile_parse(text, length, &profile, &notes, &why), -1);
	}
}

/*
 * Damaged at random, in a buffer without a byte to spare: accepted or refused with one sentence,
 * and never read beyond its end (which the sanitizer would see).
 */
static void
test_a_damaged_profile_does_no_harm(void **state)
{
	static const char text[] =
		RULE(READ ",\"args\":[{\"index\":1,\"value\":2,\"op\":\"SCMP_CMP_GE\"}],"
			  "\"includes\":{\"caps\":[\"CAP_KILL\"],\"minKernel\":\"5.8\"}");
	static const char bytes[] = "\"\\{}[]:,0-9e.nt\n\t /u\x7f\xff";
	uint64_t seed = 20260105;

	(void)state;
	for (unsigned round = 0; round < 4000; round++) {
		size_t length = strlen(text) - kit_random(&seed) % 3;
		char *copy = malloc(length);
		struct profile profile;
		struct notes notes = {0};
		struct refusal why = {.text = ""};

		memcpy(copy, text, length);
		for (unsigned i = 0; i <= round % 4; i++)
			copy[kit_random(&seed) % length] =
				bytes[kit_random(&seed) % (sizeof(bytes) - 1)];
		if (profile_parse(copy, length, &profile, &notes, &why) == 0)
			profile_free(&profile);
		else
			assert_true(why.text[0] != '\0');
		notes_free(&notes);
		free(copy);
	}
}

static void
test_values_are_taken_whole(void **state)
{
	struct profile profile;
	struct notes notes = {0};

	(void)state;
	kit_parse("{\"defaultAction\":\"SCMP_ACT_TRACE\",\"defaultErrnoRet\":7,\"syscalls\":[{"
		  "\"name\":\"read\",\"action\":\"SCMP_ACT_ERRNO\",\"errno\":\"ENOSYS\","
		  "\"args\":[{\"index\":5,\"value\":18446744073709551615,"
		  "\"valueTwo\":9223372036854775808,\"op\":\"SCMP_CMP_MASKED_EQ\"}],"
		  "\"includes\":{\"arches\":[\"amd64\"],\"caps\":[\"CAP_KILL\"],\"minKernel\":\"4."
		  "8\"},"
		  "\"excludes\":{\"caps\":[\"CAP_CHOWN\"]}}]}\n",
		  &profile, &notes);
	assert_int_equal(profile.default_action, SECCOMP_RET_TRACE | 7);
	assert_int_equal(profile.rule_count, 1);
	const struct profile_rule *rule = &profile.rules[0];
	assert_string_equal(rule->names.texts[0], "read");
	assert_int_equal(rule->action, KIT_ERRNO(ENOSYS));
	assert_int_equal(rule->condition_count, 1);
	assert_int_equal(rule->conditions[0].index, 5);
	assert_true(rule->conditions[0].value == UINT64_MAX);
	assert_true(rule->conditions[0].value_two == UINT64_C(1) << 63);
	assert_int_equal(rule->conditions[0].comparison, COMPARE_MASKED_EQ);
	assert_false(rule->any);
	assert_true(rule->includes.has_kernel);
	assert_int_equal(rule->includes.kernel[0], 4);
	assert_int_equal(rule->includes.kernel[1], 8);
	assert_string_equal(rule->excludes.caps.texts[0], "CAP_CHOWN");
	assert_int_equal(notes.count, 0);
	profile_free(&profile);
}

static void
test_every_action_has_its_value_and_default_errno(void **state)
{
	static const struct {
		const char *name;
		uint32_t value;
	} rows[] = {
		{"SCMP_ACT_ALLOW", SECCOMP_RET_ALLOW},
		{"SCMP_ACT_LOG", SECCOMP_RET_LOG},
		{"SCMP_ACT_TRACE", SECCOMP_RET_TRACE | EPERM},
		{"SCMP_ACT_ERRNO", SECCOMP_RET_ERRNO | EPERM},
		{"SCMP_ACT_TRAP", SECCOMP_RET_TRAP},
		{"SCMP_ACT_KILL", SECCOMP_RET_KILL_THREAD},
		{"SCMP_ACT_KILL_THREAD", SECCOMP_RET_KILL_THREAD},
		{"SCMP_ACT_KILL_PROCESS", SECCOMP_RET_KILL_PROCESS},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[100];
		struct profile profile;
		struct notes notes = {0};

		snprintf(text, sizeof(text), "{\"defaultAction\":\"%s\"}", rows[i].name);
		kit_parse(text, &profile, &notes);
		assert_int_equal(profile.default_action, rows[i].value);
		profile_free(&profile);
	}
}

static void
test_the_precedence_is_the_kernels(void **state)
{
	static const uint32_t order[] = {SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD,
					 SECCOMP_RET_TRAP,         SECCOMP_RET_ERRNO,
					 SECCOMP_RET_USER_NOTIF,   SECCOMP_RET_TRACE,
					 SECCOMP_RET_LOG,          SECCOMP_RET_ALLOW};

	(void)state;
	for (int i = 0; i < 8; i++)
		for (int j = 0; j < 8; j++)
			assert_int_equal(action_compare(order[i] | 3, order[j]), (i > j) - (i < j));
}

static void
test_what_docker_ignores_is_noted(void **state)
{
	struct profile profile;
	struct notes notes = {0};

	(void)state;
	kit_parse("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"colour\":1,\"defaultErrnoRet\":5,"
		  "\"flags\":[\"SECCOMP_FILTER_FLAG_LOG\",\"SECCOMP_FILTER_FLAG_TSYNC\"],"
		  "\"syscalls\":[{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\",\"arg\":[]}]}",
		  &profile, &notes);
	assert_true(kit_noted(&notes, "colour: not a key"));
	assert_true(kit_noted(&notes, "syscalls[0].arg: not a key"));
	assert_true(kit_noted(&notes, "the errno means nothing with SCMP_ACT_ALLOW"));
	assert_true(kit_noted(&notes, "does not carry SECCOMP_FILTER_FLAG_LOG"));
	assert_int_equal(notes.count, 4);
	notes_free(&notes);
	profile_free(&profile);
}

static void
test_an_argument_named_twice_makes_alternatives(void **state)
{
	struct profile profile;
	struct notes notes = {0};

	(void)state;
	kit_parse(RULE(READ ",\"args\":[{\"index\":1,\"value\":2,\"op\":\"SCMP_CMP_EQ\"},"
			    "{\"index\":0,\"value\":2,\"op\":\"SCMP_CMP_EQ\"},"
			    "{\"index\":1,\"value\":3,\"op\":\"SCMP_CMP_EQ\"}]"),
		  &profile, &notes);
	assert_true(profile.rules[0].any);
	assert_true(kit_noted(&notes, "any one of these"));
	notes_free(&notes);
	profile_free(&profile);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_no_profile_is_refused_with_its_place),
		cmocka_unit_test(test_depth_and_nul_bytes_are_refused),
		cmocka_unit_test(test_a_truncated_profile_is_refused),
		cmocka_unit_test(test_a_damaged_profile_does_no_harm),
		cmocka_unit_test(test_values_are_taken_whole),
		cmocka_unit_test(test_every_action_has_its_value_and_default_errno),
		cmocka_unit_test(test_the_precedence_is_the_kernels),
		cmocka_unit_test(test_what_docker_ignores_is_noted),
		cmocka_unit_test(test_an_argument_named_twice_makes_alternatives),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
