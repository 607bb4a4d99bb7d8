/* SPDX-License-Identifier: MIT */
/*
 * What the reader child can still do, seen from outside while it opens its first file; and a child
 * that lies, dies or never ends. Needs root.
 */
#include "setup/certs_child.h"
#include "setup/certs_reader.h"

#include "certs_trial.h"

#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <sys/fanotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>

enum { WAIT = 60000 /* milliseconds that nothing here takes on any machine */ };

/* What a process that calls certs_read ends with. */
enum { READ_WELL = 0, REFUSED = 10, SLOW = 11, DIED = 12 };

static int
read_and_report(const struct certs_request *request)
{
	struct certs_answer answer;
	struct refusal why;

	if (certs_read(request, &answer, &why) == 0)
		return READ_WELL;
	if (strstr(why.text, "in time") != NULL)
		return SLOW;
	return strstr(why.text, "died of signal 15") != NULL ? DIED : REFUSED;
}

/*
 * The kernel holds whoever opens the watched file until we have answered: the one moment in which
 * the child can be looked at that does not depend on luck.
 */
struct watch {
	struct trial trial;
	int events;
	pid_t parent; /* the process that called certs_read */
	pid_t child;  /* its reader, held */
	int held;     /* the event's descriptor */
};

static bool
watch_begin(struct watch *watch, unsigned deadline, bool change_ids)
{
	struct fanotify_event_metadata event;
	struct pollfd wait;

	trial_need_root();
	trial_begin(&watch->trial);
	trial_write_bundle(&watch->trial, "ca.pem", 1, 1);
	trial_ask(&watch->trial, "ca.pem", CERTS_FILE);
	watch->trial.request.deadline = deadline;
	if (!change_ids)
		watch->trial.request.drop.parts &= ~(unsigned)(DROP_GROUPS | DROP_GID | DROP_UID);
	watch->events = fanotify_init(FAN_CLASS_CONTENT | FAN_CLOEXEC, O_RDONLY | O_CLOEXEC);
	assert_true(watch->events >= 0);
	assert_int_equal(fanotify_mark(watch->events, FAN_MARK_ADD, FAN_OPEN_PERM, AT_FDCWD,
				       trial_path(&watch->trial, "ca.pem")),
			 0);
	watch->parent = fork();
	assert_true(watch->parent >= 0);
	if (watch->parent == 0) {
		if (!change_ids && (setgroups(2, watch->trial.groups) != 0 ||
				    setgid(SERVICE_GID) != 0 || setuid(SERVICE_UID) != 0))
			_exit(120);
		/* A change of ids takes this away by itself, but one who starts as he is has it. */
		prctl(PR_SET_DUMPABLE, change_ids ? 0L : 1L, 0L, 0L, 0L);
		_exit(read_and_report(&watch->trial.request));
	}
	wait = (struct pollfd){.fd = watch->events, .events = POLLIN};
	if (poll(&wait, 1, (int)deadline) != 1)
		return false;
	assert_int_equal(read(watch->events, &event, sizeof(event)), sizeof(event));
	watch->child = event.pid;
	watch->held = event.fd;
	assert_int_not_equal(watch->child, watch->parent);
	return true;
}

static void
watch_release(struct watch *watch)
{
	struct fanotify_response response = {.fd = watch->held, .response = FAN_ALLOW};

	assert_int_equal(write(watch->events, &response, sizeof(response)), sizeof(response));
}

