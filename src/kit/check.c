/* SPDX-License-Identifier: MIT */
#include "kit/check.h"

#include "confine/evaluate.h"
#include "kit/commands.h"
#include "kit/files.h"
#include "kit/heap.h"
#include "kit/learn_profile.h"
#include "kit/recording.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * "Not implemented" is meant to send a program another way, so it is really given: the run goes the
 * way that it would go. Other denials are noted alone, so that all of them are found in one run.
 */
static uint32_t
judge(void *context, const struct seccomp_data *data, int *error)
{
	const struct check *check = context;
	const struct program *program = &check->compiled->program;
	struct verdict verdict;

	if (evaluate(program->code, program->length, data, &verdict) < 0)
		return SECCOMP_RET_KILL_PROCESS;
	if (check_falls_back(verdict.action))
		*error = ENOSYS;
	return verdict.action;
}

static int
load(struct check *check, const char *name, struct refusal *why)
{
	struct notes notes = {0};

	if (learn_service(check->request, &check->service, why) < 0 ||
	    learn_read(name, &check->bytes, &check->length, why) < 0)
		return -1;
	check->compiled = memory_new(1, sizeof(*check->compiled));
	int result = profile_parse(check->bytes, check->length, &check->profile, &notes, why);

	if (result == 0)
		result = compile_program(&check->profile, &check->service, check->request->compat,
					 check->compiled, &notes, why);
	if (check->request->quiet)
		notes_free(&notes);
	else
		command_notes(name, &notes);
	return result;
}

static void
unload(struct check *check)
{
	if (check->profile.document)
		profile_free(&check->profile);
	free(check->compiled);
	free(check->bytes);
}

static int
run_check(const struct check *check, struct refusal *why)
{
	const struct run_judge judged = {judge, (void *)(uintptr_t)check};
	struct run_result result;
	int status = run_service(check->request, &judged, &result, why);

	if (status == 0 && check->request->record) {
		size_t length;
		char *text = recording_text(&result, &length);

		status = file_write(check->request->record, text, length, why);
		free(text);
	}
	if (status == 0 && check->request->output)
		status = check_write(check, &result, why);
	if (status == 0) {
		if (!check->request->quiet)
			run_report(&result);
		check_print(check, &result, true);
		status = check_print(check, &result, false) > 0 ? STATUS_DIFFERS : STATUS_FINE;
	}
	run_free(&result);
	return status;
}

int
command_check(int argc, char **argv)
{
	struct run_request request;
	struct check check = {.request = &request};
	struct refusal why;
	char place[PATH_MAX];

	if (run_request_parse(argc, argv, true, &request, &why) < 0 ||
	    run_request_find(&request, place, sizeof(place), &why) < 0)
		return command_failed(NULL, &why);
	int result = load(&check, request.profile, &why);
	const char *about = result < 0 ? request.profile : NULL;

	if (result == 0)
		result = run_check(&check, &why);
	unload(&check);
	return result < 0 ? command_failed(about, &why) : result;
}
