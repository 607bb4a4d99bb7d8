/* SPDX-License-Identifier: MIT */
#include "steps.h"

#include "confine/filter.h"
#include "confine/landlock.h"
#include "confine/parent.h"
#include "confine/process.h"
#include "confine/terminal.h"
#include "explain/explainer.h"
#include "init/stay.h"
#include "setup/descriptors.h"
#include "setup/step_certs.h"
#include "setup/step_oom.h"
#include "setup/step_owners.h"
#include "setup/step_zone.h"

#include <errno.h>

/* What a step depends on: something of the plan that is not 0, false or NULL. */
#define FIELD(name)                                                                                \
	{                                                                                          \
		offsetof(struct plan, name), sizeof(((struct plan *)NULL)->name)                   \
	}

static int
take_terminal(const struct plan *plan)
{
	return terminal_take(&plan->init.terminal);
}

static int
check_terminal(const struct plan *plan)
{
	return terminal_check(&plan->init.terminal);
}

static int
give_signals_back(const struct plan *plan)
{
	return signals_give_back(&plan->init.caller);
}

static int
check_signals(const struct plan *plan)
{
	return signals_check(&plan->init.caller);
}

static int
restrict_service(const struct plan *plan)
{
	return landlock_restrict(&plan->landlock);
}

static int
check_restrictions(const struct plan *plan)
{
	return landlock_check(&plan->landlock);
}

static int
load_port_filter(const struct plan *plan)
{
	return filter_load_beside(plan->port_filter, FILTER_PORTS_ERRNO);
}

static int
check_port_filter(const struct plan *plan)
{
	(void)plan;
	return filter_check(FILTER_PORTS_ERRNO);
}

static int
load_execution_filter(const struct plan *plan)
{
	return filter_load_beside(plan->execution_filter, FILTER_EXECUTION_ERRNO);
}

static int
check_execution_filter(const struct plan *plan)
{
	(void)plan;
	return filter_check(FILTER_EXECUTION_ERRNO);
}

static int
load_terminal_filter(const struct plan *plan)
{
	return filter_load_beside(plan->terminal_filter, FILTER_TERMINAL_ERRNO);
}

static int
check_terminal_filter(const struct plan *plan)
{
	(void)plan;
	return filter_check(FILTER_TERMINAL_ERRNO);
}

static int
load_filter(const struct plan *plan)
{
	return plan->explains ? explainer_load(plan->share, plan->filter)
			      : filter_load(plan->filter);
}

static int
check_filter(const struct plan *plan)
{
	(void)plan;
	return filter_check(FILTER_CANARY_ERRNO);
}

const struct step setup_steps[] = {
	{.what = "close the inherited descriptors",
	 .apply = descriptors_close,
	 .check = descriptors_check_close,
	 .why = WHY_CLOSE},
	{.what = "hand the standard streams to the user",
	 .when = FIELD(own_stream),
	 .apply = descriptors_own,
	 .check = descriptors_check_own},
	{.what = "reset personality, timers and subreaper flag",
	 .when = FIELD(service.resets),
	 .apply = process_reset,
	 .check = process_check_reset,
	 .why = WHY_RESET},
	{.what = "link /etc/localtime",
	 .when = FIELD(zone.link),
	 .apply = step_zone_link,
	 .check = step_zone_check_link,
	 .why = WHY_ZONE},
	{.what = "write /etc/timezone",
	 .when = FIELD(zone.name),
	 .apply = step_zone_name,
	 .check = step_zone_check_name,
	 .why = WHY_ZONE},
	{.what = "add the CA certificates",
	 .when = FIELD(certs.writes),
	 .apply = step_certs_apply,
	 .check = step_certs_check,
	 .why = WHY_CERTS},
	{.what = "make the directories",
	 .when = FIELD(owners.directory_count),
	 .apply = step_owners_make,
	 .check = step_owners_check_make,
	 .why = WHY_OWNERS},
	{.what = "hand the trees to their owners",
	 .when = FIELD(owners.tree_count),
	 .apply = step_owners_give,
	 .check = step_owners_check_give,
	 .why = WHY_OWNERS},
	/* What lies here is asked for once, in the service: it fails there if it was not raised. */
	{.what = "raise the hard limits",
	 .when = FIELD(service.raises_limits),
	 .apply = process_raise_limits,
	 .why = WHY_LIMITS,
	 .value = process_failed_limit},
	{.what = "set the oom score",
	 .when = FIELD(service.sets_oom_score),
	 .apply = step_oom_set,
	 .check = step_oom_check},
	{.what = NULL},
};

