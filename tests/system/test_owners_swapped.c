/* SPDX-License-Identifier: MIT */
/*
 * --chown by the shipped program in a tree whose owner changes it meanwhile: the program is stopped
 * before each call of its walk in turn, something is put in the place of what it is about to meet,
 * and it is let go. No luck is needed to meet the moment between a look and a deed.
 */
#include "helpers/support.h"
#include "injector.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cmocka.h>

enum {
	USER = 10001,
	ATTACKER = 4242,
	BEFORE = 16, /* calls before the first openat2: PATH itself is opened and judged */
	BEHIND = 12, /* calls behind the last change: the proof */
	LEVELS = 20, /* more than the walk keeps open */
	FEWEST_STOPS = 40,
	PATH_LENGTH = 256,
};

/* From everywhere in the tree: nothing is above the root. */
#define UP "../../../.."

enum how { EXCHANGED, MOVED, MOUNTED };

struct swap {
	const char *name;
	enum how how;
	const char *what; /* in the tree */
	const char *bait; /* what takes its place, or the place that it is moved to */
	bool deep;        /* in a tree of so many levels that the walk has to find its way back */
};

/*
 * Links and names as the owner of a tree can make them: on the same file system, all his own. Most
 * links are relative ones: RESOLVE_NO_XDEV alone stops all that begin at the root, whatever else is
 * missing. What they lead to has no other name, which would be a reason to leave it alone.
 */
static const struct swap swaps[] = {
	{"a file for a link to a file", EXCHANGED, "/upper/data/single", "/bait/soft", false},
	{"a file for a link from the root", EXCHANGED, "/upper/data/single", "/bait/root", false},
	{"a file for another name of a file", EXCHANGED, "/upper/data/single", "/bait/hard", false},
	{"a file for a link to a directory", EXCHANGED, "/upper/data/single", "/bait/link", false},
	{"a directory for a link", EXCHANGED, "/upper/data/directory", "/bait/link", false},
	{"a directory for another name of a file", EXCHANGED, "/upper/data/directory", "/bait/hard",
	 false},
	{"a directory below for a link", EXCHANGED, "/upper/data/directory/inner", "/bait/link",
	 false},
	{"the tree for a link", EXCHANGED, "/upper/data", "/bait/link", false},
	{"what is above the tree for a link", EXCHANGED, "/upper", "/bait/link", false},
	{"a mount on a file", MOUNTED, "/upper/data/single", "/precious/single", false},
	{"a mount on a directory", MOUNTED, "/upper/data/directory", "/precious/data/directory",
	 false},
	{"a directory away", MOVED, "/upper/data/directory", "/precious/moved", false},
	{"a directory away that is far above", MOVED, "/upper/data/d/d", "/precious/moved", true},
};

/* Root's, and no start may change that. The names are those of the tree. */
static const char *const precious[] = {
	"/precious",
	"/precious/file",
	"/precious/single",
	"/precious/inner",
	"/precious/inner/file",
	"/precious/data",
	"/precious/data/single",
	"/precious/data/directory",
	"/precious/data/directory/file",
	"/precious/data/directory/inner",
};

static const struct swap *current;
static struct outcome outcome;

static void
must(bool done, const char *how)
{
	if (!done)
		fail_msg("cannot %s: %s", how, strerror(errno));
}

static const char *
in_sandbox(const char *path)
{
	static char whole[4][2 * PATH_LENGTH];
	static unsigned turn;

	turn = (turn + 1) % 4;
	snprintf(whole[turn], sizeof(whole[turn]), "%s%s", sandbox_make(), path);
	return whole[turn];
}

static void
make_link(const char *to, const char *path)
{
	must(symlink(to, in_sandbox(path)) == 0 &&
		     lchown(in_sandbox(path), ATTACKER, ATTACKER) == 0,
	     "make a link");
}

static void
make_levels(void)
{
	char path[PATH_LENGTH] = "/upper/data";

	for (unsigned i = 0; i < LEVELS; i++) {
		strcat(path, "/d");
		must(mkdir(in_sandbox(path), 0755) == 0, "make a level");
	}
}

