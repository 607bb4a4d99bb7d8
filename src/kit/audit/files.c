/* SPDX-License-Identifier: MIT */
#include "kit/audit/audit.h"

#include "command/file_caps.h"
#include "kit/heap.h"

#include <linux/capability.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* With one of these a process takes the others. Source: capabilities(7). */
#define ROOTS_OWN                                                                                  \
	(1ULL << CAP_CHOWN | 1ULL << CAP_DAC_OVERRIDE | 1ULL << CAP_DAC_READ_SEARCH |              \
	 1ULL << CAP_FOWNER | 1ULL << CAP_SETUID | 1ULL << CAP_SETGID | 1ULL << CAP_SETPCAP |      \
	 1ULL << CAP_SETFCAP | 1ULL << CAP_SYS_ADMIN | 1ULL << CAP_SYS_MODULE |                    \
	 1ULL << CAP_SYS_PTRACE | 1ULL << CAP_SYS_RAWIO | 1ULL << CAP_SYS_CHROOT |                 \
	 1ULL << CAP_MKNOD | 1ULL << CAP_BPF)

void
audit_found(struct audit *audit, enum check_id check, enum level level, uint32_t node,
	    const char *format, ...)
{
	const struct filetree *tree = &audit->image->root.tree;
	char *path = filetree_path(tree, node);
	char detail[1024];
	va_list values;

	va_start(values, format);
	vsnprintf(detail, sizeof(detail), format, values);
	va_end(values);
	findings_add(audit->findings, check, level, tree->nodes[node].layer, path, "%s", detail);
	free(path);
}

static void
check_bits(struct audit *audit, uint32_t node, const struct inode *inode)
{
	char names[FILE_CAPS_NAMES_SIZE];
	unsigned mode = inode->mode & 07777;

	if (mode & S_ISUID)
		audit_found(audit, CHECK_SETUID, inode->uid == 0 ? LEVEL_HIGH : LEVEL_MEDIUM, node,
			    "mode %04o, owner %u", mode, inode->uid);
	/* Without execution for the group the bit once meant mandatory locking. */
	if ((mode & S_ISGID) && (mode & S_IXGRP))
		audit_found(audit, CHECK_SETGID, inode->gid == 0 ? LEVEL_HIGH : LEVEL_MEDIUM, node,
			    "mode %04o, group %u", mode, inode->gid);
	if (inode->caps != 0) {
		file_caps_names(inode->caps, ",", names);
		audit_found(audit, CHECK_CAPABILITY,
			    inode->caps & ROOTS_OWN ? LEVEL_HIGH : LEVEL_MEDIUM, node, "%s", names);
	}
	if (mode & S_IWOTH)
		audit_found(audit, CHECK_WRITABLE_FILE, mode & 0111 ? LEVEL_HIGH : LEVEL_MEDIUM,
			    node, "mode %04o", mode);
}

/* Elsewhere a name like "script" or "ssh" says little: documentation, sources, plug-ins. */
static bool
is_place_of_tools(const struct filetree *tree, uint32_t node)
{
	static const char *const places[] = {"bin", "sbin", "libexec"};
	uint32_t directory = tree->nodes[node].parent;

	if (tree->nodes[node].depth <= 2)
		return true;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (strcmp(filetree_name(tree, directory), places[i]) == 0)
			return true;
	return false;
}

static void
check_name(struct audit *audit, uint32_t node, const struct inode *inode)
{
	const struct filetree *tree = &audit->image->root.tree;
	enum check_id check;

	if (!(inode->mode & 0111) || node == audit->first || node == audit->program)
		return;
	check = tool_find(filetree_name(tree, node), tree->nodes[node].length);
	if (check != CHECKS && (check != CHECK_TOOL || is_place_of_tools(tree, node)))
		audit_found(audit, check, check == CHECK_TOOL ? LEVEL_LOW : LEVEL_MEDIUM, node,
			    "%s", "");
}

