/* SPDX-License-Identifier: MIT */
/*
 * paths - what root does with a name that somebody else chose
 *
 * Everything here only looks, save a walk with PATH_CREATE and what replaces files. A link is followed
 * only if it is root's own: it belongs to root, has one name, and every directory on the way, and it
 * lies in, is root's and such that nobody else can exchange what is in it: not writable by group and
 * others, or sticky, or on a mount that is read-only. The places that no set-up step may give to the user are
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

#include "refusal.h"

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

enum path_how {
	PATH_CREATE = 1,         /* missing directories above the last component: root's, 0755 */
	PATH_OR_DIRECTORY = 2,   /* a directory will do for a file */
	PATH_STREAMS_CLOSED = 4, /* the numbers of the standard streams are free for others */
};

/*
 * A walk along a path, one component at a time. What it says of directories is of all that were entered, the first one and those of links included.
 */
struct path_walk {
	int directory;      /* O_PATH: where `name` lies */
	int found;          /* O_PATH: what `name` is, or -1; not where it has been entered */
	struct stat status; /* of what was found */
	int links, depth;
	unsigned how; /* enum path_how */
	bool beneath; /* out of the directory where this began to count nothing leads: EXDEV */
	bool last;    /* nothing but slashes are left behind `name` */
	bool shared;  /* others than root may put names into `directory` */
	bool loose;   /* on the way was one where others may exchange what is root's */
	bool refused; /* a link was met that is not to be followed */
	struct stat loose_status;        /* of the first loose one */
	size_t loose_length;             /* its path is that many bytes of `done` */
	struct protected_places *passed; /* where all that is met is noted, or NULL */
	const char *rest;                /* what is still to go */
	char name[PLACE_NAME_SIZE];
	char done[PATH_MAX]; /* the directory's path, without links, ending in a slash or empty */
	char text[PATH_MAX];
};

/*
 * The parts of a walk. None judges a link: that is for who follows it. `path` may be relative to the
 * working directory. Each returns 0 (path_take: 1, or 0 at the end), or -1 with errno: ENAMETOOLONG;
 * ELOOP too many links; EXDEV; and those of openat(2), readlinkat(2) and mkdirat(2).
 * path_end() is due in any case, and keeps errno.
 */
int path_begin(struct path_walk *walk, const char *path, unsigned how);
int path_take(struct path_walk *walk);   /* takes the next name off the path */
int path_look(struct path_walk *walk);   /* opens what it names, a link itself */
int path_follow(struct path_walk *walk); /* goes on where that leads, which is a link */
int path_enter(struct path_walk *walk);  /* enters that, which is a directory */
void path_end(struct path_walk *walk);

/*
 * Walks to the last component of the absolute `path`, where walk->directory and walk->name are what
 * it lies in and is. Root's links are followed; `how` is 0 or PATH_CREATE (the umask is the caller's business: 022 at most). Returns 0, or -1 with errno: EINVAL a relative path,
 * or one that ends in "." or ".." or names the root; ELOOP a link that is not root's own; ENOTDIR;
 * and those of the parts.
 */
int path_to_parent(struct path_walk *walk, const char *path, unsigned how);

/*
 * Opens what `path` names, O_PATH, whatever it is, and describes it in `status`.
 * Returns a descriptor, or -1 with errno: ELOOP also where the last component is a link.
 */
int place_open(const char *path, struct stat *status);

/*
 * The same, but the last component may be a link of root's own too, and `path` may be the root.
 * ENOTDIR: also where `path` ends in a slash, which makes it a directory's.
 */
int place_open_following(const char *path, struct stat *status);

/*
 * Opens the regular file at the absolute `path` for reading, whoever it belongs to; a FIFO or a
 * device is only looked at. Returns a descriptor, or -1 with errno: EINVAL; ELOOP a link that is not
 * root's own; EBADF it is not a regular file (the only meaning of EBADF here); EMLINK it has several
 * names, and others than root may put names where it lies; ESTALE it was exchanged meanwhile; and
 * those of the walk.
 */
int path_open_file(const char *path, unsigned how);

/* The same for `name` below `directory`; EXDEV a link on the way leads out of that. */
int path_open_below(const char *directory, const char *name);

/*
 * Opens a regular file (or a directory) that root alone can have decided: it is root's and not
 * writable by group and others, nor is any directory from the root on, unless sticky or on a mount
 * that is read-only. An access control list shows in the group's bits (acl(5)).
 * Returns a descriptor, PATH_OTHERS with `why`: it is not so; or -1 with errno and `why`.
 */
enum { PATH_OTHERS = -2 };
int path_open_roots(const char *path, bool directory, struct refusal *why);

/*
 * openat2(2) by its raw number (musl has no wrapper), O_CLOEXEC added; EAGAIN, which a rename
 * elsewhere causes, is retried a bounded number of times.
 */
int place_openat2(int directory, const char *name, int flags, unsigned long long resolve);

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
 * and those of path_to_parent().
 */
int protected_add_holders(struct protected_places *places, const char *path);

/* Adds what `descriptor` has open. Returns 0, or -1 with errno ENOSPC or fstat(2)'s. */
int protected_add_open(struct protected_places *places, int descriptor);

/* Whether the file with these numbers is one of the places. */
bool protected_holds(const struct protected_places *places, dev_t device, ino_t inode);

/*
 * Whether what `descriptor` has open may be given away. Returns 0, or -1 with errno: EBUSY it is
 * protected, or in procfs or sysfs; or fstat(2)'s.
 */
int protected_check_open(const struct protected_places *places, int descriptor);

/* Opens `name` in `directory` for reading as path_open_file() does; a link is not followed. */
int file_open_regular(int directory, const char *name);

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
