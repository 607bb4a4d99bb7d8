/* SPDX-License-Identifier: MIT */
/* The pure parts of --explain: what is asked, what is one kind, and how it is written. */
#include "confine/evaluate.h"
#include "confine/notify.h"
#include "explain/arguments.h"
#include "explain/backlog.h"
#include "explain/explainer.h"
#include "explain/kinds.h"
#include "explain/line.h"
#include "explain/listener.h"
#include "explain/names.h"
#include "init/power.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

static uint32_t
verdict_of(const struct sock_filter *code, size_t length, const struct seccomp_data *data)
{
	struct verdict verdict;

	assert_int_equal(evaluate(code, length, data, &verdict), 0);
	return verdict.action;
}

/* Arguments that make the rules of the profiles go either way. */
static const uint64_t values[] = {0,          1,    8,      16,         38,
				  40,         0x28, 0x5412, 0x541c,     0x7fffffff00000026,
				  0x10000000, 3,    5,      0x7ffffffe, ~(0ULL)};

static void
assert_asks_where_it_denied(const struct filter_program *program, uint32_t arch)
{
	struct sock_filter copy[BPF_MAXINSNS];
	unsigned asked = 0, canaries = 0;

	notify_make(program, copy);
	for (uint32_t n = 0; n < 2048; n++)
		for (size_t v = 0; v < sizeof(values) / sizeof(values[0]); v++) {
			/* Then x32's. */
			uint32_t number = n < 1024 ? n : 0x40000000 + n - 1024;
			struct seccomp_data data = {.nr = (int)number, .arch = arch};

			for (unsigned i = 0; i < 6; i++)
				data.args[i] = values[(v + i) % (sizeof(values) / sizeof(*values))];
			uint32_t before = verdict_of(program->instructions, program->length, &data);
			uint32_t after = verdict_of(copy, program->length, &data);
			bool denies = (before & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO &&
				      before != (SECCOMP_RET_ERRNO | FILTER_CANARY_ERRNO);

			assert_int_equal(after, denies ? SECCOMP_RET_USER_NOTIF : before);
			asked += denies;
			canaries += before == (SECCOMP_RET_ERRNO | FILTER_CANARY_ERRNO);
		}
	assert_true(asked > 1000);
	assert_true(canaries > 0);
}

static void
test_a_program_asks_exactly_where_it_denied(void **state)
{
	static const struct filter_program *const programs[] = {
		&filter_default, &filter_default_compat, &filter_strict, &filter_strict_compat};

	(void)state;
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		assert_asks_where_it_denied(programs[i], names_native_arch);
		if (i % 2)
			assert_asks_where_it_denied(programs[i], names_compat_arch);
	}
}

static void
test_kills_traps_and_the_canary_stay_as_they_are(void **state)
{
	static const uint32_t stay[] = {SECCOMP_RET_KILL_PROCESS,
					SECCOMP_RET_KILL_THREAD,
					SECCOMP_RET_TRAP,
					SECCOMP_RET_TRACE | 7,
					SECCOMP_RET_LOG,
					SECCOMP_RET_ALLOW,
					SECCOMP_RET_ERRNO | FILTER_CANARY_ERRNO};
	struct sock_filter one = BPF_STMT(BPF_RET | BPF_K, 0), copy;
	struct filter_program program = {.instructions = &one, .length = 1};

	(void)state;
	for (size_t i = 0; i < sizeof(stay) / sizeof(stay[0]); i++) {
		one.k = stay[i];
		notify_make(&program, &copy);
		assert_int_equal(copy.k, stay[i]);
	}
	one.k = SECCOMP_RET_ERRNO;
	notify_make(&program, &copy);
	assert_int_equal(copy.k, SECCOMP_RET_USER_NOTIF);
	/* A constant that looks like a verdict is none. */
	one = (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, SECCOMP_RET_ERRNO | 1);
	notify_make(&program, &copy);
	assert_int_equal(copy.k, SECCOMP_RET_ERRNO | 1);
}

