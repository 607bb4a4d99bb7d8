/* SPDX-License-Identifier: MIT */
/*
 * --explain: what is logged of a denial, that the service notices nothing of it, and that nothing
 * waits for ever, whatever the service does to the explainer.
 */
#include "helpers/compat.h"
#include "helpers/initlab.h"
#include "helpers/log_socket.h"
#include "helpers/slower.h"
#include "helpers/support.h"

#include <grp.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/socket.h>
#include <sys/stat.h>

static struct lab lab;
static struct lab other;
static char errors[1 << 20];

static const char *
helper(void)
{
	return "build/tests/helpers/denied";
}

/* Starts stepdown with `options` as PID 1; the service is the helper in this mode. */
static void
start_prepared(struct lab *where, lab_prepare *prepare, const char *options, const char *mode)
{
	static char words[1024];
	const char *arguments[LAB_ARGUMENTS];
	unsigned count = 0;

	snprintf(words, sizeof(words), "%s %s -- %s %s", lab_program(), options, helper(), mode);
	for (char *word = strtok(words, " "); word; word = strtok(NULL, " "))
		arguments[count++] = word;
	arguments[count] = NULL;
	lab_exec(where, true, prepare, arguments);
}

/* Reads both streams to their ends, in turn, since either may be full. Returns as lab_wait. */
static int
finish(struct lab *where)
{
	struct pollfd from[2] = {{.fd = where->out, .events = POLLIN},
				 {.fd = where->err, .events = POLLIN}};
	int64_t deadline = lab_now() + 2 * lab_patience();
	size_t size = 0;

	while ((from[0].fd >= 0 || from[1].fd >= 0) && lab_now() < deadline) {
		ssize_t got;

		if (poll(from, 2, 1000) <= 0)
			continue;
		if (from[0].fd >= 0 && from[0].revents) {
			got = read(where->out, where->text + where->size,
				   sizeof(where->text) - 1 - where->size);
			if (got > 0)
				where->size += (size_t)got;
			else
				from[0].fd = -1;
		}
		if (from[1].fd >= 0 && from[1].revents) {
			got = read(where->err, errors + size, sizeof(errors) - 1 - size);
			if (got > 0)
				size += (size_t)got;
			else
				from[1].fd = -1;
		}
	}
	where->text[where->size] = '\0';
	errors[size] = '\0';
	int status = lab_wait(where);

	lab_close(where);
	return status;
}

static int
run(struct lab *where, const char *options, const char *mode)
{
	start_prepared(where, NULL, options, mode);
	return finish(where);
}

/* How often `part` is in `text`. */
static unsigned
times(const char *text, const char *part)
{
	unsigned count = 0;

	for (; (text = strstr(text, part)); text += strlen(part))
		count++;
	return count;
}

static void
test_a_denial_is_one_line_with_all_there_is_to_say(void **state)
{
	static const struct {
		const char *mode;
		const char *said;
	} rows[] = {
		{"one", " (denied) acct(0x0) = EPERM; profile default: line "},
		{"socket 38", " (denied) socket(AF_ALG, 1, 0) = EPERM; profile default: the rules "
			      "from line "},
		{"socket 40", " on allow other values of argument 0\n"},
		{"path", " (denied) chroot(\"/a \"path\"\\x0a\") = EPERM; profile default: line "},
		{"raw 600", " (denied) call 600(0xffffffffffffffff, "},
		{"raw 600", " = ENOSYS; profile default: newer than all calls that it names\n"},
#ifdef __x86_64__
		{"raw 272", " (denied) unshare("},
		{"raw 1073741863", " = ENOSYS; profile default: calls of x32 are never allowed\n"},
		{"raw 134", " (denied) uselib(0xffffffffffffffff) = EPERM; profile default: not in "
			    "its list\n"},
#endif
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(run(&lab, "-u 1234 --explain", rows[i].mode), 0);
		assert_says(errors, "stepdown: denied: 20");
		assert_says(errors, "Z pid ");
		assert_says(errors, rows[i].said);
	}
}

/* Line by line, the profile's JSON says what the explainer says it says. */
static void
test_the_line_that_is_named_names_the_call(void **state)
{
	char script[256];
	static struct outcome outcome;

	(void)state;
	assert_int_equal(run(&lab, "-u 1234 --explain", "one"), 0);
	const char *line = strstr(errors, "profile default: line ");

	assert_non_null(line);
	snprintf(script, sizeof(script), "sed -n %ldp src/profiles/default.json",
		 strtol(line + strlen("profile default: line "), NULL, 10));
	run_words(&outcome, NULL, "sh", "-c", script);
	assert_says(outcome.out, "\"acct\"");
}

