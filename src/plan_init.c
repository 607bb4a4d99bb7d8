/* SPDX-License-Identifier: MIT */
#include "plan_init.h"

#include "idmap.h"
#include "init/settings.h"
#include "plan.h"

#include <linux/capability.h>
#include <string.h>

static int
read_values(struct init_settings *settings, const struct options *options, struct refusal *why)
{
	const char *stop_signal = options_value(options, OPTION_STOP_SIGNAL);
	const char *stop_timeout = options_value(options, OPTION_STOP_TIMEOUT);
	const char *leftover_timeout = options_value(options, OPTION_LEFTOVER_TIMEOUT);
	const char *text;
	unsigned cursor = 0;

	decide_defaults(settings);
	settings->stop_limited = stop_timeout != NULL;
	settings->signal_group = options_given(options, OPTION_SIGNAL_GROUP);
	if (stop_signal && settings_stop_signal(settings, stop_signal, why))
		return -1;
	if (stop_timeout &&
	    settings_seconds(&settings->stop_timeout, "--stop-timeout", stop_timeout, why))
		return -1;
	if (leftover_timeout && settings_seconds(&settings->leftover_timeout, "--leftover-timeout",
						 leftover_timeout, why))
		return -1;
	while ((text = options_next(options, OPTION_MAP_SIGNAL, &cursor)))
		if (settings_map_signal(settings, text, why))
			return -1;
	cursor = 0;
	while ((text = options_next(options, OPTION_MAP_EXIT, &cursor)))
		if (settings_map_exit(settings, text, why))
			return -1;
	return 0;
}

/* 65534, or the next lower one that exists in the user namespace and is not the service's. */
static gid_t
other_gid(gid_t service, const struct ids_file *map)
{
	for (gid_t gid = 65534; gid > 0; gid--)
		if (gid != service && idmap_holds(map, gid))
			return gid;
	return service;
}

/* The saved gid, which the init takes after the fork, and the service never sees. */
static void
choose_gid(struct plan *plan, const struct facts *facts)
{
	gid_t *own = &plan->drop.gid[2];

	if (!plan->init.stays)
		return;
	if (facts->capabilities.effective & CAPABILITY(CAP_SETGID))
		*own = other_gid(plan->who.gid, &facts->gid_map);
	if (*own == plan->who.gid)
		plan_note(
			&plan->left_out,
			"init.gid: a gid of its own for the init needs CAP_SETGID and a second gid in the user namespace; the service can limit its init with prlimit(2)");
	else
		plan->drop.parts |= DROP_GID;
}

/* Of all services, only one that may change its uid can get out of the reach of its init. */
static void
choose_capabilities(struct plan *plan, const struct facts *facts)
{
	if (!plan->init.stays || !(plan->kept & CAPABILITY(CAP_SETUID)))
		return;
	if (facts->capabilities.permitted & CAPABILITY(CAP_KILL))
		plan->drop.beside = CAPABILITY(CAP_KILL);
	else
		plan_note(
			&plan->left_out,
			"init.capabilities: without CAP_KILL the init cannot signal a service that has changed its uid");
}

/*
 * A request to stop, and Ctrl-C, which would end most services; not where the author has said that
 * it means nothing. Without an init signals are not held back.
 */
static void
choose_ends(struct plan_init *init)
{
	if (!init->stays)
		return;
	init->ends_setup = init->settings.stop_signals | signals_bit(SIGINT);
	for (int signal = 1; signal <= SIGNALS_LAST; signal++)
		if (init->settings.signal_map[signal] == 0)
			init->ends_setup &= ~signals_bit(signal);
}

static void
choose_reach(struct plan *plan, const struct facts *facts, bool subreaper)
{
	struct plan_init *init = &plan->init;

	init->settings.reach = init->wishes.is_pid_1 ? INIT_REACH_ALL
			       : subreaper           ? INIT_REACH_CHILDREN
						     : INIT_REACH_NOBODY;
	init->settings.suspend = !init->wishes.is_pid_1 && facts->terminal.foreground &&
				 facts->terminal.mode == TERMINAL_GROUP;
	if (init->stays && init->settings.reach == INIT_REACH_NOBODY)
		plan_note(
			&plan->warnings,
			"the init is not PID 1: processes that lose their parent are left to another one; --subreaper adopts them");
}

bool
plan_init_may_exec(const struct options *options, pid_t pid)
{
	const char *text = options_value(options, OPTION_INIT);

	return text ? strcmp(text, "always") : pid != 1;
}

int
plan_init_make(struct plan *plan, const struct options *options, const struct facts *facts,
	       struct refusal *why)
{
	struct plan_init *init = &plan->init;
	const char *text = options_value(options, OPTION_INIT);
	const char *death = options_value(options, OPTION_PARENT_DEATH);
	bool subreaper = options_given(options, OPTION_SUBREAPER);
	enum init_wish wish = INIT_WISH_AUTO;

	if ((text && settings_init(&wish, text, why)) || read_values(&init->settings, options, why))
		return -1;
	plan->parent_death_signal = facts->parent_death_signal;
	if (death && settings_signal(&plan->parent_death_signal, "--parent-death", death, why))
		return -1;
	if (plan->explains && wish == INIT_WISH_NEVER)
		return refuse(
			why,
			"--explain needs the init, which --init never forbids; leave one of them out");
	init->stays = wish == INIT_WISH_ALWAYS ||
		      (wish == INIT_WISH_AUTO && (facts->pid == 1 || plan->explains));
	init->wishes = (struct start_wishes){
		.is_pid_1 = facts->pid == 1,
		.subreaper = subreaper,
		.parent_death_signal = plan->parent_death_signal,
		.parent = facts->parent,
	};
	plan->parent = init->stays ? facts->pid : facts->parent;
	if (init->stays)
		init->terminal = facts->terminal;
	init->caller = facts->signals;
	choose_ends(init);
	choose_gid(plan, facts);
	choose_capabilities(plan, facts);
	choose_reach(plan, facts, subreaper);
	return 0;
}
