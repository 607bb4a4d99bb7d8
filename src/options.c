/* SPDX-License-Identifier: MIT */
#include "options.h"

#include "value.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char identity[] = "Identity";
static const char setup[] = "Set-up";
static const char confinement[] = "Confinement";
static const char init[] = "Init";
static const char meta[] = "Meta";

const struct option_row options_table[] = {
	[OPTION_USER] = {"user", 'u', OPTION_SINGLE, identity, "USER[:GROUP]",
			 "required when started as root",
			 .help = "who the service runs as, by names or by numbers"},
	[OPTION_GROUP_ADD] = {"group-add", 0, OPTION_LIST, identity, "GROUP",
			      "the groups that /etc/group gives USER, if no GROUP was named",
			      .help = "one more supplementary group"},
	[OPTION_KEEP_CAP] =
		{"keep-cap", 0, OPTION_LIST, identity, "CAP", "none",
		 .help = "a capability that the service keeps, such as net_bind_service",
		 .form = FORM_CAPABILITY},
	[OPTION_ALLOW_ROOT] =
		{"allow-root", 0, OPTION_FLAG, identity, NULL, "off",
		 .help = "permit uid 0 as the target, still without capabilities but those kept"},
	[OPTION_PUID] =
		{"puid", 0, OPTION_FLAG, identity, NULL, "off",
		 .help = "take uid, gid and umask from PUID, PGID and UMASK where they are set; 0 is refused"},
	[OPTION_KEEP_GROUPS] =
		{"keep-groups", 0, OPTION_FLAG, identity, NULL, "dropped, and told by --dry-run",
		 .help = "keep the supplementary groups that the container was started with (fsGroup), except 0"},
	[OPTION_LISTEN_FDS] =
		{"listen-fds", 0, OPTION_FLAG, identity, NULL, "nothing above 2 is passed on",
		 .help = "pass on the listening or bound sockets that LISTEN_FDS names"},
	[OPTION_TZ] = {"tz", 0, OPTION_SINGLE, setup, "ZONE", "$TZ",
		       .help = "time zone: links /etc/localtime, writes /etc/timezone, exports TZ"},
	[OPTION_CERTS] = {"certs", 0, OPTION_SINGLE, setup, "off|warn|require", "off",
			  .help = "check the CA bundle", .form = FORM_WORD},
	[OPTION_CA_ADD] =
		{"ca-add", 0, OPTION_LIST, setup, "PATH", "none",
		 .help = "add the CA certificates of a file or directory to those that the service sees"},
	[OPTION_MKDIR] =
		{"mkdir", 0, OPTION_LIST, setup, "PATH[:MODE]", "none",
		 .help = "make a directory that belongs to the user; missing parents are root's",
		 .form = FORM_DIRECTORY},
	[OPTION_CHOWN] = {"chown", 0, OPTION_LIST, setup, "PATH[=USER[:GROUP]]", "none",
			  .help = "make a tree belong to the user, or to the one named",
			  .form = FORM_TREE},
	[OPTION_CHOWN_ONCE] = {"chown-once", 0, OPTION_LIST, setup, "PATH[=USER[:GROUP]]", "none",
			       .help = "the same, unless PATH itself belongs to that user already",
			       .form = FORM_TREE},
	[OPTION_ENV] = {"env", 0, OPTION_LIST, setup, "NAME=VALUE", "none",
			.help = "set a variable of the service's environment"},
	[OPTION_UNSET_ENV] = {"unset-env", 0, OPTION_LIST, setup, "NAME", "none",
			      .help = "take a variable out of the service's environment"},
	[OPTION_CLEAR_ENV] = {"clear-env", 0, OPTION_FLAG, setup, NULL, "off",
			      .help = "begin the service's environment empty"},
	[OPTION_ENV_FROM_FILE] =
		{"env-from-file", 0, OPTION_LIST, setup, "NAME", "none",
		 .help = "where NAME_FILE is set, read NAME from the file that it names, as root"},
	[OPTION_WORKDIR] = {"workdir", 0, OPTION_SINGLE, setup, "DIR", "inherited",
			    .help = "the service's working directory", .form = FORM_PATH},
	[OPTION_UMASK] = {"umask", 0, OPTION_SINGLE, setup, "MODE", "inherited",
			  .help = "the service's umask, octal", .form = FORM_OCTAL, .most = 0777},
	[OPTION_ULIMIT] = {"ulimit", 0, OPTION_LIST, setup, "NAME=SOFT[:HARD]", "inherited",
			   .help = "a resource limit of the service, such as nofile=65536",
			   .form = FORM_LIMIT},
	[OPTION_OOM_SCORE_ADJ] =
		{"oom-score-adj", 0, OPTION_SINGLE, setup, "N", "inherited",
		 .help = "how ready the kernel is to kill the service when memory is short, -1000 to 1000",
		 .form = FORM_NUMBER, .least = -1000, .most = 1000},
	[OPTION_NO_SETUP] =
		{"no-setup", 0, OPTION_FLAG, setup, NULL, "off",
		 .help = "change nothing in the container: for HEALTHCHECK and docker exec, which start as root beside a running service"},
	[OPTION_SECCOMP] =
		{"seccomp", 0, OPTION_SINGLE, confinement, "PROFILE", "default",
		 .help = "the system calls that the service may make: default, strict, off for all, or the path of a profile that stepdown-kit compiled"},
	[OPTION_SECCOMP_COMPAT] =
		{"seccomp-compat", 0, OPTION_FLAG, confinement, NULL, "native calls only",
		 .help = "the machine's 32-bit calls too, judged by the same profile"},
	[OPTION_EXPLAIN] =
		{"explain", 0, OPTION_FLAG, confinement, NULL, "off",
		 .help = "log what the profile denies, and count it; with --init auto, stay behind for it"},
	[OPTION_FS_RO] = {"fs-ro", 0, OPTION_LIST, confinement, "PATH", "no restriction",
			  .help = "Landlock: the service may read PATH and what is below it",
			  .form = FORM_PATH},
	[OPTION_FS_RW] =
		{"fs-rw", 0, OPTION_LIST, confinement, "PATH", "no restriction",
		 .help = "Landlock: the service may read and write PATH and what is below it",
		 .form = FORM_PATH},
	[OPTION_FS_EXEC] =
		{"fs-exec", 0, OPTION_LIST, confinement, "PATH", "no restriction",
		 .help = "Landlock: the service may read and execute PATH and what is below it",
		 .form = FORM_PATH},
	[OPTION_EXEC_ONLY] =
		{"exec-only", 0, OPTION_FLAG, confinement, NULL, "off",
		 .help = "Landlock: the service may execute COMMAND, its interpreter and what --fs-exec names, and nothing else"},
	[OPTION_NET_BIND] = {"net-bind", 0, OPTION_LIST, confinement, "PORT", "no restriction",
			     .help = "Landlock: a TCP port that the service may bind to, or none",
			     .form = FORM_PORT, .most = 65535},
	[OPTION_NET_CONNECT] =
		{"net-connect", 0, OPTION_LIST, confinement, "PORT", "no restriction",
		 .help = "Landlock: a TCP port that the service may connect to, or none",
		 .form = FORM_PORT, .least = 1, .most = 65535},
	[OPTION_LANDLOCK] =
		{"landlock", 0, OPTION_SINGLE, confinement, "require|best-effort", "require",
		 .help = "where the kernel has less than was asked for: refuse, or do without",
		 .form = FORM_WORD},
	[OPTION_INIT] = {"init", 0, OPTION_SINGLE, init, "auto|always|never", "auto",
			 .help = "stay behind as the service's init: auto does when it is PID 1",
			 .form = FORM_WORD},
	[OPTION_STOP_SIGNAL] = {"stop-signal", 0, OPTION_SINGLE, init, "SIGNAL", "none",
				.help = "what counts as a request to stop, beside TERM",
				.form = FORM_SIGNAL},
	[OPTION_STOP_TIMEOUT] = {"stop-timeout", 0, OPTION_SINGLE, init, "DURATION",
				 "off, it is the engine's business",
				 .help = "kill the service this long after a request to stop",
				 .form = FORM_DURATION},
	[OPTION_LEFTOVER_TIMEOUT] =
		{"leftover-timeout", 0, OPTION_SINGLE, init, "DURATION", "5s",
		 .help = "when the service has ended, send TERM to what it left behind, and KILL after this; 0 leaves at once",
		 .form = FORM_DURATION},
	[OPTION_SIGNAL_GROUP] = {"signal-group", 0, OPTION_FLAG, init, NULL, "the service alone",
				 .help = "forward signals to the service's process group"},
	[OPTION_MAP_SIGNAL] = {"map-signal", 0, OPTION_LIST, init, "FROM=TO", "none",
			       .help = "forward signal TO where FROM came; none forwards nothing",
			       .form = FORM_SIGNALS},
	[OPTION_MAP_EXIT] =
		{"map-exit", 0, OPTION_LIST, init, "CODE=CODE", "none",
		 .help = "exit with the second code where the service gave the first, such as 143=0",
		 .form = FORM_CODES},
	[OPTION_SUBREAPER] = {"subreaper", 0, OPTION_FLAG, init, NULL, "off",
			      .help = "adopt the service's orphans where it is not PID 1"},
	[OPTION_PARENT_DEATH] = {"parent-death", 0, OPTION_SINGLE, init, "SIGNAL", "as inherited",
				 .help = "get this signal when the parent dies",
				 .form = FORM_SIGNAL},
	[OPTION_CONFIG] = {"config", 0, OPTION_SINGLE, meta, "FILE",
			   "/etc/stepdown.conf and /etc/stepdown.d/*.conf where they exist",
			   .help = "read options from FILE, one name = value a line"},
	[OPTION_FROM_ENV] = {"from-env", 0, OPTION_LIST, meta, "NAME[,NAME...]", "none",
			     .help = "the options that the environment may set, as STEPDOWN_NAME"},
	[OPTION_DRY_RUN] = {"dry-run", 0, OPTION_FLAG, meta, NULL, NULL,
			    .help = "print the plan and change nothing"},
	[OPTION_VERBOSE] = {"verbose", 'v', OPTION_FLAG, meta, NULL, NULL,
			    .help = "say each step as it is done and proven"},
	[OPTION_QUIET] = {"quiet", 'q', OPTION_FLAG, meta, NULL, NULL, .help = "no warnings"},
	[OPTION_LOG] = {"log", 0, OPTION_SINGLE, meta, "text|json", "text",
			.help = "the form of the messages", .form = FORM_WORD},
	[OPTION_HELP] = {"help", 'h', OPTION_FLAG, meta, NULL, NULL,
			 .help = "print this help and exit"},
	[OPTION_VERSION] = {"version", 'V', OPTION_FLAG, meta, NULL, NULL,
			    .help = "print the version and exit"},
};

