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
#include "certs_sample.h"
#include "helpers/support.h"
#include "injector.h"
#include "injector_faults.h"
#include "setup_state.h"

#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <limits.h>
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

enum { WORDS = 18, EXPECTED = 10, MADE = 4, COMPLAINTS = 16000, COMPLAINT_ROOM = 2000 };
/* What a sweep is at least, so that none is empty without anybody seeing it. */
enum { FEWEST_CALLS = 100, FEWEST_STARTS = 120, LEAST_REFUSED = 4 /* one of so many */ };
enum { PEERS_FAILURE = 1 /* the status of gosu and su-exec */ };

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

static const char *const puid_environment[] = {"PATH=/bin", "PUID=4711", "PGID=7", "UMASK=0", NULL};
static const char *const allowed_environment[] = {"PATH=/bin", "STEPDOWN_UMASK=0",
						  "STEPDOWN_WORKDIR=/srv", NULL};

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

/* --- what some of them change in the container, or find there ------------------------------------
 */

static const char *
in_sandbox(const char *path)
{
	static char whole[PATH_MAX];

	snprintf(whole, sizeof(whole), "%s%s", sandbox_make(), path);
	return whole;
}

static void
make_directory(const char *path, unsigned owner)
{
	if ((mkdir(in_sandbox(path), 0755) && errno != EEXIST) ||
	    chown(in_sandbox(path), owner, owner))
		fail_msg("%s: %s", path, strerror(errno));
}

static int
remove_one(const char *path, const struct stat *status, int kind, struct FTW *where)
{
	(void)status;
	(void)kind;
	(void)where;
	return remove(path);
}

static void
remove_tree(const char *path)
{
	if (nftw(in_sandbox(path), remove_one, 8, FTW_DEPTH | FTW_PHYS) && errno != ENOENT)
		fail_msg("remove %s: %s", path, strerror(errno));
}

#define BUNDLE "/run/stepdown/ca-certificates.crt"

static void
write_certificate(void)
{
	sandbox_write("/certs/one.pem", CERTIFICATE, 0644);
}

/* There is one place for the bundle: where a fault closes it, the next one would do as well. */
static void
without_a_bundle(void)
{
	remove_tree("/run");
	make_directory("/run", 0);
	make_directory("/var", 7);
	make_directory("/var/lib", 0);
	make_directory("/etc/ssl", 7);
}

static void
remove_places(void)
{
	remove_tree("/var");
	remove_tree("/etc/ssl");
}

static unsigned files_seen;

static int
see_file(const char *path, const struct stat *status, int kind, struct FTW *where)
{
	(void)path;
	(void)status;
	(void)where;
	files_seen += kind != FTW_D;
	return 0;
}

