/* SPDX-License-Identifier: MIT */
#include "plan_init.h"

#include "idmap.h"
#include "plan.h"

#include <linux/capability.h>
#include <string.h>

/* In the order of the row's words. */
enum wish { WISH_AUTO, WISH_ALWAYS, WISH_NEVER };

static int
read_maps(struct init_settings *settings, const struct options *options, struct refusal *why)
{
	const struct option_entry *said;
	unsigned cursor = 0;

	while ((said = options_entry(options, OPTION_MAP_SIGNAL, &cursor))) {
		int from = said->pair.from;

		if (from == SIGKILL || from == SIGSTOP)
			return refuse_option(why, said, ": SIG%s never reaches a process",
					     signals_name(from));
		if (settings->signal_map[from] != from)
			return refuse_option(why, said, ": SIG%s is mapped already",
					     signals_name(from));
		settings->signal_map[from] = (uint8_t)said->pair.to;
	}
	cursor = 0;
	while ((said = options_entry(options, OPTION_MAP_EXIT, &cursor))) {
		int from = said->pair.from;

		if (settings->exit_map[from] != from)
			return refuse_option(why, said, ": %d is mapped already", from);
		settings->exit_map[from] = (uint8_t)said->pair.to;
	}
	return 0;
}

static int
read_values(struct init_settings *settings, const struct options *options, struct refusal *why)
{
	const struct option_entry *stop = options_said(options, OPTION_STOP_SIGNAL);

	decide_defaults(settings);
	settings->stop_limited = options_given(options, OPTION_STOP_TIMEOUT);
	settings->stop_timeout = (uint64_t)options_number(options, OPTION_STOP_TIMEOUT,
							  (int64_t)settings->stop_timeout);
	settings->leftover_timeout = (uint64_t)options_number(options, OPTION_LEFTOVER_TIMEOUT,
							      (int64_t)settings->leftover_timeout);
	settings->signal_group = options_given(options, OPTION_SIGNAL_GROUP);
	if (stop && (stop->number == SIGKILL || stop->number == SIGSTOP || stop->number == SIGCHLD))
		return refuse_option(why, stop, " never asks for anything; name another signal");
	if (stop)
		settings->stop_signals |= signals_bit((int)stop->number);
	return read_maps(settings, options, why);
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
	return options_number(options, OPTION_INIT, pid == 1 ? WISH_ALWAYS : WISH_AUTO) !=
	       WISH_ALWAYS;
}

int
plan_init_make(struct plan *plan, const struct options *options, const struct facts *facts,
	       struct refusal *why)
{
	struct plan_init *init = &plan->init;
	bool subreaper = options_given(options, OPTION_SUBREAPER);
	int64_t wish = options_number(options, OPTION_INIT, WISH_AUTO);

	if (read_values(&init->settings, options, why))
		return -1;
	plan->parent_death_signal =
		(int)options_number(options, OPTION_PARENT_DEATH, facts->parent_death_signal);
	if (plan->explains && wish == WISH_NEVER)
		return refuse_option(
			why, options_said(options, OPTION_EXPLAIN),
			" needs the init, which --init never forbids; leave one of them out");
	init->stays =
		wish == WISH_ALWAYS || (wish == WISH_AUTO && (facts->pid == 1 || plan->explains));
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
