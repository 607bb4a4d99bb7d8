/* SPDX-License-Identifier: MIT */
/*
 * Every right of Landlock, given and not given, under every ABI up to that of this kernel: an older
 * one is had by asking for no more than it knows. Each action runs in a child, as root, so that
 * nothing but Landlock can refuse it.
 */
#include "helpers/room.h"

#include "command/executes.h"
#include "confine/landlock.h"
#include "setup/paths.h"

#include <arpa/inet.h>
#include <linux/fs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>

enum { BOUND = 4001, FORBIDDEN = 4002, FAILED = 200, NO_TRACE = 255 };

/* The calls below return 0, or the errno of the call that was refused. */
#define DO(call) ((call) < 0 ? errno : 0)

static int newest;

/* --- what a service may try with a directory ------------------------------------------------- */

static char text[PATH_MAX];

static const char *
in(const char *directory, const char *name)
{
	static char paths[4][PATH_MAX];
	static unsigned next;
	char *path = paths[next++ % 4];

	snprintf(path, PATH_MAX, "%s/%s", directory, name);
	return path;
}

static int
do_execute(const char *directory)
{
	char *words[] = {"stepdown", "--version", NULL};

	close(STDOUT_FILENO);
	execv(in(directory, "program"), words);
	return errno;
}

static int
do_read(const char *directory)
{
	return DO(open(in(directory, "file"), O_RDONLY | O_CLOEXEC));
}

static int
do_write(const char *directory)
{
	return DO(open(in(directory, "file"), O_WRONLY | O_CLOEXEC));
}