static void
test_json_has_the_same_facts(void **state)
{
	(void)state;
	assert_int_equal(run(&lab, "-u 1234 --explain --log json", "path"), 0);
	assert_says(errors, "{\"program\":\"stepdown\",\"level\":\"denied\",\"time\":\"20");
	assert_says(errors, "\"command\":\"denied\",\"call\":\"chroot\",\"arguments\":\"\\\"/a "
			    "\\\"path\\\"\\\\x0a\\\"\",\"errno\":\"EPERM\",\"profile\":\"default\","
			    "\"rule\":\"line ");
	assert_says(errors, "\"denied\":1,\"kinds\":1,\"unlisted\":0,\"lost\":0,");
	assert_says(errors, "what the engine's own filter denies is not counted\"}\n");
	for (char *line = strtok(errors, "\n"); line; line = strtok(NULL, "\n")) {
		assert_int_equal(line[0], '{');
		assert_int_equal(line[strlen(line) - 1], '}');
	}
}

/* As a program reads it: whatever a service calls itself and its files, it is one object a line. */
static void
test_hostile_names_and_paths_leave_json_that_is_whole(void **state)
{
	static const char read_all[] =
		"import json, sys\n"
		"lines = sys.stdin.buffer.read().decode('ascii').split('\\n')\n"
		"assert lines.pop() == ''\n"
		"*denials, count = [json.loads(line) for line in lines]\n"
		"for d in denials:\n"
		"    assert d['level'] == 'denied' and d['errno'] == 'EPERM' and d['pid'] == 2\n"
		"    assert (d['command'] + d['arguments']).isprintable()\n"
		"    print(d['call'], d['command'], d['arguments'][:8])\n"
		"    assert '...\"' in d['arguments'], d\n"
		"print(count['denied'], count['kinds'])\n";
	static const char seen[] = "chroot \"} \"\"}\"}\"}\"\n"
				   "acct a\\ \"a\\a\\a\\a\n"
				   "swapoff ? \"\\x0a{\"p\n"
				   "delete_module \\x1b[2J\\x0d\\x7f \"\\x1b[2J\n"
				   "umount2 \\xff\\xc3( \"\\xff\\xc\n"
				   "5 5\n";
	static struct outcome outcome;

	(void)state;
	assert_int_equal(run(&lab, "-u 1234 --explain --log json", "hostile"), 0);
	assert_string_equal(lab.text, "-1\n-1\n-1\n-1\n-1\n");
	const char *words[] = {"sh",     "-c",   "printf %s \"$1\" | python3 -c \"$0\"",
			       read_all, errors, NULL};

	run_program(&(struct run){.argv = words}, &outcome);
	if (outcome.status)
		fail_msg("%s%s", outcome.err, errors);
	assert_string_equal(outcome.out, seen);
}

static void
test_the_service_gets_exactly_the_errno_that_it_would_have_got(void **state)
{
	static const char *const rows[][2] = {
		{"--seccomp default", "sweep"},
		{"--seccomp strict", "sweep"},
#ifdef __x86_64__
		{"--seccomp default --seccomp-compat", "sweep"},
		{"--seccomp default --seccomp-compat", "sweep-32"},
		{"--seccomp strict --seccomp-compat", "sweep-32"},
#endif
	};
	char options[256];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(options, sizeof(options), "-u 1234 %s", rows[i][0]);
		if (!strcmp(rows[i][1], "sweep-32") && !compat_has_calls()) {
			assert_int_equal(run(&other, options, rows[i][1]), 128 + SIGSEGV);
			continue;
		}
		assert_int_equal(run(&other, options, rows[i][1]), 0);
		assert_null(strstr(errors, "denied"));
		snprintf(options, sizeof(options), "-u 1234 --explain %s", rows[i][0]);
		assert_int_equal(run(&lab, options, rows[i][1]), 0);
		assert_string_equal(lab.text, other.text);
		/* And it has gone through the explainer. */
		assert_true(times(errors, "stepdown: denied: ") > 50);
		assert_true(times(lab.text, "\n") > 400);
	}
}

