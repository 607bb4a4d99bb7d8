/* SPDX-License-Identifier: MIT */
#include "setup/paths.h"

#include "look.h"
#include "why_here.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { AGAIN_MOST = 64, MOUNTED_READ_ONLY = 1 /* ST_RDONLY of statfs(2) */ };

/* What is left of a path that is being resolved, and the directory it is relative to. */
struct way {
	int directory;
	int links;
	bool create;
	struct protected_places *passed; /* where every directory on the way is noted, or NULL */
	char rest[PATH_MAX];
};

int
place_openat2(int directory, const char *name, int flags, unsigned long long resolve)
{
	struct open_how how = {
		.flags = (unsigned long long)(unsigned)(flags | O_CLOEXEC),
		.resolve = resolve,
	};
	long opened = -1;

	for (int attempt = 0; attempt < AGAIN_MOST; attempt++) {
		opened = syscall(SYS_openat2, directory, name, &how, sizeof(how));
		if (opened >= 0 || (errno != EAGAIN && errno != EINTR))
			break;
	}
	/* The standard streams are open: who was given one of them would close it. */
	if (opened >= 0 && opened <= STDERR_FILENO) {
		errno = EPROTO;
		return -1;
	}
	return (int)opened;
}

int
setup_failed(struct setup_failure *failure, const char *what, const char *path)
{
	int error = errno;
	size_t length = strlen(path);

	failure->what = what;
	if (length < sizeof(failure->path)) {
		memcpy(failure->path, path, length + 1);
	} else {
		memcpy(failure->path, path, sizeof(failure->path) - 5);
		memcpy(failure->path + sizeof(failure->path) - 5, "/...", 5);
	}
	errno = error;
	return -1;
}

bool
protected_holds(const struct protected_places *places, dev_t device, ino_t inode)
{
	for (size_t i = 0; i < places->count; i++)
		if (places->ids[i].inode == inode && places->ids[i].device == device)
			return true;
	return false;
}

int
protected_add_open(struct protected_places *places, int descriptor)
{
	struct stat status;

	if (look_at(descriptor, &status) != 0)
		return -1;
	if (protected_holds(places, status.st_dev, status.st_ino))
		return 0;
	if (places->count == PROTECTED_MOST) {
		errno = ENOSPC;
		return -1;
	}
	places->ids[places->count++] = (struct place_id){status.st_dev, status.st_ino};
	return 0;
}

int
protected_add_system(struct protected_places *places)
{
	static const char *const names[] = {"/", "/etc", "/usr", "/proc", "/sys", "/dev"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		int place = look_opened(open(names[i], O_PATH | O_CLOEXEC));

		if (place < 0 && errno == ENOENT)
			continue;
		if (place < 0)
			return -1;
		int failed = protected_add_open(places, place);

		look_close(place);
		if (failed)
			return -1;
	}
	return 0;
}

/* The directory that a relative path starts from has directories above it too. */
static int
add_above(struct protected_places *places)
{
	struct stat status, above;
	int here = look_opened(open(".", O_PATH | O_DIRECTORY | O_CLOEXEC));

	while (here >= 0) {
		int up = look_opened(openat(here, "..", O_PATH | O_DIRECTORY | O_CLOEXEC));

		if (up < 0)
			break;
		if (protected_add_open(places, here) != 0 || look_at(here, &status) != 0 ||
		    look_at(up, &above) != 0) {
			look_close(up);
			break;
		}
		close(here);
		if (status.st_dev == above.st_dev && status.st_ino == above.st_ino) {
			close(up);
			return 0;
		}
		here = up;
	}
	if (here >= 0)
		look_close(here);
	return -1;
}

/* Makes `descriptor` the directory of `walk`, which owns it from now on, also where this fails. */
static int
enter(struct path_walk *walk, int descriptor, const struct stat *status)
{
	struct statfs system;
	bool others = status->st_mode & (S_IWGRP | S_IWOTH);

	if (walk->directory >= 0)
		close(walk->directory);
	walk->directory = descriptor;
	/* Through a mount that is read-only nobody has changed anything. */
	if (status->st_uid == 0 && others && fstatfs(descriptor, &system) == 0 &&
	    (system.f_flags & MOUNTED_READ_ONLY))
		others = false;
	if (!walk->loose && (status->st_uid != 0 || (others && !(status->st_mode & S_ISVTX)))) {
		walk->loose = true;
		walk->loose_length = strlen(walk->done);
		walk->loose_status = *status;
	}
	walk->shared = walk->loose || others;
	return 0;
}