static void
test_the_errno_is_the_one_that_the_kernel_would_give(void **state)
{
	static const struct {
		uint32_t action;
		int error;
	} rows[] = {
		{SECCOMP_RET_ERRNO | EPERM, EPERM},
		{SECCOMP_RET_ERRNO | ENOSYS, ENOSYS},
		{SECCOMP_RET_ERRNO, 0},
		{SECCOMP_RET_ERRNO | 4095, 4095},
		{SECCOMP_RET_ERRNO | 4096, 4095}, /* clamped: MAX_ERRNO */
		{SECCOMP_RET_ERRNO | 0xffff, 4095},
		{SECCOMP_RET_USER_NOTIF, ENOSYS},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(notify_errno(rows[i].action), rows[i].error);
}

static void
test_names_are_those_of_the_kernel_headers(void **state)
{
	(void)state;
	assert_string_equal(names_at(names_place(names_native_arch, SYS_read)), "read");
	assert_string_equal(names_at(names_place(names_native_arch, SYS_socket)), "socket");
	assert_string_equal(names_at(names_place(names_native_arch, SYS_clone3)), "clone3");
	assert_string_equal(names_at(names_place(names_native_arch, SYS_ptrace)), "ptrace");
	assert_string_equal(names_at(names_place(names_compat_arch, 1)), "exit");
	assert_string_equal(names_at(names_place(names_compat_arch, 3)), "read");
	assert_string_equal(names_at(names_place(names_compat_arch, 88)), "reboot");
	/* 32-bit calls alone. */
	assert_string_equal(names_at(names_place(names_compat_arch, 195)), "stat64");
	assert_int_equal(names_place(names_native_arch, 5000), NAMES_NONE);
	assert_int_equal(names_place(names_native_arch, 0x40000000), NAMES_NONE);
	assert_int_equal(names_place(names_compat_arch, 5000), NAMES_NONE);
	assert_int_equal(names_place(AUDIT_ARCH_S390X, SYS_read), NAMES_NONE);
	assert_null(names_at(NAMES_NONE));
#ifdef __x86_64__
	/* A gap between the old numbers and the common ones. */
	assert_int_equal(names_place(names_native_arch, 400), NAMES_NONE);
#endif
	assert_string_equal(names_nth("a\0b", 2, 1), "b");
	assert_string_equal(names_nth("a\0b", 2, 2), "");
}

static struct seccomp_data
data_of(long number, uint64_t first, uint64_t second)
{
	return (struct seccomp_data){
		.nr = (int)number, .arch = names_native_arch, .args = {first, second}};
}

/* As the explainer does it. Returns whether a line would be written. */
static bool
is_new(struct kinds *kinds, const struct filter_program *program, const struct seccomp_data *data)
{
	struct verdict verdict;
	const char *name = names_at(names_place(data->arch, (uint32_t)data->nr));

	assert_int_equal(evaluate(program->instructions, program->length, data, &verdict), 0);
	return !kinds_know(kinds, data, &verdict) &&
	       kinds_add(kinds, data, &verdict, arguments_words(arguments_form(name)));
}

static void
test_denials_are_of_one_kind_where_they_agree_in_what_matters(void **state)
{
	static struct kinds kinds;
	static const struct {
		long number;
		uint64_t first, second;
		bool is_new;
	} rows[] = {
		{SYS_acct, 1, 0, true},
		{SYS_acct, 2, 0, false}, /* not looked at */
		{SYS_socket, 38, 1, true},
		{SYS_socket, 38, 2, false},
		{SYS_socket, 0x700000000 | 38, 1, false}, /* what the kernel does not read */
		{SYS_socket, 40, 1, true},
		{SYS_ioctl, 5, 0x5412, true},
		{SYS_ioctl, 6, 0x5412, false},
		{SYS_ioctl, 6, 0x541c, true},
		{SYS_unshare, 0x10000000, 0, true},
		{SYS_unshare, 0x20000000, 0, true}, /* shown by name */
		{SYS_unshare, 0x10000000, 9, false},
		{SYS_acct, 0, 0, false},
	};

	(void)state;
	memset(&kinds, 0, sizeof(kinds));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct seccomp_data data = data_of(rows[i].number, rows[i].first, rows[i].second);

		if (is_new(&kinds, &filter_default, &data) != rows[i].is_new)
			fail_msg("row %zu", i);
	}
	/* The same number is another call in another architecture. */
	struct seccomp_data other = data_of(SYS_acct, 0, 0);

	other.arch = names_compat_arch;
	assert_true(is_new(&kinds, &filter_init, &other));
}

