/* SPDX-License-Identifier: MIT */
/*
 * Any words as the options for Landlock, on any kernel: the first line is the kernel's answers, the
 * others the command line. What is planned is what was asked for, or less and said so.
 */
#include "fuzz.h"

#include "plan_landlock.h"

#include <errno.h>

/* As the manual of the kernel lists them; written out once more, so that a slip shows. */
static uint64_t
files_of_abi(int abi)
{
	static const uint64_t known[] = {0,      0x1fff, 0x3fff, 0x7fff, 0x7fff,
					 0xffff, 0xffff, 0xffff, 0xffff, 0x1ffff};

	return known[abi > 9 ? 9 : abi < 0 ? 0 : abi];
}

/* The kernel, and what was found at each path. */
static void
find(struct landlock_facts *facts, const char *kernel)
{
	static const int errors[] = {0, ENOENT, ENOTDIR, ELOOP, EACCES, 0, 0, 0};
	static const int reasons[] = {ENOSYS, EOPNOTSUPP, EPERM, EINVAL};
	size_t length = strlen(kernel);

	if (!facts->asked || length < 3)
		return;
	facts->version = kernel[0] & 15;
	facts->errata = (unsigned char)kernel[1];
	if (!facts->version)
		facts->error = reasons[kernel[2] & 3];
	else if (kernel[2] & 16)
		facts->trial_error = kernel[2] & 32 ? E2BIG : EPERM;
	for (unsigned i = 0; i < facts->path_count; i++)
		facts->path_errors[i] = errors[(unsigned char)kernel[3 + i % (length - 2)] & 7];
}

static void
check_paths(const struct plan *plan, const struct options *options, const struct facts *facts)
{
	static const enum option_id ids[] = {OPTION_FS_RO, OPTION_FS_RW, OPTION_FS_EXEC};
	const struct landlock_plan *landlock = &plan->landlock;
	unsigned at = 0;

	must(landlock->path_count <= LANDLOCK_PATHS);
	for (unsigned i = 0; i < 3; i++) {
		unsigned cursor = 0;
		const char *path;

		while ((path = options_next(options, ids[i], &cursor))) {
			must(at < landlock->path_count && landlock->paths[at].path == path);
			must(path[0] == '/' && !facts->landlock.path_errors[at]);
			must(landlock->paths[at++].use == (enum landlock_use)i);
		}
	}
	must(at == landlock->path_count);
}

static void
check_ports(const struct plan *plan, const struct options *options)
{
	static const enum option_id ids[] = {OPTION_NET_BIND, OPTION_NET_CONNECT};
	const struct landlock_plan *landlock = &plan->landlock;
	unsigned at = 0;

	must(landlock->port_count <= LANDLOCK_PORTS);
	for (unsigned i = 0; i < 2; i++) {
		unsigned cursor = 0;
		const char *text;

		while ((text = options_next(options, ids[i], &cursor))) {
			char again[8];

			if (!strcmp(text, "none"))
				continue;
			must(at < landlock->port_count);
			/* The number is what was written, and nothing else can be written for it.
			 */
			snprintf(again, sizeof(again), "%u", landlock->ports[at].number);
			must(!strcmp(again, text) && (i == 0 || strcmp(text, "0") != 0));
			must(landlock->ports[at++].right == (i ? LANDLOCK_CONNECT : LANDLOCK_BIND));
		}
	}
	must(at == landlock->port_count);
}

static bool
given(const struct options *options, enum option_id id)
{
	unsigned cursor = 0;

	return options_next(options, id, &cursor) != NULL;
}

static void
check_handled(const struct plan *plan, const struct options *options, const struct facts *facts)
{
	const struct landlock_facts *found = &facts->landlock;
	const struct landlock_plan *landlock = &plan->landlock;
	const char *mode = options_value(options, OPTION_LANDLOCK);
	bool required = !mode || !strcmp(mode, "require");
	bool only = options_given(options, OPTION_EXEC_ONLY);
	bool reading = given(options, OPTION_FS_RO) || given(options, OPTION_FS_RW) ||
		       (given(options, OPTION_FS_EXEC) && !only);
	unsigned ports = (given(options, OPTION_NET_BIND) ? 1U : 0) |
			 (given(options, OPTION_NET_CONNECT) ? 2U : 0);
	uint64_t files = landlock->handled.files;

	must(found->asked == (only || reading || ports));
	must(landlock->restricts == (files || landlock->handled.ports));
	must(!plan->execution_filter == !(only || reading));
	must(!plan->port_filter == !landlock->handled.ports);
	must(!(files & ~files_of_abi(found->version)));
	must(found->version >= 4 || !landlock->handled.ports);
	must(found->version >= 6 || !landlock->handled.scopes);
	must(!(landlock->handled.ports & ~(uint64_t)ports));
	must(!landlock->needs || (reading && files));
	/* Nothing is reached, or nothing is said, of what a kernel has not at all. */
	must(found->asked || !landlock->restricts);
	must(!landlock->restricts || (found->version >= 2 && !found->trial_error));
	for (unsigned use = 0; use < LANDLOCK_USES; use++)
		for (unsigned directory = 0; directory < 2; directory++)
			must(!(landlock_rights((enum landlock_use)use, &landlock->handled,
					       directory) &
			       ~files));
	if (required && found->asked) {
		must(landlock->handled.ports == ports);
		must((files != 0) == (only || reading));
		must(!only || reading || files & LANDLOCK_EXECUTE);
		must(!reading ||
		     files == files_of_abi(landlock_abi(found->version, found->errata)));
	} else if (found->asked && landlock->handled.ports != ports) {
		must(plan->left_out.count > 0 && plan->warnings.count > 0);
	}
	for (unsigned i = 0; i < plan->left_out.count; i++)
		must(memchr(plan->left_out.notes[i].text, 0, PLAN_NOTE_SIZE));
	for (unsigned i = 0; i < plan->warnings.count; i++)
		must(memchr(plan->warnings.notes[i].text, 0, PLAN_NOTE_SIZE));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct options options;
	static struct facts facts;
	static struct plan plan;
	struct fuzz_strings words;
	struct refusal why = {.text = ""};

	memset(&options, 0, sizeof(options));
	memset(&facts.landlock, 0, sizeof(facts.landlock));
	memset(&plan, 0, sizeof(plan));
	fuzz_split(data, size, &words);
	/* The first line stands where the program's name does. */
	if (words.count > 1 &&
	    fuzz_said(options_parse(&options, words.count, words.list, &why), &why) == 0 &&
	    fuzz_said(options_read(&options, &why), &why) == 0 &&
	    fuzz_said(plan_landlock_ask(&facts.landlock, &options, &why), &why) == 0) {
		find(&facts.landlock, words.list[0]);
		if (fuzz_said(plan_landlock_make(&plan, &options, &facts, &why), &why) == 0) {
			check_paths(&plan, &options, &facts);
			check_ports(&plan, &options);
			check_handled(&plan, &options, &facts);
		}
	}
	fuzz_release(&words);
	return 0;
}
