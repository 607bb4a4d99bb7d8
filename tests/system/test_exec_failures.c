/* SPDX-License-Identifier: MIT */
/*
 * A failed exec is explained, through the shipped program: each cause with a real file in a real
 * root file system, judged by the real kernel. The causes that only a made-up kernel could give are
 * in tests/unit/test_command_explain.c.
 */
#include "helpers/support.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cmocka.h>

enum { WORDS = 8, PARTS = 5, PATH = 256, SERVICE_UID = 10001 };

#if defined(__x86_64__)
#define FOREIGN EM_AARCH64
#define FOREIGN_NAME "aarch64"
#define COMPAT EM_386
#define COMPAT_NAME "i386"
#else
#define FOREIGN EM_X86_64
#define FOREIGN_NAME "x86_64"
#define COMPAT EM_ARM
#define COMPAT_NAME "arm"
#endif

static void
give_up(const char *what)
{
	fprintf(stderr, "test: cannot %s: %s\n", what, strerror(errno));
	_exit(99);
}

static const char *
inside(const char *path)
{
	static char whole[2][PATH];
	static unsigned turn;

	turn = !turn;
	snprintf(whole[turn], PATH, "%s%s", sandbox_make(), path);
	return whole[turn];
}

/* --- the files ---------------------------------------------------------------------------------
 */

static void
write_bytes(const char *path, const void *bytes, size_t size)
{
	sandbox_write(path, "", 0755);
	int to = open(inside(path), O_WRONLY | O_TRUNC | O_CLOEXEC);

	if (to < 0 || write(to, bytes, size) != (ssize_t)size)
		fail_msg("write %s: %s", path, strerror(errno));
	close(to);
}

/* The probe with another machine in its header. */
static void
write_foreign(const char *path)
{
	uint16_t machine = FOREIGN;

	sandbox_copy("build/tests/helpers/probe", path, 0755);
	int to = open(inside(path), O_WRONLY | O_CLOEXEC);

	if (to < 0 || pwrite(to, &machine, sizeof(machine), offsetof(Elf64_Ehdr, e_machine)) !=
			      (ssize_t)sizeof(machine))
		fail_msg("write %s: %s", path, strerror(errno));
	close(to);
}

static void
write_cut(const char *path, off_t size)
{
	sandbox_copy("build/tests/helpers/probe", path, 0755);
	if (truncate(inside(path), size))
		fail_msg("truncate %s: %s", path, strerror(errno));
}

/*
 * A 32-bit program, from the compiler where it can make one, else no more than its header: the
 * kernel need not be able to run it, it is refused before.
 */
static void
write_compat(const char *path)
{
#if defined(__x86_64__)
	char command[2 * PATH];

	sandbox_write(path, "", 0755);
	snprintf(command, sizeof(command),
		 "echo 'void _start(void) { __builtin_trap(); }' |"
		 " cc -m32 -nostdlib -static -x c -o %s - 2>/dev/null",
		 inside(path));
	if (system(command) == 0)
		return;
#endif
	Elf32_Ehdr head = {
		.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS32, ELFDATA2LSB, EV_CURRENT},
		.e_type = ET_EXEC,
		.e_machine = COMPAT,
		.e_version = EV_CURRENT,
		.e_phoff = sizeof(head),
		.e_ehsize = sizeof(head),
		.e_phentsize = sizeof(Elf32_Phdr),
		.e_phnum = 1,
	};
	struct {
		Elf32_Ehdr head;
		Elf32_Phdr load;
	} program = {head, {.p_type = PT_LOAD, .p_flags = PF_R | PF_X}};

	write_bytes(path, &program, sizeof(program));
}

/* Effective ones, as an image's setcap gives them. */
static void
write_capable(const char *path)
{
	struct vfs_cap_data value = {
		.magic_etc = VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE,
		.data = {{.permitted = 1U << CAP_NET_BIND_SERVICE | 1U << CAP_NET_RAW}},
	};

	sandbox_copy("build/tests/helpers/probe", path, 0755);
	if (setxattr(inside(path), "security.capability", &value, sizeof(value), 0))
		fail_msg("setxattr %s: %s", path, strerror(errno));
}

static void
mount_noexec(const char *path)
{
	char file[PATH];

	snprintf(file, sizeof(file), "%s/probe", path);
	sandbox_write(file, "", 0755);
	if (mount("noexec", inside(path), "tmpfs", MS_NOEXEC, "mode=0755"))
		fail_msg("mount %s: %s", path, strerror(errno));
	sandbox_copy("build/tests/helpers/probe", file, 0755);
}

