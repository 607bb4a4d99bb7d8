/* SPDX-License-Identifier: MIT */
#include "kit/rootfs/tree_writing.h"

#include "kit/heap.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PIECE = 1 << 17 };

/* Writing, on its way. */
struct writing {
	const struct tree_writing *how;
	int root;
	int parent; /* the directory that was asked for last, or -1 */
	char parent_path[PATH_MAX];
	void *linked; /* files with several links, by device and inode */
	char *piece;
};

static int
open_beneath(int root, const char *path, int flags, mode_t mode)
{
	struct open_how how = {.flags = (unsigned)flags | O_CLOEXEC | O_NOFOLLOW,
			       .mode = mode,
			       .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS |
					  RESOLVE_NO_MAGICLINKS};

	return (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
}

/* The directory of `path` below the new root, and the last component. */
static int
open_parent(struct writing *writing, const char *path, const char **name)
{
	const char *slash = strrchr(path, '/');
	size_t length = slash ? (size_t)(slash - path) : 0;

	*name = slash ? slash + 1 : path;
	if (writing->parent >= 0 && strlen(writing->parent_path) == length &&
	    memcmp(writing->parent_path, path, length) == 0)
		return 0;
	if (writing->parent >= 0)
		close(writing->parent);
	memcpy(writing->parent_path, path, length);
	writing->parent_path[length] = '\0';
	writing->parent = open_beneath(writing->root, length ? writing->parent_path : ".",
				       O_PATH | O_DIRECTORY, 0);
	return writing->parent < 0 ? -1 : 0;
}

static struct timespec
time_of(const struct writing *writing, const struct node *entry)
{
	int64_t seconds = entry->time < writing->how->newest ? entry->time : writing->how->newest;

	/* A directory's own time only says when the build stage was filled. */
	if (entry->is_made || entry->kind == ENTRY_DIRECTORY)
		seconds = writing->how->newest == INT64_MAX ? 0 : writing->how->newest;
	return (struct timespec){.tv_sec = seconds};
}

static int
write_all(const struct writing *writing, int descriptor, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t written = write(descriptor, bytes, length);

		if (written < 0 && errno == EINTR && !*writing->how->stopped)
			continue;
		if (written < 0)
			return -1;
		bytes += written;
		length -= (size_t)written;
	}
	return 0;
}

/* Copies from where both stand up to `end`. */
static int
copy_piece(struct writing *writing, int from, int to, off_t at, off_t end)
{
	while (at < end) {
		size_t most = end - at < PIECE ? (size_t)(end - at) : PIECE;
		ssize_t got = read(from, writing->piece, most);

		if (*writing->how->stopped)
			errno = EINTR;
		if (*writing->how->stopped || (got < 0 && errno != EINTR))
			return -1;
		if (got == 0) {
			errno = ESTALE;
			return -1;
		}
		if (got > 0 && write_all(writing, to, writing->piece, (size_t)got) < 0)
			return -1;
		at += got > 0 ? got : 0;
	}
	return 0;
}

/* Holes stay holes: a file of a few bytes can claim to be as large as it likes. */
static int
copy_data(struct writing *writing, int from, int to, off_t size)
{
	for (off_t at = 0; at < size;) {
		off_t data = lseek(from, at, SEEK_DATA);
		off_t hole = data < 0 ? -1 : lseek(from, data, SEEK_HOLE);

		if (data < 0 && errno == ENXIO)
			break;
		if (hole < 0 || lseek(from, data, SEEK_SET) < 0 || lseek(to, data, SEEK_SET) < 0)
			return -1;
		if (copy_piece(writing, from, to, data, hole < size ? hole : size) < 0)
			return -1;
		at = hole;
	}
	return ftruncate(to, size);
}

/* Exactly the file that was looked at: another one, or one that has grown, is an error. */
static int
copy(struct writing *writing, const struct node *entry, int to)
{
	int from = source_file(&writing->how->gather->source, entry->path);
	struct stat about;
	int result;

	if (from < 0)
		return -1;
	if (fstat(from, &about) < 0 || about.st_dev != entry->device ||
	    about.st_ino != entry->inode || (uint64_t)about.st_size != entry->size) {
		errno = ESTALE;
		result = -1;
	} else {
		result = copy_data(writing, from, to, about.st_size);
	}
	int saved = errno;
	close(from);
	errno = saved;
	return result;
}

static int
compare_inodes(const void *left, const void *right)
{
	const struct node *one = left, *two = right;

	if (one->device != two->device)
		return one->device < two->device ? -1 : 1;
	return one->inode < two->inode ? -1 : one->inode > two->inode;
}

