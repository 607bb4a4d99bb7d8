/* SPDX-License-Identifier: MIT */
#include "kit/audit/filetree.h"

#include "kit/heap.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

enum { PIECE = 1 << 20, FIRST_BUCKETS = 1 << 12, NAME_MOST = 255 };

static struct node *
node_at(const struct filetree *tree, uint32_t node)
{
	return &tree->nodes[node];
}

struct inode *
filetree_inode(const struct filetree *tree, uint32_t node)
{
	return &tree->inodes[tree->nodes[node].inode];
}

const char *
filetree_text(const struct filetree *tree, uint32_t text)
{
	return tree->names[text / PIECE] + text % PIECE;
}

const char *
filetree_name(const struct filetree *tree, uint32_t node)
{
	return filetree_text(tree, tree->nodes[node].name);
}

/* Names are chosen by whoever made the image: the seed keeps them from sharing a bucket. */
static uint64_t
hash(const struct filetree *tree, uint32_t directory, const char *name, size_t length)
{
	uint64_t value = tree->seed ^ directory * UINT64_C(0x9e3779b97f4a7c15);

	for (size_t i = 0; i < length; i++) {
		value = (value ^ (unsigned char)name[i]) * UINT64_C(0xff51afd7ed558ccd);
		value ^= value >> 29;
	}
	return value ^ value >> 32;
}

static void
put_in_bucket(struct filetree *tree, uint32_t node)
{
	struct node *put = node_at(tree, node);
	uint32_t *bucket =
		&tree->buckets[hash(tree, put->parent, filetree_name(tree, node), put->length) &
			       (tree->bucket_count - 1)];

	put->bucket = *bucket;
	*bucket = node;
}

static void
grow_buckets(struct filetree *tree)
{
	if (tree->node_count < tree->bucket_count)
		return;
	free(tree->buckets);
	tree->bucket_count *= 2;
	tree->buckets = memory_new(tree->bucket_count, sizeof(*tree->buckets));
	for (uint32_t i = TREE_ROOT + 1; i < tree->node_count; i++)
		if (tree->nodes[i].parent != TREE_NONE)
			put_in_bucket(tree, i);
}

uint32_t
filetree_child(const struct filetree *tree, uint32_t directory, const char *name, size_t length)
{
	uint32_t at = tree->buckets[hash(tree, directory, name, length) & (tree->bucket_count - 1)];

	for (; at != TREE_NONE; at = tree->nodes[at].bucket)
		if (tree->nodes[at].parent == directory && tree->nodes[at].length == length &&
		    memcmp(filetree_name(tree, at), name, length) == 0)
			return at;
	return TREE_NONE;
}

int
filetree_keep(struct filetree *tree, const char *text, size_t length, uint32_t *out,
	      struct refusal *why)
{
	if (tree->piece_count == 0 || PIECE - tree->piece_used <= length) {
		if (tree->piece_count == TREE_NAMES_MOST / PIECE)
			return refuse(why, "more than %d MiB of names", TREE_NAMES_MOST >> 20);
		tree->names = memory_grow(tree->names, tree->piece_count + 1, sizeof(*tree->names));
		tree->names[tree->piece_count++] = memory_new(PIECE, 1);
		tree->piece_used = 0;
	}
	char *to = tree->names[tree->piece_count - 1] + tree->piece_used;

	memcpy(to, text, length);
	to[length] = '\0';
	*out = (uint32_t)((tree->piece_count - 1) * PIECE + tree->piece_used);
	tree->piece_used += length + 1;
	return 0;
}

static uint32_t
new_inode(struct filetree *tree, const struct inode *inode)
{
	uint32_t index = tree->free_inode;

	if (index != TREE_NONE) {
		tree->free_inode = tree->inodes[index].links;
	} else {
		if (tree->inode_count == tree->inode_room) {
			tree->inode_room *= 2;
			tree->inodes =
				memory_grow(tree->inodes, tree->inode_room, sizeof(*tree->inodes));
		}
		index = (uint32_t)tree->inode_count++;
	}
	tree->inodes[index] = *inode;
	tree->inodes[index].links = 0;
	return index;
}

static int
new_node(struct filetree *tree, uint32_t *out, struct refusal *why)
{
	if (tree->free_node != TREE_NONE) {
		*out = tree->free_node;
		tree->free_node = tree->nodes[*out].next;
		return 0;
	}
	if (tree->node_count == TREE_NODES_MOST)
		return refuse(why, "more than %d files", TREE_NODES_MOST);
	if (tree->node_count == tree->node_room) {
		tree->node_room *= 2;
		tree->nodes = memory_grow(tree->nodes, tree->node_room, sizeof(*tree->nodes));
	}
	*out = (uint32_t)tree->node_count++;
	tree->nodes[*out] = (struct node){0};
	grow_buckets(tree);
	return 0;
}

