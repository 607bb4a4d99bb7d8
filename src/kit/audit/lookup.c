/* SPDX-License-Identifier: MIT */
#include "kit/audit/audit.h"

#include "kit/heap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define USUAL_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

uint32_t
audit_file(struct audit *audit, const char *path)
{
	struct filetree *tree = &audit->image->root.tree;
	uint32_t node = filetree_find(tree, TREE_ROOT, path, true);

	return node != TREE_NONE && S_ISREG(filetree_inode(tree, node)->mode) ? node : TREE_NONE;
}

bool
audit_path(const struct audit *audit, size_t *at, char *directory, size_t size)
{
	const char *path = settings_variable(&audit->image->settings, "PATH");
	size_t length;

	path = path ? path : USUAL_PATH;
	do {
		if (*at > strlen(path))
			return false;
		length = strcspn(path + *at, ":");
		snprintf(directory, size, "%.*s", (int)length, path + *at);
		*at += length + 1;
	} while (length == 0 || length >= size);
	return true;
}

static uint32_t
executable(struct audit *audit, const char *path, uint32_t *found)
{
	uint32_t node = audit_file(audit, path);

	if (node == TREE_NONE)
		return TREE_NONE;
	*found = node;
	return filetree_inode(&audit->image->root.tree, node)->mode & 0111 ? node : TREE_NONE;
}

uint32_t
audit_lookup(struct audit *audit, const char *name, uint32_t *found)
{
	const char *workdir = audit->image->settings.workdir;
	size_t size = strlen(name) + (workdir ? strlen(workdir) : 0) + 4096, at = 0;
	char *path = memory_new(size, 1), directory[2048];
	uint32_t node = TREE_NONE;

	*found = TREE_NONE;
	if (strchr(name, '/')) {
		snprintf(path, size, "%s/%s", *name == '/' || !workdir ? "" : workdir, name);
		node = executable(audit, path, found);
	}
	while (!strchr(name, '/') && node == TREE_NONE &&
	       audit_path(audit, &at, directory, sizeof(directory))) {
		snprintf(path, size, "%s/%s", directory, name);
		node = executable(audit, path, found);
	}
	free(path);
	return node;
}