static int
watch_end(struct watch *watch)
{
	int status = -1;

	assert_int_equal(waitpid(watch->parent, &status, 0), watch->parent);
	close(watch->held);
	close(watch->events);
	trial_end(&watch->trial);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* The value of a line of /proc/PID/status, without the blanks around it. */
static void
read_status(pid_t pid, const char *name, char *value, size_t size)
{
	char path[64], line[1024];

	value[0] = '\0';
	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	FILE *status = fopen(path, "re");
	assert_non_null(status);
	while (fgets(line, sizeof(line), status) != NULL) {
		size_t length = strlen(name);

		if (strncmp(line, name, length) != 0 || line[length] != ':')
			continue;
		const char *start = line + length + 1 + strspn(line + length + 1, " \t");
		snprintf(value, size, "%.*s", (int)strcspn(start, "\n"), start);
		for (size_t end = strlen(value); end > 0 && value[end - 1] == ' '; end--)
			value[end - 1] = '\0';
	}
	fclose(status);
}

static const struct {
	const char *name;
	const char *value;
} powerless[] = {
	{"Uid", "41000\t41000\t41000\t41000"},
	{"Gid", "41001\t41001\t41001\t41001"},
	{"Groups", "41001 41002"},
	{"CapInh", "0000000000000000"},
	{"CapPrm", "0000000000000000"},
	{"CapEff", "0000000000000000"},
	{"CapAmb", "0000000000000000"},
	{"NoNewPrivs", "1"},
	{"Seccomp", "2"},
};

static void
check_powerless(const struct watch *watch)
{
	struct stat owner;
	char value[256], path[64];

	for (size_t i = 0; i < sizeof(powerless) / sizeof(powerless[0]); i++) {
		read_status(watch->child, powerless[i].name, value, sizeof(value));
		assert_string_equal(value, powerless[i].value);
	}
	/* One filter more than its parent has, which an engine may have given one. */
	read_status(watch->parent, "Seccomp_filters", value, sizeof(value));
	int before = atoi(value);
	read_status(watch->child, "Seccomp_filters", value, sizeof(value));
	assert_int_equal(atoi(value), before + 1);
	/* Not dumpable: its files in /proc are root's. */
	snprintf(path, sizeof(path), "/proc/%d/environ", watch->child);
	assert_int_equal(stat(path, &owner), 0);
	assert_int_equal(owner.st_uid, 0);
}

static void
test_all_power_is_gone_before_a_file_is_opened(void **state)
{
	(void)state;
	for (unsigned change_ids = 0; change_ids < 2; change_ids++) {
		struct watch watch;

		assert_true(watch_begin(&watch, WAIT, change_ids != 0));
		check_powerless(&watch);
		watch_release(&watch);
		assert_int_equal(watch_end(&watch), READ_WELL);
	}
}

static void
test_the_pipe_is_its_only_descriptor(void **state)
{
	int kept = open("/dev/null", O_RDWR); /* what a careless caller would leave open */
	struct watch watch;
	char path[64], list[64] = "";

	(void)state;
	assert_true(watch_begin(&watch, WAIT, true));
	snprintf(path, sizeof(path), "/proc/%d/fd", watch.child);
	DIR *descriptors = opendir(path);
	assert_non_null(descriptors);
	for (struct dirent *entry; (entry = readdir(descriptors)) != NULL;) {
		if (entry->d_name[0] != '.' && strlen(list) + 8 < sizeof(list))
			snprintf(list + strlen(list), sizeof(list) - strlen(list), "%.4s ",
				 entry->d_name);
	}
	closedir(descriptors);
	assert_string_equal(list, "3 ");
	watch_release(&watch);
	assert_int_equal(watch_end(&watch), READ_WELL);
	close(kept);
}

static void
test_a_reader_that_hangs_is_killed_at_its_deadline(void **state)
{
	struct watch watch;

	(void)state;
	/* On a busy machine it may end before the reader has come so far. */
	for (unsigned deadline = 1000; !watch_begin(&watch, deadline, true); deadline *= 2) {
		watch.held = -1;
		assert_int_equal(watch_end(&watch), SLOW);
		assert_true(deadline < WAIT);
	}
	assert_int_equal(watch_end(&watch), SLOW);
	/* The parent has reaped it before it went on. */
	assert_int_equal(kill(watch.child, 0), -1);
	assert_int_equal(errno, ESRCH);
}

static void
test_the_death_of_a_reader_is_told(void **state)
{
	struct watch watch;

	(void)state;
	assert_true(watch_begin(&watch, WAIT, true));
	assert_int_equal(kill(watch.child, SIGTERM), 0);
	assert_int_equal(watch_end(&watch), DIED);
}

static void
test_a_reader_dies_with_its_parent(void **state)
{
	struct watch watch;
	int status;

	(void)state;
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1L, 0L, 0L, 0L), 0);
	assert_true(watch_begin(&watch, WAIT, true));
	assert_int_equal(kill(watch.parent, SIGKILL), 0);
	assert_int_equal(watch_end(&watch), -1);
	/* It has become our child; if it did not die this would wait for ever. */
	alarm(WAIT / 1000);
	assert_int_equal(waitpid(watch.child, &status, 0), watch.child);
	alarm(0);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0L, 0L, 0L, 0L), 0);
}

