/* SPDX-License-Identifier: MIT */
#include "kit/run.h"

#include "kit/heap.h"
#include "kit/peek.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { COMM = 16, EARLY = 8 };

/* Only the first process of the tree moves this on. */
enum phase {
	PHASE_LAUNCH, /* until stepdown is executed */
	PHASE_SETUP,  /* stepdown's own calls */
	PHASE_CHANGE, /* it has asked to become the service; whether that worked is not known yet */
	PHASE_START,  /* the service, until it first waits for work */
	PHASE_SERVING, /* from then on */
};

struct observer {
	struct run_result *result;
	const struct run_judge *judge;
	const char *stepdown;
	const char *command;
	bool files;
	enum phase phase;
};

static bool
in_list(const char *const *list, size_t count, const char *name)
{
	for (size_t i = 0; name && i < count; i++)
		if (strcmp(list[i], name) == 0)
			return true;
	return false;
}

/* Calls that a process makes when there is nothing else to do. */
static bool
waits_for_work(const char *name)
{
	static const char *const list[] = {
		"accept",          "accept4",       "epoll_wait", "epoll_pwait",
		"epoll_pwait2",    "poll",          "ppoll",      "ppoll_time64",
		"select",          "_newselect",    "pselect6",   "pause",
		"pselect6_time64", "rt_sigsuspend", "sigsuspend", "rt_sigtimedwait",
		"wait4",           "waitid",        "waitpid",    "io_getevents",
		"mq_timedreceive", "msgrcv",        "nanosleep",  "clock_nanosleep",
	};

	return in_list(list, sizeof(list) / sizeof(list[0]), name);
}

static bool
is_one_of(const char *name, const char *one, const char *other)
{
	return name && (strcmp(name, one) == 0 || strcmp(name, other) == 0);
}

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Whether the first process still runs stepdown: an exec that failed leaves its name as it was. */
static bool
exec_failed(const struct observer *observer, pid_t process)
{
	const char *name = base_name(observer->stepdown);
	char comm[COMM + 1];

	if (strncmp(base_name(observer->command), name, COMM - 1) == 0)
		return false;
	return peek_comm(process, comm, sizeof(comm)) && strncmp(comm, name, COMM - 1) == 0;
}

/* From here on the process is the service's: its memory can be read with its ids. */
static void
meet_service(struct observer *observer, pid_t process)
{
	char path[PATH_MAX];

	observer->phase = PHASE_START;
	if (peek_become(process) < 0)
		observer->result->blind = true;
	if (observer->files && peek_link(process, "exe", path, sizeof(path)))
		opened_add(&observer->result->opened, OPENED_EXECUTE, path);
}

/* Returns whether the call is the service's. */
static bool
is_services(struct observer *observer, const struct watch_call *call, const char *name)
{
	bool first = (pid_t)call->notice->pid == call->program;

	if (observer->phase >= PHASE_START)
		return true;
	if (!first)
		return false;
	if (observer->phase == PHASE_CHANGE) {
		if (!exec_failed(observer, call->program)) {
			meet_service(observer, call->program);
			return true;
		}
		observer->phase = PHASE_SETUP;
	}
	if (is_one_of(name, "execve", "execveat"))
		observer->phase++;
	return false;
}

static void
follow_start_up(struct observer *observer, const struct watch_call *call, const char *name)
{
	if ((pid_t)call->notice->pid != call->program)
		return;
	if (is_one_of(name, "execve", "execveat")) {
		observer->phase = PHASE_START;
		sightings_restart(&observer->result->sightings);
	} else if (observer->phase == PHASE_START && waits_for_work(name)) {
		observer->phase = PHASE_SERVING;
	}
}

static int
see(void *context, const struct watch_call *call)
{
	struct observer *observer = context;
	struct run_result *result = observer->result;
	const struct seccomp_data *data = &call->notice->data;
	const char *name =
		sightings_name(&result->sightings, sightings_arch(data->arch), (uint32_t)data->nr);
	pid_t thread = (pid_t)call->notice->pid;
	uint32_t answer = 0;
	int error = 0;

	if (!is_services(observer, call, name))
		return 0;
	unsigned program = programs_of(&result->programs, thread);

	follow_start_up(observer, call, name);
	if (observer->judge)
		answer = observer->judge->ask(observer->judge->context, data, &error);
	sightings_add(&result->sightings, data, program, observer->phase == PHASE_SERVING, answer);
	if (observer->files)
		opened_call(&result->opened, call, name);
	if (is_one_of(name, "execve", "execveat")) {
		programs_forget(&result->programs, thread);
		/* A thread that executes becomes the first of its process. */
		programs_forget(&result->programs, peek_process(thread));
	}
	return error;
}

/* stepdown, its options, and the command. */
static char **
make_words(const struct run_request *request)
{
	static char own[][sizeof("--seccomp")] = {"--seccomp", "off", "--init", "never"};
	static char end[] = "--";
	char **words =
		memory_new(request->option_count + request->command_count + EARLY, sizeof(*words));
	size_t count = 0;

	words[count++] = (char *)request->stepdown;
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		words[count++] = own[i];
	for (size_t i = 0; i < request->option_count; i++)
		words[count++] = request->options[i];
	words[count++] = end;
	for (size_t i = 0; i < request->command_count; i++)
		words[count++] = request->command[i];
	return words;
}

int
run_service(const struct run_request *request, const struct run_judge *judge,
	    struct run_result *out, struct refusal *why)
{
	struct observer observer = {.result = out,
				    .judge = judge,
				    .stepdown = request->stepdown,
				    .command = request->command[0],
				    .files = request->record != NULL};
	char **words = make_words(request);
	struct watch watch = {words, request->seconds, see, &observer};

	*out = (struct run_result){0};
	sightings_init(&out->sightings);
	programs_init(&out->programs);
	opened_init(&out->opened);
	int result = watch_run(&watch, &out->end, why);
	peek_return();
	free(words);
	out->served = observer.phase == PHASE_SERVING;
	if (result == 0 && observer.phase < PHASE_START)
		result = refuse(why, "stepdown did not start the service (status %d): see above",
				out->end.status);
	return result;
}

void
run_free(struct run_result *result)
{
	sightings_free(&result->sightings);
	programs_free(&result->programs);
	opened_free(&result->opened);
}

void
run_report(const struct run_result *result)
{
	unsigned long long unnamed = 0, calls = 0;

	for (size_t i = 0; i < result->sightings.count; i++) {
		calls += result->sightings.list[i].count;
		if (!result->sightings.list[i].name)
			unnamed += result->sightings.list[i].count;
	}
	if (result->end.status == WATCH_NOT_ENDED)
		fprintf(stderr,
			"stepdown-kit: the service could not be ended when its time was up, after %llu calls\n",
			calls);
	else
		fprintf(stderr,
			"stepdown-kit: the service ended with status %d%s, after %llu calls\n",
			result->end.status,
			result->end.time_was_up ? ", since its time was up" : "", calls);
	if (result->end.left)
		fputs("stepdown-kit: note: what the service left behind could not be ended: there is no /proc, or no CAP_KILL; its calls get ENOSYS from now on\n",
		      stderr);
	if (unnamed)
		fprintf(stderr,
			"stepdown-kit: note: %llu calls have a number that no call of this machine has; they are left out\n",
			unnamed);
	if (result->blind)
		fputs("stepdown-kit: note: programs and paths cannot be read: root could not take the service's ids\n",
		      stderr);
	if (result->opened.unread)
		fprintf(stderr, "stepdown-kit: note: %llu paths could not be read\n",
			result->opened.unread);
}
