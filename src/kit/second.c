/* SPDX-License-Identifier: MIT */
#include "kit/second.h"

#include "confine/evaluate.h"
#include "kit/action.h"
#include "kit/heap.h"
#include "kit/samples.h"

#include <errno.h>
#include <linux/audit.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Whether the library gives the call itself this number: not for those behind socketcall and ipc.
 */
static bool
known(const struct reading_call *call)
{
	uint32_t library = call->reading->arch->library;

	if (!call->name || strcmp(call->name, "socketcall") == 0 || strcmp(call->name, "ipc") == 0)
		return false;
	return seccomp_syscall_resolve_name_arch(library, call->name) == (int)call->number;
}

static bool
fits(const struct condition *condition)
{
	return condition->value <= UINT32_MAX && condition->value_two <= UINT32_MAX;
}

static bool
is_equality(const struct condition *condition)
{
	return condition->comparison == COMPARE_EQ || condition->comparison == COMPARE_MASKED_EQ;
}

/* Whether the library is right for what the rules of this call say. */
static bool
library_is_right(const struct reading_call *call)
{
	unsigned arguments = 0;
	bool equalities = true, single = true;
	const struct profile_rule *first = NULL;

	for (size_t i = 0; i < call->rule_count; i++) {
		const struct profile_rule *rule = call->rules[i];

		if (rule->action == call->reading->profile->default_action)
			continue;
		if (first && (rule->action != first->action ||
			      (rule->condition_count > 0) != (first->condition_count > 0)))
			return false;
		first = rule;
		single = single && (rule->condition_count <= 1 || rule->any);
		for (size_t c = 0; c < rule->condition_count; c++) {
			if (!fits(&rule->conditions[c]))
				return false;
			equalities = equalities && is_equality(&rule->conditions[c]);
			arguments |= 1U << rule->conditions[c].index;
		}
	}
	int used = __builtin_popcount(arguments);
	return (single && used <= 1) || (equalities && used <= 2);
}

static int
add_conditions(scmp_filter_ctx filter, const struct reading_call *call, uint32_t action,
	       const struct condition *conditions, size_t count)
{
	static const enum scmp_compare comparisons[] = {[COMPARE_NE] = SCMP_CMP_NE,
							[COMPARE_LT] = SCMP_CMP_LT,
							[COMPARE_LE] = SCMP_CMP_LE,
							[COMPARE_EQ] = SCMP_CMP_EQ,
							[COMPARE_GE] = SCMP_CMP_GE,
							[COMPARE_GT] = SCMP_CMP_GT,
							[COMPARE_MASKED_EQ] = SCMP_CMP_MASKED_EQ};
	struct scmp_arg_cmp compares[CALL_ARGUMENTS];

	for (size_t i = 0; i < count; i++)
		compares[i] = (struct scmp_arg_cmp){.arg = conditions[i].index,
						    .op = comparisons[conditions[i].comparison],
						    .datum_a = conditions[i].value,
						    .datum_b = conditions[i].value_two};
	/* The library takes the number that the name has on this machine, and translates it itself.
	 */
	return seccomp_rule_add_array(filter, action, seccomp_syscall_resolve_name(call->name),
				      (unsigned)count, compares);
}

static int
add_rule(scmp_filter_ctx filter, const struct reading_call *call, const struct profile_rule *rule)
{
	int result = 0;

	if (!rule->any)
		return add_conditions(filter, call, rule->action, rule->conditions,
				      rule->condition_count);
	for (size_t i = 0; result == 0 && i < rule->condition_count; i++)
		result = add_conditions(filter, call, rule->action, &rule->conditions[i], 1);
	return result;
}

static int
add_call(scmp_filter_ctx filter, const struct reading_call *call, struct refusal *why)
{
	for (size_t i = 0; i < call->rule_count; i++) {
		if (call->rules[i]->action == call->reading->profile->default_action)
			continue;
		int result = add_rule(filter, call, call->rules[i]);
		/* The same rule again is no failure. */
		if (result < 0 && result != -EEXIST)
			return refuse(why, "libseccomp does not take the rules of %s: %s",
				      call->name, strerror(-result));
	}
	return 0;
}

static scmp_filter_ctx
filter_new(uint32_t default_action, const struct architecture *arch)
{
	/* What the building kernel can do does not matter for a program that runs elsewhere. */
	for (unsigned level = 6; level > 2 && seccomp_api_set(level) < 0; level--)
		;
	scmp_filter_ctx filter = seccomp_init(default_action);

	if (filter && arch->library != seccomp_arch_native() &&
	    (seccomp_arch_add(filter, arch->library) < 0 ||
	     seccomp_arch_remove(filter, seccomp_arch_native()) < 0)) {
		seccomp_release(filter);
		return NULL;
	}
	return filter;
}

