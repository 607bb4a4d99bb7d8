/* SPDX-License-Identifier: MIT */
/*
 * The built-in filters in the live kernel: a child loads it and makes real calls. x86-64
 * alone has the foreign architectures that are tried here; elsewhere those rows are skipped aloud.
 */
#include "../helpers/kit.h"
#include "helpers/compat.h"

#include "confine/filter.h"

#include <asm/ioctls.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SKIPPED_LOAD = 99 };

/* The native program of a profile, compiled once. */
struct live {
	struct compiled compiled;
	struct compiled with_compat;
	struct compiled strict;
};

static int
load(const struct program *program)
{
	struct sock_fprog fprog = {program->length, (struct sock_filter *)(uintptr_t)program->code};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &fprog);
}

/* Runs `body` in a child under `program`; returns the status of waitpid(2). */
static int
in_child(const struct program *program, int (*body)(const void *), const void *argument)
{
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		if (load(program) < 0)
			_exit(SKIPPED_LOAD);
		_exit(body(argument));
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFEXITED(status) && WEXITSTATUS(status) == SKIPPED_LOAD)
		fail_msg("the kernel does not take the program");
	return status;
}

struct row {
	const char *what;
	long number;
	long arguments[3];
	int error; /* errno, or 0 where the call must get through the filter: any other errno will
		      do */
};

static int
one_call(const void *argument)
{
	const struct row *row = argument;

	errno = 0;
	long result = syscall(row->number, row->arguments[0], row->arguments[1], row->arguments[2]);
	int error = result < 0 ? errno : 0;
	if (row->error)
		return error == row->error ? 0 : 1;
	return error == EPERM || error == ENOSYS || error == FILTER_CANARY_ERRNO;
}

static void
test_calls_get_the_answer_of_the_profile(void **state)
{
	const struct live *live = *state;
	static const struct row rows[] = {
		{"getpid", SYS_getpid, {0}, 0},
		{"the canary", SYS_seccomp, {0x7ffffffe}, FILTER_CANARY_ERRNO},
		{"the canary, garbage above",
		 SYS_seccomp,
		 {(long)0x57ffffffe},
		 FILTER_CANARY_ERRNO},
		{"a number above the newest", 600, {0}, ENOSYS},
		{"mount", SYS_mount, {0}, EPERM},
		{"unshare", SYS_unshare, {0}, EPERM},
		{"keyctl", SYS_keyctl, {0}, EPERM},
		{"io_uring_setup", SYS_io_uring_setup, {0}, EPERM},
		{"clone3", SYS_clone3, {0}, ENOSYS},
		{"socket ALG", SYS_socket, {38, SOCK_SEQPACKET, 0}, EPERM},
		{"socket VSOCK", SYS_socket, {40, SOCK_STREAM, 0}, EPERM},
		{"socket ALG, garbage above",
		 SYS_socket,
		 {(long)0x7ead00000026, SOCK_SEQPACKET, 0},
		 EPERM},
		{"socket UNIX", SYS_socket, {AF_UNIX, SOCK_STREAM, 0}, 0},
		{"ioctl TIOCSTI", SYS_ioctl, {-1, TIOCSTI, 0}, EPERM},
		{"ioctl TIOCSTI, garbage above", SYS_ioctl, {-1, (long)0x100005412, 0}, EPERM},
		{"ioctl TIOCLINUX", SYS_ioctl, {-1, TIOCLINUX, 0}, EPERM},
		{"ioctl TCGETS", SYS_ioctl, {-1, TCGETS, 0}, EBADF},
		{"personality, a question", SYS_personality, {0xffffffff}, 0},
		{"personality ADDR_NO_RANDOMIZE", SYS_personality, {ADDR_NO_RANDOMIZE}, EPERM},
		{"clone with a new user namespace",
		 SYS_clone,
		 {CLONE_NEWUSER | SIGCHLD, 0, 0},
		 EPERM},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int status = in_child(&live->compiled.program, one_call, &rows[i]);

		if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
			fail_msg("%s: status 0x%x", rows[i].what, (unsigned)status);
	}
}

/* Without the filter the same calls answer otherwise: what the rows above see is the filter. */
static void
test_without_the_filter_the_canary_is_unknown(void **state)
{
	(void)state;
	errno = 0;
	assert_int_equal(syscall(SYS_seccomp, 0x7ffffffe, 0, NULL), -1);
	assert_int_equal(errno, EINVAL);
}

static int
forks_and_runs(const void *argument)
{
	int status;
	pid_t child = fork();

	(void)argument;
	if (child == 0) {
		execl("/bin/true", "true", (char *)NULL);
		_exit(1);
	}
	return child < 0 || waitpid(child, &status, 0) != child || status != 0;
}

