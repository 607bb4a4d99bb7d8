/* SPDX-License-Identifier: MIT */
#include "kit/reading.h"

#include "kit/heap.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

enum {
	PLAIN_NUMBERS = 2048, /* where a profile's newest call is looked for */
	CANARY_ANSWER = 4001, /* said once more, and not taken from the assembler's headers */
	X32 = 0x40000000,
};

static const struct condition canary = {.index = 0, .comparison = COMPARE_EQ, .value = 0x7ffffffe};

static bool
names(const struct profile_rule *rule, const char *name)
{
	for (size_t i = 0; i < rule->names.count; i++)
		if (strcmp(rule->names.texts[i], name) == 0)
			return true;
	return false;
}

static bool
lists(const struct profile_strings *strings, const char *text)
{
	for (size_t i = 0; i < strings->count; i++)
		if (strcmp(strings->texts[i], text) == 0)
			return true;
	return false;
}

static bool
has_cap(const struct service *service, const char *cap)
{
	for (size_t i = 0; i < service->cap_count; i++)
		if (strcmp(service->caps[i], cap) == 0)
			return true;
	return false;
}

static bool
kernel_is_at_least(const struct service *service, const struct profile_filter *filter)
{
	return service->kernel[0] * 1000 + service->kernel[1] >=
	       filter->kernel[0] * 1000 + filter->kernel[1];
}

static bool
included(const struct service *service, const struct profile_filter *filter)
{
	bool all = true;

	if (filter->arches.count > 0)
		all = all && lists(&filter->arches, service->native->docker);
	for (size_t i = 0; i < filter->caps.count; i++)
		all = all && has_cap(service, filter->caps.texts[i]);
	if (filter->has_kernel)
		all = all && kernel_is_at_least(service, filter);
	return all;
}

static bool
excluded(const struct service *service, const struct profile_filter *filter)
{
	bool some = lists(&filter->arches, service->native->docker);

	for (size_t i = 0; i < filter->caps.count; i++)
		some = some || has_cap(service, filter->caps.texts[i]);
	return some || (filter->has_kernel && kernel_is_at_least(service, filter));
}

static bool
always(const char *name)
{
	static const char *const calls[] = {"execve",    "exit",           "exit_group",
					    "sigreturn", "uretprobe",      "rt_sigreturn",
					    "uprobe",    "restart_syscall"};

	for (size_t i = 0; name && i < sizeof(calls) / sizeof(calls[0]); i++)
		if (strcmp(calls[i], name) == 0)
			return true;
	return false;
}

static bool
holds(const struct condition *condition, bool is_32_bit, const uint64_t arguments[CALL_ARGUMENTS])
{
	uint64_t whole = arguments[condition->index], value = condition->value;
	uint64_t argument = is_32_bit ? whole % (UINT64_C(1) << 32) : whole;
	bool less = argument < value, same = argument == value;

	switch (condition->comparison) {
	case COMPARE_NE:
		return !same;
	case COMPARE_LT:
		return less;
	case COMPARE_LE:
		return less || same;
	case COMPARE_EQ:
		return same;
	case COMPARE_GE:
		return !less;
	case COMPARE_GT:
		return !less && !same;
	case COMPARE_MASKED_EQ:
		/* No bit that the mask keeps differs. */
		return ((argument ^ condition->value_two) & value) == 0;
	}
	abort();
}

static bool
rule_holds(const struct profile_rule *rule, bool is_32_bit,
	   const uint64_t arguments[CALL_ARGUMENTS])
{
	size_t held = 0;

	for (size_t i = 0; i < rule->condition_count; i++)
		held += holds(&rule->conditions[i], is_32_bit, arguments);
	return rule->any ? held > 0 : held == rule->condition_count;
}