static void
test_an_ignored_sigchld_takes_no_answer_away_and_is_restored(void **state)
{
	struct sigaction ignored = {.sa_handler = SIG_IGN}, before, after;
	struct certs_answer answer;
	struct refusal why;
	struct trial trial;

	(void)state;
	trial_need_root();
	trial_begin(&trial);
	trial_write_bundle(&trial, "ca.pem", 1, 1);
	trial_ask(&trial, "ca.pem", CERTS_FILE);
	sigaction(SIGCHLD, &ignored, &before);
	int result = certs_read(&trial.request, &answer, &why);
	sigaction(SIGCHLD, &before, &after);
	assert_int_equal(result, 0);
	assert_int_equal(answer.found, 0);
	assert_ptr_equal(after.sa_handler, SIG_IGN);
	trial_end(&trial);
}

/* Without root nothing is dropped, but the rest is as strict. */
static void
test_an_ordinary_user_reads_as_himself(void **state)
{
	struct trial trial;
	int status;

	(void)state;
	trial_need_root();
	trial_begin(&trial);
	trial_write_bundle(&trial, "ca.pem", 1, 1);
	trial_ask(&trial, "ca.pem", CERTS_FILE);
	trial.request.drop.parts &= ~(unsigned)(DROP_GROUPS | DROP_GID | DROP_UID);
	for (unsigned other = 0; other < 2; other++) {
		pid_t child = fork();

		if (child == 0) {
			if (setgroups(2, trial.groups) != 0 || setgid(SERVICE_GID) != 0 ||
			    setuid(SERVICE_UID + other) != 0)
				_exit(120);
			_exit(read_and_report(&trial.request));
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		/* Ids that are not what the request says are a failure, not a surprise. */
		assert_int_equal(WEXITSTATUS(status), other == 0 ? READ_WELL : REFUSED);
	}
	trial_end(&trial);
}

static void
test_a_step_that_fails_is_named(void **state)
{
	static const struct sock_filter broken[] = {BPF_STMT(BPF_RET | BPF_K, 0x7fff0000)};
	static const struct filter_program lenient = {
		.name = "lenient", .instructions = broken, .length = 1};
	struct certs_answer answer;
	struct refusal why;
	struct trial trial;

	(void)state;
	trial_need_root();
	trial_begin(&trial);
	trial.request.drop.uid = (uid_t)-1; /* which would mean: leave it as it is */
	assert_int_equal(certs_read(&trial.request, &answer, &why), -1);
	assert_non_null(strstr(why.text, "the reader cannot set the user ids: Protocol error"));
	trial.request.drop.uid = SERVICE_UID;
	trial.request.filter = &lenient; /* loads, but is not one of ours */
	assert_int_equal(certs_read(&trial.request, &answer, &why), -1);
	assert_non_null(strstr(why.text, "the reader cannot prove its filter"));
	trial.request.filter = &filter_reader;
	trial.request.drop.group_count = CERTS_GROUPS_MAX + 1;
	assert_int_equal(certs_read(&trial.request, &answer, &why), -1);
	assert_non_null(strstr(why.text, "1025 supplementary groups"));
	trial_end(&trial);
}

static int
try_open_for_writing(void)
{
	return open("/dev/null", O_WRONLY);
}

static int
try_create(void)
{
	return open("/dev/null", O_RDONLY | O_CREAT, 0600);
}

static int
try_truncate(void)
{
	return open("/dev/null", O_RDONLY | O_TRUNC);
}

static int
try_write_elsewhere(void)
{
	return (int)write(1, "", 0);
}

static int
try_executable_memory(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
			       MAP_FAILED
		       ? -1
		       : 0;
}

static int
try_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0);
}

static int
try_fork(void)
{
	return (int)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}

static int
try_kill(void)
{
	return (int)syscall(SYS_kill, getppid(), 0);
}

