/* SPDX-License-Identifier: MIT */
#include "why_here.h"

#include "explain/names.h"
#include "look.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>

enum { FILE_MOST = 4096, WHY_SIZE = 512 };

/* Whom a call may be denied, and the Linux that brought it; before 4.18 none counts. */
static const struct {
	unsigned char what; /* enum why; WHY_NOTHING: whoever makes it */
	char since[5];
	unsigned short number;
} calls[] = {
	/* clang-format off */
	{WHY_CLOSE, "5.9", SYS_close_range}, {WHY_RESET, "", SYS_personality}, {WHY_RESET, "", SYS_setitimer},
	{WHY_ZONE, "5.6", SYS_openat2}, {WHY_OWNERS, "5.6", SYS_openat2}, {WHY_OWNERS, "", SYS_fchownat},
	{WHY_RESTRICT, "5.13", SYS_landlock_create_ruleset}, {WHY_RESTRICT, "5.13", SYS_landlock_add_rule},
	{WHY_RESTRICT, "5.13", SYS_landlock_restrict_self}, {WHY_EXECUTE, "", SYS_execve}, {WHY_EXPLAINER, "5.0", SYS_seccomp},
	{0, "", SYS_openat}, {0, "", SYS_fstat}, {0, "", SYS_newfstatat}, {0, "", SYS_fstatfs}, {0, "", SYS_readlinkat},
	{0, "", SYS_faccessat}, {0, "", SYS_getdents64}, {0, "", SYS_read}, {0, "", SYS_write}, {0, "", SYS_mkdirat},
	{0, "", SYS_symlinkat}, {0, "", SYS_renameat}, {0, "", SYS_unlinkat}, {0, "", SYS_fchown}, {0, "", SYS_fchmod},
	{0, "", SYS_fsync}, {0, "", SYS_setresgid}, {0, "", SYS_setresuid}, {0, "", SYS_getresuid}, {0, "", SYS_getresgid},
	{0, "", SYS_getgroups}, {0, "", SYS_prctl}, {0, "", SYS_capget}, {0, "", SYS_capset}, {0, "", SYS_prlimit64},
	{0, "", SYS_chdir}, {0, "", SYS_getcwd}, {0, "", SYS_setpgid}, {0, "", SYS_ioctl}, {0, "", SYS_fcntl},
	{0, "", SYS_pipe2}, {0, "", SYS_signalfd4}, {0, "", SYS_rt_sigaction}, {0, "", SYS_rt_sigprocmask},
	/* clang-format on */
};

/* No call takes such arguments, does a thing with them, or wants a power before it has seen that. */
static int
ask(int number)
{
	long answer = syscall(number, -1L, -1L, -1L, -1L, -1L, -1L);

	return answer == -1 && (errno == EPERM || errno == ENOSYS) ? errno : 0;
}

int
why_closed(int number)
{
	int status = 0;
	pid_t self = getpid();

	if (prctl(PR_GET_SECCOMP) <= 0)
		return ask(number);
	/* A filter may kill who asks: a child, whose end no signal tells. */
	pid_t child = (pid_t)syscall(SYS_clone, 0, NULL, NULL, NULL, NULL);

	if (child == 0 && getpid() != self)
		_exit(ask(number));
	if (child <= 0 || waitpid(child, &status, __WALL) != child)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EPERM;
}

static bool
say_closed(enum why what, int error, char text[static WHY_SIZE])
{
	for (unsigned i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		const char *since = calls[i].since;

		if ((calls[i].what && calls[i].what != what) ||
		    why_closed(calls[i].number) != error)
			continue;
		snprintf(
			text, WHY_SIZE,
			"; %s(2) is denied by the engine's filter%s%s; allow it in the engine's profile%s",
			names_at(names_place(names_native_arch, calls[i].number)),
			*since ? ", or missing before Linux " : "", since,
			*since ? ", or use a newer engine or kernel" : "");
		return true;
	}
	return false;
}

/* Its length, 0 where there is no such file. */
static size_t
read_text(const char *path, char text[static FILE_MOST])
{
	int file = look_opened(open(path, O_RDONLY | O_CLOEXEC));
	ssize_t got = file < 0 ? 0 : look_read(file, text, FILE_MOST - 1);

	look_close(file);
	text[got > 0 ? got : 0] = '\0';
	return got > 0 ? (size_t)got : 0;
}

static bool
say_unmapped(const char *whose, uint32_t id, const char *path, char text[static WHY_SIZE])
{
	struct refusal why;
	char bytes[FILE_MOST];
	struct ids_file map = {.path = path, .bytes = bytes, .size = read_text(path, bytes)};

	map.present = map.size > 0;
	bool lacks = why_unmapped(&map, id, true, whose, &why);

	if (lacks)
		snprintf(text, WHY_SIZE, "; %.500s", why.text);
	return lacks;
}

static bool
say_owner(const char *path, char text[static WHY_SIZE])
{
	struct stat status;

	return path && !lstat(path, &status) &&
	       (say_unmapped("owner", status.st_uid, "/proc/self/uid_map", text) ||
		say_unmapped("group", status.st_gid, "/proc/self/gid_map", text));
}

/* "max" is no number, and then nothing is there to be reached. */
static unsigned long long
read_number(const char *directory, const char *name)
{
	char path[64], text[FILE_MOST];

	snprintf(path, sizeof(path), "/sys/fs/cgroup%s/pids.%s", directory, name);
	read_text(path, text);
	return strtoull(text, NULL, 10);
}

/* `directory` is that of cgroups' version 1, or "". */
static bool
say_limit(const char *directory, char text[static WHY_SIZE])
{
	unsigned long long most = read_number(directory, "max");

	if (!most || read_number(directory, "current") < most)
		return false;
	snprintf(
		text, WHY_SIZE,
		"; the container's limit of processes (pids.max %llu) is reached; raise it (--pids-limit), or see what runs here",
		most);
	return true;
}

const char *
why_here(enum why what, int error, const char *path)
{
	static char text[WHY_SIZE];
	const char *says = why_says(what, error);
	int before = errno;

	if (!((error == EPERM || error == ENOSYS) && say_closed(what, error, text)) &&
	    !((error == EPERM || error == EACCES || error == EOVERFLOW) && say_owner(path, text)) &&
	    !(error == EAGAIN && (what == WHY_PROCESS || what == WHY_EXPLAINER) &&
	      (say_limit("", text) || say_limit("/pids", text))))
		snprintf(text, sizeof(text), "%s%s", says ? "; " : "", says ? says : "");
	errno = before;
	return text;
}

const char *
why_errno(int error)
{
	static char text[2 * WHY_SIZE];

	snprintf(text, sizeof(text), "%s%s", strerror(error), why_here(WHY_NOTHING, error, NULL));
	return text;
}
