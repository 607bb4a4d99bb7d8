/* SPDX-License-Identifier: MIT */
#include "kit/peek.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/uio.h>
#include <unistd.h>

enum { PAGE = 4096, NAME = 64, STATUS = 2048 };

static ssize_t
read_file(pid_t thread, const char *name, char *text, size_t size)
{
	char path[NAME];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)thread, name);
	int file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return -1;
	ssize_t got = read(file, text, size - 1);
	close(file);
	if (got >= 0)
		text[got] = '\0';
	return got;
}

/* A line of /proc/THREAD/status, as "Uid" with a number behind it. */
static bool
status_number(pid_t thread, const char *key, unsigned *out)
{
	char text[STATUS], format[NAME];

	if (read_file(thread, "status", text, sizeof(text)) <= 0)
		return false;
	snprintf(format, sizeof(format), "\n%s:", key);
	const char *line = strstr(text, format);
	return line && sscanf(line + strlen(format), "%u", out) == 1;
}

int
peek_become(pid_t process)
{
	unsigned uid, gid;

	if (geteuid() != 0)
		return 0;
	if (!status_number(process, "Uid", &uid) || !status_number(process, "Gid", &gid)) {
		errno = ESRCH;
		return -1;
	}
	setfsgid(gid);
	setfsuid(uid);
	/* They return what was before; asked once more, what is. */
	if ((unsigned)setfsgid(gid) != gid || (unsigned)setfsuid(uid) != uid) {
		errno = EPERM;
		return -1;
	}
	return 0;
}

void
peek_return(void)
{
	setfsuid(geteuid());
	setfsgid(getegid());
}

static ssize_t
read_memory_file(pid_t thread, uint64_t address, void *bytes, size_t size)
{
	char path[NAME];

	snprintf(path, sizeof(path), "/proc/%d/mem", (int)thread);
	int file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return -1;
	ssize_t got = pread(file, bytes, size, (off_t)address);
	close(file);
	return got;
}

/* At most to the end of the page: the next one need not be there. */
static ssize_t
read_page(pid_t thread, uint64_t address, void *bytes, size_t size)
{
	size_t rest = PAGE - (size_t)(address % PAGE);
	struct iovec here = {bytes, size < rest ? size : rest};
	struct iovec there = {(void *)(uintptr_t)address, here.iov_len};
	ssize_t got = process_vm_readv(thread, &here, 1, &there, 1, 0);

	/* It asks for the real ids, the file for those of file accesses. */
	if (got < 0 && (errno == EPERM || errno == ENOSYS))
		got = read_memory_file(thread, address, bytes, here.iov_len);
	return got;
}

ssize_t
peek_string(pid_t thread, uint64_t address, char *text, size_t size)
{
	size_t length = 0;

	while (length < size) {
		ssize_t got = read_page(thread, address + length, text + length, size - length);

		if (got <= 0)
			return -1;
		const char *end = memchr(text + length, '\0', (size_t)got);
		if (end)
			return end - text;
		length += (size_t)got;
	}
	return -1;
}

int
peek_bytes(pid_t thread, uint64_t address, void *bytes, size_t size)
{
	for (size_t length = 0; length < size;) {
		ssize_t got =
			read_page(thread, address + length, (char *)bytes + length, size - length);

		if (got <= 0)
			return -1;
		length += (size_t)got;
	}
	return 0;
}

bool
peek_link(pid_t thread, const char *name, char *text, size_t size)
{
	char path[NAME];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)thread, name);
	ssize_t length = readlink(path, text, size - 1);
	if (length < 0)
		return false;
	text[length] = '\0';
	return true;
}

bool
peek_comm(pid_t thread, char *text, size_t size)
{
	ssize_t length = read_file(thread, "comm", text, size);

	if (length <= 0)
		return false;
	if (text[length - 1] == '\n')
		text[length - 1] = '\0';
	return true;
}

pid_t
peek_process(pid_t thread)
{
	unsigned process;

	return status_number(thread, "Tgid", &process) ? (pid_t)process : 0;
}
