/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a profile in JSON. What is accepted is compiled, and the program has to say what a
 * plain reading of the profile says: for each call that has a rule, and numbers that have none,
 * with values at and around every constant and garbage in the halves above.
 */
#include "fuzz.h"

#include "confine/evaluate.h"
#include "kit/assemble.h"
#include "kit/calls.h"
#include "kit/profile.h"
#include "kit/reading.h"
#include "kit/samples.h"

enum { SAMPLES = 40, CALLS = 24, RULES = 64 };

struct trial {
	const struct program *program;
	const struct reading *reading;
};

static void
try_number(const struct trial *trial, uint32_t number)
{
	struct reading_call call;
	struct samples samples;

	reading_call(trial->reading, number, &call);
	samples_make(&call, &samples);
	for (size_t i = 0; i < samples.total && i < SAMPLES; i++) {
		struct seccomp_data data = {.nr = (int)number, .arch = trial->reading->arch->audit};
		uint64_t arguments[CALL_ARGUMENTS];
		struct verdict verdict;

		samples_get(&samples, i * 7919 % samples.total, arguments);
		for (unsigned a = 0; a < CALL_ARGUMENTS; a++)
			data.args[a] = arguments[a];
		must(evaluate(trial->program->code, trial->program->length, &data, &verdict) == 0);
		must(verdict.action == reading_answer(&call, arguments));
	}
	samples_free(&samples);
	reading_call_free(&call);
}

static void
compare(const struct trial *trial, const struct policy *policy)
{
	static const uint32_t others[] = {0, 3, 317, 334, 354, 450, 1000, 0x40000001, 0xffffffff};

	for (size_t i = 0; i < policy->call_count && i < CALLS; i++)
		try_number(trial, policy->calls[i].number);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		try_number(trial, others[i]);
	try_number(trial, policy->newest);
	try_number(trial, policy->newest + 1);
}

static void
compile(const struct profile *profile, const char *name)
{
	static struct program program;
	const char *const caps[] = {"CAP_NET_RAW", "CAP_SYS_ADMIN"};
	struct service service = {architecture_find(name), caps, 2, {6, 1}};
	struct notes notes = {0};
	struct refusal why = {.text = ""};
	struct policy policy;

	if (fuzz_said(policy_make(profile, &service, service.native, &policy, &notes, &why),
		      &why) == 0) {
		if (fuzz_said(assemble(&policy, NULL, &program, &why), &why) == 0) {
			struct reading reading;
			struct trial trial = {&program, &reading};

			reading_make(profile, &service, service.native, &reading);
			compare(&trial, &policy);
		}
		policy_free(&policy);
	}
	notes_free(&notes);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *bytes = fuzz_bytes(data, size);
	struct profile profile;
	struct notes notes = {0};
	struct refusal why = {.text = ""};

	if (fuzz_said(profile_parse(bytes, size, &profile, &notes, &why), &why) == 0) {
		/* Beyond that many rules it is slow, and says nothing new. */
		if (profile.rule_count <= RULES) {
			compile(&profile, "x86_64");
			compile(&profile, "aarch64");
		}
		profile_free(&profile);
	}
	notes_free(&notes);
	free(bytes);
	return 0;
}
