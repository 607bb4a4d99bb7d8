/* SPDX-License-Identifier: MIT */
#include "kit/audit/tarball.h"

#include "kit/heap.h"

#include <stdlib.h>
#include <string.h>

/* Where the fields stand in a header. */
enum {
	NAME = 0,
	NAME_SIZE = 100,
	MODE = 100,
	UID = 108,
	GID = 116,
	ID_SIZE = 8,
	SIZE = 124,
	MTIME = 136,
	NUMBER_SIZE = 12,
	CHECKSUM = 148,
	TYPE = 156,
	LINK = 157,
	MAGIC = 257,
	PREFIX = 345,
	PREFIX_SIZE = 155,
	GNU_EXTENDED = 482, /* of a sparse file: more of its map follows */
	GNU_REAL_SIZE = 483,
	GNU_MORE = 504, /* the same in a block of the map */
};

/* Octal digits with blanks around them, or GNU's binary form. */
static bool
number(const unsigned char *field, size_t size, uint64_t *out)
{
	size_t i = 0;

	*out = 0;
	if (field[0] & 0x80) {
		if (field[0] & 0x40) /* negative */
			return false;
		for (*out = field[0] & 0x3f, i = 1; i < size; i++) {
			if (*out >> 54)
				return false;
			*out = *out << 8 | field[i];
		}
		return true;
	}
	while (i < size && field[i] == ' ')
		i++;
	for (; i < size && field[i] >= '0' && field[i] <= '7'; i++)
		*out = *out << 3 | (uint64_t)(field[i] - '0');
	return i == size || field[i] == '\0' || field[i] == ' ';
}

bool
tarball_is_header(const unsigned char block[static TAR_BLOCK])
{
	uint64_t wanted;
	unsigned sum = 0;
	int with_signs = 0; /* as some old programs counted */

	for (size_t i = 0; i < TAR_BLOCK; i++) {
		unsigned char byte = i >= CHECKSUM && i < CHECKSUM + ID_SIZE ? ' ' : block[i];

		sum += byte;
		with_signs += (signed char)byte;
	}
	return number(block + CHECKSUM, ID_SIZE, &wanted) &&
	       (wanted == sum || (with_signs >= 0 && wanted == (unsigned)with_signs));
}

static bool
is_zero(const unsigned char *block)
{
	static const unsigned char zeros[TAR_BLOCK];

	return memcmp(block, zeros, TAR_BLOCK) == 0;
}

/* Reads the block at `at`: 1, 0 behind the end of the archive, -1. */
static int
read_block(struct tarball *tar, unsigned char *block, struct refusal *why)
{
	ssize_t got = source_read(tar->from, tar->at, block, TAR_BLOCK, why);

	if (got < 0)
		return -1;
	if (got == 0)
		return 0;
	if (got < TAR_BLOCK)
		return refuse(why, "the archive is cut off in the header at byte %llu",
			      (unsigned long long)tar->at);
	tar->at += TAR_BLOCK;
	return 1;
}