const struct option_entry *
options_entry(const struct options *options, enum option_id id, unsigned *cursor)
{
	while (options->decided[id] && *cursor < options->count) {
		const struct option_entry *entry = &options->entries[(*cursor)++];

		if (entry->id == id && entry->origin.source == options->decided[id])
			return entry;
	}
	return NULL;
}

const struct option_entry *
options_said(const struct options *options, enum option_id id)
{
	unsigned cursor = 0;

	return options_entry(options, id, &cursor);
}

bool
options_given(const struct options *options, enum option_id id)
{
	return options_said(options, id) != NULL;
}

const char *
options_next(const struct options *options, enum option_id id, unsigned *cursor)
{
	const struct option_entry *entry = options_entry(options, id, cursor);

	return entry ? entry->value : NULL;
}

const char *
options_value(const struct options *options, enum option_id id)
{
	const struct option_entry *said = options_said(options, id);

	return said ? said->value : NULL;
}

int64_t
options_number(const struct options *options, enum option_id id, int64_t otherwise)
{
	const struct option_entry *said = options_said(options, id);

	return said ? said->number : otherwise;
}

const struct option_entry *
options_of(const struct options *options, const char *value)
{
	for (unsigned i = 0; i < options->count; i++)
		if (options->entries[i].value == value)
			return &options->entries[i];
	return NULL;
}