/* From the most restrictive to the least, seccomp(2). */
static int
leniency(uint32_t action)
{
	static const uint32_t order[] = {SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD,
					 SECCOMP_RET_TRAP,         SECCOMP_RET_ERRNO,
					 SECCOMP_RET_USER_NOTIF,   SECCOMP_RET_TRACE,
					 SECCOMP_RET_LOG,          SECCOMP_RET_ALLOW};

	for (int i = 0; i < 8; i++)
		if (order[i] == (action & 0xffff0000U))
			return i;
	abort();
}

void
reading_make(const struct profile *profile, const struct service *service,
	     const struct architecture *arch, struct reading *out)
{
	*out = (struct reading){profile, service, arch, 0};
	for (uint32_t number = 0; number < PLAIN_NUMBERS; number++) {
		const char *name = call_name(arch, number);

		for (size_t i = 0; name && i < profile->rule_count; i++)
			if (names(&profile->rules[i], name))
				out->newest = number;
	}
}

void
reading_call(const struct reading *reading, uint32_t number, struct reading_call *out)
{
	const struct profile *profile = reading->profile;

	*out = (struct reading_call){
		.reading = reading, .number = number, .name = call_name(reading->arch, number)};
	/* NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers is meant */
	out->rules = memory_new(profile->rule_count, sizeof(*out->rules));
	out->canary = out->name && strcmp(out->name, "seccomp") == 0 ? &canary : NULL;
	for (size_t i = 0; out->name && i < profile->rule_count; i++) {
		const struct profile_rule *rule = &profile->rules[i];

		if (!names(rule, out->name))
			continue;
		out->mentioned = true;
		if (included(reading->service, &rule->includes) &&
		    !excluded(reading->service, &rule->excludes))
			out->rules[out->rule_count++] = rule;
	}
}

void
reading_call_free(struct reading_call *call)
{
	free(call->rules);
}

/* Of the rules with, or without, conditions: the most restrictive one that matches, or NULL. */
static const struct profile_rule *
strictest(const struct reading_call *call, bool conditional, const uint64_t *arguments)
{
	const struct profile_rule *found = NULL;
	bool is_32_bit = !call->reading->arch->compat;

	for (size_t i = 0; i < call->rule_count; i++) {
		const struct profile_rule *rule = call->rules[i];

		if (rule->action == call->reading->profile->default_action ||
		    (rule->condition_count > 0) != conditional)
			continue;
		if (conditional && !rule_holds(rule, is_32_bit, arguments))
			continue;
		if (!found || leniency(rule->action) < leniency(found->action))
			found = rule;
	}
	return found;
}

bool
reading_is_canary(const struct reading_call *call, const uint64_t arguments[CALL_ARGUMENTS])
{
	/* The kernel looks at the lower half alone. */
	return call->canary && holds(call->canary, true, arguments);
}

bool
reading_conditional(const struct reading_call *call)
{
	bool conditions = false;

	if (call->canary)
		return true;
	for (size_t i = 0; i < call->rule_count; i++)
		conditions = conditions || call->rules[i]->condition_count > 0;
	return conditions && !always(call->name) && !strictest(call, false, NULL);
}

uint32_t
reading_answer(const struct reading_call *call, const uint64_t arguments[CALL_ARGUMENTS])
{
	const struct reading *reading = call->reading;
	uint32_t otherwise = reading->profile->default_action;
	uint32_t nosys = SECCOMP_RET_ERRNO | ENOSYS;
	bool denies = leniency(otherwise) < leniency(SECCOMP_RET_TRACE);

	if (reading_is_canary(call, arguments))
		return SECCOMP_RET_ERRNO | CANARY_ANSWER;
	if (reading->arch->has_x32 && call->number >= X32)
		return nosys;
	if (always(call->name))
		return SECCOMP_RET_ALLOW;
	if (call->number > reading->newest && !call->mentioned)
		return denies ? nosys : otherwise;

	const struct profile_rule *rule = strictest(call, false, arguments);
	if (!rule)
		rule = strictest(call, true, arguments);
	return rule ? rule->action : otherwise;
}
