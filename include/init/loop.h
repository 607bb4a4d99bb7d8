/* SPDX-License-Identifier: MIT */
/*
 * loop - the life of the resident init, from the release of the service to the end of its work
 *
 * Must not allocate, must not open, must not wait for anything but signals, children and its own
 * deadlines, and must not end before its work is done: what fails in here is said, never fatal.
 * There is no tick; without events the process sleeps in one ppoll(2).
 */
#ifndef STEPDOWN_INIT_LOOP_H
#define STEPDOWN_INIT_LOOP_H

#include "init/decide.h"
#include "init/start.h"

/* Runs until the work is done. Returns the exit status, which the caller gives to _exit(2). */
int loop_run(struct init *init, const struct init_settings *settings);

#endif
