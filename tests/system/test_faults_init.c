/* SPDX-License-Identifier: MIT */
/*
 * Fail closed, swept, for starts of two and three processes: each system call of the init, of the
 * child up to the exec, of Landlock's trial before it and of the explainer fails in turn, or claims
 * a success and does nothing.
 *
 * The service is then what it is without a fault, and its status is handed on; or it was not
 * executed, the status is 125 and something was said. In both cases all ends, and the init not
 * before the service. That holds for the calls after the start, too. Faults and STEPDOWN_SWEEP are
 * those of test_faults.c, which sweeps what comes before main. One lies at a time; in the child,
 * once more, one kind of call each time. An init whose kernel always lies about its children cannot
 * know. STEPDOWN_SWEEP_MODE names the one mode that is swept.
 */
#include "helpers/support.h"
#include "injector_family.h"
#include "injector_faults.h"

#include <fcntl.h>
#include <grp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>

#include <cmocka.h>

enum { WORDS = 18, EXPECTED = 10, COMPLAINTS = 16000, COMPLAINT_ROOM = 1200, HANDED_ON = 7 };
enum { FEWEST_STARTS = 60 }; /* of the explainer with a fault */
enum { ADD_RULE = 445 };     /* landlock_add_rule(2), on every machine */

#ifndef SYS_fork
#define SYS_fork (-1) /* not on arm64 */
#endif

struct mode {
	const char *name;
	bool is_pid_1;
	bool explains;
	unsigned trials; /* processes that come before the child, and end */
	const char *options[WORDS];
	const char *service[4];
	void (*enter)(void);
	const char *const *environment;
	const char *expected[EXPECTED]; /* lines of the service in a start without a fault */
};

static void
give_up(const char *what)
{
	fprintf(stderr, "test: cannot %s: %s\n", what, strerror(errno));
	_exit(99);
}

static void
as_user(void)
{
	if (setgroups(0, NULL) || setresgid(10001, 10001, 10001) || setresuid(10001, 10001, 10001))
		give_up("become a user");
}

static char listen_pid[32] = "LISTEN_PID=";
static const char *const listen_environment[] = {"PATH=/bin", listen_pid, "LISTEN_FDS=2", NULL};

static void
with_sockets_and_a_parent(void)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) || pair[0] != 3 || pair[1] != 4 ||
	    open("/etc/passwd", O_RDONLY) != 5 || prctl(PR_SET_PDEATHSIG, SIGUSR2, 0, 0, 0))
		give_up("open sockets");
	snprintf(listen_pid, sizeof(listen_pid), "LISTEN_PID=%d", getpid());
}

static void
with_ignored_children(void)
{
	signal(SIGCHLD, SIG_IGN);
}

#define POWERLESS                                                                                  \
	"cap.effective=none", "cap.permitted=none", "cap.inheritable=none", "cap.ambient=none",    \
		"no_new_privs=1", "seccomp=confined"
#define MAPPED "--map-exit", "0=7"
#define PROBE                                                                                      \
	{                                                                                          \
		"probe"                                                                            \
	}

static const struct mode modes[] = {
	{"PID 1",
	 true,
	 false,
	 0,
	 {"-u", "10001:10001", MAPPED},
	 PROBE,
	 NULL,
	 NULL,
	 {POWERLESS, "uid=10001", "parent=stepdown"}},
	{"PID 1, a kept capability, one of its own, signals as given",
	 true,
	 false,
	 0,
	 {"-u", "app", "--keep-cap", "setuid", "--signal-group", MAPPED},
	 PROBE,
	 with_ignored_children,
	 NULL,
	 {"cap.effective=setuid", "cap.bounding=setuid", "groups=44,10002", "seccomp=confined",
	  "parent=stepdown"}},
	{"PID 1, Landlock",
	 true,
	 false,
	 1,
	 {"-u", "10001:10001", "--exec-only", "--net-bind", "none", MAPPED},
	 PROBE,
	 NULL,
	 NULL,
	 {POWERLESS, "landlock.rules=execution,bind", "parent=stepdown"}},
	{"--init always",
	 false,
	 false,
	 0,
	 {"-u", "10001:10001", "--init", "always", "-q", MAPPED},
	 PROBE,
	 NULL,
	 NULL,
	 {POWERLESS, "parent=stepdown"}},
	{"a user, a subreaper",
	 false,
	 false,
	 0,
	 {"--init", "always", "--subreaper", MAPPED},
	 PROBE,
	 as_user,
	 NULL,
	 {POWERLESS, "uid=10001", "parent=stepdown"}},
	{"inherited sockets, a parent to follow",
	 false,
	 false,
	 0,
	 {"-u", "10001:10001", "--init", "always", "--subreaper", MAPPED},
	 PROBE,
	 with_sockets_and_a_parent,
	 listen_environment,
	 {POWERLESS, "descriptors=0,1,2,3,4", "parent=stepdown"}},
	{"a request to stop",
	 true,
	 false,
	 0,
	 {"-u", "10001:10001"},
	 {"init_service", "stop-by-init", "7"},
	 NULL,
	 NULL,
	 {"asked to stop"}},
	{"explain",
	 true,
	 true,
	 0,
	 {"-u", "10001:10001", "--explain", MAPPED},
	 PROBE,
	 NULL,
	 NULL,
	 {POWERLESS, "parent=stepdown"}},
};

