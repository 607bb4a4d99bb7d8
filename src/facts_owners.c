/* SPDX-License-Identifier: MIT */
#include "facts_owners.h"

#include "config_files.h"
#include "facts.h"
#include "look.h"
#include "options.h"
#include "plan_filter.h"
#include "plan_owners.h"
#include "setup/owners_entry.h"
#include "setup/paths.h"
#include "why_here.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/statvfs.h>
#include <unistd.h>

static int
protect_optional(struct protected_places *protect, const char *path, struct refusal *why)
{
	if (!path || protected_add_holders(protect, path) == 0 || errno == ENOENT ||
	    errno == ENOTDIR)
		return 0;
	return refuse(why, "cannot tell where %.160s lies, which may not be given away: %s%s", path,
		      strerror(errno), why_here(WHY_PROTECT, errno, NULL));
}

/*
 * By the name that it was started by, and by the kernel's, which has no links in it. One of them is
 * not there where /proc is not mounted, or where the engine started a descriptor.
 */
static int
protect_stepdown(struct protected_places *protect, struct refusal *why)
{
	char path[PATH_MAX];
	const char *started = (const char *)getauxval(AT_EXECFN);
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);
	bool found = false;

	if (length > 0) {
		path[length] = '\0';
		found = protected_add_holders(protect, path) == 0;
	}
	if (started && protected_add_holders(protect, started) == 0)
		return 0;
	if (found && (!started || errno == ENOENT || errno == ENOTDIR))
		return 0;
	return refuse(
		why,
		"cannot tell where stepdown itself lies, which may not be given away: %s; start it by its path, with root's links alone on the way",
		strerror(errno));
}

/* The files too, for a single one of them can be named. */
static int
protect_directory(struct protected_places *protect, const char *path, struct refusal *why)
{
	char file[PATH_MAX];
	DIR *directory = opendir(path);
	const struct dirent *entry;
	int failed = 0;

	while (directory && !failed && (entry = readdir(directory))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(file, sizeof(file), "%s/%s", path, entry->d_name);
		failed = protect_optional(protect, file, why);
	}
	if (directory)
		closedir(directory);
	return failed ? -1 : protect_optional(protect, path, why);
}

static int
protect_all(struct protected_places *protect, const struct options *options, struct refusal *why)
{
	if (protected_add_system(protect))
		return refuse(why, "cannot look at the directories that may not be given away: %s",
			      why_errno(errno));
	return protect_stepdown(protect, why) || protect_optional(protect, "/etc/passwd", why) ||
			       protect_optional(protect, "/etc/group", why) ||
			       protect_optional(protect, CONFIG_FILE, why) ||
			       protect_directory(protect, CONFIG_DIRECTORY, why) ||
			       protect_optional(protect, options_value(options, OPTION_CONFIG),
						why) ||
			       protect_optional(protect, plan_filter_path(options), why)
		       ? -1
		       : 0;
}

static bool
is_read_only(int place)
{
	struct statvfs system;

	return fstatvfs(place, &system) == 0 && (system.f_flag & ST_RDONLY);
}

/* Whether root lacks the power to go through a directory; only to open it tells that. */
static bool
is_barred(int place)
{
	int directory = look_opened(openat(place, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));

	if (directory >= 0)
		close(directory);
	return directory < 0 && errno == EACCES;
}

static void
look_at_place(struct place_facts *fact, const struct protected_places *protect, const char *path)
{
	struct path_walk walk;
	struct stat status;
	int place = place_open(path, &status);
	int found = place;

	fact->error = place < 0 || protected_check_open(protect, place) ? errno : 0;
	/* What it lies in, or else the directory that is nearest above. */
	path_to_parent(&walk, path, 0);
	fact->shared = walk.shared;
	if (place < 0 && fact->error == ENOENT) {
		found = walk.directory;
		fact->barred = faccessat(found, ".", W_OK | X_OK, 0) != 0 && errno == EACCES;
	} else if (place >= 0) {
		fact->mode = status.st_mode;
		fact->owner = status.st_uid;
		fact->group = status.st_gid;
		fact->left_alone = owners_is_left_alone(&status);
		fact->barred = S_ISDIR(status.st_mode) && is_barred(place);
	}
	fact->read_only = found >= 0 && is_read_only(found);
	look_close(place);
	path_end(&walk);
}

int
facts_owners_gather(struct facts *facts, const struct options *options, struct refusal *why)
{
	const struct option_entry *entry;
	char path[PATH_MAX];
	unsigned cursor = 0;

	if (options_given(options, OPTION_NO_SETUP))
		return 0;
	for (unsigned i = 0; (entry = plan_owners_next(options, &cursor)) && i < FACTS_PLACES;
	     i++) {
		if (i == 0 && protect_all(&facts->owners.protect, options, why))
			return -1;
		struct place_facts *fact = &facts->owners.places[i];

		memcpy(path, entry->value, entry->place.length);
		path[entry->place.length] = '\0';
		look_at_place(fact, &facts->owners.protect, path);
		if (facts->effective_uid == 0 && (fact->error == EPERM || fact->error == ENOSYS))
			return refuse_option(why, entry, ": it cannot be looked at: %s",
					     why_errno(fact->error));
	}
	return 0;
}
