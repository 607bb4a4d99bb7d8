/* SPDX-License-Identifier: MIT */
#include "kit/audit/contents.h"

#include "kit/heap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

void
rootfs_make(struct rootfs *root)
{
	*root = (struct rootfs){.directory = -1};
	filetree_make(&root->tree);
}

void
rootfs_free(struct rootfs *root)
{
	size_t kept = root->unread_count < ROOTFS_ELSEWHERE_MOST ? root->unread_count
								 : ROOTFS_ELSEWHERE_MOST;

	for (size_t i = 0; i < kept; i++)
		free(root->unread[i].path);
	free(root->unread);
	free(root->layers);
	if (root->directory >= 0)
		close(root->directory);
	filetree_free(&root->tree);
}

void
rootfs_skip(struct rootfs *root, uint32_t node, const char *reason)
{
	if (root->unread_count++ >= ROOTFS_ELSEWHERE_MOST)
		return;
	root->unread = memory_grow(root->unread, root->unread_count, sizeof(*root->unread));
	root->unread[root->unread_count - 1] =
		(struct unread){filetree_path(&root->tree, node), reason};
}

int
rootfs_open(struct rootfs *root, uint32_t node, struct refusal *why)
{
	struct open_how how = {.flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY,
			       .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS |
					  RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV};
	char *path = filetree_path(&root->tree, node);
	int file = (int)syscall(SYS_openat2, root->directory, path + 1, &how, sizeof(how));
	struct stat about;

	if (file < 0)
		refuse(why, "cannot open %s: %s", path, strerror(errno));
	if (file >= 0 && (fstat(file, &about) < 0 || !S_ISREG(about.st_mode))) {
		refuse(why, "%s is no regular file any more", path);
		close(file);
		file = -1;
	}
	free(path);
	return file;
}

static ssize_t
read_below(struct rootfs *root, uint32_t node, uint64_t offset, void *bytes, size_t length,
	   struct refusal *why)
{
	int file = rootfs_open(root, node, why);
	ssize_t got;

	if (file < 0)
		return -1;
	got = pread(file, bytes, length, (off_t)offset);
	if (got < 0)
		refuse(why, "cannot read a file: %s", strerror(errno));
	close(file);
	return got;
}

ssize_t
rootfs_read(struct rootfs *root, uint32_t node, uint64_t offset, void *bytes, size_t length,
	    struct refusal *why)
{
	const struct inode *inode = filetree_inode(&root->tree, node);

	if (!S_ISREG(inode->mode))
		return refuse(why, "no regular file");
	if (inode->unread)
		return refuse(why, "its bytes cannot be read");
	if (offset >= inode->size)
		return 0;
	if (inode->size - offset < length)
		length = (size_t)(inode->size - offset);
	if (root->directory >= 0)
		return read_below(root, node, offset, bytes, length, why);
	return source_read(root->layers[inode->origin - 1], inode->data + offset, bytes, length,
			   why);
}

char *
rootfs_file(struct rootfs *root, uint32_t node, size_t most, size_t *length, struct refusal *why)
{
	uint64_t size = filetree_inode(&root->tree, node)->size;
	char *bytes;
	ssize_t got;

	if (size > most) {
		refuse(why, "it has %llu bytes: more than the %zu that are read",
		       (unsigned long long)size, most);
		return NULL;
	}
	bytes = memory_new((size_t)size + 1, 1);
	got = rootfs_read(root, node, 0, bytes, (size_t)size, why);
	if (got < 0) {
		free(bytes);
		return NULL;
	}
	*length = (size_t)got;
	return bytes;
}
