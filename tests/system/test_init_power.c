/* SPDX-License-Identifier: MIT */
/*
 * The init has no power: what an attacker of the service's uid, or who has taken the init over,
 * can win by it. What the kernel permits by the uid alone is asserted too, so that the security
 * model says what is true.
 */
#include "helpers/initlab.h"
#include "helpers/log_socket.h"

#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/user.h>

static struct lab lab;
static char errors[1 << 20];

/* A line of /proc/PID/status, as seen from here. */
static void
status_line(pid_t pid, const char *key, char *value, size_t room)
{
	char path[64], line[256];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	file = fopen(path, "re");
	assert_non_null(file);
	value[0] = '\0';
	while (fgets(line, sizeof(line), file))
		if (strncmp(line, key, strlen(key)) == 0)
			snprintf(value, room, "%s", line + strlen(key));
	fclose(file);
	value[strcspn(value, "\n")] = '\0';
}

static void
test_the_init_keeps_no_id_no_capability_and_no_group_of_the_service(void **unused)
{
	static const struct {
		const char *key, *value;
	} rows[] = {
		{"Uid:\t", "1234\t1234\t1234\t1234"},
		{"Gid:\t", "65534\t65534\t65534\t65534"},
		{"CapInh:\t", "0000000000000000"},
		{"CapPrm:\t", "0000000000000000"},
		{"CapEff:\t", "0000000000000000"},
		{"CapAmb:\t", "0000000000000000"},
		{"NoNewPrivs:\t", "1"},
		{"Seccomp:\t", "2"},
		{"SigCgt:\t", "0000000000000000"},
	};
	char value[256], path[64];
	struct stat status;

	(void)unused;
	lab_start(&lab, "--seccomp off", "catch");
	lab_expect(&lab, "ready");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		status_line(lab.pid, rows[i].key, value, sizeof(value));
		assert_string_equal(value, rows[i].value);
	}
	/* What is not dumpable belongs to root in /proc. */
	snprintf(path, sizeof(path), "/proc/%d/environ", (int)lab.pid);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_uid, 0);
	kill(lab.pid, SIGTERM);
	assert_int_equal(lab_wait(&lab), 0);
	lab_close(&lab);
}

static void
test_cap_kill_stays_where_the_service_may_change_its_uid(void **unused)
{
	char value[256], uid[64];

	(void)unused;
	lab_start(&lab, "--seccomp off --keep-cap setuid", "become-and-catch 4321");
	lab_expect(&lab, "ready");
	status_line(lab.pid, "CapEff:\t", value, sizeof(value));
	assert_string_equal(value, "0000000000000020");
	status_line(lab.pid, "CapPrm:\t", value, sizeof(value));
	assert_string_equal(value, "0000000000000020");
	status_line(lab.pid, "Uid:\t", uid, sizeof(uid));
	assert_string_equal(uid, "1234\t1234\t1234\t1234");
	/* Without the capability these would not arrive: the uids differ. */
	kill(lab.pid, SIGHUP);
	lab_expect(&lab, "signal=1 ");
	kill(lab.pid, SIGTERM);
	assert_int_equal(lab_wait(&lab), 0);
	lab_close(&lab);
}

static void
carry_secret(void)
{
	setenv("SECRET_OF_THE_CALLER", "sesame-0123456789-open", 1);
}

/* Reads what of the init can be written to, as root, and looks for `text` in it. */
static bool
remembers(pid_t pid, const char *text)
{
	static char bytes[1 << 20];
	char path[64], line[256];
	bool found = false;
	FILE *maps;
	int memory;

	snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
	memory = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(memory >= 0);
	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	maps = fopen(path, "re");
	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps)) {
		unsigned long start, end;
		char rights[8];
		ssize_t size;

		if (sscanf(line, "%lx-%lx %7s", &start, &end, rights) != 3 || rights[1] != 'w' ||
		    end - start > sizeof(bytes))
			continue;
		size = pread(memory, bytes, end - start, (off_t)start);
		found = found || (size > 0 && memmem(bytes, (size_t)size, text, strlen(text)));
	}
	fclose(maps);
	close(memory);
	return found;
}

