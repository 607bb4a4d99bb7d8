/* SPDX-License-Identifier: MIT */
/*
 * opened - the files that a service asks for, by their paths
 *
 * Read from the memory of the process that waits in the call, and taken only if it still waits
 * when that is done. What the kernel opens by itself (the loader of a program, the interpreter of
 * a script), what comes over a socket, what io_uring opens, and whether a call succeeded cannot be
 * seen. A second thread may change the path behind our back: this is a record, not a defence.
 */
#ifndef STEPDOWN_KIT_OPENED_H
#define STEPDOWN_KIT_OPENED_H

#include "kit/watch.h"

#include <stddef.h>

enum { OPENED_MOST = 1 << 18 /* different ones; the others are counted alone */ };

enum opened_how { OPENED_READ, OPENED_WRITE, OPENED_EXECUTE, OPENED_LOOK };

struct opened_file {
	enum opened_how how;
	char *path; /* absolute, as its process saw it; not resolved further */
};

struct opened {
	struct opened_file *list; /* in the order of their first time */
	size_t count;
	size_t *slots; /* an index + 1 into the list, by hash */
	size_t slot_count;
	unsigned long long unread; /* paths that could not be read */
	unsigned long long dropped;
};

void opened_init(struct opened *opened);
void opened_free(struct opened *opened);

/* The word for it in a recording: "read", "write", "execute", "look". */
const char *opened_word(enum opened_how how);

/* Adds a file, once. A path of PATH_MAX bytes or more counts as one that could not be read. */
void opened_add(struct opened *opened, enum opened_how how, const char *path);

/* Adds the file that the call, named `name`, asks for, if it is one that does. */
void opened_call(struct opened *opened, const struct watch_call *call, const char *name);

#endif
