/* SPDX-License-Identifier: MIT */
/*
 * Any words as a command line on a machine that is made up: the whole plan, and what --dry-run
 * prints of it. Parts end at a line of "%": the words, the first of which is the machine; then
 * environment, passwd, group, id map.
 */
#include "fuzz.h"

#include "describe.h"
#include "idmap.h"
#include "options.h"
#include "plan.h"
#include "plan_filter.h"
#include "plan_landlock.h"
#include "sources.h"

#include <errno.h>
#include <linux/capability.h>

#define ALL ((UINT64_C(1) << 41) - 1)
#define BIT(n) (UINT64_C(1) << (n))

struct machine {
	struct facts facts;
	struct options options;
	struct plan plan;
};

static unsigned
letter(const char *text, size_t at)
{
	return at < strlen(text) ? (unsigned char)text[at] : 0;
}

static struct ids_file
file(const char *path, const uint8_t **data, size_t *size)
{
	const uint8_t *from = *data;
	size_t length = fuzz_part(data, size);

	return (struct ids_file){path, fuzz_bytes(from, length), length, length > 0, NULL};
}

/* What the first word says of the machine, in letters. */
static void
make_facts(struct facts *facts, const char *said)
{
	static const int errors[] = {0, ENOENT, EACCES, ELOOP};
	bool root = !(letter(said, 0) & 1);

	facts->real_uid = facts->effective_uid = facts->saved_uid = root ? 0 : 10001;
	facts->real_gid = facts->effective_gid = facts->saved_gid = root ? 0 : 10001;
	facts->groups[0] = facts->effective_gid;
	facts->group_count = 1;
	facts->capabilities.bounding = ALL;
	if (root)
		facts->capabilities.effective = facts->capabilities.permitted =
			letter(said, 1) & 1 ? ALL & ~BIT(letter(said, 1) >> 1 & 31) : ALL;
	if (letter(said, 1) & 1)
		facts->capabilities.bounding = facts->capabilities.permitted;
	facts->last_capability = 40;
	facts->no_new_privs = letter(said, 0) & 2;
	facts->setgroups_denied = letter(said, 0) & 4;
	facts->pid = letter(said, 2) & 1 ? 1 : 7;
	facts->parent = 3;
	facts->umask = 022;
	strcpy(facts->directory, letter(said, 2) & 32 ? "/srv" : "/");
	for (unsigned i = 0; i < FACTS_DESCRIPTORS; i++)
		facts->descriptors[i] =
			(struct descriptor){.kind = (enum descriptor_kind)(letter(said, 3) % 6),
					    .owner = letter(said, 3) & 32 ? 0 : 7};
	facts->listening = letter(said, 3) & 64 ? letter(said, 3) % 4 : 0;
	for (unsigned i = 0; i < FACTS_PLACES; i++)
		facts->owners.places[i] =
			(struct place_facts){.error = errors[letter(said, 4) & 3],
					     .mode = letter(said, 4) & 4 ? 0100644 : 040755,
					     .read_only = letter(said, 4) & 8};
	facts->certs.now = 1767225600;
	refuse(&facts->certs.no_place, "no place");
	if (!(letter(said, 2) & 2))
		facts->certs.place = "/run/stepdown/ca.pem";
	facts->service.most_files = 1048576;
	for (unsigned i = 0; i < RLIM_NLIMITS; i++)
		facts->service.limits[i] = (struct rlimit){1024, 4096};
	facts->landlock.version = facts->landlock.asked ? (int)(letter(said, 5) & 15) : 0;
	facts->landlock.errata = 0xff;
	facts->zone.found = -1;
	facts->zone.find_error = ENOENT;
}

static void
check_identity(const struct machine *machine)
{
	const struct plan *plan = &machine->plan;
	const struct facts *facts = &machine->facts;
	bool root = facts->effective_uid == 0, primary = false;

	must(plan->who.uid <= IDS_HIGHEST && plan->who.gid <= IDS_HIGHEST);
	/* Root stays root where that was said, and nowhere else. */
	must(plan->who.uid != 0 || (root && options_given(&machine->options, OPTION_ALLOW_ROOT)));
	must(root || plan->who.uid == facts->effective_uid);
	must(plan->who.group_count <= IDS_GROUPS_MAX);
	for (size_t i = 0; i < plan->who.group_count; i++)
		primary = primary || plan->who.groups[i] == plan->who.gid;
	must(primary || !root);
	must(!root || !facts->uid_map.present || plan->who.uid == 0 ||
	     idmap_holds(&facts->uid_map, plan->who.uid));
}

