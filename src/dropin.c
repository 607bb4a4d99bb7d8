/* SPDX-License-Identifier: MIT */
#include "dropin.h"

#include "environment.h"
#include "init/signals.h"

#include <stdlib.h>
#include <string.h>

enum { PEER_LAST_SIGNAL = 31 };

static const struct {
	const char *name;
	enum dropin_kind kind;
	int failed, cannot_run, not_found;
} peers[] = {
	{"tini", DROPIN_TINI, 1, 126, 127},       {"tini-static", DROPIN_TINI, 1, 126, 127},
	{"dumb-init", DROPIN_DUMB_INIT, 1, 2, 2}, {"gosu", DROPIN_GOSU, 1, 1, 1},
	{"su-exec", DROPIN_SU_EXEC, 1, 1, 1},
};

enum { PEERS = sizeof(peers) / sizeof(*peers) };

enum dropin_kind
dropin_kind(const char *called)
{
	const char *slash = called == NULL ? NULL : strrchr(called, '/');
	const char *name = slash == NULL ? called : slash + 1;

	for (unsigned i = 0; name != NULL && i < PEERS; i++)
		if (strcmp(name, peers[i].name) == 0)
			return peers[i].kind;
	return DROPIN_NONE;
}

/* One option at a time, short ones possibly in a cluster, as getopt(3) with "+". */
struct reader {
	char *const *argv;
	int at;           /* the word */
	const char *rest; /* of a cluster, or NULL */
};

/* The argument of the option that was read last: the rest of its word, or the next word. */
static const char *
argument(struct reader *reader)
{
	const char *value = reader->rest;

	reader->rest = NULL;
	if (value != NULL && *value != '\0')
		return value;
	return reader->argv[reader->at] == NULL ? NULL : reader->argv[reader->at++];
}

/* The next short option, or 0 at the first word that is none; "--" is passed. */
static char
next_short(struct reader *reader)
{
	const char *word;

	if (reader->rest != NULL && *reader->rest != '\0')
		return *reader->rest++;
	reader->rest = NULL;
	word = reader->argv[reader->at];
	if (word == NULL || word[0] != '-' || word[1] == '\0')
		return 0;
	reader->at++;
	if (strcmp(word, "--") == 0)
		return 0;
	reader->rest = word + 2;
	return word[1];
}

static int
need_command(struct dropin *dropin, char *const *command, struct refusal *why)
{
	dropin->command = command;
	return *command == NULL ? refuse(why, "a command is missing") : 0;
}

static int
tini_death(struct dropin *dropin, const char *text, struct refusal *why)
{
	int signal = text == NULL || strncmp(text, "SIG", 3) != 0 ? -1 : signals_parse(text);

	if (signal < 0 || signal > PEER_LAST_SIGNAL)
		return refuse(why, "-p \"%s\": must be a signal such as SIGKILL", text ? text : "");
	dropin->parent_death_signal = signal;
	return 0;
}

static int
tini_exit(struct dropin *dropin, const char *text, struct refusal *why)
{
	char *end;
	long code = text == NULL ? -1 : strtol(text, &end, 10);

	if (code < 0 || code > 255 || end == text || *end != '\0')
		return refuse(why, "-e \"%s\": must be an exit code from 0 to 255",
			      text ? text : "");
	dropin->settings.exit_map[code] = 0;
	return 0;
}

static int
tini_option(struct dropin *dropin, char option, struct reader *reader, int *verbosity,
	    struct refusal *why)
{
	switch (option) {
	case 'h':
		dropin->answer = DROPIN_HELP;
		return 0;
	case 'l':
		dropin->answer = DROPIN_VERSION;
		return 0;
	case 's':
		dropin->subreaper = true;
		return 0;
	case 'g':
		dropin->settings.signal_group = true;
		return 0;
	case 'w':
		dropin->settings.say_reaped = true;
		return 0;
	case 'v':
		++*verbosity;
		return 0;
	case 'p':
		return tini_death(dropin, argument(reader), why);
	case 'e':
		return tini_exit(dropin, argument(reader), why);
	default:
		return refuse(why, "there is no option -%c", option);
	}
}

/*
 * tini takes its options from among the command's words too, up to "--", which is how its usage
 * "PROGRAM -- [ARGS]" works. What is left of argv, from 1 on, is the command.
 */
