/* SPDX-License-Identifier: MIT */
#include "describe.h"

#include "command/executes.h"
#include "command/lookup.h"
#include "confine/landlock_needs.h"
#include "environment.h"
#include "front/log.h"
#include "setup/zone.h"
#include "sources.h"
#include "steps.h"

#include <cap-ng.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is not printable made visible, in memory to be freed; or NULL. */
static char *
visible(const char *text)
{
	size_t size = strlen(text) * 4 + 1;
	char *shown = malloc(size);

	if (shown)
		report_escape(text, false, shown, (unsigned)size);
	return shown;
}

static void
line(const char *key, const char *value)
{
	char *shown = visible(value);

	if (!shown)
		return;
	printf("%s=%s\n", key, shown);
	free(shown);
}

/* The numbers of the bits that are set, the lowest being `first`, or capabilities' names. */
static void
bits(const char *key, uint64_t set, unsigned first, bool named)
{
	const char *separator = "";

	printf("%s=", key);
	for (unsigned i = 0; i < 64; i++) {
		if (!(set >> i & 1))
			continue;
		const char *name = named ? capng_capability_to_name(i) : NULL;

		if (name && strncmp(name, "cap_", 4))
			printf("%s%s", separator, name);
		else
			printf("%s%u", separator, i + first);
		separator = ",";
	}
	printf("%s\n", set ? "" : "none");
}

static void
capabilities(const char *key, uint64_t set)
{
	bits(key, set, 0, true);
}

static void
groups(const struct identity *who)
{
	printf("groups=");
	for (size_t i = 0; i < who->group_count; i++)
		printf("%s%u", i ? "," : "", who->groups[i]);
	printf("\n");
}

/* What was read out of a file for root alone is not for a log. */
static bool
is_secret(const char *entry, const struct secrets_facts *secrets)
{
	return secrets->texts && entry >= secrets->texts && entry < secrets->texts + secrets->size;
}

/* Names are the caller's as well as values: a newline in one would forge a line. */
static void
environment(char *const *variables, const struct secrets_facts *secrets)
{
	for (; *variables; variables++) {
		char *shown = visible(*variables);
		char *equals = shown ? strchr(shown, '=') : NULL;

		if (equals && is_secret(*variables, secrets))
			printf("env.%.*s=(secret of %zu bytes)\n", (int)(equals - shown), shown,
			       strlen(strchr(*variables, '=') + 1));
		else if (equals)
			printf("env.%s\n", shown);
		free(shown);
	}
}

static void
limit(rlim_t value, char end)
{
	if (value == RLIM_INFINITY)
		printf("unlimited%c", end);
	else
		printf("%llu%c", (unsigned long long)value, end);
}

static void
service(const struct plan_service *service)
{
	for (size_t i = 0; i < service->limit_count; i++) {
		printf("rlimit.%s=", rlimit_name(service->limits[i].resource));
		limit(service->limits[i].soft, ':');
		limit(service->limits[i].hard, '\n');
	}
	if (service->sets_oom_score)
		printf("oom_score_adj=%d\n", service->oom_score);
}

/* Kept, since the caller may mean it, and told, since nobody may have meant it. */
static void
told(const struct plan *plan, const struct facts *facts)
{
	static const char policies[][9] = {"other", "fifo", "rr",       "batch",
					   "4",     "idle", "deadline", "ext"};
	const uint64_t unmaskable = signals_bit(SIGKILL) | signals_bit(SIGSTOP);
	const struct told_facts *told = &facts->told;
	bool supplementary = false;

	/* It opens what is root's and the group's, whichever way it came. */
	for (size_t i = 0; i < plan->who.group_count; i++)
		supplementary = supplementary || plan->who.groups[i] == 0;
	printf("root_group=%s\n", plan->who.gid == 0 ? "primary"
				  : supplementary    ? "supplementary"
						     : "no");
	printf(told->priority ? "scheduling=%s:%u\n" : "scheduling=%s\n",
	       (unsigned)told->policy < 8 ? policies[told->policy] : "unknown", told->priority);
	printf("nice=%d\n", told->nice);
	bits("signals.blocked", facts->signals.mask & ~unmaskable, 1, false);
	bits("signals.ignored",
	     told->ignored | (facts->signals.ignores_children ? signals_bit(SIGCHLD) : 0), 1,
	     false);
}

