/* SPDX-License-Identifier: MIT */
#include "setup/step_oom.h"

#include "proof.h"
#include "setup/oom.h"

int
step_oom_set(const struct plan *plan)
{
	return oom_score_set(plan->service.oom_score);
}

int
step_oom_check(const struct plan *plan)
{
	int score;

	if (oom_score_read(&score))
		return -1;
	return proof(score == plan->service.oom_score);
}
