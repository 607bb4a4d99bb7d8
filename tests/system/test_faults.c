/* SPDX-License-Identifier: MIT */
/*
 * Fail closed, swept: each system call of a start-up of the shipped program fails in turn, with
 * several errnos, and once more claims a success and does nothing. The service is then what it is
 * in a start without a fault, or it is not started at all.
 *
 * The fault model is one lie at a time, and one kind of call that lies each time from one place on.
 * The execve that starts stepdown itself is the caller's call, and not swept: where it fails there
 * is no stepdown. STEPDOWN_SWEEP=full takes every call with every errno; without it, of calls that
 * repeat in a row with another argument, the first, the middle and the last are taken.
 * STEPDOWN_SWEEP_MODE names the one mode that is swept.
 */
#include "helpers/support.h"
#include "injector.h"
#include "injector_faults.h"
#include "setup_state.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

#include <cmocka.h>

enum { WORDS = 18, EXPECTED = 10, COMPLAINTS = 16000, COMPLAINT_ROOM = 2000 };

static void
give_up(const char *what)
{
	fprintf(stderr, "test: cannot %s: %s\n", what, strerror(errno));
	_exit(99);
}

/* --- the ways to start ------------------------------------------------------------------------ */

#define BIT(n) (UINT64_C(1) << (n))

static void
set_capabilities(uint64_t set, uint64_t inheritable)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {
		{(uint32_t)set, (uint32_t)set, (uint32_t)inheritable},
		{(uint32_t)(set >> 32), (uint32_t)(set >> 32), (uint32_t)(inheritable >> 32)}};

	if (syscall(SYS_capset, &header, data))
		give_up("set capabilities");
}

/* A pipe of root's: one that is lost or handed over shows. */
static void
give_input(void)
{
	int ends[2];

	if (pipe(ends) || dup2(ends[0], 0) < 0)
		give_up("make a pipe");
	close(ends[0]);
	close(ends[1]);
}

static void
without_setpcap(void)
{
	uint64_t kept = BIT(CAP_SETUID) | BIT(CAP_SETGID) | BIT(CAP_NET_RAW);

	for (unsigned i = 0; i < 64 && prctl(PR_CAPBSET_READ, i, 0, 0, 0) >= 0; i++)
		if (!(kept >> i & 1) && prctl(PR_CAPBSET_DROP, i, 0, 0, 0))
			give_up("limit the bounding set");
	set_capabilities(kept, 0);
}

static void
as_user_with_ambient(void)
{
	gid_t groups[] = {10001, 44};
	uint64_t set = BIT(CAP_NET_BIND_SERVICE) | BIT(CAP_NET_RAW);

	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) || setgroups(2, groups) ||
	    setresgid(10001, 10001, 10001) || setresuid(10001, 10001, 10001))
		give_up("become a user");
	set_capabilities(set, set);
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_BIND_SERVICE, 0, 0) ||
	    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_RAW, 0, 0))
		give_up("raise ambient capabilities");
}

