/* SPDX-License-Identifier: MIT */
/* What --chown does to a tree, and what a tree can do to it. */
#include "helpers/room.h"

#include "setup/owners.h"
#include "setup/paths.h"

#include <linux/capability.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <time.h>

static struct protected_places protect;
static struct setup_failure failure;
static struct owners_counts counts;

/* The path lives until the next call. */
static struct owners_request
request_for(const char *name)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s", room(name));
	return (struct owners_request){
		.path = path, .user = ROOM_USER, .group = ROOM_GROUP, .protect = &protect};
}

static void
own(const char *name)
{
	struct owners_request request = request_for(name);

	if (owners_set(&request, &counts, &failure) != 0)
		fail_msg("cannot %s %s: %s", failure.what, failure.path, strerror(errno));
	assert_int_equal(counts.seen, counts.right + counts.changed + counts.devices +
					      counts.mounts + counts.links + counts.vanished);
}

static void
assert_refused_path(const char *path, int error)
{
	struct owners_request request = request_for("");

	request.path = path;
	errno = 0;
	assert_int_equal(owners_set(&request, &counts, &failure), -1);
	assert_int_equal(errno, error);
	assert_string_equal(failure.path, path);
	assert_int_equal(counts.changed, 0);
}

static void
assert_refused(const char *name, int error)
{
	assert_refused_path(room(name), error);
}

static void
test_everything_in_a_tree_becomes_the_users(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	room_write("outside", "");
	room_mkdir("data");
	room_mkdir("data/a");
	room_mkdir("data/a/b");
	room_mkdir("data/a/new\nline");
	room_write("data/a/new\nline/x\n", "");
	room_write("data/a/b/file", "");
	room_write("data/ leading blank and \xff", "");
	room_write("data/...", "");
	room_mkdir("data/-rf");
	MUST(symlink(room("outside"), room("data/link")));
	MUST(symlink("nowhere", room("data/a/dangling")));
	MUST(mkfifo(room("data/fifo"), 0600));
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", room("data/socket"));
	MUST(bind(listener, (struct sockaddr *)&address, sizeof(address)));
	close(listener);
	own("data");
	static const char *const all[] = {"data",
					  "data/a",
					  "data/a/b",
					  "data/a/b/file",
					  "data/a/new\nline",
					  "data/a/new\nline/x\n",
					  "data/ leading blank and \xff",
					  "data/...",
					  "data/-rf",
					  "data/link",
					  "data/a/dangling",
					  "data/fifo",
					  "data/socket"};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		room_assert_users(all[i]);
	assert_int_equal(counts.changed, sizeof(all) / sizeof(all[0]));
	assert_int_equal(counts.seen, counts.changed);
	room_assert_roots("outside");
}

static void
test_a_single_file_becomes_the_users(void **state)
{
	(void)state;
	room_write("file", "");
	own("file");
	room_assert_users("file");
	assert_int_equal(counts.seen, 1);
	assert_int_equal(counts.changed, 1);
	own("file");
	assert_int_equal(counts.right, 1);
}

static void
test_what_is_right_is_only_read(void **state)
{
	static const char *const all[] = {"data", "data/a", "data/a/file", "data/link"};
	struct stat before[4];

	(void)state;
	/* Else a read within the same tick would show nothing. */
	MUST(mount("none", room_path, NULL, MS_REMOUNT | MS_STRICTATIME, NULL));
	room_mkdir("data");
	room_mkdir("data/a");
	room_write("data/a/file", "");
	MUST(symlink("a", room("data/link")));
	own("data");
	for (size_t i = 0; i < 4; i++)
		before[i] = room_status(all[i]);
	/* Wait until the clock of the file system shows another time. */
	do {
		room_write("clock", "x");
	} while (room_status("clock").st_mtim.tv_sec == before[0].st_ctim.tv_sec &&
		 room_status("clock").st_mtim.tv_nsec == before[0].st_ctim.tv_nsec);
	own("data");
	assert_int_equal(counts.right, 4);
	assert_int_equal(counts.changed, 0);
	for (size_t i = 0; i < 4; i++) {
		struct stat after = room_status(all[i]);

		assert_memory_equal(&after.st_ctim, &before[i].st_ctim, sizeof(after.st_ctim));
		assert_memory_equal(&after.st_atim, &before[i].st_atim, sizeof(after.st_atim));
	}
}

