/* SPDX-License-Identifier: MIT */
#include "confine/parent.h"

#include "proof.h"

#include <errno.h>
#include <sys/prctl.h>
#include <unistd.h>

int
parent_follow(const struct plan *plan)
{
	return prctl(PR_SET_PDEATHSIG, plan->parent_death_signal, 0, 0, 0);
}

int
parent_check(const struct plan *plan)
{
	int now = 0;

	if (prctl(PR_GET_PDEATHSIG, &now, 0, 0, 0))
		return -1;
	if (proof(now == plan->parent_death_signal))
		return -1;
	if (getppid() != plan->parent) {
		errno = ESRCH;
		return -1;
	}
	return 0;
}
