/* SPDX-License-Identifier: MIT */
/*
 * stepdown-kit learn on real work: nothing is missed, and what it writes holds
 */
#include "helpers/compat.h"
#include "learning.h"

#include <signal.h>

#define SHELL_WORK                                                                                 \
	"ls /usr >/dev/null; cat /etc/passwd | sort | uniq -c | wc -l >/dev/null; "                \
	"for i in 1 2 3; do date; done >/dev/null; (cd /tmp; find . -maxdepth 1 >/dev/null "       \
	"2>&1); "                                                                                  \
	"(exec env -i /bin/echo hello) >/dev/null; kill -0 $$; sleep 0.01 & wait; "                \
	"tr a b </etc/passwd | head -n 1 >/dev/null; echo done"
#define PYTHON_WORK                                                                                \
	"import threading, subprocess, socket, multiprocessing, os, signal, select, tempfile\n"    \
	"s = socket.create_server(('127.0.0.1', 0))\n"                                             \
	"def serve():\n"                                                                           \
	"    c = s.accept()[0]; c.sendall(c.recv(9)); c.close()\n"                                 \
	"ts = [threading.Thread(target=serve)] + [threading.Thread(target=sum, args=(range(9),))"  \
	" for i in range(4)]\n"                                                                    \
	"[t.start() for t in ts]\n"                                                                \
	"c = socket.create_connection(s.getsockname()); c.sendall(b'hi'); assert c.recv(9)\n"      \
	"[t.join() for t in ts]\n"                                                                 \
	"assert subprocess.run(['true']).returncode == 0\n"                                        \
	"p = multiprocessing.Process(target=os.getpid); p.start(); p.join()\n"                     \
	"assert p.exitcode == 0\n"                                                                 \
	"a, b = os.pipe(); e = select.epoll(); e.register(a); e.poll(0)\n"                         \
	"tempfile.TemporaryFile().truncate(5)\n"                                                   \
	"print('done')\n"
#define GO_WORK                                                                                    \
	"package main\n"                                                                           \
	"import (\"fmt\"; \"net\"; \"os/exec\"; \"runtime\"; \"sync\"; \"time\")\n"                \
	"func main() {\n"                                                                          \
	"	var all sync.WaitGroup\n"                                                                \
	"	for i := 0; i < 8; i++ {\n"                                                              \
	"		all.Add(1)\n"                                                                           \
	"		go func() { defer all.Done(); n := 0\n"                                                 \
	"			for end := time.Now().Add(30 * time.Millisecond); "                                    \
	"time.Now().Before(end); { n++ }\n"                                                        \
	"			runtime.Gosched() }()\n"                                                               \
	"	}\n"                                                                                     \
	"	all.Wait()\n"                                                                            \
	"	l, e := net.Listen(\"tcp\", \"127.0.0.1:0\")\n"                                          \
	"	if e != nil { panic(e) }\n"                                                              \
	"	go func() { c, _ := l.Accept(); c.Write([]byte(\"x\")); c.Close() }()\n"                 \
	"	c, e := net.Dial(\"tcp\", l.Addr().String())\n"                                          \
	"	if e != nil { panic(e) }\n"                                                              \
	"	c.Read(make([]byte, 1))\n"                                                               \
	"	if exec.Command(\"true\").Run() != nil { panic(1) }\n"                                   \
	"	net.LookupHost(\"localhost\")\n"                                                         \
	"	fmt.Println(\"done\")\n"                                                                 \
	"}\n"

/*
 * Both watch the same run, so that chance is the same to both. The first process is the kit, the
 * first execve is its own, the second stepdown's, the third the service's. exit and exit_group are
 * in every profile, and not notified. What is printed was seen by one of them alone.
 */
static const char strace_names[] =
	"awk 'NR == 1 { kit = $1 } / execve\\(/ { n++ } n >= 3 && $1 != kit' $0/strace | sed -n "
	"'s/^[0-9]* *\\([a-z_0-9]*\\)(.*/\\1/p; s/^.*<\\.\\.\\. \\([a-z_0-9]*\\) resumed.*/\\1/p' "
	"| "
	"sort -u | grep -vx -e execve -e exit -e exit_group >$0/strace.names; "
	"sed -n 's/^call [^ ]* \\([^ ]*\\) .*/\\1/p' $0/record | sort -u | grep -vx execve "
	">$0/learn.names; "
	"test $(wc -l <$0/strace.names) -gt 10 && comm -3 $0/strace.names $0/learn.names";

