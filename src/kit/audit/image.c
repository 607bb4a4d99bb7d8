/* SPDX-License-Identifier: MIT */
#include "kit/audit/image.h"

#include "kit/audit/tarball.h"
#include "kit/heap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct source *
image_keep(struct image *image, struct source *source)
{
	image->sources =
		memory_grow(image->sources, image->source_count + 1, sizeof(*image->sources));
	image->sources[image->source_count++] = source;
	return source;
}

/* Others than gzip, by their first bytes. */
static const struct {
	unsigned char size;
	char magic[7];
	char name[6];
} foreign[] = {
	{4, "\x28\xb5\x2f\xfd", "zstd"},
	{6,
	 "\xfd"
	 "7zXZ",
	 "xz"},
	{3, "BZh", "bzip2"},
	{4, "\x04\x22\x4d\x18", "lz4"},
};

struct source *
image_plain(struct image *image, struct source *from, struct refusal *why)
{
	unsigned char block[TAR_BLOCK] = {0};
	ssize_t got = source_read(from, 0, block, sizeof(block), why);

	if (got < 0)
		return NULL;
	if (got == TAR_BLOCK && tarball_is_header(block))
		return from;
	if (got > 2 && block[0] == 0x1f && block[1] == 0x8b)
		return image_keep(image, source_gzip(from, &image->limits));
	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
		if (memcmp(block, foreign[i].magic, foreign[i].size) == 0) {
			refuse(why,
			       "compressed with %s, which is not read here: decompress it, or "
			       "save the image with gzip or uncompressed",
			       foreign[i].name);
			return NULL;
		}
	return from;
}

static int
read_archive(struct image *image, struct source *from, struct refusal *why)
{
	struct source *plain;
	struct inode *first;
	int result;

	from = image_keep(image, from);
	plain = image_plain(image, from, why);
	if (!plain || layer_apply(&image->outer, plain, false, why) < 0)
		return -1;
	first = filetree_inode(&image->outer.tree, TREE_ROOT);
	if (image->outer.tree.nodes[TREE_ROOT].children == TREE_NONE && first->origin == 0)
		return refuse(why, "neither an archive nor a directory: it holds no file at all");
	image->form = IMAGE_SAVED;
	result = image_take_manifest(image, why);
	if (result != 0)
		return result < 0 ? -1 : 0;
	image->form = IMAGE_EXPORT;
	rootfs_free(&image->root);
	image->root = image->outer;
	image->outer = (struct rootfs){.directory = -1};
	return 0;
}

static int
read_directory(struct image *image, int directory, struct refusal *why)
{
	int result;

	if (directory_walk(&image->outer, directory, why) < 0)
		return -1;
	image->form = IMAGE_SAVED;
	result = image_take_manifest(image, why);
	if (result != 0)
		return result < 0 ? -1 : 0;
	image->form = IMAGE_DIRECTORY;
	rootfs_free(&image->root);
	image->root = image->outer;
	image->outer = (struct rootfs){.directory = -1};
	return 0;
}

static void
prepare(struct image *image)
{
	*image = (struct image){.limits = {.inflated = SOURCE_INFLATED_MOST,
					   .checkpoints = SOURCE_CHECKPOINTS_MOST}};
	rootfs_make(&image->root);
	rootfs_make(&image->outer);
}

int
image_open_bytes(const void *bytes, size_t length, struct image *image, struct refusal *why)
{
	prepare(image);
	return read_archive(image, source_memory(bytes, length), why);
}

int
image_open(const char *path, struct image *image, struct refusal *why)
{
	int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat about;

	prepare(image);
	if (file < 0)
		return refuse(why, "cannot open it: %s", strerror(errno));
	if (fstat(file, &about) < 0) {
		close(file);
		return refuse(why, "cannot look at it: %s", strerror(errno));
	}
	if (S_ISDIR(about.st_mode))
		return read_directory(image, file, why);
	if (S_ISREG(about.st_mode))
		return read_archive(image, source_of_file(file, (uint64_t)about.st_size), why);
	close(file);
	return refuse(why, "neither a directory nor a file: an archive is read more than once, so "
			   "save it to a file first");
}

void
image_close(struct image *image)
{
	rootfs_free(&image->root);
	rootfs_free(&image->outer);
	settings_free(&image->settings);
	json_object_put(image->manifest);
	json_object_put(image->index);
	free(image->tag_list);
	while (image->source_count > 0)
		source_free(image->sources[--image->source_count]);
	free(image->sources);
}