static void
test_user_and_group_both_count(void **state)
{
	(void)state;
	room_mkdir("data");
	room_write("data/other-group", "");
	room_write("data/other-user", "");
	MUST(chown(room("data/other-group"), ROOM_USER, 0));
	MUST(chown(room("data/other-user"), 0, ROOM_GROUP));
	own("data");
	assert_int_equal(counts.changed, 3);
	room_assert_users("data/other-group");
	room_assert_users("data/other-user");
}

static void
test_devices_and_files_with_several_links_are_left_alone(void **state)
{
	(void)state;
	room_write("secret", "");
	room_mkdir("data");
	MUST(link(room("secret"), room("data/hard")));
	MUST(mknod(room("data/null"), S_IFCHR | 0666, makedev(1, 3)));
	MUST(mknod(room("data/disk"), S_IFBLK | 0600, makedev(7, 0)));
	room_write("data/file", "");
	own("data");
	room_assert_roots("secret");
	room_assert_roots("data/null");
	room_assert_roots("data/disk");
	room_assert_users("data/file");
	assert_int_equal(counts.links, 1);
	assert_int_equal(counts.devices, 2);
	assert_int_equal(counts.changed, 2);

	/* PATH itself is no exception. */
	own("data/null");
	own("data/hard");
	room_assert_roots("data/null");
	room_assert_roots("secret");

	/* Those that are the user's already are no matter. */
	MUST(chown(room("secret"), ROOM_USER, ROOM_GROUP));
	own("data");
	assert_int_equal(counts.links, 0);
}

static void
test_other_mounts_are_left_alone(void **state)
{
	(void)state;
	room_mkdir("host");
	room_write("host/file", "");
	room_write("host-file", "");
	room_mkdir("data");
	room_mkdir("data/bind");
	room_mkdir("data/tmpfs");
	room_write("data/file", "");
	MUST(mount(room("host"), room("data/bind"), NULL, MS_BIND, NULL));
	MUST(mount(room("host-file"), room("data/file"), NULL, MS_BIND, NULL));
	MUST(mount("other", room("data/tmpfs"), "tmpfs", 0, "mode=0755"));
	room_write("data/tmpfs/file", "");
	own("data");
	assert_int_equal(counts.mounts, 3);
	assert_int_equal(counts.changed, 1);
	room_assert_roots("host");
	room_assert_roots("host/file");
	room_assert_roots("host-file");
	room_assert_roots("data/tmpfs");
	room_assert_roots("data/tmpfs/file");
	room_assert_users("data");

	/* A mount at PATH is what a volume is. */
	own("data/bind");
	room_assert_users("host/file");
}

static void
test_set_id_bits_are_lost_and_counted(void **state)
{
	(void)state;
	room_mkdir("data");
	room_write("data/program", "");
	room_write("data/locked", "");
	MUST(chmod(room("data/program"), 06755));
	MUST(chmod(room("data/locked"), 02644));
	MUST(chmod(room("data"), 02775));
	own("data");
	assert_int_equal(counts.set_id, 1);
	assert_int_equal(room_status("data/program").st_mode & 07777, 0755);
	assert_int_equal(room_status("data").st_mode & 07777, 02775);
}

static void
assert_protected(const char *path)
{
	int place = open(path, O_PATH | O_CLOEXEC);

	MUST(place);
	assert_int_equal(protected_check_open(&protect, place), -1);
	assert_int_equal(errno, EBUSY);
	close(place);
}

