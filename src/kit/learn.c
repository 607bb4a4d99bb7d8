/* SPDX-License-Identifier: MIT */
#include "kit/commands.h"
#include "kit/files.h"
#include "kit/json_print.h"
#include "kit/learn_judge.h"
#include "kit/learn_profile.h"
#include "kit/learned.h"
#include "kit/recording.h"
#include "kit/run.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WIDTH = 96 };

/* Not after an hour of learning: the place for the result is looked at beforehand. */
static int
check_place(const char *path, struct refusal *why)
{
	char folder[PATH_MAX];
	const char *slash;

	if (!path)
		return 0;
	slash = strrchr(path, '/');
	int length = slash ? (int)(slash - path) + 1 : 0;

	snprintf(folder, sizeof(folder), "%.*s.", length, path);
	if (access(folder, W_OK | X_OK) < 0)
		return refuse(why, "cannot write %s: the folder: %s", path, strerror(errno));
	return 0;
}

/* One line of them, of what the profile tells apart and the reader does not. */
static bool
in_start_up(const struct run_result *result, const struct sighting *sighting)
{
	for (size_t i = 0; i < result->sightings.count; i++) {
		const struct sighting *other = &result->sightings.list[i];

		if ((other->later || other < sighting) && other->name && sighting->name &&
		    strcmp(other->name, sighting->name) == 0 &&
		    memcmp(&other->values, &sighting->values, sizeof(other->values)) == 0)
			return false;
	}
	return sighting->name != NULL;
}

static void
report_start_up(const struct run_result *result)
{
	char text[INTEREST_TEXT];
	size_t column = WIDTH, count = 0;

	if (!result->served) {
		fputs("stepdown-kit: the service never waited for work: all of it is start-up\n",
		      stderr);
		return;
	}
	for (size_t i = 0; i < result->sightings.count; i++)
		count += in_start_up(result, &result->sightings.list[i]);
	fprintf(stderr, "stepdown-kit: seen at start-up only: %zu", count);
	for (size_t i = 0; i < result->sightings.count; i++) {
		const struct sighting *sighting = &result->sightings.list[i];

		if (!in_start_up(result, sighting))
			continue;
		interest_say(sighting->name, &sighting->values, text);
		if (column + strlen(text) + 1 > WIDTH)
			column = (size_t)fprintf(stderr, "\n   ") - 1;
		column += (size_t)fprintf(stderr, " %s", text);
	}
	fputc('\n', stderr);
}

static int
write_recording(const struct run_request *request, const struct run_result *result,
		struct refusal *why)
{
	size_t length;

	if (!request->record)
		return 0;
	char *text = recording_text(result, &length);
	int written = file_write(request->record, text, length, why);

	free(text);
	return written;
}

static int
write_profile(const struct run_request *request, const struct run_result *result,
	      const struct service *service, struct json_object *document, struct refusal *why)
{
	struct learned learned = {.document = document,
				  .service = *service,
				  .sightings = &result->sightings,
				  .programs = &result->programs,
				  .served = result->served};
	bool compat = false;
	size_t length;

	if (!request->output)
		return 0;
	for (size_t i = 0; i < result->sightings.count; i++)
		compat = compat || (result->sightings.list[i].arch &&
				    result->sightings.list[i].arch != learned.service.native);
	learned_arch(document, learned.service.native, compat);
	if (learned_add(&learned, why) < 0)
		return -1;
	char *text = json_print(document, &length);
	int written = file_write(request->output, text, length, why);

	free(text);
	if (written == 0 && compat && !request->quiet)
		fputs("stepdown-kit: note: 32-bit programs ran: the service needs --seccomp-compat\n",
		      stderr);
	return written;
}

static int
learn(struct run_request *request, const struct service *service, struct json_object *document,
      struct refusal *why)
{
	struct learn_judge base;
	struct run_result result;

	if (learn_judge_make(document, service, &base, why) < 0)
		return -1;
	const struct run_judge judge = {learn_judge_ask, &base};
	int status = run_service(request, &judge, &result, why);

	learn_judge_free(&base);
	if (status == 0)
		status = write_recording(request, &result, why);
	if (status == 0)
		status = write_profile(request, &result, service, document, why);
	if (status == 0 && !request->quiet) {
		run_report(&result);
		report_start_up(&result);
	}
	run_free(&result);
	return status;
}

int
command_learn(int argc, char **argv)
{
	struct run_request request;
	struct service service;
	struct json_object *document = NULL;
	struct refusal why;
	char place[PATH_MAX];

	if (run_request_parse(argc, argv, false, &request, &why) < 0 ||
	    run_request_find(&request, place, sizeof(place), &why) < 0 ||
	    check_place(request.output, &why) < 0 || check_place(request.record, &why) < 0 ||
	    learn_service(&request, &service, &why) < 0)
		return command_failed(NULL, &why);
	document = learn_start(&request, &why);
	if (!document)
		return command_failed(NULL, &why);
	int result = learn(&request, &service, document, &why);

	json_object_put(document);
	return result < 0 ? command_failed(NULL, &why) : STATUS_FINE;
}
