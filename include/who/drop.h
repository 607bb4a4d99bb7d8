/* SPDX-License-Identifier: MIT */
/*
 * drop - the ids of credentials(7), the five sets of capabilities(7), the securebits, and what makes
 * them final
 *
 * The ids by raw system calls: the library's wrappers block signals and visit threads, of which there
 * are none. Groups go first, the uid last, since each step needs the power that the next one ends.
 *
 * libcap-ng builds and applies the sets of the process; the bounding set is emptied by our own
 * prctl(2) calls, because capng_apply says yes without CAP_SETPCAP and changes nothing. Every check
 * reads the kernel by raw capget(2) and prctl(2), never the library.
 * All functions return 0, or -1 with errno; a check that finds another state fails with EPROTO.
 */
#ifndef STEPDOWN_WHO_DROP_H
#define STEPDOWN_WHO_DROP_H

#include "plan.h"

/* setgroups(2) to exactly the plan's list. EPERM: no CAP_SETGID, or denied in the user namespace.
 */
int credentials_set_groups(const struct plan *plan);
int credentials_check_groups(const struct plan *plan);

/*
 * Real, effective and (through the effective one) file system gid; the saved one is that of the init
 * until the fork, the service's own without one. EINVAL: not mapped.
 */
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

/* Bounding set = kept. Needs CAP_SETPCAP. Proven by capabilities_check_final. */
int capabilities_limit(const struct plan *plan);

/* Inheritable set += kept, so that they can become ambient. */
int capabilities_inherit(const struct plan *plan);
int capabilities_check_inherit(const struct plan *plan);

/* Ambient set = kept. EPERM: a securebit forbids it, or one is not permitted and inheritable. */
int capabilities_raise(const struct plan *plan);
int capabilities_check_raise(const struct plan *plan);

/* securebits as planned, locked; after them root's uid gives nothing. Needs CAP_SETPCAP. */
int capabilities_lock(const struct plan *plan);
int capabilities_check_lock(const struct plan *plan);

/* PR_SET_KEEPCAPS, where the securebits that would do it cannot be set. */
int capabilities_carry(const struct plan *plan);
int capabilities_check_carry(const struct plan *plan);

/* Ambient set = kept after that change, and PR_SET_KEEPCAPS off again. */
int capabilities_raise_carried(const struct plan *plan);

/* Effective = permitted = inheritable = kept. */
int capabilities_drop(const struct plan *plan);

/*
 * All five sets and the securebits are as planned, and neither capset(2), PR_CAP_AMBIENT_RAISE nor
 * PR_SET_SECUREBITS gives anything back. Harmless if it fails: the caller ends the process.
 */
int capabilities_check_final(const struct plan *plan);

/* PR_SET_NO_NEW_PRIVS: no execve(2) gives more than its caller had. */
int capabilities_no_new_privs(const struct plan *plan);
int capabilities_check_no_new_privs(const struct plan *plan);

/* PR_SET_DUMPABLE 0: no ptrace(2) and no /proc/PID/mem for others of the same uid until exec. */
int capabilities_undumpable(const struct plan *plan);
int capabilities_check_undumpable(const struct plan *plan);

#endif
