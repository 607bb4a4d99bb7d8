/* SPDX-License-Identifier: MIT */
#include "facts.h"

#include "environment.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
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
		return refuse(why, "cannot read the ids of this process: %s", strerror(errno));
	long count = syscall(SYS_getgroups, IDS_GROUPS_MAX, facts->groups);

	if (count < 0)
		return refuse(why,
			      "cannot read the supplementary groups, at most %d are handled: %s",
			      IDS_GROUPS_MAX, strerror(errno));
	facts->group_count = (size_t)count;
	return 0;
}

static int
gather_capabilities(struct facts *facts, struct refusal *why)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];
	struct capability_sets *sets = &facts->capabilities;
	int held = 0;

	if (syscall(SYS_capget, &header, data))
		return refuse(why, "cannot read the capabilities of this process: %s",
			      strerror(errno));
	sets->effective = data[0].effective | (uint64_t)data[1].effective << 32;
	sets->permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
	sets->inheritable = data[0].inheritable | (uint64_t)data[1].inheritable << 32;
	for (unsigned i = 0; i < 64; i++) {
		uint64_t bit = UINT64_C(1) << i;

		held = prctl(PR_CAPBSET_READ, i, 0, 0, 0);
		if (held < 0)
			break;
		facts->last_capability = i;
		if (held)
			sets->bounding |= bit;
		/* An ambient capability is permitted and inheritable, always. */
		if (!(sets->permitted & sets->inheritable & bit))
			continue;
		held = prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, i, 0, 0);
		if (held < 0)
			break;
		if (held)
			sets->ambient |= bit;
	}
	if (held < 0 && (errno != EINVAL || facts->last_capability == 0))
		return refuse(why, "cannot read the capability bounding set: %s", strerror(errno));
	return 0;
}

static int
gather_process(struct facts *facts, struct refusal *why)
{
	int securebits = prctl(PR_GET_SECUREBITS, 0, 0, 0, 0);
	int no_new_privs = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);

	if (securebits < 0 || no_new_privs < 0 ||
	    prctl(PR_GET_PDEATHSIG, &facts->parent_death_signal, 0, 0, 0))
		return refuse(why, "cannot read the state of this process: %s", strerror(errno));
	facts->securebits = (unsigned)securebits;
	facts->no_new_privs = no_new_privs == 1;
	facts->secure_execution = getauxval(AT_SECURE) != 0;
	if (facts->parent_death_signal)
		facts->parent = getppid();
	/* Not getcwd(3): the library hides a directory outside of the root behind ENOENT. */
	if (syscall(SYS_getcwd, facts->directory, sizeof(facts->directory)) < 0)
		return refuse(
			why,
			"the working directory cannot be read: %s; set WORKDIR to a directory "
			"that exists",
			strerror(errno));
	return 0;
}

static int
look_at_descriptor(int number, struct descriptor *descriptor)
{
	struct stat status;

	if (fstat(number, &status)) {
		descriptor->kind = DESCRIPTOR_CLOSED;
		return errno == EBADF ? 0 : -1;
	}
	descriptor->owner = status.st_uid;
	descriptor->kind = DESCRIPTOR_FILE;
	if (S_ISFIFO(status.st_mode))
		descriptor->kind = DESCRIPTOR_PIPE;
	else if (S_ISSOCK(status.st_mode))
		descriptor->kind = DESCRIPTOR_SOCKET;
	else if (S_ISCHR(status.st_mode)) {
		struct termios settings;

		if (!ioctl(number, TCGETS, &settings))
			descriptor->kind = DESCRIPTOR_TERMINAL;
	}
	return 0;
}

static int
gather_descriptors(struct facts *facts, struct refusal *why)
{
	unsigned listening = 0;

	if (environment_value(facts->environment, "LISTEN_PID")) {
		facts->pid = getpid();
		if (environment_listen(facts->environment, facts->pid, &listening, why))
			return -1;
	}
	for (int i = 0; i < 3 + (int)listening; i++)
		if (look_at_descriptor(i, &facts->descriptors[i]))
			return refuse(why, "cannot look at descriptor %d: %s", i, strerror(errno));
	return 0;
}

