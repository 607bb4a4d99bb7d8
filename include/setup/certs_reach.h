/* SPDX-License-Identifier: MIT */
/*
 * certs_reach - could this process change what a path leads to
 *
 * Run as the user about whom it is asked. Looks at the file, at every directory on the way to it,
 * and at every directory on the way of each symbolic link in between.
 */
#ifndef STEPDOWN_SETUP_CERTS_REACH_H
#define STEPDOWN_SETUP_CERTS_REACH_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Whether `uid`, whose powers this process has, could write to what the absolute `path` leads to,
 * or put something else in its place: by write permission or as an owner who may give it to
 * himself. Nothing can be changed on a file system that is mounted read-only. What cannot be looked
 * at counts as changeable. `how` is 0 or PATH_STREAMS_CLOSED (paths.h).
 */
bool certs_reach_check(const char *path, unsigned how, uid_t uid);

#endif