static void
check_powers(const struct machine *machine)
{
	const struct plan *plan = &machine->plan;
	const struct capability_sets *sets = &plan->drop.capabilities;
	uint64_t had = machine->facts.capabilities.permitted;

	/* What is kept was asked for and was there; the sets hold that and no more. */
	must(!(sets->permitted & ~had));
	must(!options_given(&machine->options, OPTION_KEEP_CAP) ||
	     !(sets->permitted & ~plan->kept) || machine->facts.effective_uid != 0);
	must(options_given(&machine->options, OPTION_KEEP_CAP) || !plan->kept);
	must(!(sets->effective & ~sets->permitted));
	must(!(sets->ambient & ~(sets->permitted & sets->inheritable)));
	must(machine->facts.effective_uid != 0 || sets->permitted == plan->kept);
	must(plan->left_out.count <= PLAN_NOTES && plan->warnings.count <= PLAN_NOTES);
	must(plan->command == machine->options.command && *plan->command);
	must(plan->filter || !strcmp(options_value(&machine->options, OPTION_SECCOMP), "off"));
	must(plan->listen_descriptors <= FACTS_LISTEN_MAX);
}

/* One key=value a line, and nothing that acts on a terminal. */
static void
check_description(const struct machine *machine)
{
	FILE *before = stdout;
	char *text = NULL;
	size_t length;

	stdout = open_memstream(&text, &length);
	must(stdout);
	must(describe_plan(&machine->plan, &machine->facts, &machine->options) == 0);
	fclose(stdout);
	stdout = before;
	must(strlen(text) == length && length > 0 && text[length - 1] == '\n');
	for (const char *at = text; *at; at = strchr(at, '\n') + 1) {
		size_t line = strcspn(at, "\n"), key = strcspn(at, "=");

		must(key > 0 && key < line);
		for (size_t i = 0; i < line; i++)
			must(at[i] >= ' ' && at[i] <= '~');
	}
	free(text);
}

static void
make_plan(struct machine *machine, const struct fuzz_strings *words, char *const *environment)
{
	struct options *options = &machine->options;
	struct facts *facts = &machine->facts;
	struct refusal why = {.text = ""};

	facts->environment = environment;
	if (fuzz_said(options_parse(options, words->count, words->list, &why), &why) ||
	    !options->command || plan_filter_path(options) ||
	    fuzz_said(sources_take_environment(options, environment, &why), &why) ||
	    plan_filter_path(options) || fuzz_said(options_read(options, &why), &why) ||
	    fuzz_said(plan_landlock_ask(&facts->landlock, options, &why), &why))
		return;
	make_facts(facts, words->list[0]);
	if (fuzz_said(plan_make(&machine->plan, options, facts, &why), &why) ||
	    fuzz_said(plan_environment_make(&machine->plan, options, facts, &why), &why))
		return;
	check_identity(machine);
	check_powers(machine);
	for (char **one = machine->plan.environment; *one; one++)
		must(strncmp(*one, "STEPDOWN_", 9) != 0);
	check_description(machine);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct machine machine;
	struct fuzz_strings words, environment;
	const uint8_t *from = data;
	size_t length = fuzz_part(&data, &size);

	memset(&machine, 0, sizeof(machine));
	fuzz_split(from, length, &words);
	from = data;
	length = fuzz_part(&data, &size);
	fuzz_split(from, length, &environment);
	machine.facts.passwd = file("/etc/passwd", &data, &size);
	machine.facts.group = file("/etc/group", &data, &size);
	machine.facts.uid_map = file("/proc/self/uid_map", &data, &size);
	machine.facts.gid_map = machine.facts.uid_map;
	if (words.count > 1)
		make_plan(&machine, &words, environment.list);
	free((char *)(uintptr_t)machine.facts.passwd.bytes);
	free((char *)(uintptr_t)machine.facts.group.bytes);
	free((char *)(uintptr_t)machine.facts.uid_map.bytes);
	fuzz_release(&words);
	fuzz_release(&environment);
	return 0;
}