int
filetree_add(struct filetree *tree, uint32_t directory, const char *name, size_t length,
	     const struct inode *inode, uint32_t link, uint32_t *out, struct refusal *why)
{
	uint32_t text = 0, node = TREE_NONE;

	if (length == 0 || length > NAME_MOST)
		return refuse(why, "a name of %zu bytes: Linux has room for 1 to %d", length,
			      NAME_MOST);
	if (node_at(tree, directory)->depth >= TREE_DEPTH_MOST)
		return refuse(why, "more than %d directories in each other", TREE_DEPTH_MOST);
	if (filetree_keep(tree, name, length, &text, why) < 0)
		return -1;
	if (new_node(tree, &node, why) < 0)
		return -1;
	struct node *parent = node_at(tree, directory);
	struct node *made = node_at(tree, node);

	*made = (struct node){.parent = directory,
			      .next = parent->children,
			      .inode = link != TREE_NONE ? node_at(tree, link)->inode
							 : new_inode(tree, inode),
			      .name = text,
			      .layer = tree->now,
			      .depth = (uint16_t)(parent->depth + 1),
			      .length = (uint16_t)length};
	if (parent->children != TREE_NONE)
		node_at(tree, parent->children)->previous = node;
	parent->children = node;
	tree->inodes[made->inode].links++;
	put_in_bucket(tree, node);
	*out = node;
	return 0;
}

static void
remember_key(struct filetree *tree, uint32_t node)
{
	if (!filetree_inode(tree, node)->has_key || tree->buried_count == TREE_BURIED_MOST ||
	    node_at(tree, node)->layer == tree->now)
		return;
	tree->buried = memory_grow(tree->buried, tree->buried_count + 1, sizeof(*tree->buried));
	tree->buried[tree->buried_count++] =
		(struct buried){filetree_path(tree, node), node_at(tree, node)->layer, tree->now};
}

static void
leave_bucket(struct filetree *tree, uint32_t node)
{
	struct node *gone = node_at(tree, node);
	uint32_t *at =
		&tree->buckets[hash(tree, gone->parent, filetree_name(tree, node), gone->length) &
			       (tree->bucket_count - 1)];

	while (*at != node)
		at = &node_at(tree, *at)->bucket;
	*at = gone->bucket;
}

void
filetree_remove(struct filetree *tree, uint32_t node)
{
	while (node_at(tree, node)->children != TREE_NONE)
		filetree_remove(tree, node_at(tree, node)->children);
	remember_key(tree, node);

	struct node *gone = node_at(tree, node);

	leave_bucket(tree, node);
	if (gone->previous != TREE_NONE)
		node_at(tree, gone->previous)->next = gone->next;
	else
		node_at(tree, gone->parent)->children = gone->next;
	if (gone->next != TREE_NONE)
		node_at(tree, gone->next)->previous = gone->previous;
	if (--tree->inodes[gone->inode].links == 0) {
		tree->inodes[gone->inode].links = tree->free_inode;
		tree->free_inode = gone->inode;
	}
	*gone = (struct node){.next = tree->free_node};
	tree->free_node = node;
}

/* Once a layer: what it adds afterwards is its own. */
void
filetree_empty(struct filetree *tree, uint32_t directory)
{
	uint32_t next;

	if (node_at(tree, directory)->emptied == tree->now)
		return;
	node_at(tree, directory)->emptied = tree->now;
	for (uint32_t at = node_at(tree, directory)->children; at != TREE_NONE; at = next) {
		next = node_at(tree, at)->next;
		filetree_empty(tree, at);
		if (node_at(tree, at)->layer < tree->now &&
		    node_at(tree, at)->children == TREE_NONE)
			filetree_remove(tree, at);
	}
}

void
filetree_make(struct filetree *tree)
{
	struct inode root = {.mode = S_IFDIR | 0755};

	*tree = (struct filetree){.node_count = TREE_ROOT + 1,
				  .node_room = FIRST_BUCKETS,
				  .inode_count = 1,
				  .inode_room = FIRST_BUCKETS,
				  .bucket_count = FIRST_BUCKETS};
	tree->nodes = memory_new(tree->node_room, sizeof(*tree->nodes));
	tree->inodes = memory_new(tree->inode_room, sizeof(*tree->inodes));
	tree->buckets = memory_new(tree->bucket_count, sizeof(*tree->buckets));
	if (getrandom(&tree->seed, sizeof(tree->seed), GRND_NONBLOCK) < 0)
		tree->seed = (uint64_t)(uintptr_t)tree->nodes;
	tree->nodes[TREE_ROOT] = (struct node){.inode = new_inode(tree, &root)};
	tree->inodes[tree->nodes[TREE_ROOT].inode].links = 1;
}

void
filetree_free(struct filetree *tree)
{
	for (size_t i = 0; i < tree->piece_count; i++)
		free(tree->names[i]);
	for (size_t i = 0; i < tree->buried_count; i++)
		free(tree->buried[i].path);
	free(tree->buried);
	free(tree->names);
	free(tree->nodes);
	free(tree->inodes);
	free(tree->buckets);
	*tree = (struct filetree){0};
}