static int
do_list(const char *directory)
{
	return DO(open(in(directory, "empty"), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

static int
do_truncate(const char *directory)
{
	return DO(truncate(in(directory, "file"), 0));
}

static int
do_rmdir(const char *directory)
{
	return DO(rmdir(in(directory, "empty")));
}

static int
do_unlink(const char *directory)
{
	return DO(unlink(in(directory, "file")));
}

static int
do_make_character(const char *directory)
{
	return DO(mknod(in(directory, "new"), S_IFCHR | 0600, makedev(1, 3)));
}

static int
do_make_block(const char *directory)
{
	return DO(mknod(in(directory, "new"), S_IFBLK | 0600, makedev(7, 7)));
}

static int
do_make_fifo(const char *directory)
{
	return DO(mknod(in(directory, "new"), S_IFIFO | 0600, 0));
}

static int
do_make_socket(const char *directory)
{
	return DO(mknod(in(directory, "new"), S_IFSOCK | 0600, 0));
}

static int
do_make_file(const char *directory)
{
	return DO(mknod(in(directory, "new"), S_IFREG | 0600, 0));
}

static int
do_make_directory(const char *directory)
{
	return DO(mkdir(in(directory, "new"), 0700));
}

static int
do_make_link(const char *directory)
{
	return DO(symlink("/", in(directory, "new")));
}

static int
do_move(const char *directory)
{
	return DO(rename(in(directory, "file"), in(directory, "empty/file")));
}

/* Somebody outside listens there. */
static int
do_connect(const char *directory)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int opened = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", in(directory, "socket"));
	return DO(connect(opened, (const struct sockaddr *)&address, sizeof(address)));
}

static int
do_control(const char *directory)
{
	int device = open(in(directory, "device"), O_RDONLY | O_CLOEXEC);
	int size;

	/* No device of memory knows this one, which is said after Landlock was asked. */
	if (device < 0 || ioctl(device, BLKSSZGET, &size) == 0)
		return errno ? errno : FAILED;
	return errno == ENOTTY ? 0 : errno;
}

/* --- and with what is outside ----------------------------------------------------------------- */

static int
do_socket(int (*call)(int, const struct sockaddr *, socklen_t), uint16_t port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
	int opened = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int error = DO(call(opened, (const struct sockaddr *)&address, sizeof(address)));

	/* Nobody listens: it got as far as TCP. */
	return error == ECONNREFUSED ? 0 : error;
}

static int
do_signal(void)
{
	return DO(kill(getppid(), 0));
}

static struct sockaddr_un outside = {.sun_family = AF_UNIX};
static socklen_t outside_length;

static int
do_abstract(void)
{
	int opened = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return DO(connect(opened, (const struct sockaddr *)&outside, outside_length));
}

static int
do_signal_inside(void)
{
	pid_t inside = fork();

	if (inside == 0)
		for (;;)
			pause();
	int error = DO(kill(inside, SIGKILL));

	return error ? error : DO(waitpid(inside, NULL, 0));
}

/* A listening socket with a name of the kernel's choice. */
static int
listen_outside(void)
{
	int opened = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	outside_length = sizeof(sa_family_t);
	MUST(bind(opened, (const struct sockaddr *)&outside, outside_length));
	outside_length = sizeof(outside);
	MUST(getsockname(opened, (struct sockaddr *)&outside, &outside_length));
	MUST(listen(opened, SOMAXCONN));
	return opened;
}

static int
do_abstract_inside(void)
{
	listen_outside(); /* which is inside, now */
	return do_abstract();
}

/* --- how it is tried -------------------------------------------------------------------------- */

static void
copy_program(const char *to)
{
	static char bytes[1 << 20];
	int from = open("build/stepdown", O_RDONLY | O_CLOEXEC);
	int file = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	ssize_t size = read(from, bytes, sizeof(bytes));

	assert_true(size > 0 && size < (ssize_t)sizeof(bytes));
	assert_int_equal(write(file, bytes, (size_t)size), size);
	close(from);
	close(file);
}

static int
listen_in(const char *directory)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int opened = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", in(directory, "socket"));
	MUST(bind(opened, (const struct sockaddr *)&address, sizeof(address)));
	MUST(listen(opened, SOMAXCONN));
	return opened;
}

static void
fill(const char *name)
{
	room_mkdir(name);
	copy_program(in(room(name), "program"));
	MUST(mkdir(in(room(name), "empty"), 0755));
	MUST(mknod(in(room(name), "file"), S_IFREG | 0644, 0));
	MUST(mknod(in(room(name), "device"), S_IFCHR | 0666, makedev(1, 5)));
}

static struct landlock_plan
plan_for(const struct landlock_wish *wish, int abi, const char *path, enum landlock_use use)
{
	struct landlock_plan plan = {
		.restricts = true,
		.needs = wish->files,
		.handled = landlock_handle(wish, abi),
	};

	if (path) {
		snprintf(text, sizeof(text), "%s", path);
		plan.paths[plan.path_count++] = (struct landlock_path){text, use};
	}
	return plan;
}

static void
fail_child(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	_exit(FAILED);
}

/* In a child: everything that the step does, and its proof. */
static void
confine(struct landlock_plan *plan)
{
	struct refusal why;

	if (landlock_open(plan, &why))
		fail_child(why.text);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L) || landlock_restrict(plan))
		fail_child("restrict");
	if (landlock_check(plan))
		fail_child("check");
}