/* A socket and a block device: what is at a path need not be a file. */
static void
make_specials(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", inside("/app/socket"));
	if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof(address)) ||
	    chmod(inside("/app/socket"), 0755) ||
	    mknod(inside("/app/block"), S_IFBLK | 0755, makedev(1, 0)))
		fail_msg("make a socket and a block device: %s", strerror(errno));
	close(listener);
}

/* An access control list, acl(5), that forbids the service what the mode would permit. */
static void
write_listed(const char *path)
{
	static const struct {
		uint32_t version;
		struct {
			uint16_t tag, permissions;
			uint32_t id;
		} entries[5];
	} list = {2,
		  {{0x01, 7, UINT32_MAX}, /* the owner */
		   {0x02, 4, SERVICE_UID},
		   {0x04, 5, UINT32_MAX},   /* the group */
		   {0x10, 5, UINT32_MAX},   /* the mask */
		   {0x20, 5, UINT32_MAX}}}; /* others */

	sandbox_copy("build/tests/helpers/probe", path, 0755);
	if (setxattr(inside(path), "system.posix_acl_access", &list, sizeof(list), 0))
		fail_msg("setxattr %s: %s", path, strerror(errno));
}

static void
make_links(void)
{
	unlink(inside("/app/link"));
	unlink(inside("/app/loop"));
	unlink(inside("/app/back"));
	if (symlink("/app/gone", inside("/app/link")) || symlink("back", inside("/app/loop")) ||
	    symlink("loop", inside("/app/back")))
		fail_msg("symlink: %s", strerror(errno));
}

static int
make_files(void **state)
{
	(void)state;
	if (!can_make_namespaces()) {
		fail_msg("the shipped program's failures need root");
		return -1;
	}
	sandbox_make();
	sandbox_copy("/bin/true", "/app/dynamic", 0755);
	sandbox_copy("build/tests/helpers/probe", "/app/static", 0755);
	sandbox_copy("build/tests/helpers/probe", "/app/unreadable", 0111);
	sandbox_copy("build/tests/helpers/probe", "/app/readable", 0644);
	sandbox_copy("build/tests/helpers/probe", "/app/roots", 0700);
	sandbox_copy("build/tests/helpers/probe", "/private/probe", 0755);
	sandbox_write("/app/works", "#!/bin/probe\n", 0755);
	sandbox_write("/app/cr", "#!/bin/probe\r\nexit 0\r\n", 0755);
	sandbox_write("/app/orphan", "#!/bin/bash -e\n", 0755);
	sandbox_write("/app/env", "#!/usr/bin/env python3\n", 0755);
	sandbox_write("/app/plain", "echo hello\n", 0755);
	sandbox_write("/app/bom", "\xef\xbb\xbf#!/bin/probe\n", 0755);
	sandbox_write("/app/nameless", "#!\n", 0755);
	sandbox_write("/app/self", "#!/app/self\n", 0755);
	sandbox_write("/app/second", "#!/app/orphan\n", 0755);
	sandbox_write("/app/empty", "", 0755);
	sandbox_write("/app/windows", "MZ\x90 and more", 0755);
	sandbox_write("/app/noise", "\x01\x02\x03\x04", 0755);
	write_foreign("/app/foreign");
	write_compat("/app/compat");
	write_cut("/app/cut", 9000);
	write_cut("/app/stub", 40);
	write_capable("/app/capable");
	mount_noexec("/noexec");
	write_listed("/app/listed");
	make_specials();
	make_links();
	if (chmod(inside("/private"), 0700) ||
	    (mkfifo(inside("/app/fifo"), 0755) && errno != EEXIST))
		fail_msg("make files: %s", strerror(errno));
	return 0;
}

/* --- the starts ---------------------------------------------------------------------------------
 */

struct row {
	const char *what;
	const char *command[WORDS]; /* options too; the program comes after "--" */
	const char *path;           /* PATH, or NULL for /bin */
	int status;
	const char *says[PARTS]; /* the value and the cure; of what runs, its output */
};

static void
start(const struct row *row, void (*enter)(void), struct outcome *outcome)
{
	const char *argv[WORDS + 4] = {"/sbin/stepdown", "-u", "10001:10001"};
	char path[PATH];
	const char *const environment[] = {path, NULL};
	unsigned count = 3;

	snprintf(path, sizeof(path), "PATH=%s", row->path ? row->path : "/bin");
	for (unsigned i = 0; i < WORDS && row->command[i]; i++)
		argv[count++] = row->command[i];
	argv[count] = NULL;
	run_program(&(struct run){.argv = argv,
				  .root = sandbox_make(),
				  .environment = environment,
				  .enter = enter},
		    outcome);
}