static void
test_what_is_protected_is_refused_by_any_way_to_it(void **state)
{
	static const char *const system[] = {"/etc",    "/usr",      "/proc",
					     "/sys",    "/dev",      "/tmp/../etc",
					     "//etc//", "/proc/sys", "/sys/kernel"};
	(void)state;
	for (size_t i = 0; i < sizeof(system) / sizeof(system[0]); i++) {
		print_message("%s\n", system[i]);
		assert_refused_path(system[i], EBUSY);
		assert_string_equal(failure.what, "give away");
		assert_protected(system[i]);
	}
	assert_refused_path("/", EINVAL);
	assert_refused_path("/tmp/..", EINVAL);
	assert_refused_path("relative", EINVAL);

	MUST(symlink("/", room("root")));
	assert_refused("root/etc", EBUSY);
	room_mkdir("bound");
	MUST(mount("/", room("bound"), NULL, MS_BIND, NULL));
	assert_refused("bound", EBUSY);
	assert_refused("bound/usr", EBUSY);
}

static void
test_what_holds_stepdown_is_refused(void **state)
{
	static struct protected_places holders;
	struct owners_request request;

	(void)state;
	room_mkdir("opt");
	room_mkdir("opt/bin");
	room_mkdir("opt/data");
	room_mkdir("srv");
	room_mkdir("srv/sub");
	room_write("opt/bin/stepdown", "");
	MUST(symlink("../../opt/bin/stepdown", room("srv/sub/stepdown")));
	MUST(symlink("srv/sub", room("way")));
	assert_int_equal(protected_add_holders(&holders, room("way/stepdown")), 0);
	static const char *const refused[] = {"opt", "opt/bin", "opt/bin/stepdown",
					      "srv", "srv/sub", ""};

	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		print_message("%s\n", refused[i]);
		request = request_for(refused[i]);
		request.protect = &holders;
		assert_int_equal(owners_set(&request, &counts, &failure), -1);
		assert_int_equal(errno, EBUSY);
	}
	request = request_for("opt/data");
	request.protect = &holders;
	assert_int_equal(owners_set(&request, &counts, &failure), 0);

	/* From the working directory. */
	memset(&holders, 0, sizeof(holders));
	MUST(chdir(room("opt/bin")));
	assert_int_equal(protected_add_holders(&holders, "stepdown"), 0);
	MUST(chdir("/"));
	request = request_for("opt");
	request.protect = &holders;
	assert_int_equal(owners_set(&request, &counts, &failure), -1);
	assert_int_equal(errno, EBUSY);
	errno = 0;
	assert_int_equal(protected_add_holders(&holders, room("opt/none")), -1);
	assert_int_equal(errno, ENOENT);
}

static void
test_a_protected_directory_inside_the_tree_is_refused(void **state)
{
	static struct protected_places holders;
	struct owners_request request;

	(void)state;
	room_mkdir("data");
	room_mkdir("data/bin");
	room_write("data/bin/stepdown", "");
	int bin = open(room("data/bin"), O_PATH | O_CLOEXEC);

	MUST(bin);
	assert_int_equal(protected_add_open(&holders, bin), 0);
	close(bin);
	request = request_for("data");
	request.protect = &holders;
	assert_int_equal(owners_set(&request, &counts, &failure), -1);
	assert_int_equal(errno, EBUSY);
	assert_string_equal(failure.path, room("data/bin"));
	room_assert_roots("data/bin/stepdown");
	room_assert_roots("data");
}

