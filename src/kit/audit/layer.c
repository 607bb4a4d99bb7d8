/* SPDX-License-Identifier: MIT */
#include "kit/audit/contents.h"

#include "command/file_caps.h"
#include "kit/audit/tarball.h"
#include "kit/heap.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char whiteout[] = ".wh.";
static const char opaque[] = ".wh..wh..opq";

enum { WHITEOUT = sizeof(whiteout) - 1 };

static mode_t
type_of(const struct tar_entry *entry)
{
	switch (entry->type) {
	case '2':
		return S_IFLNK;
	case '3':
		return S_IFCHR;
	case '4':
		return S_IFBLK;
	case '5':
		return S_IFDIR;
	case '6':
		return S_IFIFO;
	default:
		return S_IFREG;
	}
}

/* What hides: 1 if the entry was one of these. */
static int
hide(struct filetree *tree, uint32_t directory, const char *name, size_t length)
{
	if (length < WHITEOUT || memcmp(name, whiteout, WHITEOUT) != 0)
		return 0;
	if (length == sizeof(opaque) - 1 && memcmp(name, opaque, length) == 0) {
		filetree_empty(tree, directory);
		return 1;
	}
	/* .wh..wh.plnk and its like are AUFS' own. */
	if (length >= 2 * WHITEOUT && memcmp(name + WHITEOUT, whiteout, WHITEOUT) == 0)
		return 1;

	uint32_t node = filetree_child(tree, directory, name + WHITEOUT, length - WHITEOUT);

	if (node == TREE_NONE)
		return 1;
	filetree_empty(tree, node);
	if (tree->nodes[node].layer < tree->now && tree->nodes[node].children == TREE_NONE)
		filetree_remove(tree, node);
	return 1;
}

static int
fill_inode(struct rootfs *root, const struct tar_entry *entry, struct inode *inode,
	   struct refusal *why)
{
	struct file_caps caps;
	uint32_t text = 0;

	*inode = (struct inode){.size = entry->size,
				.data = entry->data,
				.mtime = entry->mtime,
				.mode = type_of(entry) | entry->mode,
				.uid = entry->uid,
				.gid = entry->gid,
				.origin = root->tree.now,
				.unread = entry->sparse};
	if (entry->caps_size > 0 && file_caps_read(entry->caps, entry->caps_size, &caps) == 0)
		inode->caps = caps.permitted | caps.inheritable;
	if (entry->type == '2') {
		if (filetree_keep(&root->tree, entry->link, strlen(entry->link), &text, why) < 0)
			return -1;
		inode->data = text;
	}
	return 0;
}

static int
sniff(struct tarball *tar, const struct tar_entry *entry, const char *name, size_t length,
      struct inode *inode, struct refusal *why)
{
	static char bytes[SNIFF_NAMED_SIZE];
	size_t size = sniff_size(name, length);
	ssize_t got;

	if (entry->type != '0')
		return 0;
	got = source_read(tar->from, entry->data, bytes,
			  entry->stored < size ? (size_t)entry->stored : size, why);
	if (got < 0)
		return -1;
	inode->has_key = sniff_key(bytes, (size_t)got);
	return tarball_check_data(tar, entry, (uint64_t)got, why);
}

/* The node that a hard link is to, and that stays: TREE_NONE with a refusal. */
static uint32_t
linked(struct rootfs *root, const struct tar_entry *entry, struct refusal *why)
{
	uint32_t directory, node = TREE_NONE;
	const char *name;
	size_t length;

	if (filetree_place(&root->tree, entry->link, &directory, &name, &length, why) < 0)
		return TREE_NONE;
	if (length > 0)
		node = filetree_child(&root->tree, directory, name, length);
	if (node == TREE_NONE || S_ISDIR(filetree_inode(&root->tree, node)->mode)) {
		refuse(why, "'%s' is a hard link to '%s', which is no file that comes before it",
		       entry->path, entry->link);
		return TREE_NONE;
	}
	return node;
}

/* A directory over a directory changes its owner and mode; anything else takes the name over. */
static int
put(struct rootfs *root, uint32_t directory, const char *name, size_t length,
    const struct inode *inode, uint32_t link, struct refusal *why)
{
	struct filetree *tree = &root->tree;
	uint32_t node =
		length > 0 ? filetree_child(tree, directory, name, length) : (uint32_t)TREE_ROOT;

	if (node != TREE_NONE && S_ISDIR(inode->mode) &&
	    S_ISDIR(filetree_inode(tree, node)->mode)) {
		struct inode *old = filetree_inode(tree, node);
		uint32_t links = old->links;

		*old = *inode;
		old->links = links;
		tree->nodes[node].layer = tree->now;
		return 0;
	}
	if (node == TREE_ROOT)
		return refuse(why, "the root of the archive is no directory");
	if (node != TREE_NONE && node == link)
		return 0;
	/* A directory that holds the link's target cannot give way to the link. */
	for (uint32_t at = link; node != TREE_NONE && at != TREE_NONE; at = tree->nodes[at].parent)
		if (at == node)
			return refuse(why, "a hard link in the place of its own directory");
	if (node != TREE_NONE)
		filetree_remove(tree, node);
	return filetree_add(tree, directory, name, length, inode, link, &node, why);
}

static int
lay(struct rootfs *root, struct tarball *tar, const struct tar_entry *entry, bool whiteouts,
    struct refusal *why)
{
	uint32_t directory, link = TREE_NONE;
	struct inode inode;
	const char *name;
	size_t length;

	if (filetree_place(&root->tree, entry->path, &directory, &name, &length, why) < 0)
		return -1;
	if (whiteouts && hide(&root->tree, directory, name, length))
		return tarball_check_data(tar, entry, 0, why);
	if (entry->type == '1') {
		link = linked(root, entry, why);
		if (link == TREE_NONE)
			return -1;
		inode = *filetree_inode(&root->tree, link);
	} else if (fill_inode(root, entry, &inode, why) < 0 ||
		   sniff(tar, entry, name, length, &inode, why) < 0) {
		return -1;
	}
	return put(root, directory, name, length, &inode, link, why);
}

int
layer_apply(struct rootfs *root, struct source *from, bool whiteouts, struct refusal *why)
{
	struct tarball tar = {.from = from};
	struct tar_entry *entry = memory_new(1, sizeof(*entry));
	int result = 0;

	if (root->layer_count == ROOTFS_LAYERS_MOST) {
		free(entry);
		return refuse(why, "more than %d layers", ROOTFS_LAYERS_MOST);
	}
	root->layers = memory_grow(root->layers, root->layer_count + 1, sizeof(*root->layers));
	root->layers[root->layer_count++] = from;
	root->tree.now = root->layer_count;
	while ((result = tarball_next(&tar, entry, why)) > 0)
		if (lay(root, &tar, entry, whiteouts, why) < 0) {
			result = -1;
			break;
		}
	free(entry);
	return result;
}
