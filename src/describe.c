/* SPDX-License-Identifier: MIT */
#include "describe.h"

#include "environment.h"
#include "report.h"
#include "setup/zone.h"
#include "sources.h"
#include "steps.h"

#include <cap-ng.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One line, with what is not printable made visible. */
static void
line(const char *key, const char *value)
{
	size_t size = strlen(value) * 4 + 1;
	char *shown = malloc(size);

	if (!shown)
		return;
	report_escape(value, false, shown, (unsigned)size);
	printf("%s=%s\n", key, shown);
	free(shown);
}

static void
capabilities(const char *key, uint64_t set)
{
	const char *separator = "";

	printf("%s=", key);
	for (unsigned i = 0; i < 64; i++) {
		if (!(set >> i & 1))
			continue;
		const char *name = capng_capability_to_name(i);

		if (name && strncmp(name, "cap_", 4))
			printf("%s%s", separator, name);
		else
			printf("%s%u", separator, i);
		separator = ",";
	}
	printf("%s\n", set ? "" : "none");
}

static void
groups(const struct identity *who)
{
	printf("groups=");
	for (size_t i = 0; i < who->group_count; i++)
		printf("%s%u", i ? "," : "", who->groups[i]);
	printf("\n");
}

static void
environment(char *const *variables)
{
	for (; *variables; variables++) {
		size_t size = strlen(*variables) + sizeof("env.");
		char *key = malloc(size);

		if (!key)
			return;
		snprintf(key, size, "env.%s", *variables);
		char *equals = strchr(key, '=');

		if (equals) {
			*equals = 0;
			line(key, equals + 1);
		}
		free(key);
	}
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
		printf("init=stay gid=%u %s\n", plan->init.own_gid,
		       plan->init.own_capabilities ? "cap_kill" : "no capability");
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
		printf("seccomp.filters=%d\n", facts->seccomp_filters + (plan->filter ? 1 : 0));
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
	printf("umask=%04o\n", facts->umask);
	capabilities("cap.effective", plan->capabilities.effective);
	capabilities("cap.permitted", plan->capabilities.permitted);
	capabilities("cap.inheritable", plan->capabilities.inheritable);
	capabilities("cap.bounding", plan->capabilities.bounding);
	capabilities("cap.ambient", plan->capabilities.ambient);
	printf("securebits=0x%x\nno_new_privs=1\n", plan->securebits);
	filters(plan, facts);
	zone(plan);
	certificates(plan);
	environment(plan->environment);
	init(plan);
	command(plan->command);
	steps(setup_steps, plan);
	steps(drop_steps, plan);
	steps(confine_steps, plan);
	for (unsigned i = 0; i < plan->left_out.count; i++)
		line("left_out", plan->left_out.notes[i].text);
	origins(options);
	return fflush(stdout) || ferror(stdout) ? -1 : 0;
}
