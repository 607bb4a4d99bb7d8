/* SPDX-License-Identifier: MIT */
#include "command/inspect.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * Gives `size` bytes of the file from `offset`: out of the head where they are in it, else read
 * into `room`. NULL where the file ends before.
 */
static const uint8_t *
fetch(int file, const struct inspection *inspection, uint64_t offset, size_t size, uint8_t *room)
{
	if (offset <= inspection->head_size && size <= inspection->head_size - offset)
		return inspection->head + offset;
	if (offset > inspection->size || size > inspection->size - offset)
		return NULL;
	return pread(file, room, size, (off_t)offset) == (ssize_t)size ? room : NULL;
}

/* As load_elf_binary of the kernel: 2 to PATH_MAX bytes, the last of which is a NUL. */
static void
read_loader(int file, struct inspection *inspection)
{
	uint8_t room[PATH_MAX];
	uint64_t size = inspection->segments.loader_size;
	const uint8_t *name = NULL;

	if (size >= 2 && size <= sizeof(room))
		name = fetch(file, inspection, inspection->segments.loader_offset, (size_t)size,
			     room);
	if (name == NULL || name[size - 1] != '\0')
		inspection->damage = "the name of its ELF interpreter is malformed or cut off";
	else
		memcpy(inspection->loader, name, (size_t)size);
}

static void
read_segments(int file, struct inspection *inspection)
{
	uint8_t room[INSPECT_TABLE];
	const struct elf_head *elf = &inspection->elf;
	size_t size = elf_headers_size(elf);

	if (size == 0) {
		inspection->damage = "it has no program headers, or malformed ones";
		return;
	}
	if (size > sizeof(room))
		return;

	const uint8_t *headers = fetch(file, inspection, elf->headers_offset, size, room);

	if (headers == NULL)
		inspection->damage = "its program headers are cut off";
	else if (elf_read_segments(headers, size, elf, &inspection->segments) != 0)
		inspection->damage = "its program headers are malformed";
	else if (inspection->segments.loader_size > 0)
		read_loader(file, inspection);
}

static enum inspect_kind
classify(int file, struct inspection *inspection)
{
	if (inspection->head_size == 0)
		return INSPECT_EMPTY;
	switch (script_read_head(inspection->head, inspection->head_size, &inspection->script)) {
	case SCRIPT_GOOD:
		return INSPECT_SCRIPT;
	case SCRIPT_NAMELESS:
		return INSPECT_NAMELESS;
	case SCRIPT_CUT:
		return INSPECT_CUT_LINE;
	case SCRIPT_OTHER:
		break;
	}
	switch (elf_read_head(inspection->head, inspection->head_size, &inspection->elf)) {
	case ELF_GOOD:
		read_segments(file, inspection);
		return INSPECT_ELF;
	case ELF_CUT:
	case ELF_UNKNOWN:
		return INSPECT_NOT_ELF;
	case ELF_OTHER:
		break;
	}
	return INSPECT_OTHER;
}

static int
read_file(int file, struct inspection *inspection)
{
	struct stat status;

	if (fstat(file, &status) != 0)
		return errno;
	if (!S_ISREG(status.st_mode))
		return EINVAL;

	ssize_t length = pread(file, inspection->head, sizeof(inspection->head), 0);

	if (length < 0)
		return errno;
	inspection->size = (uint64_t)status.st_size;
	inspection->head_size = (size_t)length;
	inspection->kind = classify(file, inspection);
	return 0;
}

int
inspect_file(const char *path, struct inspection *inspection)
{
	/* Non-blocking and no terminal: the name may be a FIFO's or a device's by now. */
	int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (file < 0)
		return -1;
	memset(inspection, 0, sizeof(*inspection));

	int error = read_file(file, inspection);

	close(file);
	errno = error;
	return error == 0 ? 0 : -1;
}

bool
inspect_is_truncated(const struct inspection *inspection)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t needed = inspection->segments.bytes_needed;

	/* Within the file's last page the kernel fills up with zeroes, and the program runs. */
	return needed > 0 && (needed - 1) / page > (inspection->size - 1) / page;
}