static void
test_kinds_have_an_end(void **state)
{
	static struct kinds kinds;
	unsigned count = 0;

	(void)state;
	for (uint64_t i = 0; i < 1000; i++) {
		struct seccomp_data data = data_of(SYS_personality, 0x1000000 + i, 0);

		count += is_new(&kinds, &filter_default, &data);
	}
	assert_int_equal(count, KINDS_MOST);
	assert_int_equal(kinds.count, KINDS_MOST);
	struct seccomp_data first = data_of(SYS_personality, 0x1000000, 0);
	struct verdict verdict;

	evaluate(filter_default.instructions, filter_default.length, &first, &verdict);
	assert_true(kinds_know(&kinds, &first, &verdict));
}

static void
test_arguments_are_written_as_people_write_them(void **state)
{
	static const struct {
		const char *call;
		uint64_t values[6];
		const char *texts[6];
		const char *written;
	} rows[] = {
		{"socket", {38, 5, 0}, {0}, "AF_ALG, 5, 0"},
		{"socket", {0x700000000 | 40, 5, 0}, {0}, "AF_VSOCK, 5, 0"},
		{"socket", {45, 1, 0}, {0}, "AF_MCTP, 1, 0"},
		{"socket", {46, 1, 0}, {0}, "46, 1, 0"},
		{"socketpair", {1, 1, 0, 0x10}, {0}, "AF_UNIX, 1, 0, 0x10"},
		{"ioctl", {3, 0x5412, 0xff}, {0}, "3, TIOCSTI, 0xff"},
		{"ioctl", {(uint64_t)-1, 0x1234, 0}, {0}, "-1, 0x1234, 0x0"},
		{"clone", {0x10020011}, {0}, "CLONE_NEWNS|CLONE_NEWUSER|0x11, 0x0, 0x0, 0x0, 0x0"},
		{"unshare", {0}, {0}, "0x0"},
		{"setns", {4, 0x40000000}, {0}, "4, CLONE_NEWNET"},
		{"prctl", {38, 1}, {0}, "PR_SET_NO_NEW_PRIVS, 0x1, 0x0, 0x0, 0x0"},
		{"prctl", {999}, {0}, "0x3e7, 0x0, 0x0, 0x0, 0x0"},
		{"mount",
		 {1, 2, 3, 4, 5},
		 {"/dev/sda", NULL, "ext4"},
		 "\"/dev/sda\", 0x2, \"ext4\", 0x4, 0x5"},
		{"chroot", {1}, {"a\nb\x1b[1m"}, "\"a\\x0ab\\x1b[1m\""},
		{"vhangup", {1}, {0}, ""},
		{"no_such_call", {1, 2}, {0}, "0x1, 0x2, 0x0, 0x0, 0x0, 0x0"},
		{NULL, {1}, {0}, "0x1, 0x0, 0x0, 0x0, 0x0, 0x0"},
		{"sock", {1}, {0}, "0x1, 0x0, 0x0, 0x0, 0x0, 0x0"},
	};
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		arguments_write(arguments_form(rows[i].call), rows[i].values, rows[i].texts, text,
				sizeof(text));
		assert_string_equal(text, rows[i].written);
	}
}

static void
test_what_is_too_long_is_cut_within_its_room(void **state)
{
	char text[64], path[400];
	const char *texts[6] = {path, path, path};
	uint64_t pointers[6] = {0};

	(void)state;
	memset(path, '\n', sizeof(path) - 1);
	path[sizeof(path) - 1] = 0;
	for (unsigned size = 1; size <= sizeof(text); size++) {
		memset(text, '#', sizeof(text));
		arguments_write("pppxx", pointers, texts, text, size);
		assert_non_null(memchr(text, 0, size));
		for (unsigned i = size; i < sizeof(text); i++)
			assert_int_equal(text[i], '#');
	}
}

