/* SPDX-License-Identifier: MIT */
/*
 * credentials - the ids of credentials(7): set all of them, and prove it
 *
 * By raw system calls: the library's wrappers block signals and visit threads, of which there are
 * none. Groups go first, the uid last, since each step needs the power that the next one ends.
 * All functions return 0, or -1 with errno; a check that finds another state fails with EPROTO.
 */
#ifndef STEPDOWN_DROP_CREDENTIALS_H
#define STEPDOWN_DROP_CREDENTIALS_H

#include "plan.h"

/* setgroups(2) to exactly the plan's list. EPERM: no CAP_SETGID, or denied in the user namespace.
 */
int credentials_set_groups(const struct plan *plan);
int credentials_check_groups(const struct plan *plan);

/* Real, effective, saved and (through the effective one) file system gid. EINVAL: not mapped. */
int credentials_set_gid(const struct plan *plan);
int credentials_check_gid(const struct plan *plan);

/* The same for the uid. EAGAIN cannot happen since Linux 3.1. */
int credentials_set_uid(const struct plan *plan);
int credentials_check_uid(const struct plan *plan);

/*
 * Tries to become root again in every way that setresuid(2), setresgid(2) and setgroups(2) offer,
 * except where a kept capability allows it. EPROTO: an attempt succeeded.
 */
int credentials_check_final(const struct plan *plan);

#endif
