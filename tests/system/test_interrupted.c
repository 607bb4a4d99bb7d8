/* SPDX-License-Identifier: MIT */
/*
 * Killed at each system call of a start that sets the container up: what is there is then the old
 * state or the new one, file by file, and the next start mends all and leaves nothing behind.
 */
#include "helpers/support.h"
#include "injector_family.h"
#include "setup_state.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/syscall.h>

#include <cmocka.h>

enum { KILLED = 128 + SIGKILL };

/* A start with its old state, and what to make of what is left of it. */
struct sweep {
	const char *options[8];
	void (*restore)(void); /* in the sandbox: nothing has been set up */
	const char *(*judge)(
		bool must_be_new); /* what is neither old nor new, or not new; or NULL */
	const char *directory;     /* where the files are written */
	unsigned half_least;       /* kills that leave something to do */
};

static const struct sweep *current;

/* From the old state, traced; or from what is there. */
static void
start(bool is_first, struct outcome *outcome)
{
	const char *argv[16] = {"/sbin/stepdown", "-q", "-u", "10001:10001"};
	unsigned count = 4;

	for (unsigned i = 0; current->options[i]; i++)
		argv[count++] = current->options[i];
	argv[count++] = "--";
	argv[count++] = "probe";
	argv[count++] = "exit";
	argv[count] = "0";
	family->target = is_first ? FAMILY_PROGRAM : 0;
	family_run(&(struct run){.argv = argv,
				 .root = sandbox_make(),
				 .enter = is_first ? current->restore : NULL},
		   -1, outcome);
}

/* What begins with a dot where the files are written is what a write has left. */
static unsigned
count_leftovers(void)
{
	char path[256];
	unsigned count = 0;
	const struct dirent *entry;

	snprintf(path, sizeof(path), "%s%s", sandbox_make(), current->directory);
	DIR *directory = opendir(path);

	if (!directory)
		fail_msg("opendir %s: %s", path, strerror(errno));
	while ((entry = readdir(directory)))
		count += entry->d_name[0] == '.' && strcmp(entry->d_name, ".") &&
			 strcmp(entry->d_name, "..");
	closedir(directory);
	return count;
}

static void
assert_state(bool must_be_new, unsigned call)
{
	const char *wrong = current->judge(must_be_new);

	if (wrong)
		fail_msg("killed at call %u (%llu): %s %s", call,
			 (unsigned long long)injector->calls[call - 1].number, wrong,
			 must_be_new ? "is not mended by the next start"
				     : "is neither old nor new");
}

static void
sweep_kills(const struct sweep *sweep)
{
	static struct outcome outcome;
	unsigned half = 0;
	unsigned leftovers = 0;

	current = sweep;
	injector_map();
	family_map();
	injector_reset();
	start(true, &outcome);
	if (outcome.status || !injector->started)
		fail_msg("%d %s", outcome.status, outcome.err);
	unsigned calls = injector->count;

	assert_state(true, 1);
	injector->signal = SIGKILL;
	for (unsigned call = 1; call <= calls; call++) {
		injector->at = call;
		start(true, &outcome);
		assert_int_equal(injector->hits, 1);
		assert_int_equal(outcome.status, KILLED);
		assert_state(false, call);
		half += current->judge(true) != NULL;
		leftovers += count_leftovers() > 0;
		/* Nothing of the state is restored in between. */
		start(false, &outcome);
		if (outcome.status)
			fail_msg("killed at call %u: the next start says %s", call, outcome.err);
		assert_state(true, call);
		assert_int_equal(count_leftovers(), 0);
	}
	print_message("%u calls; killed at %u of them some of the set-up was still to do, at %u a "
		      "temporary file was left to the next start\n",
		      calls, half, leftovers);
	/* The sweep has met the set-up, and what comes after it. */
	assert_in_range(half, sweep->half_least, calls - 50);
	assert_in_range(leftovers, 1, calls);
}

static void
test_killed_at_any_call_it_leaves_the_old_or_the_new_state(void **state)
{
	static const struct sweep sweep = {
		.options = {SETUP_STATE_OPTIONS},
		.restore = setup_state_restore,
		.judge = setup_state_judge,
		.directory = "/etc",
		.half_least = 100,
	};

	(void)state;
	setup_state_prepare();
	sweep_kills(&sweep);
}

/* --- the bundle of --ca-add, a directory that was there, a tree once ----------------------------
 */

#define BUNDLE "/run/stepdown/ca-certificates.crt"
#define OLD_BUNDLE "an older one\n"

/* In the sandbox. */
static void
restore_others(void)
{
	mkdir("/run", 0755);
	mkdir("/run/stepdown", 0755);
	mkdir("/kept", 0755);
	mkdir("/once", 0755);
	mkdir("/once/sub", 0755);
	unlink("/run/stepdown/.ca-certificates.crt.new");
	unlink(BUNDLE);
	write_old(BUNDLE, OLD_BUNDLE);
	write_old("/kept/file", "");
	write_old("/once/sub/file", "");
	if (chmod(BUNDLE, 0444) || chown("/kept", 0, 0) || chmod("/kept", 0755) ||
	    chown("/once", 0, 0) || chown("/once/sub", 0, 0))
		setup_state_fails("restore the old state");
}

static struct stat
look(const char *path)
{
	char whole[256];
	struct stat status;

	snprintf(whole, sizeof(whole), "%s%s", sandbox_make(), path);
	if (lstat(whole, &status))
		fail_msg("%s: %s", whole, strerror(errno));
	return status;
}

static bool
is_users(const struct stat *status)
{
	return status->st_uid == 10001 && status->st_gid == 10001;
}

static const char *
judge_others(bool must_be_new)
{
	char path[256];
	struct stat bundle = look(BUNDLE);
	struct stat kept = look("/kept"), below = look("/kept/file");
	struct stat once = look("/once"), sub = look("/once/sub"), file = look("/once/sub/file");

	snprintf(path, sizeof(path), "%s" BUNDLE, sandbox_make());
	if (bundle.st_uid != 0 || bundle.st_mode != (S_IFREG | 0444) ||
	    (!is_file_with(path, CERTIFICATE) && (must_be_new || !is_file_with(path, OLD_BUNDLE))))
		return BUNDLE;
	/* The owner comes first: it is open to nobody else meanwhile. */
	if ((!is_users(&kept) &&
	     (must_be_new || kept.st_uid || kept.st_mode != (S_IFDIR | 0755))) ||
	    (kept.st_mode != (S_IFDIR | 0700) &&
	     (must_be_new || kept.st_mode != (S_IFDIR | 0755))) ||
	    below.st_uid != 0)
		return "/kept";
	/* PATH last of all, so that it is done again. */
	if (is_users(&once) ? !is_users(&sub) || !is_users(&file) : must_be_new || once.st_uid)
		return "/once";
	return NULL;
}

static void
test_so_it_does_with_bundle_directory_and_tree_that_were_there(void **state)
{
	static const struct sweep sweep = {
		.options = {"--ca-add", "/certs/one.pem", "--mkdir", "/kept:0700", "--chown-once",
			    "/once"},
		.restore = restore_others,
		.judge = judge_others,
		.directory = "/run/stepdown",
		.half_least = 100,
	};

	(void)state;
	sandbox_write("/certs/one.pem", CERTIFICATE, 0644);
	sweep_kills(&sweep);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_killed_at_any_call_it_leaves_the_old_or_the_new_state),
		cmocka_unit_test(test_so_it_does_with_bundle_directory_and_tree_that_were_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
