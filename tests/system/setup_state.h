/* SPDX-License-Identifier: MIT */
/*
 * setup_state - a start that sets the sandbox up, and whether it was set up, or not, or half
 *
 * Time zone, a directory, a tree. To be included by a test that sweeps such starts.
 */
#ifndef STEPDOWN_TESTS_SETUP_STATE_H
#define STEPDOWN_TESTS_SETUP_STATE_H

#include "certs_sample.h"
#include "helpers/support.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SETUP_STATE_OPTIONS                                                                        \
	"--tz", "Europe/Ljubljana", "--mkdir", "/run/app:0750", "--chown", "/data"

static void
setup_state_fails(const char *what)
{
	fprintf(stderr, "test: cannot %s: %s\n", what, strerror(errno));
	_exit(99);
}

#define NEW_ZONE "/usr/share/zoneinfo/Europe/Ljubljana"
#define OLD_ZONE "/usr/share/zoneinfo/UTC"

/* What nobody asked for. */
static const char *const roots[] = {"/", "/etc", "/etc/passwd", "/run", "/sbin/stepdown"};
static const char *const tree[] = {"/data/file", "/data/sub", "/data/sub/file"};

static void
write_old(const char *path, const char *text)
{
	int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (file < 0 || write(file, text, strlen(text)) != (ssize_t)strlen(text) ||
	    fchown(file, 0, 0))
		setup_state_fails("write a file");
	close(file);
}

/* In the sandbox, before each start: nothing has been set up. */
static void
setup_state_restore(void)
{
	unlink("/etc/localtime");
	if ((rmdir("/run/app") && errno != ENOENT) || symlink(OLD_ZONE, "/etc/localtime"))
		setup_state_fails("restore the old state");
	mkdir("/run", 0755);
	mkdir("/data", 0755);
	mkdir("/data/sub", 0755);
	write_old("/etc/timezone", "UTC\n");
	write_old("/data/file", "");
	write_old("/data/sub/file", "");
	if (chown("/data", 0, 0) || chown("/data/sub", 0, 0))
		setup_state_fails("restore the old owners");
}

static bool
is_link_to(const char *path, const char *target)
{
	char now[256] = "";

	return readlink(path, now, sizeof(now) - 1) > 0 && !strcmp(now, target);
}

static bool
is_file_with(const char *path, const char *text)
{
	char now[256] = "";
	int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	bool same = file >= 0 && read(file, now, sizeof(now) - 1) >= 0 && !strcmp(now, text);

	close(file);
	return same;
}

/* What is wrong with the state of the container: neither old nor new, or not new; or NULL. */
static const char *
setup_state_judge(bool must_be_new)
{
	static char root[128];
	char path[256];
	struct stat status;

	snprintf(root, sizeof(root), "%s", sandbox_make());
	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", root, roots[i]);
		if (lstat(path, &status) || status.st_uid || status.st_gid)
			return roots[i];
	}
	snprintf(path, sizeof(path), "%s/etc/localtime", root);
	if (!is_link_to(path, NEW_ZONE) && (must_be_new || !is_link_to(path, OLD_ZONE)))
		return "/etc/localtime";
	snprintf(path, sizeof(path), "%s/etc/timezone", root);
	if (!is_file_with(path, "Europe/Ljubljana\n") &&
	    (must_be_new || !is_file_with(path, "UTC\n")))
		return "/etc/timezone";
	/* Root's or the user's, closed to others or as was asked for: never more open than that. */
	snprintf(path, sizeof(path), "%s/run/app", root);
	if (!lstat(path, &status)) {
		bool user = status.st_uid == 10001 && status.st_gid == 10001;
		bool done = status.st_mode == (S_IFDIR | 0750);

		if ((must_be_new && !(user && done)) || (!user && status.st_uid != 0) ||
		    (!done && status.st_mode != (S_IFDIR | 0700)))
			return "/run/app";
	} else if (must_be_new) {
		return "/run/app is missing";
	}
	snprintf(path, sizeof(path), "%s/data", root);
	if (lstat(path, &status) || status.st_gid != status.st_uid ||
	    (status.st_uid != 10001 && (must_be_new || status.st_uid != 0)))
		return "/data";
	for (size_t i = 0; i < sizeof(tree) / sizeof(tree[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", root, tree[i]);
		if (lstat(path, &status) || status.st_gid != status.st_uid ||
		    (status.st_uid != 10001 && status.st_uid != 0))
			return tree[i];
	}
	return NULL;
}

/* Once, in the test itself. */
static void
setup_state_prepare(void)
{
	sandbox_copy(NEW_ZONE, NEW_ZONE, 0644);
}

#endif