/* The new state, the old one, or a directory with nothing in it: no half of a file. */
static const char *
find_half_a_bundle(bool started)
{
	static const char complaint[] = "half a bundle is left, or there should be one";
	char text[sizeof(CERTIFICATE) + 1] = "";
	struct stat status;

	files_seen = 0;
	if (nftw(in_sandbox("/run"), see_file, 8, FTW_PHYS))
		return "/run cannot be seen";
	if (files_seen == 0)
		return started ? complaint : NULL;

	int file = open(in_sandbox(BUNDLE), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	bool whole = files_seen == 1 && file >= 0 && !fstat(file, &status) &&
		     status.st_mode == (S_IFREG | 0444) && status.st_uid == 0 &&
		     read(file, text, sizeof(text)) == sizeof(CERTIFICATE) - 1 &&
		     !strcmp(text, CERTIFICATE);

	close(file);
	return whole ? NULL : complaint;
}

static const char *const own_tree[] = {"/data", "/data/file", "/data/sub", "/data/sub/file"};

enum { OWN_TREE = sizeof(own_tree) / sizeof(own_tree[0]) };

static void
make_tree(void)
{
	make_directory("/data", 0);
	make_directory("/data/sub", 0);
	sandbox_write("/data/file", "", 0644);
	sandbox_write("/data/sub/file", "", 0644);
}

static void
disown_tree(void)
{
	for (unsigned i = 0; i < OWN_TREE; i++)
		if (chown(in_sandbox(own_tree[i]), 0, 0))
			fail_msg("chown: %s", strerror(errno));
}

/*
 * The top is what the next start looks at, so that it is owned last, and where it is not there is
 * no start. A kernel that claims to have given an entry away leaves it to root: to ask for each
 * would cost a call each, and the service has less then, not more.
 */
static const char *
find_half_a_tree(bool started)
{
	struct stat status;
	bool must_be_owned = started;

	for (unsigned i = 0; i < OWN_TREE; i++) {
		if (lstat(in_sandbox(own_tree[i]), &status) || status.st_uid != status.st_gid ||
		    (status.st_uid != 0 && status.st_uid != 10001))
			return own_tree[i];
		if (must_be_owned && status.st_uid != 10001)
			return "a tree that is not owned, and its top or a start says so";
		must_be_owned |= i == 0 && status.st_uid == 10001;
		must_be_owned &= injector->result != 0;
	}
	return NULL;
}

static void
write_bundle(void)
{
	sandbox_write("/etc/ssl/certs/ca-certificates.crt", CERTIFICATE, 0644);
}

static void
remove_bundle(void)
{
	remove_tree("/etc/ssl");
}

/* Together they say what is said on the command line elsewhere, and each says something alone. */
static void
write_configuration(void)
{
	sandbox_write("/etc/stepdown.conf", "user = app\nfrom-env = umask,workdir\n", 0644);
	sandbox_write("/etc/stepdown.d/10-groups.conf", "group-add = 7\nenv = A=1\n", 0644);
	sandbox_write("/etc/stepdown.d/20-filter.conf", "seccomp = strict\nenv = B=2\n", 0644);
}

static void
remove_configuration(void)
{
	remove_tree("/etc/stepdown.conf");
	remove_tree("/etc/stepdown.d");
}

static void
write_settings(void)
{
	sandbox_write("/srv/stepdown.conf",
		      "# of this image\nuser = app\numask = 0\nkeep-cap = net_raw\n", 0644);
}

static void
compile_profile(void)
{
	static struct outcome outcome;
	static char to[PATH_MAX];

	snprintf(to, sizeof(to), "%s", in_sandbox("/srv/strict.bpf"));
	run_words(&outcome, NULL, "build/stepdown-kit", "compile", "src/profiles/strict.json", "-o",
		  to);
	if (outcome.status || chmod(to, 0644))
		fail_msg("compile: %s", outcome.err);
}

static void
remove_state(void)
{
	remove_tree("/data");
	remove_tree("/run");
	remove_tree("/etc/localtime");
	remove_tree("/etc/timezone");
}

/* A peer's name is a link. */
static void
link_peers(void)
{
	if ((symlink("stepdown", in_sandbox("/sbin/gosu")) && errno != EEXIST) ||
	    (symlink("stepdown", in_sandbox("/sbin/su-exec")) && errno != EEXIST))
		fail_msg("symlink: %s", strerror(errno));
}

/* --- the modes ----------------------------------------------------------------------------------
 */

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
	 {POWERLESS, "ca.certificates=1", "env.SSL_CERT_FILE=" BUNDLE}},
	{"a CA bundle that is required",
	 {"-u", "10001:10001", "--certs", "require"},
	 NULL,
	 NULL,
	 {POWERLESS, "ca.certificates=1"}},
	{"a CA bundle, and a warning",
	 {"-u", "10001:10001", "--certs", "warn"},
	 NULL,
	 NULL,
	 {POWERLESS, "ca.certificates=1"}},
	{"a tree that is owned once",
	 {"-u", "10001:10001", "--chown-once", "/data"},
	 NULL,
	 NULL,
	 {POWERLESS, "uid=10001"}},
	{"PUID, PGID and UMASK",
	 {"-u", "app", "--puid"},
	 with_a_mask,
	 puid_environment,
	 {POWERLESS, "uid=4711", "gid=7", "groups=7", "umask=0000"}},
	{"configuration files and the environment",
	 {NULL},
	 with_a_mask,
	 allowed_environment,
	 {"uid=10001", "groups=7,44,10002", "env.A=1", "env.B=2", "umask=0000", "workdir=/srv",
	  "cap.permitted=none", "seccomp=confined"}},
	{"a configuration file that is named",
	 {"--config", "/srv/stepdown.conf", "--log", "json", "-v", "--group-add", "7"},
	 with_a_mask,
	 NULL,
	 {"uid=10001", "groups=7,44,10002", "umask=0000", "cap.effective=net_raw",
	  "cap.bounding=net_raw", "seccomp=confined"}},
	{"a compiled profile",
	 {"-u", "10001:10001", "--seccomp", "/srv/strict.bpf"},
	 NULL,
	 NULL,
	 {POWERLESS, "uid=10001"}},
	/* As a peer there is no filter, and no_new_privs and the bounding set stay as they were. */
	{"gosu, a name",
	 {"app"},
	 NULL,
	 NULL,
	 {"uid=10001", "gid=10002", "groups=44,10002", "home=/srv", "cap.effective=none",
	  "cap.permitted=none", "seccomp=off"}},
	{"su-exec, numbers",
	 {"10001:7"},
	 NULL,
	 NULL,
	 {"uid=10001", "gid=7", "groups=7", "home=/", "cap.effective=none", "cap.permitted=none",
	  "seccomp=off"}},
};

