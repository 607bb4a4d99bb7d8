/* SPDX-License-Identifier: MIT */
/*
 * paths - what root does with a name that somebody else chose
 *
 * Everything here only looks, save place_open_parent() with `create` and what replaces files. A link
 * above the last component is followed only if it is root's own: it belongs to root, has one name,
 * and lies in a directory where nobody else could have put it. A link as the last component is never
 * followed, but by place_open_following(). The places that no set-up step may give to the user are
 * known by device and inode number, so that no other way to one (.., a link above, a bind mount) is
 * taken for another place.
 *
 * Who reads a directory where a file or link is replaced sees the old or the new one, never a part,
 * at whichever call this is interrupted. What an interruption leaves behind is a file with the
 * temporary name, which the next attempt takes away.
 * Sources: openat2(2), path_resolution(7), open(2) on O_PATH.
 */
#ifndef STEPDOWN_SETUP_PATHS_H
#define STEPDOWN_SETUP_PATHS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

enum {
	PLACE_NAME_SIZE = NAME_MAX + 1, /* bytes, the final NUL included */
	PLACE_LINKS_MOST = 40,          /* links followed in one path, as the kernel does */
};

/* What could not be done and with what; errno says why. `what` completes "cannot ... PATH". */
struct setup_failure {
	const char *what;
	char path[PATH_MAX]; /* longer ones end in "/..." */
};

enum { PROTECTED_MOST = 256 };

struct place_id {
	dev_t device;
	ino_t inode;
};

struct protected_places {
	size_t count;
	struct place_id ids[PROTECTED_MOST];
};

/*
 * Opens the directory that holds the last component of `path` and copies that component to `last`.
 * `path` is absolute; "." and ".." and doubled slashes may stand above the last component.
 * With `create`, missing directories above it are made, root's and 0755 (the caller's umask is the
 * caller's business: 022 at most).
 * Returns an O_PATH descriptor for the caller to close, or -1 with errno: EINVAL a relative path,
 * or one that ends in "." or ".." or names the root; ELOOP a link that is not root's own, or too
 * many; ENAMETOOLONG; ENOTDIR; and those of openat(2) and mkdirat(2).
 */
int place_open_parent(const char *path, bool create, char last[static PLACE_NAME_SIZE]);

/*
 * The same, and every directory on the way is added to `passed`. `path` may be relative to the
 * working directory here. ENOSPC: the list is full.
 */
int place_open_parent_noting(const char *path, struct protected_places *passed,
			     char last[static PLACE_NAME_SIZE]);

/*
 * Opens what `path` names, O_PATH, whatever it is, and describes it in `status`.
 * Returns a descriptor, or -1 with errno: ELOOP also where the last component is a link.
 */
int place_open(const char *path, struct stat *status);

/*
 * The same, but the last component may be a link of root's own too, and `path` may be the root.
 * ELOOP: a link that is not, or too many; EINVAL: also where a link leads to the root, or ends in
 * ".."; ENOTDIR: also where `path` ends in a slash, which makes it a directory's.
 */
int place_open_following(const char *path, struct stat *status);

/*
 * openat2(2) by its raw number (musl has no wrapper), O_CLOEXEC added; EAGAIN, which a rename
 * elsewhere causes, is retried a bounded number of times.
 */
int place_openat2(int directory, const char *name, int flags, unsigned long long resolve);

/* Closes `descriptor`, if there is one; errno stays as it was: for the way out after a failure. */
void place_close(int descriptor);

/* Fills `failure`, keeps errno, and returns -1, so that a caller can `return setup_failed(...)`. */
int setup_failed(struct setup_failure *failure, const char *what, const char *path);

/*
 * Adds /, /etc, /usr, /proc, /sys and /dev, as far as they exist.
 * Returns 0, or -1 with errno: one of them could not be looked at, or the list is full (ENOSPC).
 */
int protected_add_system(struct protected_places *places);

/*
 * Adds the file or directory `path`, every link that leads to it, and every directory on the way to
 * each of them: whoever owns one of those can put another file in its place. For stepdown itself
 * and its configuration. `path` may be relative to the working directory.
 * Returns 0, or -1 with errno: ELOOP a link on the way is not root's own; ENOSPC the list is full;
 * and those of place_open_parent().
 */
int protected_add_holders(struct protected_places *places, const char *path);

/* Adds what `descriptor` has open. Returns 0, or -1 with errno ENOSPC or fstat(2)'s. */
int protected_add_open(struct protected_places *places, int descriptor);

/* Whether the file with these numbers is one of the places. */
bool protected_holds(const struct protected_places *places, dev_t device, ino_t inode);

/*
 * Whether `path` may be given away: for the plan.
 * Returns 0 it may, or does not exist yet; or -1 with errno: EPERM it is protected, or in procfs or
 * sysfs; ELOOP it is a link, or a link above it is not root's own; those of place_open_parent().
 */
int protected_check(const struct protected_places *places, const char *path);

/* The same for what `descriptor` has open. Returns 0, or -1 with errno EPERM or fstat(2)'s. */
int protected_check_open(const struct protected_places *places, int descriptor);

/*
 * Opens `name` in `directory` for reading if it is a regular file; a FIFO or a device is never
 * opened, only looked at. `resolve` is openat2(2)'s. Returns a descriptor, or -1 with errno: EBADF
 * it is not a regular file (the only meaning of EBADF here); ESTALE it was exchanged meanwhile; and
 * those of openat2(2).
 */
int file_open_regular(int directory, const char *name, unsigned long long resolve);

/*
 * Reads the whole of `descriptor`, at most `most` bytes, into memory that the caller frees; a NUL
 * is added behind it that `length` does not count. Returns 0, or -1 with errno: EFBIG; ENOMEM;
 * ESTALE its end came before its size; and those of read(2) and fstat(2).
 */
int file_read_whole(int descriptor, size_t most, char **bytes, size_t *length);

/*
 * Makes `name` in `directory` a link to `target`; nothing is written if it is one already.
 * `temporary` is a name in the same directory that nobody else uses.
 * Returns 0, or -1 with errno: EBUSY something is mounted over it; EROFS; ENOENT the directory is
 * gone; EISDIR it is a directory; and those of symlinkat(2) and renameat(2).
 */
int file_replace_link(int directory, const char *name, const char *temporary, const char *target);

/*
 * Makes `name` in `directory` a root-owned file of `mode` with these bytes; nothing is written if
 * it is a regular file with them already. Fails as file_replace_link(), and with ENOSPC.
 */
int file_replace(int directory, const char *name, const char *temporary, const char *bytes,
		 size_t length, mode_t mode);

/* Whether `name` in `directory` is a regular file with these bytes and no others. */
bool file_holds(int directory, const char *name, const char *bytes, size_t length);

#endif
