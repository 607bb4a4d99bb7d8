/* SPDX-License-Identifier: MIT */
#include "kit/programs.h"

#include "kit/heap.h"
#include "kit/peek.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void
programs_init(struct programs *programs)
{
	*programs = (struct programs){0};
	programs->threads = memory_new(PROGRAMS_THREADS, sizeof(*programs->threads));
}

void
programs_free(struct programs *programs)
{
	for (size_t i = 0; i < programs->count; i++)
		free(programs->names[i]);
	free(programs->threads);
	*programs = (struct programs){0};
}

unsigned
programs_index(struct programs *programs, const char *name)
{
	for (size_t i = 0; i < programs->count; i++)
		if (strcmp(programs->names[i], name) == 0)
			return (unsigned)i;
	if (programs->count == PROGRAMS_MOST)
		return PROGRAMS_MOST - 1;
	if (programs->count == PROGRAMS_MOST - 1)
		name = "other programs";
	programs->names[programs->count] = memory_string(name);
	return (unsigned)programs->count++;
}

/* The thread's entry, or the free one that it would have. */
static struct programs_thread *
find(struct programs *programs, pid_t thread)
{
	size_t at = ((uint32_t)thread * UINT32_C(2654435761)) % PROGRAMS_THREADS;

	while (programs->threads[at].thread && programs->threads[at].thread != thread)
		at = (at + 1) % PROGRAMS_THREADS;
	return &programs->threads[at];
}

static unsigned
ask(struct programs *programs, pid_t thread)
{
	char name[PATH_MAX];

	if (!peek_link(thread, "exe", name, sizeof(name)) && !peek_comm(thread, name, sizeof(name)))
		strcpy(name, "a process that has gone");
	return programs_index(programs, name);
}

unsigned
programs_of(struct programs *programs, pid_t thread)
{
	struct programs_thread *entry = find(programs, thread);

	if (entry->thread && entry->program >= 0)
		return (unsigned)entry->program;
	if (!entry->thread && programs->used++ >= PROGRAMS_THREADS / 2) {
		memset(programs->threads, 0, PROGRAMS_THREADS * sizeof(*programs->threads));
		programs->used = 1;
		entry = find(programs, thread);
	}
	entry->thread = thread;
	entry->program = (int)ask(programs, thread);
	return (unsigned)entry->program;
}

void
programs_forget(struct programs *programs, pid_t thread)
{
	struct programs_thread *entry = find(programs, thread);

	/* The entry stays, since others may have been put behind it. */
	if (entry->thread)
		entry->program = -1;
}
