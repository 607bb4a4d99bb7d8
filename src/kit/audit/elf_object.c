/* SPDX-License-Identifier: MIT */
#include "kit/audit/elf_object.h"

#include "kit/heap.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

struct segment {
	uint32_t type;
	uint64_t offset, address, size;
};

struct reading {
	const struct object_reader *reader;
	struct object *out;
	struct segment segments[OBJECT_HEADERS];
	size_t count;
	uint64_t strings, strings_size; /* address, bytes */
};

static uint64_t
number(const struct object *object, const unsigned char *bytes, size_t size)
{
	uint64_t value = 0;

	for (size_t i = 0; i < size; i++)
		value |= (uint64_t)bytes[object->is_big_endian ? size - 1 - i : i] << (8 * i);
	return value;
}

static bool
read_all(const struct object_reader *reader, uint64_t offset, void *bytes, size_t length)
{
	return offset <= INT64_MAX &&
	       reader->read(reader->context, offset, bytes, length) == (ssize_t)length;
}

/* Fields of both classes: where they stand, and how wide they are. */
static uint64_t
field(const struct object *object, const unsigned char *bytes, size_t at64, size_t at32, bool wide)
{
	return object->is_64bit ? number(object, bytes + at64, wide ? 8 : 4)
				: number(object, bytes + at32, 4);
}

static bool
read_segments(struct reading *reading, uint64_t offset, size_t size, size_t count)
{
	const struct object *object = reading->out;
	unsigned char bytes[sizeof(Elf64_Phdr)];
	size_t expected = object->is_64bit ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);

	if (count > OBJECT_HEADERS || (count > 0 && size != expected) || offset > INT64_MAX / 2)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (!read_all(reading->reader, offset + i * size, bytes, expected))
			return false;
		reading->segments[i] = (struct segment){
			.type = (uint32_t)number(object, bytes, 4),
			.offset = field(object, bytes, 8, 4, true),
			.address = field(object, bytes, 16, 8, true),
			.size = field(object, bytes, 32, 16, true),
		};
	}
	reading->count = count;
	return true;
}

static const struct segment *
segment_of(const struct reading *reading, uint32_t type)
{
	for (size_t i = 0; i < reading->count; i++)
		if (reading->segments[i].type == type)
			return &reading->segments[i];
	return NULL;
}

/* Where a text of the string table stands in the file; freed by the caller, NULL if nowhere. */
static char *
read_string(const struct reading *reading, uint64_t index)
{
	uint64_t address = reading->strings + index;
	char text[OBJECT_TEXT];
	ssize_t got;

	if (index >= reading->strings_size || address < index)
		return NULL;
	for (size_t i = 0; i < reading->count; i++) {
		const struct segment *segment = &reading->segments[i];

		if (segment->type != PT_LOAD || address < segment->address ||
		    address - segment->address >= segment->size ||
		    segment->offset > INT64_MAX / 2 || segment->size > INT64_MAX / 2)
			continue;
		got = reading->reader->read(reading->reader->context,
					    segment->offset + (address - segment->address), text,
					    sizeof(text));
		if (got <= 0 || !memchr(text, '\0', (size_t)got))
			return NULL;
		return memory_string(text);
	}
	return NULL;
}

static bool
take_dynamic(struct reading *reading, uint64_t tag, uint64_t value)
{
	struct object *out = reading->out;
	char *text;

	if (tag == DT_FLAGS_1)
		out->no_default = (value & DF_1_NODEFLIB) != 0;
	if (tag != DT_NEEDED && tag != DT_RPATH && tag != DT_RUNPATH)
		return true;
	text = read_string(reading, value);
	if (!text)
		return false;
	if (tag == DT_NEEDED) {
		if (out->needed_count == OBJECT_NEEDED) {
			free(text);
			return false;
		}
		out->needed = memory_grow(out->needed, out->needed_count + 1, sizeof(*out->needed));
		out->needed[out->needed_count++] = text;
	} else {
		char **to = tag == DT_RPATH ? &out->rpath : &out->runpath;

		free(*to);
		*to = text;
	}
	return true;
}

static bool
read_dynamic(struct reading *reading, const struct segment *dynamic)
{
	size_t size = reading->out->is_64bit ? sizeof(Elf64_Dyn) : sizeof(Elf32_Dyn);
	size_t length = dynamic->size < OBJECT_DYNAMIC ? (size_t)dynamic->size : OBJECT_DYNAMIC;
	unsigned char *bytes = memory_new(length, 1);
	bool good = read_all(reading->reader, dynamic->offset, bytes, length);

	/* The string table first: it may be named last. */
	for (unsigned pass = 0; good && pass < 2; pass++)
		for (size_t at = 0; good && at + size <= length; at += size) {
			uint64_t tag = number(reading->out, bytes + at, size / 2);
			uint64_t value = number(reading->out, bytes + at + size / 2, size / 2);

			if (tag == DT_NULL)
				break;
			if (tag == DT_STRTAB)
				reading->strings = value;
			if (tag == DT_STRSZ)
				reading->strings_size = value;
			if (pass == 1)
				good = take_dynamic(reading, tag, value);
		}
	free(bytes);
	return good;
}

static bool
read_loader(struct reading *reading, const struct segment *loader)
{
	char *text = reading->out->loader;

	return loader->size > 0 && loader->size < OBJECT_TEXT &&
	       read_all(reading->reader, loader->offset, text, (size_t)loader->size) &&
	       memchr(text, '\0', (size_t)loader->size) && *text;
}

static enum object_kind
read_kind(struct reading *reading)
{
	struct object *out = reading->out;
	unsigned char head[sizeof(Elf64_Ehdr)] = {0};
	ssize_t got = reading->reader->read(reading->reader->context, 0, head, sizeof(head));

	if (got < SELFMAG || memcmp(head, ELFMAG, SELFMAG) != 0)
		return OBJECT_OTHER;
	out->is_64bit = head[EI_CLASS] == ELFCLASS64;
	out->is_big_endian = head[EI_DATA] == ELFDATA2MSB;
	if ((head[EI_CLASS] != ELFCLASS64 && head[EI_CLASS] != ELFCLASS32) ||
	    (head[EI_DATA] != ELFDATA2LSB && head[EI_DATA] != ELFDATA2MSB) ||
	    got < (ssize_t)(out->is_64bit ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr)))
		return OBJECT_BROKEN;
	out->machine = (uint16_t)number(out, head + 18, 2);
	if (!read_segments(reading, field(out, head, 32, 28, true),
			   (size_t)number(out, head + (out->is_64bit ? 54 : 42), 2),
			   (size_t)number(out, head + (out->is_64bit ? 56 : 44), 2)))
		return OBJECT_BROKEN;

	const struct segment *loader = segment_of(reading, PT_INTERP);
	const struct segment *dynamic = segment_of(reading, PT_DYNAMIC);

	if ((loader && !read_loader(reading, loader)) ||
	    (dynamic && !read_dynamic(reading, dynamic)))
		return OBJECT_BROKEN;
	return loader || out->needed_count > 0 ? OBJECT_DYNAMIC_LINKED : OBJECT_STATIC;
}

void
elf_object_read(const struct object_reader *reader, struct object *out)
{
	struct reading *reading = memory_new(1, sizeof(*reading));

	*out = (struct object){0};
	reading->reader = reader;
	reading->out = out;
	out->kind = read_kind(reading);
	free(reading);
}

void
elf_object_free(struct object *object)
{
	for (size_t i = 0; i < object->needed_count; i++)
		free(object->needed[i]);
	free(object->needed);
	free(object->rpath);
	free(object->runpath);
	*object = (struct object){0};
}
