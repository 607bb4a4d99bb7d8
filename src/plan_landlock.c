/* SPDX-License-Identifier: MIT */
#include "plan_landlock.h"

#include "why.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { SUBJECT = 200 };

/* The options that take a path, in the order in which their rules are made. */
static const struct {
	enum option_id id;
	enum landlock_use use;
} path_options[] = {
	{OPTION_FS_RO, LANDLOCK_FOR_READING},
	{OPTION_FS_RW, LANDLOCK_FOR_WRITING},
	{OPTION_FS_EXEC, LANDLOCK_FOR_RUNNING},
};

enum { PATH_OPTIONS = sizeof(path_options) / sizeof(path_options[0]) };

static struct landlock_wish
read_wish(const struct options *options)
{
	bool only = options_given(options, OPTION_EXEC_ONLY);

	return (struct landlock_wish){
		.files = options_given(options, OPTION_FS_RO) ||
			 options_given(options, OPTION_FS_RW) ||
			 (options_given(options, OPTION_FS_EXEC) && !only),
		.execute = only,
		.bind = options_given(options, OPTION_NET_BIND),
		.connect = options_given(options, OPTION_NET_CONNECT),
	};
}

int
plan_landlock_ask(struct landlock_facts *ask, const struct options *options, struct refusal *why)
{
	struct landlock_wish wish = read_wish(options);

	ask->asked = wish.files || wish.execute || wish.bind || wish.connect;
	for (unsigned i = 0; i < PATH_OPTIONS; i++) {
		unsigned cursor = 0;
		const struct option_entry *said;

		while ((said = options_entry(options, path_options[i].id, &cursor))) {
			if (ask->path_count == LANDLOCK_PATHS)
				return refuse_option(
					why, said,
					" is one path too many, %d are allowed; name a directory above several of them",
					LANDLOCK_PATHS);
			ask->paths[ask->path_count++] =
				(struct landlock_path){said->value, path_options[i].use};
		}
	}
	return 0;
}

static int
read_ports(struct landlock_plan *landlock, const struct options *options, enum option_id id,
	   unsigned right, struct refusal *why)
{
	const struct option_entry *said;
	unsigned cursor = 0, count = 0;
	bool none = false;

	while ((said = options_entry(options, id, &cursor))) {
		none |= said->number < 0;
		if (none && count > 0)
			return refuse(
				why,
				"--%s none stands beside a port, and means none at all; leave one of them out",
				options_table[id].name);
		if (count++ == LANDLOCK_PORTS)
			return refuse_option(
				why, said,
				" is one port too many, %d are allowed; leave the option out for all",
				LANDLOCK_PORTS);
		if (!none)
			landlock->ports[landlock->port_count++] =
				(struct landlock_port){(uint16_t)said->number, (uint16_t)right};
	}
	return 0;
}

static int
refuse_path(const struct option_entry *said, int error, struct refusal *why)
{
	const char *says = why_says(WHY_LANDLOCK_PATH, error);

	if (says)
		return refuse_option(why, said, " %s", says);
	refuse(why, "cannot look at --%s %.160s: %s; correct the path",
	       options_table[said->id].name, said->value, strerror(error));
	return options_blame(why, said);
}

static int
take_paths(struct plan *plan, const struct options *options, const struct landlock_facts *facts,
	   struct refusal *why)
{
	struct landlock_plan *landlock = &plan->landlock;

	for (unsigned i = 0; i < facts->path_count; i++) {
		bool comes = facts->path_errors[i] == ENOENT &&
			     plan_owners_will_make(&plan->owners, facts->paths[i].path);

		if (facts->path_errors[i] && !comes)
			return refuse_path(options_of(options, facts->paths[i].path),
					   facts->path_errors[i], why);
		landlock->paths[landlock->path_count++] = facts->paths[i];
	}
	return 0;
}