static void
assert_explained(const struct row *row, void (*enter)(void))
{
	static struct outcome outcome;

	start(row, enter, &outcome);
	const char *end = strchr(outcome.err, '\n');

	if (outcome.status != row->status || outcome.out[0])
		fail_msg("%s: status %d, out \"%.200s\", err %s", row->what, outcome.status,
			 outcome.out, outcome.err);
	if (!end || end[1] || strncmp(outcome.err, "stepdown: cannot ", 17))
		fail_msg("%s: not one line: %s", row->what, outcome.err);
	for (unsigned i = 0; i < PARTS && row->says[i]; i++)
		if (!strstr(outcome.err, row->says[i]))
			fail_msg("%s: \"%s\" is not in: %s", row->what, row->says[i], outcome.err);
}

static const struct row rows[] = {
	{"a name that no directory has",
	 {"--", "nothing"},
	 "/bin:/usr/bin",
	 127,
	 {"\"nothing\"", "PATH=\"/bin:/usr/bin\"", "give its whole path"}},
	{"a path that is not there",
	 {"--", "/app/missing"},
	 NULL,
	 127,
	 {"\"/app/missing\"", "does not exist"}},
	{"a directory on the way that is not there",
	 {"--", "/opt/app/run"},
	 NULL,
	 127,
	 {"\"/opt/app/run\"", "there is no directory \"/opt\""}},
	{"a file on the way",
	 {"--", "/app/static/run"},
	 NULL,
	 127,
	 {"\"/app/static\" is not a directory", "correct the path"}},
	{"a link to nothing",
	 {"--", "/app/link"},
	 NULL,
	 127,
	 {"\"/app/link\"", "\"/app/gone\"", "copy what the link points at"}},
	{"links in a circle",
	 {"--", "/app/loop"},
	 NULL,
	 126,
	 {"\"/app/loop\"", "leads back to itself", "correct the links"}},
	{"nothing found, and a directory that may not be searched",
	 {"--", "nothing"},
	 "/private:/bin",
	 127,
	 {"uid 10001 could not search \"/private\"", "Permission denied",
	  "PATH=\"/private:/bin\""}},
	{"a directory", {"--", "/app"}, NULL, 126, {"\"/app\"", "a directory", "name the program"}},
	{"a FIFO", {"--", "/app/fifo"}, NULL, 126, {"\"/app/fifo\"", "a FIFO", "regular file"}},
	{"a socket",
	 {"--", "/app/socket"},
	 NULL,
	 126,
	 {"\"/app/socket\"", "a socket", "regular file"}},
	{"a block device",
	 {"--", "/app/block"},
	 NULL,
	 126,
	 {"\"/app/block\"", "a block device", "regular file"}},
	{"a device",
	 {"--", "/dev/null"},
	 NULL,
	 126,
	 {"\"/dev/null\"", "a character device", "regular file"}},
	{"no permission for anyone",
	 {"--", "/app/readable"},
	 NULL,
	 126,
	 {"\"/app/readable\"", "uid 10001", "0644", "0:0", "chmod a+rx"}},
	{"permission for root alone",
	 {"--", "/app/roots"},
	 NULL,
	 126,
	 {"\"/app/roots\"", "uid 10001", "0700", "COPY --chmod=0755"}},
	{"permission that an access control list takes back",
	 {"--", "/app/listed"},
	 NULL,
	 126,
	 {"\"/app/listed\"", "uid 10001", "although its mode is 0755", "access control list",
	  "getfacl"}},
	{"found in PATH, but without permission",
	 {"--", "readable"},
	 "/app:/bin",
	 126,
	 {"\"readable\"", "\"/app/readable\"", "0644", "chmod a+rx"}},
	{"a directory without search permission on the way",
	 {"--", "/private/probe"},
	 NULL,
	 126,
	 {"\"/private/probe\"", "may not search the directory \"/private\"", "0700",
	  "chmod a+x the directory"}},
	{"a file system mounted noexec",
	 {"--", "/noexec/probe"},
	 NULL,
	 126,
	 {"\"/noexec/probe\"", "mounted noexec", "move it to another one"}},
	{"a dynamic program without its loader",
	 {"--", "/app/dynamic"},
	 NULL,
	 126,
	 {"\"/app/dynamic\"", "its ELF interpreter \"/lib", "link the program statically",
	  "copy the loader and the libraries"}},
	{"a program for another machine",
	 {"--", "/app/foreign"},
	 NULL,
	 126,
	 {"\"/app/foreign\"", FOREIGN_NAME, "docker build --platform", "binfmt_misc"}},
	{"a 32-bit program under a native filter",
	 {"--", "/app/compat"},
	 NULL,
	 126,
	 {"\"/app/compat\"", "32-bit program (" COMPAT_NAME ")", "--seccomp-compat"}},
	{"a program that is cut off",
	 {"--", "/app/cut"},
	 NULL,
	 126,
	 {"\"/app/cut\"", "truncated", "9000 bytes", "copy or build it again"}},
	{"a program with half a header",
	 {"--", "/app/stub"},
	 NULL,
	 126,
	 {"\"/app/stub\"", "damaged ELF file", "40 bytes", "copy or build it again"}},
	{"a script that ends its lines in CR",
	 {"--", "/app/cr"},
	 NULL,
	 126,
	 {"\"/app/cr\"", "carriage return", "/bin/probe\\", "dos2unix"}},
	{"a script without its interpreter",
	 {"--", "/app/orphan"},
	 NULL,
	 126,
	 {"\"/app/orphan\"", "\"/bin/bash\"", "does not exist", "install it"}},
	{"a script that asks for env",
	 {"--", "/app/env"},
	 NULL,
	 126,
	 {"\"/app/env\"", "\"/usr/bin/env\"", "install it"}},
	{"a script of a script without its interpreter",
	 {"--", "/app/second"},
	 NULL,
	 126,
	 {"\"/app/second\"", "\"/app/orphan\"'s interpreter \"/bin/bash\""}},
	{"a script that is its own interpreter",
	 {"--", "/app/self"},
	 NULL,
	 126,
	 {"\"/app/self\"", "more than 5 scripts", "#! line"}},
	{"a script that names no interpreter",
	 {"--", "/app/nameless"},
	 NULL,
	 126,
	 {"\"/app/nameless\"", "names no interpreter", "#!/bin/sh"}},
	{"text without a #! line",
	 {"--", "/app/plain"},
	 NULL,
	 126,
	 {"\"/app/plain\"", "without a #! line", "#!/bin/sh"}},
	{"a byte order mark",
	 {"--", "/app/bom"},
	 NULL,
	 126,
	 {"\"/app/bom\"", "byte order mark", "UTF-8 without one"}},
	{"an empty file", {"--", "/app/empty"}, NULL, 126, {"\"/app/empty\"", "is empty", "again"}},
	{"a program for Windows",
	 {"--", "/app/windows"},
	 NULL,
	 126,
	 {"\"/app/windows\"", "Windows program", "build it for Linux"}},
	{"noise",
	 {"--", "/app/noise"},
	 NULL,
	 126,
	 {"\"/app/noise\"", "no program that Linux knows", "check what was copied"}},
	{"file capabilities outside the bounding set",
	 {"--", "/app/capable"},
	 NULL,
	 126,
	 {"\"/app/capable\"", "net_bind_service, net_raw",
	  "--keep-cap net_bind_service --keep-cap net_raw", "setcap -r"}},
	{"file capabilities, one of them kept",
	 {"--keep-cap", "net_raw", "--", "/app/capable"},
	 NULL,
	 126,
	 {"(net_bind_service)", "--keep-cap net_bind_service", "setcap -r"}},
};

