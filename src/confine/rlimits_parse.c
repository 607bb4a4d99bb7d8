/* SPDX-License-Identifier: MIT */
#include "confine/rlimits.h"

#include "value.h"

#include <stdbool.h>
#include <string.h>

static const struct {
	const char *name;
	int resource;
} names[] = {
	{"as", RLIMIT_AS},
	{"core", RLIMIT_CORE},
	{"cpu", RLIMIT_CPU},
	{"data", RLIMIT_DATA},
	{"fsize", RLIMIT_FSIZE},
	{"locks", RLIMIT_LOCKS},
	{"memlock", RLIMIT_MEMLOCK},
	{"msgqueue", RLIMIT_MSGQUEUE},
	{"nice", RLIMIT_NICE},
	{"nofile", RLIMIT_NOFILE},
	{"nproc", RLIMIT_NPROC},
	{"rss", RLIMIT_RSS},
	{"rtprio", RLIMIT_RTPRIO},
	{"rttime", RLIMIT_RTTIME},
	{"sigpending", RLIMIT_SIGPENDING},
	{"stack", RLIMIT_STACK},
};

enum { NAMES = sizeof(names) / sizeof(names[0]) };

#define ALL_NAMES                                                                                  \
	"as, core, cpu, data, fsize, locks, memlock, msgqueue, nice, nofile, nproc, rss, rtprio, " \
	"rttime, sigpending, stack"

const char *
rlimit_name(int resource)
{
	for (size_t i = 0; i < NAMES; i++)
		if (names[i].resource == resource)
			return names[i].name;
	return NULL;
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
	size_t i = 0;

	if (!text[length])
		return ": there is no value; write NAME=SOFT or NAME=SOFT:HARD";
	while (i < NAMES &&
	       (strlen(names[i].name) != length || memcmp(names[i].name, text, length) != 0))
		i++;
	if (i == NAMES)
		return ": there is no such resource; there are " ALL_NAMES;

	const char *soft = text + length + 1;
	size_t soft_length = strcspn(soft, ":");
	const char *hard = soft[soft_length] ? soft + soft_length + 1 : soft;

	setting->resource = names[i].resource;
	if (!parse_value(soft, soft_length, &setting->soft) ||
	    !parse_value(hard, strlen(hard), &setting->hard))
		return ": a value is a number or the word unlimited";
	if (setting->soft > setting->hard)
		return ": the soft limit is above the hard one; raise the second number";
	return NULL;
}