int
options_blame(struct refusal *why, const struct option_entry *said)
{
	why->about = said;
	return -1;
}

int
refuse_option(struct refusal *why, const struct option_entry *said, const char *format, ...)
{
	va_list values;

	refuse(why, "--%s%s%.160s", options_table[said->id].name, said->value ? " " : "",
	       said->value ? said->value : "");
	size_t used = strlen(why->text);

	va_start(values, format);
	vsnprintf(why->text + used, sizeof(why->text) - used, format, values);
	va_end(values);
	return options_blame(why, said);
}

const char *
options_keep(struct options *options, const char *text, size_t length, struct refusal *why)
{
	char *kept = options->text + options->text_used;

	if (length >= OPTIONS_TEXT - options->text_used) {
		refuse(why, "the values of all options are longer than %d bytes; say less",
		       OPTIONS_TEXT);
		return NULL;
	}
	memcpy(kept, text, length);
	kept[length] = '\0';
	options->text_used += length + 1;
	return kept;
}

static void
forget(struct options *options, enum option_id id, enum option_source source)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < options->count; i++)
		if (options->entries[i].id != id || options->entries[i].origin.source != source)
			options->entries[kept++] = options->entries[i];
	options->count = kept;
}

static const struct option_entry *
find_said(const struct options *options, enum option_id id, enum option_source source)
{
	for (unsigned i = 0; i < options->count; i++)
		if (options->entries[i].id == id && options->entries[i].origin.source == source)
			return &options->entries[i];
	return NULL;
}

