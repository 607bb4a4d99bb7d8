/* SPDX-License-Identifier: MIT */
#include "plan_filter.h"

#include "confine/evaluate.h"
#include "confine/profile_file.h"
#include "value.h"

#include <cap-ng.h>
#include <linux/audit.h>
#include <string.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
enum { ARCHITECTURE = (int)AUDIT_ARCH_X86_64, COMPAT = AUDIT_ARCH_I386, KEYS = 286 };
#elif defined(__aarch64__)
enum { ARCHITECTURE = (int)AUDIT_ARCH_AARCH64, COMPAT = AUDIT_ARCH_ARM, KEYS = 309 };
#endif

struct builtin {
	const char *name;
	const struct filter_program *native;
	const struct filter_program *compat;
};

static const struct builtin builtins[] = {
	{"default", &filter_default, &filter_default_compat},
	{"strict", &filter_strict, &filter_strict_compat},
	{"off", NULL, NULL},
};

const char *
plan_filter_path(const struct options *options)
{
	const char *profile = options_value(options, OPTION_SECCOMP);

	return profile && profile[0] == '/' ? profile : NULL;
}

bool
plan_filter_asks_for_tty(const struct options *options)
{
	const char *profile = options_value(options, OPTION_SECCOMP);

	return profile && (profile[0] == '/' || !strcmp(profile, "off"));
}

/* Whether the service could type into a terminal that was not made for it. */
static bool
has_terminal(const struct facts *facts)
{
	bool found = facts->has_tty;

	for (unsigned i = 0; i <= 2; i++)
		found = found || facts->descriptors[i].kind == DESCRIPTOR_TERMINAL;
	return found;
}

static int
take_file(struct plan *plan, const struct facts *facts, const struct option_entry *said,
	  struct refusal *why)
{
	struct refusal reason;

	if (profile_file_read(facts->profile.bytes, facts->profile.size, (uint32_t)ARCHITECTURE,
			      plan->compat, plan->profile, &reason))
		return refuse_option(why, said, ": %s", reason.text);
	plan->filter = &plan->profile->program;
	return 0;
}

static int
take_builtin(struct plan *plan, const struct option_entry *said, struct refusal *why)
{
	const char *name = said ? said->value : "default";
	struct value_meant meant = {.name = NULL};

	for (size_t i = 0; i < sizeof(builtins) / sizeof(builtins[0]); i++) {
		if (!strcmp(name, builtins[i].name)) {
			plan->filter = plan->compat ? builtins[i].compat : builtins[i].native;
			return 0;
		}
		value_compare(&meant, name, strlen(name), builtins[i].name);
	}
	if (meant.name)
		return refuse_option(why, said, " is not a profile; did you mean %s?", meant.name);
	return refuse_option(
		why, said,
		" is not a profile; there are default, strict, off, and the absolute path of a file that stepdown-kit compiled");
}

/* Whatever its arguments are. */
static bool
denies(const struct filter_program *filter, int number, uint32_t architecture)
{
	struct seccomp_data data = {.nr = number, .arch = architecture};
	struct verdict verdict;

	return !evaluate(filter->instructions, filter->length, &data, &verdict) && verdict.plain &&
	       (verdict.action & SECCOMP_RET_ACTION_FULL) != SECCOMP_RET_ALLOW &&
	       (verdict.action & SECCOMP_RET_ACTION_FULL) != SECCOMP_RET_LOG;
}

static bool
reaches_keys(const struct plan *plan)
{
	static const int calls[] = {SYS_add_key, SYS_request_key, SYS_keyctl};

	if (!plan->filter)
		return true;
	for (int i = 0; i < 3; i++)
		if (!denies(plan->filter, calls[i], (uint32_t)ARCHITECTURE) ||
		    (plan->compat && !denies(plan->filter, KEYS + i, (uint32_t)COMPAT)))
			return true;
	return false;
}

/* What a capability is for, and the profile denies: one of the two is a mistake. */
static void
warn_of_needs(struct plan *plan)
{
	const struct filter_need *need = plan->filter ? plan->filter->needs : NULL;

	for (; need && need->capability >= 0; need++) {
		const char *name = capng_capability_to_name((unsigned)need->capability);

		if (plan->kept >> need->capability & 1)
			plan_note(
				&plan->warnings,
				"--keep-cap %s is of little use, because the profile %s denies %s; compile one with stepdown-kit compile --cap %s",
				name, plan->filter->name, need->denied, name);
	}
}

int
plan_filter_make(struct plan *plan, const struct options *options, const struct facts *facts,
		 struct refusal *why)
{
	const struct option_entry *said = options_said(options, OPTION_SECCOMP);

	plan->compat = options_given(options, OPTION_SECCOMP_COMPAT);
	plan->no_seccomp = facts->no_seccomp;
	if (plan_filter_path(options) ? take_file(plan, facts, said, why)
				      : take_builtin(plan, said, why))
		return -1;
	if (plan->no_seccomp && plan->filter)
		return refuse(
			why,
			"this machine has no seccomp filters: it is emulated (an image for another architecture), or its kernel was built without; run an image for this machine, or go without by --seccomp off, which --from-env seccomp leaves to STEPDOWN_SECCOMP");
	if (plan->no_seccomp)
		plan_note(
			&plan->left_out,
			"seccomp: this machine has no filters, neither for the service nor for stepdown's own processes");
	warn_of_needs(plan);
	if (facts->effective_uid == 0 && reaches_keys(plan))
		plan->drop.parts |= DROP_KEYRING;
	/* Without a profile 32-bit calls go on, and are judged too. */
	if (!plan->no_seccomp && plan_filter_asks_for_tty(options) && has_terminal(facts))
		plan->terminal_filter =
			plan->compat || !plan->filter ? &filter_terminal_compat : &filter_terminal;
	plan->explains = options_given(options, OPTION_EXPLAIN);
	if (plan->explains && !plan->filter)
		return refuse_option(
			why, options_said(options, OPTION_EXPLAIN),
			" has nothing to explain with --seccomp off; choose a profile, or leave --explain out");
	return 0;
}
