/* SPDX-License-Identifier: MIT */
/*
 * sweep_judge - what is right after a start in which one call failed or lied, or a signal came
 *
 * Each exception has its reason, and is as narrow as that.
 */
#ifndef STEPDOWN_TESTS_SWEEP_JUDGE_H
#define STEPDOWN_TESTS_SWEEP_JUDGE_H

#include "sweep_starts.h"

enum { PROCESSES = 8 };
enum { COMPLAINTS = 16000, COMPLAINT_ROOM = 1200 };

#ifndef SYS_fork
#define SYS_fork (-1) /* not on arm64 */
#endif

static const struct mode *current;

static const struct name *
as(void)
{
	return current->as ? current->as : &as_stepdown;
}

/* Without the lines that begin so. */
static void
forget_lines(char *lines, const char *const *beginnings)
{
	char *to = lines;

	for (char *line = lines; *line;) {
		size_t length = strcspn(line, "\n");
		const char *const *beginning = beginnings;

		length += line[length] == '\n';
		while (*beginning && strncmp(line, *beginning, strlen(*beginning)) != 0)
			beginning++;
		if (!*beginning) {
			memmove(to, line, length);
			to += length;
		}
		line += length;
	}
	*to = 0;
}

struct sweep {
	struct outcome reference;
	unsigned service; /* the place of what becomes it */
	unsigned processes;
	unsigned places[PROCESSES];
	bool made[MADE];

	/* Of the process that is swept. */
	unsigned calls;
	unsigned begins; /* main's first call */
	unsigned looks;  /* the first that may look for the command */
	unsigned forks;  /* the init's last fork, or none */

	unsigned swept;  /* calls, of all processes */
	unsigned starts; /* with a fault in them */
	unsigned refused;
	unsigned unmade; /* that came to an end without the call, since a process slept longer */
	unsigned wrong;
	size_t used;
	char complaints[COMPLAINTS];
};

static bool
is_fork(const struct injector_call *call)
{
	return call->number == (uint64_t)SYS_fork || call->number == SYS_clone;
}

static bool
of_program(void)
{
	return family->target == FAMILY_PROGRAM;
}

static bool
of_init(const struct sweep *sweep)
{
	return of_program() && sweep->service != FAMILY_PROGRAM;
}

/* The place of the fault in the process. */
static unsigned
aim(void)
{
	return injector->at ? injector->at : injector->every;
}

/* What was hit, or before the start what is to be. */
static const struct injector_call *
aimed(void)
{
	return injector->hits ? &injector->hit : &injector->calls[aim() - 1];
}

/*
 * The kernel says that this process is the child, or that the parent is gone: it leaves it to the
 * other to say why. And what is the message itself cannot be said.
 */
static bool
is_dumb(const struct sweep *sweep)
{
	return is_fork(aimed()) ||
	       (aimed()->number == SYS_write &&
		(injector->every || !of_program() || of_init(sweep))) ||
	       (aimed()->number == SYS_read && !of_program() && injector->result == 0);
}

/* Whether the last line is more than the last step that was done, which --verbose says. */
static bool
says_why(const char *lines)
{
	static const char *const steps[] = {": done\n", ": done\"}\n"};
	size_t length = strlen(lines);

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		size_t end = strlen(steps[i]);

		if (length >= end && !strcmp(lines + length - end, steps[i]))
			return false;
	}
	return length > 0;
}

/* Whether the command may be what cannot be found or run. */
static bool
may_look(const struct sweep *sweep)
{
	enum { ADD_RULE = 445 }; /* landlock_add_rule(2), on every machine */

	if (of_init(sweep))
		return !as()->is_peer && aim() >= sweep->looks && aim() < sweep->forks;
	/* The exec is refused where a rule that was said to be made gives no right to it. */
	return (sweep->looks && aim() >= sweep->looks) || aimed()->number == SYS_execve ||
	       aimed()->number == ADD_RULE;
}

