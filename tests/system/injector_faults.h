/* SPDX-License-Identifier: MIT */
/*
 * injector_faults - what a system call is made to answer in the sweeps, and which of it by default
 *
 * STEPDOWN_SWEEP=full takes every answer; without it those that stand for the rest.
 */
#ifndef STEPDOWN_TESTS_INJECTOR_FAULTS_H
#define STEPDOWN_TESTS_INJECTOR_FAULTS_H

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	long result;
	bool only_full;
} faults[] = {
	{"a false success", 0, false}, {"EPERM", -EPERM, false},  {"EINVAL", -EINVAL, false},
	{"ENOSYS", -ENOSYS, true},     {"ENOMEM", -ENOMEM, true}, {"EINTR", -EINTR, false},
	{"EAGAIN", -EAGAIN, true},     {"EBADF", -EBADF, true},   {"EACCES", -EACCES, true},
	{"EIO", -EIO, true},
};

static bool
sweeps_all(void)
{
	const char *how = getenv("STEPDOWN_SWEEP");

	return how && !strcmp(how, "full");
}

#endif
