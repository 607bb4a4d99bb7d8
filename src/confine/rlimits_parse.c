/* SPDX-License-Identifier: MIT */
#include "confine/rlimits.h"

#include "value.h"

#include <stdbool.h>
#include <string.h>

static const char *const names[RLIM_NLIMITS] = {[RLIMIT_AS] = "as",
						[RLIMIT_CORE] = "core",
						[RLIMIT_CPU] = "cpu",
						[RLIMIT_DATA] = "data",
						[RLIMIT_FSIZE] = "fsize",
						[RLIMIT_LOCKS] = "locks",
						[RLIMIT_MEMLOCK] = "memlock",
						[RLIMIT_MSGQUEUE] = "msgqueue",
						[RLIMIT_NICE] = "nice",
						[RLIMIT_NOFILE] = "nofile",
						[RLIMIT_NPROC] = "nproc",
						[RLIMIT_RSS] = "rss",
						[RLIMIT_RTPRIO] = "rtprio",
						[RLIMIT_RTTIME] = "rttime",
						[RLIMIT_SIGPENDING] = "sigpending",
						[RLIMIT_STACK] = "stack"};

#define ALL_NAMES                                                                                  \
	"as, core, cpu, data, fsize, locks, memlock, msgqueue, nice, nofile, nproc, rss, rtprio, " \
	"rttime, sigpending, stack"

const char *
rlimit_name(int resource)
{
	return resource >= 0 && resource < RLIM_NLIMITS ? names[resource] : NULL;
}

/* A number that fits and is not the one that means "unlimited", or that word. */
static bool
parse_value(const char *text, size_t length, rlim_t *value)
{
	static const char unlimited[] = "unlimited";

	if (length == sizeof(unlimited) - 1 && memcmp(text, unlimited, length) == 0) {
		*value = RLIM_INFINITY;
		return true;
	}
	uint64_t number;

	if (!value_number(text, length, RLIM_INFINITY - 1, &number))
		return false;
	*value = number;
	return true;
}

const char *
rlimit_parse(const char *text, struct rlimit_setting *setting)
{
	size_t length = strcspn(text, "=");
	int i = 0;

	if (!text[length])
		return ": there is no value; write NAME=SOFT or NAME=SOFT:HARD";
	while (i < RLIM_NLIMITS &&
	       (strlen(names[i]) != length || memcmp(names[i], text, length) != 0))
		i++;
	if (i == RLIM_NLIMITS)
		return ": there is no such resource; there are " ALL_NAMES;

	const char *soft = text + length + 1;
	size_t soft_length = strcspn(soft, ":");
	const char *hard = soft[soft_length] ? soft + soft_length + 1 : soft;

	setting->resource = i;
	if (!parse_value(soft, soft_length, &setting->soft) ||
	    !parse_value(hard, strlen(hard), &setting->hard))
		return ": a value is a number or the word unlimited";
	if (setting->soft > setting->hard)
		return ": the soft limit is above the hard one; raise the second number";
	return NULL;
}