static void
test_links_above_are_followed_if_they_are_roots_own(void **state)
{
	(void)state;
	room_mkdir("real");
	room_mkdir("real/data");
	room_write("real/data/file", "");
	MUST(symlink("real", room("relative")));
	MUST(symlink(room("real"), room("absolute")));
	own("relative/data");
	room_assert_users("real/data/file");
	MUST(chown(room("real/data"), 0, 0));
	own("absolute/./../real//data");
	room_assert_users("real/data");

	/* The user's link, and a link of root's where the user may have put it. */
	MUST(symlink("real", room("users")));
	MUST(lchown(room("users"), ROOM_USER, ROOM_GROUP));
	room_mkdir("home");
	MUST(chown(room("home"), ROOM_USER, ROOM_GROUP));
	MUST(symlink("../real", room("home/roots")));
	room_mkdir("open");
	MUST(symlink("../real", room("open/roots")));
	MUST(chmod(room("open"), 0777));
	MUST(symlink("real", room("twice")));
	MUST(link(room("twice"), room("other-name")));
	assert_refused("users/data", ELOOP);
	assert_refused("home/roots/data", ELOOP);
	assert_refused("open/roots/data", ELOOP);
	assert_refused("twice/data", ELOOP);

	/* In a sticky directory nobody else can have renamed it. */
	MUST(chmod(room("open"), 01777));
	own("open/roots/data");

	MUST(symlink("loop", room("loop")));
	assert_refused("loop/data", ELOOP);
	room_write("plain", "");
	assert_refused("plain/data", ENOTDIR);
	assert_refused("missing/data", ENOENT);
}

static void
test_a_link_at_path_is_refused(void **state)
{
	(void)state;
	room_mkdir("real");
	MUST(symlink("real", room("data")));
	assert_refused("data", ELOOP);
	assert_refused("data/", ELOOP);
	room_assert_roots("real");
	assert_int_equal(owners_path_is_right(room("data"), 0, 0), -1);
	assert_int_equal(owners_path_is_right(room("real"), 0, 0), 1);
	assert_int_equal(owners_path_is_right(room("real"), 0, ROOM_GROUP), 0);
}

static void
test_once_does_nothing_where_path_is_right(void **state)
{
	struct owners_request request;

	(void)state;
	room_mkdir("data");
	room_write("data/file", "");
	MUST(chown(room("data"), ROOM_USER, ROOM_GROUP));
	request = request_for("data");
	request.only_once = true;
	assert_int_equal(owners_set(&request, &counts, &failure), 0);
	assert_int_equal(counts.seen, 1);
	room_assert_roots("data/file");
	MUST(chown(room("data"), ROOM_USER, 0));
	assert_int_equal(owners_set(&request, &counts, &failure), 0);
	room_assert_users("data/file");
	room_assert_users("data");
}

static void
make_files(const char *name, unsigned count)
{
	int directory = open(room(name), O_PATH | O_CLOEXEC);
	char file[32];

	MUST(directory);
	for (unsigned i = 0; i < count; i++) {
		snprintf(file, sizeof(file), "%u", i);
		MUST(mknodat(directory, file, S_IFREG | 0644, 0));
	}
	close(directory);
}

static int
die(void *context, const struct owners_counts *so_far)
{
	(void)context;
	_exit(so_far->changed > 0 ? 0 : 1);
}

static void
test_once_does_again_what_was_interrupted(void **state)
{
	struct owners_request request;

	(void)state;
	room_mkdir("data");
	room_mkdir("data/a");
	make_files("data/a", 2000);
	request = request_for("data");
	request.only_once = true;
	request.progress = die;
	pid_t child = fork();

	if (child == 0) {
		owners_set(&request, &counts, &failure);
		_exit(2);
	}
	room_wait(child);
	room_assert_roots("data");
	request.progress = NULL;
	assert_int_equal(owners_set(&request, &counts, &failure), 0);
	assert_true(counts.right > 0);
	assert_true(counts.changed > 0);
	assert_int_equal(counts.seen, 2002);
	room_assert_users("data");
	room_assert_users("data/a");
	own("data");
	assert_int_equal(counts.right, 2002);
}