static void
command(char *const *words)
{
	size_t size = 1;

	for (unsigned i = 0; words[i]; i++)
		size += strlen(words[i]) + 1;
	char *text = malloc(size);

	if (!text)
		return;
	char *end = text;

	for (unsigned i = 0; words[i]; i++)
		end = stpcpy(stpcpy(end, i ? " " : ""), words[i]);
	line("command", text);
	free(text);
}

static void
steps(const struct step *table, const struct plan *plan)
{
	for (; table->what; table++)
		if (step_applies(table, plan))
			line("step", table->what);
}

static void
zone(const struct plan *plan)
{
	const char *text = environment_value(plan->environment, "TZ");

	line("tz", text ? text : "");
	if (plan->zone.link)
		printf("tz.localtime=" ZONE_DIRECTORY "/%s\n", plan->zone.text);
}

static void
init(const struct plan *plan)
{
	if (plan->init.stays)
		printf("init=stay gid=%u %s\n", plan->drop.gid[2],
		       plan->drop.beside ? "cap_kill" : "no capability");
	else
		printf("init=exec\n");
}

static void
filters(const struct plan *plan, const struct facts *facts)
{
	printf("seccomp=%s\n", plan->filter ? plan->filter->name : "off");
	if (facts->seccomp_filters < 0)
		printf("seccomp.filters=unknown\n");
	else
		printf("seccomp.filters=%d\n", facts->seccomp_filters + (plan->filter ? 1 : 0) +
						       (plan->execution_filter ? 1 : 0) +
						       (plan->port_filter ? 1 : 0) +
						       (plan->terminal_filter ? 1 : 0));
}

/* The kernel's names, bit by bit. */
static const char file_rights[][13] = {
	"execute",   "write_file", "read_file", "read_dir",  "remove_dir",  "remove_file",
	"make_char", "make_dir",   "make_reg",  "make_sock", "make_fifo",   "make_block",
	"make_sym",  "refer",      "truncate",  "ioctl_dev", "resolve_unix"};
static const char port_rights[][13] = {"bind_tcp", "connect_tcp"};
static const char scope_names[][13] = {"abstract", "signal"};

static void
rights(uint64_t set, const char (*names)[13], unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (set >> i & 1)
			printf("%s ", names[i]);
}

static void
rule(const char *what, const char *path)
{
	char text[PATH_MAX + 16];

	snprintf(text, sizeof(text), "%s %s", what, path);
	line("landlock.rule", text);
}

static int
rule_for_command(const char *path, void *context, struct refusal *why)
{
	(void)context;
	(void)why;
	rule("exec", path);
	return 0;
}

static void
rules(const struct plan *plan)
{
	const struct landlock_plan *landlock = &plan->landlock;
	char found[PATH_MAX];
	struct refusal why;

	printf("landlock.handled=");
	rights(landlock->handled.files, file_rights, 17);
	rights(landlock->handled.ports, port_rights, 2);
	rights(landlock->handled.scopes, scope_names, 2);
	printf("\n");
	for (unsigned i = 0; i < landlock->path_count; i++)
		rule(landlock_option(landlock->paths[i].use) + strlen("--fs-"),
		     landlock->paths[i].path);
	for (unsigned i = 0; i < landlock->port_count; i++)
		printf("landlock.rule=%s %u\n",
		       landlock->ports[i].right == LANDLOCK_BIND ? "bind" : "connect",
		       landlock->ports[i].number);
	/* As far as it can be told before the drop, and before the set-up. */
	if (landlock->handled.files &&
	    !lookup_command(plan->command[0], plan->search_path, found, &why))
		executes_each(found, rule_for_command, NULL, &why);
	for (const struct landlock_need *need = landlock_needs; landlock->needs && need->path[0];
	     need++)
		rule(need->use == LANDLOCK_FOR_WRITING ? "needed rw" : "needed ro", need->path);
}