static const char *const sides[FAMILY_SIDES] = {"init", "child", "explainer"};

static const struct mode *current;
static bool of_trial; /* what is swept is the trial, in the child's place */

static void
enter_traced(void)
{
	family_begin();
	if (current->enter)
		current->enter();
}

/* What differs from start to start. */
static bool
is_own(const char *line)
{
	static const char *const own[] = {"pid=", "ppid=", "session=", "group=", "env.LISTEN_PID="};

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (!strncmp(line, own[i], strlen(own[i])))
			return true;
	return false;
}

static void
forget_own(char *lines)
{
	char *to = lines;

	for (char *line = lines; *line;) {
		size_t length = strcspn(line, "\n");

		length += line[length] == '\n';
		if (!is_own(line)) {
			memmove(to, line, length);
			to += length;
		}
		line += length;
	}
	*to = 0;
}

static void
start(struct outcome *outcome)
{
	const char *argv[WORDS + 6] = {"/sbin/stepdown"};
	unsigned count = 1;

	for (unsigned i = 0; current->options[i]; i++)
		argv[count++] = current->options[i];
	argv[count++] = "--";
	for (unsigned i = 0; current->service[i]; i++)
		argv[count++] = current->service[i];
	argv[count] = NULL;
	injector->count = injector->hits = 0;
	injector->started = false;
	family->is_pid_1 = current->is_pid_1;
	family->passed = of_trial ? 0 : current->trials;
	run_program(&(struct run){.argv = argv,
				  .root = sandbox_make(),
				  .environment = current->environment,
				  .enter = enter_traced},
		    outcome);
	forget_own(outcome->out);
}

/* --- the sweep -------------------------------------------------------------------------------- */

struct sweep {
	struct outcome reference;
	unsigned calls;  /* of this side */
	unsigned begins; /* the first that is swept */
	unsigned forks;  /* the init's; 0 on the other sides */
	unsigned starts; /* with a fault in them */
	unsigned refused;
	unsigned unmade; /* that came to an end without the call, since the init slept longer */
	unsigned wrong;
	size_t used;
	char complaints[COMPLAINTS];
};

static bool
is_fork(const struct injector_call *call)
{
	return call->number == (uint64_t)SYS_fork || call->number == SYS_clone;
}

static const struct injector_call *
aimed(void)
{
	return &injector->calls[(injector->at ? injector->at : injector->every) - 1];
}

/*
 * The kernel says that this process is the child, or that the parent is gone: it leaves it to the
 * other to say why. And what is the message itself cannot be said.
 */
static bool
is_dumb(void)
{
	return is_fork(aimed()) || aimed()->number == SYS_write ||
	       (aimed()->number == SYS_read && family->side == FAMILY_CHILD &&
		injector->result == 0);
}

static const char *
judge_refusal(const struct sweep *sweep, const struct outcome *outcome)
{
	/* Until the fork the init looks at the command, and the child's last call is the exec,
	 * which is refused where a rule that was said to be made gives no right to it. */
	bool lookup = family->side == FAMILY_INIT
			      ? injector->at < sweep->forks
			      : aimed()->number == SYS_execve || aimed()->number == ADD_RULE;

	if (outcome->out[0])
		return "the service is not started, and there is something on standard output";
	if (outcome->status == 125 || (lookup && (outcome->status | 1) == 127))
		return outcome->err[0] || is_dumb() ? NULL : "nothing is said";
	/* No allocator survives memory at address 0, but it does not start the service either. */
	if (aimed()->number == SYS_mmap && outcome->status == 128 + SIGSEGV)
		return NULL;
	return outcome->status == 0 ? "a silent success" : "another status";
}

