/* SPDX-License-Identifier: MIT */
/*
 * additions - what a tree needs beside programs: users, zones, authorities, name services, /tmp
 *
 * All return 0, or -1 with a refusal.
 */
#ifndef STEPDOWN_KIT_ROOTFS_ADDITIONS_H
#define STEPDOWN_KIT_ROOTFS_ADDITIONS_H

#include "kit/rootfs/closure.h"
#include "kit/rootfs/wishes.h"

/* A path with all that is below it; libraries among it get what they need. */
int additions_with(struct closure *closure, const char *path, struct refusal *why);

/* /tmp, /etc/passwd and /etc/group with root and the user, and their homes. */
int additions_users(struct gather *gather, const struct wishes *wishes, struct refusal *why);

int additions_zones(struct gather *gather, const struct wishes *wishes, struct refusal *why);

/* The bundle, and the links by which OpenSSL and others find it. */
int additions_certs(struct gather *gather, struct refusal *why);

/*
 * Where glibc is in the tree: /etc/nsswitch.conf with files and dns, and their modules where they
 * are files of their own; or, where --with has taken the source's, the modules that it names.
 */
int additions_names(struct closure *closure, struct refusal *why);

#endif
