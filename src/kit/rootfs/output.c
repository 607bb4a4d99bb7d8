/* SPDX-License-Identifier: MIT */
#include "kit/rootfs/output.h"

#include "kit/files.h"
#include "kit/heap.h"
#include "kit/rootfs/tree_writing.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FTW_DESCRIPTORS = 16 };

static volatile sig_atomic_t stopped; /* the number of a signal that asks for an end */

int
output_check(const char *directory, struct refusal *why)
{
	DIR *there = opendir(directory);
	unsigned names = 0;

	if (!there)
		return errno == ENOENT
			       ? 0
			       : refuse(why, "cannot use %s: %s", directory, strerror(errno));
	while (names < 3 && readdir(there))
		names++;
	closedir(there);
	return names < 3
		       ? 0
		       : refuse(why, "%s is not empty: remove it first, or name another directory",
				directory);
}

static int
remove_one(const char *path, const struct stat *about, int kind, struct FTW *where)
{
	(void)about;
	(void)kind;
	(void)where;
	return remove(path);
}

static void
remember_signal(int number)
{
	stopped = number;
}

static const int signals[] = {SIGHUP, SIGINT, SIGTERM};
enum { SIGNALS = sizeof(signals) / sizeof(signals[0]) };

static int
write_into(const struct output *output, struct gather *gather, const char *temporary,
	   struct output_counts *counts, struct refusal *why)
{
	const struct tree_writing how = {gather, output->newest, geteuid() == 0, &stopped, counts};
	int root = open(temporary, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int result = root < 0 ? refuse(why, "cannot open %s: %s", temporary, strerror(errno))
			      : tree_write(&how, root, why);

	if (root >= 0)
		close(root);
	if (!how.owns)
		gather_note(
			gather,
			"not root: all of the tree belongs to uid %u; give it away with COPY --chown=0:0",
			(unsigned)geteuid());
	return result;
}

/* Both or none: what can fail is done first. */
static int
put_in_place(const struct output *output, const char *temporary, struct refusal *why)
{
	if (output->report &&
	    file_write(output->report, output->report_text, strlen(output->report_text), why) < 0)
		return -1;
	if (rename(temporary, output->directory) == 0)
		return 0;
	refuse(why, "cannot rename the finished tree to %s: %s", output->directory,
	       strerror(errno));
	if (output->report)
		unlink(output->report);
	return -1;
}

int
output_write(const struct output *output, struct gather *gather, struct output_counts *counts,
	     struct refusal *why)
{
	struct sigaction before[SIGNALS], ask = {.sa_handler = remember_signal};
	size_t length = strlen(output->directory);
	char *temporary = memory_new(length + sizeof(".XXXXXX"), 1);

	while (length > 1 && output->directory[length - 1] == '/')
		length--;
	sprintf(temporary, "%.*s.XXXXXX", (int)length, output->directory);
	*counts = (struct output_counts){0};
	if (!mkdtemp(temporary)) {
		int result = refuse(why, "cannot make a directory beside %s: %s", output->directory,
				    strerror(errno));
		free(temporary);
		return result;
	}
	stopped = 0;
	for (size_t i = 0; i < SIGNALS; i++)
		sigaction(signals[i], &ask, &before[i]);
	entries_sort(&gather->entries);
	int result = write_into(output, gather, temporary, counts, why);
	if (result == 0)
		result = put_in_place(output, temporary, why);
	if (result < 0)
		nftw(temporary, remove_one, FTW_DESCRIPTORS, FTW_DEPTH | FTW_PHYS);
	for (size_t i = 0; i < SIGNALS; i++)
		sigaction(signals[i], &before[i], NULL);
	free(temporary);
	return result;
}