/* What one mode alone has, or leaves in the container. */
static const struct special {
	const char *mode;
	const char *peer;                   /* the program, if it is not stepdown by its own name */
	long makes[MADE];                   /* the calls that it is about: each of them is made */
	void (*prepare)(void);              /* once, before the first start */
	void (*before)(void);               /* makes the old state, before each start */
	const char *(*after)(bool started); /* what is neither the old nor the new one, or NULL */
	void (*clean)(void);                /* once, after the last start */
	bool only_warns;                    /* of certificates that cannot be looked at */
} specials[] = {
	{
		.mode = "root, a number",
		.makes = {SYS_setgroups, SYS_setresuid, SYS_seccomp},
	},
	{
		.mode = "root without SETPCAP, a kept capability",
		.makes = {SYS_capset, SYS_setresuid, SYS_seccomp},
	},
	{
		.mode = "environment, secret, directory, umask, limits, oom score",
		.makes = {SYS_chdir, SYS_umask, SYS_prlimit64, SYS_write},
	},
	{
		.mode = "a user's umask, limits and directory",
		.makes = {SYS_chdir, SYS_umask, SYS_prlimit64},
	},
	{
		.mode = "Landlock",
		.makes = {SYS_landlock_restrict_self},
	},
	{
		.mode = "PUID, PGID and UMASK",
		.makes = {SYS_setresuid, SYS_umask},
	},
	{.mode = "root, time zone, directory and tree",
	 .makes = {SYS_symlinkat, SYS_renameat, SYS_mkdirat, SYS_fchownat},
	 .prepare = setup_state_prepare,
	 .clean = remove_state},
	{.mode = "additions to the CA certificates",
	 .makes = {SYS_pipe2, SYS_wait4, SYS_renameat},
	 .prepare = write_certificate,
	 .before = without_a_bundle,
	 .after = find_half_a_bundle,
	 .clean = remove_places},
	{.mode = "a CA bundle that is required",
	 .makes = {SYS_pipe2, SYS_wait4},
	 .prepare = write_bundle,
	 .clean = remove_bundle},
	{.mode = "a CA bundle, and a warning",
	 .makes = {SYS_pipe2, SYS_wait4},
	 .prepare = write_bundle,
	 .clean = remove_bundle,
	 .only_warns = true},
	{.mode = "a tree that is owned once",
	 .makes = {SYS_getdents64, SYS_fchownat},
	 .prepare = make_tree,
	 .before = disown_tree,
	 .after = find_half_a_tree,
	 .clean = remove_state},
	{.mode = "configuration files and the environment",
	 .makes = {SYS_getdents64, SYS_chdir, SYS_umask},
	 .prepare = write_configuration,
	 .clean = remove_configuration},
	{.mode = "a configuration file that is named",
	 .makes = {SYS_openat2, SYS_umask},
	 .prepare = write_settings},
	{.mode = "a compiled profile",
	 .makes = {SYS_openat, SYS_seccomp},
	 .prepare = compile_profile},
	{.mode = "gosu, a name",
	 .makes = {SYS_setgroups, SYS_setresgid, SYS_setresuid},
	 .peer = "/sbin/gosu",
	 .prepare = link_peers},
	{.mode = "su-exec, numbers",
	 .makes = {SYS_setgroups, SYS_setresgid, SYS_setresuid},
	 .peer = "/sbin/su-exec",
	 .prepare = link_peers},
	{.mode = "setpriv", .peer = "setpriv"},
};

