/* SPDX-License-Identifier: MIT */
/*
 * commands - the commands of stepdown-kit; main finds them in a table
 *
 * Each takes its arguments from argv[1] on, prints what it has to say, and returns the exit status.
 */
#ifndef STEPDOWN_KIT_COMMANDS_H
#define STEPDOWN_KIT_COMMANDS_H

#include "kit/notes.h"
#include "kit/profile.h"
#include "refusal.h"

enum { STATUS_FINE = 0, STATUS_DIFFERS = 1, STATUS_FAILED = 125 };

/* embed: a C file with a program of stepdown's own, for the build. */
int command_embed(int argc, char **argv);

/* names: a C file with the names of the system calls, for the build. */
int command_names(int argc, char **argv);

/* compile: a profile into a file for stepdown --seccomp FILE. */
int command_compile(int argc, char **argv);

/* show: what a profile or a compiled file means; with two, the difference. */
int command_show(int argc, char **argv);

/* learn: run a service, and write a profile of what it did. */
int command_learn(int argc, char **argv);

/* check: run a service, and say what a profile would have denied; STATUS_DIFFERS if anything. */
int command_check(int argc, char **argv);
/* rootfs: what programs need, as a tree for a scratch image. */
int command_rootfs(int argc, char **argv);

/* sbom: what stepdown itself is made of. */
int command_sbom(int argc, char **argv);
/* audit: what is wrong with an image or a root file system. */
int command_audit(int argc, char **argv);

/* Prints a refusal about `what` (may be NULL) as one line, and returns STATUS_FAILED. */
int command_failed(const char *what, const struct refusal *why);

/* Prints the notes about `what`, one a line, and releases them. */
void command_notes(const char *what, struct notes *notes);

/* Reads and parses a profile; `*bytes`, to be freed, is the file as it is. 0 or -1. */
int command_profile(const char *path, char **bytes, size_t *length, struct profile *out,
		    struct notes *notes, struct refusal *why);

#endif
