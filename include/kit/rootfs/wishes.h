/* SPDX-License-Identifier: MIT */
/*
 * wishes - the command line of stepdown-kit rootfs
 */
#ifndef STEPDOWN_KIT_ROOTFS_WISHES_H
#define STEPDOWN_KIT_ROOTFS_WISHES_H

#include "refusal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WISHES_NAME = 33 /* bytes of a user's name, its NUL included; useradd(8) */ };

struct wishes_list {
	const char **texts;
	size_t count;
};

struct wishes {
	const char *output, *root, *sbom;
	bool has_user;
	char user[WISHES_NAME];
	uint32_t uid, gid;
	struct wishes_list zones, with, runs, missing, programs;
	bool certs, quiet;
	int64_t newest; /* SOURCE_DATE_EPOCH, or INT64_MAX */
};

/*
 * Reads argv[1] and what follows; `epoch` is the value of SOURCE_DATE_EPOCH or NULL. Returns 0, or
 * -1 with a refusal. Release with wishes_free, always.
 */
int wishes_parse(int argc, char **argv, const char *epoch, struct wishes *out, struct refusal *why);
void wishes_free(struct wishes *wishes);

#endif