/* The option that asked for what `loss` is about; its text is for a note. */
static const struct option_entry *
find_subject(const struct options *options, const struct landlock_loss *loss,
	     char subject[static SUBJECT])
{
	static const enum option_id ids[] = {OPTION_FS_RO,     OPTION_FS_RW,    OPTION_FS_EXEC,
					     OPTION_EXEC_ONLY, OPTION_NET_BIND, OPTION_NET_CONNECT};
	size_t i = loss && loss->abi == 4 ? 4 : 0;
	const struct option_entry *said = NULL;

	while (!said && i < sizeof(ids) / sizeof(ids[0]))
		said = options_said(options, ids[i++]);
	snprintf(subject, SUBJECT, "--%s%s%.160s", options_table[said->id].name,
		 said->value ? " " : "", said->value ? said->value : "");
	return said;
}

static int
judge_absence(struct plan *plan, const struct options *options, bool required, const char *absence,
	      struct refusal *why)
{
	char subject[SUBJECT];
	const struct option_entry *said = find_subject(options, NULL, subject);

	if (required)
		return refuse_option(why, said,
				     " needs Landlock: %s, or go without: --landlock best-effort",
				     absence);
	plan_note(&plan->left_out, "landlock: nothing is restricted: %s", absence);
	plan_note(&plan->warnings, "%s has no effect, because Landlock is missing: %s", subject,
		  absence);
	return 0;
}

static int
judge_losses(struct plan *plan, const struct options *options, const struct landlock_wish *wish,
	     int abi, bool required, struct refusal *why)
{
	const struct landlock_loss *loss;
	char subject[SUBJECT];
	unsigned cursor = 0;

	while ((loss = landlock_next_loss(wish, abi, &cursor))) {
		const struct option_entry *said = find_subject(options, loss, subject);

		if (loss->essential && required)
			return refuse_option(
				why, said,
				" needs Landlock's ABI %d (Linux %s), and this kernel has %d: %s; use a newer kernel, or accept it: --landlock best-effort",
				loss->abi, loss->release, abi, loss->what);
		plan_note(&plan->left_out, "%s: %s before Linux %s", loss->key, loss->what,
			  loss->release);
		if (loss->essential)
			plan_note(&plan->warnings,
				  "%s is kept in part: %s before Linux %s (Landlock's ABI %d)",
				  subject, loss->what, loss->release, loss->abi);
	}
	return 0;
}

/* A 32-bit program is the service's filter's business, where there is one. */
static const struct filter_program *
beside(const struct plan *plan, const struct filter_program *native,
       const struct filter_program *compat)
{
	return plan->compat || !plan->filter ? compat : native;
}

int
plan_landlock_make(struct plan *plan, const struct options *options, const struct facts *facts,
		   struct refusal *why)
{
	struct landlock_plan *landlock = &plan->landlock;
	const struct landlock_facts *found = &facts->landlock;
	struct landlock_wish wish = read_wish(options);
	bool required = options_number(options, OPTION_LANDLOCK, 0) == 0;

	if (read_ports(landlock, options, OPTION_NET_BIND, LANDLOCK_BIND, why) ||
	    read_ports(landlock, options, OPTION_NET_CONNECT, LANDLOCK_CONNECT, why) ||
	    take_paths(plan, options, found, why))
		return -1;
	/* Landlock is not asked about memory that has no path. */
	if ((wish.files || wish.execute) && !plan->no_seccomp)
		plan->execution_filter = beside(plan, &filter_exec_only, &filter_exec_only_compat);
	if (!found->asked)
		return 0;

	/* The ways round it are closed by filters. */
	const char *absence = plan->no_seccomp
				      ? "this machine has no seccomp filters"
				      : why_says(WHY_LANDLOCK, found->version ? found->trial_error
									      : found->error);
	int abi = landlock_abi(found->version, found->errata);

	if (absence)
		return judge_absence(plan, options, required, absence, why);
	if (judge_losses(plan, options, &wish, abi, required, why))
		return -1;
	landlock->handled = landlock_handle(&wish, abi);
	landlock->restricts = landlock->handled.files || landlock->handled.ports;
	landlock->needs = landlock->restricts && wish.files;
	if (landlock->handled.ports)
		plan->port_filter = beside(plan, &filter_tcp_only, &filter_tcp_only_compat);
	return 0;
}
