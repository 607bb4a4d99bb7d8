/* SPDX-License-Identifier: MIT */
#include "drop/keyring.h"

#include "proof.h"

#include <errno.h>
#include <linux/keyctl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CURE "deny keyctl, add_key and request_key in the profile"

enum { NO_OPERATION = 0x7ffffffe };

int
keyring_look(struct plan *plan, const struct options *options, struct refusal *why)
{
	/* A kernel that has keys answers EOPNOTSUPP. */
	if (!plan->joins_keyring || !syscall(SYS_keyctl, NO_OPERATION) ||
	    (errno != EPERM && errno != ENOSYS))
		return 0;
	if (plan->filter)
		return refuse(
			why,
			"--seccomp %.160s lets the service use keys, and keyctl(2) says here: %s; " CURE
			", or let the engine allow it",
			options_value(options, OPTION_SECCOMP), strerror(errno));
	plan->joins_keyring = false;
	plan_note(&plan->left_out, "session keyring: keyctl(2) is closed to the service too: %s",
		  strerror(errno));
	return 0;
}

int
keyring_join(const struct plan *plan)
{
	(void)plan;
	long joined = syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);

	if (joined < 0)
		return -1;
	return proof(joined > 0 && syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID,
					   KEY_SPEC_SESSION_KEYRING, 0) == joined);
}

int
keyring_check_final(const struct plan *plan)
{
	(void)plan;
	/* The numbers of the keys in it, of which there are none. */
	return proof(syscall(SYS_keyctl, KEYCTL_READ, KEY_SPEC_SESSION_KEYRING, NULL, 0UL) == 0);
}

const char *
keyring_hint(const struct plan *plan, int error)
{
	(void)plan;
	if (error == EDQUOT)
		return "root has as many keys as it may; raise kernel.keys.root_maxkeys on the host (in a user namespace kernel.keys.maxkeys), or " CURE;
	return error == EPERM || error == ENOSYS || error == EACCES ? CURE : NULL;
}
