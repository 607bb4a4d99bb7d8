/* SPDX-License-Identifier: MIT */
#include "facts.h"

#include "confine/landlock.h"
#include "confine/profile_file.h"
#include "environment.h"
#include "look.h"
#include "proof.h"
#include "setup/paths.h"
#include "why_here.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <termios.h>
#include <unistd.h>

enum {
	DATABASE_BUFFER = 16384,         /* bytes; most images' passwd and group are far smaller */
	DATABASE_MAX = 16 * 1024 * 1024, /* bytes of a passwd or group file */
	STATUS_BUFFER = 8192,
};

static int
gather_ids(struct facts *facts, struct refusal *why)
{
	if (syscall(SYS_getresuid, &facts->real_uid, &facts->effective_uid, &facts->saved_uid) ||
	    syscall(SYS_getresgid, &facts->real_gid, &facts->effective_gid, &facts->saved_gid))
		return refuse(why, "cannot read the ids of this process: %s", why_errno(errno));
	long count = syscall(SYS_getgroups, IDS_GROUPS_MAX, facts->groups);

	if (count < 0)
		return refuse(why,
			      "cannot read the supplementary groups, at most %d are handled: %s",
			      IDS_GROUPS_MAX, why_errno(errno));
	facts->group_count = (size_t)count;
	return 0;
}

/* An emulator of another machine's programs answers so, and a kernel without seccomp(2). */
static bool
has_no_seccomp(void)
{
	return prctl(PR_GET_SECCOMP) < 0 && errno == EINVAL;
}

int
facts_look_inherited(struct inherited *inherited, bool execs)
{
	int subreaper = -1;

	*inherited = (struct inherited){.personality = personality(0xffffffff)};
	/* An engine's filter may deny even the question, which is a fact. */
	inherited->error = errno;
	for (int which = ITIMER_REAL; execs && which <= ITIMER_PROF; which++) {
		/* Set, in case the call says yes and writes nothing. */
		struct itimerval timer = {.it_value.tv_sec = 1};

		if (getitimer(which, &timer))
			return -1;
		inherited->timers |= timer.it_value.tv_sec || timer.it_value.tv_usec;
	}
	if (execs && prctl(PR_GET_CHILD_SUBREAPER, &subreaper, 0, 0, 0)) {
		/* An emulator does not know of it either. */
		if (errno != EINVAL || !has_no_seccomp())
			return -1;
		subreaper = 0;
	}
	inherited->subreaper = execs && subreaper;
	return 0;
}

static int
gather_process(struct facts *facts, const struct facts_wanted *wanted, struct refusal *why)
{
	int securebits = prctl(PR_GET_SECUREBITS, 0, 0, 0, 0);
	int no_new_privs = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
	int signal = -1;

	facts->no_seccomp = has_no_seccomp();
	if (securebits < 0 || no_new_privs < 0 || prctl(PR_GET_PDEATHSIG, &signal, 0, 0, 0) ||
	    facts_look_inherited(&facts->inherited, wanted->execs))
		return refuse(why, "cannot read the state of this process: %s", why_errno(errno));
	if (signal < 0)
		return refuse(
			why,
			"the kernel does not say the parent-death signal of this process, though it says that it does; see what intercepts prctl(2)");
	facts->parent_death_signal = signal;
	facts->securebits = (unsigned)securebits;
	facts->no_new_privs = no_new_privs == 1;
	facts->parent = getppid();
	/* The parent may be 0, in another pid namespace; no process is. */
	if (facts->pid <= 0)
		return refuse(
			why,
			"the kernel does not tell the id of this process; see what intercepts getpid(2)");
	/* Not getcwd(3): the library hides a directory outside of the root behind ENOENT. */
	if (syscall(SYS_getcwd, facts->directory, sizeof(facts->directory)) < 0)
		return refuse(why, "the working directory cannot be read: %s%s", strerror(errno),
			      why_here(WHY_DIRECTORY, errno, NULL));
	return 0;
}

/*
 * sd_listen_fds(3) hands over sockets that wait for somebody, or have an address to do so. One that
 * is not bound has a family and nothing else in its name, if it has a name.
 */
static bool
listens(int number)
{
	struct sockaddr_storage name = {.ss_family = AF_UNSPEC};
	const char *address = (const char *)&name;
	/* What neither call says, in case it says yes and writes nothing. */
	int listening = -1;
	socklen_t size = sizeof(listening);

	if (!getsockopt(number, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) && listening == 1)
		return true;
	size = sizeof(name);
	if (getsockname(number, (struct sockaddr *)&name, &size) || size > sizeof(name))
		return false;
	while (size > sizeof(name.ss_family) && !address[size - 1])
		size--;
	return name.ss_family != AF_UNSPEC && size > sizeof(name.ss_family);
}

