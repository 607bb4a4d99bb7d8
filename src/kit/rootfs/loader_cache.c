/* SPDX-License-Identifier: MIT */
#include "kit/rootfs/loader_cache.h"

#include "kit/heap.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

static const char old_magic[] = "ld.so-1.7.0";
static const char new_magic[] = "glibc-ld.so.cache1.1";

enum {
	OLD_HEAD = 16,  /* magic, padding, number of entries */
	OLD_ENTRY = 12, /* flags, name, path */
	NEW_HEAD = 48,  /* magic, entries, bytes of strings, byte order, 3, extensions, 3 * 4 */
	NEW_ENTRY = 24, /* flags, name, path, osversion, 64 bits of hwcap */
	HEAD_COUNT = 20,
	HEAD_STRINGS = 24,
	HEAD_ORDER = 28,
	ORDER_LITTLE = 2,
	ORDER_UNSET = 0,
	FLAG_LIBC6 = 3,
};

static uint32_t
number(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
	       (uint32_t)bytes[3] << 24;
}

static void
put(uint8_t *bytes, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		bytes[i] = (uint8_t)(value >> 8 * i);
}

/* Where the new format begins: at once, or behind the old one, at a multiple of 8. */
static size_t
find_head(const uint8_t *bytes, size_t size)
{
	size_t at = 0;

	if (size >= OLD_HEAD && memcmp(bytes, old_magic, strlen(old_magic)) == 0) {
		uint64_t end = OLD_HEAD + (uint64_t)number(bytes + 12) * OLD_ENTRY;

		at = end < size ? (size_t)((end + 7) & ~UINT64_C(7)) : size;
	}
	if (at > size || size - at < NEW_HEAD || memcmp(bytes + at, new_magic, strlen(new_magic)))
		return SIZE_MAX;
	return at;
}

static int
read_entries(const uint8_t *head, size_t size, uint32_t count, struct loader_cache *out,
	     struct refusal *why)
{
	/* One look at the end of the last string bounds all others: nothing here is quadratic. */
	if (head[size - 1] != '\0')
		return refuse(why, "the loader's cache is cut off in its strings");
	for (uint32_t i = 0; i < count; i++) {
		const uint8_t *entry = head + NEW_HEAD + (size_t)i * NEW_ENTRY;
		uint32_t name = number(entry + 4), path = number(entry + 8);

		if (name >= size || path >= size)
			return refuse(why, "entry %u of the loader's cache points outside of it",
				      i);
		if (number(entry + 16) || number(entry + 20))
			continue;
		out->entries[out->count++] = (struct loader_cache_entry){(const char *)head + name,
									 (const char *)head + path,
									 (int32_t)number(entry)};
	}
	return 0;
}

int
loader_cache_read(const uint8_t *bytes, size_t size, struct loader_cache *out, struct refusal *why)
{
	size_t at = find_head(bytes, size);

	*out = (struct loader_cache){0};
	if (at == SIZE_MAX)
		return refuse(why, "this is not a cache of glibc's loader, or one of before 2.2");
	const uint8_t *head = bytes + at;
	uint32_t count = number(head + HEAD_COUNT);
	uint64_t strings = NEW_HEAD + (uint64_t)count * NEW_ENTRY;

	if ((head[HEAD_ORDER] & 3) != ORDER_LITTLE && (head[HEAD_ORDER] & 3) != ORDER_UNSET)
		return refuse(why, "the loader's cache is for machines of another byte order");
	if (count > LOADER_CACHE_MOST || strings > size - at ||
	    number(head + HEAD_STRINGS) > size - at - strings)
		return refuse(why, "the loader's cache is cut off: it says that it has %u entries",
			      count);
	out->entries = memory_new(count, sizeof(*out->entries));
	/* The extensions behind the strings are none of ours. */
	int result = count == 0 ? 0
				: read_entries(head, (size_t)strings + number(head + HEAD_STRINGS),
					       count, out, why);
	if (result < 0)
		loader_cache_free(out);
	return result;
}

void
loader_cache_free(struct loader_cache *cache)
{
	free(cache->entries);
	*cache = (struct loader_cache){0};
}

int32_t
loader_cache_flags(const struct object_machine *machine, const char *interpreter)
{
	switch (machine->number) {
	case EM_X86_64:
		return machine->bits == 64 ? 0x0300 | FLAG_LIBC6 : 0x0800 | FLAG_LIBC6;
	case EM_386:
		return FLAG_LIBC6;
	case EM_AARCH64:
		return machine->bits == 64 ? 0x0a00 | FLAG_LIBC6 : -1;
	case EM_ARM:
		return (strstr(interpreter, "armhf") ? 0x0900 : 0x0b00) | FLAG_LIBC6;
	case EM_RISCV:
		return machine->bits == 64 ? 0x1000 | FLAG_LIBC6 : -1;
	default:
		return -1;
	}
}

const char *
loader_cache_find(const struct loader_cache *cache, const char *name, int32_t flags)
{
	for (size_t i = 0; i < cache->count; i++)
		if (cache->entries[i].flags == flags && strcmp(cache->entries[i].name, name) == 0)
			return cache->entries[i].path;
	return NULL;
}

/* glibc's _dl_cache_libcmp: numbers inside of names count as numbers. */
static int
compare_names(const char *left, const char *right)
{
	while (*left) {
		if (*left >= '0' && *left <= '9') {
			if (*right < '0' || *right > '9')
				return 1;
			unsigned long one = strtoul(left, (char **)&left, 10);
			unsigned long two = strtoul(right, (char **)&right, 10);

			if (one != two)
				return one < two ? -1 : 1;
		} else if (*right >= '0' && *right <= '9') {
			return -1;
		} else if (*left != *right) {
			return (unsigned char)*left < (unsigned char)*right ? -1 : 1;
		} else {
			left++;
			right++;
		}
	}
	return *right ? -1 : 0;
}

/* The cache is sorted downwards; equals by their path, so that the bytes are the same each time. */
static int
compare_entries(const void *left, const void *right)
{
	const struct loader_cache_entry *one = left, *two = right;
	int order = compare_names(two->name, one->name);

	if (order == 0)
		order = one->flags < two->flags ? 1 : one->flags > two->flags ? -1 : 0;
	return order ? order : strcmp(one->path, two->path);
}

uint8_t *
loader_cache_write(struct loader_cache *cache, size_t *size)
{
	size_t strings = NEW_HEAD + cache->count * NEW_ENTRY;
	size_t at = strings;

	qsort(cache->entries, cache->count, sizeof(*cache->entries), compare_entries);
	*size = strings;
	for (size_t i = 0; i < cache->count; i++)
		*size += strlen(cache->entries[i].name) + strlen(cache->entries[i].path) + 2;
	uint8_t *bytes = memory_new(*size, 1);
	memcpy(bytes, new_magic, strlen(new_magic));
	put(bytes + HEAD_COUNT, (uint32_t)cache->count);
	put(bytes + HEAD_STRINGS, (uint32_t)(*size - strings));
	bytes[HEAD_ORDER] = ORDER_LITTLE;
	for (size_t i = 0; i < cache->count; i++) {
		uint8_t *entry = bytes + NEW_HEAD + i * NEW_ENTRY;

		put(entry, (uint32_t)cache->entries[i].flags);
		put(entry + 4, (uint32_t)at);
		strcpy((char *)bytes + at, cache->entries[i].name);
		at += strlen(cache->entries[i].name) + 1;
		put(entry + 8, (uint32_t)at);
		strcpy((char *)bytes + at, cache->entries[i].path);
		at += strlen(cache->entries[i].path) + 1;
	}
	return bytes;
}
