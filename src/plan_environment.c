/* SPDX-License-Identifier: MIT */
#include "plan_environment.h"

#include "plan.h"

#include <stdlib.h>
#include <string.h>

enum { SHOWN = 160 }; /* bytes of a value in a message */

void
plan_export(struct plan *plan, const char *name, const char *value)
{
	struct plan_environment *variables = &plan->variables;

	if (variables->export_count < PLAN_EXPORTS)
		variables->exports[variables->export_count++] =
			(struct environment_change){name, value};
}

static size_t
add_secrets(struct environment_change *changes, const struct secrets_facts *secrets)
{
	const char *text = secrets->texts;

	for (unsigned i = 0; i < secrets->count; i++) {
		changes[i] = (struct environment_change){.text = text};
		text += strlen(text) + 1;
	}
	return secrets->count;
}

/* Two sources for one secret are a mistake, and which of them is meant cannot be known. */
static int
refuse_second_source(const char *entry, const struct secrets_facts *secrets, struct refusal *why)
{
	const char *text = secrets->texts;
	int length = (int)strcspn(entry, "=");

	for (unsigned i = 0; i < secrets->count; i++, text += strlen(text) + 1)
		if (environment_names(text, entry))
			return refuse(
				why,
				"--env %.*s: %.*s_FILE is set too, and --env-from-file reads it; take one of them away",
				length < SHOWN ? length : SHOWN, entry,
				length < SHOWN ? length : SHOWN, entry);
	return 0;
}

static int
check_unset(const char *text, struct refusal *why)
{
	if (environment_check_name("--unset-env", text, false, why))
		return -1;
	if (strchr(text, '='))
		return refuse(why, "--unset-env %.*s: a name alone belongs here", SHOWN, text);
	return 0;
}

static int
check_set(const char *text, const struct secrets_facts *secrets, struct refusal *why)
{
	if (environment_check_name("--env", text, true, why))
		return -1;
	if (!strchr(text, '='))
		return refuse(
			why,
			"--env %.*s: there is no value; write NAME=VALUE (what the container has reaches the service anyway)",
			SHOWN, text);
	return refuse_second_source(text, secrets, why);
}

static int
read_changes(struct environment_change *changes, size_t *count, const struct options *options,
	     const struct facts *facts, struct refusal *why)
{
	const struct option_entry *said;
	unsigned cursor = 0;

	while ((said = options_entry(options, OPTION_UNSET_ENV, &cursor))) {
		if (check_unset(said->value, why))
			return options_blame(why, said);
		changes[(*count)++] = (struct environment_change){.text = said->value};
	}
	cursor = 0;
	while ((said = options_entry(options, OPTION_ENV, &cursor))) {
		if (check_set(said->value, &facts->secrets, why))
			return options_blame(why, said);
		changes[(*count)++] = (struct environment_change){.text = said->value};
	}
	return 0;
}

/* The user's word is the last, but the set-up was asked for as well. */
static void
warn_of_overridden(struct plan *plan)
{
	const struct plan_environment *variables = &plan->variables;

	for (unsigned i = 0; i < variables->export_count; i++) {
		const struct environment_change *export = &variables->exports[i];
		const char *value = environment_value(plan->environment, export->text);

		if (!value)
			plan_note(&plan->warnings,
				  "--unset-env %s takes away what the set-up exports, %s=%.*s",
				  export->text, export->text, SHOWN, export->value);
		else if (strcmp(value, export->value) != 0)
			plan_note(&plan->warnings,
				  "--env %s=%.*s goes before what the set-up exports, %s=%.*s",
				  export->text, SHOWN, value, export->text, SHOWN, export->value);
	}
}

static int
make(struct plan *plan, const struct environment_rules *rules, const struct facts *facts,
     struct refusal *why)
{
	size_t size = environment_size(facts->environment, rules);
	void *memory = plan->room;

	/* An allocator costs more than all other decisions together; most environments are small.
	 * Whole pages, so that the init can forget them. */
	if (size > sizeof(plan->room)) {
		size = (size + FACTS_PAGE - 1) & ~(size_t)(FACTS_PAGE - 1);
		plan->variables.size = size;
		memory = aligned_alloc(FACTS_PAGE, size);
	}
	if (!memory)
		return refuse(why, "there is no memory for the %zu bytes of the environment", size);
	plan->environment = environment_make(facts->environment, rules, memory);
	return 0;
}

int
plan_environment_make(struct plan *plan, const struct options *options, const struct facts *facts,
		      struct refusal *why)
{
	struct plan_environment *variables = &plan->variables;
	struct environment_rules rules = {
		.who = &plan->who,
		.becomes = facts->effective_uid == 0,
		.listens = plan->listen_descriptors > 0,
		.clear = options_given(options, OPTION_CLEAR_ENV),
		.before = variables->before,
		.after = variables->after,
	};

	if (read_changes(variables->after, &rules.after_count, options, facts, why))
		return -1;
	rules.before_count = add_secrets(variables->before, &facts->secrets);
	for (unsigned i = 0; i < variables->export_count; i++)
		variables->before[rules.before_count++] = variables->exports[i];
	if (make(plan, &rules, facts, why))
		return -1;
	warn_of_overridden(plan);
	plan->search_path = environment_value(plan->environment, "PATH");
	/* The service is to have none; COMMAND has to be found all the same. */
	if (!plan->search_path)
		plan->search_path = ENVIRONMENT_PATH;
	return 0;
}
