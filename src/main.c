/* SPDX-License-Identifier: MIT */
/*
 * stepdown - the first process in a container, and the last one with root
 *
 * Theory of operation. Everything is decided before anything is done: options and facts become one
 * plan, and up to that boundary nothing has been changed. The steps then carry the plan out in the
 * order of their tables, each one proven by asking the kernel, and the first that fails ends it
 * all with 125, so that a service runs fully confined or not at all. Root is given up before the
 * service's own files are looked at; the filter is loaded last, so that it need not allow anything
 * that comes before it.
 */
#include "certs_look.h"
#include "command/executes.h"
#include "command/explain.h"
#include "command/lookup.h"
#include "config_files.h"
#include "describe.h"
#include "dropin.h"
#include "facts.h"
#include "facts_owners.h"
#include "facts_zone.h"
#include "front/log.h"
#include "help.h"
#include "init/decide.h"
#include "init/signals.h"
#include "init/stay.h"
#include "options.h"
#include "plan.h"
#include "plan_environment.h"
#include "plan_filter.h"
#include "plan_landlock.h"
#include "setup/certs_reader.h"
#include "setup/descriptors.h"
#include "setup/paths.h"
#include "sources.h"
#include "steps.h"
#include "who/keyring.h"
#include "why_here.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void
say_step(const char *what, const void *context)
{
	report_say(context, REPORT_STEP, "%s: done", what);
}

static void
say_notes(const struct report *report, enum report_level level, const char *prefix,
	  const struct plan_notes *notes)
{
	for (unsigned i = 0; i < notes->count; i++)
		report_say(report, level, "%s%s", prefix, notes->notes[i].text);
}

__attribute__((noreturn)) static void
die(const struct report *report, int status, const struct refusal *why)
{
	char where[PATH_MAX + 32] = "";

	if (why->about && why->about->origin.source != OPTION_FROM_COMMAND_LINE)
		sources_describe(why->about, where, sizeof(where));
	report_say(report, REPORT_ERROR, where[0] ? "%s (said in %s)" : "%s", why->text, where);
	_exit(status);
}

/* A set-up that was asked to stop ends as the service would have. */
static int
failed_status(const struct plan *plan, int error)
{
	int signal = error == ECANCELED ? signals_pending(plan->init.ends_setup) : 0;

	return signal ? decide_status(&plan->init.settings, signal) : STATUS_FAILED;
}

__attribute__((noreturn)) static void
die_of(const struct step_failure *failure, const struct plan *plan, const struct report *report)
{
	const char *reason = failure->unproven && failure->error == EPROTO
				     ? "the kernel shows another state than was set"
				     : strerror(failure->error);

	/* A step of the set-up says which file it was. */
	if (plan->failure->what)
		report_say(report, REPORT_ERROR, "cannot %s %.800s: %s%s", plan->failure->what,
			   plan->failure->path, reason,
			   why_here(failure->why, failure->error, plan->failure->path));
	else
		report_say(report, REPORT_ERROR, "cannot %s%s%s%.800s for %u:%u: %s%s",
			   failure->unproven ? "prove: " : "", failure->what,
			   failure->value ? " " : "", failure->value ? failure->value : "",
			   plan->who.uid, plan->who.gid, reason,
			   why_here(failure->why, failure->error, failure->value));
	_exit(failed_status(plan, failure->error));
}

static void
run(const struct step *table, const struct plan *plan, const struct report *report)
{
	struct step_failure failure;

	if (steps_run(table, plan, say_step, report, &failure))
		die_of(&failure, plan, report);
}

/* How messages look is needed for the first of them, so it is read out of half-read options too. */
static struct report
choose_report(const struct options *options)
{
	const char *form = options_value(options, OPTION_LOG);

	return (struct report){
		.json = form && !strcmp(form, "json"),
		.verbose = options_given(options, OPTION_VERBOSE),
		.quiet = options_given(options, OPTION_QUIET),
	};
}

static int
print_and_stop(const struct options *options)
{
	int failed = options_given(options, OPTION_HELP) ? help_print() : help_print_version();

	return failed ? STATUS_FAILED : EXIT_SUCCESS;
}

/* The configuration goes first, since it may say what the environment is allowed to. */
static int
read_sources(struct options *options, char *const *environment, struct refusal *why)
{
	const char *file = options_value(options, OPTION_CONFIG);

	if (file && file[0] != '/')
		return refuse(why, "--config %s is not an absolute path; begin it with /", file);
	int missing = config_file_read(file ? file : CONFIG_FILE, sources_take_line, options, why);

	if (missing < 0)
		return -1;
	if (file && missing)
		return refuse(why, "--config %s does not exist; is it in the image?", file);
	if (!file && config_directory_read(CONFIG_DIRECTORY, sources_take_line, options, why))
		return -1;
	return sources_take_environment(options, environment, why);
}

static void
say_ignored(const struct report *report, const struct options *options, char *const *environment)
{
	const char *variable;
	unsigned cursor = 0;

	while ((variable = sources_ignored(options, environment, &cursor)))
		report_say(report, REPORT_WARNING,
			   "%.*s is set, but --from-env does not let the environment say that",
			   (int)strcspn(variable, "="), variable);
}

static int
allow_execution(const char *path, void *context, struct refusal *why)
{
	return landlock_allow(context, path, why);
}

/* The rules need the command, which is sought as the service's user; as such they are made too. */
static int
prepare_landlock(struct landlock_plan *landlock, const char *command, struct refusal *why)
{
	if (!landlock->restricts)
		return 0;
	if (landlock_open(landlock, why))
		return -1;
	return landlock->handled.files ? executes_each(command, allow_execution, landlock, why) : 0;
}