static const char whole[] =
	"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":["
	"{\"names\":[\"sethostname\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":13},"
	"{\"names\":[\"setdomainname\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":0},"
	"{\"names\":[\"acct\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":2},"
	"{\"names\":[\"personality\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":95,"
	"\"args\":[{\"index\":0,\"value\":8,\"op\":\"SCMP_CMP_EQ\"}]},"
	"{\"names\":[\"vhangup\"],\"action\":\"SCMP_ACT_KILL_PROCESS\"},"
	"{\"names\":[\"chroot\"],\"action\":\"SCMP_ACT_TRAP\"}]}";

/* Nothing but what a static program of this machine needs to get to its main and to exit. */
static const char bare[] = "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":["
			   "{\"names\":[\"arch_prctl\",\"mprotect\",\"mmap\",\"brk\"],"
			   "\"action\":\"SCMP_ACT_ALLOW\"}]}";

static void
compile(const char *json, const char *path)
{
	static struct outcome outcome;
	char from[256], to[256];

	sandbox_write("/etc/profile.json", json, 0644);
	snprintf(from, sizeof(from), "%s/etc/profile.json", sandbox_make());
	snprintf(to, sizeof(to), "%s%s", sandbox_make(), path);
	run_words(&outcome, NULL, "build/stepdown-kit", "compile", from, "-o", to);
	if (outcome.status)
		fail_msg("compile: %s", outcome.err);
	sandbox_copy(helper(), "/bin/denied", 0755);
}

static void
run_in_sandbox(struct outcome *outcome, const char *profile, const char *explain, const char *mode,
	       const char *number)
{
	run_words(outcome, sandbox_make(), "/sbin/stepdown", "-q", "-u", "app", "--init", "always",
		  "--seccomp", profile, explain, "--", "/bin/denied", mode, number);
}

static void
test_a_profile_of_the_users_is_explained_as_it_is(void **state)
{
	static const struct {
		const char *number;
		const char *said; /* NULL: nothing is denied, or it is no question */
	} rows[] = {
#ifdef __x86_64__
		{"170", "sethostname(0xffffffffffffffff, -1) = EACCES; profile profile: no rule "
			"allows this call\n"},
		{"171", "setdomainname(0xffffffffffffffff, -1) = 0;"},
		{"163", "acct(0xffffffffffffffff) = ENOENT;"},
		{"153", NULL},
		{"161", NULL},
		{"39", NULL},
#else
		{"161", "sethostname(0xffffffffffffffff, -1) = EACCES; profile profile: no rule "
			"allows this call\n"},
		{"58", NULL},
		{"51", NULL},
#endif
	};
	static struct outcome with, without;

	(void)state;
	compile(whole, "/etc/profile");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		run_in_sandbox(&without, "/etc/profile", "-v", "raw", rows[i].number);
		run_in_sandbox(&with, "/etc/profile", "--explain", "raw", rows[i].number);
		assert_int_equal(with.status, without.status);
		if (strcmp(rows[i].number, "39"))
			assert_string_equal(with.out, without.out);
		if (rows[i].said)
			assert_says(with.err, rows[i].said);
		else
			assert_null(strstr(with.err, "denied: "));
	}
	run_in_sandbox(&without, "/etc/profile", "-v", "sweep", "");
	run_in_sandbox(&with, "/etc/profile", "--explain", "sweep", "");
	assert_int_equal(with.status, without.status);
	assert_string_equal(with.out, without.out);
}

/* From the load of the filter on, each call of the start is a question. */
static void
test_nothing_waits_at_exec_where_every_call_is_denied(void **state)
{
	static struct outcome with, without;

	(void)state;
	compile(bare, "/etc/bare");
	run_in_sandbox(&without, "/etc/bare", "--no-setup", "exit", "");
	run_in_sandbox(&with, "/etc/bare", "--explain", "exit", "");
	assert_int_equal(without.status, 7);
	assert_int_equal(with.status, 7);
	assert_says(with.err, "stepdown: denied: ");
	/* A command that cannot be executed is told of by calls that are denied. */
	run_words(&with, sandbox_make(), "/sbin/stepdown", "-q", "-u", "app", "--seccomp",
		  "/etc/bare", "--explain", "--", "/etc/profile.json");
	assert_int_equal(with.status, 126);
}

