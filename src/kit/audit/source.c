/* SPDX-License-Identifier: MIT */
#include "kit/audit/source.h"

#include "kit/heap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WINDOW = 256 << 10 };

struct file {
	struct source source;
	int descriptor;
	uint64_t size;
	uint64_t from; /* what the window holds */
	size_t held;
	unsigned char window[WINDOW];
};

struct slice {
	struct source source;
	struct source *parent;
	uint64_t offset;
	uint64_t length;
};

struct memory {
	struct source source;
	const unsigned char *bytes;
	size_t length;
};

static size_t
within(uint64_t offset, size_t length, uint64_t size)
{
	if (offset >= size)
		return 0;
	return size - offset < length ? (size_t)(size - offset) : length;
}

static ssize_t
read_at(const struct file *file, uint64_t offset, unsigned char *bytes, size_t length,
	struct refusal *why)
{
	size_t done = 0;

	while (done < length) {
		ssize_t got = pread(file->descriptor, bytes + done, length - done,
				    (off_t)(offset + done));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return refuse(why, "cannot read it: %s", strerror(errno));
		if (got == 0)
			break; /* it has been cut since */
		done += (size_t)got;
	}
	return (ssize_t)done;
}

static ssize_t
file_source_read(struct source *source, uint64_t offset, void *bytes, size_t length,
		 struct refusal *why)
{
	struct file *file = (struct file *)source;

	length = within(offset, length, file->size);
	if (length >= WINDOW)
		return read_at(file, offset, bytes, length, why);
	if (offset < file->from || offset - file->from + length > file->held) {
		ssize_t got = read_at(file, offset, file->window,
				      within(offset, WINDOW, file->size), why);

		file->from = offset;
		file->held = got < 0 ? 0 : (size_t)got;
		if (got < 0)
			return -1;
		if (file->held < length)
			length = file->held;
	}
	memcpy(bytes, file->window + (offset - file->from), length);
	return (ssize_t)length;
}

static void
file_source_release(struct source *source)
{
	close(((struct file *)source)->descriptor);
}

struct source *
source_of_file(int descriptor, uint64_t size)
{
	struct file *file = memory_new(1, sizeof(*file));

	file->source = (struct source){file_source_read, file_source_release};
	file->descriptor = descriptor;
	file->size = size;
	return &file->source;
}

static ssize_t
memory_read(struct source *source, uint64_t offset, void *bytes, size_t length, struct refusal *why)
{
	struct memory *memory = (struct memory *)source;

	(void)why;
	length = within(offset, length, memory->length);
	if (length > 0)
		memcpy(bytes, memory->bytes + offset, length);
	return (ssize_t)length;
}

struct source *
source_memory(const void *bytes, size_t length)
{
	struct memory *memory = memory_new(1, sizeof(*memory));

	*memory = (struct memory){{memory_read, NULL}, bytes, length};
	return &memory->source;
}

static ssize_t
slice_read(struct source *source, uint64_t offset, void *bytes, size_t length, struct refusal *why)
{
	struct slice *slice = (struct slice *)source;

	return source_read(slice->parent, slice->offset + offset, bytes,
			   within(offset, length, slice->length), why);
}

struct source *
source_slice(struct source *parent, uint64_t offset, uint64_t length)
{
	struct slice *slice = memory_new(1, sizeof(*slice));

	*slice = (struct slice){{slice_read, NULL}, parent, offset, length};
	return &slice->source;
}

ssize_t
source_read(struct source *source, uint64_t offset, void *bytes, size_t length, struct refusal *why)
{
	return length == 0 ? 0 : source->read(source, offset, bytes, length, why);
}

void
source_free(struct source *source)
{
	if (source && source->release)
		source->release(source);
	free(source);
}
