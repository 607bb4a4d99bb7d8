/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <string.h>

static const char identity[] = "Identity";
static const char setup[] = "Set-up";
static const char confinement[] = "Confinement";
static const char init[] = "Init";
static const char meta[] = "Meta";

const struct option_row options_table[] = {
	[OPTION_USER] = {"user", 'u', OPTION_SINGLE, identity, "USER[:GROUP]",
			 "required when started as root",
			 "who the service runs as, by names or by numbers"},
	[OPTION_GROUP_ADD] = {"group-add", 0, OPTION_LIST, identity, "GROUP",
			      "the groups that /etc/group gives USER, if no GROUP was named",
			      "one more supplementary group"},
	[OPTION_KEEP_CAP] = {"keep-cap", 0, OPTION_LIST, identity, "CAP", "none",
			     "a capability that the service keeps, such as net_bind_service"},
	[OPTION_ALLOW_ROOT] = {"allow-root", 0, OPTION_FLAG, identity, NULL, "off",
			       "permit uid 0 as the target, still without capabilities but those "
			       "kept"},
	[OPTION_NO_SETUP] = {"no-setup", 0, OPTION_FLAG, setup, NULL, "off",
			     "change nothing in the container: for HEALTHCHECK and docker exec, "
			     "which start as root beside a running service"},
	[OPTION_SECCOMP] = {"seccomp", 0, OPTION_SINGLE, confinement, "PROFILE", "default",
			    "the system calls that the service may make: default, strict, off for "
			    "all, or the path of a profile that stepdown-kit compiled"},
	[OPTION_SECCOMP_COMPAT] = {"seccomp-compat", 0, OPTION_FLAG, confinement, NULL,
				   "native calls only",
				   "the machine's 32-bit calls too, judged by the same profile"},
	[OPTION_FS_RO] = {"fs-ro", 0, OPTION_LIST, confinement, "PATH", "no restriction",
			  "Landlock: the service may read PATH and what is below it"},
	[OPTION_FS_RW] = {"fs-rw", 0, OPTION_LIST, confinement, "PATH", "no restriction",
			  "Landlock: the service may read and write PATH and what is below it"},
	[OPTION_FS_EXEC] = {"fs-exec", 0, OPTION_LIST, confinement, "PATH", "no restriction",
			    "Landlock: the service may read and execute PATH and what is below it"},
	[OPTION_EXEC_ONLY] = {"exec-only", 0, OPTION_FLAG, confinement, NULL, "off",
			      "Landlock: the service may execute COMMAND, its interpreter and what "
			      "--fs-exec names, and nothing else"},
	[OPTION_NET_BIND] = {"net-bind", 0, OPTION_LIST, confinement, "PORT", "no restriction",
			     "Landlock: a TCP port that the service may bind to, or none"},
	[OPTION_NET_CONNECT] = {"net-connect", 0, OPTION_LIST, confinement, "PORT",
				"no restriction",
				"Landlock: a TCP port that the service may connect to, or none"},
	[OPTION_LANDLOCK] = {"landlock", 0, OPTION_SINGLE, confinement, "require|best-effort",
			     "require",
			     "where the kernel has less than was asked for: refuse, or do without"},
	[OPTION_INIT] = {"init", 0, OPTION_SINGLE, init, "auto|always|never", "auto",
			 "stay behind as the service's init: auto does when it is PID 1"},
	[OPTION_STOP_SIGNAL] = {"stop-signal", 0, OPTION_SINGLE, init, "SIGNAL", "none",
				"what counts as a request to stop, beside TERM"},
	[OPTION_STOP_TIMEOUT] = {"stop-timeout", 0, OPTION_SINGLE, init, "SECONDS",
				 "off, it is the engine's business",
				 "kill the service this long after a request to stop"},
	[OPTION_LEFTOVER_TIMEOUT] = {"leftover-timeout", 0, OPTION_SINGLE, init, "SECONDS", "5",
				     "when the service has ended, send TERM to what it left "
				     "behind, and KILL after this; 0 leaves at once"},
	[OPTION_SIGNAL_GROUP] = {"signal-group", 0, OPTION_FLAG, init, NULL, "the service alone",
				 "forward signals to the service's process group"},
	[OPTION_MAP_SIGNAL] = {"map-signal", 0, OPTION_LIST, init, "FROM=TO", "none",
			       "forward signal TO where FROM came; none forwards nothing"},
	[OPTION_MAP_EXIT] = {"map-exit", 0, OPTION_LIST, init, "CODE=CODE", "none",
			     "exit with the second code where the service gave the first, such as "
			     "143=0"},
	[OPTION_SUBREAPER] = {"subreaper", 0, OPTION_FLAG, init, NULL, "off",
			      "adopt the service's orphans where it is not PID 1"},
	[OPTION_PARENT_DEATH] = {"parent-death", 0, OPTION_SINGLE, init, "SIGNAL", "as inherited",
				 "get this signal when the parent dies"},
	[OPTION_DRY_RUN] = {"dry-run", 0, OPTION_FLAG, meta, NULL, NULL,
			    "print the plan and change nothing"},
	[OPTION_VERBOSE] = {"verbose", 'v', OPTION_FLAG, meta, NULL, NULL,
			    "say each step as it is done and proven"},
	[OPTION_QUIET] = {"quiet", 'q', OPTION_FLAG, meta, NULL, NULL, "no warnings"},
	[OPTION_LOG] = {"log", 0, OPTION_SINGLE, meta, "text|json", "text",
			"the form of the messages"},
	[OPTION_HELP] = {"help", 'h', OPTION_FLAG, meta, NULL, NULL, "print this help and exit"},
	[OPTION_VERSION] = {"version", 'V', OPTION_FLAG, meta, NULL, NULL,
			    "print the version and exit"},
};

