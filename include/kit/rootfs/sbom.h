/* SPDX-License-Identifier: MIT */
/*
 * sbom - the SPDX document of a tree: its packages, and the programs that no package has
 */
#ifndef STEPDOWN_KIT_ROOTFS_SBOM_H
#define STEPDOWN_KIT_ROOTFS_SBOM_H

#include "kit/rootfs/packages.h"

#include <stdint.h>

/* Returns 0 with memory to be freed, or -1 with a refusal: a file that cannot be read. */
int sbom_text(struct gather *gather, const struct packages *packages, const char *name,
	      int64_t created, char **text, struct refusal *why);

#endif
