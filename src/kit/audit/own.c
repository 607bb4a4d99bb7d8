/* SPDX-License-Identifier: MIT */
#include "kit/audit/audit.h"

#include <sys/stat.h>

enum { WAY_MOST = 32 }; /* directories that are remembered */

static void
check_owned(struct audit *audit, uint32_t node, bool is_program)
{
	const struct filetree *tree = &audit->image->root.tree;
	const struct inode *inode = filetree_inode(tree, node);
	unsigned mode = inode->mode & 07777;

	if (inode->uid != 0 || (inode->gid != 0 && (mode & 020)))
		audit_found(audit, CHECK_STEPDOWN_FILE, LEVEL_HIGH, node, "owner %u:%u, mode %04o",
			    inode->uid, inode->gid, mode);
	else if ((mode & 022) && !(S_ISDIR(inode->mode) && (mode & S_ISVTX)))
		audit_found(audit, CHECK_STEPDOWN_FILE, LEVEL_HIGH, node,
			    "mode %04o: others than root can change it", mode);
	else if (S_ISREG(inode->mode) && (mode & (S_ISUID | S_ISGID)))
		audit_found(audit, CHECK_STEPDOWN_FILE, LEVEL_HIGH, node,
			    "mode %04o: with that bit it refuses to run", mode);
	if (is_program && inode->links > 1)
		audit_found(audit, CHECK_STEPDOWN_FILE, LEVEL_MEDIUM, node,
			    "it has %u names: who may change it by one changes all", inode->links);
}

/* The directories above `node`, each once: whoever may change one can exchange what lies in it. */
static void
check_way(struct audit *audit, uint32_t node, uint32_t checked[static WAY_MOST])
{
	const struct filetree *tree = &audit->image->root.tree;

	for (uint32_t at = tree->nodes[node].parent; at != TREE_NONE; at = tree->nodes[at].parent) {
		unsigned i = 0;

		while (i < WAY_MOST && checked[i] != at && checked[i] != TREE_NONE)
			i++;
		if (i < WAY_MOST && checked[i] == at)
			continue;
		if (i < WAY_MOST)
			checked[i] = at;
		check_owned(audit, at, false);
	}
}

void
audit_own(struct audit *audit)
{
	struct filetree *tree = &audit->image->root.tree;
	static const char *const settings[] = {"/etc/stepdown.conf", "/etc/stepdown.d",
					       "/etc/passwd", "/etc/group"};
	uint32_t found, checked[WAY_MOST];

	for (unsigned i = 0; i < WAY_MOST; i++)
		checked[i] = TREE_NONE;

	if (audit->stepdown == TREE_NONE)
		audit->stepdown = audit_lookup(audit, "stepdown", &found);
	if (audit->stepdown != TREE_NONE) {
		check_owned(audit, audit->stepdown, true);
		check_way(audit, audit->stepdown, checked);
	}
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		uint32_t node = filetree_find(tree, TREE_ROOT, settings[i], true);

		if (node == TREE_NONE)
			continue;
		check_owned(audit, node, false);
		check_way(audit, node, checked);
		for (uint32_t at = tree->nodes[node].children; at != TREE_NONE;
		     at = tree->nodes[at].next)
			check_owned(audit, at, false);
	}
}