int
options_add(struct options *options, enum option_id id, const char *value,
	    struct option_origin origin, struct refusal *why)
{
	const struct option_row *row = &options_table[id];
	const struct option_entry *said =
		row->kind == OPTION_LIST ? NULL : find_said(options, id, origin.source);
	bool empties = value && !value[0] &&
		       (row->kind != OPTION_SINGLE || origin.source == OPTION_FROM_FILE);

	if (said && said->origin.file == origin.file)
		return refuse(why, "--%s is given twice; once is enough", row->name);
	if (said || empties)
		forget(options, id, origin.source);
	if (options->decided[id] < origin.source)
		options->decided[id] = (unsigned char)origin.source;
	if (empties)
		return 0;
	if (options->count == OPTIONS_MAX)
		return refuse(why, "more than %d options; put fewer of them on the command line",
			      OPTIONS_MAX);
	options->entries[options->count++] =
		(struct option_entry){.id = id, .origin = origin, .value = value};
	return 0;
}

static int
add(struct options *options, enum option_id id, const char *value, struct refusal *why)
{
	return options_add(options, id, value,
			   (struct option_origin){.source = OPTION_FROM_COMMAND_LINE}, why);
}

enum option_id
options_find(const char *text, size_t length)
{
	unsigned id = 0;

	while (id < OPTION_COUNT &&
	       (strncmp(options_table[id].name, text, length) || options_table[id].name[length]))
		id++;
	return (enum option_id)id;
}

int
options_refuse(struct refusal *why, const char *what, const char *dashes, const char *text,
	       size_t length)
{
	struct value_meant meant = {.name = NULL};

	for (unsigned id = 0; id < OPTION_COUNT; id++)
		value_compare(&meant, text, length, options_table[id].name);
	return refuse(why, "%s%s%.*s; %s%s%s%s", what, dashes, length < 160 ? (int)length : 160,
		      text, meant.name ? "did you mean " : "see --help", meant.name ? dashes : "",
		      meant.name ? meant.name : "", meant.name ? "?" : "");
}

/* --name, --name=VALUE or --name VALUE at argv[*at], which is moved past a VALUE of its own. */
static int
parse_long(struct options *options, char *const argv[], int *at, struct refusal *why)
{
	const char *text = argv[*at] + 2;
	size_t length = strcspn(text, "=");
	const char *value = text[length] ? text + length + 1 : NULL;
	enum option_id id = options_find(text, length);

	if (id == OPTION_COUNT)
		return options_refuse(why, "unknown option ", "--", text, length);
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
	return add(options, id, value, why);
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
			return refuse(
				why,
				"unknown option -%c in \"%.160s\"; see --help, and put \"--\" before COMMAND",
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
	options->text_used = 0;
	options->command = NULL;
	memset(options->decided, OPTION_UNSET, sizeof(options->decided));
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
		return refuse(
			why,
			"no COMMAND is given; name the program to run after \"--\", as CMD does in a Dockerfile");
	return 0;
}