/* What a service can find out by trying, then what was decided. */
static void
landlock(const struct plan *plan, const struct facts *facts)
{
	const struct landlock_handled *handled = &plan->landlock.handled;
	const char *files = !handled->files                         ? ""
			    : (handled->files & LANDLOCK_READ_FILE) ? ",files"
								    : ",execution";
	char text[40];

	snprintf(text, sizeof(text), "%s%s%s", files, handled->ports & LANDLOCK_BIND ? ",bind" : "",
		 handled->ports & LANDLOCK_CONNECT ? ",connect" : "");
	printf("landlock.abi=%d\nlandlock.rules=%s\n", facts->landlock.version,
	       text[0] ? text + 1 : "none");
	if (plan->landlock.restricts)
		rules(plan);
}

/* Where each value came from that somebody said. */
static void
origins(const struct options *options)
{
	char key[SOURCES_NAME_SIZE];
	char text[CONFIG_LINE_MOST];

	for (unsigned id = 0; id < OPTION_COUNT; id++) {
		const struct option_entry *entry;
		unsigned cursor = 0;

		snprintf(key, sizeof(key), "from.%s", options_table[id].name);
		while ((entry = options_entry(options, (enum option_id)id, &cursor))) {
			sources_describe(entry, text, sizeof(text));
			size_t length = strlen(text);

			if (entry->value)
				snprintf(text + length, sizeof(text) - length, ": %s",
					 entry->value);
			line(key, text);
		}
	}
}

/* Nobody has looked where the keys are missing. */
static void
certificates(const struct plan *plan)
{
	const char *path = plan_certs_path(plan);

	if (plan->certs.looks || plan->certs.bundle)
		line("ca.bundle", path ? path : "none");
	if (plan->certs.looks)
		printf("ca.certificates=%u\n", plan_certs_count(plan));
}

int
describe_plan(const struct plan *plan, const struct facts *facts, const struct options *options)
{
	const char *home = environment_value(plan->environment, "HOME");

	printf("uid=%u\ngid=%u\n", plan->who.uid, plan->who.gid);
	groups(&plan->who);
	line("home", home ? home : "");
	line("workdir", plan->directory);
	printf("umask=%04o\n", plan->service.sets_umask ? plan->service.umask : facts->umask);
	capabilities("cap.effective", plan->drop.capabilities.effective);
	capabilities("cap.permitted", plan->drop.capabilities.permitted);
	capabilities("cap.inheritable", plan->drop.capabilities.inheritable);
	capabilities("cap.bounding", plan->drop.capabilities.bounding);
	capabilities("cap.ambient", plan->drop.capabilities.ambient);
	printf("securebits=0x%x\nno_new_privs=1\n", plan->drop.securebits);
	filters(plan, facts);
	zone(plan);
	certificates(plan);
	service(&plan->service);
	told(plan, facts);
	landlock(plan, facts);
	environment(plan->environment, &facts->secrets);
	init(plan);
	command(plan->command);
	steps(setup_steps, plan);
	for (const struct drop_row *row = drop_rows; row->what; row++)
		if (row->when & plan->drop.parts)
			line("step", row->what);
	steps(check_steps, plan);
	steps(confine_steps, plan);
	for (unsigned i = 0; i < plan->left_out.count; i++)
		line("left_out", plan->left_out.notes[i].text);
	origins(options);
	return fflush(stdout) || ferror(stdout) ? -1 : 0;
}