static const char *
judge_refusal(const struct sweep *sweep, const struct outcome *outcome)
{
	bool before_main = of_program() && aim() < sweep->begins;

	if (outcome->out[0])
		return "the service is not started, and there is something on standard output";
	if (outcome->status == as()->failed ||
	    (may_look(sweep) &&
	     (outcome->status == as()->cannot_run || outcome->status == as()->not_found)))
		return says_why(outcome->err) || is_dumb(sweep) ? NULL : "it is not said why";
	/* No allocator survives memory at address 0, but it does not start the service either. */
	if (aimed()->number == SYS_mmap && outcome->status == 128 + SIGSEGV)
		return NULL;
	if (before_main && outcome->status > 128)
		return NULL;
	return outcome->status == 0 ? "a silent success" : "another status";
}

/* The first line that differs after `skip` such lines, for the reader; NULL if there is none. */
static const char *
find_difference(const char *reference, const char *got, unsigned skip)
{
	static char text[300];

	while (*reference && *got) {
		size_t one = strcspn(reference, "\n");
		size_t two = strcspn(got, "\n");

		bool differs = one != two || memcmp(reference, got, one);

		if (differs && skip)
			skip--;
		else if (differs) {
			snprintf(text, sizeof(text), "%.*s instead of %.*s",
				 two > 120 ? 120 : (int)two, got, one > 120 ? 120 : (int)one,
				 reference);
			return text;
		}
		reference += one + (reference[one] == '\n');
		got += two + (got[two] == '\n');
	}
	return *reference || *got ? "lines missing or too many" : NULL;
}

static bool
differs_only_in(const struct sweep *sweep, const struct outcome *outcome,
		const char *const *beginnings)
{
	static char reference[OUTPUT_SIZE];
	static char got[OUTPUT_SIZE];

	strcpy(reference, sweep->reference.out);
	strcpy(got, outcome->out);
	forget_lines(reference, beginnings);
	forget_lines(got, beginnings);
	return outcome->status == HANDED_ON && !strcmp(reference, got);
}

/* The place at the terminal is what the kernel says before anything is done, if it says a lie. */
static bool
is_look(const struct injector_call *call)
{
#ifdef SYS_getpgrp
	if (call->number == SYS_getpgrp)
		return true;
#endif
	return call->number == SYS_getpgid || call->number == SYS_getsid ||
	       call->number == SYS_getpid || call->number == SYS_ioctl ||
	       (call->number == SYS_fcntl && call->arguments[1] == F_GETFL);
}

/*
 * A difference that was decided, after what the kernel said, and is no less confinement: the place
 * at a terminal; a file with certificates that is left out, with a word; that these could not be
 * looked at, with a warning; the next of the places for them, where one is closed; and where /etc cannot be written, TZ alone has the zone, with a
 * warning, and the container's is the old one.
 */
static bool
is_decided(const struct sweep *sweep, const struct outcome *outcome, const char *difference)
{
	static const char *const places[] = {"terminal=", "descriptor.", NULL};
	static const char *const bundles[] = {
		"ca.certificates=", "env.SSL_CERT_FILE=", "env.SSL_CERT_DIR=", NULL};
	static const char *const place[] = {"ca.bundle=",
					    "env.SSL_CERT_FILE=",
					    "env.NODE_EXTRA_CA_CERTS=",
					    "env.REQUESTS_CA_BUNDLE=",
					    "env.CURL_CA_BUNDLE=",
					    "env.GIT_SSL_CAINFO=",
					    "env.AWS_CA_BUNDLE=",
					    NULL};
	static const char *const unchecked[] = {"env.SSL_CERT_FILE=", NULL};

	if (current->reads && !of_program() &&
	    (strstr(outcome->err, "is used instead") || strstr(outcome->err, "were left out")))
		return differs_only_in(sweep, outcome, bundles);
	if (current->only_warns && (strstr(outcome->err, "could not be checked") ||
				    strstr(outcome->err, "warning: no valid CA certificate")))
		return differs_only_in(sweep, outcome, unchecked);
	if (current->reads && of_program() && !current->after &&
	    differs_only_in(sweep, outcome, place))
		return true;
	if (strstr(difference, "tz.localtime=" OLD_ZONE " instead of") == difference &&
	    strstr(outcome->err, "TZ alone"))
		return !setup_state_judge(false);
	return current->has_terminal && of_program() && is_look(aimed()) &&
	       (aim() < sweep->forks || aimed()->number == SYS_ioctl) &&
	       differs_only_in(sweep, outcome, places);
}

