/* SPDX-License-Identifier: MIT */
#include "kit/policy.h"

#include "kit/action.h"
#include "kit/heap.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

enum { PRIVATE = 0x0f0000 }; /* arm's own calls, above any that the profile's newest is asked for */

static bool
has_text(const char *const *texts, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(texts[i], text) == 0)
			return true;
	return false;
}

static bool
kernel_reaches(const struct service *service, const unsigned least[2])
{
	if (service->kernel[0] != least[0])
		return service->kernel[0] > least[0];
	return service->kernel[1] >= least[1];
}

static bool
rule_applies(const struct profile_rule *rule, const struct service *service)
{
	const struct profile_filter *in = &rule->includes, *out = &rule->excludes;
	const char *machine = service->native->docker;

	if (has_text(out->arches.texts, out->arches.count, machine))
		return false;
	for (size_t i = 0; i < out->caps.count; i++)
		if (has_text(service->caps, service->cap_count, out->caps.texts[i]))
			return false;
	if (out->has_kernel && kernel_reaches(service, out->kernel))
		return false;
	if (in->arches.count > 0 && !has_text(in->arches.texts, in->arches.count, machine))
		return false;
	for (size_t i = 0; i < in->caps.count; i++)
		if (!has_text(service->caps, service->cap_count, in->caps.texts[i]))
			return false;
	return !in->has_kernel || kernel_reaches(service, in->kernel);
}

/* The entry of a number, made where it is missing, in order. */
static struct policy_call *
call_entry(struct policy *policy, uint32_t number)
{
	size_t at = 0;

	while (at < policy->call_count && policy->calls[at].number < number)
		at++;
	if (at < policy->call_count && policy->calls[at].number == number)
		return &policy->calls[at];
	policy->calls = memory_grow(policy->calls, policy->call_count + 1, sizeof(*policy->calls));
	memmove(&policy->calls[at + 1], &policy->calls[at],
		(policy->call_count - at) * sizeof(*policy->calls));
	policy->call_count++;
	policy->calls[at] = (struct policy_call){.number = number,
						 .action = policy->default_action,
						 .narrow = policy->arch->compat == NULL};
	return &policy->calls[at];
}

static void
settle(struct policy_call *call, const char *name, uint32_t action, struct notes *notes)
{
	char one[ACTION_TEXT], other[ACTION_TEXT];

	if (call->unconditional && call->action != action) {
		int order = action_compare(action, call->action);

		notes_add(notes,
			  "%s: two rules without conditions say %s and %s: the %s one is taken",
			  name, action_text(call->action, one, sizeof(one)),
			  action_text(action, other, sizeof(other)),
			  order == 0 ? "first" : "more restrictive");
		if (order >= 0)
			return;
	}
	call->unconditional = true;
	call->action = action;
}

/* Keeps the rules in order: the most restrictive first, equals as they come. */
static void
add_rule(struct policy_call *call, uint32_t action, const struct condition *conditions,
	 size_t count)
{
	size_t at = call->rule_count;

	while (at > 0 && action_compare(action, call->rules[at - 1].action) < 0)
		at--;
	call->rules = memory_grow(call->rules, call->rule_count + 1, sizeof(*call->rules));
	memmove(&call->rules[at + 1], &call->rules[at],
		(call->rule_count - at) * sizeof(*call->rules));
	call->rule_count++;
	call->rules[at] = (struct policy_rule){action, conditions, count};
}

/* A call that the profile names is known to it, even where the rule is not for this service. */
static struct policy_call *
mention(struct policy *policy, const char *name)
{
	int number = call_number(policy->arch, name);

	if (number == CALL_UNKNOWN)
		return NULL;
	if ((uint32_t)number > policy->newest && number < PRIVATE)
		policy->newest = (uint32_t)number;
	return call_entry(policy, (uint32_t)number);
}

static void
apply_rule(struct policy *policy, const struct profile_rule *rule, const char *name,
	   struct notes *notes)
{
	struct policy_call *call = mention(policy, name);

