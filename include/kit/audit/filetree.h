/* SPDX-License-Identifier: MIT */
/*
 * filetree - the files of an image as a tree in memory, with no file system below it
 *
 * Names, owners, modes and links alone; what is in a file stays where it is (contents.h). A name in
 * here leads nowhere else: symbolic links are resolved in the tree, and ".." of its root is its
 * root. Memory is bounded by the limits below: a node takes 40 bytes and its name, an inode 72.
 */
#ifndef STEPDOWN_KIT_AUDIT_FILETREE_H
#define STEPDOWN_KIT_AUDIT_FILETREE_H

#include "refusal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
	TREE_NODES_MOST = 4 << 20,
	TREE_NAMES_MOST = 512 << 20, /* bytes of all names and link targets */
	TREE_DEPTH_MOST = 1024,      /* directories in each other */
	TREE_LINKS_MOST = 40,        /* symbolic links in one path, as in the kernel */
	TREE_STEPS_MOST = 100 << 20, /* names that are looked up on behalf of symbolic links */
	TREE_NONE = 0,               /* no node */
	TREE_ROOT = 1,
};

struct inode {
	uint64_t size;
	uint64_t data; /* where its bytes are, see contents.h; of a symbolic link: its target */
	uint64_t caps; /* what security.capability permits, bit N: capability N */
	int64_t mtime; /* seconds since 1970, 0 if not known */
	uint32_t mode; /* as in struct stat */
	uint32_t uid;
	uint32_t gid;
	uint32_t links;
	uint32_t origin; /* the layer that its bytes are in */
	bool has_key;    /* a private key in PEM */
	bool unread;     /* its bytes cannot be had */
};

struct node {
	uint32_t parent;
	uint32_t next; /* in its directory */
	uint32_t previous;
	uint32_t children; /* the first of them */
	uint32_t bucket;   /* the next in the hash table */
	uint32_t inode;
	uint32_t name;
	uint32_t layer;   /* that put it here, from 1 on; 0: it is only implied by others */
	uint32_t emptied; /* the layer that has made this directory opaque last */
	uint16_t depth;
	uint16_t length; /* of the name, bytes */
};

/* A file with a private key that a later layer hides, and that is still in the image. */
struct buried {
	char *path;
	uint32_t layer;
	uint32_t by;
};

enum { TREE_BURIED_MOST = 1000 };

struct filetree {
	struct node *nodes;
	struct inode *inodes;
	uint32_t *buckets;
	char **names; /* pieces of equal size */
	size_t node_count, node_room, inode_count, inode_room, bucket_count, piece_count,
		piece_used;
	uint32_t free_node;  /* removed ones, by `next` */
	uint32_t free_inode; /* by `links` */
	uint32_t steps;
	uint32_t now; /* the layer that is being laid */
	uint64_t seed;
	struct buried *buried;
	size_t buried_count;
};

/* A root directory, 0755 of root's, and nothing else. Release with filetree_free. */
void filetree_make(struct filetree *tree);
void filetree_free(struct filetree *tree);

/* The entry of a directory, or TREE_NONE. */
uint32_t filetree_child(const struct filetree *tree, uint32_t directory, const char *name,
			size_t length);

/*
 * A new entry with an inode of its own, a copy of `inode`, or with the inode of another node,
 * `link`, where that is not TREE_NONE. The name must not be there yet. Returns 0, or -1 with a
 * refusal: a limit.
 */
int filetree_add(struct filetree *tree, uint32_t directory, const char *name, size_t length,
		 const struct inode *inode, uint32_t link, uint32_t *out, struct refusal *why);

/* Removes an entry and all below it. */
void filetree_remove(struct filetree *tree, uint32_t node);

/* Removes all below a directory that layers before the present one have put there. */
void filetree_empty(struct filetree *tree, uint32_t directory);

/* Keeps a text for as long as the tree is there; `*out` is for filetree_text. */
int filetree_keep(struct filetree *tree, const char *text, size_t length, uint32_t *out,
		  struct refusal *why);
const char *filetree_text(const struct filetree *tree, uint32_t text);

/* The path of a node, from "/" on; freed by the caller. */
char *filetree_path(const struct filetree *tree, uint32_t node);

struct inode *filetree_inode(const struct filetree *tree, uint32_t node);
const char *filetree_name(const struct filetree *tree, uint32_t node);

/*
 * Follows a path from `from`, or from the root where it begins with a slash; the last name's own
 * symbolic link too where `follow`. Returns the node, or TREE_NONE.
 */
uint32_t filetree_find(struct filetree *tree, uint32_t from, const char *path, bool follow);

/*
 * The directory for an entry `path` of an archive, made where it is missing, and the last name of
 * the path in `*name`, empty for the root itself. Returns 0, or -1 with a refusal: "..", a limit.
 */
int filetree_place(struct filetree *tree, const char *path, uint32_t *directory, const char **name,
		   size_t *length, struct refusal *why);

/* Whether links have cost more than TREE_STEPS_MOST: then nothing is found any more. */
static inline bool
filetree_is_maze(const struct filetree *tree)
{
	return tree->steps >= TREE_STEPS_MOST;
}

#endif
