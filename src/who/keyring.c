/* SPDX-License-Identifier: MIT */
#include "who/keyring.h"

#include "proof.h"
#include "why.h"

#include <errno.h>
#include <linux/keyctl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NO_OPERATION = 0x7ffffffe };

/* The errno that closes keyctl(2), or 0. A kernel that has keys answers EOPNOTSUPP. */
static int
ask(void)
{
	return syscall(SYS_keyctl, NO_OPERATION) && (errno == EPERM || errno == ENOSYS) ? errno : 0;
}

/* The same below an outer filter, which may kill who asks: a child, whose end no signal tells. */
static int
ask_by_a_child(void)
{
	pid_t self = getpid();
	pid_t child = (pid_t)syscall(SYS_clone, 0, NULL, NULL, NULL, NULL);
	int status;

	if (child == 0 && getpid() != self)
		_exit(ask());
	if (child <= 0 || waitpid(child, &status, __WALL) != child)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EPERM;
}

int
keyring_look(struct plan *plan, const struct options *options, struct refusal *why)
{
	if (!(plan->drop.parts & DROP_KEYRING))
		return 0;
	int error = prctl(PR_GET_SECCOMP) > 0 ? ask_by_a_child() : ask();

	if (error < 0)
		return refuse(why, "cannot try keyctl(2) in a child: %s", strerror(errno));
	if (error == 0)
		return 0;
	if (plan->filter)
		return refuse_option(
			why, options_said(options, OPTION_SECCOMP),
			" lets the service use keys, and keyctl(2) says here: %s; %s, or let the engine allow it",
			strerror(error), why_says(WHY_KEYRING, error));
	plan->drop.parts &= ~(unsigned)DROP_KEYRING;
	plan_note(&plan->left_out, "session keyring: keyctl(2) is closed to the service too: %s",
		  strerror(error));
	return 0;
}

int
keyring_join(const struct drop *drop)
{
	(void)drop;
	long joined = syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);

	if (joined < 0)
		return -1;
	return proof(joined > 0 && syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID,
					   KEY_SPEC_SESSION_KEYRING, 0) == joined);
}

int
keyring_prove(const struct drop *drop)
{
	(void)drop;
	/* The numbers of the keys in it, of which there are none. */
	return proof(syscall(SYS_keyctl, KEYCTL_READ, KEY_SPEC_SESSION_KEYRING, NULL, 0UL) == 0);
}
