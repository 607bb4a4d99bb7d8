/* SPDX-License-Identifier: MIT */
/*
 * stepdown as the first process of a kernel, in a virtual machine. There is nothing else: no
 * engine, no /proc, no user database. The kernel panics when its first process ends, and says with
 * which status; panic=-1 then ends the machine.
 */
#include "helpers/initlab.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

enum { ARCHIVE_SIZE = 4 << 20 };

static struct lab lab;
static unsigned char archive[ARCHIVE_SIZE];
static size_t used;
static char archive_path[] = "/tmp/stepdown-initrd-XXXXXX";

static const char *
kernel(void)
{
	return getenv("STEPDOWN_KERNEL") ? getenv("STEPDOWN_KERNEL") : "build/deps/kernel/vmlinuz";
}

static void
need_machine(void)
{
	static const char emulator[] = "/usr/bin/qemu-system-x86_64";

	if (access(kernel(), R_OK) == 0 && access(emulator, X_OK) == 0)
		return;
	if (getenv("STEPDOWN_TESTS_MUST_RUN"))
		fail_msg("needs %s and %s (tests/fetch-kernel)", emulator, kernel());
	print_message("skipped: needs %s and %s (tests/fetch-kernel)\n", emulator, kernel());
	skip();
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
	static unsigned char bytes[1 << 20];
	int file = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t size = read(file, bytes, sizeof(bytes));

	assert_true(size > 0 && size < (ssize_t)sizeof(bytes));
	close(file);
	put_entry(name, S_IFREG | 0755, 0, bytes, (size_t)size);
}

static int
make_archive(void **unused)
{
	int file = mkstemp(archive_path);

	(void)unused;
	put_entry("dev", S_IFDIR | 0755, 0, "", 0);
	put_entry("proc", S_IFDIR | 0755, 0, "", 0);
	put_entry("dev/console", S_IFCHR | 0600, makedev(5, 1), "", 0);
	put_entry("dev/null", S_IFCHR | 0666, makedev(1, 3), "", 0);
	put_file("stepdown", lab_program());
	put_file("service", lab_service());
	put_file("denied", "build/tests/helpers/denied");
	put_file("intruder", "build/tests/helpers/intruder");
	put_file("probe", "build/tests/helpers/probe");
	put_entry("data", S_IFDIR | 0755, 0, "", 0);
	put_entry("data/file", S_IFREG | 0666, 0, "data", 4);
	put_entry("other", S_IFREG | 0666, 0, "other", 5);
	put_entry("TRAILER!!!", 0, 0, "", 0);
	if (file < 0 || write(file, archive, used) != (ssize_t)used)
		return -1;
	return close(file);
}

static int
remove_archive(void **unused)
{
	(void)unused;
	return unlink(archive_path);
}

/* What follows "rdinit=", until the machine has ended. */
static void
boot(const char *first)
{
	char line[512];
	const char *arguments[] = {"/usr/bin/qemu-system-x86_64",
				   "-accel",
				   "tcg",
				   "-m",
				   "768",
				   "-nodefaults",
				   "-display",
				   "none",
				   "-serial",
				   "stdio",
				   "-no-reboot",
				   "-kernel",
				   kernel(),
				   "-initrd",
				   archive_path,
				   "-append",
				   line,
				   NULL};

	snprintf(line, sizeof(line), "console=ttyS0 panic=-1 loglevel=3 rdinit=%s", first);
	lab_exec(&lab, false, NULL, arguments);
	lab_saw(&lab, "\n never \n");
	if (!strstr(lab.text, "Attempted to kill init!"))
		fail_msg("%s: %s", first, lab.text);
	assert_int_equal(lab_wait(&lab), 0);
	lab_close(&lab);
}

static void
test_it_is_the_first_process_of_a_kernel(void **unused)
{
	static const struct {
		const char *service, *text, *status;
	} rows[] = {
		{"/service exit 7", NULL, "exitcode=0x00000700"},
		{"/service die 15", NULL, "exitcode=0x00008f00"},
		{"/service state", "uid=1234 1234 1234", "exitcode=0x00000000"},
		{"/service leave-writer", "written", "exitcode=0x00000300"},
		{"/service orphans 10000", "made=10000", "exitcode=0x00000000"},
		{"/service attack-by-signals", "alive", "exitcode=0x00000000"},
		/* Without /proc nothing is known of who asks. */
		{"--explain /denied socket 38", " (?) socket(AF_ALG, 1, 0) = EPERM;",
		 "exitcode=0x00000000"},
		{"--explain /denied threads 16", "denied by profile default: calls 3200, kinds 1,",
		 "exitcode=0x00000000"},
		{"--explain /denied storm 500", "denied by profile default: calls 500, kinds 1,",
		 "exitcode=0x00000000"},
		{"--explain /service leave-writer", "denied by profile default: calls ",
		 "exitcode=0x00000300"},
	};

	(void)unused;
	need_machine();
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char first[256];

		snprintf(first, sizeof(first), "/stepdown -- --user 1234:1234 %s", rows[i].service);
		boot(first);
		if (!strstr(lab.text, rows[i].status) ||
		    (rows[i].text && !strstr(lab.text, rows[i].text)))
			fail_msg("%s: %s", rows[i].service, lab.text);
	}
}

/*
 * Here is the one place where root surely has CAP_SYS_RESOURCE: what it alone can do is done, and
 * without it the same is refused.
 */
static void
test_root_with_all_power_raises_limits_and_lowers_the_oom_score(void **unused)
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
		 {"nofile=20000:20000", "\noom score -500\r", "init: oom score -500\r",
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

	(void)unused;
	need_machine();
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		boot(rows[i].first);
		for (size_t part = 0; part < 5 && rows[i].says[part]; part++)
			if (!strstr(lab.text, rows[i].says[part]))
				fail_msg("%s: no \"%s\" in %s", rows[i].first, rows[i].says[part],
					 lab.text);
		if (!strstr(lab.text, rows[i].status))
			fail_msg("%s: %s", rows[i].first, lab.text);
	}
}

/* Linux 6.1 has Landlock's ABI 2: no truncation, no ports, no scopes. */
static void
test_landlock_does_what_an_older_kernel_has_and_says_what_it_lacks(void **unused)
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

	(void)unused;
	need_machine();
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		bool effort = rows[i].parameters == best;
		char first[512];

		snprintf(first, sizeof(first), "/stepdown %s -- --user 1234:1234 %s%s %s",
			 effort ? "" : rows[i].parameters, effort ? best : "", rows[i].options,
			 rows[i].command);
		boot(first);
		if (!strstr(lab.text, rows[i].status) ||
		    (rows[i].text && !strstr(lab.text, rows[i].text)))
			fail_msg("%s: %s", first, lab.text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_it_is_the_first_process_of_a_kernel),
		cmocka_unit_test(
			test_landlock_does_what_an_older_kernel_has_and_says_what_it_lacks),
		cmocka_unit_test(test_root_with_all_power_raises_limits_and_lowers_the_oom_score),
	};

	return cmocka_run_group_tests(tests, make_archive, remove_archive);
}
