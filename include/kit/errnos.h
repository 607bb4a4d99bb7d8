/* SPDX-License-Identifier: MIT */
/*
 * errnos - the names of errnos, which Podman's profiles use
 */
#ifndef STEPDOWN_KIT_ERRNOS_H
#define STEPDOWN_KIT_ERRNOS_H

/* The number of "EPERM" and its like, or -1. */
int errno_number(const char *name);

/* The name of a number, or NULL. */
const char *errno_name(int number);

#endif
