/* SPDX-License-Identifier: MIT */
/*
 * Fail closed, swept: each system call of each process of a start fails in turn, or claims a
 * success and does nothing; or the process gets TERM there, or is killed. The processes are the
 * program itself, which may stay behind as the init, the child that becomes the service, up to its
 * exec, and all helpers: readers of CA certificates, trials, the explainer.
 *
 * After an error or a lie the service is what it is without a fault, and its status is handed on;
 * or it was not executed, the status is that of a failure, and something was said. After TERM and
 * KILL it is that too, or ends early, and is at no time more than it is without a fault. No start
 * hangs, none ends with 0 without a service, and the init not before the service. It holds for the
 * calls after the start, too.
 *
 * One call lies at a time; and once more, in all but the init, one kind of call each time from one
 * place on. An init whose kernel always lies about its children cannot know. The execve that starts
 * the program is the caller's, and not swept: where it fails there is no stepdown.
 *
 * STEPDOWN_TESTS_ALL=1 sweeps every call of the starts that stand for their kind, and every fifth of
 * the others; without it, it is every SAMPLED-th of each fault, the same ones each time.
 * STEPDOWN_SWEEP_MODE names the one start that is swept, with STEPDOWN_TESTS_ALL=1 whole.
 */
#include "sweep_judge.h"

#include <sched.h>
#include <time.h>

enum { SAMPLED = 20, SEED = 14 };
/* What a sweep is at least, so that none is empty without anybody seeing it. */
enum { FEWEST_CALLS = 90, FEWEST_PEERS_CALLS = 25, UNMADE_MOST = 10 /* one of so many */ };

static const struct fault {
	const char *name;
	long result;
	int signal; /* instead of a result */
} faults[] = {
	{"a false success", .result = 0}, {"EPERM", .result = -EPERM},
	{"EINVAL", .result = -EINVAL},    {"EINTR", .result = -EINTR},
	{"ENOSYS", .result = -ENOSYS},    {"TERM", .signal = SIGTERM},
	{"KILL", .signal = SIGKILL},
};

enum { FAULTS = sizeof(faults) / sizeof(faults[0]) };

static bool
sweeps_all(void)
{
	const char *all = getenv("STEPDOWN_TESTS_ALL");

	return all && !strcmp(all, "1");
}

/* --- one start --------------------------------------------------------------------------------- */

static void
enter(void)
{
	if (!current->has_terminal)
		give_input();
	if (current->enter)
		current->enter();
}

/* Returns the end that is a terminal; `master` is to be held until all has ended. */
static int
open_terminal(int *master)
{
	int unlock = 0;

	*master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (*master < 0 || ioctl(*master, TIOCSPTLCK, &unlock))
		fail_msg("cannot open a terminal: %s", strerror(errno));
	return ioctl(*master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
}

/* What differs from start to start, where a long run is made to give way to others too. */
static const char *const own[] = {
	"pid=", "ppid=", "session=", "group=", "env.LISTEN_PID=", "nice=", NULL};

static void
start(struct outcome *outcome)
{
	static const char *const probe[] = {"probe", "ends", "7", NULL};
	const char *argv[WORDS + 6] = {as()->program};
	unsigned count = 1;

	for (unsigned i = 0; current->options[i]; i++)
		argv[count++] = current->options[i];
	if (as()->ends_options)
		argv[count++] = "--";
	for (const char *const *word = current->service[0] ? current->service : probe; *word;
	     word++)
		argv[count++] = *word;
	argv[count] = NULL;
	family->is_pid_1 = current->is_pid_1;
	family->is_job = current->is_job;
	family->reads = current->reads;
	if (current->before)
		current->before();
	/* A device that was handed over must not spoil the starts after it. */
	if (chown(in_sandbox("/dev/null"), 0, 0))
		fail_msg("chown: %s", strerror(errno));
	int master = -1;
	int terminal = current->has_terminal ? open_terminal(&master) : -1;

	family_run(&(struct run){.argv = argv,
				 .root = sandbox_make(),
				 .environment = current->environment,
				 .enter = enter},
		   terminal, outcome);
	close(terminal);
	close(master);
	forget_lines(outcome->out, own);
}

/* --- the sweep ----------------------------------------------------------------------------------
 */

static const char *
name_of(const struct sweep *sweep)
{
	static char text[32];

	if (of_program())
		return sweep->service == FAMILY_PROGRAM ? "program" : "init";
	if (family->target == sweep->service)
		return "child";
	snprintf(text, sizeof(text), "helper %o", family->target);
	return text;
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
		"%s: %s: call %u%s (%llu, first arguments 0x%llx, 0x%llx): %s: status %d, %s: %s; it says: %.200s\n",
		current->name, name_of(sweep), aim(), injector->every ? " and those like it" : "",
		(unsigned long long)at->number, (unsigned long long)at->arguments[0],
		(unsigned long long)at->arguments[1], fault, outcome->status,
		injector->started ? "started" : "not started", what, outcome->err);
}