bool
options_given(const struct options *options, enum option_id id)
{
	unsigned cursor = 0;

	for (; cursor < options->count; cursor++)
		if (options->entries[cursor].id == id)
			return true;
	return false;
}

const char *
options_next(const struct options *options, enum option_id id, unsigned *cursor)
{
	while (*cursor < options->count) {
		const struct option_entry *entry = &options->entries[(*cursor)++];

		if (entry->id == id)
			return entry->value;
	}
	return NULL;
}

const char *
options_value(const struct options *options, enum option_id id)
{
	unsigned cursor = 0;

	return options_next(options, id, &cursor);
}

static int
add(struct options *options, enum option_id id, const char *value, struct refusal *why)
{
	const struct option_row *row = &options_table[id];

	if (row->kind != OPTION_LIST && options_given(options, id))
		return refuse(why, "--%s is given twice; once is enough", row->name);
	if (options->count == OPTIONS_MAX)
		return refuse(why, "more than %d options; put fewer of them on the command line",
			      OPTIONS_MAX);
	options->entries[options->count++] = (struct option_entry){id, value};
	return 0;
}

static bool
names_row(const char *text, size_t length, const struct option_row *row)
{
	return strlen(row->name) == length && !memcmp(text, row->name, length);
}

/* --name, --name=VALUE or --name VALUE at argv[*at], which is moved past a VALUE of its own. */
static int
parse_long(struct options *options, char *const argv[], int *at, struct refusal *why)
{
	const char *text = argv[*at] + 2;
	size_t length = strcspn(text, "=");
	const char *value = text[length] ? text + length + 1 : NULL;
	unsigned id = 0;

	while (id < OPTION_COUNT && !names_row(text, length, &options_table[id]))
		id++;
	if (id == OPTION_COUNT)
		return refuse(why,
			      "unknown option --%.*s; see --help, and put \"--\" before COMMAND",
			      length < 160 ? (int)length : 160, text);
	if (options_table[id].kind == OPTION_FLAG && value)
		return refuse(why, "--%s takes no value, but \"%.160s\" was given; leave it out",
			      options_table[id].name, value);
	if (options_table[id].kind != OPTION_FLAG && !value) {
		value = argv[*at + 1];
		if (!value)
			return refuse(why, "--%s needs a value: %s", options_table[id].name,
				      options_table[id].argument);
		(*at)++;
	}
	return add(options, (enum option_id)id, value, why);
}

/* -v, -vq, -u VALUE or -uVALUE at argv[*at]. */
static int
parse_short(struct options *options, char *const argv[], int *at, struct refusal *why)
{
	for (const char *letter = argv[*at] + 1; *letter; letter++) {
		unsigned id = 0;

		while (id < OPTION_COUNT && options_table[id].letter != *letter)
			id++;
		if (id == OPTION_COUNT)
			return refuse(why,
				      "unknown option -%c in \"%.160s\"; see --help, and put "
				      "\"--\" before "
				      "COMMAND",
				      *letter, argv[*at]);
		if (options_table[id].kind == OPTION_FLAG) {
			if (add(options, (enum option_id)id, NULL, why))
				return -1;
			continue;
		}
		const char *value = letter[1] ? letter + 1 : argv[*at + 1];

		if (!value)
			return refuse(why, "-%c needs a value: %s", *letter,
				      options_table[id].argument);
		if (!letter[1])
			(*at)++;
		return add(options, (enum option_id)id, value, why);
	}
	return 0;
}

int
options_parse(struct options *options, int argc, char *const argv[], struct refusal *why)
{
	int at = 1;

	options->count = 0;
	options->command = NULL;
	for (; at < argc; at++) {
		if (!strcmp(argv[at], "--")) {
			at++;
			break;
		}
		if (argv[at][0] != '-' || !argv[at][1])
			break;
		if (argv[at][1] == '-' ? parse_long(options, argv, &at, why)
				       : parse_short(options, argv, &at, why))
			return -1;
	}
	if (at < argc)
		options->command = argv + at;
	if (options->command && !options->command[0][0])
		return refuse(why, "COMMAND is empty; name the program to run");
	if (!options->command && !options_given(options, OPTION_HELP) &&
	    !options_given(options, OPTION_VERSION))
		return refuse(why,
			      "no COMMAND is given; name the program to run after \"--\", as CMD "
			      "does in a Dockerfile");
	return 0;
}
