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
#include "certs_sample.h"
#include "helpers/support.h"
#include "injector_family.h"
#include "injector_faults.h"

#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>

#include <cmocka.h>

enum {
	WORDS = 18,
	EXPECTED = 10,
	MADE = 3,
	COMPLAINTS = 16000,
	COMPLAINT_ROOM = 1200,
	HANDED_ON = 7
};
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

static int master; /* of the pseudo-terminal, held by the tracer */

/* Before the sandbox is entered, which has no /dev/pts. */
static void
open_terminal(void)
{
	int unlock = 0;

	master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (master < 0 || ioctl(master, TIOCSPTLCK, &unlock))
		give_up("open a terminal");
}

/* As its leader, in a session of one's own. */
static void
sit_down(void)
{
	int terminal = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY);

	if (setsid() < 0 || terminal < 0 || dup2(terminal, 0) != 0 || ioctl(0, TIOCSCTTY, 0))
		give_up("sit down at a terminal");
	close(terminal);
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
	/* PID 1 of a container with -t leads the session. */
	{"PID 1 at a terminal",
	 true,
	 false,
	 0,
	 {"-u", "10001:10001", MAPPED},
	 PROBE,
	 sit_down,
	 NULL,
	 {POWERLESS, "terminal=0,leads session,leads group,foreground", "descriptor.0=device:10001",
	  "parent=stepdown"}},
	{"a job of a shell",
	 false,
	 false,
	 0,
	 {"-u", "10001:10001", "--init", "always", "-q", MAPPED},
	 PROBE,
	 NULL,
	 NULL,
	 {POWERLESS, "terminal=0,leads group,foreground", "parent=stepdown"}},
	{"a job that is suspended and continued",
	 false,
	 false,
	 0,
	 {"-u", "10001:10001", "--init", "always", "-q"},
	 {"probe", "suspends", "7"},
	 NULL,
	 NULL,
	 {POWERLESS, "terminal=0,leads group,foreground", "parent=stepdown"}},
	/* Peers keep what they were started with; the service has its place all the same. */
	{"tini",
	 true,
	 false,
	 0,
	 {"-g"},
	 {"probe", "ends", "7"},
	 NULL,
	 NULL,
	 {"uid=0", "terminal=none,leads group", "seccomp=off", "parent=tini"}},
	{"tini, a subreaper that dies with its parent",
	 false,
	 false,
	 0,
	 {"-s", "-p", "SIGUSR2"},
	 {"probe", "ends", "7"},
	 as_user,
	 NULL,
	 {"uid=10001", "terminal=none,leads group", "parent_death=0", "parent=tini"}},
	{"tini at a terminal",
	 true,
	 false,
	 0,
	 {NULL},
	 {"probe", "ends", "7"},
	 sit_down,
	 NULL,
	 {"uid=0", "terminal=0,leads group,foreground", "parent=tini"}},
	{"dumb-init",
	 true,
	 false,
	 0,
	 {NULL},
	 {"probe", "ends", "7"},
	 with_ignored_children,
	 NULL,
	 {"uid=0", "terminal=none,leads session,leads group", "seccomp=off", "parent=dumb-init"}},
	{"dumb-init at a terminal",
	 true,
	 false,
	 0,
	 {NULL},
	 {"probe", "ends", "7"},
	 sit_down,
	 NULL,
	 {"uid=0", "terminal=0,leads session,leads group,foreground", "parent=dumb-init"}},
	{"dumb-init, a single child",
	 false,
	 false,
	 0,
	 {"-c"},
	 {"probe", "ends", "7"},
	 as_user,
	 NULL,
	 {"uid=10001", "terminal=none", "parent=dumb-init"}},
	{"the reader of a CA bundle",
	 false,
	 false,
	 0,
	 {"-u", "10001:10001", "--certs", "require"},
	 {"probe", "ends", "7"},
	 NULL,
	 NULL,
	 {POWERLESS, "ca.certificates=1"}},
	{"the reader of additions to the CA certificates",
	 false,
	 false,
	 0,
	 {"-u", "10001:10001", "--ca-add", "/certs"},
	 {"probe", "ends", "7"},
	 NULL,
	 NULL,
	 {POWERLESS, "ca.certificates=2"}},
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

