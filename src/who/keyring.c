/* SPDX-License-Identifier: MIT */
#include "who/keyring.h"

#include "proof.h"
#include "why_here.h"

#include <errno.h>
#include <linux/keyctl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int
keyring_look(struct plan *plan, const struct options *options, struct refusal *why)
{
	if (!(plan->drop.parts & DROP_KEYRING))
		return 0;
	/* A kernel that has keys answers EOPNOTSUPP. */
	int error = why_closed(SYS_keyctl);

	if (error < 0)
		return refuse(why, "cannot try keyctl(2) in a child: %s", strerror(errno));
	if (error == 0)
		return 0;
	if (plan->filter)
		return refuse_option(why, options_said(options, OPTION_SECCOMP),
				     " lets the service use keys, and keyctl(2) says here: %s; %s",
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