static void
test_an_ordinary_program_runs(void **state)
{
	const struct live *live = *state;
	const struct compiled *const both[] = {&live->compiled, &live->strict};

	for (size_t i = 0; i < 2; i++) {
		int status = in_child(&both[i]->program, forks_and_runs, NULL);

		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
	}
}

static void
test_strict_denies_what_default_allows(void **state)
{
	const struct live *live = *state;
	static const struct row rows[] = {
		{"ptrace", SYS_ptrace, {-1, 0, 0}, EPERM},
		{"memfd_create", SYS_memfd_create, {0, 0, 0}, EPERM},
		{"execveat", SYS_execveat, {-1, 0, 0}, EPERM},
		{"socket PACKET", SYS_socket, {17, SOCK_RAW, 0}, EPERM},
		{"socket NETLINK AUDIT", SYS_socket, {16, SOCK_RAW, 9}, EPERM},
		{"socket NETLINK AUDIT, garbage above",
		 SYS_socket,
		 {16, SOCK_RAW, 0x100000009},
		 EPERM},
		{"socket NETLINK ROUTE", SYS_socket, {16, SOCK_RAW, 0}, 0},
		{"socket INET", SYS_socket, {AF_INET, SOCK_STREAM, 0}, 0},
		{"canary", SYS_seccomp, {0x7ffffffe}, FILTER_CANARY_ERRNO},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int status = in_child(&live->strict.program, one_call, &rows[i]);

		if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
			fail_msg("%s: status 0x%x", rows[i].what, (unsigned)status);
	}
}

#ifdef __x86_64__
static int
x32_getpid(const void *argument)
{
	(void)argument;
	errno = 0;
	return syscall(0x40000000 + SYS_getpid) == -1 && errno == ENOSYS ? 0 : 1;
}

static void
test_an_x32_number_is_unknown(void **state)
{
	const struct live *live = *state;
	int status = in_child(&live->compiled.program, x32_getpid, NULL);

	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* 32-bit calls from a 64-bit program: the architecture that a filter sees is i386's. */
static long
call_32(long number, long first, long second)
{
	long result = number;

	__asm__ volatile("int $0x80"
			 : "+a"(result)
			 : "b"(first), "c"(second), "d"(0L)
			 : "memory", "r8", "r9", "r10", "r11");
	return (int)result;
}

static int
getpid_32(const void *argument)
{
	(void)argument;
	signal(SIGSEGV, SIG_DFL); /* cmocka catches it */
	return call_32(20, 0, 0) == getpid() ? 0 : 1;
}

static void
test_int_0x80_kills_the_process(void **state)
{
	const struct live *live = *state;
	int status = in_child(&live->compiled.program, getpid_32, NULL);

	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), compat_has_calls() ? SIGSYS : SIGSEGV);
	if (!compat_has_calls())
		return;
	status = in_child(&live->with_compat.program, getpid_32, NULL);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

struct row_32 {
	const char *what;
	long number, first, second;
	int error; /* 0: gets through the filter */
};

static int
one_call_32(const void *argument)
{
	const struct row_32 *row = argument;
	long result = call_32(row->number, row->first, row->second);

	return row->error ? result != -row->error : result == -EPERM || result == -ENOSYS;
}

static void
test_with_compat_the_same_profile_judges_32_bit_calls(void **state)
{
	static const struct row_32 rows[] = {
		{"canary", 354, 0x7ffffffe, 0, FILTER_CANARY_ERRNO},
		{"canary, garbage above", 354, 0x17ffffffe, 0, FILTER_CANARY_ERRNO},
		{"mount", 21, 0, 0, EPERM},
		{"socketcall socket", 102, 1, 0, EPERM},
		{"socketcall socket, garbage above", 102, 0x500000001, 0, EPERM},
		{"socketcall bind", 102, 2, 0, 0},
		{"socket ALG", 359, 38, SOCK_SEQPACKET, EPERM},
		{"socket ALG, garbage above", 359, 0x700000026, SOCK_SEQPACKET, EPERM},
		{"socket UNIX", 359, AF_UNIX, SOCK_STREAM, 0},
		{"ioctl TIOCSTI, garbage above", 54, -1, 0x100005412, EPERM},
		{"above the newest", 600, 0, 0, ENOSYS},
	};
	const struct live *live = *state;

	if (!compat_has_calls()) {
		int status = in_child(&live->with_compat.program, getpid_32, NULL);

		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), SIGSEGV);
		return;
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int status = in_child(&live->with_compat.program, one_call_32, &rows[i]);

		if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
			fail_msg("%s: status 0x%x", rows[i].what, (unsigned)status);
	}
}