/* Makes `depth` directories called "d" in one another; each of them belongs to root. */
static void
make_deep(const char *name, unsigned depth)
{
	int directory = open(room(name), O_PATH | O_CLOEXEC);

	for (unsigned i = 0; i < depth; i++) {
		MUST(mkdirat(directory, "d", 0755));
		int below = openat(directory, "d", O_PATH | O_CLOEXEC);

		MUST(below);
		close(directory);
		directory = below;
	}
	MUST(mknodat(directory, "file", S_IFREG | 0644, 0));
	close(directory);
}

static void
test_a_tree_deeper_than_the_descriptor_limit_is_walked(void **state)
{
	enum { DEPTH = 10000, DESCRIPTORS = 64 };
	struct rlimit before, few = {DESCRIPTORS, DESCRIPTORS};
	struct stat status;

	(void)state;
	room_mkdir("data");
	make_deep("data", DEPTH);
	/* Wide as well, so that it comes back to directories that were closed. */
	room_mkdir("data/d/e");
	make_deep("data/d/e", 100);
	MUST(getrlimit(RLIMIT_NOFILE, &before));
	few.rlim_max = before.rlim_max;
	MUST(setrlimit(RLIMIT_NOFILE, &few));
	own("data");
	MUST(setrlimit(RLIMIT_NOFILE, &before));
	assert_int_equal(counts.changed, 1 + DEPTH + 1 + 1 + 100 + 1);

	int directory = open(room("data"), O_PATH | O_CLOEXEC);

	for (unsigned i = 0; i <= DEPTH; i++) {
		MUST(fstat(directory, &status));
		assert_int_equal(status.st_uid, ROOM_USER);
		int below = openat(directory, i < DEPTH ? "d" : "file", O_PATH | O_CLOEXEC);

		MUST(below);
		close(directory);
		directory = below;
	}
	MUST(fstat(directory, &status));
	assert_int_equal(status.st_uid, ROOM_USER);
	close(directory);
}

/* Moves a directory that the walk has below it and has closed meanwhile, once. */
static int
move_away(void *context, const struct owners_counts *so_far)
{
	char path[PATH_MAX];
	bool *moved = context;

	(void)so_far;
	if (*moved)
		return 0;
	*moved = true;
	size_t used = (size_t)snprintf(path, sizeof(path), "%s", room("data"));

	for (int i = 0; i < 100; i++)
		used += (size_t)snprintf(path + used, sizeof(path) - used, "/d");
	MUST(rename(path, room("other/outside/d")));
	return 0;
}

static void
test_a_directory_that_moves_away_ends_the_walk(void **state)
{
	bool moved = false;
	struct owners_request request;

	(void)state;
	room_mkdir("other");
	room_mkdir("other/outside");
	room_mkdir("data");
	make_deep("data", 1000);
	request = request_for("data");
	request.progress = move_away;
	request.context = &moved;
	assert_int_equal(owners_set(&request, &counts, &failure), -1);
	assert_true(moved);
	assert_int_equal(errno, ESTALE);
	room_assert_roots("other/outside");
	room_assert_roots("other");
	room_assert_roots("data");
	/* Again, and it is done. */
	own("data");
	room_assert_users("data");
}

/* Puts a link where the walk has noted a directory, once. */
static int
swap_directories(void *context, const struct owners_counts *so_far)
{
	bool *swapped = context;

	(void)so_far;
	if (*swapped)
		return 0;
	*swapped = true;
	for (int i = 0; i < 3; i++) {
		static const char *const noted[] = {"data/a", "data/b", "data/c"};
		static const char *const away[] = {"away-a", "away-b", "away-c"};

		MUST(rename(room(noted[i]), room(away[i])));
	}
	MUST(symlink("../outside", room("data/a")));
	MUST(mkfifo(room("data/b"), 0600));
	return 0;
}