static void
test_the_count_comes_at_the_end(void **state)
{
	(void)state;
	assert_int_equal(run(&lab, "-u 1234 --explain", "kinds 300"), 0);
	assert_int_equal(times(errors, "stepdown: denied: "), 256);
	assert_says(errors, "stepdown: denied by profile default: calls 300, kinds 256, calls "
			    "without a line for their kind 44, lines that the log had no room for "
			    "0; what the engine's own filter denies is not counted\n");
	/* Also where there was nothing, where warnings are off, and where nobody is waited for. */
	assert_int_equal(run(&lab, "-u 1234 --explain -q", "exit"), 7);
	assert_string_equal(errors, "stepdown: denied by profile default: calls 0, kinds 0, calls "
				    "without a line for their kind 0, lines that the log had no "
				    "room for 0; what the engine's own filter denies is not "
				    "counted\n");
	assert_int_equal(run(&lab, "-u 1234 --explain --leftover-timeout 0", "one"), 0);
	assert_says(errors, "calls 1, kinds 1,");
}

static void
test_a_million_denials_are_two_lines(void **state)
{
	char flood[32], calls[48];

	(void)state;
	snprintf(flood, sizeof(flood), "flood %u", slower_count(1000000));
	snprintf(calls, sizeof(calls), "calls %u, kinds 1,", slower_count(1000000));
	assert_int_equal(run(&lab, "-u 1234 --explain", flood), 0);
	assert_says(lab.text, "other=0 ");
	assert_int_equal(times(errors, "\n"), 2);
	assert_says(errors, calls);
}

static void
test_many_threads_get_their_answers(void **state)
{
	(void)state;
	assert_int_equal(run(&lab, "-u 1234 --explain", "threads 64"), 0);
	assert_string_equal(lab.text, "other=0\n");
	assert_says(errors, "calls 12800, kinds 1,");
}

/* Whether an answer gets through a storm is luck without this flag; so it has to be asked for. */
static void
insist_on_waiting(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_seccomp, 0, 4),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[1])),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, SECCOMP_FILTER_FLAG_NEW_LISTENER, 0, 2),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};

	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0)
		_exit(123);
}

static void
test_a_storm_of_signals_does_not_keep_an_answer_back(void **state)
{
	(void)state;
	assert_int_equal(run(&lab, "-u 1234 --explain", "storm 3000"), 0);
	assert_string_equal(lab.text, "other=0\n");
	assert_says(errors, "calls 3000, kinds 1,");
	start_prepared(&lab, insist_on_waiting, "-u 1234 --explain", "one");
	assert_int_equal(finish(&lab), 0);
	assert_says(errors, "calls 1, kinds 1,");
}

static void
test_a_full_log_stops_nobody(void **state)
{
	(void)state;
	/* More lines than can wait for room. */
	start_prepared(&lab, NULL, "-u 1234 --explain", "fill-log 300");
	lab_expect(&lab, "alive");
	assert_non_null(strstr(lab.text, "errno=11\n"));
	assert_null(strstr(lab.text, "wrong"));
	/* Only now somebody reads. */
	kill(lab.pid, SIGTERM);
	assert_int_equal(finish(&lab), 143);
}

static void
test_a_socket_is_a_log_too(void **state)
{
	(void)state;
	log_socket_open();
	start_prepared(&lab, log_socket_give, "-u 1234 --explain", "one");
	assert_int_equal(finish(&lab), 0);
	log_socket_read(errors, sizeof(errors));
	assert_says(errors, " (denied) acct(0x0) = EPERM; profile default: line ");
	assert_says(errors, "stepdown: denied by profile default: calls 1, kinds 1,");
}

static bool
has_lines(const void *context)
{
	static size_t size;
	struct pollfd from = {.fd = lab.err, .events = POLLIN};

	if (context == NULL)
		size = 0;
	while (poll(&from, 1, 0) == 1) {
		ssize_t got = read(lab.err, errors + size, sizeof(errors) - 1 - size);

		if (got <= 0)
			break;
		size += (size_t)got;
	}
	errors[size] = '\0';
	return times(errors, "stepdown: denied: ") >= 40;
}

static void
test_lines_wait_for_room_in_the_log(void **state)
{
	(void)state;
	start_prepared(&lab, NULL, "-u 1234 --explain", "fill-log 40");
	lab_expect(&lab, "alive");
	has_lines(NULL);
	lab_retry(has_lines, "", "the lines that did not fit at first");
	kill(lab.pid, SIGTERM);
	assert_int_equal(finish(&lab), 143);
	assert_says(errors, "calls 40, kinds 40, calls without a line for their kind 0, lines that "
			    "the log had no room for 0;");
}

