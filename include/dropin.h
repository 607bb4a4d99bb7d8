/* SPDX-License-Identifier: MIT */
/*
 * dropin - the command lines of tini, dumb-init, gosu and su-exec, by whose names we may be called
 *
 * Under a peer's name its promises are kept, not ours: as tini and dumb-init nothing is dropped, no
 * no_new_privs, no filter; the same signals go to the same processes, and leftovers are treated as
 * the peer does. As gosu and su-exec the drop is made to any user, root too, without a filter, but
 * with our strict ids and proven. What cannot be honoured is refused.
 */
#ifndef STEPDOWN_DROPIN_H
#define STEPDOWN_DROPIN_H

#include "confine/terminal.h"
#include "init/decide.h"
#include "refusal.h"

#include <stdbool.h>

enum dropin_kind { DROPIN_NONE, DROPIN_TINI, DROPIN_DUMB_INIT, DROPIN_GOSU, DROPIN_SU_EXEC };

enum dropin_answer { DROPIN_RUN, DROPIN_HELP, DROPIN_VERSION };

struct dropin {
	enum dropin_kind kind;
	enum dropin_answer answer;
	char *const *command;
	const char *user; /* gosu, su-exec */
	/* tini, dumb-init */
	struct init_settings settings;
	enum terminal_mode mode;
	bool subreaper;
	bool quiet;
	int parent_death_signal;
	/* What the peer exits with. */
	int failed, cannot_run, not_found;
};

/* Which peer the last part of argv[0] names. */
enum dropin_kind dropin_kind(const char *called);

/*
 * Pure: reads the peer's command line and environment; tini's options are taken out of argv.
 * `dropin->kind` is set. Returns 0, or -1 with a refusal; then `failed` is the status to exit with.
 */
int dropin_parse(struct dropin *dropin, int argc, char *argv[], char *const environment[],
		 struct refusal *why);

/* The whole program under a peer's name. Returns the exit status. */
int dropin_run(enum dropin_kind kind, int argc, char *argv[], char *const environment[]);

#endif
