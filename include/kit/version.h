/* SPDX-License-Identifier: MIT */
/*
 * version - kernel versions of two numbers, as profiles and --kernel write them
 */
#ifndef STEPDOWN_KIT_VERSION_H
#define STEPDOWN_KIT_VERSION_H

#include <stdbool.h>

/*
 * "6.1": two numbers of up to three digits, at most 255 each as in Docker, not both 0, and nothing
 * else. Returns false, and leaves `out` alone, if it is something else.
 */
bool version_parse(const char *text, unsigned out[2]);

#endif