static void
test_without_its_explainer_a_denial_is_enosys_and_nobody_waits(void **state)
{
	(void)state;
	assert_int_equal(run(&lab, "-u 1234 --explain", "kill-explainer"), 0);
	assert_string_equal(lab.text, "before=-1\nkill=0\nafter=-38\n");
	assert_says(errors, "the explainer has ended (wait status 0x9): what the profile denies is "
			    "answered with ENOSYS from now on, and not logged\n");
	assert_says(errors, "stepdown: denied by profile default: calls ");
	assert_null(strstr(errors, "left behind"));
}

static void
test_a_stopped_explainer_does_not_keep_the_container_from_ending(void **state)
{
	(void)state;
	assert_int_equal(run(&lab, "-u 1234 --explain --leftover-timeout 20", "stop-explainer"), 0);
	assert_string_equal(lab.text, "stop=0\n");
	assert_says(errors, "calls 0, kinds 0,");
}

static void
test_the_service_can_neither_read_nor_limit_nor_rob_the_explainer(void **state)
{
	static const char *const refused[] = {
		"attach=", "seize=", "readv=", "writev=", "prlimit=", "mem=", "fd=", "environ="};

	(void)state;
	/* With everything allowed but the call that asks: the filter is not what protects it. */
	compile(whole, "/etc/profile");
	static struct outcome outcome;

	run_in_sandbox(&outcome, "/etc/profile", "--explain", "attack", "");
	assert_int_equal(outcome.status, 0);
	assert_says(outcome.out, "found=1\n");
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		const char *at = strstr(outcome.out, refused[i]);

		assert_non_null(at);
		long result = strtol(at + strlen(refused[i]), NULL, 10);

		if (result != -EPERM && result != -EACCES)
			fail_msg("%s%ld", refused[i], result);
	}
	assert_null(strstr(outcome.out, "stolen="));
	assert_says(outcome.out, "denied=-2\n");
}

static void
test_the_service_does_not_get_the_listener(void **state)
{
	(void)state;
	assert_int_equal(run(&lab, "-u 1234 --explain", "descriptors"), 0);
	assert_string_equal(lab.text, "listed\n");
}

static void
hand_over_sockets(void)
{
	char pid[32];

	if (socket(AF_INET, SOCK_STREAM, 0) != 3 || listen(3, 1) ||
	    socket(AF_INET, SOCK_STREAM, 0) != 4 || listen(4, 1))
		_exit(122);
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "2", 1);
}

/* They share one table of descriptors until the exec. */
static void
test_the_service_keeps_the_descriptors_that_are_its_own(void **state)
{
	(void)state;
	start_prepared(&lab, hand_over_sockets, "-u 1234 --explain --listen-fds", "descriptors");
	assert_int_equal(finish(&lab), 0);
	assert_int_equal(times(lab.text, "open "), 2);
	assert_says(lab.text, "open 3 socket:");
	assert_says(lab.text, "open 4 socket:");
}

/* Of a program in /proc, as seen from here: lines of its status. */
static void
test_the_explainer_has_no_power(void **state)
{
	static const char script[] =
		"p=$(pgrep -x explainer -P %d) && grep -E '^(Uid|Gid|Cap|NoNewPrivs|Seccomp:|"
		"SigBlk|Groups)' /proc/$p/status && ls -l /proc/$p/fd | sed -n 's/.* -> "
		"\\([^[]*\\).*/fd \\1/p' && stat -c 'owner %%u' /proc/$p/environ && readlink "
		"/proc/$p/cwd";
	static struct outcome outcome;
	char command[1024];

	(void)state;
	start_prepared(&lab, NULL, "-u 1234 --explain --keep-cap net_raw", "fill-log 1");
	lab_expect(&lab, "alive");
	snprintf(command, sizeof(command), script, (int)lab.pid);
	run_words(&outcome, NULL, "sh", "-c", command);
	kill(lab.pid, SIGTERM);
	finish(&lab);
	if (outcome.status)
		fail_msg("%s%s", outcome.out, outcome.err);
	assert_says(outcome.out, "Uid:\t1234\t1234\t1234\t1234\n");
	assert_says(outcome.out, "Gid:\t1234\t65534\t65534\t1234\n");
	assert_says(outcome.out, "CapInh:\t0000000000000000\nCapPrm:\t0000000000000000\n"
				 "CapEff:\t0000000000000000\nCapBnd:\t0000000000002000\n"
				 "CapAmb:\t0000000000000000\nNoNewPrivs:\t1\nSeccomp:\t2\n");
	assert_says(outcome.out, "SigBlk:\tfffffffffffbbeff\n"); /* all but KILL, STOP and TERM */
	assert_says(outcome.out, "owner 0\n");
	/* The log and the listener, nothing of the service's. */
	assert_int_equal(times(outcome.out, "fd "), 2);
	assert_says(outcome.out, "fd pipe:");
	assert_says(outcome.out, "fd anon_inode:");
	assert_says(outcome.out, "\n/\n");
}

