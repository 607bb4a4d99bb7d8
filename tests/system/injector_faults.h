/* SPDX-License-Identifier: MIT */
/*
 * injector_faults - what a system call is made to answer in the sweeps, and which of it by default
 *
 * STEPDOWN_SWEEP=full takes every answer; without it those that stand for the rest.
 */
#ifndef STEPDOWN_TESTS_INJECTOR_FAULTS_H
#define STEPDOWN_TESTS_INJECTOR_FAULTS_H

#include "injector.h"

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

static bool
same_operation(unsigned one, unsigned two)
{
	return injector->calls[one - 1].number == injector->calls[two - 1].number &&
	       injector->calls[one - 1].arguments[0] == injector->calls[two - 1].arguments[0];
}

/* Whether this one of so many calls is swept: all, or the ends and the middle of a row of the same.
 */
static bool
is_taken(unsigned calls, unsigned call)
{
	unsigned first = call;
	unsigned last = call;

	if (sweeps_all())
		return true;
	while (first > 1 && same_operation(first - 1, call))
		first--;
	while (last < calls && same_operation(last + 1, call))
		last++;
	return call == first || call == last || call == first + (last - first) / 2;
}

#endif