static void
test_every_cause_is_explained_in_one_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_explained(&rows[i], NULL);
}

/* --- what depends on limits ---------------------------------------------------------------------
 */

/* The kernel compares at the change of the uid, so that another process must have it already. */
static void
with_a_full_house(void)
{
	int ends[2];
	char byte = 0;

	if (pipe2(ends, O_CLOEXEC))
		give_up("make a pipe");
	pid_t other = fork();

	if (other == 0) {
		if (setresuid(SERVICE_UID, SERVICE_UID, SERVICE_UID) ||
		    prctl(PR_SET_PDEATHSIG, SIGKILL) || write(ends[1], &byte, 1) != 1)
			_exit(1);
		/* The streams are the test's, which waits for their end. */
		close_range(0, ~0U, 0);
		for (;;)
			pause();
	}
	if (other < 0 || read(ends[0], &byte, 1) != 1 ||
	    setrlimit(RLIMIT_NPROC, &(struct rlimit){0, 0}))
		give_up("limit the processes");
}

static void
test_a_limit_of_processes_is_named_with_its_value(void **state)
{
	static const struct row row = {
		"too many processes",
		{"--init", "never", "--", "/app/static"},
		NULL,
		126,
		{"uid 10001 has more processes than its limit of 0", "share", "--ulimit nproc"}};

	(void)state;
	assert_explained(&row, with_a_full_house);
}

