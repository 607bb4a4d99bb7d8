/* SPDX-License-Identifier: MIT */
/*
 * look - fstat(2) and open(2) that notice when the kernel has said nothing; read(2), write(2) and
 * close(2) of what was opened, and the clock
 *
 * musl's fstat(3) copies the answer from a buffer that still has the one before in it, so that a
 * call that says yes and writes nothing would describe another file. The call is made directly: on
 * 64-bit machines the C libraries' struct stat is the kernel's.
 */
#ifndef STEPDOWN_LOOK_H
#define STEPDOWN_LOOK_H

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#if defined(__x86_64__)
_Static_assert(sizeof(struct stat) == 144, "the kernel's struct stat");
#elif defined(__aarch64__)
_Static_assert(sizeof(struct stat) == 128, "the kernel's struct stat");
#endif

/* Returns 0, or -1 with errno; EPROTO if the answer names no kind of file, which each has. */
static inline int
look_at(int descriptor, struct stat *status)
{
	memset(status, 0, sizeof(*status));
	if (syscall(SYS_fstat, descriptor, status))
		return -1;
	if (status->st_mode & S_IFMT)
		return 0;
	errno = EPROTO;
	return -1;
}

/*
 * What an open call has returned, unless it is a standard stream, all of which are taken: then -1
 * with errno EPROTO, and who would close it closes somebody else's.
 */
static inline int
look_opened(int descriptor)
{
	if (descriptor < 0 || descriptor > STDERR_FILENO)
		return descriptor;
	errno = EPROTO;
	return -1;
}

/* Closes `descriptor`, if there is one; errno stays as it was: for the way out after a failure. */
static inline void
look_close(int descriptor)
{
	int error = errno;

	if (descriptor >= 0)
		close(descriptor);
	errno = error;
}

/*
 * Reads until `size` bytes are there or the file ends. Returns their number, or -1 with errno.
 * Without a handler for any signal EINTR cannot come, so it is no reason to try for ever.
 */
static inline ssize_t
look_read(int file, void *to, size_t size)
{
	size_t filled = 0;

	while (filled < size) {
		ssize_t got = read(file, (char *)to + filled, size - filled);

		if (got < 0)
			return -1;
		if (got == 0)
			break;
		filled += (size_t)got;
	}
	return (ssize_t)filled;
}

/* Writes all `size` bytes. Returns 0, or -1 with errno; EIO where the file takes none. */
static inline int
look_write(int file, const void *bytes, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t wrote = write(file, (const char *)bytes + done, size - done);

		if (wrote == 0)
			errno = EIO;
		if (wrote <= 0)
			return -1;
		done += (size_t)wrote;
	}
	return 0;
}

/* The time since the machine has started, in milliseconds. */
static inline int64_t
look_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

#endif
