/* SPDX-License-Identifier: MIT */
#include "environment.h"

#include "facts.h"

#include <string.h>

enum { OWN_VARIABLES = 5, ALL_VARIABLES = OWN_VARIABLES + ENVIRONMENT_EXPORTS };

struct variable {
	const char *name;
	const char *value; /* NULL: unset */
	bool replaces;     /* else it only fills a gap */
};

static bool
has_name(const char *entry, const char *name)
{
	size_t length = strlen(name);

	return !strncmp(entry, name, length) && entry[length] == '=';
}

const char *
environment_value(char *const *environment, const char *name)
{
	for (; *environment; environment++)
		if (has_name(*environment, name))
			return *environment + strlen(name) + 1;
	return NULL;
}

/* Returns how many there are. */
static unsigned
set_variables(struct variable *variables, const struct environment_rules *rules, char *const *given)
{
	const struct identity *who = rules->who;
	const char *name = who->has_entry ? who->name : NULL;
	const char *shell = !who->has_entry ? NULL : who->shell[0] ? who->shell : "/bin/sh";

	variables[0] = (struct variable){"HOME", who->home, rules->becomes};
	variables[1] = (struct variable){"USER", name, rules->becomes};
	variables[2] = (struct variable){"LOGNAME", name, rules->becomes};
	variables[3] = (struct variable){"SHELL", shell, rules->becomes};
	variables[4] = (struct variable){"PATH", ENVIRONMENT_PATH, false};
	/* An ordinary start as the user himself is not given more than what every program needs. */
	for (unsigned i = 1; i < 4 && !rules->becomes; i++)
		variables[i].value = environment_value(given, variables[i].name);
	for (unsigned i = 0; i < rules->export_count; i++)
		variables[OWN_VARIABLES + i] =
			(struct variable){rules->exports[i].name, rules->exports[i].value, true};
	return OWN_VARIABLES + rules->export_count;
}

static bool
passes(const char *entry, const struct variable *variables, unsigned own,
       const struct environment_rules *rules)
{
	if (!strncmp(entry, "STEPDOWN_", strlen("STEPDOWN_")))
		return false;
	if (!rules->listens && (has_name(entry, "LISTEN_PID") || has_name(entry, "LISTEN_FDS") ||
				has_name(entry, "LISTEN_FDNAMES")))
		return false;
	for (unsigned i = 0; i < own; i++)
		if (variables[i].replaces && has_name(entry, variables[i].name))
			return false;
	return true;
}

static size_t
count_entries(char *const *given)
{
	size_t count = 0;

	while (given[count])
		count++;
	return count;
}

size_t
environment_size(char *const *given, const struct environment_rules *rules)
{
	struct variable variables[ALL_VARIABLES];
	unsigned own = set_variables(variables, rules, given);
	size_t bytes = (count_entries(given) + own + 1) * sizeof(char *);

	for (unsigned i = 0; i < own; i++)
		bytes += strlen(variables[i].name) + 2 +
			 (variables[i].value ? strlen(variables[i].value) : 0);
	return bytes;
}

char **
environment_make(char *const *given, const struct environment_rules *rules, void *memory)
{
	struct variable variables[ALL_VARIABLES];
	unsigned own_count = set_variables(variables, rules, given);
	size_t count = count_entries(given);
	char **made = memory;
	char *text = (char *)(made + count + own_count + 1);
	size_t filled = 0;

	for (size_t i = 0; i < count; i++)
		if (passes(given[i], variables, own_count, rules))
			made[filled++] = given[i];
	for (unsigned i = 0; i < own_count; i++) {
		const struct variable *own = &variables[i];

		if (!own->value || (!own->replaces && environment_value(given, own->name)))
			continue;
		made[filled++] = text;
		text = stpcpy(stpcpy(stpcpy(text, own->name), "="), own->value) + 1;
	}
	made[filled] = NULL;
	return made;
}

int
environment_listen(char *const *environment, pid_t pid, unsigned *count, struct refusal *why)
{
	const char *owner = environment_value(environment, "LISTEN_PID");
	const char *number = environment_value(environment, "LISTEN_FDS");
	uint32_t id;

	*count = 0;
	if (!owner || !number || !ids_number(owner, strlen(owner), &id) || id != (uint32_t)pid)
		return 0;
	if (!ids_number(number, strlen(number), &id) || id > FACTS_LISTEN_MAX)
		return refuse(
			why,
			"LISTEN_FDS is \"%.160s\", not a number from 0 to %d; correct it where the "
			"sockets are opened",
			number, FACTS_LISTEN_MAX);
	*count = id;
	return 0;
}