struct work_row {
	const char *name;
	const char *words[4];
	bool go;
};

static const struct work_row work[] = {
	{"a shell with many processes", {"sh", "-c", SHELL_WORK}, false},
	{"threads and processes of python", {"python3", "-c", PYTHON_WORK}, false},
	{"goroutines, which signal each other", {"service.go"}, true},
};
enum { WORK = sizeof(work) / sizeof(work[0]) };

/* The words of a row; NULL where its program is not here. */
static const char *const *
words_of(const struct work_row *row)
{
	static const char *words[2];
	static char program[PATH_SIZE];

	if (!row->go) {
		run("sh", "-c", "PATH=/usr/bin:/bin; command -v $0", row->words[0]);
		return outcome.status == 0 ? row->words : NULL;
	}
	snprintf(program, sizeof(program), "%s", in_folder("go_service"));
	words[0] = program;
	if (access(program, X_OK) == 0)
		return words;
	FILE *file = fopen(in_folder("service.go"), "w");
	fputs(GO_WORK, file);
	fclose(file);
	run("sh", "-c",
	    "command -v go >/dev/null || exit 77; cd $0 && HOME=$0 GOFLAGS=-p=1 GO111MODULE=off "
	    "CGO_ENABLED=0 go build -o go_service service.go && chmod 755 go_service",
	    folder);
	if (outcome.status == 77)
		return NULL;
	assert_status(0);
	return words;
}

static bool
skip_row(const struct work_row *row)
{
	print_message("%s: its program is not installed\n", row->name);
	if (getenv("STEPDOWN_TESTS_MUST_RUN"))
		fail_msg("every test has to run");
	return true;
}

/* A program, its options, and the words of a row. */
static void
run_row(const char *const *before, const char *const *words)
{
	const char *all[WORDS_MOST] = {0};
	size_t count = 0;

	for (; *before; before++)
		all[count++] = *before;
	for (; *words; words++)
		all[count++] = *words;
	run_list(all);
}

#define before(...) ((const char *const[]){__VA_ARGS__, NULL})

static void
test_nothing_is_missed_that_strace_sees(void **state)
{
	(void)state;
	for (size_t i = 0; i < WORK; i++) {
		const char *const *words = words_of(&work[i]);

		if (!words && skip_row(&work[i]))
			continue;
		run_row(before("strace", "-f", "-o", in_folder("strace"), "build/stepdown-kit",
			       "learn", "--record", in_folder("record"), "--user", "4321", "--"),
			words);
		assert_status(0);
		assert_string_equal(outcome.out, "done\n");
		run("sh", "-c", strace_names, folder);
		if (outcome.status != 0 || outcome.out[0])
			fail_msg("%s: strace alone saw what stands to the left, learn alone the "
				 "rest:\n%s",
				 work[i].name, outcome.out);
	}
}

static void
test_a_learned_profile_compiles_and_holds(void **state)
{
	(void)state;
	for (size_t i = 0; i < WORK; i++) {
		const char *const *words = words_of(&work[i]);

		if (!words && skip_row(&work[i]))
			continue;
		run_row(before("build/stepdown-kit", "learn", "-q", "-o", in_folder("own.json"),
			       "--user", "4321", "--"),
			words);
		assert_status(0);
		/* A scheduler does not do the same each time. */
		for (int times = 0; times < 3; times++) {
			run_row(before("build/stepdown-kit", "learn", "-q", "-o",
				       in_folder("own.json"), "--merge", in_folder("own.json"),
				       "--user", "4321", "--"),
				words);
			assert_status(0);
		}
		run("build/stepdown-kit", "compile", in_folder("own.json"), "-o",
		    in_folder("own.filter"));
		assert_status(0);
		assert_string_equal(outcome.err, "");
		for (int times = 0; times < 5; times++) {
			run_row(before("build/stepdown", "--seccomp", in_folder("own.filter"),
				       "--user", "4321", "--"),
				words);
			assert_status(0);
			assert_string_equal(outcome.out, "done\n");
		}
	}
}

