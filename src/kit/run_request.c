/* SPDX-License-Identifier: MIT */
#include "kit/run_request.h"

#include "kit/heap.h"
#include "kit/request.h"
#include "options.h"
#include "value.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SECONDS_MOST = 7 * 24 * 3600 };

enum own {
	OWN_OUTPUT,
	OWN_RECORD,
	OWN_BASE,
	OWN_MERGE,
	OWN_STEPDOWN,
	OWN_FOR,
	OWN_COMPAT,
	OWN_ENGINE,
	OWN_QUIET,
};

static const struct {
	const char *name;
	const char *letter;
	enum own id;
	bool has_value;
	bool learn, check; /* which command takes it */
} own_options[] = {
	{"--output", "-o", OWN_OUTPUT, true, true, true},
	{"--record", "", OWN_RECORD, true, true, true},
	{"--base", "", OWN_BASE, true, true, false},
	{"--merge", "", OWN_MERGE, true, true, false},
	{"--stepdown", "", OWN_STEPDOWN, true, true, true},
	{"--for", "", OWN_FOR, true, true, true},
	{"--compat", "", OWN_COMPAT, false, false, true},
	{"--engine", "", OWN_ENGINE, false, true, false},
	{"--quiet", "-q", OWN_QUIET, false, true, true},
};
enum { OWN_OPTIONS = sizeof(own_options) / sizeof(own_options[0]) };

/* Options of stepdown's that have no place in a run that is watched. */
static const struct {
	const char *name;
	const char *reason;
} misplaced[] = {
	{"seccomp", "the service is watched instead of filtered"},
	{"seccomp-compat", "the service is watched instead of filtered; check takes --compat"},
	{"explain", "the service is watched, and the kernel lets one do that at a time"},
	{"dry-run", "nothing would run"},
	{"help", "see stepdown --help"},
	{"version", "see stepdown --version"},
};

static int
set_once(const char **field, const char *name, const char *value, struct refusal *why)
{
	if (*field)
		return refuse(why, "%s is given twice: %s and %s", name, *field, value);
	*field = value;
	return 0;
}

static int
set_seconds(struct run_request *out, const char *value, struct refusal *why)
{
	uint64_t seconds;

	if (out->seconds)
		return refuse(why, "--for is given twice");
	if (!value_number(value, strlen(value), SECONDS_MOST, &seconds) || seconds == 0)
		return refuse(why, "--for %s: must be a number of seconds, 1 to %d", value,
			      SECONDS_MOST);
	out->seconds = (unsigned)seconds;
	return 0;
}

static int
set_own(struct run_request *out, enum own id, const char *value, struct refusal *why)
{
	switch (id) {
	case OWN_OUTPUT:
		return set_once(&out->output, "--output", value, why);
	case OWN_RECORD:
		return set_once(&out->record, "--record", value, why);
	case OWN_BASE:
		return set_once(&out->base, "--base", value, why);
	case OWN_STEPDOWN:
		return set_once(&out->stepdown, "--stepdown", value, why);
	case OWN_FOR:
		return set_seconds(out, value, why);
	case OWN_COMPAT:
		out->compat = true;
		return 0;
	case OWN_ENGINE:
		out->engine = true;
		return 0;
	case OWN_QUIET:
		out->quiet = true;
		return 0;
	case OWN_MERGE:
		break;
	}
	if (out->merge_count == RUN_MERGES)
		return refuse(why, "--merge is given more than %d times", RUN_MERGES);
	out->merges[out->merge_count++] = value;
	return 0;
}

/* Returns 1 if argv[*at] is an option of the kit's, which is taken, 0 if not. */
static int
parse_own(char **argv, int *at, bool check, struct run_request *out, struct refusal *why)
{
	const char *text = argv[*at], *value = strchr(text, '=');
	size_t length = value ? (size_t)(value - text) : strlen(text);

	for (size_t i = 0; i < OWN_OPTIONS; i++) {
		bool same = (strlen(own_options[i].name) == length &&
			     strncmp(own_options[i].name, text, length) == 0) ||
			    strcmp(own_options[i].letter, text) == 0;

		if (!same || !(check ? own_options[i].check : own_options[i].learn))
			continue;
		if (!own_options[i].has_value && value)
			return refuse(why, "%s takes no value", own_options[i].name);
		if (own_options[i].has_value) {
			value = value ? value + 1 : argv[++*at];
			if (!value || !*value)
				return refuse(why, "%s needs a value", own_options[i].name);
		}
		return set_own(out, own_options[i].id, value, why) < 0 ? -1 : 1;
	}
	return 0;
}

