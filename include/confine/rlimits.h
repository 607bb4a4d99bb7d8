/* SPDX-License-Identifier: MIT */
/*
 * rlimits - the resource limits of the service: --ulimit NAME=SOFT[:HARD]
 *
 * In two parts. Root raises hard limits, for which the service would lack the power, and touches no
 * soft limit: neither root's own work nor PID 1 is to suffer from the service's limits. The service
 * alone then sets the final values, which only go down. The names and units are those of prlimit(1)
 * and setrlimit(2).
 */
#ifndef STEPDOWN_CONFINE_RLIMITS_H
#define STEPDOWN_CONFINE_RLIMITS_H

#include <stddef.h>
#include <sys/resource.h>

struct rlimit_setting {
	int resource; /* RLIMIT_... */
	rlim_t soft;
	rlim_t hard;
};

/*
 * Reads "NAME=SOFT" or "NAME=SOFT:HARD"; each value is a number or "unlimited". Without HARD it is
 * the same as SOFT. Pure. Returns NULL, or what is wrong, as it follows on "--ulimit VALUE".
 */
const char *rlimit_parse(const char *text, struct rlimit_setting *setting);

/* The name of a resource as in --ulimit, or NULL if there is none. */
const char *rlimit_name(int resource);

/*
 * The part for root: raises the hard limit of each of the `count` settings that needs it.
 * Returns 0, or -1 with errno and `failed` the setting: EPERM without CAP_SYS_RESOURCE, or nofile
 * above fs.nr_open; EPROTO: the kernel does not tell what there is.
 */
int rlimits_raise(const struct rlimit_setting *settings, size_t count, size_t *failed);

/* The part for the service: sets soft and hard limits. Returns and fails as rlimits_raise(). */
int rlimits_apply(const struct rlimit_setting *settings, size_t count, size_t *failed);

/* Proves that they are in force. Returns 0, or -1 with errno EPROTO and `failed`. */
int rlimits_check(const struct rlimit_setting *settings, size_t count, size_t *failed);

#endif