static void
test_the_init_forgets_the_environment_and_the_service_does_not(void **unused)
{
	char command[128];

	(void)unused;
	lab_start_prepared(&lab, true, carry_secret, "--seccomp off", "catch");
	lab_expect(&lab, "ready");
	assert_false(remembers(lab.pid, "sesame-0123456789-open"));
	snprintf(command, sizeof(command), "grep -qsa sesame /proc/$(pgrep -P %d)/environ",
		 (int)lab.pid);
	assert_int_equal(system(command), 0);
	kill(lab.pid, SIGTERM);
	assert_int_equal(lab_wait(&lab), 0);
	lab_close(&lab);
}

static void
test_the_init_holds_standard_error_and_its_own_descriptors_alone(void **unused)
{
	char command[256], list[1024] = "";
	FILE *pipe_in;
	size_t size;

	(void)unused;
	lab_start(&lab, "--seccomp off", "catch");
	lab_expect(&lab, "ready");
	snprintf(command, sizeof(command), "ls -l /proc/%d/fd /proc/%d/cwd | sed -n 's/.* -> //p'",
		 (int)lab.pid, (int)lab.pid);
	pipe_in = popen(command, "re");
	assert_non_null(pipe_in);
	size = fread(list, 1, sizeof(list) - 1, pipe_in);
	list[size] = '\0';
	pclose(pipe_in);
	kill(lab.pid, SIGTERM);
	assert_int_equal(lab_wait(&lab), 0);
	lab_close(&lab);
	for (char *line = strtok(list, "\n"); line; line = strtok(NULL, "\n")) {
		static const char *const expected[] = {"/", "pipe:", "anon_inode:[signalfd]",
						       "anon_inode:[pidfd]", "pidfd:"};
		bool known = false;

		for (size_t i = 0; i < sizeof(expected) / sizeof(*expected); i++)
			known = known || strncmp(line, expected[i], strlen(expected[i])) == 0;
		/* The working directory is exactly "/"; nothing else begins so. */
		if (!known || (line[0] == '/' && line[1] != '\0'))
			fail_msg("the init holds %s", line);
	}
}

static void
test_the_end_of_a_stream_is_not_held_back_by_the_init(void **unused)
{
	const char *arguments[] = {lab_program(), "--user", "1234",
				   "--seccomp",   "off",    "--",
				   "/bin/sh",     "-c",     "exec >&-; exec sleep 1000",
				   NULL};

	(void)unused;
	lab_exec(&lab, true, NULL, arguments);
	/* Returns at the end of the stream, long before its patience is over. */
	int64_t start = lab_now();

	assert_false(lab_saw(&lab, "never"));
	assert_true(lab_now() - start < lab_patience() - 1000);
	kill(lab.pid, SIGTERM);
	assert_int_equal(lab_wait(&lab), 143);
	lab_close(&lab);
}

static long
result_of(const char *what)
{
	char key[64];
	const char *at;

	snprintf(key, sizeof(key), "\n%s=", what);
	at = strstr(lab.text, key);
	if (!at)
		fail_msg("no result of %s in %s", what, lab.text);
	return strtol(at + strlen(key), NULL, 10);
}

static void
test_the_same_uid_cannot_look_into_it_change_it_or_limit_it(void **unused)
{
	static const char *const refused[] = {
		"attach", "seize",   "mem",         "environ", "maps",       "auxv",
		"fd",     "root",    "cwd",         "exe",     "oom",        "readv",
		"writev", "prlimit", "prlimit_get", "kcmp",    "pidfd_getfd"};

	(void)unused;
	assert_int_equal(lab_run(&lab, "--seccomp off", "attack"), 0);
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		long result = result_of(refused[i]);

		if (result != -EPERM && result != -EACCES)
			fail_msg("%s: %ld", refused[i], result);
	}
	/* The kernel asks for the uid alone here. */
	assert_int_equal(result_of("nice"), 0);
}

