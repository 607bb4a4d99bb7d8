/* SPDX-License-Identifier: MIT */
/*
 * sweep_starts - the kinds of start whose every call is swept, one row each
 *
 * What each is given, what it finds in the container, and what its service is without a fault.
 */
#ifndef STEPDOWN_TESTS_SWEEP_STARTS_H
#define STEPDOWN_TESTS_SWEEP_STARTS_H

#include "certs_sample.h"
#include "helpers/support.h"
#include "injector_family.h"
#include "setup_state.h"

#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>

#include <cmocka.h>

enum { WORDS = 18, EXPECTED = 10, MADE = 4, HANDED_ON = 7 };

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

static void
with_timers_and_orphans(void)
{
	static const struct itimerval later = {.it_value.tv_sec = 3000};

	if (setitimer(ITIMER_REAL, &later, NULL) || setitimer(ITIMER_PROF, &later, NULL) ||
	    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0))
		give_up("set a timer");
}

static char listen_pid[32] = "LISTEN_PID=";
static const char *const listen_environment[] = {"PATH=/bin", listen_pid, "LISTEN_FDS=2", NULL};

static void
with_sockets_and_a_parent(void)
{
	/* Each listens at an address of the kernel's choice. */
	if (socket(AF_INET, SOCK_STREAM, 0) != 3 || listen(3, 1) ||
	    socket(AF_INET, SOCK_STREAM, 0) != 4 || listen(4, 1) ||
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
as_user(void)
{
	if (setgroups(0, NULL) || setresgid(10001, 10001, 10001) || setresuid(10001, 10001, 10001))
		give_up("become a user");
}

static void
as_user_with_a_mask(void)
{
	with_a_mask();
	as_user();
}

static void
with_a_closed_stream(void)
{
	close(0);
}

/* Of a session of one's own. */
static void
lead_terminal(void)
{
	if (setsid() < 0 || ioctl(0, TIOCSCTTY, 0))
		give_up("sit down at a terminal");
}

static void
with_ignored_children(void)
{
	signal(SIGCHLD, SIG_IGN);
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
write_certificates(void)
{
	sandbox_write("/etc/ssl/certs/ca-certificates.crt", CERTIFICATE, 0644);
	sandbox_write("/certs/one.pem", CERTIFICATE, 0644);
	sandbox_write("/certs/two.pem", CERTIFICATE_TWO, 0644);
}

/* In none of the places: what a fault has left there would change the calls of the next start. */
static void
without_additions(void)
{
	remove_tree("/run");
	remove_tree("/var");
	remove_tree("/etc/ssl/stepdown");
	make_directory("/run", 0);
}

static void
remove_places(void)
{
	remove_tree("/certs");
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
	static const char *const names[] = {"/sbin/gosu", "/sbin/su-exec", "/sbin/tini",
					    "/sbin/dumb-init"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (symlink("stepdown", in_sandbox(names[i])) && errno != EEXIST)
			fail_msg("symlink: %s", strerror(errno));
}

/* --- the kinds of start -------------------------------------------------------------------------
 */

/* By which name it is called, and its statuses then. */
struct name {
	const char *program;
	int failed, cannot_run, not_found;
	bool is_peer;
	bool ends_options; /* it knows what "--" is */
};

static const struct name as_stepdown = {"/sbin/stepdown", 125, 126, 127, false, true};
static const struct name as_gosu = {"/sbin/gosu", 1, 1, 1, true, false};
static const struct name as_su_exec = {"/sbin/su-exec", 1, 1, 1, true, false};
static const struct name as_tini = {"/sbin/tini", 1, 126, 127, true, true};
static const struct name as_dumb_init = {"/sbin/dumb-init", 1, 2, 2, true, true};

struct mode {
	const char *name;
	const struct name *as; /* NULL: its own */
	const char *options[WORDS];
	const char *service[4];         /* none: the probe, which ends with HANDED_ON */
	const char *expected[EXPECTED]; /* lines of the service in a start without a fault */
	const char *const *environment;
	void (*enter)(void);
	bool is_kind; /* swept whole by `make check-all`; of the others every fifth call is */
	bool is_pid_1, has_terminal, is_job;
	bool reads;      /* a reader of CA certificates */
	bool only_warns; /* of certificates that cannot be looked at */
	bool explains;   /* a process that looks again until it sees makes more calls, or fewer */
	bool is_swept_late; /* from the fork on: another mode has the same start */
	long makes[MADE];   /* calls that it is about: without them it would be swept in vain */

	void (*prepare)(void);              /* once, before the first start */
	void (*before)(void);               /* makes the old state, before each start */
	const char *(*after)(bool started); /* what is neither the old nor the new one, or NULL */
	void (*clean)(void);                /* once, after the last start */
};

#define POWERLESS                                                                                  \
	"cap.effective=none", "cap.permitted=none", "cap.inheritable=none", "cap.ambient=none",    \
		"no_new_privs=1", "seccomp=confined"
#define USER "-u", "10001:10001"
#define MAPPED "--map-exit", "0=7"

static const struct mode modes[] = {
	/* It takes the longest: what waits for an explainer that does not come, waits. */
	{
		.name = "explain",
		.is_kind = true,
		.options = {USER, "--explain", MAPPED},
		.service = {"probe"},
		.expected = {POWERLESS, "parent=stepdown"},
		.is_pid_1 = true,
		.explains = true,
	},
	{
		.name = "root, a number",
		.options = {USER},
		.expected = {POWERLESS, "descriptor.0=pipe:10001"},
		.makes = {SYS_setgroups, SYS_setresuid, SYS_seccomp},
	},
	{
		.name = "root, a name, groups and a kept capability",
		.is_kind = true,
		.options = {"-v", "-u", "app", "--keep-cap", "net_bind_service"},
		.expected = {"cap.effective=net_bind_service", "groups=44,10002",
			     "cap.bounding=net_bind_service", "home=/srv", "seccomp=confined"},
	},
	{
		.name = "root that stays root",
		.options = {"-u", "0:0", "--allow-root"},
		.expected = {POWERLESS, "cap.bounding=none", "securebits=0xcf"},
	},
	{
		.name = "root without SETPCAP, a kept capability",
		.options = {"-u", "app", "--keep-cap", "net_raw"},
		.expected = {"cap.effective=net_raw", "cap.ambient=net_raw", "uid=10001",
			     "seccomp=confined"},
		.enter = without_setpcap,
		.makes = {SYS_capset, SYS_setresuid, SYS_seccomp},
	},
	{
		.name = "a user with ambient capabilities",
		.expected = {POWERLESS, "uid=10001", "groups=44,10001"},
		.enter = as_user_with_ambient,
	},
	{
		.name = "a descriptor leaked high up, no set-up",
		.options = {USER, "--no-setup"},
		.expected = {POWERLESS, "descriptors=0,1,2"},
		.enter = with_a_leak_high_up,
	},
	/* Nothing but its own proof tells whether no_new_privs was set: no filter asks for it. */
	{
		.name = "root, no filter",
		.options = {USER, "--seccomp", "off"},
		.expected = {"no_new_privs=1", "seccomp=off", "cap.bounding=none", "uid=10001"},
	},
	/* A umask of 0 is what a kernel says that does nothing. */
	{
		.name = "environment, secret, directory, umask, limits, oom score",
		.options = {USER, "--clear-env", "--env", "A=1", "--env-from-file", "DB",
			    "--workdir", "/srv", "--umask", "0", "--ulimit", "nofile=64:100",
			    "--oom-score-adj", "901"},
		.expected = {"env.A=1", "env.DB=sesame", "workdir=/srv", "umask=0000",
			     "rlimit.nofile=64:100", "oom_score_adj=901", "cap.effective=none",
			     "seccomp=confined"},
		.environment = secret_environment,
		.enter = with_a_mask,
		.makes = {SYS_chdir, SYS_umask, SYS_prlimit64, SYS_write},
	},
	/* No oom score: that a user may not set it is a fact, and left out. */
	{
		.name = "a user's umask, limits and directory",
		.options = {"--umask", "0", "--ulimit", "nofile=64:100", "--env-from-file", "DB",
			    "--workdir", "/srv"},
		.expected = {"umask=0000", "rlimit.nofile=64:100", "env.DB=open", "uid=10001"},
		.environment = users_environment,
		.enter = as_user_with_a_mask,
		.makes = {SYS_chdir, SYS_umask, SYS_prlimit64},
	},
	{
		.name = "a closed stream",
		.options = {USER},
		.expected = {POWERLESS, "descriptors=0,1,2"},
		.enter = with_a_closed_stream,
	},
	{
		.name = "root, time zone, directory and tree",
		.is_kind = true,
		.options = {USER, SETUP_STATE_OPTIONS},
		.expected = {POWERLESS, "tz=Europe/Ljubljana", "tz.localtime=" NEW_ZONE},
		.enter = setup_state_restore,
		.makes = {SYS_symlinkat, SYS_renameat, SYS_mkdirat, SYS_fchownat},
		.prepare = setup_state_prepare,
		.clean = remove_state,
	},
	{
		.name = "an addition to the CA certificates",
		.options = {USER, "-q", "--ca-add", "/certs/one.pem"},
		.expected = {POWERLESS, "ca.certificates=1", "env.SSL_CERT_FILE=" BUNDLE},
		.reads = true,
		.makes = {SYS_pipe2, SYS_wait4, SYS_renameat},
		.prepare = write_certificate,
		.before = without_a_bundle,
		.after = find_half_a_bundle,
		.clean = remove_places,
	},
	{
		.name = "additions to the CA certificates of the system",
		.is_kind = true,
		.options = {USER, "--ca-add", "/certs"},
		.expected = {POWERLESS, "ca.certificates=2"},
		.reads = true,
		.makes = {SYS_setresuid, SYS_capset, SYS_seccomp, SYS_getdents64},
		.prepare = write_certificates,
		.before = without_additions,
		.clean = remove_places,
	},
	{
		.name = "a CA bundle that is required",
		.options = {USER, "--certs", "require"},
		.expected = {POWERLESS, "ca.certificates=1"},
		.reads = true,
		.makes = {SYS_pipe2, SYS_wait4, SYS_capset, SYS_seccomp},
		.prepare = write_bundle,
		.clean = remove_bundle,
	},
	{
		.name = "a CA bundle, and a warning",
		.options = {USER, "--certs", "warn"},
		.expected = {POWERLESS, "ca.certificates=1"},
		.reads = true,
		.only_warns = true,
		.makes = {SYS_pipe2, SYS_wait4, SYS_capset, SYS_seccomp},
		.prepare = write_bundle,
		.clean = remove_bundle,
	},
	{
		.name = "a tree that is owned once",
		.options = {USER, "--chown-once", "/data"},
		.expected = {POWERLESS, "uid=10001"},
		.makes = {SYS_getdents64, SYS_fchownat},
		.prepare = make_tree,
		.before = disown_tree,
		.after = find_half_a_tree,
		.clean = remove_state,
	},
	{
		.name = "PUID, PGID and UMASK",
		.options = {"-u", "app", "--puid"},
		.expected = {POWERLESS, "uid=4711", "gid=7", "groups=7", "umask=0000"},
		.environment = puid_environment,
		.enter = with_a_mask,
		.makes = {SYS_setresuid, SYS_umask},
	},
	{
		.name = "configuration files and the environment",
		.expected = {"uid=10001", "groups=7,44,10002", "env.A=1", "env.B=2", "umask=0000",
			     "workdir=/srv", "cap.permitted=none", "seccomp=confined"},
		.environment = allowed_environment,
		.enter = with_a_mask,
		.makes = {SYS_getdents64, SYS_chdir, SYS_umask},
		.prepare = write_configuration,
		.clean = remove_configuration,
	},
	{
		.name = "a configuration file that is named",
		.options = {"--config", "/srv/stepdown.conf", "--log", "json", "-v", "--group-add",
			    "7"},
		.expected = {"uid=10001", "groups=7,44,10002", "umask=0000",
			     "cap.effective=net_raw", "cap.bounding=net_raw", "seccomp=confined"},
		.enter = with_a_mask,
		.makes = {SYS_openat, SYS_umask},
		.prepare = write_settings,
	},
	{
		.name = "a compiled profile",
		.options = {USER, "--seccomp", "/srv/strict.bpf"},
		.expected = {POWERLESS, "uid=10001"},
		.makes = {SYS_openat, SYS_seccomp},
		.prepare = compile_profile,
	},
	{
		.name = "PID 1",
		.is_kind = true,
		.options = {USER, MAPPED},
		.service = {"probe"},
		.expected = {POWERLESS, "uid=10001", "parent=stepdown"},
		.is_pid_1 = true,
	},
	{
		.name = "PID 1, a kept capability, one of its own, signals as given",
		.options = {"-u", "app", "--keep-cap", "setuid", "--signal-group", MAPPED},
		.service = {"probe"},
		.expected = {"cap.effective=setuid", "cap.bounding=setuid", "groups=44,10002",
			     "seccomp=confined", "parent=stepdown"},
		.enter = with_ignored_children,
		.is_pid_1 = true,
	},
	{
		.name = "PID 1, Landlock",
		.is_kind = true,
		.options = {USER, "--exec-only", "--net-bind", "none", MAPPED},
		.service = {"probe"},
		.expected = {POWERLESS, "landlock.rules=execution,bind", "parent=stepdown"},
		.is_pid_1 = true,
		.makes = {SYS_landlock_restrict_self},
	},
	{
		.name = "Landlock",
		.options = {USER, "--fs-ro", "/", "--fs-rw", "/tmp", "--fs-exec", "/bin",
			    "--net-connect", "443"},
		.expected = {POWERLESS},
		.makes = {SYS_landlock_restrict_self, SYS_landlock_add_rule},
	},
	{
		.name = "--init always",
		.options = {USER, "--init", "always", "-q", MAPPED},
		.service = {"probe"},
		.expected = {POWERLESS, "parent=stepdown"},
	},
	{
		.name = "a user, a subreaper",
		.options = {"--init", "always", "--subreaper", MAPPED},
		.service = {"probe"},
		.expected = {POWERLESS, "uid=10001", "parent=stepdown"},
		.enter = as_user,
	},
	{
		.name = "inherited timers and a subreaper's flag",
		.options = {USER},
		.expected = {POWERLESS, "timers=none", "subreaper=0"},
		.enter = with_timers_and_orphans,
	},
	{
		.name = "inherited sockets, a parent to follow",
		.options = {USER, "--listen-fds"},
		.expected = {POWERLESS, "descriptors=0,1,2,3,4"},
		.environment = listen_environment,
		.enter = with_sockets_and_a_parent,
	},
	{
		.name = "inherited sockets, a parent to follow, --init always",
		.options = {USER, "--init", "always", "--subreaper", "--listen-fds", MAPPED},
		.service = {"probe"},
		.expected = {POWERLESS, "descriptors=0,1,2,3,4", "parent=stepdown"},
		.environment = listen_environment,
		.enter = with_sockets_and_a_parent,
	},
	{
		.name = "a request to stop",
		.options = {USER},
		.service = {"init_service", "stop-by-init", "7"},
		.expected = {"asked to stop"},
		.is_pid_1 = true,
	},
	/* PID 1 of a container with -t leads the session. */
	{
		.name = "PID 1 at a terminal",
		.options = {USER, MAPPED},
		.service = {"probe"},
		.expected = {POWERLESS, "terminal=0,leads session,leads group,foreground",
			     "descriptor.0=device:10001", "parent=stepdown"},
		.enter = lead_terminal,
		.is_pid_1 = true,
		.has_terminal = true,
		.makes = {SYS_ioctl},
	},
	{
		.name = "a job of a shell",
		.options = {USER, "--init", "always", "-q", MAPPED},
		.service = {"probe"},
		.expected = {POWERLESS, "terminal=0,leads group,foreground", "parent=stepdown"},
		.has_terminal = true,
		.is_job = true,
		.makes = {SYS_ioctl},
	},
	{
		.name = "a job that is suspended and continued",
		.options = {USER, "--init", "always", "-q"},
		.service = {"probe", "suspends", "7"},
		.expected = {POWERLESS, "terminal=0,leads group,foreground", "parent=stepdown"},
		.has_terminal = true,
		.is_job = true,
		.is_swept_late = true,
		.makes = {SYS_ioctl},
	},
	/* As a peer there is no filter, and no_new_privs and the bounding set stay as they were. */
	{
		.name = "gosu, a name",
		.as = &as_gosu,
		.options = {"app"},
		.expected = {"uid=10001", "gid=10002", "groups=44,10002", "home=/srv",
			     "cap.effective=none", "cap.permitted=none", "seccomp=off"},
		.makes = {SYS_setgroups, SYS_setresgid, SYS_setresuid},
	},
	{
		.name = "su-exec, numbers",
		.as = &as_su_exec,
		.options = {"10001:7"},
		.expected = {"uid=10001", "gid=7", "groups=7", "home=/", "cap.effective=none",
			     "cap.permitted=none", "seccomp=off"},
		.makes = {SYS_setgroups, SYS_setresgid, SYS_setresuid},
	},
	/* Peers keep what they were started with; the service has its place all the same. */
	{
		.name = "tini",
		.is_kind = true,
		.as = &as_tini,
		.options = {"-g"},
		.expected = {"uid=0", "terminal=none,leads group", "seccomp=off", "parent=tini"},
		.is_pid_1 = true,
	},
	{
		.name = "tini, a subreaper that dies with its parent",
		.as = &as_tini,
		.options = {"-s", "-p", "SIGUSR2"},
		.expected = {"uid=10001", "terminal=none,leads group", "parent_death=0",
			     "parent=tini"},
		.enter = as_user,
	},
	{
		.name = "tini at a terminal",
		.as = &as_tini,
		.expected = {"uid=0", "terminal=0,leads group,foreground", "parent=tini"},
		.enter = lead_terminal,
		.is_pid_1 = true,
		.has_terminal = true,
		.makes = {SYS_ioctl},
	},
	{
		.name = "dumb-init",
		.as = &as_dumb_init,
		.expected = {"uid=0", "terminal=none,leads session,leads group", "seccomp=off",
			     "parent=dumb-init"},
		.enter = with_ignored_children,
		.is_pid_1 = true,
	},
	{
		.name = "dumb-init at a terminal",
		.as = &as_dumb_init,
		.expected = {"uid=0", "terminal=0,leads session,leads group,foreground",
			     "parent=dumb-init"},
		.enter = lead_terminal,
		.is_pid_1 = true,
		.has_terminal = true,
		.makes = {SYS_ioctl},
	},
	{
		.name = "dumb-init, a single child",
		.as = &as_dumb_init,
		.options = {"-c"},
		.expected = {"uid=10001", "terminal=none", "parent=dumb-init"},
		.enter = as_user,
	},
};

enum { MODES = sizeof(modes) / sizeof(modes[0]) };

#endif
