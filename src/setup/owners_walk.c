/* SPDX-License-Identifier: MIT */
#include "setup/owners_walk.h"

#include "look.h"
#include "setup/owners.h"
#include "setup/owners_entry.h"
#include "setup/owners_stack.h"
#include "setup/paths.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { ENTRIES_SIZE = 64 << 10 }; /* bytes of names that the kernel gives at one time */

#define INSIDE (RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH | RESOLVE_NO_XDEV)

/*
 * For what is not gone into: a name of one component that is not "..", not followed, can lead
 * nowhere else but onto a mount. The other two cost a tenth of the time of a tree that is wrong.
 */
#define INSIDE_LAST RESOLVE_NO_XDEV

/* As the kernel lays it out, which no header says: getdents64(2). */
struct entry {
	uint64_t inode;
	int64_t next;
	unsigned short length;
	unsigned char type;
	char name[];
};

struct walk {
	const struct owners_request *request;
	struct owners_counts *counts;
	struct setup_failure *failure;
	struct owners_stack stack;
	uint64_t shown;    /* counts->seen at the last call of `progress` */
	bool expect_wrong; /* the entry before was not right: open this one without looking first */
	_Alignas(struct entry) char entries[ENTRIES_SIZE];
};

static int
fail(struct walk *walk, const char *what, const char *name)
{
	int error = errno;

	walk->failure->what = what;
	owners_stack_path(&walk->stack, walk->request->path, name, walk->failure->path,
			  sizeof(walk->failure->path));
	errno = error;
	return -1;
}

/*
 * What an attempt to open or to look at an entry has met that is no failure: it has gone, or
 * something is mounted there. Returns whether it was that, and counts it.
 */
static bool
excused(struct walk *walk)
{
	if (errno == ENOENT)
		walk->counts->vanished++;
	else if (errno == EXDEV)
		walk->counts->mounts++;
	else
		return false;
	walk->counts->seen++;
	return true;
}

/* Opens an entry and gives it away. Returns an enum owners_found, or -1 after fail(). */
static int
change_entry(struct walk *walk, int directory, const char *name)
{
	uint64_t changed = walk->counts->changed;
	int entry = place_openat2(directory, name, O_PATH | O_NOFOLLOW, INSIDE_LAST);

	if (entry < 0)
		return excused(walk) ? OWNERS_DONE : fail(walk, "open", name);
	int found = owners_set_open(walk->request, entry, walk->counts);

	look_close(entry);
	walk->expect_wrong = walk->counts->changed > changed;
	return found < 0 ? fail(walk, "change the owner of", name) : found;
}

/*
 * An entry that is not known to be a directory. One that is right costs one system call: looking
 * at it by its name is safe, since nothing follows from that but to leave it alone.
 */
static int
do_entry(struct walk *walk, int directory, const char *name)
{
	struct stat status;

	if (!walk->expect_wrong) {
		if (fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) != 0)
			return excused(walk) ? OWNERS_DONE : fail(walk, "look at", name);
		if (S_ISDIR(status.st_mode))
			return OWNERS_DIRECTORY;
		if (owners_is_right(walk->request, &status)) {
			walk->counts->right++;
			walk->counts->seen++;
			return OWNERS_DONE;
		}
	}
	return change_entry(walk, directory, name);
}

/* Returns 0, or -1 after setup_failed() where the walk is to end. */
static int
show_progress(struct walk *walk)
{
	const struct owners_request *request = walk->request;

	if (walk->counts->seen - walk->shown < OWNERS_PROGRESS_EVERY || !request->progress)
		return 0;
	walk->shown = walk->counts->seen;
	return request->progress(request->context, walk->counts)
		       ? setup_failed(walk->failure, "finish", request->path)
		       : 0;
}

