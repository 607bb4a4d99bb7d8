/* SPDX-License-Identifier: MIT */
/*
 * from_run - what a run has shown to be opened, from a recording of stepdown-kit learn
 *
 * A line is "file", how it was opened, and an absolute path, with one blank between, in which "\\",
 * "\n", "\t" and "\xNN" stand for what they do in C. read, look and execute, or no word at all,
 * take the file (Python only looks at a source whose compiled form it reads, and fails without it);
 * write takes the directory that it is in. Of a directory nothing in it is taken. Other lines say
 * something else. What is not there (the run looked for it in vain) is passed over, and so is what
 * belongs to a machine and not to an image: /proc, /sys, /dev, /run, /tmp, the files that an engine
 * writes, and those that rootfs makes itself.
 */
#ifndef STEPDOWN_KIT_ROOTFS_FROM_RUN_H
#define STEPDOWN_KIT_ROOTFS_FROM_RUN_H

#include "kit/rootfs/closure.h"

enum from_run_word { FROM_RUN_NONE, FROM_RUN_FILE, FROM_RUN_EXECUTE, FROM_RUN_WRITE };

/*
 * Pure: reads one line of `length` bytes. Returns its word, with the path in `path`, of PATH_MAX
 * bytes; FROM_RUN_NONE for other lines; -1 for a path that is broken.
 */
int from_run_line(const char *line, size_t length, char *path);

/* Takes all of a recording. Returns 0, or -1 with a refusal. */
int from_run_take(struct closure *closure, const char *file, struct refusal *why);

#endif
