/* SPDX-License-Identifier: MIT */
#include "command/lookup.h"
#include "dropin.h"
#include "environment.h"
#include "facts.h"
#include "init/loop.h"
#include "init/start.h"
#include "front/log.h"
#include "who/capabilities.h"
#include "who/drop.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const called[] = {"stepdown", "tini", "dumb-init", "gosu", "su-exec"};

static const char *const usages[] = {
	"",
	"tini [-sgvw] [-p SIGNAL] [-e CODE]... [--] COMMAND [ARGUMENT...] | -h | -l | --version",
	"dumb-init [-cv] [-r FROM:TO]... [--] COMMAND [ARGUMENT...] | -h | -V",
	"gosu USER[:GROUP] COMMAND [ARGUMENT...] | -h | -v",
	"su-exec USER[:GROUP] COMMAND [ARGUMENT...]",
};

static int
fail(const struct dropin *dropin, int status, const struct refusal *why)
{
	const struct report report = {.json = false};

	report_say(&report, REPORT_ERROR, "as %s: %s", called[dropin->kind], why->text);
	return status;
}

static int
execute(const struct dropin *dropin, char *const *environment)
{
	static char found[PATH_MAX];
	struct refusal why;
	const char *path = environment_value(environment, "PATH");
	int status =
		lookup_command(dropin->command[0], path ? path : ENVIRONMENT_PATH, found, &why);

	if (status == 0) {
		execve(found, dropin->command, environment);
		status = errno == ENOENT ? STATUS_NOT_FOUND : STATUS_CANNOT_RUN;
		refuse(&why, "cannot execute %s: %s", found, strerror(errno));
	}
	return fail(dropin, status == STATUS_NOT_FOUND ? dropin->not_found : dropin->cannot_run,
		    &why);
}

/* The place at the terminal that the peer gives its child. */
static void
place(const struct dropin *dropin, struct terminal *terminal)
{
	bool leads = getsid(0) == getpid();

	terminal_look(terminal, dropin->mode == TERMINAL_SESSION);
	terminal->mode = dropin->mode;
	/* Only the leader of a session can give its terminal away. */
	if (dropin->mode == TERMINAL_SESSION && !leads)
		terminal->descriptor = -1;
}

static int
run_init(struct dropin *dropin, const struct signals_state *caller, char *const *environment)
{
	struct start_wishes wishes = {
		.is_pid_1 = getpid() == 1,
		.subreaper = dropin->subreaper,
		.parent_death_signal = dropin->parent_death_signal,
		.parent = getppid(),
	};
	struct power power = {.keep_privileges = true};
	struct init init = {.voice = {.name = called[dropin->kind], .quiet = dropin->quiet}};
	struct refusal why;
	const char *what;

	place(dropin, &init.terminal);
	dropin->settings.suspend = !wishes.is_pid_1 && init.terminal.foreground;
	if (start_open(&init, &wishes, &what) != 0 || start_fork(&init) < 0) {
		refuse(&why, "cannot start: %s", strerror(errno));
		return fail(dropin, dropin->failed, &why);
	}
	if (init.service == 0) {
		bool waited = start_await(&init) == 0;

		/* The parent has ended, and says why. */
		if (!waited && errno == 0)
			_exit(dropin->failed);
		if (!waited || terminal_take(&init.terminal) != 0 ||
		    terminal_check(&init.terminal) != 0 || signals_give_back(caller) != 0 ||
		    signals_check(caller) != 0) {
			refuse(&why, "cannot prepare the command: %s", strerror(errno));
			_exit(fail(dropin, dropin->failed, &why));
		}
		_exit(execute(dropin, environment));
	}
	if (dropin->kind == DROPIN_TINI && !wishes.is_pid_1 && !wishes.subreaper)
		voice_say(
			&init.voice,
			"this is not PID 1, and -s was not given: processes that lose their parent are left to another one");
	if (start_settle(&init, &wishes, &power, &what) != 0) {
		refuse(&why, "cannot %s: %s", what, strerror(errno));
		return fail(dropin, dropin->failed, &why);
	}
	return loop_run(&init, &dropin->settings);
}

/* Both peers set HOME and nothing else. NULL: no memory. */
static char **
with_home(char *const *environment, const char *home)
{
	static char own[sizeof("HOME=") + PATH_MAX];
	size_t count = 0, filled = 0;
	char **made;

	while (environment[count] != NULL)
		count++;
	made = malloc((count + 2) * sizeof(*made));
	if (made == NULL)
		return NULL;
	snprintf(own, sizeof(own), "HOME=%s", home);
	for (size_t i = 0; i < count; i++)
		if (strncmp(environment[i], "HOME=", 5) != 0)
			made[filled++] = environment[i];
	made[filled++] = own;
	made[filled] = NULL;
	return made;
}

/* A user who is not root has nothing left, unless securebits that came from outside kept it. */
static int
check_powerless(uid_t uid)
{
	struct capability_sets sets;

	if (uid == 0)
		return 0;
	if (capabilities_read(&sets) != 0)
		return -1;
	if (sets.permitted | sets.effective) {
		errno = EPROTO;
		return -1;
	}
	return 0;
}

static int
become(const struct identity *who)
{
	/* What root is, it stays. */
	struct drop drop =
		drop_to(who, DROP_GROUPS | DROP_GID | DROP_UID, who->uid ? 0 : ~UINT64_C(0));
	struct step_failure failure;

	return drop_run(&drop, NULL, NULL, &failure) ? -1 : check_powerless(who->uid);
}

static int
run_user(const struct dropin *dropin, char *const *environment)
{
	static struct facts facts;
	static struct identity who;
	struct facts_wanted wanted = {.groups = true};
	struct refusal why;
	char **own;

	if (facts_gather(&facts, &wanted, environment, &why) != 0 ||
	    ids_resolve(dropin->user, &facts.passwd, &facts.group, &who, &why) != 0)
		return fail(dropin, dropin->failed, &why);
	own = with_home(environment, who.home);
	if (own == NULL || become(&who) != 0) {
		refuse(&why, "cannot become %u:%u: %s", who.uid, who.gid,
		       errno == EPROTO ? "the kernel shows another state than was set"
				       : strerror(errno));
		return fail(dropin, dropin->failed, &why);
	}
	return execute(dropin, own);
}

int
dropin_run(enum dropin_kind kind, int argc, char *argv[], char *const environment[])
{
	static struct dropin dropin;
	struct signals_state caller;
	struct refusal why;
	bool stays = kind == DROPIN_TINI || kind == DROPIN_DUMB_INIT;

	dropin.kind = kind;
	if (stays && signals_hold(&caller) != 0) {
		refuse(&why, "cannot hold back signals: %s", strerror(errno));
		return fail(&dropin, 1, &why);
	}
	if (dropin_parse(&dropin, argc, argv, environment, &why) != 0)
		return fail(&dropin, dropin.failed, &why);
	if (dropin.answer == DROPIN_HELP)
		return printf("usage: %s\n", usages[kind]) < 0 || fflush(stdout) != 0;
	if (dropin.answer == DROPIN_VERSION)
		return printf("%s version %s (stepdown)\n", called[kind], STEPDOWN_VERSION) < 0 ||
		       fflush(stdout) != 0;
	return stays ? run_init(&dropin, &caller, environment) : run_user(&dropin, environment);
}