/* Does one batch of entries: directories are noted, everything else is given away. */
static int
do_entries(struct walk *walk, int directory, size_t length)
{
	const struct entry *entry;

	for (size_t at = 0; at < length; at += entry->length) {
		entry = (const struct entry *)(walk->entries + at);

		const char *name = entry->name;

		if (name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0')))
			continue;
		int found =
			entry->type == DT_DIR ? OWNERS_DIRECTORY : do_entry(walk, directory, name);

		if (found < 0)
			return -1;
		if (found == OWNERS_DIRECTORY &&
		    owners_stack_add(&walk->stack, name, strlen(name)) != 0)
			return fail(walk, "remember", name);
		if (show_progress(walk))
			return -1;
	}
	return 0;
}

/* Reads the deepest directory to its end. */
static int
read_directory(struct walk *walk)
{
	int directory = owners_stack_level(&walk->stack, 0)->descriptor;

	for (;;) {
		long got = syscall(SYS_getdents64, directory, walk->entries, ENTRIES_SIZE);

		/* ENOENT: it has been removed since it was opened. */
		if (got == 0 || (got < 0 && errno == ENOENT))
			return 0;
		if (got < 0)
			return fail(walk, "read", NULL);
		if (do_entries(walk, directory, (size_t)got) != 0)
			return -1;
	}
}

/* Fills `level` for an open directory, `name` in the deepest one, or PATH itself if that is NULL.
 */
static int
judge_directory(struct walk *walk, int directory, const char *name, struct owners_level *level)
{
	struct stat status;

	if (look_at(directory, &status) != 0)
		return fail(walk, "look at", name);
	*level = (struct owners_level){
		.device = status.st_dev,
		.inode = status.st_ino,
		.descriptor = directory,
		.right = owners_is_right(walk->request, &status),
	};
	if (protected_holds(walk->request->protect, level->device, level->inode)) {
		errno = EBUSY;
		return fail(walk, "give away", name);
	}
	return 0;
}

/* Closes the directory that is now too far up, but never PATH itself. */
static void
close_far(struct owners_stack *stack)
{
	if (stack->depth <= OWNERS_OPEN_MOST + 1)
		return;
	struct owners_level *far = owners_stack_level(stack, OWNERS_OPEN_MOST);

	if (far->descriptor >= 0)
		close(far->descriptor);
	far->descriptor = -1;
}

/* Makes an open directory the deepest level and reads it; it is closed if that fails. */
static int
push_directory(struct walk *walk, int directory, const char *name)
{
	struct owners_level level;

	if (judge_directory(walk, directory, name, &level) != 0) {
		look_close(directory);
		return -1;
	}
	if (owners_stack_push(&walk->stack, &level) != 0) {
		fail(walk, "remember", name);
		look_close(directory);
		return -1;
	}
	close_far(&walk->stack);
	return read_directory(walk);
}

/* What was a directory when its name was read is none now: it is treated as what it is. */
static int
do_exchanged(struct walk *walk, int above, const char *name)
{
	int found = change_entry(walk, above, name);

	if (found != OWNERS_DIRECTORY)
		return found;
	errno = ESTALE;
	return fail(walk, "keep track of", name);
}

/* Goes into the deepest level's last directory. */
static int
enter_directory(struct walk *walk)
{
	const char *name = owners_stack_name(&walk->stack);
	int above = owners_stack_level(&walk->stack, 0)->descriptor;
	int directory = owners_open_directory(above, name, INSIDE);

	if (directory >= 0)
		return push_directory(walk, directory, name);
	if (errno == ELOOP || errno == ENOTDIR) {
		if (do_exchanged(walk, above, name) < 0)
			return -1;
	} else if (!excused(walk)) {
		return fail(walk, "open", name);
	}
	owners_stack_drop(&walk->stack);
	return 0;
}

/*
 * Opens the directory above the deepest one anew. ".." is where the deepest one is now, which need
 * not be where it was: only the same directory will do.
 */
static int
reopen_above(struct walk *walk)
{
	struct stat status;
	struct owners_level *above = owners_stack_level(&walk->stack, 1);
	int below = owners_stack_level(&walk->stack, 0)->descriptor;
	int directory = place_openat2(below, "..", O_PATH | O_DIRECTORY,
				      RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);

	if (directory < 0)
		return fail(walk, "go back from", NULL);
	if (look_at(directory, &status) != 0) {
		look_close(directory);
		return fail(walk, "go back from", NULL);
	}
	if (status.st_dev != above->device || status.st_ino != above->inode) {
		close(directory);
		errno = ESTALE;
		return fail(walk, "go back from", NULL);
	}
	above->descriptor = directory;
	return 0;
}

/*
 * Gives the deepest directory away, now that all in it is done, and goes back to the one above;
 * first it finds that one, since the way may lead through a directory that is root's no more.
 */
static int
leave_directory(struct walk *walk)
{
	struct owners_level *level = owners_stack_level(&walk->stack, 0);

	if (walk->stack.depth > 1 && owners_stack_level(&walk->stack, 1)->descriptor < 0 &&
	    reopen_above(walk) != 0)
		return -1;
	if (level->right)
		walk->counts->right++;
	else if (fchownat(level->descriptor, "", walk->request->user, walk->request->group,
			  AT_EMPTY_PATH) != 0)
		return fail(walk, "change the owner of", NULL);
	else
		walk->counts->changed++;
	walk->counts->seen++;
	close(level->descriptor);
	owners_stack_pop(&walk->stack);
	if (walk->stack.depth > 0)
		owners_stack_drop(&walk->stack);
	return 0;
}

static int
walk_all(struct walk *walk)
{
	while (walk->stack.depth > 0) {
		bool waiting = owners_stack_name(&walk->stack) != NULL;

		if ((waiting ? enter_directory(walk) : leave_directory(walk)) < 0 ||
		    show_progress(walk))
			return -1;
	}
	return 0;
}

int
owners_walk(const struct owners_request *request, int directory, struct owners_counts *counts,
	    struct setup_failure *failure)
{
	struct walk *walk = calloc(1, sizeof(*walk));

	if (!walk) {
		errno = ENOMEM;
		look_close(directory);
		return setup_failed(failure, "walk", request->path);
	}
	walk->request = request;
	walk->counts = counts;
	walk->failure = failure;

	int result = push_directory(walk, directory, NULL) == 0 ? walk_all(walk) : -1;
	int error = errno;

	owners_stack_free(&walk->stack);
	free(walk);
	errno = error;
	return result;
}