/* The first line that differs, for the reader. */
static const char *
find_difference(const char *reference, const char *got)
{
	static char text[300];

	while (*reference && *got) {
		size_t one = strcspn(reference, "\n");
		size_t two = strcspn(got, "\n");

		if (one != two || memcmp(reference, got, one)) {
			snprintf(text, sizeof(text), "%.*s instead of %.*s",
				 two > 120 ? 120 : (int)two, got, one > 120 ? 120 : (int)one,
				 reference);
			return text;
		}
		reference += one + (reference[one] == '\n');
		got += two + (got[two] == '\n');
	}
	return "lines missing or too many";
}

/* Returns what is wrong with an outcome, or NULL. */
static const char *
judge(const struct sweep *sweep, const struct outcome *outcome)
{
	if (outcome->status == FAMILY_HANGS || outcome->status == HANGS)
		return "it hangs";
	if (family->service_left)
		return "the init ended before the service";
	/* Whoever is told that its parent is gone dies as the parent-death signal has it. */
	if (aimed()->number == SYS_getppid && outcome->status == 128 + SIGUSR2)
		return NULL;
	if (!injector->started)
		return judge_refusal(sweep, outcome);
	if (strcmp(outcome->out, sweep->reference.out))
		return find_difference(sweep->reference.out, outcome->out);
	return outcome->status == HANDED_ON ? NULL : "the service's status is not handed on";
}

static void
complain(struct sweep *sweep, const char *fault, const char *what, const struct outcome *outcome)
{
	const struct injector_call *at = aimed();

	sweep->wrong++;
	if (sweep->used + COMPLAINT_ROOM >= COMPLAINTS)
		return;
	sweep->used += (size_t)snprintf(
		sweep->complaints + sweep->used, COMPLAINT_ROOM,
		"%s: %s: call %u%s (%llu, first arguments 0x%llx, 0x%llx): %s: status %d, %s: %s; "
		"it says: %.200s\n",
		current->name, of_trial ? "trial" : sides[family->side],
		injector->at ? injector->at : injector->every,
		injector->every ? " and those like it" : "", (unsigned long long)at->number,
		(unsigned long long)at->arguments[0], (unsigned long long)at->arguments[1], fault,
		outcome->status, injector->started ? "started" : "not started", what, outcome->err);
}

static bool
same_operation(unsigned one, unsigned two)
{
	return injector->calls[one - 1].number == injector->calls[two - 1].number &&
	       injector->calls[one - 1].arguments[0] == injector->calls[two - 1].arguments[0];
}

/* Whether this call is swept: all, or the ends and the middle of a row of the same. */
static bool
is_taken(const struct sweep *sweep, unsigned call)
{
	unsigned first = call;
	unsigned last = call;

	if (sweeps_all())
		return true;
	while (first > 1 && same_operation(first - 1, call))
		first--;
	while (last < sweep->calls && same_operation(last + 1, call))
		last++;
	return call == first || call == last || call == first + (last - first) / 2;
}

/*
 * That a signal was sent, and was not, nobody can know who sent it. What is interrupted each time
 * is made again each time.
 */
static bool
is_unknowable(long result)
{
	return (result == 0 && aimed()->number == SYS_pidfd_send_signal) ||
	       (result == -EINTR && injector->every && aimed()->number == SYS_read);
}

/* The init may find two things done where it found one before, so that its last call is another. */
static bool
start_hit(struct sweep *sweep, struct outcome *outcome)
{
	for (int i = 0; i < 3; i++) {
		start(outcome);
		if (injector->hits)
			return true;
	}
	sweep->unmade++;
	return false;
}

static void
try_all_faults(struct sweep *sweep)
{
	static struct outcome outcome;

	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		if ((faults[i].only_full && !sweeps_all()) || is_unknowable(faults[i].result))
			continue;
		injector->result = faults[i].result;
		if (!start_hit(sweep, &outcome))
			return;
		const char *what = judge(sweep, &outcome);

		sweep->starts++;
		sweep->refused += !injector->started;
		if (what)
			complain(sweep, faults[i].name, what, &outcome);
	}
}

/* main's first call is to hold signals back. */
static void
find_marks(struct sweep *sweep)
{
	for (unsigned call = sweep->calls; call > 0 && family->side == FAMILY_INIT; call--) {
		if (injector->calls[call - 1].number == SYS_rt_sigprocmask)
			sweep->begins = call;
		/* The last: Landlock is tried in a child of its own before. */
		if (!sweep->forks && is_fork(&injector->calls[call - 1]))
			sweep->forks = call;
	}
	if (!sweep->begins || (family->side == FAMILY_INIT && sweep->forks <= sweep->begins))
		fail_msg("%s: the marks are not there", current->name);
}