static int
status_of(pid_t child)
{
	int status;

	MUST(child);
	MUST(waitpid(child, &status, 0));
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int
try_in(struct landlock_plan *plan, int (*act)(const char *), const char *directory)
{
	pid_t child = fork();

	if (child == 0) {
		confine(plan);
		_exit(act(directory));
	}
	return status_of(child);
}

/* --- rights to files ----------------------------------------------------------------------------
 */

enum {
	READING = 1 << LANDLOCK_FOR_READING,
	WRITING = 1 << LANDLOCK_FOR_WRITING,
	RUNNING = 1 << LANDLOCK_FOR_RUNNING,
	ALL_USES = READING | WRITING | RUNNING
};

static const struct {
	const char *what;
	int (*act)(const char *directory);
	int abi;        /* that brought the right */
	unsigned given; /* the uses that give it */
	int error;      /* how it is refused */
	bool elsewhere; /* an older ABI lets it through where no rule is; else another right is in
			   the way */
} file_rows[] = {
	{"execute", do_execute, 2, RUNNING, EACCES, true},
	{"read a file", do_read, 2, ALL_USES, EACCES, true},
	{"write a file", do_write, 2, WRITING, EACCES, true},
	{"list a directory", do_list, 2, ALL_USES, EACCES, true},
	{"remove a directory", do_rmdir, 2, WRITING, EACCES, true},
	{"remove a file", do_unlink, 2, WRITING, EACCES, true},
	{"make a character device", do_make_character, 2, 0, EACCES, true},
	{"make a block device", do_make_block, 2, 0, EACCES, true},
	{"make a directory", do_make_directory, 2, WRITING, EACCES, true},
	{"make a file", do_make_file, 2, WRITING, EACCES, true},
	{"make a socket", do_make_socket, 2, WRITING, EACCES, true},
	{"make a FIFO", do_make_fifo, 2, WRITING, EACCES, true},
	{"make a symbolic link", do_make_link, 2, WRITING, EACCES, true},
	{"move to another directory", do_move, 2, WRITING, EACCES, true},
	{"truncate a file", do_truncate, 3, WRITING, EACCES, true},
	{"control a device", do_control, 5, WRITING, EACCES, false},
	{"connect to a socket that has a path", do_connect, 9, WRITING, EACCES, true},
};

static void
test_each_right_to_files_is_had_where_it_was_given_and_nowhere_else(void **state)
{
	static const struct landlock_wish wish = {.files = true};

	(void)state;
	for (size_t i = 0; i < sizeof(file_rows) / sizeof(file_rows[0]); i++)
		for (int abi = 2; abi <= newest; abi++)
			for (unsigned use = 0; use <= LANDLOCK_FOR_RUNNING; use++)
				for (unsigned elsewhere = 0; elsewhere < 2; elsewhere++) {
					bool old = abi < file_rows[i].abi;
					bool given =
						elsewhere ? old && file_rows[i].elsewhere
							  : old || (file_rows[i].given >> use & 1);

					room_setup(NULL);
					fill("named");
					fill("other");
					int listeners[] = {listen_in(room("named")),
							   listen_in(room("other"))};
					struct landlock_plan plan = plan_for(
						&wish, abi, room("named"), (enum landlock_use)use);
					int got = try_in(&plan, file_rows[i].act,
							 room(elsewhere ? "other" : "named"));

					if (got != (given ? 0 : file_rows[i].error))
						fail_msg("%s, ABI %d, use %u, %s: %s",
							 file_rows[i].what, abi, use,
							 elsewhere ? "elsewhere" : "there",
							 strerror(got));
					close(listeners[0]);
					close(listeners[1]);
					room_teardown(NULL);
				}
}

static void
test_where_only_execution_is_restricted_everything_else_goes_on(void **state)
{
	static const struct landlock_wish wish = {.execute = true};

	(void)state;
	for (size_t i = 0; i < sizeof(file_rows) / sizeof(file_rows[0]); i++)
		for (int abi = 2; abi <= newest; abi++) {
			bool refused = file_rows[i].act == do_execute ||
				       file_rows[i].act == do_make_character;

			room_setup(NULL);
			fill("other");
			fill("named");
			int listener = listen_in(room("other"));
			struct landlock_plan plan =
				plan_for(&wish, abi, room("named"), LANDLOCK_FOR_RUNNING);

			assert_int_equal(try_in(&plan, file_rows[i].act, room("other")),
					 refused ? EACCES : 0);
			if (file_rows[i].act == do_execute)
				assert_int_equal(try_in(&plan, do_execute, room("named")), 0);
			close(listener);
			room_teardown(NULL);
		}
}

/* --- ports and scopes ----------------------------------------------------------------------------
 */

static void
be_alone_in_the_network(void)
{
	struct ifreq loopback = {.ifr_name = "lo"};

	MUST(unshare(CLONE_NEWNET));
	int opened = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	MUST(ioctl(opened, SIOCGIFFLAGS, &loopback));
	loopback.ifr_flags |= IFF_UP;
	MUST(ioctl(opened, SIOCSIFFLAGS, &loopback));
	close(opened);
}

static const struct {
	const char *what;
	int (*call)(int, const struct sockaddr *, socklen_t);
	struct landlock_wish wish;
	uint16_t right;
	uint16_t port; /* that is tried, where BOUND is given; 0 for none given */
	bool given;
} port_rows[] = {
	{"bind", bind, {.bind = true}, LANDLOCK_BIND, BOUND, true},
	{"bind another", bind, {.bind = true}, LANDLOCK_BIND, FORBIDDEN, false},
	{"bind with none", bind, {.bind = true}, 0, BOUND, false},
	{"bind with a port to connect to", bind, {.bind = true}, LANDLOCK_CONNECT, BOUND, false},
	{"connect", connect, {.connect = true}, LANDLOCK_CONNECT, BOUND, true},
	{"connect elsewhere", connect, {.connect = true}, LANDLOCK_CONNECT, FORBIDDEN, false},
	{"connect with none", connect, {.connect = true}, 0, BOUND, false},
	{"bind where connections are restricted", bind, {.connect = true}, 0, BOUND, true},
	{"connect where ports are restricted", connect, {.bind = true}, 0, BOUND, true},
};

static void
test_ports_are_had_where_they_were_given(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(port_rows) / sizeof(port_rows[0]); i++)
		for (int abi = 4; abi <= newest; abi++) {
			struct landlock_plan plan = plan_for(&port_rows[i].wish, abi, NULL, 0);
			pid_t child;

			if (port_rows[i].right)
				plan.ports[plan.port_count++] =
					(struct landlock_port){BOUND, port_rows[i].right};
			child = fork();
			if (child == 0) {
				be_alone_in_the_network();
				confine(&plan);
				_exit(do_socket(port_rows[i].call, port_rows[i].port));
			}
			int got = status_of(child);

			if (got != (port_rows[i].given ? 0 : EACCES))
				fail_msg("%s, ABI %d: %s", port_rows[i].what, abi, strerror(got));
		}
}