static void
make_all(void)
{
	char command[PATH_LENGTH];

	snprintf(command, sizeof(command), "cd %s && rm -rf --one-file-system upper bait precious",
		 sandbox_make());
	must(system(command) == 0, command);
	for (size_t i = 0; i < sizeof(precious) / sizeof(precious[0]); i++)
		if (strstr(precious[i], "file") || strstr(precious[i], "single"))
			sandbox_write(precious[i], "", 0600);
	must(mkdir(in_sandbox("/precious/data/directory/inner"), 0755) == 0, "make a directory");
	sandbox_write("/bait/nothing", "", 0644);
	sandbox_write("/upper/data/single", "", 0644);
	if (current->deep)
		make_levels();
	else
		sandbox_write("/upper/data/directory/inner/file", "", 0644);
	must(chown(in_sandbox("/upper"), ATTACKER, ATTACKER) == 0, "chown");
	make_link(UP "/precious/single", "/bait/soft");
	make_link("/precious/single", "/bait/root");
	make_link(UP "/precious", "/bait/link");
	must(link(in_sandbox("/precious/file"), in_sandbox("/bait/hard")) == 0, "make a name");
}

/* In the tracer, which is in the sandbox, with the program stopped. */
static void
swap(void)
{
	long result = -1;

	switch (current->how) {
	case EXCHANGED:
		result = syscall(SYS_renameat2, AT_FDCWD, current->what, AT_FDCWD, current->bait,
				 RENAME_EXCHANGE);
		break;
	case MOVED:
		result = rename(current->what, current->bait);
		break;
	case MOUNTED:
		result = mount(current->bait, current->what, NULL, MS_BIND, NULL);
		break;
	}
	if (result != 0)
		injector_fails(current->name);
}

static void
enter_traced(void)
{
	if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL))
		injector_fails("have mounts of its own");
	injector_begin();
}

static void
start(void)
{
	static const char *const argv[] = {
		"/sbin/stepdown", "-u",   "10001:10001", "--chown", "/upper/data", "--",
		"probe",          "exit", "0",           NULL};

	make_all();
	run_program(&(struct run){.argv = argv, .root = sandbox_make(), .enter = enter_traced},
		    &outcome);
}

static void
assert_precious(unsigned stop)
{
	struct stat status;

	for (size_t i = 0; i < sizeof(precious) / sizeof(precious[0]); i++) {
		must(lstat(in_sandbox(precious[i]), &status) == 0, precious[i]);
		if (status.st_uid != 0 || status.st_gid != 0)
			fail_msg("%s, before call %u: %s is %u:%u's; %s", current->name, stop,
				 precious[i], status.st_uid, status.st_gid, outcome.err);
	}
}

/* The service runs, or it does not and one line says why. */
static void
assert_clear(unsigned stop)
{
	bool refused = outcome.status == 125 && !injector->started &&
		       strstr(outcome.err, "stepdown: cannot ") != NULL;

	if (!refused && (outcome.status != 0 || !injector->started))
		fail_msg("%s, before call %u: status %d, %s: %s", current->name, stop,
			 outcome.status, injector->started ? "started" : "not started",
			 outcome.err);
}

/* Whether the walk has come upon what was put there, or not found what was taken away. */
static bool
is_met(void)
{
	struct stat status;

	if (outcome.status != 0 || *outcome.err)
		return true;
	if (current->how == MOVED)
		return lstat(in_sandbox(current->bait), &status) == 0 && status.st_uid == 0;
	return lstat(in_sandbox(current->what), &status) == 0 && S_ISLNK(status.st_mode) &&
	       status.st_uid == USER;
}

/* The calls of an undisturbed walk, which ends as it should. */
static void
find_walk(unsigned *first, unsigned *last)
{
	injector_reset();
	start();
	assert_int_equal(outcome.status, 0);
	assert_string_equal(outcome.err, "");
	*first = *last = 0;
	for (unsigned i = 0; i < injector->count && i < INJECTOR_CALLS; i++) {
		if (!*first && injector->calls[i].number == SYS_openat2)
			*first = i + 1;
		if (injector->calls[i].number == SYS_fchownat)
			*last = i + 1;
	}
	assert_in_range(*first, BEFORE + 1, *last);
	*first -= BEFORE;
	*last += BEHIND;
	assert_in_range(*last - *first, FEWEST_STOPS, INJECTOR_CALLS);
}

static void
test_what_is_swapped_in_before_any_call_is_not_given_away(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(swaps) / sizeof(swaps[0]); i++) {
		unsigned first, last, met = 0, refused = 0;

		current = &swaps[i];
		find_walk(&first, &last);
		for (unsigned stop = first; stop <= last; stop++) {
			injector_reset();
			injector->at = stop;
			injector->meanwhile = swap;
			start();
			assert_int_equal(injector->hits, 1);
			assert_precious(stop);
			assert_clear(stop);
			met += is_met();
			refused += outcome.status == 125;
		}
		print_message("%s: %u starts, met in %u, refused in %u\n", current->name,
			      last - first + 1, met, refused);
		assert_in_range(met, 1, last - first);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_swapped_in_before_any_call_is_not_given_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
