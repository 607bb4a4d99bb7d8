/* SPDX-License-Identifier: MIT */
#include "plan_service.h"

#include "environment.h"
#include "idmap.h"
#include "plan.h"
#include "value.h"

#include <linux/capability.h>
#include <string.h>
#include <sys/personality.h>

enum {
	SHOWN = 160, /* bytes of a value in a refusal */
	OOM_MOST = 1000,
};

static bool
has_dots(const char *path)
{
	for (const char *at = strstr(path, ".."); at; at = strstr(at + 1, ".."))
		if (at[-1] == '/' && (at[2] == '/' || !at[2]))
			return true;
	return false;
}

/* Without doubled and trailing slashes and single dots, as the kernel will name it. */
static void
clean_path(const char *path, char *clean)
{
	char *end = clean;

	while (*path) {
		size_t length = strcspn(path, "/");

		if (length > 1 || (length == 1 && *path != '.')) {
			*end++ = '/';
			memcpy(end, path, length);
			end += length;
		}
		path += length + (path[length] == '/');
	}
	if (end == clean)
		*end++ = '/';
	*end = '\0';
}

static int
plan_directory(struct plan *plan, const struct options *options, const struct facts *facts,
	       struct refusal *why)
{
	const struct option_entry *said = options_said(options, OPTION_WORKDIR);

	strcpy(plan->directory, facts->directory);
	if (!said)
		return 0;
	if (strlen(said->value) >= sizeof(plan->directory))
		return refuse_option(why, said, "... is longer than any path may be; shorten it");
	if (has_dots(said->value))
		return refuse_option(why, said, " goes up by \"..\"; write where that leads to");
	plan->service.enters = true;
	plan->service.enter = said->value;
	if (facts->service.directory[0])
		strcpy(plan->directory, facts->service.directory);
	else
		clean_path(said->value, plan->directory);
	return 0;
}

static int
plan_umask(struct plan *plan, const struct options *options, const struct facts *facts,
	   struct refusal *why)
{
	const struct option_entry *said = options_said(options, OPTION_UMASK);
	const char *text = NULL;
	mode_t mask = 0;

	if (!said && options_given(options, OPTION_PUID))
		text = environment_value(facts->environment, "UMASK");
	/* Empty is as good as unset, as for PUID. */
	if (!said && (!text || !*text))
		return 0;
	if (text && !value_octal(text, strlen(text), 0777, &mask))
		return refuse(why, "UMASK=%.*s is not an octal number from 0 to 0777", SHOWN, text);
	plan->service.sets_umask = true;
	plan->service.umask = said ? (mode_t)said->number : mask;
	return 0;
}

/* In the first user namespace alone: the kernel asks for the power over the whole machine. */
static bool
has_resource(const struct facts *facts)
{
	return (facts->capabilities.effective >> CAP_SYS_RESOURCE & 1) &&
	       idmap_holds(&facts->uid_map, IDS_HIGHEST);
}

static int
add_limit(struct plan *plan, const struct option_entry *said, const struct facts *facts,
	  struct refusal *why)
{
	static const char cure[] = "start the container with --ulimit";
	const struct rlimit_setting limit = {said->limit.resource, said->limit.soft,
					     said->limit.hard};
	struct plan_service *service = &plan->service;
	const char *name = rlimit_name(limit.resource);
	rlim_t now = facts->service.limits[limit.resource].rlim_max;
	size_t at = 0;

	if (limit.resource == RLIMIT_NOFILE && limit.hard > facts->service.most_files)
		return refuse_option(
			why, said,
			" is more than this machine allows, fs.nr_open is %llu; ask for less",
			(unsigned long long)facts->service.most_files);
	if (limit.hard > now && !has_resource(facts)) {
		if (facts->effective_uid == 0)
			return refuse_option(
				why, said,
				" is above the hard limit here, %llu, and raising it needs CAP_SYS_RESOURCE outside of user namespaces; %s %s=..., or with --cap-add SYS_RESOURCE",
				(unsigned long long)now, cure, name);
		plan_note(&plan->left_out,
			  "rlimit.%s: --ulimit %.*s is above the hard limit, %llu; %s %s=...", name,
			  SHOWN, said->value, (unsigned long long)now, cure, name);
		return 0;
	}
	service->raises_limits = service->raises_limits || limit.hard > now;
	/* A later one of the same name goes before an earlier one. */
	while (at < service->limit_count && service->limits[at].resource != limit.resource)
		at++;
	service->limits[at] = limit;
	service->limit_count += at == service->limit_count;
	return 0;
}

static int
plan_limits(struct plan *plan, const struct options *options, const struct facts *facts,
	    struct refusal *why)
{
	const struct option_entry *said;
	unsigned cursor = 0;

	while ((said = options_entry(options, OPTION_ULIMIT, &cursor)))
		if (add_limit(plan, said, facts, why))
			return -1;
	return 0;
}

static int
plan_oom_score(struct plan *plan, const struct options *options, const struct facts *facts,
	       struct refusal *why)
{
	const struct option_entry *said = options_said(options, OPTION_OOM_SCORE_ADJ);
	const struct service_facts *service = &facts->service;

	if (!said || options_given(options, OPTION_NO_SETUP))
		return 0;
	int score = (int)said->number;
	bool lowers = score < service->oom_score && !has_resource(facts);

	if (!service->oom_error && !lowers) {
		plan->service.sets_oom_score = true;
		plan->service.oom_score = score;
		return 0;
	}
	if (facts->effective_uid != 0) {
		plan_note(
			&plan->left_out,
			"oom_score_adj: --oom-score-adj %s cannot be set by this user; start the container with --oom-score-adj",
			said->value);
		return 0;
	}
	if (service->oom_error)
		return refuse_option(
			why, said,
			": /proc/self/oom_score_adj cannot be written (error %d); mount /proc, or start the container with --oom-score-adj",
			service->oom_error);
	return refuse_option(
		why, said,
		" is lower than the score here, %d, and lowering it needs CAP_SYS_RESOURCE outside of user namespaces; start the container with --oom-score-adj, or with --cap-add SYS_RESOURCE",
		service->oom_score);
}

/* What the caller's own exec would have left to any program, and no service counts on. */
static void
plan_inherited(struct plan *plan, const struct facts *facts)
{
	static const int weakens = READ_IMPLIES_EXEC | ADDR_NO_RANDOMIZE;
	const struct inherited *inherited = &facts->inherited;
	bool weakened = inherited->personality >= 0 && (inherited->personality & weakens);

	if (inherited->personality < 0)
		plan_note(
			&plan->left_out,
			"personality: it cannot be read, so that it stays what it is: %s; allow personality(2) in the engine's profile",
			strerror(inherited->error));
	plan->service.personality = weakened ? inherited->personality & ~weakens : -1;
	plan->service.resets =
		weakened || (!plan->init.stays && (inherited->timers || inherited->subreaper));
}

int
plan_service_make(struct plan *plan, const struct options *options, const struct facts *facts,
		  struct refusal *why)
{
	plan_inherited(plan, facts);
	return plan_directory(plan, options, facts, why) || plan_umask(plan, options, facts, why) ||
			       plan_limits(plan, options, facts, why) ||
			       plan_oom_score(plan, options, facts, why)
		       ? -1
		       : 0;
}
