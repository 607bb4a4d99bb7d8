/* SPDX-License-Identifier: MIT */
/* Any bytes as a program or a library whose dependencies are read. */
#include "kit/audit/elf_object.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct bytes {
	const uint8_t *at;
	size_t size;
};

static ssize_t
read_bytes(void *context, uint64_t offset, void *out, size_t length)
{
	const struct bytes *bytes = context;

	if (offset >= bytes->size)
		return 0;
	if (length > bytes->size - offset)
		length = (size_t)(bytes->size - offset);
	memcpy(out, bytes->at + offset, length);
	return (ssize_t)length;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes bytes = {data, size};
	struct object_reader reader = {read_bytes, &bytes};
	struct object object;

	elf_object_read(&reader, &object);
	if (object.needed_count > OBJECT_NEEDED || strlen(object.loader) >= OBJECT_TEXT)
		abort();
	for (size_t i = 0; i < object.needed_count; i++)
		if (strlen(object.needed[i]) >= OBJECT_TEXT)
			abort();
	elf_object_free(&object);
	return 0;
}
