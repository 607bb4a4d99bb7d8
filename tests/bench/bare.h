/* SPDX-License-Identifier: MIT */
/*
 * bare - programs without a C library: the entry point and two system calls
 *
 * What is left of a start-up when nothing but the kernel is in it. Each program defines
 * bare_main(), which gets the stack as the kernel leaves it: argc, argv, NULL, envp, NULL.
 */
#ifndef STEPDOWN_BENCH_BARE_H
#define STEPDOWN_BENCH_BARE_H

#include <sys/syscall.h>

__attribute__((noreturn, used)) static void bare_main(long *stack);

#if defined(__x86_64__)
__asm__(".globl _start\n_start:\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall bare_main\n");

static inline long
bare_call(long number, long one, long two, long three)
{
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(one), "S"(two), "d"(three)
			 : "rcx", "r11", "memory");
	return result;
}
#elif defined(__aarch64__)
__asm__(".globl _start\n_start:\n\tmov x0, sp\n\tbl bare_main\n");

static inline long
bare_call(long number, long one, long two, long three)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = one;
	register long x1 __asm__("x1") = two;
	register long x2 __asm__("x2") = three;

	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
	return x0;
}
#else
#error "no entry point for this architecture"
#endif

__attribute__((noreturn)) static inline void
bare_exit(int status)
{
	for (;;)
		bare_call(SYS_exit_group, status, 0, 0);
}

#endif
