/* SPDX-License-Identifier: MIT */
#include "confine/terminal.h"

#include "init/signals.h"
#include "proof.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* TIOCSCTTY wants a descriptor that can be read. */
static bool
can_read(int descriptor)
{
	int flags = fcntl(descriptor, F_GETFL);

	return flags >= 0 && (flags & O_ACCMODE) != O_WRONLY;
}

void
terminal_look(struct terminal *terminal, bool is_pid_1)
{
	pid_t front = -1;

	*terminal = (struct terminal){.descriptor = -1, .group = getpgrp()};
	terminal->mode = is_pid_1 && getsid(0) == 1 ? TERMINAL_SESSION : TERMINAL_GROUP;
	for (int i = 0; i <= 2 && front < 0; i++) {
		front = tcgetpgrp(i);
		if (front >= 0 && can_read(i))
			terminal->descriptor = i;
		else
			front = -1;
	}
	terminal->foreground = terminal->descriptor >= 0 && front == terminal->group;
}

/* Takes back the signal that giving up the terminal has caused, and only that one. */
static void
take_back(int signal)
{
	siginfo_t info;

	if (signals_take(signals_bit(signal), 0, &info) != signal)
		return;
	if (info.si_code == SI_USER && info.si_pid == getpid())
		return;
	/* Another's; one may be sent to oneself with any origin. */
	syscall(SYS_rt_sigqueueinfo, getpid(), signal, &info);
}

int
terminal_release(const struct terminal *terminal)
{
	if (terminal->mode != TERMINAL_SESSION || terminal->descriptor < 0)
		return 0;
	if (ioctl(terminal->descriptor, TIOCNOTTY) != 0)
		return -1;
	take_back(SIGHUP);
	take_back(SIGCONT);
	return 0;
}

int
terminal_take(const struct terminal *terminal)
{
	if (terminal->mode == TERMINAL_KEEP)
		return 0;
	if (terminal->mode == TERMINAL_SESSION) {
		if (setsid() < 0)
			return -1;
		return terminal->descriptor < 0 ? 0 : ioctl(terminal->descriptor, TIOCSCTTY, 0);
	}
	if (setpgid(0, 0) != 0)
		return -1;
	return terminal->foreground ? tcsetpgrp(terminal->descriptor, getpid()) : 0;
}

int
terminal_check(const struct terminal *terminal)
{
	bool is_own = getpgrp() == getpid();

	if (terminal->mode == TERMINAL_KEEP)
		return 0;
	if (terminal->mode == TERMINAL_SESSION)
		is_own = is_own && getsid(0) == getpid();
	if (terminal->mode == TERMINAL_SESSION ? terminal->descriptor >= 0 : terminal->foreground)
		is_own = is_own && tcgetpgrp(terminal->descriptor) == getpid();
	return proof(is_own);
}

int
terminal_pass(int descriptor, pid_t expected, pid_t group)
{
	pid_t front = tcgetpgrp(descriptor);

	if (front < 0)
		return -1;
	return front == expected ? tcsetpgrp(descriptor, group) : 0;
}