static size_t
whole_pages(size_t size)
{
	return (size + FACTS_PAGE - 1) & ~(size_t)(FACTS_PAGE - 1);
}

int
main(int argc, char *argv[], char *environment[])
{
	static struct options options __attribute__((aligned(FACTS_PAGE)));
	static struct facts facts __attribute__((aligned(FACTS_PAGE)));
	static struct plan plan __attribute__((aligned(FACTS_PAGE)));
	static char found[PATH_MAX] __attribute__((aligned(FACTS_PAGE)));
	static struct profile_file profile;
	static struct setup_failure failure;
	struct step_failure undone;
	struct init init = {.service = 0};
	struct refusal why = {.text = ""};
	struct report report = {.json = false};

	if (facts_refuse_own_power(&why))
		die(&report, STATUS_FAILED, &why);

	enum dropin_kind peer = dropin_kind(argv[0]);

	if (peer != DROPIN_NONE)
		return dropin_run(peer, argc, argv, environment);
	if (descriptors_fill()) {
		refuse(&why, "cannot open /dev/null for a closed standard stream: %s",
		       why_errno(errno));
		die(&report, STATUS_FAILED, &why);
	}

	int refused = options_parse(&options, argc, argv, &why);

	report = choose_report(&options);
	if (refused)
		die(&report, STATUS_FAILED, &why);
	if (!options.command)
		return print_and_stop(&options);
	/* From the start on, so that no request to stop is lost to a PID 1 that has no handlers. */
	if (signals_hold(&facts.signals)) {
		refuse(&why, "cannot hold back signals: %s", why_errno(errno));
		die(&report, STATUS_FAILED, &why);
	}
	refused = read_sources(&options, environment, &why);
	report = choose_report(&options);
	if (refused)
		die(&report, STATUS_FAILED, &why);
	say_ignored(&report, &options, environment);
	if (options_read(&options, &why))
		die(&report, STATUS_FAILED, &why);

	bool dry = options_given(&options, OPTION_DRY_RUN);
	struct facts_wanted wanted = {
		.execs = plan_init_may_exec(&options, getpid()),
		.listen = options_given(&options, OPTION_LISTEN_FDS),
		.report = dry,
		.groups = plan_needs_groups(&options),
		.tty = plan_filter_asks_for_tty(&options),
		.profile = plan_filter_path(&options),
	};

	plan.profile = &profile;
	plan.failure = &failure;
	plan.report = &report;
	if (plan_landlock_ask(&facts.landlock, &options, &why) ||
	    facts_gather(&facts, &wanted, environment, &why) ||
	    facts_service_gather(&facts, &options, &why) ||
	    facts_secrets_gather(&facts, &options, &why) ||
	    facts_zone_gather(&facts, &options, &why) ||
	    facts_owners_gather(&facts, &options, &why) ||
	    facts_certs_gather(&facts, &options, &why) ||
	    plan_make(&plan, &options, &facts, &why) || keyring_look(&plan, &options, &why) ||
	    certs_look(&plan, &options, &facts, &report, &why) ||
	    plan_environment_make(&plan, &options, &facts, &why))
		die(&report, STATUS_FAILED, &why);
	say_notes(&report, REPORT_WARNING, "", &plan.warnings);
	if (dry)
		return describe_plan(&plan, &facts, &options) ? STATUS_FAILED : EXIT_SUCCESS;
	say_notes(&report, REPORT_STEP, "left out: ", &plan.left_out);
	/* Without an init to wait for them, signals mean to this process what they always do. */
	if (!plan.init.stays &&
	    (signals_give_back(&facts.signals) || signals_check(&facts.signals))) {
		refuse(&why, "cannot give the signals back: %s", why_errno(errno));
		die(&report, STATUS_FAILED, &why);
	}

	/* Nothing is changed above this line. */

	run(setup_steps, &plan, &report);
	certs_answer_release(&plan.certs.answer);
	if (plan.init.stays && stay_open(&init, &plan, &report, &why))
		die(&report, STATUS_FAILED, &why);
	if (drop_run(&plan.drop, say_step, &report, &undone))
		die_of(&undone, &plan, &report);

	/* From here on as the service's user, who alone can say what the command is to it. */

	run(check_steps, &plan, &report);

	struct explain_facts about = {
		.native_only = plan.filter && !plan.compat,
		.bounding = plan.drop.capabilities.bounding,
		.uid = plan.who.uid,
	};
	int status = lookup_command(plan.command[0], plan.search_path, found, &why);

	if (!status)
		status = explain_beforehand(found, &about, &why);
	if (status)
		die(&report, status, &why);

	/* Two processes from here on; the parent stays in there until its work is done. */
	const struct power_memory memory[POWER_FORGOTTEN] = {
		{&options, sizeof(options)},
		{facts.secrets.texts, facts.secrets.size},
		{facts.passwd.bytes, whole_pages(facts.passwd.size)},
		{facts.group.bytes, whole_pages(facts.group.size)},
		{facts.uid_map.bytes, whole_pages(facts.uid_map.size)},
		{facts.gid_map.bytes, whole_pages(facts.gid_map.size)},
		{&facts, sizeof(facts)},
		{plan.environment, plan.variables.size},
		{&plan, sizeof(plan)},
		{found, sizeof(found)},
	};

	plan.memory = memory;
	if (plan.init.stays && stay_behind(&init, &plan, &why))
		die(&report, STATUS_FAILED, &why);

	if (prepare_landlock(&plan.landlock, found, &why))
		die(&report, STATUS_FAILED, &why);
	run(confine_steps, &plan, &report);
	execve(found, plan.command, plan.environment);
	status = explain_failure(found, errno, &about, &why);
	die(&report, status, &why);
}
