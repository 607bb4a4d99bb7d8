/* SPDX-License-Identifier: MIT */
/*
 * tree_writing - puts the entries of a tree into an empty directory
 *
 * No name and no link of the entries leads out of it, and each file is the one that was looked at.
 */
#ifndef STEPDOWN_KIT_ROOTFS_TREE_WRITING_H
#define STEPDOWN_KIT_ROOTFS_TREE_WRITING_H

#include "kit/rootfs/gather.h"
#include "kit/rootfs/output.h"
#include "refusal.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

struct tree_writing {
	struct gather *gather; /* its entries are sorted */
	int64_t newest;        /* as in struct output */
	bool owns;             /* as root: owners are kept */
	const volatile sig_atomic_t
		*stopped;             /* the number of a signal that asks for an end, or 0 */
	struct output_counts *counts; /* added to */
};

/*
 * Writes below `root`, the descriptor of an empty directory, which gets mode and time too. Returns
 * 0, or -1 with a refusal and a part of the tree.
 */
int tree_write(const struct tree_writing *how, int root, struct refusal *why);

#endif
