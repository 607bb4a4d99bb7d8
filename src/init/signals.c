/* SPDX-License-Identifier: MIT */
#include "init/signals.h"

#include "proof.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef PIDFD_SIGNAL_PROCESS_GROUP
#define PIDFD_SIGNAL_PROCESS_GROUP (1U << 2) /* linux/pidfd.h, since 6.9 */
#endif

/* The kernel's own struct sigaction, which no libc header shows; without SA_RESTORER on arm64. */
struct kernel_action {
	void (*handler)(int);
	unsigned long flags;
#ifdef __x86_64__
	void (*restorer)(void);
#endif
	uint64_t mask;
};

static int
action_get(int signal, struct kernel_action *action)
{
	return (int)syscall(SYS_rt_sigaction, signal, NULL, action, sizeof(action->mask));
}

static int
action_set(int signal, void (*handler)(int))
{
	struct kernel_action action = {.handler = handler};

	return (int)syscall(SYS_rt_sigaction, signal, &action, NULL, sizeof(action.mask));
}

static int
mask_set(uint64_t mask, uint64_t *previous)
{
	return (int)syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, previous, sizeof(mask));
}

uint64_t
signals_bit(int signal)
{
	return UINT64_C(1) << (signal - 1);
}

int
signals_hold(struct signals_state *state)
{
	struct kernel_action action = {0};

	if (mask_set(UINT64_MAX, &state->mask) != 0 || action_get(SIGCHLD, &action) != 0)
		return -1;
	state->ignores_children = action.handler == SIG_IGN;
	return state->ignores_children ? action_set(SIGCHLD, SIG_DFL) : 0;
}

int
signals_give_back(const struct signals_state *state)
{
	if (state->ignores_children && action_set(SIGCHLD, SIG_IGN) != 0)
		return -1;
	return mask_set(state->mask, NULL);
}

int
signals_check(const struct signals_state *state)
{
	uint64_t unmaskable = signals_bit(SIGKILL) | signals_bit(SIGSTOP);
	struct kernel_action action = {0};
	uint64_t mask = ~state->mask;

	if (syscall(SYS_rt_sigprocmask, SIG_SETMASK, NULL, &mask, sizeof(mask)) != 0 ||
	    action_get(SIGCHLD, &action) != 0)
		return -1;
	return proof(mask == (state->mask & ~unmaskable) &&
		     (action.handler == SIG_IGN) == state->ignores_children);
}

int
signals_open(uint64_t mask)
{
	return (int)syscall(SYS_signalfd4, -1, &mask, sizeof(mask), SFD_CLOEXEC | SFD_NONBLOCK);
}

int
signals_take(uint64_t mask, int milliseconds, siginfo_t *info)
{
	struct timespec wait = {milliseconds / 1000, (milliseconds % 1000) * 1000000L};

	return (int)syscall(SYS_rt_sigtimedwait, &mask, info, &wait, sizeof(mask));
}

int
signals_send(int pidfd, pid_t pid, int signal, const siginfo_t *info)
{
	if (pidfd >= 0)
		return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, info, 0);
	if (info != NULL)
		return (int)syscall(SYS_rt_sigqueueinfo, pid, signal, info);
	return kill(pid, signal);
}

int
signals_send_group(int pidfd, pid_t leader, int signal, const siginfo_t *info)
{
	if (pidfd >= 0 && info != NULL &&
	    syscall(SYS_pidfd_send_signal, pidfd, signal, info, PIDFD_SIGNAL_PROCESS_GROUP) == 0)
		return 0;
	return kill(-leader, signal);
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
