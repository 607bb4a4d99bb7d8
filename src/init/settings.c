/* SPDX-License-Identifier: MIT */
#include "init/settings.h"

#include "value.h"

#include <string.h>
#include <strings.h>

int
settings_init(enum init_wish *wish, const char *text, struct refusal *why)
{
	static const char *const words[] = {"auto", "always", "never"};

	for (int i = 0; i < 3; i++)
		if (strcmp(text, words[i]) == 0) {
			*wish = (enum init_wish)i;
			return 0;
		}
	return refuse(why, "--init %.160s is not one of auto|always|never", text);
}

int
settings_signal(int *signal, const char *option, const char *text, struct refusal *why)
{
	*signal = signals_parse(text);
	if (*signal < 0)
		return refuse(
			why,
			"%s %.160s is not a signal; write a name such as TERM or RTMIN+3, or a number from 1 to %d",
			option, text, SIGNALS_LAST);
	return 0;
}

int
settings_stop_signal(struct init_settings *settings, const char *text, struct refusal *why)
{
	int signal;

	if (settings_signal(&signal, "--stop-signal", text, why) != 0)
		return -1;
	if (signal == SIGKILL || signal == SIGSTOP || signal == SIGCHLD)
		return refuse(why,
			      "--stop-signal %.160s never asks for anything; name another signal",
			      text);
	settings->stop_signals |= signals_bit(signal);
	return 0;
}

int
settings_seconds(uint64_t *milliseconds, const char *option, const char *text, struct refusal *why)
{
	if (!value_duration(text, milliseconds))
		return refuse(why, "%s %.160s is not a number of seconds, such as 10 or 0.5",
			      option, text);
	return 0;
}

#define NOT_SIGNALS "--map-signal %.160s is not FROM=TO of signals, such as TERM=QUIT or HUP=none"

/* Cuts "FROM=TO" at the first "="; `from` has room for `size` bytes. Returns TO, or NULL. */
static const char *
cut(char *from, size_t size, const char *text)
{
	const char *equals = strchr(text, '=');
	size_t length = equals == NULL ? 0 : (size_t)(equals - text);

	if (equals == NULL || length == 0 || length >= size)
		return NULL;
	memcpy(from, text, length);
	from[length] = '\0';
	return equals + 1;
}

int
settings_map_signal(struct init_settings *settings, const char *text, struct refusal *why)
{
	char name[16];
	const char *to_name = cut(name, sizeof(name), text);
	int from, to = 0;

	if (to_name == NULL)
		return refuse(why, NOT_SIGNALS, text);
	from = signals_parse(name);
	if (strcasecmp(to_name, "none") != 0)
		to = signals_parse(to_name);
	if (from < 0 || to < 0)
		return refuse(why, NOT_SIGNALS, text);
	if (from == SIGKILL || from == SIGSTOP)
		return refuse(why, "--map-signal %.160s: SIG%s never reaches a process", text,
			      signals_name(from));
	if (settings->signal_map[from] != from)
		return refuse(why, "--map-signal %.160s: SIG%s is mapped already", text,
			      signals_name(from));
	settings->signal_map[from] = (uint8_t)to;
	return 0;
}

int
settings_map_exit(struct init_settings *settings, const char *text, struct refusal *why)
{
	size_t length = strcspn(text, "=");
	const char *end = text + length + (text[length] == '=');
	uint64_t from, to;

	if (!value_number(text, length, 255, &from) || !value_number(end, strlen(end), 255, &to))
		return refuse(
			why,
			"--map-exit %.160s is not CODE=CODE of numbers from 0 to 255, such as 143=0",
			text);
	if (settings->exit_map[from] != from)
		return refuse(why, "--map-exit %.160s: %u is mapped already", text, (unsigned)from);
	settings->exit_map[from] = (uint8_t)to;
	return 0;
}
