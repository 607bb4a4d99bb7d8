/* SPDX-License-Identifier: MIT */
#include "environment.h"

#include "facts.h"

#include <string.h>

enum { OWN_VARIABLES = 5 };

struct variable {
	const char *name;
	const char *value; /* NULL: unset */
	bool replaces;     /* else it only fills a gap */
};

/* What has been made so far. */
struct making {
	char **entries;
	size_t count;
	char *text; /* free memory for entries that are not shared */
};

bool
environment_names(const char *entry, const char *text)
{
	size_t length = strcspn(text, "=");

	return !strncmp(entry, text, length) && entry[length] == '=';
}

const char *
environment_value(char *const *environment, const char *name)
{
	for (; *environment; environment++)
		if (environment_names(*environment, name))
			return *environment + strlen(name) + 1;
	return NULL;
}

static bool
is_ours(const char *entry)
{
	return !strncmp(entry, "STEPDOWN_", strlen("STEPDOWN_"));
}

/* It names a process as LISTEN_PID does, by what only the kernel can correct. */
static const char by_pidfd[] = "LISTEN_PIDFDID=";

/* Of sd_listen_fds(3). `text` ends at "=" or its NUL. */
static bool
is_listening(const char *text)
{
	return environment_names("LISTEN_PID=", text) || environment_names("LISTEN_FDS=", text) ||
	       environment_names("LISTEN_FDNAMES=", text) || environment_names(by_pidfd, text);
}

int
environment_check_name(const char *option, const char *text, bool sets, struct refusal *why)
{
	size_t length = strcspn(text, "=");
	int shown = length < 160 ? (int)length : 160;

	if (length == 0)
		return refuse(why, "%s %.160s: the name of the variable is empty; write NAME%s",
			      option, text, *text ? "=VALUE" : "");
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			return refuse(
				why, "%s %.*s: the name has a control character in it; take it out",
				option, shown, text);
	if (sets && is_ours(text))
		return refuse(
			why,
			"%s %.*s: variables of that name are stepdown's own and never reach the service; choose another name",
			option, shown, text);
	if (sets && is_listening(text))
		return refuse(
			why,
			"%s %.*s: that variable is for inherited sockets, and is stepdown's to set; choose another name",
			option, shown, text);
	return 0;
}

static void
set_variables(struct variable *variables, const struct environment_rules *rules)
{
	const struct identity *who = rules->who;
	const char *name = who->has_entry ? who->name : NULL;
	const char *shell = !who->has_entry ? NULL : who->shell[0] ? who->shell : "/bin/sh";

	variables[0] = (struct variable){"HOME", who->home, rules->becomes};
	variables[1] = (struct variable){"PATH", ENVIRONMENT_PATH, false};
	variables[2] = (struct variable){"USER", name, true};
	variables[3] = (struct variable){"LOGNAME", name, true};
	variables[4] = (struct variable){"SHELL", shell, true};
}

/* An ordinary start as the user himself is not given more than what every program needs. */
static unsigned
count_variables(const struct environment_rules *rules)
{
	return rules->becomes ? OWN_VARIABLES : 2;
}

static bool
passes(const char *entry, const struct environment_rules *rules)
{
	if (is_listening(entry))
		return rules->listens && !environment_names(by_pidfd, entry);
	return !rules->clear && !is_ours(entry);
}

static size_t
count_entries(char *const *given)
{
	size_t count = 0;

	while (given[count])
		count++;
	return count;
}

static size_t
size_changes(const struct environment_change *changes, size_t count)
{
	size_t bytes = count * sizeof(char *);

	for (size_t i = 0; i < count; i++)
		if (changes[i].value)
			bytes += strlen(changes[i].text) + strlen(changes[i].value) + 2;
	return bytes;
}

size_t
environment_size(char *const *given, const struct environment_rules *rules)
{
	struct variable variables[OWN_VARIABLES];
	size_t bytes = (count_entries(given) + OWN_VARIABLES + 1) * sizeof(char *) +
		       size_changes(rules->before, rules->before_count) +
		       size_changes(rules->after, rules->after_count);

	set_variables(variables, rules);
	for (unsigned i = 0; i < count_variables(rules); i++)
		bytes += strlen(variables[i].name) + 2 +
			 (variables[i].value ? strlen(variables[i].value) : 0);
	return bytes;
}

static void
take_out(struct making *making, const char *name)
{
	size_t kept = 0;

	for (size_t i = 0; i < making->count; i++)
		if (!environment_names(making->entries[i], name))
			making->entries[kept++] = making->entries[i];
	making->count = kept;
}

static void
put(struct making *making, const char *name, const char *value)
{
	take_out(making, name);
	making->entries[making->count++] = making->text;
	making->text = stpcpy(stpcpy(stpcpy(making->text, name), "="), value) + 1;
}

static void
make_changes(struct making *making, const struct environment_change *changes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct environment_change *change = &changes[i];

		if (change->value) {
			put(making, change->text, change->value);
			continue;
		}
		take_out(making, change->text);
		/* The pointer itself, since execve(2) takes no const ones. */
		if (strchr(change->text, '='))
			memcpy(&making->entries[making->count++], &change->text, sizeof(char *));
	}
}

char **
environment_make(char *const *given, const struct environment_rules *rules, void *memory)
{
	struct variable variables[OWN_VARIABLES];
	size_t count = count_entries(given);
	struct making making = {.entries = memory};

	making.text = (char *)(making.entries + count + rules->before_count + OWN_VARIABLES +
			       rules->after_count + 1);
	for (size_t i = 0; i < count; i++)
		if (passes(given[i], rules))
			making.entries[making.count++] = given[i];
	make_changes(&making, rules->before, rules->before_count);
	set_variables(variables, rules);
	for (unsigned i = 0; i < count_variables(rules); i++) {
		const struct variable *own = &variables[i];

		making.entries[making.count] = NULL;
		if (!own->replaces && environment_value(making.entries, own->name))
			continue;
		if (own->value)
			put(&making, own->name, own->value);
		else
			take_out(&making, own->name);
	}
	make_changes(&making, rules->after, rules->after_count);
	making.entries[making.count] = NULL;
	return making.entries;
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
			"LISTEN_FDS is \"%.160s\", not a number from 0 to %d; correct it where the sockets are opened",
			number, FACTS_LISTEN_MAX);
	*count = id;
	return 0;
}