static int
tini_options(struct dropin *dropin, char *argv[], bool posix, int *verbosity, struct refusal *why)
{
	struct reader reader = {.argv = argv, .at = 1};
	bool ended = false;
	int kept = 1;

	while (argv[reader.at] != NULL && dropin->answer == DROPIN_RUN) {
		char *word = argv[reader.at++];

		if (!ended && strcmp(word, "--") == 0) {
			ended = true;
		} else if (ended || word[0] != '-' || word[1] == '\0') {
			argv[kept++] = word;
			ended = ended || posix;
		} else {
			reader.rest = word + 1;
			while (reader.rest != NULL && *reader.rest != '\0')
				if (tini_option(dropin, *reader.rest++, &reader, verbosity, why) !=
				    0)
					return -1;
		}
	}
	argv[kept] = NULL;
	return 0;
}

static int
parse_tini(struct dropin *dropin, int argc, char *argv[], char *const environment[],
	   struct refusal *why)
{
	/* These strike tini itself, which as PID 1 they cannot hurt; the service never gets them.
	 */
	static const int unforwarded[] = {SIGFPE,  SIGILL, SIGSEGV, SIGBUS,  SIGABRT,
					  SIGTRAP, SIGSYS, SIGTTIN, SIGTTOU, SIGCHLD};
	const char *level = environment_value(environment, "TINI_VERBOSITY");
	bool posix = environment_value(environment, "POSIXLY_CORRECT") != NULL;
	int verbosity = 1;

	dropin->mode = TERMINAL_GROUP;
	for (unsigned i = 0; i < sizeof(unforwarded) / sizeof(*unforwarded); i++)
		dropin->settings.signal_map[unforwarded[i]] = 0;
	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		dropin->answer = DROPIN_VERSION;
	else if (tini_options(dropin, argv, posix, &verbosity, why) != 0)
		return -1;
	if (level != NULL)
		verbosity = atoi(level);
	dropin->quiet = verbosity < 1;
	if (environment_value(environment, "TINI_SUBREAPER") != NULL)
		dropin->subreaper = true;
	if (environment_value(environment, "TINI_KILL_PROCESS_GROUP") != NULL)
		dropin->settings.signal_group = true;
	return dropin->answer == DROPIN_RUN ? need_command(dropin, argv + 1, why) : 0;
}

static const struct {
	const char *name;
	char letter;
} long_options[] = {
	{"help", 'h'}, {"single-child", 'c'}, {"rewrite", 'r'}, {"verbose", 'v'}, {"version", 'V'},
};

/* Abbreviations count as long as they are clear, as with getopt_long(3). 0: none or unclear. */
static char
long_option(const char *name, size_t length)
{
	char found = 0;

	for (unsigned i = 0; i < sizeof(long_options) / sizeof(*long_options); i++) {
		if (length == 0 || strncmp(long_options[i].name, name, length) != 0)
			continue;
		if (long_options[i].name[length] == '\0')
			return long_options[i].letter;
		if (found != 0)
			return 0;
		found = long_options[i].letter;
	}
	return found;
}

/* As next_short, with --name and --name=VALUE; -1 for one that does not exist. */
static int
next_dumb_init(struct reader *reader)
{
	const char *word = reader->argv[reader->at];
	bool in_cluster = reader->rest != NULL && *reader->rest != '\0';
	size_t length;
	char letter;

	if (in_cluster || word == NULL || strncmp(word, "--", 2) != 0 || word[2] == '\0')
		return next_short(reader);
	length = strcspn(word + 2, "=");
	letter = long_option(word + 2, length);
	reader->at++;
	reader->rest = NULL;
	if (word[2 + length] == '=') {
		if (letter != 'r')
			return -1;
		reader->rest = word + 2 + length + 1;
	}
	return letter == 0 ? -1 : letter;
}

