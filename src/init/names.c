/* SPDX-License-Identifier: MIT */
/* The pure part of init/signals.h: numbers, bits and names. */
#include "init/signals.h"

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

/* Up to two digits, nothing else; -1 otherwise. */
static int
small_number(const char *text)
{
	int value = 0;
	size_t length = strlen(text);

	if (length < 1 || length > 2)
		return -1;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return -1;
		value = value * 10 + (*text - '0');
	}
	return value;
}

/* Any of RTMIN+0 to RTMIN+30 and RTMAX-0 to RTMAX-30, of which the table has one form each. */
static int
real_time(const char *text)
{
	enum { MINIMUM = 34, RANGE = SIGNALS_LAST - MINIMUM };
	bool from_below = strncasecmp(text, "RTMIN+", 6) == 0;
	int distance;

	if (!from_below && strncasecmp(text, "RTMAX-", 6) != 0)
		return -1;
	distance = small_number(text + 6);
	if (distance < 0 || distance > RANGE)
		return -1;
	return from_below ? MINIMUM + distance : SIGNALS_LAST - distance;
}

int
signals_parse(const char *text)
{
	int number = small_number(text);

	if (number >= 0)
		return number >= 1 && number <= SIGNALS_LAST && text[0] != '0' ? number : -1;
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
