/* SPDX-License-Identifier: MIT */
#include "kit/audit/contents.h"

#include "command/file_caps.h"
#include "kit/heap.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

enum {
	KEY_LEAST = 64,       /* bytes: less cannot hold a key */
	KEY_MOST = 256 << 10, /* more holds something else */
};

/* Directories that are still to be read. */
struct stack {
	uint32_t *nodes;
	size_t count, room;
};

static void
push(struct stack *stack, uint32_t node)
{
	if (stack->count == stack->room) {
		stack->room = stack->room ? 2 * stack->room : 64;
		stack->nodes = memory_grow(stack->nodes, stack->room, sizeof(*stack->nodes));
	}
	stack->nodes[stack->count++] = node;
}

static int
open_directory(struct rootfs *root, int directory, uint32_t node)
{
	struct open_how how = {.flags = O_RDONLY | O_CLOEXEC | O_DIRECTORY | O_NOFOLLOW,
			       .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS |
					  RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV};
	char *path = filetree_path(&root->tree, node);
	int opened =
		(int)syscall(SYS_openat2, directory, path[1] ? path + 1 : ".", &how, sizeof(how));
	int error = errno;

	free(path);
	errno = error;
	return opened;
}

/* What a file holds that its name and mode do not say. Returns a reason why it cannot be known. */
static const char *
look_into(int directory, const char *name, struct inode *inode)
{
	static char bytes[SNIFF_NAMED_SIZE];
	unsigned char value[FILE_CAPS_SIZE];
	struct file_caps caps;
	struct stat about;
	bool runs = (inode->mode & 0111) != 0;
	bool may_hold_key = inode->size >= KEY_LEAST && inode->size <= KEY_MOST;
	ssize_t got;

	if (!runs && !may_hold_key)
		return NULL;
	int file =
		openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (file < 0)
		return errno == EACCES || errno == EPERM ? "no permission to read it"
							 : "it cannot be opened";
	if (fstat(file, &about) < 0 || !S_ISREG(about.st_mode)) {
		close(file);
		return "it was changed while it was looked at";
	}
	if (runs) {
		got = fgetxattr(file, FILE_CAPS_ATTRIBUTE, value, sizeof(value));
		if (got > 0 && file_caps_read(value, (size_t)got, &caps) == 0)
			inode->caps = caps.permitted | caps.inheritable;
	}
	if (may_hold_key) {
		got = pread(file, bytes, sniff_size(name, strlen(name)), 0);
		inode->has_key = got > 0 && sniff_key(bytes, (size_t)got);
	}
	close(file);
	return NULL;
}

static int
take_link(struct rootfs *root, int directory, const char *name, struct inode *inode,
	  struct refusal *why)
{
	char target[TREE_DEPTH_MOST * 4];
	ssize_t length = readlinkat(directory, name, target, sizeof(target));
	uint32_t text = 0;

	if (length < 0)
		length = 0;
	if (filetree_keep(&root->tree, target, (size_t)length, &text, why) < 0)
		return -1;
	inode->data = text;
	return 0;
}

static int
take(struct rootfs *root, struct stack *stack, uint32_t parent, int directory, const char *name,
     struct refusal *why)
{
	const char *reason = NULL;
	struct stat about;
	uint32_t node;

	if (fstatat(directory, name, &about, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT
			       ? 0
			       : refuse(why, "cannot look at %s: %s", name, strerror(errno));

	struct inode inode = {.size = (uint64_t)about.st_size,
			      .mtime = about.st_mtime,
			      .mode = about.st_mode,
			      .uid = about.st_uid,
			      .gid = about.st_gid};

	if (S_ISLNK(about.st_mode) && take_link(root, directory, name, &inode, why) < 0)
		return -1;
	if (S_ISREG(about.st_mode))
		reason = look_into(directory, name, &inode);
	inode.unread = reason != NULL;
	if (filetree_add(&root->tree, parent, name, strlen(name), &inode, TREE_NONE, &node, why) <
	    0)
		return -1;
	filetree_inode(&root->tree, node)->links =
		about.st_nlink > UINT32_MAX ? UINT32_MAX : (uint32_t)about.st_nlink;
	if (reason)
		rootfs_skip(root, node, reason);
	if (S_ISDIR(about.st_mode))
		push(stack, node);
	return 0;
}

static int
read_directory(struct rootfs *root, struct stack *stack, uint32_t node, int opened,
	       struct refusal *why)
{
	DIR *list = fdopendir(opened);
	struct dirent *entry;
	int result = 0;

	if (!list) {
		close(opened);
		return refuse(why, "out of memory");
	}
	while (result == 0 && (errno = 0, entry = readdir(list)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			result = take(root, stack, node, opened, entry->d_name, why);
	if (result == 0 && errno != 0)
		result = refuse(why, "cannot read a directory: %s", strerror(errno));
	closedir(list);
	return result;
}

static const char *
reason_of(int error)
{
	switch (error) {
	case EXDEV:
		return "another file system is mounted there";
	case EACCES:
	case EPERM:
		return "no permission to read it";
	case ENAMETOOLONG:
		return "its path is longer than a path can be";
	default:
		return "it cannot be opened";
	}
}

int
directory_walk(struct rootfs *root, int directory, struct refusal *why)
{
	struct stack stack = {0};
	struct stat about;
	int result = 0;

	root->directory = directory;
	root->tree.now = 0;
	if (fstat(directory, &about) < 0)
		return refuse(why, "cannot look at it: %s", strerror(errno));

	struct inode *top = filetree_inode(&root->tree, TREE_ROOT);

	top->mode = about.st_mode;
	top->uid = about.st_uid;
	top->gid = about.st_gid;
	push(&stack, TREE_ROOT);
	while (result == 0 && stack.count > 0) {
		uint32_t node = stack.nodes[--stack.count];
		int opened = open_directory(root, directory, node);

		if (opened >= 0)
			result = read_directory(root, &stack, node, opened, why);
		else if (errno == ENOSYS)
			result = refuse(why, "this kernel has no openat2(2), which came with 5.6");
		else
			rootfs_skip(root, node, reason_of(errno));
	}
	free(stack.nodes);
	return result;
}