static void
become_user(void)
{
	if (setgroups(0, NULL) || setresgid(1234, 1234, 1234) || setresuid(1234, 1234, 1234))
		_exit(122);
}

static void
test_the_dry_run_says_it_and_the_service_is_the_same(void **state)
{
	static struct outcome said, seen;

	(void)state;
	run_words(&said, sandbox_make(), "/sbin/stepdown", "-u", "app", "--dry-run", "--explain",
		  "--", "/bin/probe");
	assert_int_equal(said.status, 0);
	assert_says(said.out, "\ninit=stay ");
	assert_says(said.out, "\nstep=start the explainer\nstep=leave the powers of the init "
			      "behind\n");
	run_words(&seen, sandbox_make(), "/sbin/stepdown", "-u", "app", "--explain", "--",
		  "/bin/probe");
	assert_true(assert_same_keys(said.out, seen.out) > 15);
	run_words(&said, sandbox_make(), "/sbin/stepdown", "-u", "app", "--init", "never",
		  "--explain", "--", "/bin/probe");
	assert_int_equal(said.status, 125);
	assert_says(said.err, "--explain needs the init, which --init never forbids; leave one of "
			      "them out\n");
}

static void
test_it_works_for_an_ordinary_user(void **state)
{
	(void)state;
	start_prepared(&lab, become_user, "--explain", "path");
	assert_int_equal(finish(&lab), 0);
	assert_string_equal(lab.text, "-1\n");
	assert_says(errors, " (denied) chroot(\"/a \"path\"\\x0a\") = EPERM; profile default: ");
	assert_says(errors, "calls 1, kinds 1,");
}

static void
load_filter(unsigned flags, uint32_t number, uint32_t action)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, action),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};

	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program) < 0)
		_exit(123);
}

/* As an engine that answers some calls of a container itself. */
static void
be_listened_to(void)
{
	load_filter(SECCOMP_FILTER_FLAG_NEW_LISTENER, 999, SECCOMP_RET_USER_NOTIF);
	/* The listener is closed at exec; this process is who keeps it. The init can end it. */
	if (fork() == 0) {
		close(1);
		close(2);
		if (setresuid(1234, 1234, 1234))
			_exit(122);
		pause();
		_exit(0);
	}
}

static void
forbid(long number, unsigned argument, uint16_t test, uint32_t value, uint32_t action)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)number, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, args) + 8 * argument),
		BPF_JUMP(BPF_JMP | BPF_K | test, value, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, action),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};

	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0)
		_exit(123);
}

/* As a security module would: of the listener's requests only this one asks for 80 bytes. */
static void
forbid_questions(void)
{
	forbid(SYS_ioctl, 1, BPF_JSET, 0x400000, SECCOMP_RET_ERRNO | EACCES);
}

/* A kernel before 5.0 does not know the flag. */
static void
forbid_listeners(void)
{
	forbid(SYS_seccomp, 1, BPF_JSET, SECCOMP_FILTER_FLAG_NEW_LISTENER,
	       SECCOMP_RET_ERRNO | EINVAL);
}

/* Of all that stepdown makes, only the explainer gets its maker's parent. */
static void
forbid_processes(void)
{
	forbid(SYS_clone, 0, BPF_JSET, CLONE_PARENT, SECCOMP_RET_ERRNO | EAGAIN);
}

/* The explainer's drop; nothing else asks for this id. */
static void
forbid_fsgid(void)
{
	forbid(SYS_setfsgid, 0, BPF_JEQ, 1234, SECCOMP_RET_ERRNO | EPERM);
}