/* Where only few descriptors can be looked at one by one, it is beyond them. */
static void
with_a_leak_high_up(void)
{
	struct rlimit limit = {4096, 4096};

	/* The probe looks at 1024. */
	if (setrlimit(RLIMIT_NOFILE, &limit) || dup2(1, 1020) != 1020)
		give_up("leak a descriptor");
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

static const char *const secret_environment[] = {"PATH=/bin", "B=1", "DB_FILE=/run/secrets/db",
						 NULL};

static void
with_a_mask(void)
{
	umask(022);
}

static const char *const users_environment[] = {"PATH=/bin", "DB_FILE=/run/secrets/users", NULL};

static void
as_user_with_a_mask(void)
{
	with_a_mask();
	if (setgroups(0, NULL) || setresgid(10001, 10001, 10001) || setresuid(10001, 10001, 10001))
		give_up("become a user");
}

static void
with_a_closed_stream(void)
{
	close(0);
}

static void
in_sandbox(const char *script)
{
	static struct outcome outcome;
	static char line[1024];

	snprintf(line, sizeof(line), "cd %s && %s", sandbox_make(), script);
	run_words(&outcome, NULL, "sh", "-c", line);
	if (outcome.status)
		fail_msg("%s: %s", script, outcome.err);
}

/* There is one place for the bundle: where a fault closes it, the next one would do as well. */
static void
without_a_bundle(void)
{
	in_sandbox("rm -rf run && mkdir run && mkdir -p var/lib etc/ssl && chown 7 var etc/ssl");
	sandbox_write("/certs/one.pem", CERTIFICATE, 0644);
}

/* The new state, the old one, or a directory with nothing in it: no half of a file. */
static const char *
find_half_a_bundle(bool started)
{
	static struct outcome outcome;
	static char line[1024];

	snprintf(line, sizeof(line),
		 "cd %s/run && find . -type f -exec stat -c '%%n %%a %%u' {} + && "
		 "find . -type f -exec cmp {} ../certs/one.pem ';'",
		 sandbox_make());
	run_words(&outcome, NULL, "sh", "-c", line);
	if (outcome.status == 0 && !outcome.out[0] && !started)
		return NULL;
	if (outcome.status == 0 && !strcmp(outcome.out, "./stepdown/ca-certificates.crt 444 0\n"))
		return NULL;
	return "half a bundle is left, or there should be one";
}

struct mode {
	const char *name;
	const char *options[WORDS];
	void (*enter)(void);
	const char *const *environment;
	const char *expected[EXPECTED]; /* lines of the probe in a start without a fault */
};

/* Of another tool, outside the sandbox. */
static const struct mode without_proofs;

#define POWERLESS                                                                                  \
	"cap.effective=none", "cap.permitted=none", "cap.inheritable=none", "cap.ambient=none",    \
		"no_new_privs=1", "seccomp=confined"

static const struct mode modes[] = {
	{"root, a number",
	 {"-u", "10001:10001"},
	 NULL,
	 NULL,
	 {POWERLESS, "descriptor.0=pipe:10001"}},
	{"root, a name, groups and a kept capability",
	 {"-v", "-u", "app", "--keep-cap", "net_bind_service"},
	 NULL,
	 NULL,
	 {"cap.effective=net_bind_service", "groups=44,10002", "cap.bounding=net_bind_service",
	  "home=/srv", "seccomp=confined"}},
	{"root that stays root",
	 {"-u", "0:0", "--allow-root"},
	 NULL,
	 NULL,
	 {POWERLESS, "cap.bounding=none", "securebits=0xef"}},
	{"root without SETPCAP, a kept capability",
	 {"-u", "app", "--keep-cap", "net_raw"},
	 without_setpcap,
	 NULL,
	 {"cap.effective=net_raw", "cap.ambient=net_raw", "uid=10001", "seccomp=confined"}},
	{"a user with ambient capabilities",
	 {NULL},
	 as_user_with_ambient,
	 NULL,
	 {POWERLESS, "uid=10001", "groups=44,10001"}},
	{"inherited sockets, a parent to follow",
	 {"-u", "10001:10001"},
	 with_sockets_and_a_parent,
	 listen_environment,
	 {POWERLESS, "descriptors=0,1,2,3,4"}},
	{"a descriptor leaked high up, no set-up",
	 {"-u", "10001:10001", "--no-setup"},
	 with_a_leak_high_up,
	 NULL,
	 {POWERLESS, "descriptors=0,1,2"}},
	/* Nothing but its own proof tells whether no_new_privs was set: no filter asks for it. */
	{"root, no filter",
	 {"-u", "10001:10001", "--seccomp", "off"},
	 NULL,
	 NULL,
	 {"no_new_privs=1", "seccomp=off", "cap.bounding=none", "uid=10001"}},
	/* A umask of 0 is what a kernel says that does nothing. */
	{"environment, secret, directory, umask, limits, oom score",
	 {"-u", "10001:10001", "--clear-env", "--env", "A=1", "--env-from-file", "DB", "--workdir",
	  "/srv", "--umask", "0", "--ulimit", "nofile=64:100", "--oom-score-adj", "901"},
	 with_a_mask,
	 secret_environment,
	 {"env.A=1", "env.DB=sesame", "workdir=/srv", "umask=0000", "rlimit.nofile=64:100",
	  "oom_score_adj=901", "cap.effective=none", "seccomp=confined"}},
	/* No oom score: that a user may not set it is a fact, and left out. */
	{"a user's umask, limits and directory",
	 {"--umask", "0", "--ulimit", "nofile=64:100", "--env-from-file", "DB", "--workdir",
	  "/srv"},
	 as_user_with_a_mask,
	 users_environment,
	 {"umask=0000", "rlimit.nofile=64:100", "env.DB=open", "uid=10001"}},
	{"Landlock",
	 {"-u", "10001:10001", "--exec-only", "--net-bind", "none"},
	 NULL,
	 NULL,
	 {POWERLESS, "landlock.rules=execution,bind"}},
	{"a closed stream",
	 {"-u", "10001:10001"},
	 with_a_closed_stream,
	 NULL,
	 {POWERLESS, "descriptors=0,1,2"}},
	{"root, time zone, directory and tree",
	 {"-u", "10001:10001", SETUP_STATE_OPTIONS},
	 setup_state_restore,
	 NULL,
	 {POWERLESS, "tz=Europe/Ljubljana", "tz.localtime=" NEW_ZONE}},
	{"additions to the CA certificates",
	 {"-u", "10001:10001", "-q", "--ca-add", "/certs/one.pem"},
	 NULL,
	 NULL,
	 {POWERLESS, "ca.certificates=1", "env.SSL_CERT_FILE=/run/stepdown/ca-certificates.crt"}},
};

/* What some of them change in the container. */
static const struct change {
	const char *mode;
	void (*before)(void);               /* makes the old state */
	const char *(*after)(bool started); /* what is neither the old nor the new one, or NULL */
} changes[] = {
	{"additions to the CA certificates", without_a_bundle, find_half_a_bundle},
};

static const struct mode *current;

static const struct change *
find_change(void)
{
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
		if (!strcmp(changes[i].mode, current->name))
			return &changes[i];
	return NULL;
}

static void
enter_traced(void)
{
	injector_begin();
	give_input();
	if (current->enter)
		current->enter();
}

/* --- one start ---------------------------------------------------------------------------------
 */

/* What differs from start to start. */
static const char *const own[] = {
	"pid=", "ppid=", "session=", "group=", "parent=", "env.LISTEN_PID="};

static void
forget_own(char *lines)
{
	char *to = lines;

	for (char *line = lines; *line;) {
		size_t length = strcspn(line, "\n");
		bool skips = false;

		length += line[length] == '\n';
		for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
			skips |= !strncmp(line, own[i], strlen(own[i]));
		if (!skips) {
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
	const char *argv[WORDS + 6] = {current == &without_proofs ? "setpriv" : "/sbin/stepdown"};
	unsigned count = 1;
	char null_device[128];
	char probe[128];

	snprintf(probe, sizeof(probe), "%s/bin/probe", sandbox_make());
	snprintf(null_device, sizeof(null_device), "%s/dev/null", sandbox_make());
	for (unsigned i = 0; current->options[i]; i++)
		argv[count++] = current->options[i];
	argv[count++] = "--";
	argv[count++] = current == &without_proofs ? probe : "probe";
	argv[count] = NULL;
	injector->count = injector->hits = 0;
	injector->started = false;
	if (find_change())
		find_change()->before();
	/* A device that was handed over must not spoil the starts after it. */
	if (chown(null_device, 0, 0))
		fail_msg("chown: %s", strerror(errno));
	run_program(&(struct run){.argv = argv,
				  .root = current == &without_proofs ? NULL : sandbox_make(),
				  .environment = current->environment,
				  .enter = enter_traced},
		    outcome);
	forget_own(outcome->out);
}

/* The first line that differs after `skip` such lines, for the reader; NULL if there is none. */
static const char *
find_difference(const char *reference, const char *got, unsigned skip)
{
	static char text[300];

	while (*reference && *got) {
		size_t one = strcspn(reference, "\n");
		size_t two = strcspn(got, "\n");

		bool differs = one != two || memcmp(reference, got, one);

		if (differs && skip)
			skip--;
		else if (differs) {
			snprintf(text, sizeof(text), "%.*s instead of %.*s",
				 two > 120 ? 120 : (int)two, got, one > 120 ? 120 : (int)one,
				 reference);
			return text;
		}
		reference += one + (reference[one] == '\n');
		got += two + (got[two] == '\n');
	}
	return *reference || *got ? "lines missing or too many" : NULL;
}

/* --- the sweep ----------------------------------------------------------------------------------
 */

struct sweep {
	struct outcome reference;
	unsigned calls;   /* of the start without a fault */
	unsigned begins;  /* the first call that main makes */
	unsigned looks;   /* the first call after the drop: 126 and 127 are possible from here */
	unsigned starts;  /* with a fault in them */
	unsigned refused; /* the service was not started */
	unsigned wrong;
	size_t used;
	char complaints[COMPLAINTS];
};

/*
 * Before main, libcap-ng's constructor opens a file that all may read, and closes it. If the kernel
 * lies to it about these, standard input is lost, or it is that file; stepdown cannot know. Nothing
 * else may differ.
 */
static bool
is_the_librarys(const char *difference)
{
	return strstr(difference, "descriptor.0=device:0 instead of") == difference ||
	       strstr(difference, "descriptor.0=file:0 instead of") == difference;
}

/*
 * Where the kernel says that /etc cannot be written, for a reason that there may be, TZ alone has
 * the zone, with a warning. That is a state that was decided, and the container's is the old one.
 */
static bool
is_decided(const char *difference, const struct outcome *outcome)
{
	return strstr(difference, "tz.localtime=" OLD_ZONE " instead of") == difference &&
	       strstr(outcome->err, "TZ alone");
}

/* Where no write ever succeeds nothing can be said. */
static bool
is_dumb(void)
{
	return injector->every && injector->calls[injector->every - 1].number == SYS_write;
}

/* Returns what is wrong with an outcome, or NULL. */
static const char *
judge(const struct sweep *sweep, const struct outcome *outcome, unsigned first)
{
	bool before_main = first < sweep->begins;
	bool lookup = first >= sweep->looks;

	if (outcome->status == HANGS)
		return "it hangs";
	if (find_change() && find_change()->after(injector->started))
		return find_change()->after(injector->started);
	if (injector->started) {
		const char *difference = find_difference(sweep->reference.out, outcome->out, 0);

		if (difference && before_main && is_the_librarys(difference))
			difference = find_difference(sweep->reference.out, outcome->out, 1);
		if (difference && is_decided(difference, outcome))
			return setup_state_judge(false);
		if (difference || outcome->status)
			return difference ? difference
					  : "the service is as it should be, its status is not 0";
		return current->enter == setup_state_restore ? setup_state_judge(true) : NULL;
	}
	if (current->enter == setup_state_restore && setup_state_judge(false))
		return setup_state_judge(false);
	if (outcome->out[0])
		return "the service is not started, and there is something on standard output";
	if (outcome->status == 125 || (lookup && (outcome->status | 1) == 127))
		return outcome->err[0] || is_dumb() ? NULL : "nothing is said";
	/* No allocator survives memory at address 0, but it does not start the service either. */
	if (injector->calls[first - 1].number == SYS_mmap && outcome->status == 128 + SIGSEGV)
		return NULL;
	if (before_main && outcome->status > 128)
		return NULL;
	return outcome->status == 0 ? "a silent success" : "another status";
}

static void
complain(struct sweep *sweep, unsigned call, const char *fault, const char *what,
	 const struct outcome *outcome)
{
	const struct injector_call *at = &injector->calls[call - 1];

	sweep->wrong++;
	if (sweep->used + COMPLAINT_ROOM >= COMPLAINTS)
		return;
	sweep->used += (size_t)snprintf(
		sweep->complaints + sweep->used, COMPLAINT_ROOM,
		"%s: call %u%s (%llu, first arguments 0x%llx, 0x%llx): %s: status %d: %s; it says: "
		"%.200s\n",
		current->name, call, injector->every ? " and those like it" : "",
		(unsigned long long)at->number, (unsigned long long)at->arguments[0],
		(unsigned long long)at->arguments[1], fault, outcome->status, what, outcome->err);
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

static void
try_all_faults(struct sweep *sweep, unsigned call)
{
	static struct outcome outcome;

	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		if (faults[i].only_full && !sweeps_all())
			continue;
		injector->result = faults[i].result;
		start(&outcome);
		if (!injector->hits)
			fail_msg("%s: call %u was not made again", current->name, call);
		const char *what = judge(sweep, &outcome, call);

		sweep->starts++;
		sweep->refused += !injector->started;
		if (what)
			complain(sweep, call, faults[i].name, what, &outcome);
	}
}

static void
run_clean(struct sweep *sweep)
{
	memset(sweep, 0, sizeof(*sweep));
	if (current->enter == setup_state_restore)
		setup_state_prepare();
	injector_reset();
	sandbox_write("/run/secrets/db", "sesame\n", 0400);
	sandbox_write("/run/secrets/users", "open\n", 0444);
	sandbox_write("/srv/file", "", 0644);
	start(&sweep->reference);
	if (sweep->reference.status || !injector->started)
		fail_msg("%s: %d %s", current->name, sweep->reference.status, sweep->reference.err);
	sweep->calls = injector->count;
	if (sweep->calls > INJECTOR_CALLS)
		fail_msg("%s: %u calls", current->name, sweep->calls);
	for (unsigned e = 0; e < EXPECTED && current->expected[e]; e++)
		assert_says(sweep->reference.out, current->expected[e]);
}

/* Whether an earlier call is like this one, so that its sweep has covered this one. */
static bool
is_repeated(unsigned call, bool by_argument)
{
	for (unsigned i = 1; i < call; i++)
		if (by_argument ? same_operation(i, call)
				: injector->calls[i - 1].number == injector->calls[call - 1].number)
			return true;
	return false;
}

static void
sweep_single(struct sweep *sweep)
{
	for (unsigned call = 1; call <= sweep->calls; call++)
		if (is_taken(sweep, call)) {
			injector->at = call;
			try_all_faults(sweep, call);
		}
	injector->at = 0;
}

/* By its number alone, and where the first argument selects what it does, by that too. */
static void
sweep_every(struct sweep *sweep)
{
	for (unsigned call = 1; call <= sweep->calls; call++)
		for (int by_argument = 0; by_argument < 2; by_argument++) {
			if (by_argument && injector->calls[call - 1].number != SYS_prctl)
				continue;
			if (is_repeated(call, by_argument))
				continue;
			injector->every = call;
			injector->by_argument = by_argument;
			try_all_faults(sweep, call);
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

/* The marks in the clean run: main's first look at descriptor 0, and the proof after the drop. */
static void
find_marks(struct sweep *sweep)
{
	for (unsigned call = 1; call <= sweep->calls; call++) {
		const struct injector_call *at = &injector->calls[call - 1];

		if (!sweep->begins && at->number == SYS_fcntl && at->arguments[0] == 0 &&
		    at->arguments[1] == F_GETFD)
			sweep->begins = call;
		if (at->number == SYS_setfsuid)
			sweep->looks = call;
	}
	if (!sweep->begins || !sweep->looks)
		fail_msg("%s: the marks are not there", current->name);
}

static void
report_sweep(const struct sweep *sweep, double since)
{
	print_message("%s: %u calls, %u starts with a fault, %u of them refused, %.1f s\n",
		      current->name, sweep->calls, sweep->starts, sweep->refused,
		      seconds() - since);
}

static void
sweep_modes(void (*sweeps)(struct sweep *))
{
	static struct sweep sweep;
	const char *only = getenv("STEPDOWN_SWEEP_MODE");
	unsigned wrong = 0;

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		double since = seconds();

		current = &modes[i];
		if (only && strcmp(only, current->name) != 0)
			continue;
		run_clean(&sweep);
		find_marks(&sweep);
		sweeps(&sweep);
		report_sweep(&sweep, since);
		if (sweep.wrong)
			print_message("%s", sweep.complaints);
		wrong += sweep.wrong;
	}
	if (wrong)
		fail_msg("%u starts are neither confined nor refused", wrong);
}

static void
test_no_single_fault_leads_to_less_confinement(void **state)
{
	(void)state;
	sweep_modes(sweep_single);
}

static void
test_no_call_that_always_lies_leads_to_less_confinement(void **state)
{
	(void)state;
	sweep_modes(sweep_every);
}

/* --- red first -----------------------------------------------------------------------------------
 */

static const struct mode without_proofs = {
	.name = "setpriv",
	.options = {"--reuid", "10001", "--regid", "10001", "--clear-groups", "--bounding-set=-all",
		    "--inh-caps=-all", "--no-new-privs"},
	.expected = {"uid=10001", "cap.effective=none", "cap.bounding=none", "no_new_privs=1"},
};

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

/* The same sweep over a tool that asks for all of it and proves nothing: it can fail. */
static void
test_the_sweep_finds_the_leaks_of_a_tool_without_proofs(void **state)
{
	static struct sweep sweep;
	static struct outcome outcome;
	unsigned leaks = 0;

	(void)state;
	current = &without_proofs;
	run_clean(&sweep);
	for (unsigned call = 1; call <= sweep.calls; call++)
		for (size_t i = 0; i < 2 && is_taken(&sweep, call); i++) {
			injector->at = call;
			injector->result = faults[i].result;
			start(&outcome);
			sweep.starts++;
			const char *leak = injector->started && injector->hits
						   ? find_leak(sweep.reference.out, outcome.out)
						   : NULL;

			leaks += leak != NULL;
			if (leak)
				print_message(
					"setpriv, call %u (%llu), %s: the service has %s=%s\n",
					call, (unsigned long long)injector->calls[call - 1].number,
					faults[i].name, leak, value_of(outcome.out, leak));
		}
	print_message("setpriv: %u calls, %u starts with a fault, %u leaks\n", sweep.calls,
		      sweep.starts, leaks);
	assert_true(leaks > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_single_fault_leads_to_less_confinement),
		cmocka_unit_test(test_no_call_that_always_lies_leads_to_less_confinement),
		cmocka_unit_test(test_the_sweep_finds_the_leaks_of_a_tool_without_proofs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