static void
test_signals_and_abstract_sockets_stay_inside_from_abi_6_on(void **state)
{
	static const struct landlock_wish wishes[] = {
		{.files = true}, {.execute = true}, {.bind = true}, {.connect = true}};
	static const struct {
		int (*act)(void);
		bool outside;
	} acts[] = {{do_signal, true},
		    {do_abstract, true},
		    {do_signal_inside, false},
		    {do_abstract_inside, false}};
	int listening = listen_outside();

	(void)state;
	for (size_t i = 0; i < sizeof(wishes) / sizeof(wishes[0]); i++)
		for (int abi = 4; abi <= newest; abi++)
			for (size_t act = 0; act < sizeof(acts) / sizeof(acts[0]); act++) {
				struct landlock_plan plan = plan_for(&wishes[i], abi, NULL, 0);
				pid_t child = fork();

				if (child == 0) {
					confine(&plan);
					_exit(acts[act].act());
				}
				assert_int_equal(status_of(child),
						 abi >= 6 && acts[act].outside ? EPERM : 0);
			}
	close(listening);
}

/* --- paths -------------------------------------------------------------------------------------
 */

static const struct landlock_wish files = {.files = true};

/* What a rule for `named` means for `tried`: both may be links, mounts, files. */
static int
read_with_rule(const char *named, const char *tried)
{
	struct landlock_plan plan = plan_for(&files, newest, room(named), LANDLOCK_FOR_WRITING);

	return try_in(&plan, do_write, room(tried));
}