/* Reads up to `size` bytes until the end of the file. Returns what was read, or -1 with errno. */
static ssize_t
read_whole(int from, char *to, size_t size)
{
	size_t filled = 0;

	while (filled < size) {
		ssize_t got = read(from, to + filled, size - filled);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		filled += (size_t)got;
	}
	return (ssize_t)filled;
}

/* A file that does not fit gets memory of its own, which stays until exec. */
static int
choose_buffer(int from, char **buffer, size_t *size, struct refusal *why, const char *path)
{
	struct stat status;

	if (fstat(from, &status))
		return refuse(why, "cannot look at %s: %s", path, strerror(errno));
	if (!S_ISREG(status.st_mode))
		return refuse(why, "%s is not a regular file; mend the image", path);
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
		return refuse(why, "cannot open %s: %s", path, strerror(errno));
	return from;
}

static int
gather_database(struct ids_file *file, const char *path, char *buffer, size_t size,
		struct refusal *why)
{
	int from = open_file(path, file, why);

	if (from < 0)
		return file->path && !why->text[0] ? 0 : -1;
	if (choose_buffer(from, &buffer, &size, why, path)) {
		close(from);
		return -1;
	}
	ssize_t got = read_whole(from, buffer, size);
	int error = errno;

	close(from);
	if (got < 0)
		return refuse(why, "cannot read %s: %s", path, strerror(error));
	if ((size_t)got == size)
		return refuse(why, "%s grew while it was read; try again", path);
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
	ssize_t got = read_whole(from, buffer, size);
	int error = errno;

	close(from);
	if (got < 0 || (size_t)got == size)
		return refuse(why, "cannot read %s: %s", path,
			      got < 0 ? strerror(error) : "it is too long");
	file->bytes = buffer;
	file->size = (size_t)got;
	return 0;
}

static int
gather_maps(struct facts *facts, struct refusal *why)
{
	static char uids[FACTS_MAP_SIZE];
	static char gids[FACTS_MAP_SIZE];
	static char word[32];
	struct ids_file setgroups = {.present = false};

	if (gather_proc(&facts->uid_map, "/proc/self/uid_map", uids, sizeof(uids), why) ||
	    gather_proc(&facts->gid_map, "/proc/self/gid_map", gids, sizeof(gids), why) ||
	    gather_proc(&setgroups, "/proc/self/setgroups", word, sizeof(word), why))
		return -1;
	facts->setgroups_denied = setgroups.size >= 4 && !memcmp(setgroups.bytes, "deny", 4);
	return 0;
}

/* How many filters the engine has loaded, for --dry-run: the kernel says it nowhere else. */
static int
gather_report(struct facts *facts, struct refusal *why)
{
	static char text[STATUS_BUFFER];
	struct ids_file status = {.present = false};
	static const char key[] = "Seccomp_filters:";

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

int
facts_gather(struct facts *facts, const struct facts_wanted *wanted, char *const *environment,
	     struct refusal *why)
{
	static char passwd[DATABASE_BUFFER];
	static char group[DATABASE_BUFFER];

	facts->environment = environment;
	why->text[0] = 0;
	if (gather_ids(facts, why) || gather_capabilities(facts, why) ||
	    gather_process(facts, why) || gather_descriptors(facts, why) ||
	    gather_database(&facts->passwd, "/etc/passwd", passwd, sizeof(passwd), why) ||
	    gather_database(&facts->group, "/etc/group", group, sizeof(group), why))
		return -1;
	if (wanted->maps && gather_maps(facts, why))
		return -1;
	if (wanted->report && gather_report(facts, why))
		return -1;
	return 0;
}