static struct denial
denial_of(const struct filter_program *profile, const struct seccomp_data *data)
{
	struct denial denial = {
		.time = {1793340611, 123456789},
		.pid = 12,
		.command = "a \"b\"\n",
		.call = names_at(names_place(data->arch, (uint32_t)data->nr)),
		.arguments = "\"x\\x0a\"",
		.data = data,
		.profile = profile,
	};

	assert_int_equal(evaluate(profile->instructions, profile->length, data, &denial.verdict),
			 0);
	return denial;
}

static void
test_a_line_has_time_and_rule_and_cannot_be_forged(void **state)
{
	char line[LINE_LARGEST];
	struct seccomp_data data = data_of(SYS_chroot, 0, 0);
	struct denial denial = denial_of(&filter_default, &data);
	const char *rule;
	unsigned length;

	(void)state;
	length = line_denial(&denial, false, line);
	assert_int_equal(length, strlen(line));
	rule = strstr(line, "line ");
	assert_non_null(rule);
	assert_memory_equal(line,
			    "stepdown: denied: 2026-10-30T06:10:11.123Z pid 12 (a \"b\"\\x0a) "
			    "chroot(\"x\\x0a\") = EPERM; profile default: line ",
			    (size_t)(rule - line) + 5);
	assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
	length = line_denial(&denial, true, line);
	assert_int_equal(length, strlen(line));
	assert_non_null(strstr(line, "\"time\":\"2026-10-30T06:10:11.123Z\",\"pid\":12,\"command\":"
				     "\"a \\\"b\\\"\\\\x0a\",\"call\":\"chroot\",\"arguments\":"
				     "\"\\\"x\\\\x0a\\\"\",\"errno\":\"EPERM\",\"profile\":"
				     "\"default\",\"rule\":\"line "));
	assert_string_equal(line + strlen(line) - 2, "}\n");
}

static void
test_an_errno_of_the_users_profile_is_said_by_its_number(void **state)
{
	char line[LINE_LARGEST];
	struct seccomp_data data = data_of(SYS_chroot, 0, 0);
	struct denial denial = denial_of(&filter_default, &data);

	(void)state;
	denial.verdict.action = SECCOMP_RET_ERRNO | 111;
	line_denial(&denial, false, line);
	assert_non_null(strstr(line, ") = errno 111; profile "));
	line_denial(&denial, true, line);
	assert_non_null(strstr(line, "\"errno\":\"errno 111\""));
}

static void
test_the_longest_line_is_whole(void **state)
{
	static char command[200], arguments[3000];
	char line[LINE_LARGEST];
	struct seccomp_data data = data_of(SYS_socket, 38, 0);
	struct denial denial = denial_of(&filter_default, &data);
	unsigned length;

	(void)state;
	memset(command, '"', sizeof(command) - 1);
	memset(arguments, '\\', sizeof(arguments) - 1);
	denial.command = command;
	denial.arguments = arguments;
	length = line_denial(&denial, true, line);
	assert_int_equal(length, strlen(line));
	assert_string_equal(line + strlen(line) - 3, "\"}\n");
}