static void
test_a_link_where_a_directory_was_is_not_followed(void **state)
{
	bool swapped = false;
	struct owners_request request;

	(void)state;
	room_mkdir("outside");
	room_write("outside/secret", "");
	room_mkdir("data");
	room_mkdir("data/a");
	room_mkdir("data/b");
	room_mkdir("data/c");
	make_files("data", OWNERS_PROGRESS_EVERY * 2);
	request = request_for("data");
	request.progress = swap_directories;
	request.context = &swapped;
	assert_int_equal(owners_set(&request, &counts, &failure), 0);
	assert_true(swapped);
	room_assert_roots("outside");
	room_assert_roots("outside/secret");
	room_assert_users("data/a");
	room_assert_users("data/b");
	assert_int_equal(counts.vanished, 1);
}

/* A child that exchanges two names without a pause until it is killed. */
static pid_t
exchange(const char *left, const char *right)
{
	char one[PATH_MAX], two[PATH_MAX];

	snprintf(one, sizeof(one), "%s", room(left));
	snprintf(two, sizeof(two), "%s", room(right));
	pid_t child = fork();

	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			syscall(SYS_renameat2, AT_FDCWD, one, AT_FDCWD, two,
				2 /* RENAME_EXCHANGE */);
	}
	MUST(child);
	return child;
}

/* Walks `data` for two seconds while something in it is exchanged; root's secret stays root's. */
static void
race(const char *left, const char *right)
{
	struct timespec start, now;
	struct owners_request request = request_for("data");
	pid_t child = exchange(left, right);
	unsigned walks = 0;

	clock_gettime(CLOCK_MONOTONIC, &start);
	do {
		if (owners_set(&request, &counts, &failure) != 0)
			assert_int_equal(errno, ESTALE);
		walks++;
		room_assert_roots("secret");
		room_assert_roots("outside/file");
		room_assert_roots("outside");
		MUST(lchown(room("data"), 0, 0));
		lchown(room("data/x"), 0, 0);
		lchown(room("data/x/file"), 0, 0);
		room_assert_roots("secret");
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (now.tv_sec - start.tv_sec < 2);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	print_message("%u walks\n", walks);
}

static void
make_race(void)
{
	room_write("secret", "");
	room_mkdir("outside");
	room_write("outside/file", "");
	room_mkdir("data");
}

static void
test_a_directory_and_a_link_exchanged_in_a_race_give_nothing_away(void **state)
{
	(void)state;
	make_race();
	room_mkdir("data/x");
	room_write("data/x/file", "");
	MUST(symlink("../outside", room("data/y")));
	race("data/x", "data/y");
}

static void
test_a_file_and_a_hard_link_exchanged_in_a_race_give_nothing_away(void **state)
{
	(void)state;
	make_race();
	room_write("data/x", "");
	MUST(link(room("secret"), room("data/y")));
	race("data/x", "data/y");
}

static void
test_a_file_and_a_link_exchanged_in_a_race_give_nothing_away(void **state)
{
	(void)state;
	make_race();
	room_write("data/x", "");
	MUST(symlink("../secret", room("data/y")));
	race("data/x", "data/y");
}

static void
drop_capability(unsigned number)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data) != 0)
		_exit(3);
	data[number / 32].effective &= ~(1U << number % 32);
	if (syscall(SYS_capset, &header, data) != 0)
		_exit(3);
}

static void
test_a_chown_that_is_not_permitted_says_where(void **state)
{
	(void)state;
	room_mkdir("data");
	room_mkdir("data/a");
	room_mkdir("data/a/b");
	room_write("data/a/b/file", "");
	pid_t child = fork();

	/* What a network file system answers that maps root to nobody. */
	if (child == 0) {
		struct owners_request request = request_for("data");

		drop_capability(CAP_CHOWN);
		int result = owners_set(&request, &counts, &failure);

		_exit(result == -1 && errno == EPERM &&
				      strcmp(failure.path, room("data/a/b/file")) == 0 &&
				      strcmp(failure.what, "change the owner of") == 0
			      ? 0
			      : 1);
	}
	room_wait(child);
	room_assert_roots("data");
}

