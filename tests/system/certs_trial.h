/* SPDX-License-Identifier: MIT */
/* A directory to try things in, and a request about what is in it. For tests that run as root. */
#ifndef STEPDOWN_TESTS_CERTS_TRIAL_H
#define STEPDOWN_TESTS_CERTS_TRIAL_H

#include "setup/certs_reader.h"
#include "unit/certs_sample.h"

#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { SERVICE_UID = 41000, SERVICE_GID = 41001, SERVICE_GROUP = 41002 };

struct trial {
	char path[64]; /* the directory, root's, 0755 */
	struct certs_request request;
	char *names[CERTS_PATHS_MAX];
	gid_t groups[2];
};

/* Skips, and says why, unless this is root; where tests must run that is a failure. */
static inline void
trial_need_root(void)
{
	const char *must = getenv("STEPDOWN_TESTS_MUST_RUN");

	if (geteuid() == 0)
		return;
	if (must != NULL && strcmp(must, "1") == 0)
		fail_msg("this test has to be run as root");
	print_message("skipped: only root can drop to another user\n");
	skip();
}

static inline void
trial_begin(struct trial *trial)
{
	memset(trial, 0, sizeof(*trial));
	strcpy(trial->path, "/tmp/stepdown-certs-XXXXXX");
	assert_non_null(mkdtemp(trial->path));
	assert_int_equal(chmod(trial->path, 0755), 0);
	trial->groups[0] = SERVICE_GID;
	trial->groups[1] = SERVICE_GROUP;
	trial->request = (struct certs_request){
		.drop = {.parts = DROP_GROUPS | DROP_GID | DROP_UID | DROP_SETS | DROP_PRIVS |
				  DROP_DUMPABLE | DROP_TRY_IDS | DROP_TRY_UID | DROP_TRY_GID,
			 .uid = SERVICE_UID,
			 .gid = {SERVICE_GID, SERVICE_GID, SERVICE_GID},
			 .groups = trial->groups,
			 .group_count = 2},
		.now = SAMPLE_NOW,
		.deadline = 60000,
		.filter = &filter_reader,
	};
}

static inline int
trial_remove(const char *path, const struct stat *status, int kind, struct FTW *ftw)
{
	(void)status;
	(void)kind;
	(void)ftw;
	return remove(path);
}

static inline void
trial_end(struct trial *trial)
{
	for (unsigned i = 0; i < CERTS_PATHS_MAX; i++)
		free(trial->names[i]);
	nftw(trial->path, trial_remove, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

/* The path of a name below the directory; good until the same name is asked for again. */
static inline const char *
trial_path(const struct trial *trial, const char *name)
{
	static char path[8][PATH_MAX];
	static unsigned turn;
	char *out = path[turn++ % 8];

	snprintf(out, PATH_MAX, "%s/%s", trial->path, name);
	return out;
}

static inline void
trial_write(const struct trial *trial, const char *name, const void *bytes, size_t size)
{
	int file = open(trial_path(trial, name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(file >= 0);
	assert_int_equal(write(file, bytes, size), size);
	assert_int_equal(fchmod(file, 0644), 0);
	close(file);
}

/* Writes a PEM file of `count` certificates whose serials begin at `serial`. */
static inline void
trial_write_bundle(const struct trial *trial, const char *name, unsigned serial, unsigned count)
{
	FILE *file = fopen(trial_path(trial, name), "w");

	assert_non_null(file);
	for (unsigned i = 0; i < count; i++) {
		struct sample_text text = {NULL, 0};

		sample_add_certificate(&text, (struct sample){.serial = serial + i});
		assert_int_equal(fwrite(text.at, 1, text.size, file), text.size);
		free(text.at);
	}
	assert_int_equal(fchmod(fileno(file), 0644), 0);
	assert_int_equal(fclose(file), 0);
}

static inline void
trial_make_directory(const struct trial *trial, const char *name, mode_t mode, uid_t uid)
{
	const char *path = trial_path(trial, name);

	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(chown(path, uid, (gid_t)uid), 0);
	assert_int_equal(chmod(path, mode), 0);
}

/* Adds a path to the request: places first, then additions. Returns its index. */
static inline unsigned
trial_ask(struct trial *trial, const char *name, enum certs_kind kind)
{
	struct certs_request *request = &trial->request;
	unsigned index = request->places + request->additions;

	assert_true(asprintf(&trial->names[index], "%s/%s", trial->path, name) > 0);
	request->path[index] = (struct certs_path){trial->names[index], kind, 0};
	if (kind == CERTS_ADDITION)
		request->additions++;
	else
		request->places++;
	return index;
}

/*
 * Runs `act` in a child with a mount namespace of its own, and returns its exit status: what is
 * mounted there is gone with it.
 */
static inline int
trial_in_own_mounts(int (*act)(struct trial *trial), struct trial *trial)
{
	int status = -1;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		if (unshare(CLONE_NEWNS) != 0 ||
		    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
			_exit(120);
		_exit(act(trial));
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

#endif