static uint64_t
padded(uint64_t size)
{
	return (size + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
}

/* The text of a long name or a pax header; freed by the caller. */
static char *
read_extension(struct tarball *tar, uint64_t size, struct refusal *why)
{
	char *text;
	ssize_t got;

	if (size > TAR_EXTENSION) {
		refuse(why, "a header of %llu bytes: more than %d", (unsigned long long)size,
		       (int)TAR_EXTENSION);
		return NULL;
	}
	text = memory_new((size_t)size + 1, 1);
	got = source_read(tar->from, tar->at, text, (size_t)size, why);
	if (got >= 0 && (uint64_t)got < size)
		got = refuse(why, "the archive is cut off in a long header");
	if (got < 0) {
		free(text);
		return NULL;
	}
	tar->at += padded(size);
	return text;
}

static int
take_long_name(const char *text, size_t size, char name[static TAR_PATH_SIZE], struct refusal *why)
{
	size_t length = strnlen(text, size);

	if (length >= TAR_PATH_SIZE)
		return refuse(why, "a name of %zu bytes: more than the %d that Linux has room for",
			      length, TAR_PATH_SIZE - 1);
	memcpy(name, text, length + 1);
	return 0;
}

/* A header that says something about the next entry. 1: it was one; 0: it is an entry; -1. */
static int
take_extension(struct tarball *tar, const unsigned char *block, uint64_t size,
	       struct tar_entry *entry, struct refusal *why)
{
	char type = (char)block[TYPE];
	int result = 0;

	if (!strchr("LKxgV", type) || type == '\0')
		return 0;
	char *text = read_extension(tar, size, why);
	if (!text)
		return -1;
	if (type == 'L') {
		result = take_long_name(text, (size_t)size, entry->path, why);
		tar->has_path = true;
	} else if (type == 'K') {
		result = take_long_name(text, (size_t)size, entry->link, why);
		tar->has_link = true;
	} else if (type == 'x') {
		result = pax_read(text, (size_t)size, tar, entry, why);
	}
	free(text);
	return result < 0 ? -1 : 1;
}

static void
take_names(struct tarball *tar, const unsigned char *block, struct tar_entry *entry)
{
	bool is_ustar = memcmp(block + MAGIC, "ustar\0", 6) == 0;
	size_t prefix = is_ustar ? strnlen((const char *)block + PREFIX, PREFIX_SIZE) : 0;
	size_t length = strnlen((const char *)block + NAME, NAME_SIZE);
	char *at = entry->path;

	if (!tar->has_path) {
		if (prefix > 0) {
			memcpy(at, block + PREFIX, prefix);
			at[prefix] = '/';
			at += prefix + 1;
		}
		memcpy(at, block + NAME, length);
		at[length] = '\0';
	}
	if (tar->has_link)
		return;
	length = strnlen((const char *)block + LINK, NAME_SIZE);
	memcpy(entry->link, block + LINK, length);
	entry->link[length] = '\0';
}

static int
take_numbers(struct tarball *tar, const unsigned char *block, struct tar_entry *entry,
	     struct refusal *why)
{
	uint64_t mode, uid, gid, mtime;

	if (!number(block + MODE, ID_SIZE, &mode) || !number(block + UID, ID_SIZE, &uid) ||
	    !number(block + GID, ID_SIZE, &gid) || uid > UINT32_MAX || gid > UINT32_MAX)
		return refuse(why, "the header at byte %llu has a mode or an owner that is none",
			      (unsigned long long)(tar->at - TAR_BLOCK));
	entry->mode = (uint32_t)(mode & 07777);
	if (!tar->has_uid)
		entry->uid = (uint32_t)uid;
	if (!tar->has_gid)
		entry->gid = (uint32_t)gid;
	if (entry->mtime == 0 && number(block + MTIME, NUMBER_SIZE, &mtime) && mtime <= INT64_MAX)
		entry->mtime = (int64_t)mtime;
	return 0;
}

/* GNU's own sparse files: the rest of the map follows the header, in blocks. */
static int
skip_map(struct tarball *tar, const unsigned char *header, struct tar_entry *entry,
	 struct refusal *why)
{
	unsigned char block[TAR_BLOCK];
	bool more = header[GNU_EXTENDED] != 0;

	entry->sparse = true;
	if (!number(header + GNU_REAL_SIZE, NUMBER_SIZE, &entry->size))
		return refuse(why, "a sparse file without a size");
	while (more) {
		int result = read_block(tar, block, why);

		if (result <= 0)
			return result < 0 ? -1 : refuse(why, "the archive is cut off");
		more = block[GNU_MORE] != 0;
	}
	return 0;
}

static int
take_entry(struct tarball *tar, const unsigned char *block, uint64_t size, struct tar_entry *entry,
	   struct refusal *why)
{
	char type = (char)block[TYPE];

	take_names(tar, block, entry);
	if (take_numbers(tar, block, entry, why) < 0)
		return -1;
	entry->type = type >= '1' && type <= '6' ? type : '0';
	/* Before ustar a slash at the end made a directory. */
	if (type == '\0' && entry->path[0] && entry->path[strlen(entry->path) - 1] == '/')
		entry->type = '5';
	entry->stored = tar->has_size ? tar->size : size;
	if (entry->type != '0')
		entry->stored = 0;
	entry->size = entry->stored;
	if (type == 'S' && skip_map(tar, block, entry, why) < 0)
		return -1;
	if (type != 'S' && entry->sparse)
		entry->size = tar->real_size;
	entry->data = tar->at;
	tar->at += padded(entry->stored);
	return 1;
}

static int
check_size(uint64_t size, struct refusal *why)
{
	if (size <= INT64_MAX / 2)
		return 0;
	return refuse(why, "a file of %llu bytes: more than any file can have",
		      (unsigned long long)size);
}

int
tarball_check_data(struct tarball *tar, const struct tar_entry *entry, uint64_t seen,
		   struct refusal *why)
{
	unsigned char last;
	ssize_t got;

	if (entry->stored <= seen)
		return 0;
	got = source_read(tar->from, entry->data + entry->stored - 1, &last, 1, why);
	if (got < 0)
		return -1;
	return got == 1 ? 0 : refuse(why, "the archive is cut off in a file's data");
}

int
tarball_next(struct tarball *tar, struct tar_entry *entry, struct refusal *why)
{
	unsigned char block[TAR_BLOCK];
	uint64_t size;
	int result;

	*tar = (struct tarball){.from = tar->from, .at = tar->at};
	entry->mtime = 0;
	entry->caps_size = 0;
	entry->sparse = false;
	while ((result = read_block(tar, block, why)) > 0) {
		if (is_zero(block))
			return 0;
		if (!tarball_is_header(block))
			return refuse(
				why,
				"at byte %llu there is no header of a tar archive: it is damaged, or not one",
				(unsigned long long)(tar->at - TAR_BLOCK));
		if (!number(block + SIZE, NUMBER_SIZE, &size))
			return refuse(why, "the header at byte %llu has no size",
				      (unsigned long long)(tar->at - TAR_BLOCK));
		if (check_size(size, why) < 0)
			return -1;
		result = take_extension(tar, block, size, entry, why);
		if (result == 0)
			return take_entry(tar, block, size, entry, why) < 0 ||
					       check_size(entry->size, why) < 0
				       ? -1
				       : 1;
		if (result < 0)
			return -1;
	}
	/* Without the block of zeros that ends every archive the rest may be missing. */
	if (result == 0 && tar->at > 0)
		return refuse(why, "the archive is cut off at byte %llu: its end is missing",
			      (unsigned long long)tar->at);
	return result;
}