static void
test_what_was_not_learned_is_denied(void **state)
{
	(void)state;
	learn(in_folder("small.json"), in_folder("record"), "cat", "/etc/hostname");
	assert_status(0);
	run("build/stepdown-kit", "compile", in_folder("small.json"), "-o",
	    in_folder("small.filter"));
	assert_status(0);
	run("build/stepdown", "--seccomp", in_folder("small.filter"), "--user", "4321", "--", "cat",
	    "/etc/hostname");
	assert_status(0);
	run("build/stepdown", "--seccomp", in_folder("small.filter"), "--user", "4321", "--",
	    "mkdir", in_folder("open/denied"));
	assert_int_equal(outcome.status, 1);
	assert_says(outcome.err, "Operation not permitted");
}

/* With the same options; what differs is how it is watched, and by whom. */
static void
test_the_service_is_what_stepdown_would_make_of_it(void **state)
{
	static const char script[] =
		"cp build/tests/helpers/probe $0/probe && chmod 755 $0/probe || exit 9; as() { "
		"rm -rf $0/made; \"$@\" --user 4321:99 --group-add 7 --env A=b --unset-env "
		"HOSTNAME "
		"--mkdir $0/made:0700 --workdir $0/made --umask 027 --ulimit nofile=100:200 "
		"--keep-cap net_raw --landlock best-effort --fs-rw $0 --fs-exec / -- $0/probe "
		">$0/all && stat -c '%a %u "
		"%g' "
		"$0/made && grep -vE '^(seccomp[.]|parent|p?pid=|env._=)' $0/all; }; "
		"as build/stepdown --seccomp off --init never >$0/wanted && "
		"as build/stepdown-kit learn -q -o $0/x.json >$0/got && "
		"grep -qx 'umask=0027' $0/got && grep -qx '700 4321 99' $0/got && "
		"diff $0/wanted $0/got";

	(void)state;
	run("sh", "-c", script, folder);
	if (outcome.status)
		fail_msg("%s%s", outcome.out, outcome.err);
}

/* What stepdown does as root must not enter the profile of the service. */
static void
test_calls_of_stepdown_are_not_learned(void **state)
{
	static const char *const roots[] = {"setresuid", "setresgid",   "setgroups", "capset",
					    "prctl",     "close_range", "getresuid"};

	(void)state;
	learn(in_folder("small.json"), in_folder("record"), in_folder("service"), "calls", "1");
	assert_status(0);
	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
		char line[PATH_SIZE];

		snprintf(line, sizeof(line), " %s ", roots[i]);
		assert_file_lacks(in_folder("record"), line);
	}
	assert_file_says(in_folder("record"), " getppid 1 start 0\n");
}

static void
test_arguments_that_matter_become_conditions(void **state)
{
	static const struct {
		const char *comment;
		const char *conditions;
	} rows[] = {
		{"socket(AF_INET, SOCK_STREAM); by",
		 "[\n\t\t\t\t{ \"index\": 0, \"value\": 4294967295, \"valueTwo\": 2, \"op\": "
		 "\"SCMP_CMP_MASKED_EQ\" },\n\t\t\t\t{ \"index\": 1, \"value\": 15, "
		 "\"valueTwo\": 1,"},
		{"socket(AF_UNIX, SOCK_DGRAM); by",
		 "{ \"index\": 1, \"value\": 15, \"valueTwo\": 2,"},
		{"socket(AF_NETLINK, NETLINK_GENERIC); by",
		 "{ \"index\": 2, \"value\": 4294967295, \"valueTwo\": 16,"},
		{"ioctl(TIOCGPGRP); by",
		 "{ \"index\": 1, \"value\": 4294967295, \"valueTwo\": 21519,"},
		{"prctl(PR_SET_NAME); by",
		 "{ \"index\": 0, \"value\": 4294967295, \"valueTwo\": 15,"},
		{"personality(4294967295); by",
		 "{ \"index\": 0, \"value\": 4294967295, \"valueTwo\": 4294967295,"},
		{"unshare(CLONE_FILES); by",
		 "{ \"index\": 0, \"value\": 18446744073709551615, \"valueTwo\": 1024,"},
	};

	(void)state;
	learn(in_folder("arguments.json"), in_folder("record"), in_folder("service"), "arguments");
	assert_status(0);
	const char *text = file_text(in_folder("arguments.json"));

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *rule = strstr(text, rows[i].comment);

		if (!rule)
			fail_msg("no rule for %s:\n%s", rows[i].comment, text);
		const char *found = strstr(rule, rows[i].conditions);
		const char *end = strstr(rule, "\n\t\t}");
		if (!found || found > end)
			fail_msg("%s: not %s in\n%s", rows[i].comment, rows[i].conditions, rule);
	}
	/* Another family, and another type, are denied. */
	run("build/stepdown-kit", "show", in_folder("arguments.json"));
	assert_status(0);
	assert_says(outcome.out, "socket");
}

