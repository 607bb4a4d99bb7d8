/* SPDX-License-Identifier: MIT */
#include "setup/certs_addition.h"

#include "setup/certs_pem.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define BUNDLE "ca-certificates.crt"
#define UNFINISHED ".ca-certificates.crt.new" /* only root can write here, so one name is enough   \
					       */

enum { NAMES = 4, NAME_SIZE = 16, BLOCK = 4096 };

static const struct place {
	const char *path;
	char name[NAMES][NAME_SIZE]; /* from the root down, ended by an empty one */
} places[] = {
	{"/run/stepdown/" BUNDLE, {"run", "stepdown"}},
	{"/etc/ssl/stepdown/" BUNDLE, {"etc", "ssl", "stepdown"}},
	{"/var/lib/stepdown/" BUNDLE, {"var", "lib", "stepdown"}},
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
	struct statfs fs;

	if (fstat(directory, &status) != 0 || fstatfs(directory, &fs) != 0)
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
	return openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Makes a directory that is not there. The umask is whatever was inherited. */
static int
make_directory(int parent, const char *name)
{
	if (mkdirat(parent, name, 0700) != 0 && errno != EEXIST)
		return -1;
	int made = open_directory(parent, name);
	if (made >= 0 && fchmod(made, 0755) != 0) {
		int error = errno;

		close(made);
		errno = error;
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
	if (fstat(root, &status) != 0)
		return -1;
	for (unsigned i = 0; place->name[i][0] != '\0'; i++) {
		int parent = here >= 0 ? here : root;
		int next = open_directory(parent, place->name[i]);

		*at = place->name[i];
		if (next < 0 && errno == ENOENT && !make)
			return here >= 0 ? here : fcntl(root, F_DUPFD_CLOEXEC, 0);
		if (next < 0 && errno == ENOENT)
			next = make_directory(parent, place->name[i]);
		int error = errno;
		if (here >= 0)
			close(here);
		errno = error;
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
	       "--ca-add: nowhere to write the bundle: %s; mount a tmpfs on /run (docker run "
	       "--tmpfs /run, or an emptyDir with medium: Memory on /run/stepdown)",
	       reasons);
	return NULL;
}

/* The text of the bundle, in mapped memory of `*size` bytes. NULL with errno. */
static char *
make_text(const struct certs_answer *answer, size_t *size)
{
	size_t at = 0, out = 0;
	uint32_t length;

	*size = 0;
	for (; at < answer->handed_size; at += sizeof(length) + length) {
		memcpy(&length, answer->handed + at, sizeof(length));
		*size += pem_encoded_size(length);
	}
	if (*size == 0) {
		errno = ENODATA;
		return NULL;
	}
	char *text = mmap(NULL, *size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (text == MAP_FAILED)
		return NULL;
	for (at = 0; at < answer->handed_size; at += sizeof(length) + length) {
		memcpy(&length, answer->handed + at, sizeof(length));
		pem_encode(answer->handed + at + sizeof(length), length, text + out);
		out += pem_encoded_size(length);
	}
	return text;
}

static int
compare(int file, const char *text, size_t size)
{
	char block[BLOCK];
	size_t at = 0;

	while (at < size) {
		size_t want = size - at < sizeof(block) ? size - at : sizeof(block);
		ssize_t count = read(file, block, want);

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return -1;
		if (count == 0 || memcmp(block, text + at, (size_t)count) != 0) {
			errno = EPROTO;
			return -1;
		}
		at += (size_t)count;
	}
	return 0;
}

/* 0 if the bundle is there and says just this. */
static int
check_bundle(int directory, const char *text, size_t size)
{
	struct stat status;
	int file = openat(directory, BUNDLE, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	int result = -1;

	if (file < 0)
		return -1;
	if (fstat(file, &status) == 0) {
		errno = EPROTO;
		if (S_ISREG(status.st_mode) && status.st_uid == 0 && status.st_nlink == 1 &&
		    (status.st_mode & 07777) == 0444 && (size_t)status.st_size == size)
			result = compare(file, text, size);
	}
	int error = errno;
	close(file);
	errno = error;
	return result;
}

static int
write_all(int file, const char *text, size_t size)
{
	while (size > 0) {
		ssize_t count = write(file, text, size);

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return -1;
		text += count;
		size -= (size_t)count;
	}
	return 0;
}

/*
 * Not synced: after a power failure the container starts again, and what is not as it should be is
 * written anew.
 */
static int
replace_bundle(int directory, const char *text, size_t size)
{
	if (unlinkat(directory, UNFINISHED, 0) != 0 && errno != ENOENT)
		return -1;
	int file = openat(directory, UNFINISHED,
			  O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (file < 0)
		return -1;
	int result = write_all(file, text, size);
	if (result == 0)
		result = fchmod(file, 0444);
	if (result == 0)
		result = renameat(directory, UNFINISHED, directory, BUNDLE);
	int error = errno;
	close(file);
	if (result != 0)
		unlinkat(directory, UNFINISHED, 0);
	errno = error;
	return result;
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
	target->text = make_text(answer, &target->size);
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

/* A mounted directory may come with any mode; from here on it is root's alone to write to. */
static int
tighten(int directory)
{
	struct stat status;

	if (fstat(directory, &status) != 0)
		return -1;
	return (status.st_mode & 07777) == 0755 ? 0 : fchmod(directory, 0755);
}

int
certs_addition_write(int root, const char *path, const struct certs_answer *answer)
{
	struct target target;

	if (open_target(root, path, true, answer, &target) != 0)
		return -1;
	int result = tighten(target.directory);
	if (result == 0 && check_bundle(target.directory, target.text, target.size) != 0)
		result = replace_bundle(target.directory, target.text, target.size);
	close_target(&target);
	return result;
}

int
certs_addition_check(int root, const char *path, const struct certs_answer *answer)
{
	struct target target;

	if (open_target(root, path, false, answer, &target) != 0)
		return -1;
	int result = check_bundle(target.directory, target.text, target.size);
	close_target(&target);
	return result;
}
