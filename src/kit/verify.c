/* SPDX-License-Identifier: MIT */
#include "kit/verify.h"

#include "confine/evaluate.h"
#include "kit/action.h"
#include "kit/samples.h"

#include <stdio.h>
#include <string.h>

enum { BEYOND = 64 }; /* numbers above the newest that are tried one by one */

struct check {
	const struct program *program;
	const struct reading *reading;
	struct verify_counts *counts;
	struct refusal *why;
};

static int
differ(const struct check *check, const struct reading_call *call, const struct seccomp_data *data,
       uint32_t expected, uint32_t got)
{
	char one[ACTION_TEXT], other[ACTION_TEXT];

	return refuse(
		check->why,
		"%s (call %u of %s) with the arguments 0x%llx 0x%llx 0x%llx 0x%llx 0x%llx 0x%llx: the profile says %s, the compiled program %s; nothing is written",
		call->name ? call->name : "no name", call->number, check->reading->arch->name,
		(unsigned long long)data->args[0], (unsigned long long)data->args[1],
		(unsigned long long)data->args[2], (unsigned long long)data->args[3],
		(unsigned long long)data->args[4], (unsigned long long)data->args[5],
		action_text(expected, one, sizeof(one)), action_text(got, other, sizeof(other)));
}

static int
run(const struct check *check, const struct seccomp_data *data, struct verdict *verdict)
{
	check->counts->evaluations++;
	if (evaluate(check->program->code, check->program->length, data, verdict) < 0)
		return refuse(
			check->why,
			"the compiled program is malformed (call %u of %s); nothing is written",
			(unsigned)data->nr, check->reading->arch->name);
	return 0;
}

static int
check_number(const struct check *check, uint32_t number)
{
	struct reading_call call;
	struct samples samples;
	struct seccomp_data data = {.nr = (int)number, .arch = check->reading->arch->audit};
	int result = 0;

	reading_call(check->reading, number, &call);
	bool conditional = reading_conditional(&call);
	samples_make(&call, &samples);
	/* Where the program looks at no argument, one sample is all of them. */
	size_t total = conditional ? samples.total : 1;
	for (size_t i = 0; result == 0 && i < total; i++) {
		struct verdict verdict;
		uint64_t arguments[CALL_ARGUMENTS];

		samples_get(&samples, i, arguments);
		for (unsigned a = 0; a < CALL_ARGUMENTS; a++)
			data.args[a] = arguments[a];
		data.instruction_pointer = arguments[0];
		uint32_t expected = reading_answer(&call, arguments);
		result = run(check, &data, &verdict);
		if (result == 0 && verdict.action != expected)
			result = differ(check, &call, &data, expected, verdict.action);
		if (result == 0 && !conditional && !verdict.plain)
			result = refuse(
				check->why,
				"%s (call %u of %s) depends on no argument, but the compiled program looks at one, so that the kernel cannot remember the answer; nothing is written",
				call.name ? call.name : "no name", number,
				check->reading->arch->name);
	}
	samples_free(&samples);
	reading_call_free(&call);
	return result;
}

/* Powers of two and their neighbours, x32's whole range; the canary's call, if it is newer. */
static int
check_far_numbers(const struct check *check, uint32_t newest)
{
	static const uint32_t x32 = 0x40000000, private = 0x0f0000;
	int result = check_number(check, (uint32_t)call_number(check->reading->arch, "seccomp"));

	for (unsigned bit = 0; result == 0 && bit < 32; bit++)
		for (uint32_t near = 0; result == 0 && near < 3; near++)
			result = check_number(check, (UINT32_C(1) << bit) + near - 1);
	for (uint32_t near = 0; result == 0 && near < 16; near++)
		result = check_number(check, private + near);
	for (uint32_t near = 0; result == 0 && near < 3; near++)
		result = check_number(check, UINT32_MAX - near);
	for (uint32_t number = 0; result == 0 && number <= newest + BEYOND; number++)
		result = check_number(check, x32 + number);
	return result;
}

static int
check_arch(const struct program *program, const struct profile *profile,
	   const struct service *service, const struct architecture *arch,
	   struct verify_counts *counts, struct refusal *why)
{
	struct reading reading;
	struct check check = {program, &reading, counts, why};
	int result = 0;

	reading_make(profile, service, arch, &reading);
	for (uint32_t number = 0; result == 0 && number <= reading.newest + BEYOND; number++)
		result = check_number(&check, number);
	return result < 0 ? result : check_far_numbers(&check, reading.newest);
}

/* Every architecture but the ones that the program is for. */
static int
check_foreign(const struct check *check, const struct architecture *compat)
{
	size_t count;
	const struct architecture *all = architecture_all(&count);
	uint32_t native = check->reading->arch->audit;
	uint32_t others[16] = {0,         1, native ^ 1, native ^ 0x40000000, native ^ 0x80000000,
			       UINT32_MAX};
	size_t used = 6;

	for (size_t i = 0; i < count; i++)
		others[used++] = all[i].audit;
	for (size_t i = 0; i < used; i++)
		for (uint32_t number = 0; number < check->reading->newest + BEYOND; number++) {
			struct seccomp_data data = {.nr = (int)number, .arch = others[i]};
			struct verdict verdict;

			if (others[i] == native || (compat && others[i] == compat->audit))
				break;
			if (run(check, &data, &verdict) < 0)
				return -1;
			if (verdict.action != SECCOMP_RET_KILL_PROCESS)
				return refuse(
					check->why,
					"call %u of the foreign architecture 0x%x does not kill the process; nothing is written",
					number, others[i]);
		}
	return 0;
}

int
verify(const struct program *program, const struct profile *profile, const struct service *service,
       const struct architecture *compat, struct verify_counts *counts, struct refusal *why)
{
	struct reading reading;
	struct check check = {program, &reading, counts, why};

	*counts = (struct verify_counts){0};
	reading_make(profile, service, service->native, &reading);
	if (check_foreign(&check, compat) < 0 ||
	    check_arch(program, profile, service, service->native, counts, why) < 0)
		return -1;
	return compat ? check_arch(program, profile, service, compat, counts, why) : 0;
}