static int
dumb_init_rewrite(struct dropin *dropin, const char *text, bool rewritten[], struct refusal *why)
{
	char *end = NULL;
	long from = text == NULL ? 0 : strtol(text, &end, 10);
	long to = -1;

	if (text != NULL && end != text && *end == ':') {
		const char *second = end + 1;

		to = strtol(second, &end, 10);
		if (end == second || *end != '\0')
			to = -1;
	}
	if (from < 1 || from > PEER_LAST_SIGNAL || to < 0 || to > PEER_LAST_SIGNAL)
		return refuse(
			why,
			"-r \"%s\": must be SIGNAL:SIGNAL, numbers from 1 to %d, the second 0 for none",
			text ? text : "", PEER_LAST_SIGNAL);
	dropin->settings.signal_map[from] = (uint8_t)to;
	rewritten[from] = true;
	return 0;
}

static void
finish_dumb_init(struct dropin *dropin, bool single, const bool rewritten[])
{
	static const int stops[] = {SIGTSTP, SIGTTIN, SIGTTOU};

	dropin->mode = single ? TERMINAL_KEEP : TERMINAL_SESSION;
	dropin->settings.signal_group = !single;
	dropin->settings.signal_map[SIGCHLD] = 0;
	/* In a session of their own the kernel would not let these stop the processes. */
	for (unsigned i = 0; !single && i < 3; i++)
		if (!rewritten[stops[i]])
			dropin->settings.signal_map[stops[i]] = SIGSTOP;
	if (!single)
		dropin->settings.end_signal = dropin->settings.signal_map[SIGTERM];
}

static int
parse_dumb_init(struct dropin *dropin, char *const argv[], char *const environment[],
		struct refusal *why)
{
	const char *session = environment_value(environment, "DUMB_INIT_SETSID");
	bool single = session != NULL && strcmp(session, "0") == 0;
	bool rewritten[PEER_LAST_SIGNAL + 1] = {false};
	struct reader reader = {.argv = argv, .at = 1};
	int option;

	while ((option = next_dumb_init(&reader)) != 0) {
		if (option == 'c')
			single = true;
		else if (option == 'h')
			dropin->answer = DROPIN_HELP;
		else if (option == 'V')
			dropin->answer = DROPIN_VERSION;
		else if (option == 'r') {
			if (dumb_init_rewrite(dropin, argument(&reader), rewritten, why) != 0)
				return -1;
		} else if (option != 'v')
			return refuse(why, "there is no such option: %s",
				      argv[reader.at > 1 ? reader.at - 1 : 1]);
		if (dropin->answer != DROPIN_RUN)
			return 0;
	}
	finish_dumb_init(dropin, single, rewritten);
	return need_command(dropin, argv + reader.at, why);
}

static int
parse_user(struct dropin *dropin, int argc, char *const argv[], struct refusal *why)
{
	static const char *const helps[] = {"-h", "--help"}, *const versions[] = {"-v",
										  "--version"};

	for (int i = 0; argc > 1 && dropin->kind == DROPIN_GOSU && i < 2; i++) {
		if (strcmp(argv[1], helps[i]) == 0)
			dropin->answer = DROPIN_HELP;
		if (strcmp(argv[1], versions[i]) == 0)
			dropin->answer = DROPIN_VERSION;
	}
	if (dropin->answer != DROPIN_RUN)
		return 0;
	if (argc < 3 && dropin->kind == DROPIN_SU_EXEC) {
		dropin->answer = DROPIN_HELP; /* with status 0, as su-exec does */
		return 0;
	}
	if (argc < 3)
		return refuse(why, "usage: USER[:GROUP] COMMAND [ARGUMENT...]");
	dropin->user = argv[1];
	return need_command(dropin, argv + 2, why);
}

int
dropin_parse(struct dropin *dropin, int argc, char *argv[], char *const environment[],
	     struct refusal *why)
{
	decide_defaults(&dropin->settings);
	dropin->settings.leftover_timeout = 0;
	dropin->settings.echo = true;
	for (unsigned i = 0; i < PEERS; i++)
		if (peers[i].kind == dropin->kind) {
			dropin->failed = peers[i].failed;
			dropin->cannot_run = peers[i].cannot_run;
			dropin->not_found = peers[i].not_found;
		}
	switch (dropin->kind) {
	case DROPIN_TINI:
		return parse_tini(dropin, argc, argv, environment, why);
	case DROPIN_DUMB_INIT:
		return parse_dumb_init(dropin, argv, environment, why);
	default:
		return parse_user(dropin, argc, argv, why);
	}
}
