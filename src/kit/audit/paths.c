/* SPDX-License-Identifier: MIT */
#include "kit/audit/filetree.h"

#include "kit/heap.h"

#include <string.h>
#include <sys/stat.h>

/* The root's name is never made: it has no parent that would keep it. */
char *
filetree_path(const struct filetree *tree, uint32_t node)
{
	size_t length = 0;

	if (node == TREE_ROOT)
		return memory_string("/");
	for (uint32_t at = node; at != TREE_ROOT; at = tree->nodes[at].parent)
		length += tree->nodes[at].length + 1U;

	char *path = memory_new(length + 1, 1);

	for (uint32_t at = node; at != TREE_ROOT; at = tree->nodes[at].parent) {
		length -= tree->nodes[at].length;
		memcpy(path + length, filetree_name(tree, at), tree->nodes[at].length);
		path[--length] = '/';
	}
	return path;
}

static bool
is_dots(const char *name, size_t length, size_t dots)
{
	return length == dots && memcmp(name, "..", dots) == 0;
}

/* `links`: how many may still be followed. */
static uint32_t
find(struct filetree *tree, uint32_t from, const char *path, bool follow, unsigned *links)
{
	uint32_t at = *path == '/' ? (uint32_t)TREE_ROOT : from;

	for (path += strspn(path, "/"); at != TREE_NONE && *path; path += strspn(path, "/")) {
		size_t length = strcspn(path, "/");
		uint32_t directory = at;
		const char *name = path;

		if (*links < TREE_LINKS_MOST && ++tree->steps >= TREE_STEPS_MOST)
			return TREE_NONE;
		path += length;
		if (is_dots(name, length, 1))
			continue;
		if (is_dots(name, length, 2)) {
			at = at == TREE_ROOT ? at : tree->nodes[at].parent;
			continue;
		}
		at = filetree_child(tree, directory, name, length);
		if (at == TREE_NONE || !S_ISLNK(filetree_inode(tree, at)->mode) ||
		    (*path == '\0' && !follow))
			continue;
		if (*links == 0)
			return TREE_NONE;
		--*links;
		at = find(tree, directory,
			  filetree_text(tree, (uint32_t)filetree_inode(tree, at)->data), true,
			  links);
	}
	return at;
}

uint32_t
filetree_find(struct filetree *tree, uint32_t from, const char *path, bool follow)
{
	unsigned links = TREE_LINKS_MOST;

	return find(tree, from, path, follow, &links);
}

/* The directory `name` in `*at`; a link to one is followed, anything else gives way to one. */
static int
enter(struct filetree *tree, uint32_t *at, const char *name, size_t length, struct refusal *why)
{
	struct inode directory = {.mode = S_IFDIR | 0755};
	uint32_t next = filetree_child(tree, *at, name, length), parent = *at;
	uint32_t now = tree->now;

	if (next != TREE_NONE && S_ISLNK(filetree_inode(tree, next)->mode)) {
		unsigned links = TREE_LINKS_MOST - 1;

		*at = find(tree, parent,
			   filetree_text(tree, (uint32_t)filetree_inode(tree, next)->data), true,
			   &links);
		if (*at != TREE_NONE && S_ISDIR(filetree_inode(tree, *at)->mode))
			return 0;
		if (filetree_is_maze(tree))
			return refuse(why, "its symbolic links are a maze without an end");
		return refuse(why, "'%.*s' is a symbolic link to no directory, with files below it",
			      (int)length, name);
	}
	if (next != TREE_NONE && !S_ISDIR(filetree_inode(tree, next)->mode)) {
		filetree_remove(tree, next);
		next = TREE_NONE;
	}
	*at = next;
	if (next != TREE_NONE)
		return 0;
	tree->now = 0;
	int result = filetree_add(tree, parent, name, length, &directory, TREE_NONE, at, why);
	tree->now = now;
	return result;
}

int
filetree_place(struct filetree *tree, const char *path, uint32_t *directory, const char **name,
	       size_t *length, struct refusal *why)
{
	const char *at = path + strspn(path, "/");

	*directory = TREE_ROOT;
	*name = "";
	*length = 0;
	while (*at) {
		size_t size = strcspn(at, "/");

		if (is_dots(at, size, 2))
			return refuse(
				why,
				"the name '%s' leads out of the archive: no engine makes such a one, nor unpacks it",
				path);
		if (!is_dots(at, size, 1)) {
			if (*length > 0 && enter(tree, directory, *name, *length, why) < 0)
				return -1;
			*name = at;
			*length = size;
		}
		at += size + strspn(at + size, "/");
	}
	return 0;
}
