/* SPDX-License-Identifier: MIT */
#include "explain/peek.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { PAGE = 4096 };

void
peek_command(pid_t pid, char command[PEEK_COMMAND])
{
	char path[40];
	ssize_t size = 0;

	snprintf(path, sizeof(path), "/proc/%ld/comm", (long)pid);
	/* By its number: the C libraries do not agree on which call open(3) is. */
	int file = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);

	if (file >= 0) {
		size = read(file, command, PEEK_COMMAND - 1);
		close(file);
	}
	command[size > 0 ? size : 0] = 0;
	command[strcspn(command, "\n")] = 0;
}

bool
peek_text(pid_t pid, uint64_t address, char text[PEEK_TEXT])
{
	size_t most = PEEK_TEXT - 1;
	size_t first = PAGE - (size_t)(address % PAGE);
	struct iovec to = {text, most};
	/* In two parts, so that a text at the end of what is mapped can be read. */
	struct iovec from[2] = {
		{(void *)(uintptr_t)address, first < most ? first : most},
		{(void *)(uintptr_t)(address + first), first < most ? most - first : 0},
	};
	ssize_t size = process_vm_readv(pid, &to, 1, from, 2, 0);

	if (size <= 0)
		return false;
	text[size] = 0;
	/* Without its end it was cut. */
	if (strlen(text) == (size_t)size && size > 3)
		strcpy(text + size - 3, "...");
	return true;
}
