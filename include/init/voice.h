/* SPDX-License-Identifier: MIT */
/*
 * voice - how PID 1 speaks without ever waiting for a reader
 *
 * The service shares standard error, and may be the one that lets it run full. A pipe or terminal
 * is opened anew, for a file description of our own, since O_NONBLOCK on the shared one would make
 * the service lose output. A message that does not fit at once is dropped and counted.
 */
#ifndef STEPDOWN_INIT_VOICE_H
#define STEPDOWN_INIT_VOICE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct voice {
	int own;          /* a description of our own, O_NONBLOCK; -1: none could be had */
	bool socket;      /* descriptor 2 is one: MSG_DONTWAIT does it */
	bool json;        /* one JSON object a line, as with --log json */
	bool quiet;       /* --quiet: nothing is said */
	unsigned lost;    /* messages that did not fit */
	const char *name; /* who speaks: "stepdown" */
};

/*
 * Before the drop, since a pipe of root's cannot be opened after it. Never fails: without /proc or
 * without the permission the shared description is asked by poll(2) before each line.
 */
void voice_open(struct voice *voice);

/* In the parent, after the fork: makes `own` descriptor 2. */
void voice_settle(struct voice *voice);

/* A finished line, after voice_settle. Returns the bytes that went out, or -1 with errno: EAGAIN.
 */
ssize_t voice_write(const struct voice *voice, const char *line, size_t size);

/* One line of at most 500 bytes. */
__attribute__((format(printf, 2, 3))) void voice_say(struct voice *voice, const char *format, ...);

#endif
