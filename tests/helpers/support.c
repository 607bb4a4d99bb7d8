/* SPDX-License-Identifier: MIT */
#include "helpers/support.h"

#include "helpers/slower.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static char sandbox[64];

static void
child_fails(const char *what)
{
	fprintf(stderr, "test: cannot %s: %s\n", what, strerror(errno));
	_exit(99);
}

__attribute__((noreturn)) static void
become(const struct run *run, int out, int err)
{
	static const char *const plain[] = {"PATH=/sbin:/bin:/usr/sbin:/usr/bin", NULL};
	int null = open("/dev/null", O_RDWR);

	if (null < 0 || dup2(null, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0)
		child_fails("connect the standard streams");
	close_range(3, ~0U, 0);
	if (run->prepare)
		run->prepare();
	if (run->root && (chroot(run->root) || chdir("/")))
		child_fails("enter the sandbox");
	if (run->enter)
		run->enter();
	execvpe(run->argv[0], (char *const *)run->argv,
		(char *const *)(run->environment ? run->environment : plain));
	child_fails("execute the program");
	_exit(99);
}

static long
seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

static long
the_deadline(void)
{
	return seconds_now() + (long)DEADLINE * slower_factor();
}

/* Reads what there is; what no longer fits is read and forgotten. Returns whether it goes on. */
static bool
drain(int from, char *to, size_t *filled)
{
	char rest[4096];
	size_t room = OUTPUT_SIZE - 1 - *filled;
	ssize_t got = room ? read(from, to + *filled, room) : read(from, rest, sizeof(rest));

	if (got <= 0)
		return false;
	if (room)
		*filled += (size_t)got;
	return true;
}

static void
collect(int out, int err, struct outcome *outcome)
{
	size_t filled[2] = {0, 0};
	struct pollfd from[2] = {{.fd = out, .events = POLLIN}, {.fd = err, .events = POLLIN}};
	long end = the_deadline();

	while ((from[0].fd >= 0 || from[1].fd >= 0) && seconds_now() < end) {
		if (poll(from, 2, 1000) <= 0)
			continue;
		for (unsigned i = 0; i < 2; i++)
			if (from[i].revents &&
			    !drain(from[i].fd, i ? outcome->err : outcome->out, &filled[i]))
				from[i].fd = -1;
	}
	outcome->out[filled[0]] = 0;
	outcome->err[filled[1]] = 0;
}

static int
wait_for(pid_t child)
{
	long end = the_deadline();
	int status;

	while (waitpid(child, &status, WNOHANG) == 0) {
		if (seconds_now() >= end) {
			kill(child, SIGKILL);
			waitpid(child, &status, 0);
			return HANGS;
		}
		usleep(1000);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void
run_program(const struct run *run, struct outcome *outcome)
{
	int out[2];
	int err[2];

	if (pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC))
		fail_msg("pipe: %s", strerror(errno));
	fflush(NULL);
	pid_t child = fork();

	if (child < 0)
		fail_msg("fork: %s", strerror(errno));
	if (child == 0)
		become(run, out[1], err[1]);
	close(out[1]);
	close(err[1]);
	collect(out[0], err[0], outcome);
	close(out[0]);
	close(err[0]);
	outcome->status = wait_for(child);
}

static void
path_in(const char *path, char *whole, size_t size)
{
	/* Never the machine's own files. */
	snprintf(whole, size, "%s%s", sandbox_make(), path);
	for (char *slash = whole + strlen(sandbox) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = 0;
		if (mkdir(whole, 0755) && errno != EEXIST)
			fail_msg("mkdir %s: %s", whole, strerror(errno));
		*slash = '/';
	}
}

void
sandbox_write(const char *path, const char *text, unsigned mode)
{
	char whole[4096];

	path_in(path, whole, sizeof(whole));
	unlink(whole);
	int to = open(whole, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (to < 0 || write(to, text, strlen(text)) != (ssize_t)strlen(text) || fchmod(to, mode))
		fail_msg("write %s: %s", whole, strerror(errno));
	close(to);
}

void
sandbox_copy(const char *from, const char *path, unsigned mode)
{
	char whole[4096];
	char buffer[65536];
	ssize_t got;

	path_in(path, whole, sizeof(whole));
	unlink(whole);
	int source = open(from, O_RDONLY | O_CLOEXEC);
	int to = open(whole, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (source < 0 || to < 0)
		fail_msg("copy %s to %s: %s", from, whole, strerror(errno));
	while ((got = read(source, buffer, sizeof(buffer))) > 0)
		if (write(to, buffer, (size_t)got) != got)
			fail_msg("write %s: %s", whole, strerror(errno));
	if (got < 0 || fchmod(to, mode))
		fail_msg("copy %s: %s", from, strerror(errno));
	close(source);
	close(to);
}

bool
can_make_namespaces(void)
{
	if (geteuid() == 0)
		return true;
	printf("skipped: this test needs root\n");
	return false;
}

const char *
sandbox_make(void)
{
	char whole[4096];

	if (sandbox[0])
		return sandbox;
	strcpy(sandbox, "/tmp/stepdown-test-XXXXXX");
	if (!mkdtemp(sandbox) || unshare(CLONE_NEWNS) ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("sandbox", sandbox, "tmpfs", 0, "mode=0755") || chmod(sandbox, 0755))
		fail_msg("cannot make a sandbox: %s", strerror(errno));
	sandbox_copy("build/stepdown", "/sbin/stepdown", 0755);
	sandbox_copy("build/tests/helpers/probe", "/bin/probe", 0755);
	sandbox_write("/etc/passwd",
		      "root:x:0:0:root:/root:/bin/sh\napp:x:10001:10002:An app:/srv:/bin/false\n",
		      0644);
	sandbox_write("/etc/group", "root:x:0:\napp:x:10002:\nvideo:x:44:app\n", 0644);
	path_in("/tmp/x", whole, sizeof(whole));
	path_in("/dev/null", whole, sizeof(whole));
	if (mknod(whole, S_IFCHR | 0666, makedev(1, 3)) || chmod(whole, 0666))
		fail_msg("mknod: %s", strerror(errno));
	path_in("/proc/x", whole, sizeof(whole));
	snprintf(whole, sizeof(whole), "%s/proc", sandbox);
	if (mount("proc", whole, "proc", 0, NULL))
		fail_msg("mount proc: %s", strerror(errno));
	return sandbox;
}

void
assert_says(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" does not say \"%s\"", text, part);
}

const char *
value_of(const char *lines, const char *key)
{
	static char value[OUTPUT_SIZE];
	size_t length = strlen(key);

	for (const char *line = lines; line && *line;) {
		if (!strncmp(line, key, length) && line[length] == '=') {
			size_t size = strcspn(line + length + 1, "\n");

			memcpy(value, line + length + 1, size);
			value[size] = 0;
			return value;
		}
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	return NULL;
}

/* A probe can tell that it is confined, but not by which profile. */
static const char *
seen_from_inside(const char *key, const char *value)
{
	return !strcmp(key, "seccomp") && strcmp(value, "off") ? "confined" : value;
}

unsigned
assert_same_keys(const char *dry_run, const char *probe)
{
	unsigned compared = 0;
	static char copy[OUTPUT_SIZE];
	char *rest;

	strcpy(copy, dry_run);
	for (char *line = strtok_r(copy, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		char *equals = strchr(line, '=');

		if (!equals)
			fail_msg("the dry run printed \"%s\"", line);
		*equals = 0;
		if (!strcmp(line, "step") || !strcmp(line, "left_out") ||
		    !strncmp(line, "from.", 5) || !strcmp(line, "landlock.rule") ||
		    !strcmp(line, "landlock.handled"))
			continue;
		/* Who stays behind is seen as the parent. */
		if (!strcmp(line, "init")) {
			const char *parent = value_of(probe, "parent");

			if (!strcmp(equals + 1, "exec") == (parent && !strcmp(parent, "stepdown")))
				fail_msg("init: the dry run says \"%s\", the parent is \"%s\"",
					 equals + 1, parent ? parent : "unknown");
			continue;
		}
		const char *seen = value_of(probe, line);
		size_t secret;

		/* Of a secret only the length is told. */
		if (seen && sscanf(equals + 1, "(secret of %zu bytes)", &secret) == 1 &&
		    strlen(seen) == secret) {
			compared++;
			continue;
		}

		if (!seen || strcmp(seen_from_inside(line, equals + 1), seen))
			fail_msg("%s: the dry run says \"%s\", the service sees \"%s\"", line,
				 equals + 1, seen ? seen : "nothing");
		compared++;
	}
	return compared;
}

const char *
shell_says(const char *script)
{
	static struct outcome outcome;

	run_words(&outcome, NULL, "sh", "-c", script);
	if (outcome.status)
		fail_msg("%s: %d %s", script, outcome.status, outcome.err);
	return outcome.out;
}

bool
has_line(const char *lines, const char *line)
{
	size_t length = strlen(line);

	for (; lines && *lines; lines = strchr(lines, '\n') ? strchr(lines, '\n') + 1 : NULL)
		if (!strncmp(lines, line, length) && lines[length] == '\n')
			return true;
	return false;
}