static void
test_root_without_dac_override_can_give_its_own_tree_away(void **state)
{
	(void)state;
	room_mkdir("data");
	room_mkdir("data/a");
	make_deep("data/a", 60);
	MUST(chmod(room("data/a"), 0700));
	MUST(chmod(room("data/a/d"), 0700));
	MUST(chmod(room("data/a/d/d"), 0700));
	pid_t child = fork();

	if (child == 0) {
		struct owners_request request = request_for("data");

		drop_capability(CAP_DAC_OVERRIDE);
		drop_capability(CAP_DAC_READ_SEARCH);
		drop_capability(CAP_FOWNER);
		_exit(owners_set(&request, &counts, &failure) == 0 && counts.changed == 63 ? 0 : 1);
	}
	room_wait(child);
	room_assert_users("data/a/d/d");
}

static void
test_a_read_only_volume_says_so(void **state)
{
	(void)state;
	room_mkdir("data");
	room_write("data/file", "");
	MUST(mount(room("data"), room("data"), NULL, MS_BIND, NULL));
	MUST(mount("none", room("data"), NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
	struct owners_request request = request_for("data");

	assert_int_equal(owners_set(&request, &counts, &failure), -1);
	assert_int_equal(errno, EROFS);
	assert_string_equal(failure.path, room("data/file"));
}

static void
test_a_full_disk_says_so_and_leaves_path_for_the_next_time(void **state)
{
	char options[3 * PATH_MAX];
	char *bytes = calloc(1, 1 << 20);

	(void)state;
	/* An owner that changes on an overlay copies the file up, which needs room. */
	room_mkdir("lower");
	room_mkdir("lower/sub");
	room_mkdir("small");
	room_mkdir("data");
	MUST(mount("small", room("small"), "tmpfs", 0, "size=64k"));
	room_mkdir("small/upper");
	room_mkdir("small/work");
	int file = open(room("lower/sub/big"), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	assert_int_equal(write(file, bytes, 1 << 20), 1 << 20);
	close(file);
	free(bytes);
	snprintf(options, sizeof(options), "lowerdir=%s,upperdir=%s,workdir=%s,metacopy=off",
		 room("lower"), room("small/upper"), room("small/work"));
	MUST(mount("overlay", room("data"), "overlay", 0, options));
	struct owners_request request = request_for("data");

	assert_int_equal(owners_set(&request, &counts, &failure), -1);
	assert_int_equal(errno, ENOSPC);
	assert_string_equal(failure.path, room("data/sub/big"));
	room_assert_roots("data");
	room_assert_roots("data/sub/big");
	MUST(umount2(room("data"), MNT_DETACH));
	MUST(umount2(room("small"), MNT_DETACH));
}

static int
end_it(void *context, const struct owners_counts *so_far)
{
	*(struct owners_counts *)context = *so_far;
	errno = ECANCELED;
	return -1;
}

/* In a directory with many entries, and where there are many directories. */
static void
test_who_is_shown_the_progress_can_end_the_walk(void **state)
{
	struct owners_counts at_end;
	struct owners_request request;
	char name[32];

	(void)state;
	room_mkdir("data");
	room_mkdir("data/flat");
	make_files("data/flat", OWNERS_PROGRESS_EVERY * 2);
	room_mkdir("tree");
	for (unsigned i = 0; i < OWNERS_PROGRESS_EVERY * 2; i++) {
		snprintf(name, sizeof(name), "tree/%u", i);
		room_mkdir(name);
	}
	for (unsigned i = 0; i < 2; i++) {
		static const char *const names[] = {"data", "tree"};

		request = request_for(names[i]);
		request.progress = end_it;
		request.context = &at_end;
		request.only_once = true;
		errno = 0;
		assert_int_equal(owners_set(&request, &counts, &failure), -1);
		assert_int_equal(errno, ECANCELED);
		assert_string_equal(failure.what, "finish");
		assert_string_equal(failure.path, request.path);
		assert_int_equal(at_end.changed, OWNERS_PROGRESS_EVERY);
		assert_int_equal(counts.changed, OWNERS_PROGRESS_EVERY);
		room_assert_roots(names[i]);
		request.progress = NULL;
		assert_int_equal(owners_set(&request, &counts, &failure), 0);
		assert_int_equal(counts.right, OWNERS_PROGRESS_EVERY);
		room_assert_users(names[i]);
	}
}

static int
count_calls(void *context, const struct owners_counts *so_far)
{
	(void)so_far;
	++*(unsigned *)context;
	return 0;
}

static void
test_a_million_entries_are_walked_in_bounded_memory(void **state)
{
	enum { DIRECTORIES = 1000, FILES = 998, MOST_KB = 64 << 10 };
	struct rusage before, after;
	unsigned calls = 0;
	char name[64];

	(void)state;
	room_mkdir("data");
	for (unsigned i = 0; i < DIRECTORIES; i++) {
		snprintf(name, sizeof(name), "data/%u", i);
		room_mkdir(name);
		make_files(name, FILES);
	}
	room_mkdir("data/flat");
	make_files("data/flat", 999);
	MUST(getrusage(RUSAGE_SELF, &before));
	struct owners_request request = request_for("data");

	request.progress = count_calls;
	request.context = &calls;
	assert_int_equal(owners_set(&request, &counts, &failure), 0);
	MUST(getrusage(RUSAGE_SELF, &after));
	assert_int_equal(counts.changed, 1000001);
	assert_in_range(calls, 900, 1000001 / OWNERS_PROGRESS_EVERY);
	assert_in_range(after.ru_maxrss - before.ru_maxrss, 0, MOST_KB);
	own("data");
	assert_int_equal(counts.right, 1000001);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		room_test(test_everything_in_a_tree_becomes_the_users),
		room_test(test_a_single_file_becomes_the_users),
		room_test(test_what_is_right_is_only_read),
		room_test(test_user_and_group_both_count),
		room_test(test_devices_and_files_with_several_links_are_left_alone),
		room_test(test_other_mounts_are_left_alone),
		room_test(test_set_id_bits_are_lost_and_counted),
		room_test(test_what_is_protected_is_refused_by_any_way_to_it),
		room_test(test_what_holds_stepdown_is_refused),
		room_test(test_a_protected_directory_inside_the_tree_is_refused),
		room_test(test_links_above_are_followed_if_they_are_roots_own),
		room_test(test_a_link_at_path_is_refused),
		room_test(test_once_does_nothing_where_path_is_right),
		room_test(test_once_does_again_what_was_interrupted),
		room_test(test_a_tree_deeper_than_the_descriptor_limit_is_walked),
		room_test(test_a_directory_that_moves_away_ends_the_walk),
		room_test(test_a_link_where_a_directory_was_is_not_followed),
		room_test(test_a_directory_and_a_link_exchanged_in_a_race_give_nothing_away),
		room_test(test_a_file_and_a_hard_link_exchanged_in_a_race_give_nothing_away),
		room_test(test_a_file_and_a_link_exchanged_in_a_race_give_nothing_away),
		room_test(test_who_is_shown_the_progress_can_end_the_walk),
		room_test(test_a_chown_that_is_not_permitted_says_where),
		room_test(test_root_without_dac_override_can_give_its_own_tree_away),
		room_test(test_a_read_only_volume_says_so),
		room_test(test_a_full_disk_says_so_and_leaves_path_for_the_next_time),
		room_test(test_a_million_entries_are_walked_in_bounded_memory),
	};

	if (geteuid() == 0 && protected_add_system(&protect) != 0)
		return 1;
	return room_run(tests);
}
