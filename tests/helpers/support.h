/* SPDX-License-Identifier: MIT */
/*
 * support - runs the shipped programs the way a container engine would, for the system tests
 *
 * Tests run from the project's root. What may change the system happens in a mount namespace that
 * ends with the test program.
 */
#ifndef STEPDOWN_TESTS_SUPPORT_H
#define STEPDOWN_TESTS_SUPPORT_H

#include <stdbool.h>
#include <stddef.h>

enum {
	OUTPUT_SIZE = 65536, /* bytes kept of each stream */
	DEADLINE = 400,      /* seconds until a program hangs, times $STEPDOWN_TESTS_SLOWER */
	HANGS = 999,         /* its status then */
};

struct outcome {
	int status; /* exit status, 128+N for signal N, HANGS */
	char out[OUTPUT_SIZE];
	char err[OUTPUT_SIZE];
};

struct run {
	const char *const *argv;
	const char *const *environment; /* NULL: PATH alone */
	const char *root;               /* chroot there first, unless NULL */
	void (*prepare)(void); /* called in the child before chroot and exec, unless NULL */
	void (*enter)(void);   /* called in the child after chroot, before exec, unless NULL */
};

/* Runs a program with /dev/null as its standard input and waits for its end. */
void run_program(const struct run *run, struct outcome *outcome);

/* The same for a NULL-terminated list of words in `root`. */
#define run_words(outcome, root_, ...)                                                             \
	run_program(                                                                               \
		&(struct run){.argv = (const char *const[]){__VA_ARGS__, NULL}, .root = (root_)},  \
		(outcome))

/* Whether `line`, without its newline, is one of `lines`. */
bool has_line(const char *lines, const char *line);

/* What sh -c `script` prints, until the next call of this; a failure of it is the test's. */
const char *shell_says(const char *script);

/*
 * Makes a small root file system on a tmpfs of its own: /sbin/stepdown, /bin/probe, /dev/null,
 * /etc/passwd, /etc/group, /proc, /tmp. Returns its path. Needs root; fails the test otherwise.
 */
const char *sandbox_make(void);

/* Writes a file below the sandbox, path and all, with this mode. */
void sandbox_write(const char *path, const char *text, unsigned mode);

/* Copies a file into the sandbox. */
void sandbox_copy(const char *from, const char *path, unsigned mode);

/* Fails the test unless `text` has `part` in it. */
void assert_says(const char *text, const char *part);

/* The value of `key` in key=value lines, or NULL; overwritten by the next call. */
const char *value_of(const char *lines, const char *key);

/*
 * Fails the test unless each key that a dry run printed has the same value in the probe's output.
 * Returns how many were compared.
 */
unsigned assert_same_keys(const char *dry_run, const char *probe);

/* Whether this is root with namespaces; otherwise says why on standard output. */
bool can_make_namespaces(void);

#endif