static void
test_a_rule_reaches_through_mounts_and_stops_at_its_file(void **state)
{
	(void)state;
	fill("data");
	room_mkdir("data/sub");
	room_mkdir("elsewhere");
	fill("elsewhere/tree");
	room_mkdir("mount");
	MUST(mount(room("elsewhere/tree"), room("data/sub"), NULL, MS_BIND, NULL));
	MUST(mount(room("elsewhere/tree"), room("mount"), NULL, MS_BIND, NULL));
	/* A mount below the path is part of it; so is the same directory at another mount. */
	assert_int_equal(read_with_rule("data", "data"), 0);
	assert_int_equal(read_with_rule("data", "data/sub"), 0);
	assert_int_equal(read_with_rule("mount", "elsewhere/tree"), 0);
	assert_int_equal(read_with_rule("elsewhere/tree", "mount"), 0);
	/* But what lies above the mounted directory is not. */
	assert_int_equal(read_with_rule("elsewhere", "mount"), EACCES);
	assert_int_equal(read_with_rule("data", "elsewhere/tree"), EACCES);
	/* A single file, and nothing beside it. */
	assert_int_equal(read_with_rule("data/file", "data"), 0);
	assert_int_equal(read_with_rule("data/program", "data"), EACCES);
}

static void
test_overlay_has_its_own_files(void **state)
{
	char options[2000];

	(void)state;
	room_mkdir("lower");
	fill("lower/tree");
	room_mkdir("upper");
	room_mkdir("work");
	room_mkdir("merged");
	snprintf(options, sizeof(options), "lowerdir=%s,upperdir=%s,workdir=%s", room("lower"),
		 room("upper"), room("work"));
	MUST(mount("overlay", room("merged"), "overlay", 0, options));
	/* A rule for a file holds when writing copies it up. */
	assert_int_equal(read_with_rule("merged/tree/file", "merged/tree"), 0);
	assert_int_equal(access(room("upper/tree/file"), F_OK), 0);
	assert_int_equal(read_with_rule("merged/tree/file", "merged/tree"), 0);
	assert_int_equal(read_with_rule("merged", "merged/tree"), 0);
	/* The layers below are other files. */
	assert_int_equal(read_with_rule("merged", "lower/tree"), EACCES);
	assert_int_equal(read_with_rule("merged", "upper/tree"), EACCES);
	assert_int_equal(read_with_rule("lower", "merged/tree"), EACCES);
	MUST(umount2(room("merged"), MNT_DETACH));
}

static int
look_at(const char *path)
{
	static struct landlock_facts facts;
	struct refusal why;

	facts = (struct landlock_facts){.asked = true, .path_count = 1};
	facts.paths[0].path = path;
	assert_int_equal(landlock_look(&facts, &why), 0);
	assert_int_equal(facts.version, newest);
	assert_int_equal(facts.trial_error, 0);
	return facts.path_errors[0];
}

static void
test_only_roots_own_links_choose_what_a_rule_is_made_for(void **state)
{
	static const struct {
		const char *path;
		int error;
	} rows[] = {
		{"data", 0},
		{"data/file", 0},
		{"own", 0},
		{"own/file", 0},
		{"chain", 0},
		{"users", ELOOP},
		{"users/file", ELOOP},
		{"theirs/link", ELOOP}, /* root's, but in a directory of somebody else */
		{"loop", ELOOP},
		{"none", ENOENT},
		{"dangling", ENOENT},
		{"data/file/x", ENOTDIR},
		{"data/", 0},
		{"own/", 0},
		{"data/file/", ENOTDIR},
		{"own/file//", ENOTDIR},
	};

	(void)state;
	fill("data");
	room_mkdir("theirs");
	MUST(symlink("data", room("own")));
	MUST(symlink("./own", room("chain")));
	MUST(symlink("data", room("users")));
	MUST(lchown(room("users"), ROOM_USER, ROOM_GROUP));
	MUST(symlink("../data", room("theirs/link")));
	MUST(chown(room("theirs"), ROOM_USER, ROOM_GROUP));
	MUST(symlink("loop", room("loop")));
	MUST(symlink("none", room("dangling")));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (look_at(room(rows[i].path)) != rows[i].error)
			fail_msg("%s: %s", rows[i].path, strerror(look_at(room(rows[i].path))));
	assert_int_equal(look_at("/"), 0);
	/* What has no place in a file system has no rule. */
	int ends[2];
	char path[32];

	MUST(pipe2(ends, O_CLOEXEC));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", ends[0]);
	assert_int_equal(look_at(path), ENOENT);
	close(ends[0]);
	close(ends[1]);
}