/*
 * Before main, libcap-ng's constructor opens a file that all may read, and closes it. If the kernel
 * lies to it about these, standard input is lost, or it is that file; stepdown cannot know. Nothing
 * else may differ.
 */
static bool
is_the_librarys(const char *difference)
{
	return strstr(difference, "descriptor.0=device:0 instead of") == difference ||
	       strstr(difference, "descriptor.0=file:0 instead of") == difference;
}

static const char *
judge_service(const struct sweep *sweep, const struct outcome *outcome)
{
	const char *difference = find_difference(sweep->reference.out, outcome->out, 0);

	if (difference && of_program() && aim() < sweep->begins && is_the_librarys(difference))
		difference = find_difference(sweep->reference.out, outcome->out, 1);
	if (difference)
		return is_decided(sweep, outcome, difference) ? NULL : difference;
	if (outcome->status != HANDED_ON)
		return "the service's status is not handed on";
	return current->enter == setup_state_restore ? setup_state_judge(true) : NULL;
}

static const char *
judge_fault(const struct sweep *sweep, const struct outcome *outcome)
{
	const char *half = current->after ? current->after(injector->started) : NULL;

	if (half)
		return half;
	if (family->service_left)
		return "the init ended before the service";
	/* What the kernel says about the terminal itself is all that can be known about it. */
	if (family->front_lost && aimed()->number != SYS_ioctl)
		return "the terminal is not given back";
	/* Whoever is told that its parent is gone dies as the parent-death signal has it. */
	if (aimed()->number == SYS_getppid && outcome->status == 128 + SIGUSR2)
		return NULL;
	if (injector->started)
		return judge_service(sweep, outcome);
	if (current->enter == setup_state_restore && setup_state_judge(false))
		return setup_state_judge(false);
	return judge_refusal(sweep, outcome);
}

/* Whether the service said the same, as far as it came. */
static bool
is_beginning(const struct sweep *sweep, const struct outcome *outcome)
{
	/* Whoever has lost its parent gets another one. */
	static const char *const lost[] = {"parent=", NULL};
	static char reference[OUTPUT_SIZE];
	static char got[OUTPUT_SIZE];

	strcpy(reference, sweep->reference.out);
	strcpy(got, outcome->out);
	if (of_init(sweep)) {
		forget_lines(reference, lost);
		forget_lines(got, lost);
	}
	return !strncmp(reference, got, strlen(got));
}

/* What is left for the next start has a test of its own, test_interrupted. */
static const char *
judge_signal(const struct sweep *sweep, const struct outcome *outcome)
{
	if (current->enter == setup_state_restore && setup_state_judge(false))
		return setup_state_judge(false);
	if (outcome->status == 0)
		return "a silent success";
	if (injector->signal == SIGTERM && family->service_left)
		return "the init ended before the service";
	if (injector->started)
		return is_beginning(sweep, outcome) ? NULL : judge_service(sweep, outcome);
	return outcome->out[0]
		       ? "the service is not started, and there is something on standard output"
		       : NULL;
}

/* Returns what is wrong with an outcome, or NULL. */
static const char *
judge(const struct sweep *sweep, const struct outcome *outcome)
{
	if (outcome->status == FAMILY_HANGS || outcome->status == HANGS)
		return "it hangs";
	if (outcome->status == 99)
		return "the tracer fails";
	if (family->exposed)
		return "the reader opens a file with power";
	return injector->signal ? judge_signal(sweep, outcome) : judge_fault(sweep, outcome);
}

#endif