static void
run_clean(struct sweep *sweep, enum family_side side)
{
	memset(sweep, 0, sizeof(*sweep));
	injector_reset();
	family_map();
	family->side = side;
	start(&sweep->reference);
	if (sweep->reference.status != HANDED_ON || !injector->started || family->service_left)
		fail_msg("%s: %d %s", current->name, sweep->reference.status, sweep->reference.err);
	sweep->calls = injector->count;
	if (!sweep->calls || sweep->calls > INJECTOR_CALLS)
		fail_msg("%s: %u calls", current->name, sweep->calls);
	for (unsigned e = 0; e < EXPECTED && current->expected[e]; e++)
		assert_says(sweep->reference.out, current->expected[e]);
	sweep->begins = side == FAMILY_INIT ? 0 : 1;
	find_marks(sweep);
}

static void
sweep_side(struct sweep *sweep, enum family_side side)
{
	run_clean(sweep, side);
	for (unsigned call = sweep->begins; call <= sweep->calls; call++)
		if (is_taken(sweep, call)) {
			injector->at = call;
			try_all_faults(sweep);
		}
	injector->at = 0;
}

static void
sweep_every(struct sweep *sweep)
{
	run_clean(sweep, FAMILY_CHILD);
	for (unsigned call = 1; call <= sweep->calls; call++) {
		unsigned first = 1;

		while (injector->calls[first - 1].number != injector->calls[call - 1].number)
			first++;
		injector->every = call;
		if (first == call)
			try_all_faults(sweep);
	}
	injector->every = 0;
}

static double
seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void
sweep_modes(enum family_side side, bool every)
{
	static struct sweep sweep;
	const char *only = getenv("STEPDOWN_SWEEP_MODE");
	unsigned wrong = 0;

	sandbox_copy("build/tests/helpers/init_service", "/bin/init_service", 0755);
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		double since = seconds();

		current = &modes[i];
		if ((only && strcmp(only, current->name) != 0) ||
		    (side == FAMILY_EXPLAINER && !current->explains) ||
		    (of_trial && !current->trials))
			continue;
		if (every)
			sweep_every(&sweep);
		else
			sweep_side(&sweep, side);
		print_message("%s, %s: %u calls from %u on, %u starts with a fault, %u of them "
			      "refused, %u calls not made again, %.1f s\n",
			      current->name, of_trial ? "trial" : sides[side], sweep.calls,
			      sweep.begins, sweep.starts, sweep.refused, sweep.unmade,
			      seconds() - since);
		fputs(sweep.complaints, stdout);
		/* A few calls at the end of the init's loop may be others; no more than that. The
		 * explainer's number depends on how often it has to look. */
		if (side == FAMILY_EXPLAINER ? sweep.starts < FEWEST_STARTS
					     : sweep.unmade * 10 > sweep.starts)
			fail_msg("%s: %u calls were not made again", current->name, sweep.unmade);
		wrong += sweep.wrong;
	}
	if (wrong)
		fail_msg("%u starts are neither whole nor refused", wrong);
}

static void
test_no_fault_of_the_init_leads_to_half_a_start(void **state)
{
	(void)state;
	sweep_modes(FAMILY_INIT, false);
}

static void
test_no_fault_of_the_child_leads_to_half_a_start(void **state)
{
	(void)state;
	sweep_modes(FAMILY_CHILD, false);
}

static void
test_no_call_of_the_child_that_always_lies_leads_to_half_a_start(void **state)
{
	(void)state;
	sweep_modes(FAMILY_CHILD, true);
}

static void
test_no_fault_of_landlocks_trial_leads_to_half_a_start(void **state)
{
	(void)state;
	of_trial = true;
	sweep_modes(FAMILY_CHILD, false);
	sweep_modes(FAMILY_CHILD, true);
	of_trial = false;
}

static void
test_no_fault_of_the_explainer_reaches_the_service(void **state)
{
	(void)state;
	sweep_modes(FAMILY_EXPLAINER, false);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_fault_of_the_init_leads_to_half_a_start),
		cmocka_unit_test(test_no_fault_of_the_child_leads_to_half_a_start),
		cmocka_unit_test(test_no_call_of_the_child_that_always_lies_leads_to_half_a_start),
		cmocka_unit_test(test_no_fault_of_landlocks_trial_leads_to_half_a_start),
		cmocka_unit_test(test_no_fault_of_the_explainer_reaches_the_service),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