/* --- the proof, and the ends of what a kernel has ----------------------------------------------
 */

static void
test_the_proof_fails_without_the_ruleset(void **state)
{
	static const struct landlock_wish wishes[] = {
		{.files = true}, {.execute = true}, {.bind = true}, {.connect = true}};

	(void)state;
	for (size_t i = 0; i < sizeof(wishes) / sizeof(wishes[0]); i++) {
		struct landlock_plan plan = plan_for(&wishes[i], newest, NULL, 0);

		/* Kernels before ABI 4 have no rights for ports, so there is nothing to prove. */
		if (!plan.handled.files && !plan.handled.ports)
			continue;
		errno = 0;
		assert_int_equal(landlock_check(&plan), -1);
		assert_int_equal(errno, EPROTO);
	}
}

/* As engines do in a user namespace: empty files, and the host's devices mounted over them. */
static void
make_dev_of_mounts(bool with_terminals)
{
	char device[64];

	MUST(unshare(CLONE_NEWNS));
	snprintf(device, sizeof(device), "/proc/self/fd/%d", open("/dev/null", O_PATH | O_CLOEXEC));
	MUST(mount("none", "/dev", "tmpfs", 0, NULL));
	MUST(close(open("/dev/null", O_WRONLY | O_CREAT | O_CLOEXEC, 0666)));
	MUST(mount(device, "/dev/null", NULL, MS_BIND, NULL));
	if (!with_terminals)
		return;
	MUST(mkdir("/dev/pts", 0755));
	MUST(mount("devpts", "/dev/pts", "devpts", 0, "newinstance,ptmxmode=0666"));
}

static void
test_a_proof_that_cannot_be_made_fails(void **state)
{
	static const struct landlock_wish wish = {.execute = true};

	(void)state;
	pid_t child = fork();

	if (child == 0) {
		struct landlock_plan plan = plan_for(&wish, newest, NULL, 0);

		make_dev_of_mounts(false);
		MUST(mount("none", "/tmp", "tmpfs", MS_RDONLY, NULL));
		MUST(mount("none", "/var/tmp", "tmpfs", MS_RDONLY, NULL));
		_exit(landlock_check(&plan) && errno == EROFS ? 0 : 1);
	}
	assert_int_equal(status_of(child), 0);
}

/* Neither what lies below a mount, nor who may write where, is taken for Landlock's refusal. */
static void
test_the_proof_by_other_devices_fails_without_the_ruleset(void **state)
{
	static const struct landlock_wish wishes[] = {{.files = true}, {.execute = true}};
	enum { WITH_TERMINALS, BY_ROOT, BY_A_USER, BY_A_PATH, WAYS };

	(void)state;
	for (int way = 0; way < WAYS; way++)
		for (int in_force = 0; in_force < 2; in_force++)
			for (size_t i = 0; i < sizeof(wishes) / sizeof(wishes[0]); i++) {
				bool by_path = way == BY_A_PATH;
				pid_t child = fork();

				if (child > 0) {
					assert_int_equal(status_of(child), 0);
					continue;
				}
				struct landlock_plan plan =
					plan_for(&wishes[i], newest, by_path ? "/run" : NULL,
						 LANDLOCK_FOR_WRITING);

				make_dev_of_mounts(way == WITH_TERMINALS);
				MUST(mount("none", by_path ? "/run" : "/tmp", "tmpfs", 0,
					   "mode=1777"));
				if (by_path) {
					MUST(mount("none", "/tmp", "tmpfs", MS_RDONLY, NULL));
					MUST(mount("none", "/var/tmp", "tmpfs", MS_RDONLY, NULL));
				}
				if (way == BY_A_USER)
					MUST(setresuid(ROOM_USER, ROOM_USER, ROOM_USER));
				if (in_force)
					confine(&plan);
				errno = 0;
				int checked = landlock_check(&plan);

				if (checked != (in_force ? 0 : -1) ||
				    (!in_force && errno != EPROTO))
					fail_child("the proof");
				_exit(access(by_path ? "/run/.stepdown-proof"
						     : "/tmp/.stepdown-proof",
					     F_OK) == 0);
			}
}

