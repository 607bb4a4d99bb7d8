/* SPDX-License-Identifier: MIT */
/*
 * terminal - the service's session, process group and place at the terminal
 *
 * PID 1 that leads its session hands the terminal over: it gives it up, and the service becomes the
 * leader of a session of its own with that terminal, as if it had been PID 1 itself. Then a hang-up
 * reaches it directly, and Ctrl-Z cannot stop a service that nobody could continue, since the
 * kernel does not stop a group without a parent in its session. Everybody else stays a job of the
 * shell that started it: a process group of its own, in the foreground if ours was. Source:
 * credentials(7), ioctl_tty(2), setsid(2), POSIX "orphaned process group".
 */
#ifndef STEPDOWN_CONFINE_TERMINAL_H
#define STEPDOWN_CONFINE_TERMINAL_H

#include <stdbool.h>
#include <sys/types.h>

enum terminal_mode {
	TERMINAL_KEEP,    /* nothing changes: no fork, --init never */
	TERMINAL_GROUP,   /* a process group of its own */
	TERMINAL_SESSION, /* a session of its own, with the terminal where there is one */
};

struct terminal {
	enum terminal_mode mode;
	int descriptor;  /* 0 to 2, the controlling terminal; -1: there is none */
	bool foreground; /* our process group had it */
	pid_t group;     /* ours; 0 if it is not of this pid namespace */
};

/* Looks; changes nothing. The mode is what suits a child of this process. */
void terminal_look(struct terminal *terminal, bool is_pid_1);

/*
 * In PID 1 before the fork, with all signals blocked: gives the terminal up in TERMINAL_SESSION,
 * nothing otherwise. The HUP and CONT that the kernel sends for it are taken back; one that
 * somebody else sent stays pending. Returns 0, or -1 with errno.
 */
int terminal_release(const struct terminal *terminal);

/* In the child, with TTOU blocked. Returns 0, or -1 with errno. */
int terminal_take(const struct terminal *terminal);

/* In the child. Returns 0, or -1 with errno EPROTO: session, group or foreground are not its own.
 */
int terminal_check(const struct terminal *terminal);

/*
 * In the parent: puts `group` into the foreground of the terminal `descriptor`, if `expected` is
 * there now. Returns 0, or -1 with errno.
 */
int terminal_pass(int descriptor, pid_t expected, pid_t group);

#endif