static void
test_comments_name_the_program_that_made_the_calls(void **state)
{
	(void)state;
	learn(in_folder("who.json"), in_folder("record"), "sh", "-c",
	      "true; /bin/mkdir $0; /bin/rmdir $0", in_folder("open/who"));
	assert_status(0);
	run("sh", "-c",
	    "grep -A1 '\"By [^ ]*/mkdir.\"' $0/who.json | grep -qE '\"mkdir(at)?\"' && "
	    "grep -A1 '\"By [^ ]*/rmdir.\"' $0/who.json | grep -qE '\"(rmdir|unlinkat)\"'",
	    folder);
	assert_status(0);
}

static void
test_calls_of_the_start_up_alone_are_named(void **state)
{
	(void)state;
	learn(in_folder("phases.json"), in_folder("record"), in_folder("service"), "phases");
	assert_status(0);
	const char *line = strstr(outcome.err, "seen at start-up only: ");

	assert_non_null(line);
	assert_says(line, " getpriority");
	assert_null(strstr(line, " getsid"));
	assert_null(strstr(line, " poll"));
	assert_file_says(in_folder("record"), " getpriority 1 start 0\n");
	assert_file_says(in_folder("record"), " getsid 1 later 0\n");
	run("grep", "-A1", "at start-up only", in_folder("phases.json"));
	assert_says(outcome.out, "getpriority");
	assert_null(strstr(outcome.out, "getsid"));
	/* What a shell did before it became the service is its start-up. */
	learn(in_folder("phases.json"), in_folder("record"), "sh", "-c",
	      "sleep 0.01; exec $0 calls 5", in_folder("service"));
	assert_status(0);
	assert_says(outcome.err, "never waited for work");
	run("grep", "-q", "^call [^ ]* wait4 [0-9]* start ", in_folder("record"));
	assert_status(0);
}

static void
test_merge_adds_the_findings_of_several_runs(void **state)
{
	(void)state;
	learn(in_folder("one.json"), in_folder("record"), in_folder("service"), "phases");
	assert_status(0);
	learn(in_folder("two.json"), in_folder("record"), in_folder("service"), "arguments");
	assert_status(0);
	run("build/stepdown-kit", "learn", "-q", "-o", in_folder("all.json"), "--merge",
	    in_folder("one.json"), "--merge", in_folder("two.json"), "--user", "4321", "--",
	    in_folder("service"), "calls", "3");
	assert_status(0);
	assert_file_says(in_folder("all.json"), "\"getpriority\"");
	assert_file_says(in_folder("all.json"), "socket(AF_NETLINK, NETLINK_GENERIC)");
	assert_file_lacks(in_folder("one.json"), "socket(");
	/* Nothing is said twice, and a second time adds nothing. */
	run("build/stepdown-kit", "learn", "-q", "-o", in_folder("again.json"), "--merge",
	    in_folder("all.json"), "--merge", in_folder("one.json"), "--user", "4321", "--",
	    in_folder("service"), "phases");
	assert_status(0);
	run("cmp", in_folder("all.json"), in_folder("again.json"));
	assert_status(0);
	static const char *const works[] = {"phases", "arguments", "calls"};

	for (size_t i = 0; i < 3; i++) {
		run("build/stepdown-kit", "check", in_folder("all.json"), "--user", "4321", "--",
		    in_folder("service"), works[i], "1");
		assert_status(0);
	}
}