static void
test_one_layer_more_than_the_kernel_has_shows_in_the_facts(void **state)
{
	static struct landlock_facts facts;
	static const struct landlock_wish wish = {.execute = true};

	(void)state;
	pid_t child = fork();

	if (child == 0) {
		struct landlock_plan plan = plan_for(&wish, newest, NULL, 0);
		struct refusal why;

		for (unsigned layers = 0; layers < 16; layers++) {
			facts = (struct landlock_facts){.asked = true};
			if (landlock_look(&facts, &why) || facts.trial_error)
				fail_child("one layer less");
			confine(&plan);
		}
		if (landlock_look(&facts, &why))
			fail_child(why.text);
		_exit(facts.trial_error);
	}
	assert_int_equal(status_of(child), E2BIG);
}

struct visited {
	char names[1000];
};

static int
note_visit(const char *path, void *context, struct refusal *why)
{
	struct visited *visited = context;

	(void)why;
	strcat(strcat(visited->names, path), " ");
	return 0;
}

static void
test_what_a_command_executes_is_found_along_its_interpreters(void **state)
{
	struct visited visited = {""};
	struct refusal why;
	char expected[1000];
	char script[600];

	(void)state;
	fill("data");
	snprintf(script, sizeof(script), "#!%s/program -x\n", room("data"));
	room_write("first", script);
	snprintf(script, sizeof(script), "#! %s\n", room("first"));
	room_write("second", script);
	assert_int_equal(executes_each(room("second"), note_visit, &visited, &why), 0);
	snprintf(expected, sizeof(expected), "%s %s %s ", room("second"), room("first"),
		 room("data/program"));
	assert_string_equal(visited.names, expected);
	/* A dynamic program: itself and its loader. */
	visited.names[0] = 0;
	assert_int_equal(executes_each("/bin/true", note_visit, &visited, &why), 0);
	assert_non_null(strstr(visited.names, "/bin/true "));
	assert_non_null(strstr(visited.names, "ld-linux"));
	/* What cannot be read, and what never ends. */
	assert_int_equal(executes_each(room("none"), note_visit, &visited, &why), -1);
	assert_non_null(strstr(why.text, "chmod a+r"));
	snprintf(script, sizeof(script), "#!%s\n", room("round"));
	room_write("round", script);
	assert_int_equal(executes_each(room("round"), note_visit, &visited, &why), -1);
	assert_non_null(strstr(why.text, "more than"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_each_right_to_files_is_had_where_it_was_given_and_nowhere_else),
		cmocka_unit_test(test_where_only_execution_is_restricted_everything_else_goes_on),
		cmocka_unit_test(test_ports_are_had_where_they_were_given),
		cmocka_unit_test(test_signals_and_abstract_sockets_stay_inside_from_abi_6_on),
		room_test(test_a_rule_reaches_through_mounts_and_stops_at_its_file),
		room_test(test_overlay_has_its_own_files),
		room_test(test_only_roots_own_links_choose_what_a_rule_is_made_for),
		room_test(test_the_proof_fails_without_the_ruleset),
		room_test(test_a_proof_that_cannot_be_made_fails),
		room_test(test_the_proof_by_other_devices_fails_without_the_ruleset),
		room_test(test_one_layer_more_than_the_kernel_has_shows_in_the_facts),
		room_test(test_what_a_command_executes_is_found_along_its_interpreters),
	};
	unsigned errata = 0;
	int version = landlock_version(&errata);

	newest = landlock_abi(version, errata);
	print_message("this kernel's Landlock counts as ABI %d\n", newest);
	return room_run(tests);
}