/* A second name of a file that is written already. Returns 1 if it is one, 0, or -1 with errno. */
static int
link_again(struct writing *writing, const struct node *entry, const char *name)
{
	if (!entry->has_links)
		return 0;
	const struct node **there = tsearch(entry, &writing->linked, compare_inodes);
	if (!there) {
		errno = ENOMEM;
		return -1;
	}
	if (*there == entry)
		return 0;
	const char *slash = strrchr((*there)->path, '/');
	char parent[PATH_MAX];

	snprintf(parent, sizeof(parent), "%.*s", slash ? (int)(slash - (*there)->path) : 1,
		 slash ? (*there)->path : ".");
	int directory = open_beneath(writing->root, parent, O_PATH | O_DIRECTORY, 0);
	if (directory < 0)
		return -1;
	int result =
		linkat(directory, slash ? slash + 1 : (*there)->path, writing->parent, name, 0);
	int saved = errno;
	close(directory);
	errno = saved;
	return result < 0 ? -1 : 1;
}

static int
write_file(struct writing *writing, const struct node *entry, const char *name)
{
	struct timespec times[2] = {time_of(writing, entry), time_of(writing, entry)};
	int linked = link_again(writing, entry, name);

	if (linked != 0)
		return linked < 0 ? -1 : 0;
	int to = open_beneath(writing->parent, name, O_WRONLY | O_CREAT | O_EXCL, 0600);
	if (to < 0)
		return -1;
	int result = entry->is_made ? write_all(writing, to, entry->text, entry->size)
				    : copy(writing, entry, to);
	if (result == 0 && writing->how->owns)
		result = fchown(to, entry->uid, entry->gid);
	if (result == 0)
		result = fchmod(to, entry->mode);
	if (result == 0)
		result = futimens(to, times);
	int saved = errno;
	if (close(to) < 0 && result == 0)
		return -1;
	errno = saved;
	writing->how->counts->bytes += entry->size;
	return result;
}

static int
write_link(struct writing *writing, const struct node *entry, const char *name)
{
	struct timespec times[2] = {time_of(writing, entry), time_of(writing, entry)};

	if (symlinkat(entry->text, writing->parent, name) < 0)
		return -1;
	if (writing->how->owns &&
	    fchownat(writing->parent, name, entry->uid, entry->gid, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	return utimensat(writing->parent, name, times, AT_SYMLINK_NOFOLLOW);
}

static int
write_entry(struct writing *writing, const struct node *entry)
{
	const char *name;

	if (open_parent(writing, entry->path, &name) < 0)
		return -1;
	switch (entry->kind) {
	case ENTRY_DIRECTORY:
		writing->how->counts->directories++;
		return mkdirat(writing->parent, name, 0700);
	case ENTRY_LINK:
		writing->how->counts->links++;
		return write_link(writing, entry, name);
	default:
		writing->how->counts->files++;
		return write_file(writing, entry, name);
	}
}

/* Last of all, from the innermost outwards: what is put into a directory changes its time. */
static int
finish_directory(struct writing *writing, const struct node *entry)
{
	struct timespec times[2] = {time_of(writing, entry), time_of(writing, entry)};
	int directory = open_beneath(writing->root, entry->path, O_RDONLY | O_DIRECTORY, 0);

	if (directory < 0)
		return -1;
	int result = writing->how->owns ? fchown(directory, entry->uid, entry->gid) : 0;
	if (result == 0)
		result = fchmod(directory, entry->mode);
	if (result == 0)
		result = futimens(directory, times);
	int saved = errno;
	close(directory);
	errno = saved;
	return result;
}

static int
write_entries(struct writing *writing, struct refusal *why)
{
	struct entries *entries = &writing->how->gather->entries;
	char here[] = ".";
	const struct node root = {.path = here, .kind = ENTRY_DIRECTORY, .mode = 0755};

	for (size_t i = 0; i < entries->count; i++) {
		if (!*writing->how->stopped && write_entry(writing, &entries->list[i]) == 0)
			continue;
		if (*writing->how->stopped)
			return refuse(why, "stopped by signal %d", (int)*writing->how->stopped);
		return refuse(why, "cannot write /%s: %s", entries->list[i].path,
			      errno == ESTALE ? "it changed while it was read" : strerror(errno));
	}
	for (size_t i = entries->count; i-- > 0;)
		if (entries->list[i].kind == ENTRY_DIRECTORY &&
		    finish_directory(writing, &entries->list[i]) < 0)
			return refuse(why, "cannot finish /%s: %s", entries->list[i].path,
				      strerror(errno));
	if (finish_directory(writing, &root) < 0)
		return refuse(why, "cannot finish the tree: %s", strerror(errno));
	return 0;
}

static void
free_nothing(void *node)
{
	(void)node;
}

int
tree_write(const struct tree_writing *how, int root, struct refusal *why)
{
	struct writing *writing = memory_new(1, sizeof(*writing));

	*writing = (struct writing){.how = how, .root = root, .parent = -1};
	writing->piece = memory_new(PIECE, 1);
	int result = write_entries(writing, why);
	if (writing->parent >= 0)
		close(writing->parent);
	tdestroy(writing->linked, free_nothing);
	free(writing->piece);
	free(writing);
	return result;
}