	/* As runc and crun: a rule that says what the default says is no rule. */
	if (!call || rule->action == policy->default_action)
		return;
	if (rule->condition_count == 0)
		settle(call, name, rule->action, notes);
	else if (rule->any)
		for (size_t i = 0; i < rule->condition_count; i++)
			add_rule(call, rule->action, &rule->conditions[i], 1);
	else
		add_rule(call, rule->action, rule->conditions, rule->condition_count);
}

static void
allow_always(struct policy *policy, struct notes *notes)
{
	for (size_t i = 0; call_always(i); i++) {
		int number = call_number(policy->arch, call_always(i));

		if (number == CALL_UNKNOWN)
			continue;
		struct policy_call *call = call_entry(policy, (uint32_t)number);
		if (call->rule_count > 0 ||
		    (call->unconditional && call->action != SECCOMP_RET_ALLOW))
			notes_add(
				notes,
				"%s: allowed whatever the profile says, since no service can do without it",
				call_always(i));
		call->rule_count = 0;
		call->action = SECCOMP_RET_ALLOW;
		call->unconditional = true;
		call->always = true;
	}
}

/* Rules that cannot change anything any more are dropped, with a word where it was not meant so. */
static void
tidy(struct policy *policy, struct notes *notes)
{
	for (size_t i = 0; i < policy->call_count; i++) {
		struct policy_call *call = &policy->calls[i];

		if (!call->unconditional || call->rule_count == 0)
			continue;
		for (size_t r = 0; r < call->rule_count; r++)
			if (call->rules[r].action != call->action)
				notes_add(
					notes,
					"%s: a rule without conditions overrules those with conditions",
					call_name(policy->arch, call->number));
		call->rule_count = 0;
	}
}

static int
execve_check(const struct profile *profile, const struct service *service, struct refusal *why)
{
	for (size_t i = 0; i < profile->rule_count; i++) {
		const struct profile_rule *rule = &profile->rules[i];

		if (rule->action == SECCOMP_RET_ALLOW || rule->action == SECCOMP_RET_LOG ||
		    !rule_applies(rule, service))
			continue;
		if (has_text(rule->names.texts, rule->names.count, "execve"))
			return refuse(
				why,
				"syscalls[%zu]: denies execve, with which stepdown starts the service after the filter is in force: remove it there",
				i);
	}
	return 0;
}

static void
apply_names(struct policy *policy, const struct profile_rule *rule, const struct service *service,
	    size_t place, struct notes *notes)
{
	bool applies = rule_applies(rule, service);

	for (size_t n = 0; n < rule->names.count; n++) {
		const char *name = rule->names.texts[n];

		if (!call_exists(name))
			notes_add(notes, "syscalls[%zu]: no call is named \"%s\": ignored", place,
				  name);
		else if (applies)
			apply_rule(policy, rule, name, notes);
		else
			mention(policy, name);
	}
}

int
policy_make(const struct profile *profile, const struct service *service,
	    const struct architecture *arch, struct policy *out, struct notes *notes,
	    struct refusal *why)
{
	bool passes = action_lets_pass(profile->default_action);

	if (execve_check(profile, service, why) < 0)
		return -1;
	*out = (struct policy){
		.arch = arch,
		.default_action = profile->default_action,
		.above = passes ? profile->default_action : SECCOMP_RET_ERRNO | ENOSYS,
	};
	for (size_t i = 0; i < profile->rule_count; i++)
		apply_names(out, &profile->rules[i], service, i, notes);
	if (out->call_count == 0 && !passes)
		return refuse(why, "has no rule for any call of %s", arch->name);
	allow_always(out, notes);
	tidy(out, notes);
	return 0;
}

bool
policy_covers(const struct profile *profile, const struct architecture *native,
	      const struct architecture *arch)
{
	if (profile->architectures.count > 0)
		return has_text(profile->architectures.texts, profile->architectures.count,
				arch->oci);
	for (size_t i = 0; i < profile->arch_map_count; i++)
		if (strcmp(profile->arch_map[i].name, native->oci) == 0)
			return arch == native ||
			       has_text(profile->arch_map[i].others.texts,
					profile->arch_map[i].others.count, arch->oci);
	return arch == native;
}

void
policy_free(struct policy *policy)
{
	for (size_t i = 0; i < policy->call_count; i++)
		free(policy->calls[i].rules);
	free(policy->calls);
	*policy = (struct policy){0};
}