static const struct mode *current;

/* One that has nothing, where there is none. */
static const struct special *
special(void)
{
	static const struct special none;

	for (size_t i = 0; i < sizeof(specials) / sizeof(specials[0]); i++)
		if (!strcmp(specials[i].mode, current->name))
			return &specials[i];
	return &none;
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
	const char *argv[WORDS + 6] = {special()->peer ? special()->peer : "/sbin/stepdown"};
	unsigned count = 1;
	char null_device[128];
	char probe[128];

	snprintf(probe, sizeof(probe), "%s/bin/probe", sandbox_make());
	snprintf(null_device, sizeof(null_device), "%s/dev/null", sandbox_make());
	for (unsigned i = 0; current->options[i]; i++)
		argv[count++] = current->options[i];
	/* gosu and su-exec know no end of options. */
	if (!special()->peer || current == &without_proofs)
		argv[count++] = "--";
	argv[count++] = current == &without_proofs ? probe : "probe";
	argv[count] = NULL;
	injector->count = injector->hits = 0;
	injector->started = false;
	if (special()->before)
		special()->before();
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

/* Nor is it a fault of the service that the certificates were not looked at, if that is said. */
static bool
is_warned(const struct sweep *sweep, const struct outcome *outcome)
{
	static const char line[] = "env.SSL_CERT_FILE=";
	static char without[OUTPUT_SIZE];
	char *at;

	strcpy(without, sweep->reference.out);
	at = strstr(without, line);
	if (!special()->only_warns || !at || !strstr(outcome->err, "could not be checked"))
		return false;
	char *next = at + strcspn(at, "\n") + 1;

	memmove(at, next, strlen(next) + 1);
	return !strcmp(without, outcome->out);
}

/* Where no write ever succeeds nothing can be said. */
static bool
is_dumb(void)
{
	return injector->every && injector->calls[injector->every - 1].number == SYS_write;
}

/* Whether the last line is more than the last step that was done, which --verbose says. */
static bool
says_why(const char *lines)
{
	static const char *const steps[] = {": done\n", ": done\"}\n"};
	size_t length = strlen(lines);

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		size_t end = strlen(steps[i]);

		if (length >= end && !strcmp(lines + length - end, steps[i]))
			return false;
	}
	return length > 0;
}

