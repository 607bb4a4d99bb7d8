/* SPDX-License-Identifier: MIT */
#include "setup/certs_addition.h"

#include "look.h"
#include "setup/certs_bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { NAMES = 4, NAME_SIZE = 16 };

static const struct place {
	const char *path;
	char name[NAMES][NAME_SIZE]; /* from the root down, ended by an empty one */
} places[] = {
	{"/run/stepdown/" CERTS_BUNDLE_NAME, {"run", "stepdown"}},
	{"/etc/ssl/stepdown/" CERTS_BUNDLE_NAME, {"etc", "ssl", "stepdown"}},
	{"/var/lib/stepdown/" CERTS_BUNDLE_NAME, {"var", "lib", "stepdown"}},
};

enum { PLACES = sizeof(places) / sizeof(places[0]) };

static bool
is_last(const struct place *place, unsigned depth)
{
	return place->name[depth + 1][0] == '\0';
}

/*
 * Whether a directory may be on the way to the bundle. NULL, or why not. The last one is ours: its
 * mode is put right when it is written to.
 */
static const char *
find_fault(int directory, dev_t root, bool last)
{
	struct stat status;
	struct statfs fs = {.f_type = 0};

	if (look_at(directory, &status) || fstatfs(directory, &fs) != 0)
		return strerror(errno);
	if (status.st_uid != 0)
		return "does not belong to root";
	if (status.st_dev != root && fs.f_type != TMPFS_MAGIC)
		return "is on a volume";
	if (last)
		return NULL;
	if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0 && (status.st_mode & S_ISVTX) == 0)
		return "can be written by others than root";
	return (status.st_mode & S_IXOTH) == 0 ? "is closed to the service" : NULL;
}

static int
open_directory(int parent, const char *name)
{
	return look_opened(openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

/* Gives a directory the mode that it should have. */
static int
tighten(int directory)
{
	struct stat status;

	if (look_at(directory, &status))
		return -1;
	return (status.st_mode & 07777) == 0755 ? 0 : fchmod(directory, 0755);
}

/* Makes a directory that is not there. The umask, whatever was inherited, may take bits away. */
static int
make_directory(int parent, const char *name)
{
	if (mkdirat(parent, name, 0755) != 0)
		return -1;
	int made = open_directory(parent, name);
	if (made >= 0 && tighten(made) != 0) {

		look_close(made);
		return -1;
	}
	return made;
}

/*
 * Goes down to the directory of a place. Returns a descriptor of it, or, where `make` is false and
 * something is missing, of the deepest that is there; or -1 with `*fault` and `*at`, the name that
 * it is about, set and errno EPERM, or as the call left it.
 */
static int
go_down(int root, const struct place *place, bool make, const char **at, const char **fault)
{
	struct stat status;
	int here = -1;

	*fault = NULL;
	*at = "/";
	if (look_at(root, &status))
		return -1;
	for (unsigned i = 0; place->name[i][0] != '\0'; i++) {
		int parent = here >= 0 ? here : root;
		int next = open_directory(parent, place->name[i]);

		if (next < 0 && errno == ENOENT && !make)
			return here >= 0 ? here : fcntl(root, F_DUPFD_CLOEXEC, 0);
		*at = place->name[i];
		if (next < 0 && errno == ENOENT)
			next = make_directory(parent, place->name[i]);

		look_close(here);
		if (next < 0)
			return -1;
		here = next;
		*fault = find_fault(here, status.st_dev, is_last(place, i));
		if (*fault != NULL) {
			close(here);
			errno = EPERM;
			return -1;
		}
	}
	return here;
}

/* NULL if the bundle can be written to this place, or why not. */
static const char *
judge_place(int root, const struct place *place, const char **at)
{
	const char *fault;
	int directory = go_down(root, place, false, at, &fault);

	if (directory < 0)
		return fault != NULL ? fault : strerror(errno);
	if (faccessat(directory, ".", W_OK | X_OK, 0) != 0)
		fault = strerror(errno);
	close(directory);
	return fault;
}

const char *
certs_addition_find(int root, struct refusal *why)
{
	char reasons[REFUSAL_SIZE / 2];
	size_t used = 0;

	reasons[0] = '\0';
	for (unsigned i = 0; i < PLACES; i++) {
		const char *at;
		const char *fault = judge_place(root, &places[i], &at);

		if (fault == NULL)
			return places[i].path;
		int more = snprintf(reasons + used, sizeof(reasons) - used, "%s%s ('%s': %s)",
				    used > 0 ? ", " : "", places[i].path, at, fault);
		if (more > 0 && (size_t)more < sizeof(reasons) - used)
			used += (size_t)more;
	}
	refuse(why,
	       "--ca-add: nowhere to write the bundle: %s; mount a tmpfs on /run (docker run --tmpfs /run, or an emptyDir with medium: Memory on /run/stepdown)",
	       reasons);
	return NULL;
}

const char *
certs_addition_earlier(int root)
{
	for (unsigned i = 0; i < PLACES; i++) {
		const char *at, *fault;
		int directory = go_down(root, &places[i], false, &at, &fault);
		struct stat status;

		if (directory < 0)
			continue;
		/* Where a directory is missing this is one above it, and there is no such path. */
		bool ours = !look_at(directory, &status) &&
			    (status.st_mode & (S_IWGRP | S_IWOTH)) == 0 &&
			    fstatat(root, places[i].path + 1, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
			    certs_bundle_is_roots(&status);
		close(directory);
		if (ours)
			return places[i].path;
	}
	return NULL;
}

static const struct place *
place_of(const char *path)
{
	for (unsigned i = 0; i < PLACES; i++) {
		if (strcmp(places[i].path, path) == 0)
			return &places[i];
	}
	errno = EINVAL;
	return NULL;
}

/* What writing and checking have in common: the directory and the text. */
struct target {
	int directory;
	char *text;
	size_t size; /* bytes */
};

static int
open_target(int root, const char *path, bool make, const struct certs_answer *answer,
	    struct target *target)
{
	const struct place *place = place_of(path);
	const char *at, *fault;

	if (place == NULL)
		return -1;
	target->text = certs_bundle_make(answer, &target->size);
	if (target->text == NULL)
		return -1;
	target->directory = go_down(root, place, make, &at, &fault);
	if (target->directory >= 0)
		return 0;
	int error = errno;
	munmap(target->text, target->size);
	errno = error;
	return -1;
}

static void
close_target(struct target *target)
{
	int error = errno;

	munmap(target->text, target->size);
	close(target->directory);
	errno = error;
}

int
certs_addition_write(int root, const char *path, const struct certs_answer *answer)
{
	struct target target;

	if (open_target(root, path, true, answer, &target) != 0)
		return -1;
	/* A mounted directory comes with any mode; from here on it is root's alone to write to. */
	int result = tighten(target.directory);
	if (result == 0 && certs_bundle_check(target.directory, target.text, target.size) != 0)
		result = certs_bundle_replace(target.directory, target.text, target.size);
	close_target(&target);
	return result;
}

int
certs_addition_check(int root, const char *path, const struct certs_answer *answer)
{
	struct target target;

	if (open_target(root, path, false, answer, &target) != 0)
		return -1;
	int result = certs_bundle_check(target.directory, target.text, target.size);
	close_target(&target);
	return result;
}