static void
test_a_rule_is_named_as_far_as_it_is_known(void **state)
{
	struct filter_program file = filter_default;
	struct {
		const struct filter_program *profile;
		uint32_t arch;
		uint32_t number;
		uint64_t first;
		const char *rule;
	} rows[] = {
		{&filter_default, names_native_arch, SYS_socket, 38,
		 " on allow other values of argument 0\n"},
		{&filter_default, names_native_arch, 600, 0,
		 "newer than all calls that it names\n"},
		{&filter_strict, names_native_arch, SYS_socket, 38,
		 "profile strict: the rules from "},
		{&file, names_native_arch, SYS_socket, 38,
		 "its rules allow other values of argument 0\n"},
		{&file, names_native_arch, SYS_chroot, 0, "no rule allows this call\n"},
#ifdef __x86_64__
		{&filter_default, names_native_arch, 134, 0, "not in its list\n"},
		{&filter_default, names_native_arch, 0x40000000, 0,
		 "calls of x32 are never allowed\n"},
		{&filter_default_compat, names_compat_arch, 359, 38,
		 " on allow other values of argument 0\n"},
#endif
	};
	char line[LINE_LARGEST];

	(void)state;
	file.lines = NULL;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct seccomp_data data = data_of(rows[i].number, rows[i].first, 0);

		data.arch = rows[i].arch;
		struct denial denial = denial_of(rows[i].profile, &data);

		line_denial(&denial, false, line);
		if (!strstr(line, rows[i].rule))
			fail_msg("\"%s\" does not say \"%s\"", line, rows[i].rule);
	}
}

/* Each line that a program names is where its JSON names the call. */
static void
test_every_line_of_the_profiles_names_its_call(void **state)
{
	static const struct {
		const struct filter_program *program;
		const char *path;
	} rows[] = {{&filter_default, "src/profiles/default.json"},
		    {&filter_strict, "src/profiles/strict.json"},
		    {&filter_strict_compat, "src/profiles/strict.json"}};
	unsigned count = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (const struct filter_line *at = rows[i].program->lines; at->line; at++) {
			char text[1024], quoted[64];
			FILE *file = fopen(rows[i].path, "re");

			assert_non_null(file);
			snprintf(quoted, sizeof(quoted), "\"%s\"", names_at(at->call));
			for (unsigned line = 0; line < at->line; line++)
				assert_non_null(fgets(text, sizeof(text), file));
			fclose(file);
			assert_non_null(strstr(text, quoted));
			count++;
		}
	assert_true(count > 60);
}

static uint32_t
asked_of_explainer(long number, unsigned argument, uint64_t value)
{
	struct seccomp_data data = data_of(number, 0, 0);

	data.args[argument] = value;
	return verdict_of(filter_explainer.instructions, filter_explainer.length, &data);
}

