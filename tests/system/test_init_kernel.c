/* SPDX-License-Identifier: MIT */
/*
 * stepdown as the first process of a kernel, in virtual machines of both architectures. There is
 * nothing else: no engine, no /proc, no user database. The kernel panics when its first process
 * ends, and says with which status; panic=-1 then ends the machine.
 *
 * The machine that is not this one's gets the rows that depend on it alone, and with
 * STEPDOWN_KERNELS=all all of them.
 */
#include "helpers/compat.h"
#include "helpers/initlab.h"
#include "helpers/support.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>

enum { ARCHIVE_SIZE = 8 << 20, WORDS = 12, PATH = 256 };

struct machine {
	const char *name; /* as uname -m prints it */
	const char *emulator[WORDS];
	const char *console;
	unsigned compat; /* the ELF machine of its 32-bit mode */
};

static const struct machine machines[] = {
	{"x86_64", {"/usr/bin/qemu-system-x86_64", "-cpu", "max"}, "ttyS0", EM_386},
	{"aarch64",
	 {"/usr/bin/qemu-system-aarch64", "-M", "virt", "-cpu", "cortex-a72"},
	 "ttyAMA0",
	 EM_ARM},
};

static struct lab lab;
static unsigned char archive[ARCHIVE_SIZE];
static size_t used;
static char archive_path[] = "/tmp/stepdown-initrd-XXXXXX";

static bool
is_native(const struct machine *machine)
{
	struct utsname name;

	return uname(&name) == 0 && !strcmp(name.machine, machine->name);
}

static bool
runs_all(const struct machine *machine)
{
	const char *which = getenv("STEPDOWN_KERNELS");

	return is_native(machine) || (which && !strcmp(which, "all"));
}

static const char *
kernel(const struct machine *machine)
{
	static char path[PATH];

	snprintf(path, sizeof(path), "build/deps/%s/kernel/vmlinuz", machine->name);
	return path;
}

/* A program that was built for this machine. */
static const char *
built(const struct machine *machine, const char *name)
{
	static char path[PATH];

	snprintf(path, sizeof(path), "build/%s/%s", is_native(machine) ? "." : machine->name, name);
	return path;
}

static void
need(const char *path, int how)
{
	if (access(path, how) == 0)
		return;
	if (getenv("STEPDOWN_TESTS_MUST_RUN"))
		fail_msg("needs %s", path);
	print_message("skipped: needs %s\n", path);
	skip();
}

static void
need_machine(const struct machine *machine)
{
	need(machine->emulator[0], X_OK);
	need(kernel(machine), R_OK);
	need(built(machine, "stepdown"), R_OK);
	need(built(machine, "tests/helpers/foreign"), R_OK);
}

static void
put(const void *bytes, size_t size)
{
	assert_true(used + size + 4 < sizeof(archive));
	memcpy(archive + used, bytes, size);
	used += size;
	while (used % 4)
		archive[used++] = 0;
}

/* One entry of the kernel's "newc" format: initramfs buffer format, Documentation/driver-api. */
static void
put_entry(const char *name, unsigned mode, dev_t device, const void *bytes, size_t size)
{
	char head[256];
	int length = snprintf(head, sizeof(head),
			      "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%s", 0,
			      mode, 0, 0, 1, 0, (unsigned)size, 0, 0, major(device), minor(device),
			      (unsigned)strlen(name) + 1, 0, name);

	put(head, (size_t)length + 1);
	put(bytes, size);
}

static void
put_file(const char *name, const char *path)
{
	static unsigned char bytes[2 << 20];
	int file = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t size = read(file, bytes, sizeof(bytes));

	assert_true(size > 0 && size < (ssize_t)sizeof(bytes));
	close(file);
	put_entry(name, S_IFREG | 0755, 0, bytes, (size_t)size);
}

static void
put_compat(const struct machine *machine)
{
	unsigned char program[COMPAT_SIZE];

	put_entry("small", S_IFREG | 0755, 0, program, compat_write(program, machine->compat));
}

