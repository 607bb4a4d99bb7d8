/* SPDX-License-Identifier: MIT */
/*
 * power - what the resident init gives up, so that who takes it over wins nothing
 *
 * Both processes have lost root before the fork. What differs between them is given up after it:
 * the init keeps a gid of its own, since prlimit(2) on a process of the same uid and gid would let
 * the service limit and kill its init, and loses everything that its loop does not need.
 */
#ifndef STEPDOWN_INIT_POWER_H
#define STEPDOWN_INIT_POWER_H

#include "confine/filter.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct power {
	gid_t service_gid;
	gid_t own_gid;                 /* the saved gid since the drop; the service's own: none */
	uint64_t service_capabilities; /* permitted, effective and inheritable of the service */
	uint64_t own_capabilities;     /* 0, or CAP_KILL where the service may change its uid */
	bool keep_privileges; /* under a peer's name: ids and capabilities are the caller's */
	const struct filter_program *filter; /* NULL: none, under a peer's name */
};

/* The calls that the loop makes, and no more. Written by hand in src/init/filter.c. */
extern const struct filter_program filter_init;

/*
 * In the child: leaves the gid of the init behind and takes the service's capabilities, and proves
 * both. Returns 0, or -1 with errno; EPROTO: the kernel said yes and did not.
 */
int power_leave(const struct power *power);

/*
 * In the parent, in this order: descriptors but `keep` (`count` of them, descriptor 2 always), the
 * working directory, the gid, the capabilities, dumpable. Returns 0, or -1 with errno and in `what`
 * the words that complete "cannot ...".
 */
int power_drop(const struct power *power, const int *keep, unsigned count, const char **what);

/*
 * In a process that looks after the service's, in this order: the working directory, the gids, the
 * capabilities, dumpable. Real gid and that of file accesses stay the service's, since the kernel
 * asks for them of who reads another process (process_vm_readv(2), proc_pid_mem(5)); effective and
 * saved one are the init's, since it asks for those, too, of who is limited (prlimit(2)). Returns as
 * power_drop.
 */
int power_watch(const struct power *power, const char **what);

/* Last of all: the filter and its proof. Returns as power_drop. */
int power_confine(const struct power *power, const char **what);

enum { POWER_FORGOTTEN = 10 };

/* Memory that was needed to start, in whole pages. */
struct power_memory {
	const void *start;
	size_t size;
};

/*
 * In each process that is not the service's. Gives POWER_FORGOTTEN ranges of `memory`, the strings
 * of the environment, and the stack below the caller, which deeper calls have used before, back to
 * the kernel; they read as zero afterwards: what stays has no user database, no plan and no
 * caller's secrets.
 */
void power_forget(const struct power_memory *memory);

#endif
