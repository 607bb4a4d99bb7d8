/* SPDX-License-Identifier: MIT */
/*
 * peek - what can be seen of a process that waits for an answer
 *
 * All of it may be denied (another uid, Yama's ptrace_scope, no /proc), and all of it may be
 * another process's when the one that waited is gone: see listener_waits.
 */
#ifndef STEPDOWN_EXPLAIN_PEEK_H
#define STEPDOWN_EXPLAIN_PEEK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum {
	PEEK_COMMAND = 32,
	PEEK_TEXT = 160, /* bytes; a longer text is cut */
};

/* The name of a thread, as in /proc/PID/comm; "" where it cannot be read. */
void peek_command(pid_t pid, char command[PEEK_COMMAND]);

/* The text at an address of that process. Returns whether it could be read. */
bool peek_text(pid_t pid, uint64_t address, char text[PEEK_TEXT]);

#endif