static void
make_archive(const struct machine *machine)
{
	int file = open(archive_path, O_WRONLY | O_TRUNC | O_CLOEXEC);

	used = 0;
	put_entry("dev", S_IFDIR | 0755, 0, "", 0);
	put_entry("proc", S_IFDIR | 0755, 0, "", 0);
	put_entry("dev/console", S_IFCHR | 0600, makedev(5, 1), "", 0);
	put_entry("dev/null", S_IFCHR | 0666, makedev(1, 3), "", 0);
	put_file("stepdown", built(machine, "stepdown"));
	put_file("service", built(machine, "tests/helpers/init_service"));
	put_file("foreign", built(machine, "tests/helpers/foreign"));
	put_file("probe", built(machine, "tests/helpers/probe"));
	put_file("denied", built(machine, "tests/helpers/denied"));
	put_file("intruder", built(machine, "tests/helpers/intruder"));
	put_compat(machine);
	put_entry("data", S_IFDIR | 0755, 0, "", 0);
	put_entry("data/file", S_IFREG | 0666, 0, "data", 4);
	put_entry("other", S_IFREG | 0666, 0, "other", 5);
	put_entry("TRAILER!!!", 0, 0, "", 0);
	assert_true(file >= 0 && write(file, archive, used) == (ssize_t)used);
	close(file);
}

/* `first` follows "rdinit=". Waits until the machine has ended; what it said is in lab.text. */
static void
boot(const struct machine *machine, const char *first)
{
	char line[512], initrd[PATH];
	const char *arguments[WORDS + 24];
	const char *const rest[] = {
		"-accel",  "tcg",     "-m",      "768",        "-nodefaults", "-display",
		"none",    "-serial", "stdio",   "-no-reboot", "-kernel",     kernel(machine),
		"-initrd", initrd,    "-append", line,         NULL};
	size_t count = 0, kept = 0;

	snprintf(initrd, sizeof(initrd), "%s", archive_path);
	snprintf(line, sizeof(line), "console=%s panic=-1 loglevel=3 rdinit=%s", machine->console,
		 first);
	while (machine->emulator[count]) {
		arguments[count] = machine->emulator[count];
		count++;
	}
	memcpy(arguments + count, rest, sizeof(rest));
	lab_exec(&lab, false, NULL, arguments);
	/* A long way for one word on a busy machine. */
	for (int patience = 4; !lab_saw(&lab, "\n never \n") && patience > 0; patience--)
		if (strstr(lab.text, "end Kernel panic"))
			break;
	assert_int_equal(lab_wait(&lab), 0);
	lab_close(&lab);
	for (const char *at = lab.text; *at; at++)
		if (*at != '\r')
			lab.text[kept++] = *at;
	lab.text[kept] = '\0';
}

static void
assert_ended(const char *words, unsigned status)
{
	char expected[64];

	snprintf(expected, sizeof(expected), "exitcode=0x0000%02x00", status);
	if (!strstr(lab.text, "Attempted to kill init!") || !strstr(lab.text, expected))
		fail_msg("%s: not %s: %s", words, expected, lab.text);
}

/* stepdown and these words as the first process. */
static void
boot_stepdown(const struct machine *machine, const char *words)
{
	char first[512];

	snprintf(first, sizeof(first), "/stepdown -- --user 1234:1234 %s", words);
	boot(machine, first);
}

struct row {
	bool depends; /* on the architecture */
	unsigned status;
	const char *words;
	const char *text;
};

static const struct row boots[] = {
	{false, 7, "/service exit 7", ""},
	{false, 143, "/service die 15", ""},
	{true, 0, "/service state", "uid=1234 1234 1234\ngid=1234 1234 1234"},
	{true, 3, "/service leave-writer", "written"},
	{false, 0, "/service orphans 10000", "made=10000"},
	{true, 0, "/service attack-by-signals", "alive"},
	{false, 0, "/foreign canary", "-4001\n"},
	{false, 0, "/foreign ptrace", "-3\n"},
	{true, 0, "--seccomp strict /foreign ptrace", "-1\n"},
	/* Without /proc nothing is known of who asks. */
	{true, 0, "--explain /denied socket 38", " (?) socket(AF_ALG, 1, 0) = EPERM;"},
	{true, 0, "--explain /denied threads 16",
	 "denied by profile default: calls 3200, kinds 1,"},
	{false, 0, "--explain /denied storm 500", "denied by profile default: calls 500, kinds 1,"},
	{false, 3, "--explain /service leave-writer", "denied by profile default: calls "},
	{false, 126, "/small", "32-bit"},
	{true, EPERM, "--seccomp-compat /small", ""},
	{true, EINVAL, "--seccomp off /small", ""},
};