/*
 * Whether a directory lies outside of the root, or does not say where: the same leak as such a
 * working directory. Only getcwd(2) tells it, without /proc too, so this process goes there and
 * comes back.
 */
static int
look_outside(int number, bool *outside)
{
	char path[PATH_MAX] = "";
	int back = look_opened(open(".", O_PATH | O_DIRECTORY | O_CLOEXEC));

	if (back < 0)
		return -1;
	*outside = fchdir(number) || syscall(SYS_getcwd, path, sizeof(path)) < 0 || path[0] != '/';
	int failed = fchdir(back);

	look_close(back);
	return failed;
}

static int
look_at_terminal(int number, struct descriptor *descriptor)
{
	/* No terminal has it, in case the call says yes and writes nothing: a device that passes
	 * for a terminal would become the user's. */
	struct termios settings = {.c_cflag = (tcflag_t)-1};

	if (ioctl(number, TCGETS, &settings))
		return 0;
	if (settings.c_cflag == (tcflag_t)-1) {
		errno = EPROTO;
		return -1;
	}
	descriptor->kind = DESCRIPTOR_TERMINAL;
	return 0;
}

/* `pipes` is the device of all pipes without a name; 0 where nobody asks. */
static int
look_at_descriptor(int number, struct descriptor *descriptor, dev_t pipes)
{
	struct stat status;

	if (look_at(number, &status)) {
		descriptor->kind = DESCRIPTOR_CLOSED;
		/* The standard streams have been opened, if only on /dev/null. */
		return errno == EBADF && number > STDERR_FILENO ? 0 : -1;
	}
	descriptor->owner = status.st_uid;
	descriptor->kind = DESCRIPTOR_FILE;
	if (S_ISFIFO(status.st_mode) && pipes && status.st_dev == pipes)
		descriptor->kind = DESCRIPTOR_PIPE;
	else if (S_ISSOCK(status.st_mode))
		descriptor->kind = number > STDERR_FILENO && listens(number) ? DESCRIPTOR_LISTENING
									     : DESCRIPTOR_SOCKET;
	else if (S_ISDIR(status.st_mode))
		return look_outside(number, &descriptor->outside);
	else if (S_ISCHR(status.st_mode))
		return look_at_terminal(number, descriptor);
	return 0;
}

/*
 * Whether the highest id exists in this user namespace: then it is the first one, or one that maps
 * all that there is. The kernel knows when it is asked to own a pipe that nobody has: EINVAL is no,
 * and want of power is said after that (chown_common() in the kernel). Three files of /proc would
 * say the same, for a tenth of the whole start. What a namespace with gaps in its maps lacks, the
 * steps are refused.
 */
static int
look_at_own_pipe(bool *maps_highest_id, dev_t *device, struct refusal *why)
{
	int ends[2] = {-1, -1};
	struct stat status;

	if (pipe2(ends, O_CLOEXEC))
		return refuse(why, "cannot make a pipe: %s", why_errno(errno));
	int failed = look_opened(ends[0]) < 0 || look_at(ends[0], &status) ||
		     proof(S_ISFIFO(status.st_mode));

	if (failed)
		return refuse(why, "cannot look at a pipe: %s; see what intercepts pipe2(2)",
			      why_errno(errno));
	*device = status.st_dev;
	*maps_highest_id = !fchown(ends[0], IDS_HIGHEST, IDS_HIGHEST) || errno == EPERM;
	close(ends[0]);
	close(ends[1]);
	return 0;
}

static int
gather_descriptors(struct facts *facts, const struct facts_wanted *wanted, dev_t pipes,
		   struct refusal *why)
{
	if (wanted->listen &&
	    environment_listen(facts->environment, facts->pid, &facts->listening, why))
		return -1;
	for (int i = 0; i < 3 + (int)facts->listening; i++)
		if (look_at_descriptor(i, &facts->descriptors[i], pipes))
			return refuse(why, "cannot look at descriptor %d: %s", i, why_errno(errno));
	return 0;
}

/*
 * A file that does not fit gets memory of its own, which stays until exec. `expected` is how much
 * of the file there is.
 */
