/* SPDX-License-Identifier: MIT */
/*
 * components - what stepdown is made of: itself, and the libraries that are linked into it
 *
 * The table is written by the build (src/build/components.sh), which alone knows the versions.
 */
#ifndef STEPDOWN_KIT_COMPONENTS_H
#define STEPDOWN_KIT_COMPONENTS_H

enum { COMPONENTS = 3 };

struct component {
	const char *name, *version, *licence, *purpose; /* version: "" where it is not known */
};

extern const struct component components[COMPONENTS];

#endif