static void
check_first_process(const struct machine *machine)
{
	need_machine(machine);
	make_archive(machine);
	for (size_t i = 0; i < sizeof(boots) / sizeof(*boots); i++) {
		if (!boots[i].depends && !runs_all(machine))
			continue;
		boot_stepdown(machine, boots[i].words);
		assert_ended(boots[i].words, boots[i].status);
		if (!strstr(lab.text, boots[i].text))
			fail_msg("%s: no \"%s\": %s", boots[i].words, boots[i].text, lab.text);
	}
}

/* Cuts lab.text down to its lines of keys: the kernel has the first word and the last. */
static const char *
keys_said(const char *until)
{
	char *begin = strstr(lab.text, "uid="), *end;

	if (!begin)
		fail_msg("no keys: %s", lab.text);
	end = strstr(begin, until);
	if (end)
		*end = '\0';
	return begin;
}

static void
check_keys(const struct machine *machine)
{
	static char said[LAB_OUTPUT];

	need_machine(machine);
	make_archive(machine);
	boot_stepdown(machine, "--dry-run /probe");
	assert_ended("--dry-run", 0);
	/* Without /proc the probe cannot tell who its parent is. */
	snprintf(said, sizeof(said), "%s", keys_said("init="));
	boot_stepdown(machine, "/probe");
	assert_ended("/probe", 0);
	assert_true(assert_same_keys(said, keys_said("Kernel panic")) > 15);
}

static void
test_it_is_the_first_process_of_a_kernel(void **state)
{
	(void)state;
	check_first_process(&machines[0]);
}

static void
test_what_was_said_is_what_the_first_service_got(void **state)
{
	(void)state;
	check_keys(&machines[0]);
}

static void
test_it_is_the_first_process_of_an_arm64_kernel(void **state)
{
	(void)state;
	check_first_process(&machines[1]);
}

static void
test_what_was_said_is_what_the_first_service_got_on_arm64(void **state)
{
	(void)state;
	check_keys(&machines[1]);
}

/*
 * Here is the one place where root surely has CAP_SYS_RESOURCE: what it alone can do is done, and
 * without it the same is refused.
 */
static void
check_limits(const struct machine *machine)
{
	static const struct {
		const char *first, *says[5], *status;
	} rows[] = {
		/* Without /proc, where fs.nr_open cannot be read. A kernel begins with 1024:4096.
		 */
		{"/stepdown -- --user 1234:1234 --ulimit nofile=20000:30000 --ulimit "
		 "memlock=unlimited --ulimit nice=5:10 /service given",
		 {"nofile=20000:30000", "memlock=-1:-1", "nice=5:10"},
		 "exitcode=0x00000000"},
		{"/service -- with-proc /stepdown --user 1234:1234 --ulimit nofile=20000 "
		 "--oom-score-adj -500 /service given",
		 {"nofile=20000:20000", "\noom score -500\n", "init: oom score -500\n",
		  "init: Max open files            1024                 20000 "},
		 "exitcode=0x00000000"},
		{"/service -- with-proc /stepdown --user 1234:1234 --ulimit nofile=1048577 "
		 "/service given",
		 {"stepdown: --ulimit nofile=1048577 is more than this machine allows"},
		 "exitcode=0x00007d00"},
		/* The outer one has given the capability up, so that its service is who asks. */
		{"/service -- with-proc /stepdown --user 0:0 --allow-root --keep-cap setuid "
		 "--keep-cap setgid /stepdown --user 1234:1234 --oom-score-adj -1 /service given",
		 {"stepdown: --oom-score-adj -1 is lower than the score here, 0",
		  "--cap-add SYS_RESOURCE"},
		 "exitcode=0x00007d00"},
		{"/service -- with-proc /stepdown --user 0:0 --allow-root --keep-cap setuid "
		 "--keep-cap setgid /stepdown --user 1234:1234 --ulimit nofile=4097 /service given",
		 {"stepdown: --ulimit nofile=4097 is above the hard limit here, 4096",
		  "--cap-add SYS_RESOURCE"},
		 "exitcode=0x00007d00"},
	};

	need_machine(machine);
	make_archive(machine);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		boot(machine, rows[i].first);
		for (size_t part = 0; part < 5 && rows[i].says[part]; part++)
			if (!strstr(lab.text, rows[i].says[part]))
				fail_msg("%s: no \"%s\" in %s", rows[i].first, rows[i].says[part],
					 lab.text);
		if (!strstr(lab.text, rows[i].status))
			fail_msg("%s: %s", rows[i].first, lab.text);
	}
}

