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
	put_entry("dev/console", S_IFCHR | 0600, makedev(5, 1), "", 0);
	put_entry("dev/null", S_IFCHR | 0666, makedev(1, 3), "", 0);
	put_file("stepdown", lab_program());
	put_file("service", lab_service());
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

/* Boots with `parameters` of the kernel and `words` for stepdown; what is said is in lab.text. */
static void
boot(const char *parameters, const char *words)
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

	snprintf(line, sizeof(line),
		 "console=ttyS0 panic=-1 loglevel=3 rdinit=/stepdown %s -- --user 1234:1234 %s",
		 parameters, words);
	lab_exec(&lab, false, NULL, arguments);
	lab_saw(&lab, "\n never \n");
	assert_int_equal(lab_wait(&lab), 0);
	lab_close(&lab);
}

static void
assert_ended(const char *words, const char *status, const char *text)
{
	if (!strstr(lab.text, "Attempted to kill init!") || !strstr(lab.text, status) ||
	    (text && !strstr(lab.text, text)))
		fail_msg("%s: %s", words, lab.text);
}

static void
test_it_is_the_first_process_of_a_kernel(void **unused)
{
	static const struct {
		const char *service, *text, *status;
	} rows[] = {
		{"exit 7", NULL, "exitcode=0x00000700"},
		{"die 15", NULL, "exitcode=0x00008f00"},
		{"state", "uid=1234 1234 1234", "exitcode=0x00000000"},
		{"leave-writer", "written", "exitcode=0x00000300"},
		{"orphans 10000", "made=10000", "exitcode=0x00000000"},
		{"attack-by-signals", "alive", "exitcode=0x00000000"},
	};

	(void)unused;
	need_machine();
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char words[128];

		snprintf(words, sizeof(words), "/service %s", rows[i].service);
		boot("", words);
		assert_ended(words, rows[i].status, rows[i].text);
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
		char words[256];

		snprintf(words, sizeof(words), "%s%s %s", effort ? best : "", rows[i].options,
			 rows[i].command);
		boot(effort ? "" : rows[i].parameters, words);
		assert_ended(words, rows[i].status, rows[i].text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_it_is_the_first_process_of_a_kernel),
		cmocka_unit_test(
			test_landlock_does_what_an_older_kernel_has_and_says_what_it_lacks),
	};

	return cmocka_run_group_tests(tests, make_archive, remove_archive);
}