static void
test_no_signal_of_the_service_ends_it(void **unused)
{
	(void)unused;
	lab_start(&lab, "--seccomp off", "attack-by-signals");
	lab_expect(&lab, "alive");
	assert_int_equal(lab_wait(&lab), 0);
	lab_close(&lab);
}

static void
test_a_flood_of_orphans_does_not_keep_it_from_forwarding(void **unused)
{
	(void)unused;
	lab_start(&lab, "--seccomp off --leftover-timeout 0.2", "attack-by-orphans");
	lab_expect(&lab, "ready");
	for (int64_t end = lab_now() + 500; lab_now() < end;)
		sched_yield();
	kill(lab.pid, SIGTERM);
	assert_int_equal(lab_wait(&lab), 5);
	lab_close(&lab);
}

static void
test_a_full_log_does_not_stop_it(void **unused)
{
	(void)unused;
	lab_start(&lab, "--seccomp off --stop-timeout 0.2 --leftover-timeout 0.2", "attack-by-log");
	lab_expect(&lab, "ready");
	/* It has something to say now, and nobody reads. */
	kill(lab.pid, SIGTERM);
	assert_int_equal(lab_wait(&lab), 137);
	lab_close(&lab);
}

/* One that has some bytes in it counts as full for poll(2), and has room all the same. */
static void
test_what_the_init_says_fits_into_a_socket(void **unused)
{
	(void)unused;
	log_socket_open();
	lab_start_prepared(&lab, true, log_socket_give,
			   "--seccomp off --stop-timeout 0.2 --leftover-timeout 0.2",
			   "attack-by-log");
	lab_expect(&lab, "ready");
	kill(lab.pid, SIGTERM);
	assert_int_equal(lab_wait(&lab), 137);
	log_socket_read(errors, sizeof(errors));
	assert_non_null(strstr(errors, "did not end within 200 ms of SIGTERM; killing it\n"));
	lab_close(&lab);
}

static void
test_a_full_socket_does_not_stop_it(void **unused)
{
	(void)unused;
	log_socket_open();
	lab_start_prepared(&lab, true, log_socket_give_full,
			   "--seccomp off --stop-timeout 0.2 --leftover-timeout 0.2", "obstinate");
	lab_expect(&lab, "ready");
	kill(lab.pid, SIGTERM);
	assert_int_equal(lab_wait(&lab), 137);
	log_socket_read(errors, sizeof(errors));
	assert_null(strstr(errors, "killing it"));
	lab_close(&lab);
}

static void
without_proc(void)
{
	if (mount("none", "/proc", "tmpfs", MS_RDONLY, NULL) != 0)
		_exit(122);
}

/* Where there is no way to have a description of its own, it looks before it writes. */
static void
test_a_full_log_does_not_stop_it_without_proc(void **unused)
{
	(void)unused;
	lab_start_prepared(&lab, true, without_proc,
			   "--seccomp off --stop-timeout 0.2 --leftover-timeout 0.2",
			   "attack-by-log");
	lab_expect(&lab, "ready");
	kill(lab.pid, SIGTERM);
	assert_int_equal(lab_wait(&lab), 137);
	lab_close(&lab);
}

static void
test_the_log_of_the_service_is_never_made_non_blocking(void **unused)
{
	enum { LINES = 20000 };
	long lines = 0;
	ssize_t size;

	(void)unused;
	lab_start(&lab, "--seccomp off", "write-much 20000");
	while ((size = read(lab.err, errors, sizeof(errors))) > 0)
		for (ssize_t i = 0; i < size; i++)
			lines += errors[i] == '\n';
	assert_int_equal(lab_wait(&lab), 0);
	assert_int_equal(lines, LINES);
	lab_close(&lab);
}

/*
 * Whoever has taken the init over can make the calls of the loop and no others. The tracer makes
 * the init itself call them, from outside as root.
 */
#if defined(__x86_64__)
#define SYSCALL 0x050fL
#define SYSCALL_MASK 0xffffL
#define COUNTER(registers) ((registers).rip)
#define RESULT(registers) ((long)(registers).rax)
#define UPROBES(number) ((number) == 335 || (number) == 336)
#else
#define SYSCALL 0xd4000001L
#define SYSCALL_MASK 0xffffffffL
#define COUNTER(registers) ((registers).pc)
#define RESULT(registers) ((long)(registers).regs[0])
#define UPROBES(number) false
#endif