/*
 * That a signal was sent, and was not, nobody can know who sent it. What is interrupted each time
 * is made again each time.
 */
static bool
is_unknowable(const struct fault *fault)
{
	/* Nor does one that is killed continue a service that is stopped. */
	if (fault->signal)
		return current->is_swept_late;
	return (fault->result == 0 && aimed()->number == SYS_pidfd_send_signal) ||
	       (aimed()->number == SYS_kill && current->is_swept_late) ||
	       (fault->result == -EINTR && injector->every &&
		(aimed()->number == SYS_read || aimed()->number == SYS_write));
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
try_fault(struct sweep *sweep, const struct fault *fault)
{
	static struct outcome outcome;

	injector->hits = 0;
	if (is_unknowable(fault))
		return;
	injector->result = fault->result;
	injector->signal = fault->signal;
	if (!start_hit(sweep, &outcome) || is_unknowable(fault))
		return;
	const char *what = judge(sweep, &outcome);

	sweep->starts++;
	sweep->refused += !injector->started;
	if (what)
		complain(sweep, fault->name, what, &outcome);
}

/* One of how many calls is swept: all of those starts that stand for their kind, or are named. */
static unsigned
sampled(void)
{
	if (!sweeps_all())
		return SAMPLED;
	return current->is_kind || getenv("STEPDOWN_SWEEP_MODE") ? 1 : SAMPLED / 4;
}

/* Each fault begins elsewhere, so that they share the calls of a start among them. */
static bool
is_taken(const struct fault *fault, unsigned call)
{
	unsigned seed = SEED;

	seed = seed * 31 + (unsigned)(current - modes);
	seed = seed * 31 + family->target;
	seed = seed * 31 + (unsigned)(fault - faults);
	seed = seed * 31 + (injector->every != 0);
	return (call + seed * 2654435761U / 65536) % sampled() == 0;
}

static bool
is_repeated(unsigned call, bool by_argument)
{
	const struct injector_call *at = &injector->calls[call - 1];

	for (const struct injector_call *one = injector->calls; one < at; one++)
		if (one->number == at->number &&
		    (!by_argument || one->arguments[0] == at->arguments[0]))
			return true;
	return false;
}

static bool
has_operations(const struct injector_call *call)
{
	return call->number == SYS_prctl || call->number == SYS_seccomp;
}

/* By its number alone, and where the first argument selects what it does, by that too. */
static void
sweep_alike(struct sweep *sweep, unsigned call)
{
	for (int by_argument = 0; by_argument < 2; by_argument++) {
		if ((by_argument && !has_operations(&injector->calls[call - 1])) ||
		    is_repeated(call, by_argument))
			continue;
		injector->every = call;
		injector->by_argument = by_argument;
		for (const struct fault *fault = faults; fault < faults + FAULTS; fault++)
			if (!fault->signal && is_taken(fault, call))
				try_fault(sweep, fault);
		injector->every = 0;
	}
}

/* Of main and, in who looks for the command, of that: after the drop, or with the signals back. */
static void
find_marks(struct sweep *sweep)
{
	long first = as() == &as_gosu || as() == &as_su_exec ? SYS_getpid : SYS_rt_sigprocmask;

	sweep->begins = sweep->looks = sweep->forks = 0;
	for (unsigned call = 1; call <= sweep->calls; call++) {
		const struct injector_call *at = &injector->calls[call - 1];

		if (!sweep->begins && at->number == (uint64_t)first)
			sweep->begins = call;
		if (of_program() && at->number == SYS_setfsuid)
			sweep->looks = call;
		if (family->target == sweep->service && !of_program() && as()->is_peer &&
		    at->number == SYS_rt_sigprocmask)
			sweep->looks = call + 1;
		/* The last: there may be trials before. */
		if (of_init(sweep) && is_fork(at))
			sweep->forks = call;
		for (unsigned i = 0; i < MADE; i++)
			sweep->made[i] |= at->number == (uint64_t)current->makes[i];
	}
	if (of_program() && (!sweep->begins || (of_init(sweep) ? !sweep->forks : !sweep->looks)))
		fail_msg("%s: the marks are not there", current->name);
}

static void
run_clean(struct sweep *sweep, unsigned place)
{
	injector_reset();
	family->target = place;
	start(&sweep->reference);
	if (sweep->reference.status != HANDED_ON || !injector->started || family->service_left)
		fail_msg("%s: %d %s", current->name, sweep->reference.status, sweep->reference.err);
	for (unsigned e = 0; e < EXPECTED && current->expected[e]; e++)
		assert_says(sweep->reference.out, current->expected[e]);
	if (family->exposed || family->front_lost || (current->reads && !family->opened))
		fail_msg("%s: %s%s%u files read", current->name, family->exposed ? "exposed " : "",
			 family->front_lost ? "terminal lost " : "", family->opened);
	sweep->calls = injector->count;
	if (!sweep->calls || sweep->calls > INJECTOR_CALLS)
		fail_msg("%s: %u calls", current->name, sweep->calls);
}

static void
find_processes(struct sweep *sweep)
{
	run_clean(sweep, FAMILY_PROGRAM);
	if (sweep->calls < (as()->is_peer ? FEWEST_PEERS_CALLS : FEWEST_CALLS))
		fail_msg("%s: %u calls", current->name, sweep->calls);
	sweep->processes = family->members;
	if (sweep->processes > PROCESSES)
		fail_msg("%s: %u processes", current->name, sweep->processes);
	for (unsigned i = 0; i < sweep->processes; i++) {
		sweep->places[i] = family->member[i].place;
		if (family->member[i].is_service)
			sweep->service = family->member[i].place;
	}
}

/* What comes before main is the same in all starts by one name: the first of them sweeps it. */
static unsigned
first_call(const struct sweep *sweep)
{
	const struct mode *first = modes;

	if (!of_program())
		return 1;
	if (current->is_swept_late)
		return sweep->forks;
	while (first->as != current->as)
		first++;
	return first == current ? 1 : sweep->begins;
}

static void
sweep_process(struct sweep *sweep, unsigned place)
{
	/* The program, which is the first, has been looked at. */
	if (place != FAMILY_PROGRAM)
		run_clean(sweep, place);
	find_marks(sweep);
	for (unsigned call = first_call(sweep); call <= sweep->calls; call++) {
		injector->at = call;
		for (const struct fault *fault = faults; fault < faults + FAULTS; fault++)
			if (is_taken(fault, call))
				try_fault(sweep, fault);
		injector->at = 0;
		if (!of_init(sweep))
			sweep_alike(sweep, call);
	}
	sweep->swept += sweep->calls;
}

static void
check_extent(const struct sweep *sweep)
{
	for (unsigned i = 0; i < MADE && current->makes[i]; i++)
		if (!sweep->made[i])
			fail_msg("%s: call %ld is not made", current->name, current->makes[i]);
	if (!sweep->refused || sweep->refused == sweep->starts)
		fail_msg("%s: %u of %u starts refused", current->name, sweep->refused,
			 sweep->starts);
	/* A few calls at the end of the init's loop may be others; no more than that. */
	if (!current->explains && sweep->unmade * UNMADE_MOST > sweep->starts)
		fail_msg("%s: %u calls were not made again", current->name, sweep->unmade);
}

static double
seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static unsigned
sweep_mode(const struct mode *mode)
{
	static struct sweep sweep;
	double since = seconds();

	current = mode;
	memset(&sweep, 0, sizeof(sweep));
	sandbox_write("/run/secrets/db", "sesame\n", 0400);
	sandbox_write("/run/secrets/users", "open\n", 0444);
	sandbox_write("/srv/file", "", 0644);
	if (mode->prepare)
		mode->prepare();
	find_processes(&sweep);
	for (unsigned i = 0; i < sweep.processes; i++)
		sweep_process(&sweep, sweep.places[i]);
	if (mode->clean)
		mode->clean();
	print_message(
		"%s: %u processes, %u calls, %u starts with a fault, %u of them refused, %u calls not made again, %.1f s\n%s",
		mode->name, sweep.processes, sweep.swept, sweep.starts, sweep.refused, sweep.unmade,
		seconds() - since, sweep.complaints);
	check_extent(&sweep);
	return sweep.wrong;
}

/* --- all of them, by as many workers as there are processors ------------------------------------
 */

struct work {
	unsigned next;
	unsigned swept;
	unsigned wrong;
};

__attribute__((noreturn)) static void
do_work(struct work *work)
{
	const char *only = getenv("STEPDOWN_SWEEP_MODE");
	unsigned i;

	/* A failure is this process's end, not the next test of the parent's list. */
	setenv("CMOCKA_TEST_ABORT", "1", 1);
	sandbox_copy("build/tests/helpers/init_service", "/bin/init_service", 0755);
	link_peers();
	injector_map();
	family_map();
	while ((i = __atomic_fetch_add(&work->next, 1, __ATOMIC_SEQ_CST)) < MODES) {
		if (only && strcmp(only, modes[i].name) != 0)
			continue;
		unsigned wrong = sweep_mode(&modes[i]);

		__atomic_fetch_add(&work->wrong, wrong, __ATOMIC_SEQ_CST);
		__atomic_fetch_add(&work->swept, 1, __ATOMIC_SEQ_CST);
		fflush(NULL);
	}
	_exit(0);
}

static void
test_no_fault_of_any_process_leads_to_less_confinement(void **state)
{
	struct work *work = mmap(NULL, sizeof(*work), PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned failed = 0;
	int status;

	(void)state;
	assert_ptr_not_equal(work, MAP_FAILED);
	fflush(NULL);
	for (long i = 0; i < processors; i++) {
		pid_t worker = fork();

		assert_true(worker >= 0);
		if (worker == 0)
			do_work(work);
	}
	for (long i = 0; i < processors; i++)
		failed += wait(&status) < 0 || status != 0;
	if (work->wrong || failed)
		fail_msg("%u starts are neither whole nor refused, %u workers failed", work->wrong,
			 failed);
	if (work->swept != MODES && !(work->swept == 1 && getenv("STEPDOWN_SWEEP_MODE")))
		fail_msg("%u starts of %u were swept", work->swept, MODES);
}

/* --- red first -----------------------------------------------------------------------------------
 */

/* What the service has that was to be taken from it, or NULL. */
static const char *
find_leak(const char *reference, const char *got)
{
	static const char *const keys[] = {"uid",           "gid",           "groups",
					   "cap.effective", "cap.permitted", "cap.inheritable",
					   "cap.bounding",  "cap.ambient",   "no_new_privs"};
	static char asked[OUTPUT_SIZE];

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const char *value = value_of(reference, keys[i]);

		assert_non_null(value);
		snprintf(asked, sizeof(asked), "%s", value);
		value = value_of(got, keys[i]);
		if (value && strcmp(value, asked))
			return keys[i];
	}
	return NULL;
}

static void
start_without_proofs(struct outcome *outcome)
{
	const char *argv[] = {"setpriv",
			      "--reuid",
			      "10001",
			      "--regid",
			      "10001",
			      "--clear-groups",
			      "--bounding-set=-all",
			      "--inh-caps=-all",
			      "--no-new-privs",
			      "--",
			      in_sandbox("/bin/probe"),
			      "ends",
			      "7",
			      NULL};

	family_run(&(struct run){.argv = argv}, -1, outcome);
}

/* The same over a tool that asks for all of it and proves nothing: such a sweep can fail. */
static void
test_the_sweep_finds_the_leaks_of_a_tool_without_proofs(void **state)
{
	static struct outcome reference, outcome;
	unsigned leaks = 0;

	(void)state;
	sandbox_make();
	injector_map();
	family_map();
	injector_reset();
	family->target = FAMILY_PROGRAM;
	family->is_pid_1 = family->is_job = family->reads = false;
	start_without_proofs(&reference);
	assert_int_equal(reference.status, HANDED_ON);
	assert_says(reference.out, "uid=10001");
	assert_says(reference.out, "cap.bounding=none");
	assert_says(reference.out, "no_new_privs=1");
	unsigned calls = injector->count;

	for (unsigned call = 1; call <= calls; call += sweeps_all() ? 1 : SAMPLED / 4) {
		injector->at = call;
		injector->result = 0;
		start_without_proofs(&outcome);
		const char *leak = injector->started && injector->hits
					   ? find_leak(reference.out, outcome.out)
					   : NULL;

		leaks += leak != NULL;
		if (leak)
			print_message("setpriv, call %u (%llu): the service has %s=%s\n", call,
				      (unsigned long long)injector->calls[call - 1].number, leak,
				      value_of(outcome.out, leak));
	}
	print_message("setpriv: %u calls, %u leaks\n", calls, leaks);
	assert_true(leaks > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_fault_of_any_process_leads_to_less_confinement),
		cmocka_unit_test(test_the_sweep_finds_the_leaks_of_a_tool_without_proofs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