static void
test_where_it_cannot_work_it_says_so_and_the_service_is_confined_all_the_same(void **state)
{
	static const struct {
		lab_prepare *prepare;
		const char *said;
	} rows[] = {
		{be_listened_to,
		 "cannot listen to a filter: Resource busy, somebody outside listens "
		 "to a filter already; the service is confined all the same\n"},
		{forbid_questions, "cannot listen to a filter: Permission denied; the service"},
		{forbid_listeners, "cannot listen to a filter: Invalid argument; the service"},
		{forbid_fsgid, "cannot read with the service's gid: Protocol error; the service"},
		{forbid_processes, "cannot start the explainer: Resource temporarily unavailable; "
				   "the service"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		start_prepared(&lab, rows[i].prepare, "-u 1234 --explain", "one");
		assert_int_equal(finish(&lab), 0);
		assert_string_equal(lab.text, "-1\n");
		assert_says(errors, rows[i].said);
		assert_null(strstr(errors, "stepdown: denied"));
		/* The whole profile, not only this call. */
		start_prepared(&other, rows[i].prepare, "-u 1234", "sweep");
		assert_int_equal(finish(&other), 0);
		start_prepared(&lab, rows[i].prepare, "-u 1234 --explain", "sweep");
		assert_int_equal(finish(&lab), 0);
		assert_string_equal(lab.text, other.text);
	}
}

/* The calls below return 0 and do nothing. */
static void
lie_about_the_trial(void)
{
	forbid(SYS_clone, 0, BPF_JEQ, CLONE_FILES | SIGCHLD, SECCOMP_RET_ERRNO);
}

static void
lie_about_listeners(void)
{
	forbid(SYS_seccomp, 1, BPF_JSET, SECCOMP_FILTER_FLAG_NEW_LISTENER, SECCOMP_RET_ERRNO);
}

static void
lie_about_ends(void)
{
	forbid(SYS_wait4, 2, BPF_JEQ, 0, SECCOMP_RET_ERRNO);
}

static void
test_no_lie_about_the_trial_costs_the_service_its_standard_streams(void **state)
{
	static const struct {
		lab_prepare *prepare;
		const char *said;
	} rows[] = {
		{lie_about_the_trial, "cannot listen to a filter: Protocol error"},
		{lie_about_listeners, "cannot listen to a filter: Protocol error"},
		{lie_about_ends, "cannot listen to a filter: Protocol error"},
	};
	static const char *const argv[] = {"build/stepdown",
					   "-u",
					   "1234:1234",
					   "--explain",
					   "build/tests/helpers/probe",
					   NULL};
	static struct outcome outcome;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t begun = lab_now();

		run_program(&(struct run){.argv = argv, .prepare = rows[i].prepare}, &outcome);
		assert_int_equal(outcome.status, 0);
		assert_says(outcome.err, rows[i].said);
		assert_string_equal(value_of(outcome.out, "descriptors"), "0,1,2");
		assert_string_equal(value_of(outcome.out, "seccomp"), "confined");
		/* Nobody waited for what was never there. */
		assert_true(lab_now() - begun < 15000);
	}
}

static long swept;
static int swept_error;

static void
forbid_swept(void)
{
	load_filter(0, (uint32_t)swept, SECCOMP_RET_ERRNO | (uint32_t)swept_error);
}

static void
forbid_own_table(void)
{
	forbid(SYS_close_range, 2, BPF_JEQ, 2 /* CLOSE_RANGE_UNSHARE */, SECCOMP_RET_ERRNO | EPERM);
}

/* Whichever call of the explainer's start fails: no service, or one that is confined. */
static void
test_no_call_that_fails_leads_to_less_confinement_or_to_waiting(void **state)
{
	static const long numbers[] = {
		SYS_clone,        SYS_futex,  SYS_mmap,   SYS_setresgid, SYS_getresgid,
		SYS_setfsgid,     SYS_capset, SYS_capget, SYS_prctl,     SYS_chdir,
		SYS_seccomp,      SYS_ioctl,  SYS_dup3,   SYS_close,     SYS_close_range,
		SYS_rt_sigaction, SYS_openat, SYS_kill,   SYS_waitid,    SYS_pread64,
		SYS_getppid,      SYS_getpid, SYS_write,  SYS_sendto,    SYS_rt_sigprocmask,
	};
	static const int failures[] = {EPERM, ENOSYS, EINVAL, EAGAIN};
	unsigned confined = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		for (size_t e = 0; e < sizeof(failures) / sizeof(failures[0]); e++) {
			swept = numbers[i];
			swept_error = failures[e];
			start_prepared(&lab, forbid_swept, "-u 1234 --explain", "canary");
			int status = finish(&lab);

			confined += !strcmp(lab.text, "-4001\n");
			if (lab.size > 0 && strcmp(lab.text, "-4001\n"))
				fail_msg("call %ld, errno %d: status %d, %s%s", swept, swept_error,
					 status, lab.text, errors);
		}
	assert_true(confined > 20);
	/* The explainer has to stay with the service's descriptors. */
	start_prepared(&lab, forbid_own_table, "-u 1234 --explain", "threads 4");
	assert_int_equal(finish(&lab), 0);
	assert_string_equal(lab.text, "other=0\n");
	assert_says(errors, "stepdown: denied: ");
}