static void
with_a_small_stack(void)
{
	/* A quarter of it is for arguments and environment, but never less than 128 KiB. */
	if (setrlimit(RLIMIT_STACK, &(struct rlimit){512 * 1024, 512 * 1024}))
		give_up("limit the stack");
}

/*
 * What the caller could just hand to stepdown, and stepdown cannot hand on: the service's
 * environment has some variables more. Such a size is looked for from above.
 */
static void
test_too_much_to_hand_on_is_explained(void **state)
{
	static char words[2][66000];
	static struct outcome outcome;
	const struct run run = {
		.argv = (const char *const[]){"/sbin/stepdown", "-u", "app", "--", "/app/static",
					      words[0], words[1], NULL},
		.environment = (const char *const[]){NULL},
		.root = sandbox_make(),
		.enter = with_a_small_stack,
	};

	(void)state;
	memset(words[0], 'x', sizeof(words[0]) - 1);
	memset(words[1], 'x', sizeof(words[1]) - 1);
	for (size_t size = sizeof(words[1]) - 1; size > 64000; size -= 24) {
		words[1][size] = 0;
		run_program(&run, &outcome);
		/* 99: already stepdown could not be executed. */
		if (outcome.status != 99)
			break;
	}
	assert_int_equal(outcome.status, 126);
	assert_string_equal(outcome.out, "");
	assert_says(outcome.err, "\"/app/static\"");
	assert_says(outcome.err, "too long together");
	assert_says(outcome.err, "into files");
}

static void
test_a_program_that_is_being_written_is_explained(void **state)
{
	static const struct row row = {
		"a program that is open for writing",
		{"--", "/app/busy"},
		NULL,
		126,
		{"\"/app/busy\"", "text file busy", "renaming a finished copy"}};

	(void)state;
	sandbox_copy("build/tests/helpers/probe", "/app/busy", 0755);
	int writer = open(inside("/app/busy"), O_WRONLY | O_CLOEXEC);

	assert_true(writer >= 0);
	/* Kernels 6.11 to 6.12 executed what was being written. */
	static struct outcome outcome;

	start(&row, NULL, &outcome);
	if (outcome.status != 0)
		assert_explained(&row, NULL);
	else
		assert_non_null(value_of(outcome.out, "uid"));
	close(writer);
}

/* --- what does run ------------------------------------------------------------------------------
 */

static const struct row running[] = {
	{"a static program", {"--", "/app/static", "exit", "7"}, NULL, 7, {NULL}},
	{"a program that cannot be read", {"--", "/app/unreadable", "exit", "7"}, NULL, 7, {NULL}},
	{"a script",
	 {"--", "/app/works", "more"},
	 NULL,
	 0,
	 {"uid=10001", "command=/bin/probe /app/works more"}},
	{"found behind a directory that may not be searched",
	 {"--", "probe", "exit", "7"},
	 "/private:/bin",
	 7,
	 {NULL}},
	{"found behind a file of that name that may not be executed",
	 {"--", "probe", "exit", "7"},
	 "/hidden:/bin",
	 7,
	 {NULL}},
	{"found behind directories that are not there",
	 {"--", "probe", "exit", "7"},
	 "/none:/app/static:/bin",
	 7,
	 {NULL}},
	{"file capabilities that are kept",
	 {"--keep-cap", "net_bind_service", "--keep-cap", "net_raw", "--", "/app/capable", "exit",
	  "7"},
	 NULL,
	 7,
	 {NULL}},
};

static void
test_what_can_run_runs(void **state)
{
	static struct outcome outcome;

	(void)state;
	sandbox_copy("build/tests/helpers/probe", "/hidden/probe", 0644);
	for (size_t i = 0; i < sizeof(running) / sizeof(running[0]); i++) {
		start(&running[i], NULL, &outcome);
		if (outcome.err[0])
			fail_msg("%s: %s", running[i].what, outcome.err);
		if (outcome.status != running[i].status)
			fail_msg("%s: status %d", running[i].what, outcome.status);
		for (unsigned p = 0; p < PARTS && running[i].says[p]; p++)
			assert_says(outcome.out, running[i].says[p]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_cause_is_explained_in_one_line),
		cmocka_unit_test(test_a_limit_of_processes_is_named_with_its_value),
		cmocka_unit_test(test_too_much_to_hand_on_is_explained),
		cmocka_unit_test(test_a_program_that_is_being_written_is_explained),
		cmocka_unit_test(test_what_can_run_runs),
	};

	return cmocka_run_group_tests(tests, make_files, NULL);
}
