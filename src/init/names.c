/* SPDX-License-Identifier: MIT */
/* The pure part of init/signals.h: numbers, bits and names. */
#include "init/signals.h"

#include "value.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

uint64_t
signals_bit(int signal)
{
	return UINT64_C(1) << (signal - 1);
}

static const char *const names[SIGNALS_LAST + 1] = {
	NULL,       "HUP",      "INT",      "QUIT",     "ILL",      "TRAP",     "ABRT",
	"BUS",      "FPE",      "KILL",     "USR1",     "SEGV",     "USR2",     "PIPE",
	"ALRM",     "TERM",     "STKFLT",   "CHLD",     "CONT",     "STOP",     "TSTP",
	"TTIN",     "TTOU",     "URG",      "XCPU",     "XFSZ",     "VTALRM",   "PROF",
	"WINCH",    "IO",       "PWR",      "SYS",      "32",       "33",       "RTMIN",
	"RTMIN+1",  "RTMIN+2",  "RTMIN+3",  "RTMIN+4",  "RTMIN+5",  "RTMIN+6",  "RTMIN+7",
	"RTMIN+8",  "RTMIN+9",  "RTMIN+10", "RTMIN+11", "RTMIN+12", "RTMIN+13", "RTMIN+14",
	"RTMIN+15", "RTMAX-14", "RTMAX-13", "RTMAX-12", "RTMAX-11", "RTMAX-10", "RTMAX-9",
	"RTMAX-8",  "RTMAX-7",  "RTMAX-6",  "RTMAX-5",  "RTMAX-4",  "RTMAX-3",  "RTMAX-2",
	"RTMAX-1",  "RTMAX"};

static const struct {
	const char *name;
	int signal;
} synonyms[] = {{"IOT", SIGABRT}, {"CLD", SIGCHLD}, {"POLL", SIGIO}};

const char *
signals_name(int signal)
{
	return signal >= 1 && signal <= SIGNALS_LAST ? names[signal] : "?";
}

const char *
signals_meant(const char *text)
{
	struct value_meant meant = {.name = NULL};

	if (strncasecmp(text, "SIG", 3) == 0)
		text += 3;
	for (int signal = 1; signal <= SIGNALS_LAST; signal++)
		value_compare(&meant, text, strlen(text), names[signal]);
	return meant.name;
}

/* Any of RTMIN+0 to RTMIN+30 and RTMAX-0 to RTMAX-30, of which the table has one form each. */
static int
real_time(const char *text)
{
	enum { MINIMUM = 34, RANGE = SIGNALS_LAST - MINIMUM };
	bool from_below = strncasecmp(text, "RTMIN+", 6) == 0;
	uint64_t distance;

	if ((!from_below && strncasecmp(text, "RTMAX-", 6) != 0) ||
	    !value_number(text + 6, strlen(text + 6), RANGE, &distance))
		return -1;
	return from_below ? MINIMUM + (int)distance : SIGNALS_LAST - (int)distance;
}

int
signals_parse(const char *text)
{
	uint64_t number;

	if (value_number(text, strlen(text), SIGNALS_LAST, &number))
		return number > 0 ? (int)number : -1;
	if (strncasecmp(text, "SIG", 3) == 0)
		text += 3;
	for (int signal = 1; signal <= SIGNALS_LAST; signal++)
		if (signal != 32 && signal != 33 && strcasecmp(text, names[signal]) == 0)
			return signal;
	for (size_t i = 0; i < sizeof(synonyms) / sizeof(*synonyms); i++)
		if (strcasecmp(text, synonyms[i].name) == 0)
			return synonyms[i].signal;
	return real_time(text);
}
