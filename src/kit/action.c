/* SPDX-License-Identifier: MIT */
#include "kit/action.h"

#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>

struct action {
	const char *name; /* behind SCMP_ACT_ */
	uint32_t value;
	bool has_errno;
};

/* The first name of a value is the one that is printed. */
static const struct action actions[] = {
	{"ALLOW", SECCOMP_RET_ALLOW, false},
	{"ERRNO", SECCOMP_RET_ERRNO, true},
	{"KILL_PROCESS", SECCOMP_RET_KILL_PROCESS, false},
	{"KILL_THREAD", SECCOMP_RET_KILL_THREAD, false},
	{"KILL", SECCOMP_RET_KILL_THREAD, false},
	{"TRAP", SECCOMP_RET_TRAP, false},
	{"TRACE", SECCOMP_RET_TRACE, true},
	{"LOG", SECCOMP_RET_LOG, false},
	{"NOTIFY", SECCOMP_RET_USER_NOTIF, false},
};
enum { ACTIONS = sizeof(actions) / sizeof(actions[0]) };

bool
action_find(const char *name, uint32_t *value, bool *has_errno)
{
	static const char prefix[] = "SCMP_ACT_";

	if (strncmp(name, prefix, strlen(prefix)) != 0)
		return false;
	for (size_t i = 0; i < ACTIONS; i++)
		if (strcmp(actions[i].name, name + strlen(prefix)) == 0) {
			*value = actions[i].value;
			*has_errno = actions[i].has_errno;
			return true;
		}
	return false;
}

const char *
action_text(uint32_t action, char *text, size_t size)
{
	for (size_t i = 0; i < ACTIONS; i++) {
		if (actions[i].value != (action & SECCOMP_RET_ACTION_FULL))
			continue;
		if (actions[i].has_errno)
			snprintf(text, size, "%s(%u)", actions[i].name, action & SECCOMP_RET_DATA);
		else
			snprintf(text, size, "%s", actions[i].name);
		return text;
	}
	snprintf(text, size, "0x%x", action);
	return text;
}

int
action_compare(uint32_t left, uint32_t right)
{
	/* The kernel compares them signed, which puts KILL_PROCESS (0x80000000) first. */
	int32_t one = (int32_t)(left & SECCOMP_RET_ACTION_FULL);
	int32_t other = (int32_t)(right & SECCOMP_RET_ACTION_FULL);

	return (one > other) - (one < other);
}

bool
action_lets_pass(uint32_t action)
{
	switch (action & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
	case SECCOMP_RET_LOG:
	case SECCOMP_RET_TRACE:
		return true;
	default:
		return false;
	}
}