static int
opened_by(const struct path_walk *walk, int descriptor)
{
	return walk->how & PATH_STREAMS_CLOSED ? descriptor : look_opened(descriptor);
}

static int
enter_by_name(struct path_walk *walk, const char *name)
{
	struct stat status;
	int opened = opened_by(walk, openat(AT_FDCWD, name, O_PATH | O_DIRECTORY | O_CLOEXEC));

	if (opened < 0)
		return -1;
	if (look_at(opened, &status) == 0)
		return enter(walk, opened, &status);
	look_close(opened);
	return -1;
}

int
path_begin(struct path_walk *walk, const char *path, unsigned how)
{
	size_t length = strlen(path);

	memset(walk, 0, offsetof(struct path_walk, name));
	walk->how = how;
	walk->directory = walk->found = -1;
	walk->rest = walk->text;
	if (length >= sizeof(walk->text)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(walk->text, path, length + 1);
	strcpy(walk->done, path[0] == '/' ? "/" : "");
	return enter_by_name(walk, path[0] == '/' ? "/" : ".");
}

void
path_end(struct path_walk *walk)
{
	look_close(walk->found);
	look_close(walk->directory);
	walk->directory = walk->found = -1;
}

int
path_take(struct path_walk *walk)
{
	size_t length;

	do {
		walk->rest += strspn(walk->rest, "/");
		length = strcspn(walk->rest, "/");
		if (length >= sizeof(walk->name)) {
			errno = ENAMETOOLONG;
			return -1;
		}
		memcpy(walk->name, walk->rest, length);
		walk->name[length] = '\0';
		walk->rest += length;
		walk->last = walk->rest[strspn(walk->rest, "/")] == '\0';
	} while (strcmp(walk->name, ".") == 0 && !walk->last);
	return length > 0;
}

int
path_look(struct path_walk *walk)
{
	int flags = O_PATH | O_NOFOLLOW | O_CLOEXEC;

	look_close(walk->found);
	walk->found = opened_by(walk, openat(walk->directory, walk->name, flags));
	if (walk->found < 0 && errno == ENOENT && (walk->how & PATH_CREATE) && !walk->last) {
		if (mkdirat(walk->directory, walk->name, 0755) != 0 && errno != EEXIST)
			return -1;
		walk->found = opened_by(walk, openat(walk->directory, walk->name, flags));
	}
	return walk->found < 0 ? -1 : look_at(walk->found, &walk->status);
}

int
path_follow(struct path_walk *walk)
{
	char target[PATH_MAX];
	ssize_t got = readlinkat(walk->found, "", target, sizeof(target));

	if (got < 0)
		return -1;
	size_t length = (size_t)got;
	size_t left = strlen(walk->rest) + 1;

	if (length == 0) {
		errno = ENOENT;
		return -1;
	}
	if (length + left > sizeof(walk->text)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (++walk->links > PLACE_LINKS_MOST || (target[0] == '/' && walk->beneath)) {
		errno = walk->links > PLACE_LINKS_MOST ? ELOOP : EXDEV;
		return -1;
	}
	memmove(walk->text + length, walk->rest, left);
	memcpy(walk->text, target, length);
	walk->rest = walk->text;
	close(walk->found);
	walk->found = -1;
	if (target[0] != '/')
		return 0;
	strcpy(walk->done, "/");
	return enter_by_name(walk, "/");
}

int
path_enter(struct path_walk *walk)
{
	size_t length = strlen(walk->done);
	size_t more = strlen(walk->name);
	int directory = walk->found;

	if (walk->beneath && strcmp(walk->name, "..") == 0 && walk->depth-- == 0) {
		errno = EXDEV;
		return -1;
	}
	walk->depth += strcmp(walk->name, "..") != 0;
	if (length + more + 2 > sizeof(walk->done)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(walk->done + length, walk->name, more);
	strcpy(walk->done + length + more, "/");
	walk->found = -1;
	return enter(walk, directory, &walk->status);
}

/* Goes on where root's links lead: to the end, or until one name is left and not looked at. */
static int
walk_roots(struct path_walk *walk, bool to_parent)
{
	int more;

	while ((more = path_take(walk)) > 0) {
		if (to_parent && walk->last)
			return 0;
		if (path_look(walk) != 0)
			return -1;
		if (walk->passed && protected_add_open(walk->passed, walk->found) != 0)
			return -1;
		if (S_ISLNK(walk->status.st_mode)) {
			/* Only the owner would not do: where others may put names, they can move
			 * root's links, and without fs.protected_hardlinks give them new names. */
			walk->refused = walk->loose || walk->status.st_uid != 0 ||
					walk->status.st_nlink != 1;
			if (walk->refused) {
				errno = ELOOP;
				return -1;
			}
			if (path_follow(walk) != 0)
				return -1;
		} else if (S_ISDIR(walk->status.st_mode)) {
			if (path_enter(walk) != 0)
				return -1;
		} else if (walk->rest[0] == '/') {
			errno = ENOTDIR;
			return -1;
		} else {
			return 0;
		}
	}
	return more;
}

/* What the walk has come to: the directory that it has entered, or else what it found there. */
static int
take_found(struct path_walk *walk, struct stat *status)
{
	int *from = walk->found >= 0 ? &walk->found : &walk->directory;
	int found = *from;

	*from = -1;
	return look_at(found, status) == 0 ? found : (look_close(found), -1);
}

static int
begin_absolute(struct path_walk *walk, const char *path, unsigned how)
{
	if (path_begin(walk, path, how) != 0)
		return -1;
	if (path[0] == '/')
		return 0;
	errno = EINVAL;
	return -1;
}

int
path_to_parent(struct path_walk *walk, const char *path, unsigned how)
{
	if (begin_absolute(walk, path, how) != 0 || walk_roots(walk, true) != 0)
		return -1;
	if (strcmp(walk->name, "") != 0 && strcmp(walk->name, ".") != 0 &&
	    strcmp(walk->name, "..") != 0)
		return 0;
	errno = EINVAL;
	return -1;
}

int
place_open(const char *path, struct stat *status)
{
	struct path_walk walk;
	int found = -1;

	if (path_to_parent(&walk, path, 0) == 0 && path_look(&walk) == 0) {
		errno = S_ISLNK(walk.status.st_mode) ? ELOOP : ENOTDIR;
		if (S_ISDIR(walk.status.st_mode) || (errno == ENOTDIR && walk.rest[0] != '/'))
			found = take_found(&walk, status);
	}
	path_end(&walk);
	return found;
}

int
place_open_following(const char *path, struct stat *status)
{
	struct path_walk walk;
	int found = -1;

	if (begin_absolute(&walk, path, 0) == 0 && walk_roots(&walk, false) == 0)
		found = take_found(&walk, status);
	path_end(&walk);
	return found;
}

/* Opens for reading what `looked` describes; the look has kept FIFOs and devices out. */
static int
open_looked(int directory, const char *name, const struct stat *looked)
{
	struct stat opened;
	int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;

	if (!S_ISREG(looked->st_mode)) {
		errno = S_ISLNK(looked->st_mode) ? ELOOP : EBADF;
		return -1;
	}
	int file = openat(directory, name, flags);

	if (file < 0)
		return -1;
	if (look_at(file, &opened) != 0) {
		look_close(file);
		return -1;
	}
	if (S_ISREG(opened.st_mode) && opened.st_dev == looked->st_dev &&
	    opened.st_ino == looked->st_ino)
		return file;
	close(file);
	errno = ESTALE;
	return -1;
}

int
file_open_regular(int directory, const char *name)
{
	struct stat looked;
	int look = look_opened(openat(directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC));

	if (look < 0)
		return -1;
	int failed = look_at(look, &looked);

	look_close(look);
	return failed ? -1 : look_opened(open_looked(directory, name, &looked));
}

static int
open_found(const struct path_walk *walk)
{
	if (walk->found < 0 && (walk->how & PATH_OR_DIRECTORY))
		return opened_by(walk,
				 openat(walk->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	if (walk->found < 0) {
		errno = EBADF;
		return -1;
	}
	/* Where others may put names, one can be of a file that is not theirs to read. */
	if (walk->shared && S_ISREG(walk->status.st_mode) && walk->status.st_nlink > 1) {
		errno = EMLINK;
		return -1;
	}
	return opened_by(walk, open_looked(walk->directory, walk->name, &walk->status));
}

int
path_open_file(const char *path, unsigned how)
{
	struct path_walk walk;
	int file = -1;

	if (begin_absolute(&walk, path, how) == 0 && walk_roots(&walk, false) == 0)
		file = open_found(&walk);
	path_end(&walk);
	return file;
}

/* Goes on to `name` in the directory that the walk has entered, and not out of that any more. */
static int
walk_below(struct path_walk *walk, const char *name)
{
	size_t length = strlen(name);

	if (walk->found >= 0 || length >= sizeof(walk->text)) {
		errno = walk->found >= 0 ? ENOTDIR : ENAMETOOLONG;
		return -1;
	}
	walk->rest = memcpy(walk->text, name, length + 1);
	walk->beneath = true;
	walk->depth = 0;
	return walk_roots(walk, false);
}

int
path_open_below(const char *directory, const char *name)
{
	struct path_walk walk;
	int file = -1;

	if (begin_absolute(&walk, directory, 0) == 0 && walk_roots(&walk, false) == 0 &&
	    walk_below(&walk, name) == 0)
		file = open_found(&walk);
	path_end(&walk);
	return file;
}

static int
judge(const char *what, const char *path, size_t length, const struct stat *status,
      struct refusal *why)
{
	if (status->st_uid != 0)
		refuse(why, "%s%.*s belongs to uid %u, who could change it; chown it to root", what,
		       (int)length, path, status->st_uid);
	else
		refuse(why, "%s%.*s can be written by others than root (mode %04o); chmod it to %s",
		       what, (int)length, path, status->st_mode & 07777,
		       S_ISDIR(status->st_mode) ? "0755" : "0644");
	return PATH_OTHERS;
}

/* Whether anybody but root can have decided what the walk has come to. Returns 0 or PATH_OTHERS. */
static int
judge_walk(const struct path_walk *walk, const char *path, struct refusal *why)
{
	const struct stat *file = &walk->status;

	if (walk->loose) {
		size_t slash = walk->loose_length > 1;
		char what[sizeof("the directory of , ") + 200];

		snprintf(what, sizeof(what), "%.160s: the directory ", path);
		return judge(what, walk->done, walk->loose_length - slash, &walk->loose_status,
			     why);
	}
	if (walk->refused) {
		refuse(why,
		       "%.160s is a link, or is reached by one, that is not root's own; name the file itself",
		       path);
		return PATH_OTHERS;
	}
	if (walk->found >= 0 && S_ISREG(file->st_mode) &&
	    (file->st_uid != 0 || (file->st_mode & (S_IWGRP | S_IWOTH))))
		return judge("", path, strlen(path), file, why);
	return 0;
}

static int
refuse_open(const char *path, struct refusal *why)
{
	int error = errno;
	const char *says = why_says(WHY_ROOTS_FILE, error);

	if (says)
		refuse(why, "%.160s %s", path, says);
	else
		refuse(why, "cannot open %.160s: %s%s", path, strerror(error),
		       why_here(WHY_OPEN, error, path));
	errno = error;
	return -1;
}

int
path_open_roots(const char *path, bool directory, struct refusal *why)
{
	struct path_walk walk;
	int opened = begin_absolute(&walk, path, directory ? PATH_OR_DIRECTORY : 0);

	if (opened == 0)
		opened = walk_roots(&walk, false);

	if (opened == 0 || walk.refused) {
		opened = judge_walk(&walk, path, why);
		if (opened == 0)
			opened = open_found(&walk);
		if (opened >= 0 && directory && walk.found >= 0) {
			close(opened);
			errno = ENOTDIR;
			opened = -1;
		}
	}
	if (opened == -1)
		refuse_open(path, why);
	path_end(&walk);
	return opened;
}

int
protected_add_holders(struct protected_places *places, const char *path)
{
	struct path_walk walk;
	int result = path_begin(&walk, path, 0);

	walk.passed = places;
	if (result == 0)
		result = path[0] == '/' ? protected_add_open(places, walk.directory)
					: add_above(places);
	if (result == 0)
		result = walk_roots(&walk, false);
	path_end(&walk);
	return result;
}

int
protected_check_open(const struct protected_places *places, int descriptor)
{
	struct stat status;
	struct statfs system;

	if (look_at(descriptor, &status) != 0 || fstatfs(descriptor, &system) != 0)
		return -1;
	if (protected_holds(places, status.st_dev, status.st_ino) ||
	    (unsigned long)system.f_type == PROC_SUPER_MAGIC ||
	    (unsigned long)system.f_type == SYSFS_MAGIC) {
		errno = EBUSY;
		return -1;
	}
	return 0;
}

int
file_read_whole(int descriptor, size_t most, char **bytes, size_t *length)
{
	struct stat status;
	size_t used = 0;
	size_t size = most < 4096 ? most + 2 : 4096;
	char *buffer = malloc(size);

	while (buffer) {
		ssize_t got = look_read(descriptor, buffer + used, size - 1 - used);

		if (got < 0)
			break;
		used += (size_t)got;
		if (used > most) {
			errno = EFBIG;
			break;
		}
		if (used < size - 1) {
			if (look_at(descriptor, &status) != 0)
				break;
			/* Some file systems do not know the size; where it is known, it counts. */
			if ((off_t)used < status.st_size) {
				errno = ESTALE;
				break;
			}
			buffer[used] = '\0';
			*bytes = buffer;
			*length = used;
			return 0;
		}
		size = size * 2 < most + 2 ? size * 2 : most + 2;
		char *larger = realloc(buffer, size);

		if (!larger)
			break;
		buffer = larger;
	}
	int error = errno;

	free(buffer);
	errno = error;
	return -1;
}

static int
unlink_keeping_errno(int directory, const char *name)
{
	int error = errno;

	unlinkat(directory, name, 0);
	errno = error;
	return -1;
}

int
file_replace_link(int directory, const char *name, const char *temporary, const char *target)
{
	char now[PATH_MAX];
	ssize_t length = readlinkat(directory, name, now, sizeof(now));

	if (length >= 0 && (size_t)length == strlen(target) &&
	    memcmp(now, target, (size_t)length) == 0)
		return 0;
	if (symlinkat(target, directory, temporary) != 0) {
		if (errno != EEXIST || unlinkat(directory, temporary, 0) != 0 ||
		    symlinkat(target, directory, temporary) != 0)
			return -1;
	}
	if (renameat(directory, temporary, directory, name) != 0)
		return unlink_keeping_errno(directory, temporary);
	return 0;
}

bool
file_holds(int directory, const char *name, const char *bytes, size_t length)
{
	char *now;
	size_t now_length;
	int file = file_open_regular(directory, name);

	if (file < 0)
		return false;
	int failed = file_read_whole(file, length, &now, &now_length);

	close(file);
	if (failed)
		return false;
	bool same = now_length == length && memcmp(now, bytes, length) == 0;

	free(now);
	return same;
}

int
file_replace(int directory, const char *name, const char *temporary, const char *bytes,
	     size_t length, mode_t mode)
{
	int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;

	if (file_holds(directory, name, bytes, length))
		return 0;
	int file = openat(directory, temporary, flags, mode);

	if (file < 0 && errno == EEXIST && unlinkat(directory, temporary, 0) == 0)
		file = openat(directory, temporary, flags, mode);
	if (file < 0)
		return -1;
	/* fchmod, since the umask may take bits away; fsync, since a rename may be kept without the
	 * bytes. */
	if (look_write(file, bytes, length) != 0 || fchmod(file, mode) != 0 || fsync(file) != 0) {
		look_close(file);
		return unlink_keeping_errno(directory, temporary);
	}
	if (close(file) != 0 || renameat(directory, temporary, directory, name) != 0)
		return unlink_keeping_errno(directory, temporary);
	return 0;
}
