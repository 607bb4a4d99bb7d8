/* SPDX-License-Identifier: MIT */
/*
 * look - fstat(2) and open(2) that notice when the kernel has said nothing
 *
 * musl's fstat(3) copies the answer from a buffer that still has the one before in it, so that a
 * call that says yes and writes nothing would describe another file. The call is made directly: on
 * 64-bit machines the C libraries' struct stat is the kernel's.
 */
#ifndef STEPDOWN_LOOK_H
#define STEPDOWN_LOOK_H

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
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

#endif