static void
test_base_is_kept_and_added_to(void **state)
{
	(void)state;
	run("build/stepdown-kit", "learn", "-q", "-o", in_folder("based.json"), "--base", "strict",
	    "--user", "4321", "--", in_folder("service"), "arguments");
	assert_status(0);
	run("build/stepdown-kit", "show", "src/profiles/strict.json", in_folder("based.json"));
	assert_int_equal(outcome.status, 1);
	assert_says(outcome.out, "unshare");
	/* strict allows these already, so there is no rule for them. */
	assert_file_lacks(in_folder("based.json"), "socket(AF_INET");
	assert_file_says(in_folder("based.json"), "socket(AF_NETLINK, NETLINK_GENERIC)");
	/* Nothing new under default, but what it denies on purpose. */
	run("build/stepdown-kit", "learn", "-q", "-o", in_folder("based.json"), "--base", "default",
	    "--user", "4321", "--", "sh", "-c", SHELL_WORK);
	assert_status(0);
	run("build/stepdown-kit", "show", "src/profiles/default.json", in_folder("based.json"));
	assert_status(0);
	run("build/stepdown-kit", "learn", "-o", in_folder("based.json"), "--base", "no-such-file",
	    "--user", "4321", "--", "true");
	assert_int_equal(outcome.status, 125);
	assert_says(outcome.err, "no-such-file");
}

static void
write_text(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

/* A profile that says of getpriority what `rule` does where its first argument is `value`. */
#define ABOUT_ONE_KIND(rule, value)                                                                \
	"{ \"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [ { \"names\": [ "                 \
	"\"getpriority\" ], " rule ", \"args\": [ { \"index\": 0, \"value\": " value ", \"op\": "  \
	"\"SCMP_CMP_EQ\" } ] } ] }"

/* The first call of two passes what learning starts from, the second does not. */
static void
test_conditions_of_a_base_are_asked_of_every_call(void **state)
{
	static const char *const options[] = {"--base", "--merge"};

	(void)state;
	write_text(in_folder("first.json"), ABOUT_ONE_KIND("\"action\": \"SCMP_ACT_ALLOW\"", "0"));
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		run("build/stepdown-kit", "learn", "-o", in_folder("kinds.json"), options[i],
		    in_folder("first.json"), "--user", "4321", "--", in_folder("service"), "kinds");
		assert_status(0);
		/* Two kinds to the profile, and one to the reader. */
		assert_says(outcome.err, " getpriority\n");
		assert_null(strstr(outcome.err, "getpriority getpriority"));
		run("build/stepdown-kit", "check", in_folder("kinds.json"), "--user", "4321", "--",
		    in_folder("service"), "kinds");
		assert_status(0);
	}
	/* A rule for the call would lift this one, whichever of its arguments were seen. */
	static const char *const values[] = {"2", "1"};

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		char text[512];

		snprintf(text, sizeof(text), ABOUT_ONE_KIND("\"action\": \"SCMP_ACT_KILL\"", "%s"),
			 values[i]);
		write_text(in_folder("first.json"), text);
		unlink(in_folder("kinds.json"));
		run("build/stepdown-kit", "learn", "-q", "-o", in_folder("kinds.json"), "--base",
		    in_folder("first.json"), "--user", "4321", "--", in_folder("service"), "kinds");
		assert_status(125);
		assert_says(outcome.err, "getpriority was seen");
		assert_int_not_equal(access(in_folder("kinds.json"), F_OK), 0);
	}
}

