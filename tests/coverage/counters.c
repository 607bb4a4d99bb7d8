/* SPDX-License-Identifier: MIT */
/*
 * counters - keep what clang's coverage counts where every process of a program can reach it
 *
 * Linked into what `make coverage` builds, and into nothing else. The programs that are measured
 * change their root, lose their ids, load filters that allow next to nothing, and end in execve or
 * by a signal; a file that is written at exit would see little of that. So the counters stand in
 * System V shared memory from the start on: no descriptor, no path, and no call later. The
 * compiler's -runtime-counter-relocation makes every count go through the bias that is set here.
 *
 * With COVERAGE_WRITE=FILE in its environment a program does nothing but write down what all its
 * runs have counted.
 */
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Of the compiler and its runtime library; where nothing is counted they are not there. */
#define HIDDEN __attribute__((visibility("hidden"), weak))
extern HIDDEN char __start___llvm_prf_cnts[], __stop___llvm_prf_cnts[];
extern HIDDEN char __start___llvm_prf_names[], __stop___llvm_prf_names[];
extern HIDDEN intptr_t __llvm_profile_counter_bias;
uint64_t __llvm_profile_get_size_for_buffer(void);
int __llvm_profile_write_buffer(char *buffer);

/* That it is here keeps the library from writing a file at exit. */
extern int __llvm_profile_runtime;
int __llvm_profile_runtime;

/* One memory for each program that was built: FNV-1a of its functions' names and sizes. */
static int
key(void)
{
	uint32_t hash = 2166136261U;
	size_t size = (size_t)(__stop___llvm_prf_cnts - __start___llvm_prf_cnts);

	for (const char *at = __start___llvm_prf_names; at < __stop___llvm_prf_names; at++)
		hash = (hash ^ (unsigned char)*at) * 16777619U;
	hash = (hash ^ (uint32_t)size) * 16777619U;
	return (int)(hash | 1);
}

static int
write_profile(const char *path)
{
	uint64_t size = __llvm_profile_get_size_for_buffer();
	char *buffer = malloc(size);
	int to = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	return buffer && __llvm_profile_write_buffer(buffer) == 0 &&
			       write(to, buffer, size) == (ssize_t)size
		       ? 0
		       : 1;
}

__attribute__((constructor(101))) static void
keep_counters(void)
{
	size_t size = (size_t)(__stop___llvm_prf_cnts - __start___llvm_prf_cnts);
	const char *path = getenv("COVERAGE_WRITE");

	if (!&__llvm_profile_counter_bias || size == 0)
		return;
	long id = syscall(SYS_shmget, key(), size, IPC_CREAT | 0666);
	long at = id < 0 ? -1 : syscall(SYS_shmat, id, NULL, 0);

	if (path && at > 0) {
		memcpy(__start___llvm_prf_cnts, (char *)(uintptr_t)at, size);
		int failed = write_profile(path);

		syscall(SYS_shmctl, id, IPC_RMID, NULL);
		_exit(failed);
	}
	if (path)
		_exit(1);
	/* As -errno or as -1, whichever the C library hands on. */
	if (at > 0)
		__llvm_profile_counter_bias = at - (intptr_t)__start___llvm_prf_cnts;
}