/* As 5.9 would: neither the flag of 5.19 nor the request of 6.6. */
static void
be_older(void)
{
	forbid(SYS_seccomp, 1, BPF_JSET, SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
	       SECCOMP_RET_ERRNO | EINVAL);
	/* The only one of the listener's requests whose number has this bit. */
	forbid(SYS_ioctl, 1, BPF_JSET, 4, SECCOMP_RET_ERRNO | EINVAL);
}

static void
test_an_older_kernel_is_enough(void **state)
{
	(void)state;
	start_prepared(&lab, be_older, "-u 1234 --explain", "threads 8");
	assert_int_equal(finish(&lab), 0);
	assert_string_equal(lab.text, "other=0\n");
	assert_says(errors, "calls 1600, kinds 1,");
}

static void
deny_outside(void)
{
	load_filter(0, SYS_acct, SECCOMP_RET_ERRNO | EACCES);
}

static void
test_what_the_engine_denies_is_neither_seen_nor_counted(void **state)
{
	(void)state;
	start_prepared(&lab, deny_outside, "-u 1234 --explain", "one");
	assert_int_equal(finish(&lab), 0);
	assert_string_equal(lab.text, "-13\n");
	assert_says(errors, "calls 0, kinds 0,");
	assert_null(strstr(errors, "stepdown: denied: "));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_denial_is_one_line_with_all_there_is_to_say),
		cmocka_unit_test(test_the_line_that_is_named_names_the_call),
		cmocka_unit_test(test_json_has_the_same_facts),
		cmocka_unit_test(test_hostile_names_and_paths_leave_json_that_is_whole),
		cmocka_unit_test(test_the_service_gets_exactly_the_errno_that_it_would_have_got),
		cmocka_unit_test(test_a_profile_of_the_users_is_explained_as_it_is),
		cmocka_unit_test(test_nothing_waits_at_exec_where_every_call_is_denied),
		cmocka_unit_test(test_the_count_comes_at_the_end),
		cmocka_unit_test(test_a_million_denials_are_two_lines),
		cmocka_unit_test(test_many_threads_get_their_answers),
		cmocka_unit_test(test_a_storm_of_signals_does_not_keep_an_answer_back),
		cmocka_unit_test(test_a_full_log_stops_nobody),
		cmocka_unit_test(test_a_socket_is_a_log_too),
		cmocka_unit_test(test_lines_wait_for_room_in_the_log),
		cmocka_unit_test(test_without_its_explainer_a_denial_is_enosys_and_nobody_waits),
		cmocka_unit_test(test_a_stopped_explainer_does_not_keep_the_container_from_ending),
		cmocka_unit_test(test_the_service_can_neither_read_nor_limit_nor_rob_the_explainer),
		cmocka_unit_test(test_the_service_does_not_get_the_listener),
		cmocka_unit_test(test_the_service_keeps_the_descriptors_that_are_its_own),
		cmocka_unit_test(test_the_explainer_has_no_power),
		cmocka_unit_test(test_the_dry_run_says_it_and_the_service_is_the_same),
		cmocka_unit_test(test_it_works_for_an_ordinary_user),
		cmocka_unit_test(
			test_where_it_cannot_work_it_says_so_and_the_service_is_confined_all_the_same),
		cmocka_unit_test(
			test_no_lie_about_the_trial_costs_the_service_its_standard_streams),
		cmocka_unit_test(test_no_call_that_fails_leads_to_less_confinement_or_to_waiting),
		cmocka_unit_test(test_an_older_kernel_is_enough),
		cmocka_unit_test(test_what_the_engine_denies_is_neither_seen_nor_counted),
	};

	lab_need_root();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