static void
check_node(struct audit *audit, uint32_t node)
{
	const struct inode *inode = filetree_inode(&audit->image->root.tree, node);

	if (S_ISDIR(inode->mode)) {
		if ((inode->mode & S_IWOTH) && !(inode->mode & S_ISVTX))
			audit_found(audit, CHECK_WRITABLE_DIRECTORY, LEVEL_MEDIUM, node,
				    "mode %04o", inode->mode & 07777);
		return;
	}
	if (!S_ISREG(inode->mode))
		return;
	check_bits(audit, node, inode);
	check_name(audit, node, inode);
	if (inode->has_key)
		audit_found(audit, CHECK_PRIVATE_KEY, LEVEL_HIGH, node, "%s", "");
	if (inode->unread && inode->size > 0 && audit->image->root.directory < 0)
		audit_found(audit, CHECK_UNREAD, LEVEL_LOW, node, "a sparse file in an archive");
}

static void
check_buried(struct audit *audit)
{
	const struct filetree *tree = &audit->image->root.tree;

	for (size_t i = 0; i < tree->buried_count; i++)
		findings_add(audit->findings, CHECK_PRIVATE_KEY, LEVEL_HIGH, tree->buried[i].layer,
			     tree->buried[i].path, "hidden by layer %u, but still in the image",
			     tree->buried[i].by);
}

static void
check_unread(struct audit *audit)
{
	const struct rootfs *root = &audit->image->root;

	for (size_t i = 0; i < root->unread_count && i < ROOTFS_ELSEWHERE_MOST; i++)
		findings_add(audit->findings, CHECK_UNREAD, LEVEL_MEDIUM, 0, root->unread[i].path,
			     "%s", root->unread[i].reason);
	if (root->unread_count > ROOTFS_ELSEWHERE_MOST)
		findings_add(audit->findings, CHECK_UNREAD, LEVEL_MEDIUM, 0, "/",
			     "and %zu more places", root->unread_count - ROOTFS_ELSEWHERE_MOST);
}

/* Names in one directory of PATH that start something. */
static size_t
count_executables(struct audit *audit, uint32_t directory)
{
	struct filetree *tree = &audit->image->root.tree;
	size_t count = 0;

	for (uint32_t at = tree->nodes[directory].children; at != TREE_NONE;
	     at = tree->nodes[at].next) {
		uint32_t file = at;

		if (S_ISLNK(filetree_inode(tree, at)->mode))
			file = filetree_find(tree, directory, filetree_name(tree, at), true);
		if (file != TREE_NONE && S_ISREG(filetree_inode(tree, file)->mode))
			count += (filetree_inode(tree, file)->mode & 0111) != 0;
	}
	return count;
}

static void
check_path(struct audit *audit)
{
	struct filetree *tree = &audit->image->root.tree;
	uint32_t seen[64];
	size_t seen_count = 0, count = 0, at = 0;
	char directory[4096];

	while (audit_path(audit, &at, directory, sizeof(directory)) && seen_count < 64) {
		uint32_t node = filetree_find(tree, TREE_ROOT, directory, true);
		bool again = node == TREE_NONE || !S_ISDIR(filetree_inode(tree, node)->mode);

		for (size_t i = 0; i < seen_count; i++)
			again = again || seen[i] == node;
		if (again)
			continue;
		seen[seen_count++] = node;
		count += count_executables(audit, node);
	}
	findings_add(audit->findings, CHECK_EXECUTABLES, LEVEL_INFO, 0, "PATH", "%zu", count);
}

void
audit_files(struct audit *audit)
{
	const struct filetree *tree = &audit->image->root.tree;
	uint32_t at = TREE_ROOT;

	/* Depth first, without a stack: down, along, or up and along. */
	while (at != TREE_NONE) {
		check_node(audit, at);
		if (tree->nodes[at].children != TREE_NONE) {
			at = tree->nodes[at].children;
			continue;
		}
		while (at != TREE_NONE && tree->nodes[at].next == TREE_NONE)
			at = tree->nodes[at].parent;
		if (at != TREE_NONE)
			at = tree->nodes[at].next;
	}
	check_buried(audit);
	check_unread(audit);
	check_path(audit);
}