/*
 * A 32-bit program, static and without a libc: exit(getpid() == 0). Its file is written by hand, so
 * that no 32-bit compiler is needed: an ELF header, one segment, and
 *	mov $20,%eax; int $0x80; mov %eax,%ebx; cmp $1,%ebx; sbb %ebx,%ebx; neg %ebx;
 *	mov $1,%eax; int $0x80
 */
static const unsigned char program_32[] = {
	0x7f, 'E',  'L',  'F',  1,    1,  1, 0, 0,    0,    0,    0,    0,    0,    0,    0,
	2,    0,    3,    0,    1,    0,  0, 0, 0x54, 0x80, 0x04, 0x08, 52,   0,    0,    0,
	0,    0,    0,    0,    0,    0,  0, 0, 52,   0,    32,   0,    1,    0,    0,    0,
	0,    0,    0,    0,    1,    0,  0, 0, 0,    0,    0,    0,    0,    0x80, 0x04, 0x08,
	0,    0x80, 0x04, 0x08, 0x6f, 0,  0, 0, 0x6f, 0,    0,    0,    5,    0,    0,    0,
	0,    0x10, 0,    0,    0xb8, 20, 0, 0, 0,    0xcd, 0x80, 0x89, 0xc3, 0x83, 0xfb, 1,
	0x19, 0xdb, 0xf7, 0xdb, 0xb8, 1,  0, 0, 0,    0xcd, 0x80, 0xf4, 0xf4, 0xf4, 0xf4};

static int
runs_program_32(const void *argument)
{
	execl(argument, "program", (char *)NULL);
	return 126;
}

static void
test_a_32_bit_program_is_killed_or_judged(void **state)
{
	char path[] = "/tmp/stepdown-kit-32.XXXXXX";
	int descriptor = mkostemp(path, 0);
	const struct live *live = *state;

	assert_true(descriptor >= 0);
	assert_int_equal(write(descriptor, program_32, sizeof(program_32)), sizeof(program_32));
	assert_int_equal(fchmod(descriptor, 0755), 0);
	close(descriptor);

	static const struct program unfiltered = {{BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)},
						  1};
	int bare = in_child(&unfiltered, runs_program_32, path);
	int native = in_child(&live->compiled.program, runs_program_32, path);
	int compat = in_child(&live->with_compat.program, runs_program_32, path);
	bool runs = compat_runs(path);

	unlink(path);
	assert_true(WIFEXITED(bare));
	/* A kernel that runs none says so to all three alike. */
	assert_int_equal(WEXITSTATUS(bare), runs ? 0 : 126);
	if (!runs) {
		assert_int_equal(native, bare);
		assert_int_equal(compat, bare);
		return;
	}
	assert_true(WIFSIGNALED(native));
	assert_int_equal(WTERMSIG(native), SIGSYS);
	assert_true(WIFEXITED(compat));
	assert_int_equal(WEXITSTATUS(compat), 0);
}
#else
static void
test_foreign_architectures(void **state)
{
	(void)state;
	print_message("skipped: x86-64's foreign architectures cannot be tried on this machine\n");
	skip();
}
#endif

static int
set_up(void **state)
{
	struct profile profile;
	struct notes notes = {0};
	struct live *live = calloc(1, sizeof(*live));
	struct utsname machine;

	if (!live || uname(&machine) < 0)
		return -1;
	struct service service = kit_service(machine.machine);
	kit_parse_file("src/profiles/default.json", &profile, &notes);
	kit_compile(&profile, &service, false, &live->compiled, &notes);
	kit_compile(&profile, &service, true, &live->with_compat, &notes);
	profile_free(&profile);
	kit_parse_file("src/profiles/strict.json", &profile, &notes);
	kit_compile(&profile, &service, false, &live->strict, &notes);
	profile_free(&profile);
	*state = live;
	return 0;
}

static int
tear_down(void **state)
{
	free(*state);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_calls_get_the_answer_of_the_profile),
		cmocka_unit_test(test_without_the_filter_the_canary_is_unknown),
		cmocka_unit_test(test_an_ordinary_program_runs),
		cmocka_unit_test(test_strict_denies_what_default_allows),
#ifdef __x86_64__
		cmocka_unit_test(test_an_x32_number_is_unknown),
		cmocka_unit_test(test_int_0x80_kills_the_process),
		cmocka_unit_test(test_with_compat_the_same_profile_judges_32_bit_calls),
		cmocka_unit_test(test_a_32_bit_program_is_killed_or_judged),
#else
		cmocka_unit_test(test_foreign_architectures),
#endif
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
