/* SPDX-License-Identifier: MIT */
/*
 * descriptors - 0, 1 and 2 are open, nothing above them leaks in, the streams are the service's
 *
 * All functions return 0, or -1 with errno.
 */
#ifndef STEPDOWN_SETUP_DESCRIPTORS_H
#define STEPDOWN_SETUP_DESCRIPTORS_H

#include "plan.h"

/*
 * Opens /dev/null on each of 0, 1 and 2 that is closed, so that no file that is opened later
 * becomes a standard stream. To be called before anything else is opened.
 */
int descriptors_fill(void);

/*
 * Closes every descriptor above 2 but those that LISTEN_FDS hands over. The check asks the kernel
 * for each of the next DESCRIPTORS_PROVEN.
 */
enum { DESCRIPTORS_PROVEN = 1024 };
int descriptors_close(const struct plan *plan);
int descriptors_check_close(const struct plan *plan);

/*
 * Makes the service's user the owner of the planned standard streams, so that it can open
 * /dev/stdout: Docker's pipes and terminals belong to root (moby issue 31243).
 */
int descriptors_own(const struct plan *plan);
int descriptors_check_own(const struct plan *plan);

#endif
