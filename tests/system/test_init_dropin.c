/* SPDX-License-Identifier: MIT */
/* Under a peer's name, side by side with the peer as the distribution ships it. */
#include "helpers/initlab.h"

#include <sys/stat.h>
#include <sys/xattr.h>

static struct lab lab;
static char folder[] = "/tmp/stepdown-peers-XXXXXX";

/* What one run gave. */
struct result {
	int status;
	char text[LAB_OUTPUT];
};

static void
need_peer(const char *path)
{
	if (access(path, X_OK) == 0)
		return;
	if (getenv("STEPDOWN_TESTS_MUST_RUN"))
		fail_msg("%s is not installed", path);
	print_message("skipped: %s is not installed\n", path);
	skip();
}

/* `words` after the program, split at blanks; "SERVICE" stands for the test's service. */
static void
start(const char *program, const char *words, bool own_namespace, lab_prepare *prepare)
{
	static char copy[1024];
	const char *arguments[LAB_ARGUMENTS] = {program};
	unsigned count = 1;

	snprintf(copy, sizeof(copy), "%s", words);
	for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
		arguments[count++] = strcmp(word, "SERVICE") ? word : lab_service();
	lab_exec(&lab, own_namespace, prepare, arguments);
}

static void
finish(struct result *result)
{
	result->status = lab_wait(&lab);
	lab_saw(&lab, "\n never \n");
	snprintf(result->text, sizeof(result->text), "%s", lab.text);
	lab_close(&lab);
}

/* The program of ours that bears this name. */
static const char *
ours(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static const char *
theirs(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), strcmp(name, "gosu") ? "/usr/bin/%s" : "/usr/sbin/%s", name);
	return path;
}

static void
compare(const char *name, const char *words, bool own_namespace, lab_prepare *prepare)
{
	static struct result our, their;

	start(theirs(name), words, own_namespace, prepare);
	finish(&their);
	start(ours(name), words, own_namespace, prepare);
	finish(&our);
	if (our.status != their.status || strcmp(our.text, their.text) != 0)
		fail_msg("%s %s: status %d and \"%s\", the peer's %d and \"%s\"", name, words,
			 our.status, our.text, their.status, their.text);
}

static void
compare_all(const char *name, const char *const *rows)
{
	need_peer(theirs(name));
	for (; *rows; rows++)
		compare(name, *rows, true, NULL);
}

static void
test_tini_exits_and_places_its_child_as_tini_does(void **unused)
{
	static const char *const rows[] = {"-- SERVICE exit 0",
					   "SERVICE exit 7",
					   "-- SERVICE die 15",
					   "-- SERVICE die 9",
					   "-e 143 -- SERVICE die 15",
					   "-e 143 -e 7 -- SERVICE exit 7",
					   "-e143 SERVICE die 15",
					   "-ge 7 SERVICE exit 7",
					   "-s -w SERVICE exit 3",
					   "-p SIGKILL -- SERVICE state",
					   "-- SERVICE state",
					   "-g -- SERVICE state",
					   "-- SERVICE leave-writer",
					   "-- SERVICE leave-obstinate 2",
					   "-- SERVICE echo 10",
					   "-g -- SERVICE echo 10",
					   "-- /nowhere/at/all",
					   "-- /etc/passwd",
					   "-- /etc",
					   "-x -- SERVICE exit 0",
					   "-e 256 -- SERVICE exit 0",
					   "-e x -- SERVICE exit 0",
					   "-p TERM -- SERVICE exit 0",
					   "-p SIGNONE -- SERVICE exit 0",
					   "--",
					   "-g",
					   "-e",
					   "SERVICE -- exit 6",
					   "SERVICE exit 7 -g",
					   "SERVICE -s exit 8",
					   "SERVICE exit -e 9 9",
					   "-s SERVICE -- exit 3 -- 4",
					   NULL};

	(void)unused;
	compare_all("tini", rows);
}

static void
test_dumb_init_exits_and_places_its_child_as_dumb_init_does(void **unused)
{
	static const char *const rows[] = {"SERVICE exit 0",
					   "-- SERVICE exit 7",
					   "SERVICE die 15",
					   "SERVICE die 9",
					   "SERVICE state",
					   "-c SERVICE state",
					   "--single-child -- SERVICE state",
					   "--sing SERVICE state",
					   "-v -c SERVICE exit 4",
					   "SERVICE leave-writer",
					   "-c SERVICE leave-writer",
					   "SERVICE leave-obstinate 2",
					   "SERVICE echo 10",
					   "-c SERVICE echo 10",
					   "/nowhere/at/all",
					   "/etc/passwd",
					   "/etc",
					   "-r 10:0 -r 12:10 SERVICE exit 1",
					   "--rewrite 10:0 SERVICE exit 1",
					   "--rewrite=10:0 SERVICE exit 1",
					   "-r10:0 SERVICE exit 1",
					   "-r 32:1 SERVICE exit 0",
					   "-r 1:32 SERVICE exit 0",
					   "-r 0:1 SERVICE exit 0",
					   "-r 1 SERVICE exit 0",
					   "-r x:1 SERVICE exit 0",
					   "-x SERVICE exit 0",
					   "--ver SERVICE exit 0",
					   "--unknown SERVICE exit 0",
					   "--",
					   "-c",
					   NULL};

	(void)unused;
	compare_all("dumb-init", rows);
}

