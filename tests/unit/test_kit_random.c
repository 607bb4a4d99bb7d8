/* SPDX-License-Identifier: MIT */
/*
 * Random profiles, the same ones on every machine: compiled, checked against the plain reading and
 * libseccomp (that is what compile_program does), and tried in the live kernel, call by call.
 * STEPDOWN_TESTS_RANDOM=N tries N of each kind instead of the few that fit into a test run.
 */
#include "../helpers/kit.h"

#include "kit/samples.h"

#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

/* Calls that do no harm and look at no argument. */
static const char *const harmless[] = {"getpid", "getppid", "getuid", "getgid", "geteuid"};
enum { HARMLESS = sizeof(harmless) / sizeof(harmless[0]), PROFILES = 15, LIVE_CALLS = 300 };

static const char *const comparisons[] = {"EQ", "NE", "LT", "LE", "GE", "GT", "MASKED_EQ"};

static unsigned
profiles_wanted(void)
{
	const char *text = getenv("STEPDOWN_TESTS_RANDOM");

	return text ? (unsigned)strtoul(text, NULL, 10) : PROFILES;
}

static unsigned
below(uint64_t *state, unsigned limit)
{
	return (unsigned)(kit_random(state) % limit);
}

/* A value where mistakes are made: near the borders of 32 and 64 bits, or anywhere. */
static uint64_t
random_value(uint64_t *state)
{
	static const uint64_t borders[] = {0,
					   1,
					   40,
					   0x7fffffff,
					   0x80000000,
					   0xffffffff,
					   UINT64_C(0x100000000),
					   UINT64_C(0x7fffffffffffffff),
					   UINT64_C(0xffffffff00000000),
					   UINT64_MAX};
	uint64_t any = kit_random(state);

	switch (below(state, 4)) {
	case 0:
		return borders[below(state, 10)];
	case 1:
		return any & 0xff;
	case 2:
		return any & 0xffffffff;
	default:
		return any;
	}
}

static uint64_t
random_mask(uint64_t *state)
{
	switch (below(state, 4)) {
	case 0: /* the upper bits of 32 */
		return UINT32_MAX & ~((UINT64_C(1) << below(state, 33)) - 1);
	case 1: /* the upper bits of 64 */
		return ~((UINT64_C(1) << below(state, 64)) - 1);
	case 2: /* one bit */
		return UINT64_C(1) << below(state, 64);
	default:
		return random_value(state);
	}
}

static void
print_condition(FILE *out, uint64_t *state, unsigned index, unsigned comparison, uint64_t most)
{
	uint64_t value = comparison == 6 ? random_mask(state) : random_value(state);

	fprintf(out, "{\"index\":%u,\"op\":\"SCMP_CMP_%s\",\"value\":%llu,\"valueTwo\":%llu}",
		index, comparisons[comparison], (unsigned long long)(value & most),
		(unsigned long long)(random_value(state) & most));
}

struct kind {
	bool simple;  /* only what libseccomp compiles rightly */
	bool answers; /* only actions that a live process survives */
};

static void
print_action(FILE *out, uint64_t *state, const struct kind *kind)
{
	static const char *const actions[] = {"ALLOW", "ERRNO", "LOG",
					      "TRAP",  "KILL",  "KILL_PROCESS"};

	if (kind->simple)
		fputs("\"action\":\"SCMP_ACT_ALLOW\"", out);
	else
		fprintf(out, "\"action\":\"SCMP_ACT_%s\",\"errnoRet\":%u",
			actions[below(state, kind->answers ? 2 : 6)], 100 + below(state, 9));
}

static void
print_rule(FILE *out, uint64_t *state, const char *name, const struct kind *kind)
{
	unsigned conditions = kind->simple ? 1 + below(state, 2) : below(state, 4);
	unsigned first = kind->simple ? 0 : below(state, 6);

	fprintf(out, "{\"names\":[\"%s\"],", name);
	print_action(out, state, kind);
	fputs(",\"args\":[", out);
	for (unsigned i = 0; i < conditions; i++) {
		/* Two arguments: EQ and MASKED_EQ are what the library gets right. */
		unsigned comparison = kind->simple ? (below(state, 2) ? 0 : 6) : below(state, 7);

		fputs(i ? "," : "", out);
		print_condition(out, state, (first + i) % 6, comparison,
				kind->simple ? UINT32_MAX : UINT64_MAX);
	}
	fputs("]}", out);
}

/* The caller frees it. */
static char *
random_profile(uint64_t *state, const struct kind *kind)
{
	static const char *const defaults[] = {"ERRNO", "ALLOW", "TRAP", "LOG", "KILL_PROCESS"};
	unsigned choice = kind->simple ? 0 : kind->answers ? below(state, 2) : below(state, 5);
	char *text;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	fprintf(out,
		"{\"defaultAction\":\"SCMP_ACT_%s\",\"syscalls\":["
		"{\"names\":[\"read\",\"getpgrp\"],\"action\":\"SCMP_ACT_ALLOW\"}",
		defaults[choice]);
	for (size_t i = 0; i < HARMLESS; i++)
		for (unsigned rules = below(state, 5); rules > 0; rules--) {
			fputc(',', out);
			print_rule(out, state, harmless[i], kind);
		}
	fputs("]}", out);
	fclose(out);
	return text;
}

