/* SPDX-License-Identifier: MIT */
/*
 * foreign - one system call that a filter has to judge, by name
 *
 * Prints the call's result, or its errno as a number, unless the call ends the process. The calls
 * are harmless: descriptors are -1 and addresses NULL.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define GARBAGE (0x7fffffffL << 32) /* in the half of a register that the kernel does not read */

struct trial {
	const char *name;
	long number;
	long arguments[3];
};

static const struct trial trials[] = {
	{"getppid", SYS_getppid, {0}},
	{"tiocsti", SYS_ioctl, {-1, 0x5412, 0}},
	{"tiocsti-garbage", SYS_ioctl, {-1, GARBAGE | 0x5412, 0}},
	{"tioclinux-garbage", SYS_ioctl, {-1, GARBAGE | 0x541c, 0}},
	{"keep-caps", SYS_prctl, {8 /* PR_SET_KEEPCAPS */, 1, 0}},
	{"tcgets", SYS_ioctl, {-1, 0x5401, 0}},
	{"alg", SYS_socket, {38, 5, 0}},
	{"alg-garbage", SYS_socket, {GARBAGE | 38, 5, 0}},
	{"vsock-garbage", SYS_socket, {GARBAGE | 40, 1, 0}},
	{"bpf", SYS_bpf, {0, 0, 0}},
	{"ptrace", SYS_ptrace, {16, 0x7fffffff, 0}}, /* attach to a process that is not there */
	{"packet", SYS_socket, {17, 0x7fffffff, 0}}, /* AF_PACKET, of no type */
	{"userns", SYS_unshare, {0x10000000, 0, 0}},
	{"clone3", SYS_clone3, {0, 0, 0}},
	{"newer-than-the-profile", 600, {0}},
	{"canary", SYS_seccomp, {0x7ffffffe, 0, 0}},
	{"canary-garbage", SYS_seccomp, {GARBAGE | 0x7ffffffe, 0, 0}},
#ifdef __x86_64__
	{"modify-ldt", SYS_modify_ldt, {99, 0, 0}}, /* of no function */
	{"x32-getpid", 0x40000000 + 39, {0}},
	{"x32-bpf", 0x40000000 + 321, {0}},
#endif
};

#ifdef __x86_64__
/* The machine's 32-bit entry, from a 64-bit program. */
static long
call_32_bit(int number)
{
	long result = number;

	__asm__ volatile("int $0x80"
			 : "+a"(result)
			 : "b"(0), "c"(0), "d"(0)
			 : "memory", "r8", "r9", "r10", "r11");
	return result;
}
#endif

int
main(int argc, char *argv[])
{
#ifdef __x86_64__
	if (argc == 2 && !strncmp(argv[1], "int80", 5)) {
		printf("%d\n", (int)call_32_bit(argv[1][5] ? 288 /* keyctl */ : 20 /* getpid */));
		return 0;
	}
#endif
	for (unsigned i = 0; argc == 2 && i < sizeof(trials) / sizeof(trials[0]); i++) {
		const struct trial *trial = &trials[i];

		if (strcmp(trial->name, argv[1]))
			continue;
		long result = syscall(trial->number, trial->arguments[0], trial->arguments[1],
				      trial->arguments[2]);

		printf("%ld\n", result < 0 ? -(long)errno : result);
		return 0;
	}
	return 2;
}
