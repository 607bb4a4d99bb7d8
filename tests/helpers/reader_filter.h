/* SPDX-License-Identifier: MIT */
/*
 * reader_filter - the reader child's filter, made by libseccomp from src/profiles/reader.json
 *
 * A second way from the profile to a program, so that the tests of the child do not depend on the
 * compiler of the kit.
 */
#ifndef STEPDOWN_TESTS_READER_FILTER_H
#define STEPDOWN_TESTS_READER_FILTER_H

#include "confine/filter.h"

/* Never fails: what goes wrong ends the test program with a word. `profile` is the file's path. */
const struct filter_program *reader_filter_make(const char *profile);

#endif