static int
try_ptrace(void)
{
	/* PTRACE_SEIZE: unlike an attach it does not stop the parent. */
	return (int)syscall(SYS_ptrace, 0x4206, getppid(), 0, 0);
}

static int
try_prctl(void)
{
	return prctl(PR_GET_DUMPABLE, 0L, 0L, 0L, 0L);
}

static const struct {
	const char *what;
	int (*attempt)(void);
} attempts[] = {
	{"open for writing", try_open_for_writing},
	{"create a file", try_create},
	{"truncate a file", try_truncate},
	{"write elsewhere than to the pipe", try_write_elsewhere},
	{"get executable memory", try_executable_memory},
	{"make a socket", try_socket},
	{"fork", try_fork},
	{"send a signal", try_kill},
	{"trace its parent", try_ptrace},
	{"change what it is", try_prctl},
};

/* Each in a process of root's own: what is denied here is denied by the filter and nothing else. */
static void
test_under_its_filter_it_can_only_read_and_answer(void **state)
{
	(void)state;
	trial_need_root();
	for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
		int status;
		pid_t child = fork();

		if (child == 0) {
			prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L);
			if (attempts[i].attempt() < 0)
				_exit(2); /* cannot be done without a filter either: proves nothing
					   */
			if (filter_load(&filter_reader) != 0 ||
			    filter_check(FILTER_CANARY_ERRNO) != 0)
				_exit(3);
			_exit(attempts[i].attempt() < 0 && errno == EPERM ? 0 : 1);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		if (status != 0)
			fail_msg("%s: status %#x", attempts[i].what, (unsigned)status);
	}
}

/* -------- children that lie -------- */

static void
say_nothing(int pipe, const struct certs_request *request)
{
	(void)pipe;
	(void)request;
}

static void
say_text(int pipe, const struct certs_request *request)
{
	(void)request;
	dprintf(pipe, "%0512d", 7);
}

static void
stop_in_the_head(int pipe, const struct certs_request *request)
{
	struct certs_wire head = {.magic = CERTS_WIRE_MAGIC};

	(void)request;
	(void)!write(pipe, &head, sizeof(head) - 1);
}

static void
send_head(int pipe, struct certs_wire head)
{
	head.magic = CERTS_WIRE_MAGIC;
	(void)!write(pipe, &head, sizeof(head));
}

static void
send_reports(int pipe, const struct certs_request *request)
{
	struct certs_report report = {.state = CERTS_CANNOT_OPEN, .error = ENOENT};

	for (unsigned i = 0; i < request->places + request->additions; i++)
		(void)!write(pipe, &report, sizeof(report));
}

static void
fail_unknown_step(int pipe, const struct certs_request *request)
{
	(void)request;
	send_head(pipe, (struct certs_wire){.failed_step = 999, .error = -5});
}

static void
report_too_many(int pipe, const struct certs_request *request)
{
	(void)request;
	send_head(pipe, (struct certs_wire){.paths = UINT32_MAX, .found = -1});
	for (unsigned i = 0; i < 100; i++)
		send_reports(pipe, request);
}

static void
report_too_few(int pipe, const struct certs_request *request)
{
	(void)request;
	send_head(pipe, (struct certs_wire){.paths = 0, .found = -1});
}

static void
stop_in_the_reports(int pipe, const struct certs_request *request)
{
	send_head(pipe,
		  (struct certs_wire){.paths = request->places + request->additions, .found = -1});
	(void)!write(pipe, request, 20);
}

static void
hand_over_too_much(int pipe, const struct certs_request *request)
{
	send_head(pipe, (struct certs_wire){.paths = request->places + request->additions,
					    .found = -1,
					    .handed_count = 1,
					    .handed_size = UINT32_MAX});
	send_reports(pipe, request);
}

static void
hand_over_less_than_said(int pipe, const struct certs_request *request)
{
	send_head(pipe, (struct certs_wire){.paths = request->places + request->additions,
					    .found = -1,
					    .handed_count = 1,
					    .handed_size = CERTS_HANDED_MAX});
	send_reports(pipe, request);
	(void)!write(pipe, "secret", 6);
}