static const char *
machine(void)
{
	static struct utsname name;

	return uname(&name) == 0 ? name.machine : "";
}

static void
test_any_profile_compiles_to_what_it_says(void **state)
{
	static const struct kind kind = {false, false};
	static const char *const arches[] = {"x86_64", "aarch64"};
	struct compiled *compiled = calloc(1, sizeof(*compiled));
	uint64_t seed = 20260101;

	(void)state;
	for (unsigned i = 0; i < profiles_wanted(); i++) {
		char *text = random_profile(&seed, &kind);
		struct profile profile;
		struct notes notes = {0};
		struct refusal why;
		struct service service = kit_service(arches[i % 2]);

		kit_parse(text, &profile, &notes);
		if (compile_program(&profile, &service, false, compiled, &notes, &why) < 0)
			fail_msg("%s\n%s", why.text, text);
		assert_true(compiled->verified.evaluations > 500);
		notes_free(&notes);
		profile_free(&profile);
		free(text);
	}
	free(compiled);
}

static void
test_libseccomp_agrees_where_it_is_right(void **state)
{
	static const struct kind kind = {true, false};
	struct compiled *compiled = calloc(1, sizeof(*compiled));
	uint64_t seed = 20260102;

	(void)state;
	for (unsigned i = 0; i < profiles_wanted(); i++) {
		char *text = random_profile(&seed, &kind);
		struct profile profile;
		struct notes notes = {0};
		struct refusal why;
		struct service service = kit_service("x86_64");

		kit_parse(text, &profile, &notes);
		if (compile_program(&profile, &service, false, compiled, &notes, &why) < 0)
			fail_msg("%s\n%s", why.text, text);
		/* None of these rules is beyond the library. */
		assert_int_equal(compiled->second.left_out, 0);
		assert_true(compiled->second.calls > 100);
		notes_free(&notes);
		profile_free(&profile);
		free(text);
	}
	free(compiled);
}

/* ---- the live kernel ---- */

static long
call(const struct reading_call *call, const uint64_t *a)
{
	errno = 0;
	return syscall((long)call->number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* In the child, under the filter: 0 if the kernel gives every answer that the profile says. */
static int
try_calls(const struct reading *reading)
{
	for (size_t n = 0; n < HARMLESS; n++) {
		struct reading_call one;
		struct samples samples;

		reading_call(reading, (uint32_t)call_number(reading->arch, harmless[n]), &one);
		samples_make(&one, &samples);
		/* Spread over all samples; a step that is prime meets every argument. */
		for (size_t i = 0; i < samples.total && i < LIVE_CALLS; i++) {
			uint64_t arguments[CALL_ARGUMENTS];

			samples_get(&samples, i * 7919 % samples.total, arguments);
			uint32_t expected = reading_answer(&one, arguments);
			long result = call(&one, arguments);
			if (expected == KIT_ALLOW ? result < 0
						  : result != -1 || KIT_ERRNO(errno) != expected)
				return 1;
		}
		samples_free(&samples);
		reading_call_free(&one);
	}
	return 0;
}

/* The rest of the child's work needs more calls than the profile allows: all others pass. */
static void
let_pass(struct profile *profile)
{
	profile->default_action = KIT_ALLOW;
}

static void
test_the_live_kernel_answers_what_the_profile_says(void **state)
{
	static const struct kind kind = {false, true};
	struct compiled *compiled = calloc(1, sizeof(*compiled));
	uint64_t seed = 20260103;

	(void)state;
	for (unsigned i = 0; i < profiles_wanted(); i++) {
		char *text = random_profile(&seed, &kind);
		struct profile profile;
		struct notes notes = {0};
		struct service service = kit_service(machine());
		struct reading reading;
		int status;

		kit_parse(text, &profile, &notes);
		let_pass(&profile);
		kit_compile(&profile, &service, false, compiled, &notes);
		reading_make(&profile, &service, service.native, &reading);
		pid_t child = fork();
		assert_true(child >= 0);
		if (child == 0) {
			struct sock_fprog program = {compiled->program.length,
						     compiled->program.code};

			if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
			    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0)
				_exit(2);
			_exit(try_calls(&reading));
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
			fail_msg("status 0x%x under\n%s", (unsigned)status, text);
		notes_free(&notes);
		profile_free(&profile);
		free(text);
	}
	free(compiled);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_profile_compiles_to_what_it_says),
		cmocka_unit_test(test_libseccomp_agrees_where_it_is_right),
		cmocka_unit_test(test_the_live_kernel_answers_what_the_profile_says),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