static void
set_call(struct user_regs_struct *registers, long number, long first, long second)
{
#if defined(__x86_64__)
	registers->rax = (unsigned long)number;
	registers->orig_rax = ~0UL;
	registers->rdi = (unsigned long)first;
	registers->rsi = (unsigned long)second;
	registers->rdx = registers->r10 = 0;
#else
	registers->regs[8] = (unsigned long)number;
	registers->regs[0] = (unsigned long)first;
	registers->regs[1] = (unsigned long)second;
	registers->regs[2] = registers->regs[3] = 0;
#endif
}

static long
make_call(pid_t pid, long number, long first, long second)
{
	struct user_regs_struct saved, registers;
	struct iovec area = {&saved, sizeof(saved)};
	long instruction, result;
	int status;

	assert_int_equal(ptrace(PTRACE_GETREGSET, pid, 1, &area), 0);
	registers = saved;
	instruction = ptrace(PTRACE_PEEKTEXT, pid, COUNTER(saved), 0);
	ptrace(PTRACE_POKETEXT, pid, COUNTER(saved), (instruction & ~SYSCALL_MASK) | SYSCALL);
	set_call(&registers, number, first, second);
	area.iov_base = &registers;
	assert_int_equal(ptrace(PTRACE_SETREGSET, pid, 1, &area), 0);
	assert_int_equal(ptrace(PTRACE_SINGLESTEP, pid, 0, 0), 0);
	assert_int_equal(waitpid(pid, &status, __WALL), pid);
	assert_true(WIFSTOPPED(status));
	assert_int_equal(ptrace(PTRACE_GETREGSET, pid, 1, &area), 0);
	result = RESULT(registers);
	ptrace(PTRACE_POKETEXT, pid, COUNTER(saved), instruction);
	area.iov_base = &saved;
	assert_int_equal(ptrace(PTRACE_SETREGSET, pid, 1, &area), 0);
	return result;
}

static void
test_a_captured_init_can_call_what_the_loop_calls_and_nothing_else(void **unused)
{
	static const long allowed[] = {SYS_ppoll,
				       SYS_rt_sigtimedwait,
				       SYS_wait4,
				       SYS_waitid,
				       SYS_pidfd_send_signal,
				       SYS_kill,
				       SYS_rt_sigqueueinfo,
				       SYS_clock_gettime,
				       SYS_write,
				       SYS_sendto,
				       SYS_pread64,
				       SYS_close,
				       SYS_exit_group,
				       SYS_exit,
				       SYS_rt_sigreturn,
				       SYS_restart_syscall};
	int status;

	(void)unused;
	lab_start(&lab, "--seccomp off", "catch");
	lab_expect(&lab, "ready");
	assert_int_equal(ptrace(PTRACE_SEIZE, lab.pid, 0, 0), 0);
	assert_int_equal(ptrace(PTRACE_INTERRUPT, lab.pid, 0, 0), 0);
	assert_int_equal(waitpid(lab.pid, &status, __WALL), lab.pid);
	assert_int_equal(make_call(lab.pid, SYS_seccomp, 0x7ffffffe, 0), -4001);
	for (long number = 0; number < 480; number++) {
		bool is_allowed = UPROBES(number);

		for (size_t i = 0; i < sizeof(allowed) / sizeof(*allowed); i++)
			is_allowed = is_allowed || number == allowed[i];
		if (is_allowed)
			continue;
		long result = make_call(lab.pid, number, -1, -1);

		if (result != -EPERM)
			fail_msg("call %ld: %ld", number, result);
	}
	/* x32's numbers, and ioctl with anything but whose turn it is at the terminal. */
	assert_int_equal(make_call(lab.pid, 0x40000000 + SYS_write, 2, 0), -EPERM);
	assert_int_equal(make_call(lab.pid, SYS_ioctl, 2, 0x5412 /* TIOCSTI */), -EPERM);
	assert_int_equal(make_call(lab.pid, SYS_ioctl, 2, 0x540f /* TIOCGPGRP */), -ENOTTY);
	/* An allowed one passes. */
	assert_int_equal(make_call(lab.pid, SYS_close, 1000, 0), -EBADF);
	ptrace(PTRACE_DETACH, lab.pid, 0, 0);
	kill(lab.pid, SIGTERM);
	assert_int_equal(lab_wait(&lab), 0);
	lab_close(&lab);
}

