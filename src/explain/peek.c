/* SPDX-License-Identifier: MIT */
#include "explain/peek.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* By its number: the C libraries do not agree on which call open(3) is. */
static ssize_t
read_of(pid_t pid, const char *file, uint64_t offset, char *bytes, size_t most)
{
	char path[40];
	ssize_t size = -1;

	snprintf(path, sizeof(path), "/proc/%ld/%s", (long)pid, file);
	int descriptor = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);

	if (descriptor >= 0) {
		size = pread(descriptor, bytes, most, (off_t)offset);
		close(descriptor);
	}
	return size;
}

void
peek_command(pid_t pid, char command[PEEK_COMMAND])
{
	ssize_t size = read_of(pid, "comm", 0, command, PEEK_COMMAND - 1);

	command[size > 0 ? size : 0] = 0;
	command[strcspn(command, "\n")] = 0;
}

bool
peek_text(pid_t pid, uint64_t address, char text[PEEK_TEXT])
{
	/* Not process_vm_readv(2), which engines deny. It ends where nothing is mapped, too. */
	ssize_t size = read_of(pid, "mem", address, text, PEEK_TEXT - 1);

	if (size <= 0)
		return false;
	text[size] = 0;
	/* Without its end it was cut. */
	if (strlen(text) == (size_t)size && size > 3)
		strcpy(text + size - 3, "...");
	return true;
}
