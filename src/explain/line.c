/* SPDX-License-Identifier: MIT */
#include "explain/line.h"

#include "confine/notify.h"
#include "explain/names.h"
#include "front/log.h"

#include <errno.h>
#include <linux/audit.h>
#include <stdio.h>

enum {
	X32 = 0x40000000, /* set in the numbers of x32's calls, on x86-64 */
	RULE_SIZE = 160,
	VALUE_SIZE = 2048, /* in JSON a backslash takes two */
};

static void
put_errno(int error, char *text, unsigned size)
{
	static const struct {
		int error;
		char name[8];
	} names[] = {{0, "0"},           {EPERM, "EPERM"},   {ENOENT, "ENOENT"},
		     {EACCES, "EACCES"}, {EINVAL, "EINVAL"}, {ENOSYS, "ENOSYS"}};

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].error == error) {
			snprintf(text, size, "%s", names[i].name);
			return;
		}
	snprintf(text, size, "errno %d", error);
}

static unsigned
line_of(const struct filter_program *profile, uint16_t place)
{
	const struct filter_line *at = profile->lines;

	for (; at && at->line; at++)
		if (at->call == place)
			return at->line;
	return 0;
}

/* The arguments that the verdict depends on, "argument 0" or "arguments 0 1". */
static void
put_looked_at(unsigned words, char *text, unsigned size)
{
	unsigned used;
	bool several = false;

	for (unsigned i = 0, found = 0; i < 6; i++)
		if (words >> 2 * i & 3)
			several = ++found > 1;
	used = (unsigned)snprintf(text, size, several ? "arguments" : "argument");
	for (unsigned i = 0; i < 6; i++)
		if (words >> 2 * i & 3)
			used += (unsigned)snprintf(text + used, size - used, " %u", i);
}

static bool
is_newer(const struct denial *denial, uint32_t number)
{
	return denial->data->arch == names_native_arch && number > denial->profile->newest;
}

/*
 * What in the profile has said so, found by the evaluation of the program that is loaded; the line
 * is where the JSON first names the call.
 */
static void
put_rule(const struct denial *denial, char *text, unsigned size)
{
	uint32_t number = (uint32_t)denial->data->nr;
	unsigned line = line_of(denial->profile, names_place(denial->data->arch, number));
	bool built_in = denial->profile->lines;
	char looked_at[40];

	put_looked_at(denial->verdict.words, looked_at, sizeof(looked_at));
	if (denial->data->arch == AUDIT_ARCH_X86_64 && number & X32)
		snprintf(text, size, "calls of x32 are never allowed");
	else if (denial->verdict.words && line)
		snprintf(text, size, "the rules from line %u on allow other values of %s", line,
			 looked_at);
	else if (denial->verdict.words)
		snprintf(text, size, "its rules allow other values of %s", looked_at);
	else if (line)
		snprintf(text, size, "line %u", line);
	else if (is_newer(denial, number))
		snprintf(text, size, "newer than all calls that it names");
	else
		snprintf(text, size, built_in ? "not in its list" : "no rule allows this call");
}

static void
put_time(const struct timespec *time, char *text, unsigned size)
{
	struct tm parts = {0};

	gmtime_r(&time->tv_sec, &parts);
	snprintf(text, size, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ", 1900U + (unsigned)parts.tm_year,
		 (unsigned)parts.tm_mon + 1, (unsigned)parts.tm_mday, (unsigned)parts.tm_hour,
		 (unsigned)parts.tm_min, (unsigned)parts.tm_sec,
		 (unsigned)(time->tv_nsec / 1000000));
}

static unsigned
end_line(char *line, int length)
{
	unsigned used = length < LINE_LARGEST - 1 ? (unsigned)length : LINE_LARGEST - 2;

	line[used++] = '\n';
	line[used] = 0;
	return used;
}

unsigned
line_denial(const struct denial *denial, bool json, char *line)
{
	char when[80], command[80], call[32], answer[16], rule[RULE_SIZE];
	char arguments[VALUE_SIZE];

	put_time(&denial->time, when, sizeof(when));
	report_escape(*denial->command ? denial->command : "?", json, command, sizeof(command));
	if (denial->call)
		snprintf(call, sizeof(call), "%s", denial->call);
	else
		snprintf(call, sizeof(call), "call %u", (unsigned)denial->data->nr);
	/* Bytes of the service's are escaped in there already; JSON wants its quotes escaped too.
	 */
	report_escape(denial->arguments, json, arguments, sizeof(arguments));
	put_errno(notify_errno(denial->verdict.action), answer, sizeof(answer));
	put_rule(denial, rule, sizeof(rule));
	return end_line(
		line,
		snprintf(
			line, LINE_LARGEST,
			json ? "{\"program\":\"stepdown\",\"level\":\"denied\",\"time\":\"%s\",\"pid\":%d,\"command\":\"%s\",\"call\":\"%s\",\"arguments\":\"%s\",\"errno\":\"%s\",\"profile\":\"%s\",\"rule\":\"%s\"}"
			     : "stepdown: denied: %s pid %d (%s) %s(%s) = %s; profile %s: %s",
			when, denial->pid, command, call, arguments, answer, denial->profile->name,
			rule));
}

unsigned
line_closing(const struct line_counts *counts, const char *profile, bool json, char *line)
{
	return end_line(
		line,
		snprintf(
			line, LINE_LARGEST,
			json ? "{\"program\":\"stepdown\",\"level\":\"denied\",\"profile\":\"%s\",\"denied\":%llu,\"kinds\":%u,\"unlisted\":%u,\"lost\":%u,\"message\":\"what the engine's own filter denies is not counted\"}"
			     : "stepdown: denied by profile %s: calls %llu, kinds %u, calls without a line for their kind %u, lines that the log had no room for %u; what the engine's own filter denies is not counted",
			profile, (unsigned long long)counts->denied, counts->kinds,
			counts->unlisted, counts->lost));
}