static void
test_root_with_all_power_raises_limits_and_lowers_the_oom_score(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(machines) / sizeof(*machines); i++)
		if (runs_all(&machines[i]))
			check_limits(&machines[i]);
}

/* Linux 6.1 has Landlock's ABI 2: no truncation, no ports, no scopes. */
static void
check_landlock(const struct machine *machine)
{
	static const char best[] = "--landlock best-effort ";
	static const struct {
		const char *parameters, *options, *command, *status, *text;
	} rows[] = {
		{"", "--exec-only", "/intruder run /probe", "exitcode=0x00000d00", NULL},
		{"", "--exec-only", "/intruder memory /probe", "exitcode=0x00000100", NULL},
		{"", "--exec-only --fs-exec /probe", "/intruder run /probe", "exitcode=0x00002a00",
		 NULL},
		{"", "--fs-ro /data", "/service exit 7", "exitcode=0x00007d00",
		 "--fs-ro /data needs Landlock's ABI 3 (Linux 6.2), and this kernel has 2"},
		{"", "--net-bind 80", "/service exit 7", "exitcode=0x00007d00",
		 "--net-bind 80 needs Landlock's ABI 4 (Linux 6.7), and this kernel has 2"},
		{best, "--fs-ro /data", "/intruder write /data/file", "exitcode=0x00000d00",
		 "--fs-ro /data is kept in part: files that may only be read can still be "
		 "truncated"},
		{best, "--fs-ro /data", "/intruder read /other", "exitcode=0x00000d00", NULL},
		{best, "--fs-ro /data", "/intruder truncate /data/file", "exitcode=0x00000000",
		 NULL},
		{best, "--net-bind 80", "/service exit 7", "exitcode=0x00000700",
		 "--net-bind 80 is kept in part: TCP ports are not restricted"},
		{"lsm=capability", "--exec-only", "/service exit 7", "exitcode=0x00007d00",
		 "add landlock to lsm="},
	};

	need_machine(machine);
	make_archive(machine);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		bool effort = rows[i].parameters == best;
		char first[512];

		snprintf(first, sizeof(first), "/stepdown %s -- --user 1234:1234 %s%s %s",
			 effort ? "" : rows[i].parameters, effort ? best : "", rows[i].options,
			 rows[i].command);
		boot(machine, first);
		if (!strstr(lab.text, rows[i].status) ||
		    (rows[i].text && !strstr(lab.text, rows[i].text)))
			fail_msg("%s: %s", first, lab.text);
	}
}

static void
test_landlock_does_what_an_older_kernel_has_and_says_what_it_lacks(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(machines) / sizeof(*machines); i++)
		if (runs_all(&machines[i]))
			check_landlock(&machines[i]);
}

static int
make_room(void **state)
{
	int file = mkstemp(archive_path);

	(void)state;
	return file < 0 ? -1 : close(file);
}

static int
remove_room(void **state)
{
	(void)state;
	return unlink(archive_path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_it_is_the_first_process_of_a_kernel),
		cmocka_unit_test(test_what_was_said_is_what_the_first_service_got),
		cmocka_unit_test(
			test_landlock_does_what_an_older_kernel_has_and_says_what_it_lacks),
		cmocka_unit_test(test_root_with_all_power_raises_limits_and_lowers_the_oom_score),
		cmocka_unit_test(test_it_is_the_first_process_of_an_arm64_kernel),
		cmocka_unit_test(test_what_was_said_is_what_the_first_service_got_on_arm64),
	};

	return cmocka_run_group_tests(tests, make_room, remove_room);
}