static const struct option_row *
stepdowns_row(const char *text)
{
	size_t length = strcspn(text + 2, "=");

	for (unsigned id = 0; id < OPTION_COUNT; id++) {
		const struct option_row *row = &options_table[id];

		if (text[1] == '-' ? strlen(row->name) == length &&
					     memcmp(row->name, text + 2, length) == 0
				   : row->letter && row->letter == text[1])
			return row;
	}
	return NULL;
}

static int
check_place(const struct option_row *row, struct refusal *why)
{
	for (size_t i = 0; i < sizeof(misplaced) / sizeof(misplaced[0]); i++)
		if (strcmp(row->name, misplaced[i].name) == 0)
			return refuse(why, "--%s has no place here: %s", row->name,
				      misplaced[i].reason);
	if (strcmp(row->section, "Init") == 0)
		return refuse(
			why,
			"--%s has no place here: stepdown becomes the service, and leaves no init behind",
			row->name);
	return 0;
}

/* Takes an option of stepdown's, and its value, as they are. */
static int
parse_stepdowns(char **argv, int *at, struct run_request *out, struct refusal *why)
{
	const char *text = argv[*at];
	const struct option_row *row = stepdowns_row(text);

	if (!row)
		return refuse(
			why,
			"%.160s: neither an option of this command nor one of stepdown's, see stepdown-kit --help",
			text);
	if (check_place(row, why) < 0)
		return -1;
	if (out->option_count + 2 > RUN_OPTIONS)
		return refuse(why, "more than %d words of options", RUN_OPTIONS);
	bool joined = text[1] == '-' ? strchr(text, '=') != NULL : text[2] != '\0';

	out->options[out->option_count++] = argv[*at];
	if (row->kind == OPTION_FLAG || joined)
		return 0;
	if (!argv[*at + 1])
		return refuse(why, "--%s needs a value: %s", row->name, row->argument);
	out->options[out->option_count++] = argv[++*at];
	return 0;
}

/* stepdown's own parser has the last word about its options, and knows the capabilities. */
static int
judge_options(struct run_request *out, struct refusal *why)
{
	struct options *options = memory_new(1, sizeof(*options));
	static char name[] = "stepdown", end[] = "--";
	char *words[RUN_OPTIONS + 4] = {name};
	int count = 1;

	for (size_t i = 0; i < out->option_count; i++)
		words[count++] = out->options[i];
	words[count++] = end;
	words[count++] = out->command[0];
	int result = options_parse(options, count, words, why);
	unsigned cursor = 0;

	for (const char *value; result == 0 && out->cap_count < RUN_CAPS &&
				(value = options_next(options, OPTION_KEEP_CAP, &cursor));) {
		const char *cap = capability_name(value);

		if (cap)
			out->caps[out->cap_count++] = cap;
	}
	free(options);
	return result;
}

int
run_request_parse(int argc, char **argv, bool check, struct run_request *out, struct refusal *why)
{
	int at = 1;

	*out = (struct run_request){0};
	for (; at < argc; at++) {
		const char *text = argv[at];

		if (strcmp(text, "--") == 0) {
			at++;
			break;
		}
		if (text[0] != '-' || !text[1]) {
			if (!check || out->profile)
				break;
			out->profile = text;
			continue;
		}
		int own = parse_own(argv, &at, check, out, why);
		if (own < 0 || (own == 0 && parse_stepdowns(argv, &at, out, why) < 0))
			return -1;
	}
	if (check && !out->profile)
		return refuse(why, "check needs a profile: check PROFILE -- COMMAND");
	if (at >= argc || !argv[at][0])
		return refuse(why, "no COMMAND is given; name the service after \"--\"");
	if (!check && !out->output && !out->record)
		return refuse(why, "learn needs -o PROFILE.json, or --record FILE, or both");
	out->command = argv + at;
	out->command_count = (size_t)(argc - at);
	return judge_options(out, why);
}

int
run_request_find(struct run_request *request, char *place, size_t size, struct refusal *why)
{
	static const char *const places[] = {"%sstepdown", "%s../sbin/stepdown", "/sbin/stepdown",
					     "/usr/local/sbin/stepdown"};
	char own[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", own, sizeof(own) - 1);

	if (request->stepdown) {
		if (access(request->stepdown, X_OK) == 0)
			return 0;
		return refuse(why, "--stepdown %s: %s", request->stepdown, strerror(errno));
	}
	own[length > 0 ? length : 0] = '\0';
	char *slash = strrchr(own, '/');
	if (slash)
		slash[1] = '\0';
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (places[i][0] == '%' && !slash)
			continue;
		if (places[i][0] == '%')
			snprintf(place, size, "%.*s%s", (int)size / 2, own, places[i] + 2);
		else
			snprintf(place, size, "%s", places[i]);
		if (access(place, X_OK) == 0) {
			request->stepdown = place;
			return 0;
		}
	}
	return refuse(
		why,
		"stepdown is neither beside stepdown-kit nor in /sbin: name it with --stepdown PATH");
}