static void
write_certificates(void)
{
	sandbox_write("/etc/ssl/certs/ca-certificates.crt", CERTIFICATE, 0644);
	sandbox_write("/certs/one.pem", CERTIFICATE, 0644);
	sandbox_write("/certs/two.pem", CERTIFICATE_TWO, 0644);
}

static void
remove_certificates(void)
{
	static const char *const files[] = {"/etc/ssl/certs/ca-certificates.crt", "/certs/one.pem",
					    "/certs/two.pem"};
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", sandbox_make(), files[i]);
		if (unlink(path))
			fail_msg("unlink %s: %s", path, strerror(errno));
	}
}

#define AS_STEPDOWN .program = "/sbin/stepdown", .failed = 125, .cannot_run = 126, .not_found = 127
#define AS_TINI .program = "/sbin/tini", .failed = 1, .cannot_run = 126, .not_found = 127
#define AS_DUMB_INIT .program = "/sbin/dumb-init", .failed = 1, .cannot_run = 2, .not_found = 2

/* What a kind of mode has; the first row whose beginning a mode's name has is its own. */
static const struct kind {
	const char *beginning;
	const char *program;
	int failed, cannot_run, not_found; /* its statuses */
	bool is_peer;
	bool has_terminal, is_job, reads;
	bool is_swept_late; /* from the fork on: another mode has the same start */
	long makes[MADE];   /* calls that are swept in the init or in the child: all of them */
} kinds[] = {
	{"PID 1 at a terminal", AS_STEPDOWN, .has_terminal = true, .makes = {SYS_ioctl}},
	{"a job that is suspended", AS_STEPDOWN, .has_terminal = true, .is_job = true,
	 .is_swept_late = true, .makes = {SYS_ioctl}},
	{"a job", AS_STEPDOWN, .has_terminal = true, .is_job = true, .makes = {SYS_ioctl}},
	{"tini at a terminal", AS_TINI, .is_peer = true, .has_terminal = true,
	 .makes = {SYS_ioctl}},
	{"tini", AS_TINI, .is_peer = true},
	{"dumb-init at a terminal", AS_DUMB_INIT, .is_peer = true, .has_terminal = true,
	 .makes = {SYS_ioctl}},
	{"dumb-init", AS_DUMB_INIT, .is_peer = true},
	{"the reader", AS_STEPDOWN, .reads = true,
	 .makes = {SYS_setresuid, SYS_capset, SYS_seccomp}},
	{"", AS_STEPDOWN},
};

static const char *const sides[FAMILY_SIDES] = {"init", "child", "explainer"};

static const struct mode *current;
static bool of_trial; /* what is swept is the trial, in the child's place */

static const struct kind *
kind(void)
{
	const struct kind *found = kinds;

	while (strncmp(current->name, found->beginning, strlen(found->beginning)) != 0)
		found++;
	return found;
}