const struct step check_steps[] = {
	{.what = "enter the working directory",
	 .when = FIELD(service.enters),
	 .apply = process_enter,
	 .check = process_check_enter,
	 .why = WHY_ENTER,
	 .value = process_entered},
	{.what = NULL},
};

const struct step confine_steps[] = {
	{.what = "start the explainer", .when = FIELD(explains), .apply = stay_explain},
	{.what = "leave the powers of the init behind",
	 .when = FIELD(init.stays),
	 .apply = stay_leave},
	{.what = "take a session or process group of its own",
	 .when = FIELD(init.stays),
	 .apply = take_terminal,
	 .check = check_terminal},
	{.what = "follow the parent's death",
	 .when = FIELD(parent_death_signal),
	 .apply = parent_follow,
	 .check = parent_check,
	 .why = WHY_PARENT},
	{.what = "set the umask",
	 .when = FIELD(service.sets_umask),
	 .apply = process_set_umask,
	 .check = process_check_umask},
	{.what = "set the resource limits",
	 .when = FIELD(service.limit_count),
	 .apply = process_set_limits,
	 .check = process_check_limits,
	 .why = WHY_LIMITS,
	 .value = process_failed_limit},
	{.what = "give the caller's signals back",
	 .when = FIELD(init.stays),
	 .apply = give_signals_back,
	 .check = check_signals},
	{.what = "restrict the service with Landlock",
	 .when = FIELD(landlock.restricts),
	 .apply = restrict_service,
	 .check = check_restrictions,
	 .why = WHY_RESTRICT},
	{.what = "close the ways round TCP's ports",
	 .when = FIELD(port_filter),
	 .apply = load_port_filter,
	 .check = check_port_filter,
	 .why = WHY_FILTER},
	{.what = "close memfd_create and execveat",
	 .when = FIELD(execution_filter),
	 .apply = load_execution_filter,
	 .check = check_execution_filter,
	 .why = WHY_FILTER},
	{.what = "close TIOCSTI and TIOCLINUX",
	 .when = FIELD(terminal_filter),
	 .apply = load_terminal_filter,
	 .check = check_terminal_filter,
	 .why = WHY_FILTER},
	{.what = "load the seccomp filter",
	 .when = FIELD(filter),
	 .apply = load_filter,
	 .check = check_filter,
	 .why = WHY_FILTER},
	{.what = NULL},
};

bool
step_applies(const struct step *step, const struct plan *plan)
{
	const char *field = (const char *)plan + step->when.at;
	bool applies = step->when.size == 0;

	for (size_t i = 0; i < step->when.size; i++)
		applies |= field[i] != 0;
	return applies;
}

int
steps_run(const struct step *table, const struct plan *plan, step_listener *done,
	  const void *context, struct step_failure *failure)
{
	for (const struct step *step = table; step->what; step++) {
		if (!step_applies(step, plan))
			continue;
		bool applied = !step->apply || !step->apply(plan);

		if (!applied || (step->check && step->check(plan))) {
			int error = errno;

			*failure = (struct step_failure){
				.what = step->what,
				.value = step->value ? step->value(plan) : NULL,
				.why = step->why,
				.unproven = applied,
				.error = error,
			};
			return -1;
		}
		done(step->what, context);
	}
	return 0;
}
