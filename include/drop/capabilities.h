/* SPDX-License-Identifier: MIT */
/*
 * capabilities - the five sets of capabilities(7), the securebits, and what makes them final
 *
 * libcap-ng builds and applies the sets of the process; the bounding set is emptied by our own
 * prctl(2) calls, because capng_apply says yes without CAP_SETPCAP and changes nothing. Every check
 * reads the kernel by raw capget(2) and prctl(2), never the library.
 * All functions return 0, or -1 with errno; a check that finds another state fails with EPROTO.
 */
#ifndef STEPDOWN_DROP_CAPABILITIES_H
#define STEPDOWN_DROP_CAPABILITIES_H

#include "plan.h"

/* Bounding set = kept. Needs CAP_SETPCAP. */
int capabilities_limit(const struct plan *plan);
int capabilities_check_limit(const struct plan *plan);

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
