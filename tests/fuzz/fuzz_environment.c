/* SPDX-License-Identifier: MIT */
/*
 * Any strings as the environment: what it may set of the options, inherited sockets, PUID, and what
 * the service sees of it in the end. The first line is --from-env, the second changes what is made.
 */
#include "fuzz.h"

#include "environment.h"
#include "facts.h"
#include "plan_puid.h"
#include "sources.h"

enum { PID = 7 };

static void
take_options(char *allowed, char *const *environment)
{
	static struct options options;
	char *argv[] = {"stepdown", "--puid", "--from-env", allowed, "--", "true", NULL};
	char spec[PLAN_PUID_SIZE] = "";
	struct refusal why = {.text = ""};
	const char *ignored;

	memset(&options, 0, sizeof(options));
	must(options_parse(&options, 6, argv, &why) == 0);
	for (unsigned cursor = 0; (ignored = sources_ignored(&options, environment, &cursor));)
		must(!strncmp(ignored, "STEPDOWN_", 9) && strchr(ignored, '='));
	if (fuzz_said(plan_puid_read(&options, environment, spec, &why), &why) == 0) {
		const char *colon = strchr(spec, ':');
		uint32_t id;

		must(!spec[0] ||
		     (colon && ids_number(spec, (size_t)(colon - spec), &id) && id > 0));
		must(!spec[0] || (ids_number(colon + 1, strlen(colon + 1), &id) && id > 0));
	}
	if (fuzz_said(sources_take_environment(&options, environment, &why), &why))
		return;
	must(!options_given(&options, OPTION_ALLOW_ROOT));
	must(!options_given(&options, OPTION_NO_SETUP));
	must(!options_given(&options, OPTION_DRY_RUN));
	must(!strcmp(options_value(&options, OPTION_CONFIG) ? "config" : "", ""));
	/* Still the author's alone. */
	unsigned cursor = 0;
	const struct option_entry *entry = options_entry(&options, OPTION_FROM_ENV, &cursor);
	must(!entry || entry->origin.source == OPTION_FROM_COMMAND_LINE);
}

static void
make_environment(char *const *given, uint8_t how, const char *name)
{
	struct identity who = {.uid = 1, .gid = 1, .has_entry = how & 1, .home = "/srv"};
	struct environment_change changes[] = {
		{name, (how & 16) ? "value" : NULL}, {"A=1", NULL}, {"HOME", NULL}};
	struct environment_rules rules = {.who = &who,
					  .becomes = how & 2,
					  .listens = how & 4,
					  .clear = how & 8,
					  .before = changes,
					  .before_count = (how & 32) ? 3 : 0,
					  .after = changes,
					  .after_count = (how & 64) ? 2 : 0};

	if (how & 1) {
		strcpy(who.name, "app");
		strcpy(who.shell, "/bin/sh");
	}
	void *memory = malloc(environment_size(given, &rules));
	must(memory);
	char **made = environment_make(given, &rules, memory);

	must(made == memory);
	for (char **one = made; *one; one++) {
		/* From stepdown's own variables nothing gets through, and nothing is there twice.
		 */
		must(strncmp(*one, "STEPDOWN_", 9) != 0);
		must(rules.listens || strncmp(*one, "LISTEN_PID=", 11) != 0);
		must(strncmp(*one, "LISTEN_PIDFDID=", 15) != 0);
	}
	/* Only who takes them away goes without. */
	must((how & 64) || environment_value(made, "PATH"));
	must((how & 32) || (how & 64) || environment_value(made, "HOME"));
	free(memory);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_strings strings;
	struct refusal why = {.text = ""};
	unsigned count = 0;

	fuzz_split(data, size, &strings);
	if (strings.count >= 2) {
		char *const *environment = strings.list + 2;
		const char *name = strings.list[1][0] ? strings.list[1] + 1 : "N";

		take_options(strings.list[0], environment);
		if (fuzz_said(environment_listen(environment, PID, &count, &why), &why) == 0)
			must(count <= FACTS_LISTEN_MAX);
		if (fuzz_said(environment_check_name("--env", name, true, &why), &why) == 0)
			make_environment(environment, (uint8_t)strings.list[1][0], name);
	}
	fuzz_release(&strings);
	return 0;
}
