/* SPDX-License-Identifier: MIT */
#include "who/capabilities.h"

#include "proof.h"
#include "why_here.h"

#include <cap-ng.h>
#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int
capabilities_read(struct capability_sets *sets)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	/* More than any kernel has, in case the call says yes and writes nothing: a plan made from
	 * that fails, one made from empty sets would leave the bounding set as it is. */
	struct __user_cap_data_struct data[2] = {{~0U, ~0U, ~0U}, {~0U, ~0U, ~0U}};

	if (syscall(SYS_capget, &header, data))
		return -1;
	sets->effective = data[0].effective | (uint64_t)data[1].effective << 32;
	sets->permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
	sets->inheritable = data[0].inheritable | (uint64_t)data[1].inheritable << 32;
	return 0;
}

int
capabilities_set(const struct capability_sets *sets)
{
	capng_clear(CAPNG_SELECT_CAPS);
	/* This process: the library remembers the one in which it was first used, which may have
	 * forked since. */
	capng_setpid(0);
	for (unsigned i = 0; i < 64; i++) {
		uint64_t bit = CAPABILITY(i);
		unsigned types = (sets->effective & bit ? (unsigned)CAPNG_EFFECTIVE : 0) |
				 (sets->permitted & bit ? (unsigned)CAPNG_PERMITTED : 0) |
				 (sets->inheritable & bit ? (unsigned)CAPNG_INHERITABLE : 0);

		if (types && capng_update(CAPNG_ADD, (capng_type_t)types, i)) {
			errno = EINVAL;
			return -1;
		}
	}
	/* The library hands back a number of its own; errno is capset's. */
	errno = 0;
	if (capng_apply(CAPNG_SELECT_CAPS)) {
		errno = errno ? errno : EPROTO;
		return -1;
	}
	return 0;
}

int
capabilities_prove(const struct capability_sets *sets)
{
	struct capability_sets now;

	return capabilities_read(&now) ? -1
				       : proof(now.effective == sets->effective &&
					       now.permitted == sets->permitted &&
					       now.inheritable == sets->inheritable);
}

int
capabilities_look(struct capability_sets *sets, unsigned *last, struct refusal *why)
{
	int held = 0;

	if (capabilities_read(sets))
		return refuse(why, "cannot read the capabilities of this process: %s",
			      why_errno(errno));
	/* Up to one more than a set has room for, which every kernel has to deny: an answer that is
	 * always yes, or always no, shows there. */
	for (unsigned i = 0; i <= 64; i++) {
		held = prctl(PR_CAPBSET_READ, i, 0, 0, 0);
		if (held < 0 || i == 64)
			break;
		uint64_t bit = CAPABILITY(i);

		*last = i;
		if (held)
			sets->bounding |= bit;
		/* An ambient capability is permitted and inheritable, always. */
		if (!(sets->permitted & sets->inheritable & bit))
			continue;
		held = prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, i, 0, 0);
		if (held < 0)
			break;
		if (held)
			sets->ambient |= bit;
	}
	if (held >= 0)
		return refuse(
			why,
			"the kernel claims to have capability 64, which no set has room for; see what intercepts prctl(2)");
	if (errno != EINVAL || *last == 0)
		return refuse(why, "cannot read the capability bounding set: %s", why_errno(errno));
	return 0;
}
