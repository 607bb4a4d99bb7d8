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
#include "who/drop.h"
#include "who/keyring.h"

#include <errno.h>

static bool
owns_streams(const struct plan *plan)
{
	return plan->own_stream[0] || plan->own_stream[1] || plan->own_stream[2];
}

static bool
joins_keyring(const struct plan *plan)
{
	return plan->joins_keyring;
}

static bool
changes_groups(const struct plan *plan)
{
	return plan->change_groups;
}

static bool
changes_gid(const struct plan *plan)
{
	return plan->change_gid;
}

static bool
changes_uid(const struct plan *plan)
{
	return plan->change_uid;
}

static bool
limits_bounding(const struct plan *plan)
{
	return plan->drop_bounding;
}

static bool
inherits(const struct plan *plan)
{
	return plan->kept && !plan->keep_over_uid_change;
}

static bool
raises_early(const struct plan *plan)
{
	return !plan->keep_over_uid_change;
}

static bool
carries(const struct plan *plan)
{
	return plan->keep_over_uid_change;
}

static bool
follows_parent(const struct plan *plan)
{
	return plan->parent_death_signal != 0;
}

static bool
stays(const struct plan *plan)
{
	return plan->init.stays;
}

static bool
explains(const struct plan *plan)
{
	return plan->explains;
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

static bool
restricts(const struct plan *plan)
{
	return plan->landlock.restricts;
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

static bool
closes_detours(const struct plan *plan)
{
	return plan->port_filter != NULL;
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

static bool
closes_memory(const struct plan *plan)
{
	return plan->execution_filter != NULL;
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

static bool
closes_terminal(const struct plan *plan)
{
	return plan->terminal_filter != NULL;
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

static bool
filters(const struct plan *plan)
{
	return plan->filter != NULL;
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
	 .applies = owns_streams,
	 .apply = descriptors_own,
	 .check = descriptors_check_own},
	{.what = "reset personality, timers and subreaper flag",
	 .applies = process_resets,
	 .apply = process_reset,
	 .check = process_check_reset,
	 .why = WHY_RESET},
	{.what = "link /etc/localtime",
	 .applies = step_zone_links,
	 .apply = step_zone_link,
	 .check = step_zone_check_link,
	 .why = WHY_ZONE},
	{.what = "write /etc/timezone",
	 .applies = step_zone_names,
	 .apply = step_zone_name,
	 .check = step_zone_check_name,
	 .why = WHY_ZONE},
	{.what = "add the CA certificates",
	 .applies = step_certs_applies,
	 .apply = step_certs_apply,
	 .check = step_certs_check,
	 .why = WHY_CERTS},
	{.what = "make the directories",
	 .applies = step_owners_makes,
	 .apply = step_owners_make,
	 .check = step_owners_check_make,
	 .why = WHY_OWNERS},
	{.what = "hand the trees to their owners",
	 .applies = step_owners_gives,
	 .apply = step_owners_give,
	 .check = step_owners_check_give,
	 .why = WHY_OWNERS},
	/* What lies here is asked for once, in the service: it fails there if it was not raised. */
	{.what = "raise the hard limits",
	 .applies = process_raises_limits,
	 .apply = process_raise_limits,
	 .why = WHY_LIMITS,
	 .value = process_failed_limit},
	{.what = "set the oom score",
	 .applies = step_oom_applies,
	 .apply = step_oom_set,
	 .check = step_oom_check},
	{.what = NULL},
};

/*
 * The order is that of the powers: each step needs what a later one gives up. A session keyring
 * counts against root's quota as long as this is root. Groups and gid need
 * CAP_SETGID; bounding set and securebits need CAP_SETPCAP and have to be done before the uid
 * changes; ambient capabilities survive that change only with these securebits. Without
 * CAP_SETPCAP the securebits cannot be had, and the kept capabilities are carried over it by
 * PR_SET_KEEPCAPS and raised afterwards.
 */
const struct step drop_steps[] = {
	{.what = "join a session keyring of its own",
	 .applies = joins_keyring,
	 .apply = keyring_join,
	 .why = WHY_KEYRING},
	{.what = "set the supplementary groups",
	 .applies = changes_groups,
	 .apply = credentials_set_groups,
	 .check = credentials_check_groups,
	 .why = WHY_GROUPS},
	{.what = "set the group ids",
	 .applies = changes_gid,
	 .apply = credentials_set_gid,
	 .check = credentials_check_gid,
	 .why = WHY_IDS},
	/* Asked for once, at the end: what is lost there stays lost. */
	{.what = "limit the capability bounding set",
	 .applies = limits_bounding,
	 .apply = capabilities_limit},
	{.what = "make the kept capabilities inheritable",
	 .applies = inherits,
	 .apply = capabilities_inherit,
	 .check = capabilities_check_inherit},
	{.what = "set the ambient capabilities",
	 .applies = raises_early,
	 .apply = capabilities_raise,
	 .check = capabilities_check_raise},
	{.what = "lock the securebits",
	 .applies = limits_bounding,
	 .apply = capabilities_lock,
	 .check = capabilities_check_lock},
	{.what = "carry the kept capabilities over the change of ids",
	 .applies = carries,
	 .apply = capabilities_carry,
	 .check = capabilities_check_carry},
	{.what = "set the user ids",
	 .applies = changes_uid,
	 .apply = credentials_set_uid,
	 .check = credentials_check_uid,
	 .why = WHY_IDS},
	{.what = "give up the capabilities", .apply = capabilities_drop},
	{.what = "raise the carried capabilities",
	 .applies = carries,
	 .apply = capabilities_raise_carried,
	 .check = capabilities_check_raise},
	{.what = "set no_new_privs",
	 .apply = capabilities_no_new_privs,
	 .check = capabilities_check_no_new_privs},
	{.what = "become undumpable",
	 .apply = capabilities_undumpable,
	 .check = capabilities_check_undumpable},
	{.what = "find no way back to the capabilities", .check = capabilities_check_final},
	{.what = "find no way back to root's ids", .check = credentials_check_final},
	{.what = "find no way back to root's keys",
	 .applies = joins_keyring,
	 .check = keyring_check_final},
	{.what = NULL},
};

const struct step check_steps[] = {
	{.what = "enter the working directory",
	 .applies = process_enters,
	 .apply = process_enter,
	 .check = process_check_enter,
	 .why = WHY_ENTER,
	 .value = process_entered},
	{.what = NULL},
};

const struct step confine_steps[] = {
	{.what = "start the explainer", .applies = explains, .apply = stay_explain},
	{.what = "leave the powers of the init behind", .applies = stays, .apply = stay_leave},
	{.what = "take a session or process group of its own",
	 .applies = stays,
	 .apply = take_terminal,
	 .check = check_terminal},
	{.what = "follow the parent's death",
	 .applies = follows_parent,
	 .apply = parent_follow,
	 .check = parent_check,
	 .why = WHY_PARENT},
	{.what = "set the umask",
	 .applies = process_sets_umask,
	 .apply = process_set_umask,
	 .check = process_check_umask},
	{.what = "set the resource limits",
	 .applies = process_sets_limits,
	 .apply = process_set_limits,
	 .check = process_check_limits,
	 .why = WHY_LIMITS,
	 .value = process_failed_limit},
	{.what = "give the caller's signals back",
	 .applies = stays,
	 .apply = give_signals_back,
	 .check = check_signals},
	{.what = "restrict the service with Landlock",
	 .applies = restricts,
	 .apply = restrict_service,
	 .check = check_restrictions,
	 .why = WHY_RESTRICT},
	{.what = "close the ways round TCP's ports",
	 .applies = closes_detours,
	 .apply = load_port_filter,
	 .check = check_port_filter,
	 .why = WHY_FILTER},
	{.what = "close memfd_create and execveat",
	 .applies = closes_memory,
	 .apply = load_execution_filter,
	 .check = check_execution_filter,
	 .why = WHY_FILTER},
	{.what = "close TIOCSTI and TIOCLINUX",
	 .applies = closes_terminal,
	 .apply = load_terminal_filter,
	 .check = check_terminal_filter,
	 .why = WHY_FILTER},
	{.what = "load the seccomp filter",
	 .applies = filters,
	 .apply = load_filter,
	 .check = check_filter,
	 .why = WHY_FILTER},
	{.what = NULL},
};

bool
step_applies(const struct step *step, const struct plan *plan)
{
	return !step->applies || step->applies(plan);
}

int
steps_run(const struct step *table, const struct plan *plan, step_listener *done,
	  const void *context, struct step_failure *failure)
{
	for (const struct step *step = table; step->what; step++) {
		if (!step_applies(step, plan))
			continue;
		if (step->apply && step->apply(plan)) {
			*failure = (struct step_failure){step, false, errno};
			return -1;
		}
		if (step->check && step->check(plan)) {
			*failure = (struct step_failure){step, true, errno};
			return -1;
		}
		done(step, context);
	}
	return 0;
}