static void
for_tini(void)
{
	setenv("TINI_KILL_PROCESS_GROUP", "", 1);
	setenv("TINI_SUBREAPER", "", 1);
	/* Its debug output, from 2 on, is not reproduced. */
	setenv("TINI_VERBOSITY", "0", 1);
}

static void
for_dumb_init(void)
{
	setenv("DUMB_INIT_SETSID", "0", 1);
	setenv("DUMB_INIT_DEBUG", "1", 1);
}

static void
test_their_variables_are_understood(void **unused)
{
	(void)unused;
	need_peer(theirs("tini"));
	need_peer(theirs("dumb-init"));
	compare("tini", "SERVICE state", true, for_tini);
	compare("tini", "SERVICE orphans 1000", true, for_tini);
	compare("dumb-init", "SERVICE state", true, for_dumb_init);
	compare("dumb-init", "SERVICE orphans 1000", true, for_dumb_init);
}

/* A real-time signal of its own for each, above those that the libc keeps. */
static int
mark_of(int signal)
{
	return signal == 31 ? 64 : 64 - signal;
}

/* Sends every standard signal and, after each, one that is forwarded last. */
static void
collect(const char *program, const char *words, uint64_t without, char *text, size_t room)
{
	start(program, words, true, NULL);
	lab_expect(&lab, "ready");
	for (int signal = 1; signal <= 31; signal++) {
		char mark[64];

		if (without >> signal & 1)
			continue;
		kill(lab.pid, signal);
		kill(lab.pid, mark_of(signal));
		snprintf(mark, sizeof(mark), "signal=%d ", mark_of(signal));
		lab_expect(&lab, mark);
	}
	kill(lab.pid, SIGTERM);
	assert_int_equal(lab_wait(&lab), 0);
	lab_saw(&lab, "\n never \n");
	snprintf(text, room, "%s", lab.text);
	lab_close(&lab);
}

static void
test_the_same_signals_reach_the_service(void **unused)
{
	static const struct {
		const char *name, *words;
	} rows[] = {
		{"tini", "-- SERVICE catch"},
		{"tini", "-g -- SERVICE catch"},
		{"dumb-init", "SERVICE catch"},
		{"dumb-init", "-c SERVICE catch"},
		{"dumb-init", "-r 1:2 -r 12:0 -r 28:10 SERVICE catch"},
	};
	static char our[LAB_OUTPUT], their[LAB_OUTPUT];

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		uint64_t without = UINT64_C(1) << SIGKILL | UINT64_C(1) << SIGSTOP |
				   UINT64_C(1) << SIGTERM | UINT64_C(1) << SIGCHLD;

		/* dumb-init makes STOP of these, which would be the end of the conversation. */
		if (strcmp(rows[i].name, "dumb-init") == 0)
			without |= UINT64_C(1) << SIGTSTP | UINT64_C(1) << SIGTTIN |
				   UINT64_C(1) << SIGTTOU;
		need_peer(theirs(rows[i].name));
		collect(theirs(rows[i].name), rows[i].words, without, their, sizeof(their));
		collect(ours(rows[i].name), rows[i].words, without, our, sizeof(our));
		if (strcmp(our, their) != 0)
			fail_msg("%s %s: \"%s\", the peer's \"%s\"", rows[i].name, rows[i].words,
				 our, their);
	}
}

static void
test_nothing_is_dropped_as_an_init(void **unused)
{
	static const char *const rows[] = {"-- grep -E ^(Uid|Gid|Cap|NoNew|Seccomp) "
					   "/proc/self/status",
					   NULL};

	(void)unused;
	compare_all("tini", rows);
	compare_all("dumb-init", rows);
}

/* But for the primary group, which gosu leaves out of the supplementary ones. */
static void
test_gosu_becomes_whom_gosu_becomes(void **unused)
{
	static const char *const rows[] = {
		"nobody id",
		"nobody:root id",
		"root id",
		"0:0 id",
		"1234:2345 id",
		"daemon id",
		"daemon:1 id",
		"nobody printenv HOME",
		"root printenv HOME",
		"1234:1 printenv HOME",
		"nobody printenv USER",
		"nobody grep -E ^(Uid|Gid|Cap|NoNew|Seccomp) /proc/self/status",
		"root grep -E ^(Uid|Gid|Cap|NoNew|Seccomp) /proc/self/status",
		"nobody SERVICE exit 9",
		"nosuchuser id",
		"nobody:nosuchgroup id",
		"nobody /nowhere/at/all",
		"nobody /etc/passwd",
		"nobody",
		NULL};

	(void)unused;
	need_peer(theirs("gosu"));
	for (const char *const *row = rows; *row; row++)
		compare("gosu", *row, false, NULL);
}