static void
test_an_init_that_cannot_confine_itself_executes_nothing(void **unused)
{
	static const char *const faults[] = {"seccomp:error=EINVAL", "seccomp:retval=0",
					     "chdir:error=EIO", "setresgid:retval=0:when=3",
					     "setresgid:error=EPERM:when=3"};

	(void)unused;
	for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++) {
		char inject[128];
		const char *arguments[] = {"/usr/bin/strace",
					   "-o",
					   "/dev/null",
					   "-e",
					   inject,
					   lab_program(),
					   "--init",
					   "always",
					   "--user",
					   "1234",
					   "--seccomp",
					   "off",
					   "--",
					   "/bin/echo",
					   "executed",
					   NULL};

		/* Without -f the child is not touched: what fails is the parent. */
		snprintf(inject, sizeof(inject), "inject=%s", faults[i]);
		lab_exec(&lab, false, NULL, arguments);
		int status = lab_wait(&lab);

		lab_saw(&lab, "never");
		lab_read_errors(&lab, errors, sizeof(errors));
		if (status != 125 || lab.size != 0)
			fail_msg("%s: status %d, \"%s\", %s", faults[i], status, lab.text, errors);
		assert_non_null(strstr(errors, "the init cannot "));
		lab_close(&lab);
	}
}

/* 524 is the kernel's own ENOTSUPP, which no library has a name for. */
static void
test_a_host_without_memory_for_filters_is_named(void **unused)
{
	const char *arguments[] = {
		"/usr/bin/strace", "-o",     "/dev/null", "-e", "inject=seccomp:error=524",
		lab_program(),     "--user", "1234",      "--", "/bin/echo",
		"executed",        NULL};

	(void)unused;
	lab_exec(&lab, false, NULL, arguments);
	assert_int_equal(lab_wait(&lab), 125);
	assert_false(lab_saw(&lab, "executed"));
	lab_read_errors(&lab, errors, sizeof(errors));
	assert_non_null(strstr(errors, "no memory left for BPF programs; raise "
				       "net.core.bpf_jit_limit there\n"));
	lab_close(&lab);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_the_init_keeps_no_id_no_capability_and_no_group_of_the_service),
		cmocka_unit_test(test_cap_kill_stays_where_the_service_may_change_its_uid),
		cmocka_unit_test(test_the_init_forgets_the_environment_and_the_service_does_not),
		cmocka_unit_test(test_the_init_holds_standard_error_and_its_own_descriptors_alone),
		cmocka_unit_test(test_the_end_of_a_stream_is_not_held_back_by_the_init),
		cmocka_unit_test(test_the_same_uid_cannot_look_into_it_change_it_or_limit_it),
		cmocka_unit_test(test_no_signal_of_the_service_ends_it),
		cmocka_unit_test(test_a_flood_of_orphans_does_not_keep_it_from_forwarding),
		cmocka_unit_test(test_a_full_log_does_not_stop_it),
		cmocka_unit_test(test_a_full_log_does_not_stop_it_without_proc),
		cmocka_unit_test(test_what_the_init_says_fits_into_a_socket),
		cmocka_unit_test(test_a_full_socket_does_not_stop_it),
		cmocka_unit_test(test_the_log_of_the_service_is_never_made_non_blocking),
		cmocka_unit_test(
			test_a_captured_init_can_call_what_the_loop_calls_and_nothing_else),
		cmocka_unit_test(test_a_host_without_memory_for_filters_is_named),
		cmocka_unit_test(test_an_init_that_cannot_confine_itself_executes_nothing),
	};

	lab_need_root();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