/* Returns what is wrong with an outcome, or NULL. */
static const char *
judge(const struct sweep *sweep, const struct outcome *outcome, unsigned first)
{
	bool before_main = first < sweep->begins;
	bool lookup = first >= sweep->looks;

	if (outcome->status == HANGS)
		return "it hangs";
	const char *half = special()->after ? special()->after(injector->started) : NULL;

	if (half)
		return half;
	if (injector->started) {
		const char *difference = find_difference(sweep->reference.out, outcome->out, 0);

		if (difference && before_main && is_the_librarys(difference))
			difference = find_difference(sweep->reference.out, outcome->out, 1);
		if (difference && is_decided(difference, outcome))
			return setup_state_judge(false);
		if (difference && !outcome->status && is_warned(sweep, outcome))
			return NULL;
		if (difference || outcome->status)
			return difference ? difference
					  : "the service is as it should be, its status is not 0";
		return current->enter == setup_state_restore ? setup_state_judge(true) : NULL;
	}
	if (current->enter == setup_state_restore && setup_state_judge(false))
		return setup_state_judge(false);
	if (outcome->out[0])
		return "the service is not started, and there is something on standard output";
	if (outcome->status == (special()->peer ? PEERS_FAILURE : 125) ||
	    (lookup && !special()->peer && (outcome->status | 1) == 127))
		return says_why(outcome->err) || is_dumb() ? NULL : "it is not said why";
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
	injector_reset();
	sandbox_write("/run/secrets/db", "sesame\n", 0400);
	sandbox_write("/run/secrets/users", "open\n", 0444);
	sandbox_write("/srv/file", "", 0644);
	if (special()->prepare)
		special()->prepare();
	start(&sweep->reference);
	if (sweep->reference.status || !injector->started)
		fail_msg("%s: %d %s", current->name, sweep->reference.status, sweep->reference.err);
	sweep->calls = injector->count;
	if (sweep->calls < FEWEST_CALLS || sweep->calls > INJECTOR_CALLS)
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
		if (is_taken(sweep->calls, call)) {
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

/* What main asks first: about descriptor 0, or under a peer's name who it is. */
static bool
begins_main(const struct injector_call *at)
{
	if (special()->peer)
		return at->number == SYS_getpid;
	return at->number == SYS_fcntl && at->arguments[0] == 0 && at->arguments[1] == F_GETFD;
}

/* The marks in the clean run: where main begins, and the proof after the drop. */
static void
find_marks(struct sweep *sweep)
{
	for (unsigned call = 1; call <= sweep->calls; call++) {
		const struct injector_call *at = &injector->calls[call - 1];

		if (!sweep->begins && begins_main(at))
			sweep->begins = call;
		if (at->number == SYS_setfsuid)
			sweep->looks = call;
	}
	if (!sweep->begins || !sweep->looks)
		fail_msg("%s: the marks are not there", current->name);
}

static bool
makes(const struct sweep *sweep, long number)
{
	for (unsigned call = sweep->begins; call <= sweep->calls; call++)
		if (injector->calls[call - 1].number == (uint64_t)number)
			return true;
	return false;
}

/* A mode that no longer does what it is there for is swept in vain. */
static void
check_aim(const struct sweep *sweep)
{
	for (unsigned i = 0; i < MADE && special()->makes[i]; i++)
		if (!makes(sweep, special()->makes[i]))
			fail_msg("%s: call %ld is not made", current->name, special()->makes[i]);
}

static void
check_extent(const struct sweep *sweep)
{
	if (sweep->starts < FEWEST_STARTS || sweep->refused * LEAST_REFUSED < sweep->starts ||
	    sweep->refused == sweep->starts)
		fail_msg("%s: %u starts with a fault, %u of them refused", current->name,
			 sweep->starts, sweep->refused);
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
	unsigned swept = 0;

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		double since = seconds();

		current = &modes[i];
		if (only && strcmp(only, current->name) != 0)
			continue;
		run_clean(&sweep);
		find_marks(&sweep);
		check_aim(&sweep);
		sweeps(&sweep);
		if (special()->clean)
			special()->clean();
		report_sweep(&sweep, since);
		check_extent(&sweep);
		if (sweep.wrong)
			fputs(sweep.complaints, stdout);
		wrong += sweep.wrong;
		swept++;
	}
	if (!swept)
		fail_msg("there is no mode \"%s\"", only);
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
		for (size_t i = 0; i < 2 && is_taken(sweep.calls, call); i++) {
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