static void
hand_over_text(int pipe, const struct certs_request *request)
{
	send_head(pipe, (struct certs_wire){.paths = request->places + request->additions,
					    .found = -1,
					    .handed_count = 1,
					    .handed_size = 10});
	send_reports(pipe, request);
	(void)!write(pipe, "\6\0\0\0secret", 10);
}

static void
go_on(int pipe, const struct certs_request *request)
{
	send_head(pipe,
		  (struct certs_wire){.paths = request->places + request->additions, .found = -1});
	send_reports(pipe, request);
	for (;;)
		(void)!write(pipe, request, sizeof(*request));
}

static void
never_end(int pipe, const struct certs_request *request)
{
	send_head(pipe,
		  (struct certs_wire){.paths = request->places + request->additions, .found = -1});
	send_reports(pipe, request);
	for (;;)
		raise(SIGSTOP); /* and the one who waits knows that all of this has been sent */
}

static void
never_begin(int pipe, const struct certs_request *request)
{
	(void)pipe;
	(void)request;
	for (;;)
		pause();
}

static void
close_and_stay(int pipe, const struct certs_request *request)
{
	(void)request;
	close(pipe);
	for (;;)
		pause();
}

static void
die(int pipe, const struct certs_request *request)
{
	(void)request;
	send_head(pipe, (struct certs_wire){.paths = 2, .found = -1});
	raise(SIGTERM);
}

static const struct {
	void (*act)(int pipe, const struct certs_request *request);
	unsigned deadline; /* milliseconds */
	const char *says;
} lies[] = {
	{say_nothing, WAIT, "ended before its answer did"},
	{say_text, WAIT, "is not one"},
	{stop_in_the_head, WAIT, "ended before its answer did"},
	{fail_unknown_step, WAIT, "cannot go on"},
	{report_too_many, WAIT, "is not one"},
	{report_too_few, WAIT, "reported on 0 paths"},
	{stop_in_the_reports, WAIT, "ended before its answer did"},
	{hand_over_too_much, WAIT, "4294967295 bytes, too many"},
	{hand_over_less_than_said, WAIT, "ended before its answer did"},
	{hand_over_text, WAIT, "not a certificate"},
	{go_on, WAIT, "goes on behind its answer"},
	{never_end, 300, "does not end"},
	{never_begin, 300, "in time"},
	{close_and_stay, WAIT, "ended before its answer did"},
	{die, WAIT, "died of signal 15"},
};

static void
test_a_child_that_lies_is_not_believed(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		struct certs_request request = {
			.places = 1, .additions = 1, .deadline = lies[i].deadline};
		struct certs_answer answer;
		struct refusal why;
		int ends[2];

		request.path[0].path = request.path[1].path = "/ca.pem";
		assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
		pid_t child = fork();
		if (child == 0) {
			close(ends[0]);
			lies[i].act(ends[1], &request);
			_exit(0);
		}
		close(ends[1]);
		if (lies[i].act == never_end)
			assert_int_equal(waitpid(child, NULL, WUNTRACED), child);
		int result = certs_receive(ends[0], child, &request, &answer, &why);
		close(ends[0]);
		if (result != -1)
			fail_msg("lie %zu (%s) was believed", i, lies[i].says);
		if (strstr(why.text, lies[i].says) == NULL)
			fail_msg("lie %zu: %s", i, why.text);
		assert_null(answer.handed);
		assert_int_equal(waitpid(child, NULL, WNOHANG), -1); /* gone, and reaped */
		assert_int_equal(errno, ECHILD);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_power_is_gone_before_a_file_is_opened),
		cmocka_unit_test(test_the_pipe_is_its_only_descriptor),
		cmocka_unit_test(test_a_reader_that_hangs_is_killed_at_its_deadline),
		cmocka_unit_test(test_the_death_of_a_reader_is_told),
		cmocka_unit_test(test_a_reader_dies_with_its_parent),
		cmocka_unit_test(test_an_ignored_sigchld_takes_no_answer_away_and_is_restored),
		cmocka_unit_test(test_an_ordinary_user_reads_as_himself),
		cmocka_unit_test(test_a_step_that_fails_is_named),
		cmocka_unit_test(test_under_its_filter_it_can_only_read_and_answer),
		cmocka_unit_test(test_a_child_that_lies_is_not_believed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
