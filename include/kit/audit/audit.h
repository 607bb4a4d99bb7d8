/* SPDX-License-Identifier: MIT */
/*
 * audit - the checks themselves: from an image to findings
 *
 * Each looks at the tree, the configuration and the bytes of few files; none changes anything. What
 * a check cannot know is said in `unknown`, what it could not read is a finding.
 */
#ifndef STEPDOWN_KIT_AUDIT_AUDIT_H
#define STEPDOWN_KIT_AUDIT_AUDIT_H

#include "kit/audit/findings.h"
#include "kit/audit/image.h"
#include "kit/notes.h"

#include <stdbool.h>
#include <stdint.h>

struct audit {
	struct image *image;
	struct findings *findings;
	struct notes *unknown; /* what cannot be known, and why */
	int64_t now;           /* seconds since 1970 */

	/* What the image starts, found by audit_start. */
	uint32_t first;    /* the file that the engine executes */
	uint32_t program;  /* the command behind stepdown, or `first` */
	uint32_t stepdown; /* stepdown's own file, or TREE_NONE */
	bool steps_down;   /* `first` is stepdown */
};

/* All of them, in an order in which each finds what it needs. */
void audit_run(struct audit *audit);

void audit_files(struct audit *audit);    /* every file: bits, capabilities, tools, keys */
void audit_users(struct audit *audit);    /* passwd, shadow and group */
void audit_start(struct audit *audit);    /* user, ENTRYPOINT, HEALTHCHECK */
void audit_own(struct audit *audit);      /* stepdown's file and configuration */
void audit_naming(struct audit *audit);   /* tags and labels */
void audit_programs(struct audit *audit); /* what the started programs need to run */
void audit_trust(struct audit *audit);    /* CA bundle and time zones */

/* Adds a finding about a node, with its path and its layer. */
__attribute__((format(printf, 5, 6))) void audit_found(struct audit *audit, enum check_id check,
						       enum level level, uint32_t node,
						       const char *format, ...);

/* What is behind a path, links followed, if it is a regular file; TREE_NONE otherwise. */
uint32_t audit_file(struct audit *audit, const char *path);

/*
 * The file that `name` starts: a path, or looked up in the image's PATH. `*found` is what there is
 * under that name though it cannot be executed.
 */
uint32_t audit_lookup(struct audit *audit, const char *name, uint32_t *found);

/*
 * behind: the index of the program in `words`, at least one, which are a whole command line of
 * stepdown's; or 0 with a refusal: stepdown's parser does not take it, it names no program, or
 * stepdown is started by a name under which it has another program's command line.
 */
size_t audit_behind_options(const struct words *words, struct refusal *why);

/* The directories of the image's PATH, one after the other; `at` is 0 at first. */
bool audit_path(const struct audit *audit, size_t *at, char *directory, size_t size);

/*
 * needed: what a program needs to be loaded. Adds findings for a missing interpreter and missing
 * libraries. Source: ld.so(8), musl's ldso/dynlink.c.
 */
void needed_check(struct audit *audit, uint32_t program);

/* tools: what the name of an executable file says. Returns CHECKS if nothing. */
enum check_id tool_find(const char *name, size_t length);

#endif
