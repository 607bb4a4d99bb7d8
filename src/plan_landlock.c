/* SPDX-License-Identifier: MIT */
#include "plan_landlock.h"

#include "value.h"
#include "why.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { SUBJECT = 200, PORT_MOST = 65535 };

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

static const char *
first(const struct options *options, enum option_id id)
{
	unsigned cursor = 0;

	return options_next(options, id, &cursor);
}

static struct landlock_wish
read_wish(const struct options *options)
{
	bool only = options_given(options, OPTION_EXEC_ONLY);

	return (struct landlock_wish){
		.files = first(options, OPTION_FS_RO) || first(options, OPTION_FS_RW) ||
			 (first(options, OPTION_FS_EXEC) && !only),
		.execute = only,
		.bind = first(options, OPTION_NET_BIND) != NULL,
		.connect = first(options, OPTION_NET_CONNECT) != NULL,
	};
}

int
plan_landlock_ask(struct landlock_facts *ask, const struct options *options, struct refusal *why)
{
	struct landlock_wish wish = read_wish(options);

	ask->asked = wish.files || wish.execute || wish.bind || wish.connect;
	for (unsigned i = 0; i < PATH_OPTIONS; i++) {
		unsigned cursor = 0;
		const char *path;

		while ((path = options_next(options, path_options[i].id, &cursor))) {
			const char *option = landlock_option(path_options[i].use);

			if (path[0] != '/')
				return refuse(why,
					      "%s %.160s is not an absolute path; begin it with /",
					      option, path);
			if (ask->path_count == LANDLOCK_PATHS)
				return refuse(
					why,
					"%s %.160s is one path too many, %d are allowed; name a directory above several of them",
					option, path, LANDLOCK_PATHS);
			ask->paths[ask->path_count++] =
				(struct landlock_path){path, path_options[i].use};
		}
	}
	return 0;
}

static int
add_port(struct landlock_plan *landlock, const char *option, const char *text, unsigned right,
	 struct refusal *why)
{
	uint64_t number;

	if (!value_number(text, strlen(text), PORT_MOST, &number) ||
	    (number == 0 && right == LANDLOCK_CONNECT))
		return refuse(why,
			      "%s %.160s is not a TCP port; write a number from %d to %d, or none",
			      option, text, right == LANDLOCK_CONNECT, PORT_MOST);
	if (landlock->port_count == LANDLOCK_PORTS)
		return refuse(
			why,
			"%s %.160s is one port too many, %d are allowed; leave the option out for all",
			option, text, LANDLOCK_PORTS);
	landlock->ports[landlock->port_count++] =
		(struct landlock_port){(uint16_t)number, (uint16_t)right};
	return 0;
}

static int
read_ports(struct landlock_plan *landlock, const struct options *options, enum option_id id,
	   unsigned right, struct refusal *why)
{
	const char *option = right == LANDLOCK_BIND ? "--net-bind" : "--net-connect";
	unsigned cursor = 0, count = 0;
	bool none = false;
	const char *text;

	while ((text = options_next(options, id, &cursor))) {
		bool is_none = !strcmp(text, "none");

		if (count++ > 0 && (none || is_none))
			return refuse(
				why,
				"%s none stands beside a port, and means none at all; leave one of them out",
				option);
		none |= is_none;
		if (!is_none && add_port(landlock, option, text, right, why))
			return -1;
	}
	return 0;
}

static int
refuse_path(const struct landlock_path *path, int error, struct refusal *why)
{
	const char *option = landlock_option(path->use);
	const char *says = why_says(WHY_LANDLOCK_PATH, error);

	if (says)
		return refuse(why, "%s %.160s %s", option, path->path, says);
	return refuse(why, "cannot look at %s %.160s: %s; correct the path", option, path->path,
		      strerror(error));
}

static int
take_paths(struct plan *plan, const struct landlock_facts *facts, struct refusal *why)
{
	struct landlock_plan *landlock = &plan->landlock;

	for (unsigned i = 0; i < facts->path_count; i++) {
		bool comes = facts->path_errors[i] == ENOENT &&
			     plan_owners_will_make(&plan->owners, facts->paths[i].path);

		if (facts->path_errors[i] && !comes)
			return refuse_path(&facts->paths[i], facts->path_errors[i], why);
		landlock->paths[landlock->path_count++] = facts->paths[i];
	}
	return 0;
}

/* The option, with its value, that asked for what `loss` is about. */
static void
name_subject(const struct options *options, const struct landlock_loss *loss, char subject[SUBJECT])
{
	static const struct {
		enum option_id id;
		char name[14];
		bool of_ports;
	} rows[] = {
		{OPTION_FS_RO, "--fs-ro", false},      {OPTION_FS_RW, "--fs-rw", false},
		{OPTION_FS_EXEC, "--fs-exec", false},  {OPTION_EXEC_ONLY, "--exec-only", false},
		{OPTION_NET_BIND, "--net-bind", true}, {OPTION_NET_CONNECT, "--net-connect", true},
	};
	bool only_ports = loss && loss->abi == 4;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!options_given(options, rows[i].id) || (only_ports && !rows[i].of_ports))
			continue;
		const char *value = first(options, rows[i].id);

		snprintf(subject, SUBJECT, "%s%s%.160s", rows[i].name, value ? " " : "",
			 value ? value : "");
		return;
	}
	subject[0] = 0;
}

static int
judge_absence(struct plan *plan, const struct options *options, bool required, const char *absence,
	      struct refusal *why)
{
	char subject[SUBJECT];

	name_subject(options, NULL, subject);
	if (required)
		return refuse(why, "%s needs Landlock: %s, or go without: --landlock best-effort",
			      subject, absence);
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
		name_subject(options, loss, subject);
		if (loss->essential && required)
			return refuse(
				why,
				"%s needs Landlock's ABI %d (Linux %s), and this kernel has %d: %s; use a newer kernel, or accept it: --landlock best-effort",
				subject, loss->abi, loss->release, abi, loss->what);
		plan_note(&plan->left_out, "%s: %s before Linux %s", loss->key, loss->what,
			  loss->release);
		if (loss->essential)
			plan_note(&plan->warnings,
				  "%s is kept in part: %s before Linux %s (Landlock's ABI %d)",
				  subject, loss->what, loss->release, loss->abi);
	}
	return 0;
}

static int
read_mode(const struct options *options, bool *required, struct refusal *why)
{
	const char *mode = options_value(options, OPTION_LANDLOCK);

	*required = !mode || !strcmp(mode, "require");
	if (!*required && strcmp(mode, "best-effort"))
		return refuse(why, "--landlock %.160s is not one of require|best-effort", mode);
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
	bool required;

	if (read_mode(options, &required, why) ||
	    read_ports(landlock, options, OPTION_NET_BIND, LANDLOCK_BIND, why) ||
	    read_ports(landlock, options, OPTION_NET_CONNECT, LANDLOCK_CONNECT, why) ||
	    take_paths(plan, found, why))
		return -1;
	/* Landlock is not asked about memory that has no path. */
	if (wish.files || wish.execute)
		plan->execution_filter = beside(plan, &filter_exec_only, &filter_exec_only_compat);
	if (!found->asked)
		return 0;

	const char *absence =
		why_says(WHY_LANDLOCK, found->version ? found->trial_error : found->error);
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