static int
choose_buffer(int from, char **buffer, size_t *size, size_t *expected, struct refusal *why,
	      const char *path)
{
	struct stat status;

	if (look_at(from, &status))
		return refuse(why, "cannot look at %s: %s", path, why_errno(errno));
	if (!S_ISREG(status.st_mode))
		return refuse(why, "%s is not a regular file; mend the image", path);
	*expected = (size_t)status.st_size;
	if (status.st_size < (off_t)*size)
		return 0;
	if (status.st_size >= DATABASE_MAX)
		return refuse(why, "%s has %lld bytes, more than %d; mend the image", path,
			      (long long)status.st_size, DATABASE_MAX);
	*size = (size_t)status.st_size + 1;
	*buffer = mmap(NULL, *size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (*buffer == MAP_FAILED)
		return refuse(why, "no memory for the %zu bytes of %s", *size, path);
	return 0;
}

static int
open_file(const char *path, struct ids_file *file, struct refusal *why)
{
	int from = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	file->path = path;
	file->present = from >= 0;
	if (from < 0 && errno != ENOENT && errno != ENOTDIR)
		return refuse(why, "cannot open %s: %s", path, why_errno(errno));
	/* The standard streams are taken. Who reads one of them for the file trusts whoever writes
	 * it, and closes it afterwards. */
	if (from >= 0 && from <= STDERR_FILENO)
		return refuse(
			why,
			"opening %s gave descriptor %d, which is open already; see what intercepts open(2)",
			path, from);
	return from;
}

/*
 * Whoever can write to the user database says who is in which group at the next start, which for a
 * HEALTHCHECK comes beside the service. Where ids cannot be changed nothing is given.
 */
static int
open_database(const struct facts *facts, const char *path, struct ids_file *file, char *buffer,
	      struct refusal *why)
{
	static const uint64_t gives =
		CAPABILITY(CAP_SETUID) | CAPABILITY(CAP_SETGID) | CAPABILITY(CAP_CHOWN);
	struct refusal others;

	if (facts->effective_uid != 0 || !(facts->capabilities.effective & gives))
		return open_file(path, file, why);
	int from = path_open_roots(path, false, &others);

	file->path = path;
	file->present = from >= 0;
	/* Nothing else comes into the buffer then. */
	if (from == PATH_OTHERS)
		file->distrust = strcpy(buffer, others.text);
	if (from == -1 && errno == EBADF)
		return refuse(why, "%s is not a regular file; mend the image", path);
	if (from == -1 && errno != ENOENT && errno != ENOTDIR)
		return refuse(why, "%s", others.text);
	return from;
}

static int
gather_database(const struct facts *facts, struct ids_file *file, const char *path, char *buffer,
		size_t size, struct refusal *why)
{
	int from = open_database(facts, path, file, buffer, why);
	size_t expected = 0;

	if (from < 0)
		return file->path && !why->text[0] ? 0 : -1;
	if (choose_buffer(from, &buffer, &size, &expected, why, path)) {
		close(from);
		return -1;
	}
	ssize_t got = look_read(from, buffer, size);

	look_close(from);
	if (got < 0)
		return refuse(why, "cannot read %s: %s", path, why_errno(errno));
	/* Half a group file would take groups away, and with them what they forbid. */
	if ((size_t)got != expected)
		return refuse(
			why,
			"%s changed while it was read: %zd bytes came instead of %zu; try again",
			path, got, expected);
	file->bytes = buffer;
	file->size = (size_t)got;
	return 0;
}

static int
gather_proc(struct ids_file *file, const char *path, char *buffer, size_t size, struct refusal *why)
{
	int from = open_file(path, file, why);

	if (from < 0)
		return why->text[0] ? -1 : 0;
	ssize_t got = look_read(from, buffer, size);

	look_close(from);
	if (got < 0 || (size_t)got == size)
		return refuse(why, "cannot read %s: %s", path,
			      got < 0 ? strerror(errno) : "it is too long");
	file->bytes = buffer;
	file->size = (size_t)got;
	return 0;
}

static int
gather_maps(struct facts *facts, struct refusal *why)
{
	static char uids[FACTS_MAP_SIZE] __attribute__((aligned(FACTS_PAGE)));
	static char gids[FACTS_MAP_SIZE] __attribute__((aligned(FACTS_PAGE)));
	static char word[32];
	struct ids_file setgroups = {.present = false};

	if (gather_proc(&facts->uid_map, "/proc/self/uid_map", uids, sizeof(uids), why) ||
	    gather_proc(&facts->gid_map, "/proc/self/gid_map", gids, sizeof(gids), why) ||
	    gather_proc(&setgroups, "/proc/self/setgroups", word, sizeof(word), why))
		return -1;
	facts->setgroups_denied = setgroups.size >= 4 && !memcmp(setgroups.bytes, "deny", 4);
	return 0;
}

static int
gather_profile(struct ids_file *file, const char *path, struct refusal *why)
{
	static char bytes[PROFILE_FILE_LARGEST + 1];

	*file = (struct ids_file){.path = path, .bytes = bytes, .present = true};
	int from = path_open_roots(path, false, why);

	if (from < 0)
		return -1;
	ssize_t got = look_read(from, bytes, sizeof(bytes));

	if (got < 0)
		refuse(why, "cannot read %s: %s", path, why_errno(errno));
	close(from);
	if ((size_t)got == sizeof(bytes))
		return refuse(why, "%s has %zu bytes or more; it is not what it should be", path,
			      sizeof(bytes));
	file->size = (size_t)got;
	return got < 0 ? -1 : 0;
}

/* By raw calls: musl has none of its own for scheduling. */
static void
gather_told(struct told_facts *told)
{
	struct {
		uint32_t size, policy;
		uint64_t flags;
		int32_t nice;
		uint32_t priority;
		uint64_t runtime, deadline, period;
	} attributes = {.policy = ~0U};

	told->policy = syscall(SYS_sched_getattr, 0, &attributes, sizeof(attributes), 0)
			       ? -1
			       : (int)attributes.policy;
	told->priority = attributes.priority;
	told->nice = getpriority(PRIO_PROCESS, 0);
	told->ignored = signals_ignored();
}

/* How many filters the engine has loaded, for --dry-run: the kernel says it nowhere else. */
static int
gather_report(struct facts *facts, struct refusal *why)
{
	static char text[STATUS_BUFFER];
	struct ids_file status = {.present = false};
	static const char key[] = "Seccomp_filters:";

	facts->landlock.version = landlock_version(&facts->landlock.errata);
	gather_told(&facts->told);
	facts->umask = umask(0);
	umask(facts->umask);
	facts->seccomp_filters = -1;
	if (gather_proc(&status, "/proc/self/status", text, sizeof(text) - 1, why))
		return -1;
	const char *line = strstr(text, key);

	if (line)
		facts->seccomp_filters = atoi(line + strlen(key));
	return 0;
}

/*
 * The kernel has said it beside the environment, without a call. AT_SECURE alone is no reason: an
 * LSM's change of domain sets it too, with the ids that the caller had.
 */
int
facts_refuse_own_power(struct refusal *why)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	/* In case the call says yes and writes nothing. */
	struct __user_cap_data_struct data[2] = {{~0U, ~0U, ~0U}, {~0U, ~0U, ~0U}};
	bool gained =
		getauxval(AT_UID) != getauxval(AT_EUID) || getauxval(AT_GID) != getauxval(AT_EGID);

	if (!gained && getauxval(AT_SECURE) && getauxval(AT_EUID) != 0)
		gained = syscall(SYS_capget, &header, data) || data[0].permitted ||
			 data[1].permitted;
	return gained ? refuse(why,
			       "stepdown itself was started with a set-uid or set-gid bit or with file capabilities; remove them: chmod 0755, setcap -r")
		      : 0;
}