/* clone3 hides its flags: it is answered as it will be later, and what comes instead is learned. */
static void
test_threads_are_learned_as_clone(void **state)
{
	(void)state;
	learn(in_folder("thread.json"), in_folder("record"), "python3", "-c",
	      /* Not every machine's C library tries it before clone: 435 is clone3 on all of them.
	       */
	      "import ctypes, threading; ctypes.CDLL(None).syscall(435, 0, 0); "
	      "t = threading.Thread(target=print, args=('done',)); t.start(); t.join()");
	assert_status(0);
	assert_string_equal(outcome.out, "done\n");
	assert_file_says(in_folder("record"), " clone3 ");
	assert_file_says(in_folder("record"), " clone 1 ");
	assert_file_says(in_folder("thread.json"),
			 "clone with no new namespaces, seen with CLONE_VM|");
}

/* A service that does nothing at all leaves a profile with which any program can start. */
static void
test_what_a_c_library_needs_is_never_missing(void **state)
{
	(void)state;
	learn(in_folder("least.json"), in_folder("record"), in_folder("service"), "calls", "1");
	assert_status(0);
	run("build/stepdown-kit", "compile", in_folder("least.json"), "-o",
	    in_folder("least.filter"));
	assert_status(0);
	run("build/stepdown", "--seccomp", in_folder("least.filter"), "--user", "4321", "--", "cat",
	    "/etc/hostname");
	assert_int_equal(outcome.status, 0);
	run("build/stepdown", "--seccomp", in_folder("least.filter"), "--user", "4321", "--", "sh",
	    "-c", "echo started");
	assert_string_equal(outcome.out, "started\n");
	/* musl's abort makes another call than glibc's. */
	run("build/stepdown", "--seccomp", in_folder("least.filter"), "--user", "4321", "--",
	    in_folder("service"), "abort");
	assert_status(128 + SIGABRT);
}

static void
test_files_are_recorded_with_their_paths(void **state)
{
	(void)state;
	learn(in_folder("files.json"), in_folder("record"), in_folder("service"), "open",
	      "/etc/passwd");
	assert_status(0);
	assert_file_says(in_folder("record"), "\nfile read /etc/passwd\n");
	assert_file_says(in_folder("record"), "\nfile look /etc\n");
	assert_file_says(in_folder("record"), "\nfile look /etc/hostname\n");
	assert_file_says(in_folder("record"), "\nfile look /usr/lib\n");
	assert_file_says(in_folder("record"), "\nunread 0\n");
	assert_file_says(in_folder("record"), "/service\nfile");
	learn(in_folder("files.json"), in_folder("record"), in_folder("service"), "edge");
	assert_status(0);
	assert_file_says(in_folder("record"), "\nfile read /etc/hostname\n");
	learn(in_folder("files.json"), in_folder("record"), "sh", "-c", "echo x >$0; exec cat $0",
	      in_folder("open/a file\n\\"));
	assert_status(0);
	assert_file_says(in_folder("record"), "/open/a file\\x0a\\x5c\n");
	assert_file_says(in_folder("record"), "\nfile write /tmp/");
	assert_file_says(in_folder("record"), "bin/cat\n");
}

/* Without CAP_SYS_PTRACE, which a container does not have: root takes the service's ids to look. */
static void
test_root_of_a_container_reads_paths_too(void **state)
{
	(void)state;
	run("setpriv", "--bounding-set",
	    "-all,+chown,+dac_override,+fowner,+fsetid,+kill,+setgid,+setuid,+setpcap",
	    "--inh-caps", "-all", "build/stepdown-kit", "learn", "--record", in_folder("record"),
	    "--user", "4321", "--", in_folder("service"), "open", "/etc/passwd");
	assert_status(0);
	assert_file_says(in_folder("record"), "\nfile read /etc/passwd\n");
	assert_file_says(in_folder("record"), "\nunread 0\n");
}

static void
test_an_ordinary_user_can_learn(void **state)
{
	(void)state;
	run("setpriv", "--reuid=4321", "--regid=4321", "--clear-groups", "build/stepdown-kit",
	    "learn", "-o", in_folder("open/user.json"), "--record", in_folder("open/record"), "--",
	    in_folder("service"), "open", "/etc/passwd");
	assert_status(0);
	assert_file_says(in_folder("open/record"), "\nfile read /etc/passwd\n");
	assert_file_says(in_folder("open/user.json"), "\"faccessat\"");
}