static void
test_su_exec_takes_the_same_words_and_no_wrapped_id(void **unused)
{
	static const struct {
		const char *words;
		int status;
		const char *text;
	} rows[] = {
		{"nobody id -u", 0, "65534\n"},
		{"nobody:root id -g", 0, "0\n"},
		{"root id -u", 0, "0\n"},
		{"4294967296 id -u", 1, ""},
		{"4294967295 id -u", 1, ""},
		{"-1 id -u", 1, ""},
		{"nosuchuser id -u", 1, ""},
		{"nobody", 0, "usage: su-exec USER[:GROUP] COMMAND [ARGUMENT...]\n"},
	};
	static struct result result;

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		start(ours("su-exec"), rows[i].words, false, NULL);
		finish(&result);
		if (result.status != rows[i].status || strcmp(result.text, rows[i].text) != 0)
			fail_msg("su-exec %s: %d, \"%s\"", rows[i].words, result.status,
				 result.text);
	}
}

/* The first thing that it says, to whatever stream. */
static void
assert_starts(const char *name, const char *words, lab_prepare *prepare, int status,
	      const char *out, const char *says)
{
	char errors[4096];

	start(ours(name), words, false, prepare);
	int got = lab_wait(&lab);

	lab_saw(&lab, "\n never \n");
	lab_read_errors(&lab, errors, sizeof(errors));
	lab_close(&lab);
	if (got != status || strcmp(lab.text, out) != 0 || !strstr(errors, says))
		fail_msg("%s %s: %d, \"%s\", %s", name, words, got, lab.text, errors);
}

static void
test_each_name_tells_its_version_and_whose_it_is(void **unused)
{
	static const struct {
		const char *name, *words;
	} rows[] = {{"tini", "--version"}, {"dumb-init", "-V"}, {"gosu", "-v"}};
	char expected[64];

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		start(ours(rows[i].name), rows[i].words, false, NULL);
		assert_int_equal(lab_wait(&lab), 0);
		snprintf(expected, sizeof(expected), "%s version ", rows[i].name);
		lab_saw(&lab, "\n never \n");
		assert_memory_equal(lab.text, expected, strlen(expected));
		assert_string_equal(lab.text + lab.size - strlen(" (stepdown)\n"), " (stepdown)\n");
		lab_close(&lab);
	}
}

static void
test_tini_says_who_is_reaped_and_that_it_is_not_pid_1(void **unused)
{
	(void)unused;
	assert_starts("tini", "-w -s SERVICE orphans 1", NULL, 0, "made=1\n",
		      "tini: reaped an orphan, pid ");
	assert_starts("tini", "SERVICE exit 3", NULL, 3, "",
		      "tini: this is not PID 1, and -s was not given: processes that lose their "
		      "parent are left to another one\n");
}

static void
without_power(void)
{
	if (setresgid(LAB_USER, LAB_USER, LAB_USER) || setresuid(LAB_USER, LAB_USER, LAB_USER))
		_exit(122);
}

/* Capabilities would outlive the change of ids: capabilities(7), SECBIT_NO_SETUID_FIXUP. */
static void
with_capabilities_that_stay(void)
{
	if (prctl(PR_SET_SECUREBITS, 1 << 2, 0, 0, 0))
		_exit(122);
}

static void
test_nothing_is_executed_as_a_user_whom_it_could_not_become(void **unused)
{
	static const char *const names[] = {"gosu", "su-exec"};

	(void)unused;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		assert_starts(names[i], "65534:65534 id", without_power, 1, "",
			      "cannot become 65534:65534: Operation not permitted\n");
		assert_starts(names[i], "65534:65534 id", with_capabilities_that_stay, 1, "",
			      "cannot become 65534:65534: the kernel shows another state than was "
			      "set\n");
	}
}

/* As a file with a set-uid bit of another user's is executed. */
static void
with_another_effective_uid(void)
{
	if (setresuid(0, LAB_USER, LAB_USER) != 0)
		_exit(122);
}

static void
test_a_file_with_a_set_uid_bit_becomes_nobody(void **unused)
{
	static const char *const names[] = {"gosu", "su-exec"};

	(void)unused;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		assert_starts(
			names[i], "nobody id", with_another_effective_uid, 125, "",
			": stepdown itself was started with a set-uid or set-gid bit or with file capabilities; remove them: chmod 0755, setcap -r\n");
}

