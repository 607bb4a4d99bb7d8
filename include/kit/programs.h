/* SPDX-License-Identifier: MIT */
/*
 * programs - which program a thread runs, remembered so that /proc is asked once for each
 *
 * An index stands for a program, 0 to PROGRAMS_MOST - 1; where there are more, the last one stands
 * for all others. A thread that ends leaves its entry behind; so the table is emptied after every
 * PROGRAMS_THREADS / 2 new threads, which bounds it, and is long before an id comes round again.
 */
#ifndef STEPDOWN_KIT_PROGRAMS_H
#define STEPDOWN_KIT_PROGRAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { PROGRAMS_MOST = 64, PROGRAMS_THREADS = 4096 };

struct programs {
	char *names[PROGRAMS_MOST]; /* a path, or a name where the path cannot be read */
	size_t count;
	struct programs_thread {
		pid_t thread; /* 0: free */
		int program;  /* -1: to be asked anew */
	} * threads;          /* PROGRAMS_THREADS, by hash */
	size_t used;
};

void programs_init(struct programs *programs);
void programs_free(struct programs *programs);

/* The program of a thread. */
unsigned programs_of(struct programs *programs, pid_t thread);

/* The thread is about to execute a program. */
void programs_forget(struct programs *programs, pid_t thread);

/* The index of a name, which is added where it is new. */
unsigned programs_index(struct programs *programs, const char *name);

#endif