static void
test_calls_of_32_bit_programs_are_learned(void **state)
{
	(void)state;
#ifdef __x86_64__
	run("build/stepdown", "--seccomp", "off", "--user", "4321", "--", in_folder("service"),
	    "narrow");
	if (!compat_has_calls()) {
		assert_status(128 + SIGSEGV);
		return;
	}
	assert_status(0);
	learn(in_folder("narrow.json"), in_folder("record"), in_folder("service"), "narrow");
	assert_status(0);
	assert_says(outcome.err, "--seccomp-compat");
	assert_file_says(in_folder("record"), "\ncall i386 getpid 1 ");
	assert_file_says(in_folder("narrow.json"), "\"subArchitectures\": [ \"SCMP_ARCH_X86\" ]");
	run("build/stepdown-kit", "compile", in_folder("narrow.json"), "-o",
	    in_folder("narrow.filter"));
	assert_status(0);
	run("build/stepdown", "--seccomp", in_folder("narrow.filter"), "--seccomp-compat", "--user",
	    "4321", "--", in_folder("service"), "narrow");
	assert_status(0);
#endif
}

static void
test_a_service_that_does_not_start_leaves_no_profile(void **state)
{
	FILE *fake = fopen(in_folder("stepdown"), "w");

	(void)state;
	/* Its exec fails after the fact, and it goes on by itself. */
	fputs("#!/bin/sh\n/bin/true; exec /no/such/file\n", fake);
	fclose(fake);
	run("chmod", "755", in_folder("stepdown"));
	run("build/stepdown-kit", "learn", "-o", in_folder("none.json"), "--stepdown",
	    in_folder("stepdown"), "--user", "4321", "--", "true");
	assert_int_equal(outcome.status, 125);
	assert_int_not_equal(access(in_folder("none.json"), F_OK), 0);
	run("sh", "-c", "echo text >$0 && chmod 755 $0", in_folder("text"));
	run("build/stepdown-kit", "learn", "-o", in_folder("none.json"), "--stepdown",
	    in_folder("text"), "--user", "4321", "--", "true");
	assert_int_equal(outcome.status, 125);
	assert_says(outcome.err, "/text: Exec format error\n");
	run("build/stepdown-kit", "learn", "-o", in_folder("none.json"), "--user", "4321", "--",
	    "no-such-command");
	assert_int_equal(outcome.status, 125);
	assert_says(outcome.err, "stepdown did not start the service (status 127)");
	assert_int_not_equal(access(in_folder("none.json"), F_OK), 0);
	run("build/stepdown-kit", "learn", "-o", "/no/such/folder/x.json", "--user", "4321", "--",
	    in_folder("service"), "kill-parent");
	assert_int_equal(outcome.status, 125);
	assert_string_equal(outcome.out, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_is_missed_that_strace_sees),
		cmocka_unit_test(test_a_learned_profile_compiles_and_holds),
		cmocka_unit_test(test_what_was_not_learned_is_denied),
		cmocka_unit_test(test_the_service_is_what_stepdown_would_make_of_it),
		cmocka_unit_test(test_calls_of_stepdown_are_not_learned),
		cmocka_unit_test(test_arguments_that_matter_become_conditions),
		cmocka_unit_test(test_comments_name_the_program_that_made_the_calls),
		cmocka_unit_test(test_calls_of_the_start_up_alone_are_named),
		cmocka_unit_test(test_merge_adds_the_findings_of_several_runs),
		cmocka_unit_test(test_base_is_kept_and_added_to),
		cmocka_unit_test(test_conditions_of_a_base_are_asked_of_every_call),
		cmocka_unit_test(test_threads_are_learned_as_clone),
		cmocka_unit_test(test_what_a_c_library_needs_is_never_missing),
		cmocka_unit_test(test_files_are_recorded_with_their_paths),
		cmocka_unit_test(test_root_of_a_container_reads_paths_too),
		cmocka_unit_test(test_an_ordinary_user_can_learn),
		cmocka_unit_test(test_calls_of_32_bit_programs_are_learned),
		cmocka_unit_test(test_a_service_that_does_not_start_leaves_no_profile),
	};

	return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