/* Whatever 0 to 2 are, the service may open it. Whom a device policy keeps out has none. */
static int
gather_tty(struct facts *facts, struct refusal *why)
{
	int tty = open("/dev/tty", O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

	facts->has_tty = tty > 2;
	if (tty > 2) {
		close(tty);
		return 0;
	}
	if (tty >= 0)
		errno = EPROTO;
	if (errno == ENXIO || errno == ENOENT || errno == ENODEV || errno == EIO ||
	    errno == EPERM || errno == EACCES)
		return 0;
	return refuse(why, "cannot look at /dev/tty: %s", why_errno(errno));
}

int
facts_gather(struct facts *facts, const struct facts_wanted *wanted, char *const *environment,
	     struct refusal *why)
{
	static char passwd[DATABASE_BUFFER] __attribute__((aligned(FACTS_PAGE)));
	static char group[DATABASE_BUFFER] __attribute__((aligned(FACTS_PAGE)));
	/* Of root, whose ids will change. */
	bool maps_highest_id = false;
	dev_t pipes = 0;

	facts->environment = environment;
	why->text[0] = 0;
	facts->pid = getpid();
	terminal_look(&facts->terminal, facts->pid == 1);
	if (gather_ids(facts, why) ||
	    capabilities_look(&facts->capabilities, &facts->last_capability, why) ||
	    gather_process(facts, wanted, why) ||
	    (facts->effective_uid == 0 && look_at_own_pipe(&maps_highest_id, &pipes, why)) ||
	    gather_descriptors(facts, wanted, pipes, why) ||
	    gather_database(facts, &facts->passwd, "/etc/passwd", passwd, sizeof(passwd), why))
		return -1;
	facts->group.path = "/etc/group";
	if (wanted->groups &&
	    gather_database(facts, &facts->group, facts->group.path, group, sizeof(group), why))
		return -1;
	if (facts->effective_uid == 0 && (wanted->report || !maps_highest_id) &&
	    gather_maps(facts, why))
		return -1;
	if (wanted->tty && gather_tty(facts, why))
		return -1;
	if (wanted->profile && gather_profile(&facts->profile, wanted->profile, why))
		return -1;
	if (landlock_look(&facts->landlock, why))
		return -1;
	if (wanted->report && gather_report(facts, why))
		return -1;
	return 0;
}
