/* SPDX-License-Identifier: MIT */
#include "kit/interest.h"

#include <linux/sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define INT UINT32_MAX
#define LONG UINT64_MAX
#define TYPE_ALONE 0xf /* SOCK_CLOEXEC and SOCK_NONBLOCK stand above it */
/* CLONE_NEWTIME is not among them: in clone its bit belongs to the signal. */
#define NAMESPACES                                                                                 \
	((uint64_t)(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |  \
		    CLONE_NEWPID | CLONE_NEWNET))

static const struct interest interests[] = {
	{"socket", {{0, INT, WORDS_FAMILY}, {1, TYPE_ALONE, WORDS_TYPE}}, 2},
	{"socketpair", {{0, INT, WORDS_FAMILY}, {1, TYPE_ALONE, WORDS_TYPE}}, 2},
	{"ioctl", {{1, INT, WORDS_IOCTL}}, 1},
	{"clone", {{0, NAMESPACES, WORDS_CLONE}}, 1},
	{"unshare", {{0, LONG, WORDS_CLONE}}, 1},
	{"setns", {{1, INT, WORDS_CLONE}}, 1},
	{"prctl", {{0, INT, WORDS_PRCTL}}, 1},
	{"arch_prctl", {{0, INT, WORDS_ARCH_PRCTL}}, 1},
	{"personality", {{0, INT, WORDS_NUMBER}}, 1},
	{"ptrace", {{0, LONG, WORDS_NUMBER}}, 1},
	{"keyctl", {{0, INT, WORDS_NUMBER}}, 1},
	{"bpf", {{0, INT, WORDS_NUMBER}}, 1},
	{"seccomp", {{0, INT, WORDS_NUMBER}}, 1},
	{"socketcall", {{0, INT, WORDS_NUMBER}}, 1},
	{"ipc", {{0, INT, WORDS_NUMBER}}, 1},
};

/* Of netlink the protocol says which part of the kernel is meant, and the type says nothing. */
static const struct interest netlink = {
	"socket", {{0, INT, WORDS_FAMILY}, {2, INT, WORDS_NETLINK}}, 2};

const struct interest *
interest_find(const char *call)
{
	for (size_t i = 0; call && i < sizeof(interests) / sizeof(interests[0]); i++)
		if (strcmp(interests[i].call, call) == 0)
			return &interests[i];
	return NULL;
}

struct interest_values
interest_values(const struct interest *interest, const uint64_t arguments[CALL_ARGUMENTS])
{
	if (interest == &interests[0] && (arguments[0] & INT) == AF_NETLINK)
		interest = &netlink;

	struct interest_values values = {.interest = interest};

	for (size_t i = 0; interest && i < interest->count; i++)
		values.values[i] = arguments[interest->parts[i].index] & interest->parts[i].mask;
	return values;
}

const char *
interest_say(const char *call, const struct interest_values *values, char *text)
{
	const struct interest *interest = values->interest;
	char word[WORDS_TEXT];
	int at = snprintf(text, INTEREST_TEXT, "%s", call);

	for (size_t i = 0; interest && i < interest->count; i++)
		at += snprintf(
			text + at, (size_t)(INTEREST_TEXT - at), "%s%s", i ? ", " : "(",
			words_say(interest->parts[i].words, values->values[i], word, sizeof(word)));
	if (interest)
		snprintf(text + at, (size_t)(INTEREST_TEXT - at), ")");
	return text;
}

size_t
interest_conditions(const struct interest_values *values,
		    struct condition conditions[INTEREST_PARTS])
{
	const struct interest *interest = values->interest;

	if (!interest)
		return 0;
	for (size_t i = 0; i < interest->count; i++)
		conditions[i] = (struct condition){interest->parts[i].index, COMPARE_MASKED_EQ,
						   interest->parts[i].mask, values->values[i]};
	return interest->count;
}