/* Runs words[0] under the name `called`, as an ordinary user. Returns its status, with what it said
 * in `text`. */
static int
run_as_user(const char *called, const char *const *words, char *text, size_t size)
{
	size_t length = 0;
	ssize_t got;
	int ends[2];
	int status;

	assert_int_equal(pipe(ends), 0);
	pid_t child = fork();

	if (child == 0) {
		const char *arguments[8] = {called};

		for (int i = 1; words[i]; i++)
			arguments[i] = words[i];
		dup2(ends[1], 1);
		dup2(ends[1], 2);
		without_power();
		execv(words[0], (char *const *)arguments);
		_exit(121);
	}
	close(ends[1]);
	while ((got = read(ends[0], text + length, size - 1 - length)) > 0)
		length += (size_t)got;
	text[length] = '\0';
	close(ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* cap_setuid, permitted and effective: capabilities(7), "File capability extended attributes". */
static void
give_capability(const char *path)
{
	static const uint32_t value[] = {0x02000001, 1U << 7, 0, 0, 0};

	assert_int_equal(setxattr(path, "security.capability", value, sizeof(value), 0), 0);
}

/* Whoever may execute such a copy would have its power, under any name and with any option. */
static void
test_a_copy_with_power_of_its_own_is_refused_under_every_name(void **unused)
{
	static const char *const names[] = {"tini",    "tini-static", "dumb-init", "gosu",
					    "su-exec", "catatonit",   "stepdown",  "-sh"};
	static const struct {
		mode_t mode;
		bool capability;
	} kinds[] = {{04755, false}, {02755, false}, {06755, false}, {0755, true}};
	static const char *const first[] = {NULL, "--help", "--config", "root"};
	static char text[LAB_OUTPUT];
	char copy[128];
	char command[256];

	(void)unused;
	snprintf(copy, sizeof(copy), "%s/copy", folder);
	snprintf(command, sizeof(command), "cp %s %s", lab_program(), copy);
	assert_int_equal(system(command), 0);
	for (size_t k = 0; k < sizeof(kinds) / sizeof(*kinds); k++) {
		assert_int_equal(chmod(copy, kinds[k].mode), 0);
		if (kinds[k].capability)
			give_capability(copy);
		for (size_t i = 0; i < 4 * sizeof(names) / sizeof(*names); i++) {
			const char *words[6] = {copy};
			int count = 1;

			if (first[i % 4])
				words[count++] = first[i % 4];
			if (i % 4 == 2)
				words[count++] = "/etc/shadow";
			words[count++] = "/usr/bin/id";
			int status = run_as_user(names[i / 4], words, text, sizeof(text));

			if (status != 125 || !strstr(text, "set-uid") || strstr(text, "uid=") ||
			    strstr(text, "shadow"))
				fail_msg("a copy of mode %o as %s %s: status %d, \"%s\"",
					 (unsigned)kinds[k].mode, names[i / 4], words[1], status,
					 text);
		}
	}
	assert_int_equal(unlink(copy), 0);
}

static int
make_links(void **unused)
{
	static const char *const names[] = {"tini", "dumb-init", "gosu", "su-exec"};
	char *program = realpath(lab_program(), NULL);

	(void)unused;
	if (!program || !mkdtemp(folder) || chmod(folder, 0755) != 0)
		return -1;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (symlink(program, ours(names[i])) != 0)
			return -1;
	free(program);
	return 0;
}

static int
remove_links(void **unused)
{
	static const char *const names[] = {"tini", "dumb-init", "gosu", "su-exec"};

	(void)unused;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		unlink(ours(names[i]));
	return rmdir(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tini_exits_and_places_its_child_as_tini_does),
		cmocka_unit_test(test_dumb_init_exits_and_places_its_child_as_dumb_init_does),
		cmocka_unit_test(test_their_variables_are_understood),
		cmocka_unit_test(test_the_same_signals_reach_the_service),
		cmocka_unit_test(test_nothing_is_dropped_as_an_init),
		cmocka_unit_test(test_gosu_becomes_whom_gosu_becomes),
		cmocka_unit_test(test_su_exec_takes_the_same_words_and_no_wrapped_id),
		cmocka_unit_test(test_each_name_tells_its_version_and_whose_it_is),
		cmocka_unit_test(test_tini_says_who_is_reaped_and_that_it_is_not_pid_1),
		cmocka_unit_test(test_nothing_is_executed_as_a_user_whom_it_could_not_become),
		cmocka_unit_test(test_a_file_with_a_set_uid_bit_becomes_nobody),
		cmocka_unit_test(test_a_copy_with_power_of_its_own_is_refused_under_every_name),
	};

	lab_need_root();
	return cmocka_run_group_tests(tests, make_links, remove_links);
}