static int export(scmp_filter_ctx filter, struct program *out, struct refusal *why)
{
	int descriptor = memfd_create("filter", MFD_CLOEXEC);
	int result = descriptor < 0 ? -errno : seccomp_export_bpf(filter, descriptor);

	if (result == 0) {
		ssize_t got = pread(descriptor, out->code, sizeof(out->code), 0);

		out->length = (unsigned short)(got > 0 ? (size_t)got / sizeof(out->code[0]) : 0);
	}
	if (descriptor >= 0)
		close(descriptor);
	if (result < 0 || out->length == 0)
		return refuse(why, "libseccomp cannot compile the profile: %s", strerror(-result));
	return 0;
}

/* Builds the library's program from every call that `suits`, or from all that it knows. */
static int
compile(const struct reading *reading, bool (*suits)(const struct reading_call *),
	struct program *out, struct second_counts *counts, struct refusal *why)
{
	scmp_filter_ctx filter = filter_new(reading->profile->default_action, reading->arch);
	int result = 0;

	if (!filter)
		return refuse(why, "libseccomp cannot make a filter for %s", reading->arch->name);
	for (uint32_t number = 0; result == 0 && number <= reading->newest; number++) {
		struct reading_call call;

		reading_call(reading, number, &call);
		if (known(&call) && (!suits || suits(&call)))
			result = add_call(filter, &call, why);
		else if (call.rule_count > 0)
			counts->left_out++;
		reading_call_free(&call);
	}
	if (result == 0)
		result = export(filter, out, why);
	seccomp_release(filter);
	return result;
}

static int
compare_call(const struct program *ours, const struct program *theirs,
	     const struct reading_call *call, struct second_counts *counts, struct refusal *why)
{
	struct samples samples;
	struct seccomp_data data = {.nr = (int)call->number, .arch = call->reading->arch->audit};
	struct verdict one, other;
	int result = 0;

	samples_make(call, &samples);
	for (size_t i = 0; result == 0 && i < samples.total; i++) {
		char here[ACTION_TEXT], there[ACTION_TEXT];
		uint64_t arguments[CALL_ARGUMENTS];

		samples_get(&samples, i, arguments);
		for (unsigned a = 0; a < CALL_ARGUMENTS; a++)
			data.args[a] = arguments[a];
		/* Of which the library has not been told. */
		if (reading_is_canary(call, arguments))
			continue;
		counts->evaluations++;
		if (evaluate(ours->code, ours->length, &data, &one) < 0 ||
		    evaluate(theirs->code, theirs->length, &data, &other) < 0)
			result = refuse(why, "a program cannot be evaluated for %s", call->name);
		else if (one.action != other.action)
			result = refuse(
				why,
				"%s (call %u of %s): the compiled program says %s, libseccomp's %s; nothing is written",
				call->name, call->number, call->reading->arch->name,
				action_text(one.action, here, sizeof(here)),
				action_text(other.action, there, sizeof(there)));
	}
	samples_free(&samples);
	return result;
}

static bool
is_always(const char *name)
{
	for (size_t i = 0; call_always(i); i++)
		if (strcmp(call_always(i), name) == 0)
			return true;
	return false;
}

int
second_opinion(const struct program *program, const struct profile *profile,
	       const struct service *service, const struct architecture *arch,
	       struct second_counts *counts, struct refusal *why)
{
	struct reading reading;
	struct program *theirs = memory_new(1, sizeof(*theirs));
	int result;

	*counts = (struct second_counts){0};
	reading_make(profile, service, arch, &reading);
	result = compile(&reading, library_is_right, theirs, counts, why);
	for (uint32_t number = 0; result == 0 && number <= reading.newest; number++) {
		struct reading_call call;

		reading_call(&reading, number, &call);
		if (known(&call) && library_is_right(&call) && !is_always(call.name)) {
			result = compare_call(program, theirs, &call, counts, why);
			counts->calls++;
		}
		reading_call_free(&call);
	}
	free(theirs);
	return result;
}

int
second_compile(const struct profile *profile, const struct service *service,
	       const struct architecture *arch, struct program *out, struct refusal *why)
{
	struct reading reading;
	struct second_counts counts = {0};

	reading_make(profile, service, arch, &reading);
	return compile(&reading, NULL, out, &counts, why);
}
