/* SPDX-License-Identifier: MIT */
#include "config_files.h"

#include "setup/paths.h"
#include "why_here.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct names {
	size_t count;
	char names[CONFIG_FILES_MOST][PLACE_NAME_SIZE];
};

static int
refuse_file(const char *path, struct refusal *why)
{
	if (errno == ESTALE)
		return refuse(why, "%s changed while it was read; try again", path);
	if (errno == EFBIG)
		return refuse(why, "%s: the file is larger than %d bytes", path, CONFIG_MOST);
	return refuse(why, "cannot read %s: %s", path, why_errno(errno));
}

int
config_file_read(const char *path, config_take *take, void *context, struct refusal *why)
{
	struct stat status;
	char *bytes;
	size_t length;

	/* Most images have none, and a start should cost them no more than this. */
	if (lstat(path, &status) && errno == ENOENT)
		return 1;
	int file = path_open_roots(path, false, why);

	/* A link that leads nowhere is one that has lost its file. */
	if (file < 0)
		return -1;
	int result = file_read_whole(file, CONFIG_MOST, &bytes, &length);

	if (result != 0)
		refuse_file(path, why);
	close(file);
	if (result != 0)
		return -1;
	result = config_parse(path, bytes, length, take, context, why);
	free(bytes);
	return result;
}

static bool
is_wanted(const char *name)
{
	static const char ending[] = ".conf";
	size_t length = strlen(name);

	return name[0] != '.' && length >= sizeof(ending) && length < PLACE_NAME_SIZE &&
	       strcmp(name + length - (sizeof(ending) - 1), ending) == 0;
}

static int
compare(const void *left, const void *right)
{
	return strcmp(left, right);
}

static int
list(DIR *directory, const char *path, struct names *names, struct refusal *why)
{
	const struct dirent *entry;
	bool listed = false;

	while ((errno = 0, entry = readdir(directory))) {
		listed = true;
		if (!is_wanted(entry->d_name))
			continue;
		if (names->count == CONFIG_FILES_MOST)
			return refuse(why, "%s holds more than %d configuration files", path,
				      CONFIG_FILES_MOST);
		memcpy(names->names[names->count++], entry->d_name, strlen(entry->d_name) + 1);
	}
	/* A directory has at least itself in it: where nothing is said, it has not been read. */
	if (!errno && !listed)
		errno = ESTALE;
	if (errno)
		return refuse_file(path, why);
	qsort(names->names, names->count, sizeof(names->names[0]), compare);
	return 0;
}

static int
read_each(const char *directory, const struct names *names, config_take *take, void *context,
	  struct refusal *why)
{
	char path[PATH_MAX];

	for (size_t i = 0; i < names->count; i++) {
		int length = snprintf(path, sizeof(path), "%s/%s", directory, names->names[i]);

		if (length < 0 || (size_t)length >= sizeof(path))
			return refuse(why, "the path %s/%s is too long", directory,
				      names->names[i]);
		int result = config_file_read(path, take, context, why);

		if (result > 0)
			result = refuse(why, "%s went away while it was read", path);
		if (result != 0)
			return -1;
	}
	return 0;
}

int
config_directory_read(const char *path, config_take *take, void *context, struct refusal *why)
{
	struct stat status;

	if (lstat(path, &status) && errno == ENOENT)
		return 0;
	int opened = path_open_roots(path, true, why);

	if (opened < 0)
		return -1;
	DIR *directory = fdopendir(opened);

	if (!directory) {
		close(opened);
		return refuse_file(path, why);
	}
	struct names *names = calloc(1, sizeof(*names));
	int result = names ? list(directory, path, names, why)
			   : refuse(why, "no memory to read %s", path);

	closedir(directory);
	if (result == 0)
		result = read_each(path, names, take, context, why);
	free(names);
	return result;
}