static void
test_a_captured_explainer_can_make_the_calls_of_its_loop_and_no_others(void **state)
{
	static const long plain[] = {SYS_ppoll,         SYS_pread64,      SYS_close,
				     SYS_write,         SYS_sendto,       SYS_futex,
				     SYS_clock_gettime, SYS_dup3,         SYS_exit_group,
				     SYS_exit,          SYS_rt_sigreturn, SYS_restart_syscall};
	static const struct {
		long number;
		unsigned argument;
		uint64_t value;
		bool allowed;
	} rows[] = {
		{SYS_openat, 2, O_RDONLY | O_CLOEXEC, true},
		{SYS_openat, 2, O_RDONLY, false},
		{SYS_openat, 2, O_RDWR | O_CLOEXEC, false},
		{SYS_openat, 2, O_RDONLY | O_CLOEXEC | O_CREAT, false},
		{SYS_kill, 1, 0, true},
		{SYS_kill, 1, SIGKILL, false},
		{SYS_close_range, 2, 2, true},
		{SYS_close_range, 2, 0, false},
		{SYS_ioctl, 1, SECCOMP_IOCTL_NOTIF_RECV, true},
		{SYS_ioctl, 1, SECCOMP_IOCTL_NOTIF_SEND, true},
		{SYS_ioctl, 1, SECCOMP_IOCTL_NOTIF_ID_VALID, true},
		{SYS_ioctl, 1, LISTENER_SET_FLAGS, true},
		{SYS_ioctl, 1, SECCOMP_IOCTL_NOTIF_ADDFD, false},
		{SYS_ioctl, 1, 0x5412 /* TIOCSTI */, false},
	};

	(void)state;
	for (long number = 0; number < 1024; number++) {
		bool depends = false;
		/* uretprobe and uprobe. */
		bool allowed =
			names_native_arch == AUDIT_ARCH_X86_64 && (number == 335 || number == 336);

		for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
			allowed = allowed || number == plain[i];
		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
			depends = depends || number == rows[i].number;
		uint32_t verdict = asked_of_explainer(number, 5, 0);

		if (!depends &&
		    verdict != (allowed ? SECCOMP_RET_ALLOW : SECCOMP_RET_ERRNO | EPERM))
			fail_msg("call %ld: 0x%x", number, verdict);
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (asked_of_explainer(rows[i].number, rows[i].argument, rows[i].value) !=
		    (rows[i].allowed ? SECCOMP_RET_ALLOW : SECCOMP_RET_ERRNO | EPERM))
			fail_msg("row %zu", i);
	assert_int_equal(asked_of_explainer(0x40000000 + SYS_write, 0, 0),
			 SECCOMP_RET_ERRNO | EPERM);
	struct seccomp_data foreign = {.nr = SYS_write, .arch = names_compat_arch};

	assert_int_equal(
		verdict_of(filter_explainer.instructions, filter_explainer.length, &foreign),
		SECCOMP_RET_ERRNO | EPERM);
}

static void
test_lines_that_do_not_fit_wait_and_then_are_lost(void **state)
{
	static struct backlog backlog;
	static char pipe_full[1 << 20];
	struct voice voice = {.own = 0};
	int ends[2], saved = dup(2);
	char line[100], got[BACKLOG_SIZE + 1];

	(void)state;
	memset(line, 'l', sizeof(line));
	line[sizeof(line) - 1] = '\n';
	assert_int_equal(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
	fflush(NULL);
	dup2(ends[1], 2);
	while (write(2, pipe_full, sizeof(pipe_full)) > 0)
		continue;
	for (unsigned i = 0; i < 100; i++) {
		backlog_add(&backlog, line, sizeof(line));
		backlog_flush(&backlog, &voice);
	}
	unsigned lines = backlog.lines, lost = backlog.lost;

	while (read(ends[0], pipe_full, sizeof(pipe_full)) > 0)
		continue;
	backlog_flush(&backlog, &voice);
	ssize_t size = read(ends[0], got, sizeof(got));
	unsigned left = backlog.lines;

	/* Nobody is left to read: what waits is lost, and it does not wait for ever. */
	backlog_add(&backlog, line, sizeof(line));
	close(ends[0]);
	signal(SIGPIPE, SIG_IGN);
	backlog_flush(&backlog, &voice);
	dup2(saved, 2);
	close(saved);
	close(ends[1]);
	assert_int_equal(lines, BACKLOG_SIZE / sizeof(line));
	assert_int_equal(lost, 100 - lines);
	assert_int_equal(size, lines * sizeof(line));
	assert_int_equal(left, 0);
	assert_int_equal(backlog.used, 0);
	assert_int_equal(backlog.lost, lost + 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_program_asks_exactly_where_it_denied),
		cmocka_unit_test(test_kills_traps_and_the_canary_stay_as_they_are),
		cmocka_unit_test(test_the_errno_is_the_one_that_the_kernel_would_give),
		cmocka_unit_test(test_names_are_those_of_the_kernel_headers),
		cmocka_unit_test(test_denials_are_of_one_kind_where_they_agree_in_what_matters),
		cmocka_unit_test(test_kinds_have_an_end),
		cmocka_unit_test(test_arguments_are_written_as_people_write_them),
		cmocka_unit_test(test_what_is_too_long_is_cut_within_its_room),
		cmocka_unit_test(test_a_line_has_time_and_rule_and_cannot_be_forged),
		cmocka_unit_test(test_an_errno_of_the_users_profile_is_said_by_its_number),
		cmocka_unit_test(test_the_longest_line_is_whole),
		cmocka_unit_test(test_a_rule_is_named_as_far_as_it_is_known),
		cmocka_unit_test(test_every_line_of_the_profiles_names_its_call),
		cmocka_unit_test(
			test_a_captured_explainer_can_make_the_calls_of_its_loop_and_no_others),
		cmocka_unit_test(test_lines_that_do_not_fit_wait_and_then_are_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
