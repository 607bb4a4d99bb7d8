/* SPDX-License-Identifier: MIT */
/*
 * filter - load a finished seccomp program into this process and prove that it is in force
 *
 * Programs are compiled when stepdown (or the image) is built; nothing here knows a system call by
 * name. Source: seccomp(2), Documentation/userspace-api/seccomp_filter.rst.
 */
#ifndef STEPDOWN_CONFINE_FILTER_H
#define STEPDOWN_CONFINE_FILTER_H

#include <linux/filter.h>
#include <stdint.h>

/*
 * The canary. Under a container engine a process is in seccomp mode before we begin, so that
 * "mode 2" proves nothing. Every program of ours answers seccomp(2) with an operation that no
 * kernel has, for which a kernel says EINVAL, with an errno that no kernel returns (the largest
 * errno of a kernel interface is 4095). It is the call that has just been made to load the program:
 * an outer filter that kills what it does not know has let it pass. The kernel reads the lower half
 * of the operation alone, and so do the programs.
 */
#define FILTER_CANARY_OPERATION 0x7ffffffeU
#define FILTER_CANARY_ERRNO 4001
/* Of the programs beside a profile each has its own: of filters that all say an errno the newest is heard. */
#define FILTER_PORTS_ERRNO 4002
#define FILTER_EXECUTION_ERRNO 4003
#define FILTER_TERMINAL_ERRNO 4004

enum { FILTER_BESIDE_LENGTH = 64 }; /* instructions */

/* Calls that a capability is for, and a profile denies: of little use to keep it under that one. */
struct filter_need {
	int capability;     /* CAP_*, or -1 at the end of the list */
	const char *denied; /* names, separated by blanks */
};

/* Where a profile first names a call that it denies, or allows with some arguments alone. */
struct filter_line {
	uint16_t call; /* its place among the names of explain/names.h */
	uint16_t line; /* of the profile's JSON; 0 at the end of the list */
};

struct filter_program {
	const char *name;                       /* as in --seccomp NAME */
	const struct sock_filter *instructions; /* `length` of them */
	unsigned short length;                  /* instructions, 1 to BPF_MAXINSNS (4096) */
	unsigned newest;                        /* the highest call number that the profile knows */
	const struct filter_need *needs; /* NULL where it is not known: a profile from a file */
	const struct filter_line *lines; /* likewise */
};

/*
 * Generated from src/profiles/NAME.json for the target's architecture. The _compat ones judge the
 * machine's 32-bit calls too; under the others these kill the process.
 */
extern const struct filter_program filter_default;
extern const struct filter_program filter_default_compat;
extern const struct filter_program filter_strict;
extern const struct filter_program filter_strict_compat;
extern const struct filter_program filter_exec_only;
extern const struct filter_program filter_exec_only_compat;
extern const struct filter_program filter_tcp_only;
extern const struct filter_program filter_tcp_only_compat;
extern const struct filter_program filter_terminal;
extern const struct filter_program filter_terminal_compat;

/*
 * Loads `program` for this thread and all its descendants, by prctl(2) where an outer filter answers
 * seccomp(2) with EPERM or ENOSYS. The canary is the same then: the outer filter has let seccomp(2)
 * return, and of two errnos the newer filter's is heard. Needs no_new_privs.
 * Returns 0, or -1 with errno: EACCES no_new_privs is not set; EINVAL a malformed program;
 * 524 (ENOTSUPP of the kernel) the host's net.core.bpf_jit_limit is used up.
 */
int filter_load(const struct filter_program *program);

/*
 * The same for a short program that stands beside the service's profile and is loaded before it, with
 * `answer`, one of the errnos above, as its canary's. E2BIG: it is longer than FILTER_BESIDE_LENGTH.
 */
int filter_load_beside(const struct filter_program *program, int answer);

/*
 * Calls the canary. Returns 0 if the newest filter of ours says `answer`, or -1 with errno EPROTO: what
 * was loaded, if anything, is not that program.
 */
int filter_check(int answer);

#endif
