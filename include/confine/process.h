/* SPDX-License-Identifier: MIT */
/*
 * process - what the service alone gets: its working directory, its umask, its limits; and what of
 * the caller's state it does not get
 *
 * The working directory is entered as the user, who may not be let in where root was; the init
 * leaves it again. Umask and limits are set after the fork, so that neither what root writes nor
 * the init suffers from them. All functions that return an int return 0, or -1 with errno; EPROTO:
 * the kernel shows another state than was set.
 */
#ifndef STEPDOWN_CONFINE_PROCESS_H
#define STEPDOWN_CONFINE_PROCESS_H

#include "plan.h"

/*
 * What an exec leaves to the next program: READ_IMPLIES_EXEC and ADDR_NO_RANDOMIZE of
 * personality(2), interval timers, the subreaper flag.
 */
int process_reset(const struct plan *plan);
int process_check_reset(const struct plan *plan);

/* --workdir. EXDEV: it lies outside of the root, as the one of CVE-2024-21626. */
int process_enter(const struct plan *plan);
int process_check_enter(const struct plan *plan);
const char *process_entered(const struct plan *plan);

int process_set_umask(const struct plan *plan);
int process_check_umask(const struct plan *plan);

/* Root's part: the hard limits that are too low; no soft limit is touched. */
int process_raise_limits(const struct plan *plan);

/* Soft and hard limits as they will be. */
int process_set_limits(const struct plan *plan);
int process_check_limits(const struct plan *plan);

/* The name of the limit at which the last of the three above has stopped. */
const char *process_failed_limit(const struct plan *plan);

#endif
