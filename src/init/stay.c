/* SPDX-License-Identifier: MIT */
#include "init/stay.h"

#include "explain/explainer.h"
#include "init/loop.h"
#include "why_here.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct power
power_of(const struct plan *plan)
{
	return (struct power){
		.service_gid = plan->who.gid,
		.own_gid = plan->drop.gid[2],
		.service_capabilities = plan->kept,
		.own_capabilities = plan->drop.beside,
		.filter = plan->no_seccomp ? NULL : &filter_init,
	};
}

int
stay_open(struct init *init, struct plan *plan, const struct report *report, struct refusal *why)
{
	const char *what;

	init->voice.name = "stepdown";
	init->voice.json = report->json;
	init->voice.quiet = report->quiet;
	init->terminal = plan->init.terminal;
	if (start_open(init, &plan->init.wishes, &what) != 0)
		return refuse(why, "cannot %s: %s", what, why_errno(errno));
	if (!plan->explains)
		return 0;
	init->share = plan->share = share_make();
	if (!init->share)
		return refuse(why, "cannot map a page: %s", strerror(errno));
	init->share->voice = init->voice;
	snprintf(init->share->profile, sizeof(init->share->profile), "%s", plan->filter->name);
	return 0;
}

/* The protocol of sd_listen_fds(3) names the process that may take the descriptors. */
static void
correct_listen_pid(const struct plan *plan)
{
	static const char name[] = "LISTEN_PID=";
	static char own[sizeof(name) + 12];

	if (plan->listen_descriptors == 0)
		return;
	snprintf(own, sizeof(own), "%s%ld", name, (long)getpid());
	for (char **variable = plan->environment; *variable != NULL; variable++)
		if (strncmp(*variable, name, sizeof(name) - 1) == 0)
			*variable = own;
}

__attribute__((noreturn)) static void
be_init(struct init *init, const struct plan *plan)
{
	const struct init_settings settings = plan->init.settings;
	const struct start_wishes wishes = plan->init.wishes;
	const struct power power = power_of(plan);
	const char *what;

	power_forget(plan->memory);
	if (start_settle(init, &wishes, &power, &what) != 0) {
		init->voice.quiet = false; /* this is an error, not a warning */
		voice_say(&init->voice, "the init cannot %s: %s", what, strerror(errno));
		_exit(STATUS_FAILED);
	}
	_exit(loop_run(init, &settings));
}

int
stay_behind(struct init *init, const struct plan *plan, struct refusal *why)
{
	pid_t child = start_fork(init);

	if (child < 0)
		return refuse(why, "cannot fork: %s%s", strerror(errno),
			      why_here(WHY_PROCESS, errno, NULL));
	if (child > 0)
		be_init(init, plan);
	if (start_await(init) != 0) {
		if (errno != 0)
			return refuse(why, "cannot wait for PID 1: %s", strerror(errno));
		/* The parent says why. */
		_exit(STATUS_FAILED);
	}
	correct_listen_pid(plan);
	return 0;
}

int
stay_explain(const struct plan *plan)
{
	struct power power = power_of(plan);

	/* Without it the service is confined all the same. */
	explainer_start(plan->share, plan->filter, &power, plan->memory);
	return 0;
}

int
stay_leave(const struct plan *plan)
{
	struct power power = power_of(plan);

	return power_leave(&power);
}