static void
enter_traced(void)
{
	if (kind()->is_job)
		sit_down();
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
	const char *argv[WORDS + 6] = {kind()->program};
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
	family->is_job = kind()->is_job;
	family->reads = kind()->reads;
	run_program(&(struct run){.argv = argv,
				  .root = sandbox_make(),
				  .environment = current->environment,
				  .prepare = kind()->has_terminal ? open_terminal : NULL,
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
	unsigned looks;  /* the child's first, under a peer's name, that looks for the command */
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

/* What was hit, or before the start what is to be. */
static const struct injector_call *
aimed(void)
{
	if (injector->hits)
		return &injector->hit;
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
			      ? injector->at < sweep->forks && !kind()->is_peer
			      : aimed()->number == SYS_execve || aimed()->number == ADD_RULE;

	/* Under a peer's name the child does. */
	if (kind()->is_peer && family->side == FAMILY_CHILD)
		lookup = (injector->at ? injector->at : injector->every) >= sweep->looks;

	if (outcome->out[0])
		return "the service is not started, and there is something on standard output";
	if (outcome->status == kind()->failed ||
	    (lookup &&
	     (outcome->status == kind()->cannot_run || outcome->status == kind()->not_found)))
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

/* Without the lines that begin so. */
static void
forget_lines(char *lines, const char *const *beginnings)
{
	char *to = lines;

	for (char *line = lines; *line;) {
		size_t length = strcspn(line, "\n");
		const char *const *beginning = beginnings;

		length += line[length] == '\n';
		while (*beginning && strncmp(line, *beginning, strlen(*beginning)) != 0)
			beginning++;
		if (!*beginning) {
			memmove(to, line, length);
			to += length;
		}
		line += length;
	}
	*to = 0;
}

static bool
differs_only_in(const struct sweep *sweep, const struct outcome *outcome,
		const char *const *beginnings)
{
	static char reference[OUTPUT_SIZE];
	static char got[OUTPUT_SIZE];

	strcpy(reference, sweep->reference.out);
	strcpy(got, outcome->out);
	forget_lines(reference, beginnings);
	forget_lines(got, beginnings);
	return outcome->status == HANDED_ON && !strcmp(reference, got);
}

/* The place at the terminal is what the kernel says before anything is done, if it says a lie. */
static bool
is_look(const struct injector_call *call)
{
#ifdef SYS_getpgrp
	if (call->number == SYS_getpgrp)
		return true;
#endif
	return call->number == SYS_getpgid || call->number == SYS_getsid ||
	       call->number == SYS_getpid || call->number == SYS_ioctl ||
	       (call->number == SYS_fcntl && call->arguments[1] == F_GETFL);
}

/*
 * What depends on what the kernel says of the terminal, or of a file with certificates. The service
 * is confined all the same, and about certificates there is a word.
 */
static bool
is_decided(const struct sweep *sweep, const struct outcome *outcome)
{
	static const char *const places[] = {"terminal=", "descriptor.", NULL};
	static const char *const bundles[] = {
		"ca.certificates=", "env.SSL_CERT_FILE=", "env.SSL_CERT_DIR=", NULL};

	if (kind()->reads)
		return (strstr(outcome->err, "is used instead") ||
			strstr(outcome->err, "were left out")) &&
		       differs_only_in(sweep, outcome, bundles);
	return kind()->has_terminal && family->side == FAMILY_INIT && is_look(aimed()) &&
	       (injector->at < sweep->forks || aimed()->number == SYS_ioctl) &&
	       differs_only_in(sweep, outcome, places);
}

/* Returns what is wrong with an outcome, or NULL. */
static const char *
judge(const struct sweep *sweep, const struct outcome *outcome)
{
	if (outcome->status == FAMILY_HANGS || outcome->status == HANGS)
		return "it hangs";
	if (family->service_left)
		return "the init ended before the service";
	if (family->exposed)
		return "the reader opens a file with power";
	/* What the kernel says about the terminal itself is all that can be known about it. */
	if (family->front_lost && aimed()->number != SYS_ioctl)
		return "the terminal is not given back";
	/* Whoever is told that its parent is gone dies as the parent-death signal has it. */
	if (aimed()->number == SYS_getppid && outcome->status == 128 + SIGUSR2)
		return NULL;
	if (!injector->started)
		return judge_refusal(sweep, outcome);
	if (is_decided(sweep, outcome))
		return NULL;
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

/*
 * That a signal was sent, and was not, nobody can know who sent it. What is interrupted each time
 * is made again each time.
 */
static bool
is_unknowable(long result)
{
	return (result == 0 && aimed()->number == SYS_pidfd_send_signal) ||
	       (aimed()->number == SYS_kill && kind()->is_swept_late) ||
	       (result == -EINTR && injector->every &&
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
try_all_faults(struct sweep *sweep)
{
	static struct outcome outcome;

	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		injector->hits = 0;
		if ((faults[i].only_full && !sweeps_all()) || is_unknowable(faults[i].result))
			continue;
		injector->result = faults[i].result;
		if (!start_hit(sweep, &outcome))
			return;
		if (is_unknowable(faults[i].result))
			continue;
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
	if (kind()->is_swept_late && family->side == FAMILY_INIT) {
		sweep->begins = sweep->forks;
		return;
	}
	if (!sweep->begins || (family->side == FAMILY_INIT && sweep->forks <= sweep->begins))
		fail_msg("%s: the marks are not there", current->name);
}

/* Under a peer's name the child has its signals back before it looks for the command. */
static void
find_lookup(struct sweep *sweep)
{
	for (unsigned call = 1; call <= sweep->calls; call++)
		if (injector->calls[call - 1].number == SYS_rt_sigprocmask)
			sweep->looks = call + 1;
	if (kind()->is_peer && family->side == FAMILY_CHILD && !sweep->looks)
		fail_msg("%s: the child does not get its signals back", current->name);
}

/* A mode that no longer does what it is there for is swept in vain. */
static void
check_aim(const struct sweep *sweep)
{
	for (unsigned i = 0; i < MADE && kind()->makes[i]; i++) {
		unsigned call = sweep->begins;

		while (call <= sweep->calls &&
		       injector->calls[call - 1].number != (uint64_t)kind()->makes[i])
			call++;
		if (call > sweep->calls)
			fail_msg("%s, %s: call %ld is not made", current->name, sides[family->side],
				 kind()->makes[i]);
	}
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
	if (family->exposed || family->front_lost || (kind()->reads && !family->opened))
		fail_msg("%s: %s%s%u files read", current->name, family->exposed ? "exposed " : "",
			 family->front_lost ? "terminal lost " : "", family->opened);
	sweep->begins = side == FAMILY_INIT ? 0 : 1;
	find_marks(sweep);
	find_lookup(sweep);
	check_aim(sweep);
}

/* So that no sweep is empty without anybody seeing it. */
static unsigned
fewest_calls(enum family_side side)
{
	static const unsigned most_modes[FAMILY_SIDES] = {150, 9, 20};

	if (side == FAMILY_INIT && kind()->is_peer)
		return 25;
	return side == FAMILY_INIT && kind()->is_swept_late ? 40 : most_modes[side];
}

static void
check_extent(const struct sweep *sweep, enum family_side side)
{
	unsigned calls = sweep->calls + 1 - sweep->begins;

	if (calls < fewest_calls(side))
		fail_msg("%s, %s: %u calls", current->name, sides[side], calls);
	/* The explainer keeps no service from its start. */
	if (side != FAMILY_EXPLAINER && (!sweep->refused || sweep->refused == sweep->starts))
		fail_msg("%s, %s: %u of %u starts refused", current->name, sides[side],
			 sweep->refused, sweep->starts);
}

static void
sweep_side(struct sweep *sweep, enum family_side side)
{
	run_clean(sweep, side);
	for (unsigned call = sweep->begins; call <= sweep->calls; call++)
		if (is_taken(sweep->calls, call)) {
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
	unsigned swept = 0;

	sandbox_copy("build/tests/helpers/init_service", "/bin/init_service", 0755);
	sandbox_copy("build/stepdown", "/sbin/tini", 0755);
	sandbox_copy("build/stepdown", "/sbin/dumb-init", 0755);
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		double since = seconds();

		current = &modes[i];
		if ((only && strcmp(only, current->name) != 0) ||
		    (side == FAMILY_EXPLAINER && !current->explains) ||
		    (of_trial && !current->trials) || (kind()->reads && side != FAMILY_CHILD))
			continue;
		if (kind()->reads)
			write_certificates();
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
		check_extent(&sweep, side);
		/* A few calls at the end of the init's loop may be others; no more than that. The
		 * explainer's number depends on how often it has to look. */
		if (side == FAMILY_EXPLAINER ? sweep.starts < FEWEST_STARTS
					     : sweep.unmade * 10 > sweep.starts)
			fail_msg("%s: %u calls were not made again", current->name, sweep.unmade);
		wrong += sweep.wrong;
		swept++;
		if (kind()->reads)
			remove_certificates();
	}
	if (!swept && !only)
		fail_msg("no mode was swept");
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
