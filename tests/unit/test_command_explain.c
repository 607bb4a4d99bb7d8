/* SPDX-License-Identifier: MIT */
/* Every cause for which execve fails, with a real file, judged by the real kernel. */
#include "command_trial.h"

#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

/* What a loader is to the program is what an interpreter is to the script: name and kind. */
enum maker { ELF, TEXT, RAW, FOLDER, FIFO, LINK };

struct file {
	enum maker maker;
	const char *name;
	const char *text; /* of a script, or the target of a link; @ is the directory */
	size_t size;      /* of RAW bytes */
	mode_t mode;      /* 0: 0755 */
	struct trial_elf elf;
};

/* 128 bytes: two of them are one too many behind "#!/". */
#define LONG_NAME                                                                                  \
	"a-name-of-a-hundred-and-twenty-eight-bytes-of-which-most-are-there-for-their-number-"     \
	"and-none-for-what-it-says-to-a-reader-/-bin"

struct row {
	const char *what;
	struct file files[3]; /* the first one is the command, unless `command` says otherwise */
	const char *command;
	bool native_only;
	bool refused_beforehand;
	int error;  /* what the kernel says; 0: it runs */
	int status; /* 126 or 127 */
	const char *says[4];
};

static const struct row rows[] = {
	{.what = "a static program", .files = {{.maker = ELF, .name = "app"}}},
	{.what = "a program that cannot be read",
	 .files = {{.maker = ELF, .name = "app", .mode = 0111}}},
	{.what = "a program with its loader",
	 .files = {{.maker = ELF, .name = "app", .elf = {.loader = "@/ld.so"}},
		   {.maker = ELF, .name = "ld.so"}}},
	{.what = "a program whose headers lie behind the head",
	 .files = {{.maker = ELF,
		    .name = "app",
		    .elf = {.loader = "@/ld.so", .padding_headers = 40}},
		   {.maker = ELF, .name = "ld.so"}}},
	{.what = "a script with an interpreter and an argument",
	 .files = {{.maker = TEXT, .name = "app", .text = "#! \t@/sh \t-e -u\r\n"},
		   {.maker = ELF, .name = "sh"}}},
	{.what = "a script without a newline",
	 .files = {{.maker = TEXT, .name = "app", .text = "#!@/sh"}, {.maker = ELF, .name = "sh"}}},
	{.what = "a script whose interpreter really is named with a CR",
	 .files = {{.maker = TEXT, .name = "app", .text = "#!@/sh\r\n"},
		   {.maker = ELF, .name = "sh\r"}}},
	{.what = "a program that lacks a part of its last page",
	 .files = {{.maker = ELF, .name = "app", .elf = {.bytes_needed = 4096}}}},

	{.what = "a file that is not there",
	 .command = "@/missing",
	 .error = ENOENT,
	 .status = 127,
	 .says = {"cannot run \"@/missing\": it does not exist"}},
	{.what = "a directory that is not there",
	 .command = "@/no/where/app",
	 .error = ENOENT,
	 .status = 127,
	 .says = {"cannot run \"@/no/where/app\"", "no directory \"@/no\""}},
	{.what = "a link to nothing",
	 .files = {{.maker = LINK, .name = "app", .text = "etc/java"}},
	 .error = ENOENT,
	 .status = 127,
	 .says = {"cannot run \"@/app\"", "a symbolic link leads to \"@/etc",
		  "copy what the link points at too"}},
	{.what = "a file used as a directory",
	 .files = {{.maker = ELF, .name = "app"}},
	 .command = "@/app/bin",
	 .error = ENOTDIR,
	 .status = 127,
	 .says = {"\"@/app\" is not a directory", "correct the path"}},
	{.what = "a loop of links",
	 .files = {{.maker = LINK, .name = "app", .text = "other"},
		   {.maker = LINK, .name = "other", .text = "app"}},
	 .error = ELOOP,
	 .status = 126,
	 .says = {"\"@/", "leads back to itself", "correct the links"}},
	{.what = "a directory",
	 .files = {{.maker = FOLDER, .name = "app"}},
	 .error = EACCES,
	 .status = 126,
	 .says = {"cannot run \"@/app\": it is a directory", "name the program in it"}},
	{.what = "a FIFO",
	 .files = {{.maker = FIFO, .name = "app"}},
	 .error = EACCES,
	 .status = 126,
	 .says = {"it is a FIFO", "only a regular file"}},
	{.what = "no execute permission",
	 .files = {{.maker = ELF, .name = "app", .mode = 0644}},
	 .error = EACCES,
	 .status = 126,
	 .says = {"may not be executed by uid %", "mode is 0644", "chmod a+rx",
		  "COPY --chmod=0755"}},
	{.what = "a directory on the way without search permission",
	 .files = {{.maker = FOLDER, .name = "private", .mode = 0600}},
	 .command = "@/private/app",
	 .error = EACCES,
	 .status = 126,
	 .says = {"uid % may not search the directory \"@/private\"", "mode is 0600",
		  "chmod a+x the directory"}},

	{.what = "a loader that the image lacks",
	 .files = {{.maker = ELF,
		    .name = "app",
		    .elf = {.loader = "/lib64/ld-linux-missing.so.2"}}},
	 .refused_beforehand = true,
	 .error = ENOENT,
	 .status = 126,
	 .says = {"its ELF interpreter \"/lib64/ld-linux-missing.so.2\", the dynamic loader, of "
		  "glibc",
		  "does not exist", "link the program statically",
		  "copy the loader and the libraries"}},
	{.what = "a loader of musl that the image lacks, named behind the head",
	 .files = {{.maker = ELF,
		    .name = "app",
		    .elf = {.loader = "/lib/ld-musl-missing.so.1", .padding_headers = 40}}},
	 .refused_beforehand = true,
	 .error = ENOENT,
	 .status = 126,
	 .says = {"\"/lib/ld-musl-missing.so.1\"", "of musl (Alpine)"}},
	{.what = "a loader without execute permission",
	 .files = {{.maker = ELF, .name = "app", .elf = {.loader = "@/ld.so"}},
		   {.maker = ELF, .name = "ld.so", .mode = 0644}},
	 .refused_beforehand = true,
	 .error = EACCES,
	 .status = 126,
	 .says = {"its ELF interpreter \"@/ld.so\"", "may not be executed by uid %", "chmod"}},
	{.what = "a loader for another machine",
	 .files = {{.maker = ELF, .name = "app", .elf = {.loader = "@/ld.so"}},
		   {.maker = ELF, .name = "ld.so", .elf = {.machine = TRIAL_FOREIGN}}},
	 .error = ELIBBAD,
	 .status = 126,
	 .says = {"its ELF interpreter \"@/ld.so\"", "is a program for " TRIAL_FOREIGN_NAME}},
	{.what = "a loader that is text",
	 .files = {{.maker = ELF, .name = "app", .elf = {.loader = "@/ld.so"}},
		   {.maker = TEXT,
		    .name = "ld.so",
		    .text = "/* a linker script, and long enough to be read like an ELF header is "
			    "*/\n"}},
	 .error = ELIBBAD,
	 .status = 126,
	 .says = {"its ELF interpreter \"@/ld.so\"", "is a text file"}},
	{.what = "a loader that is a script",
	 .files = {{.maker = ELF, .name = "app", .elf = {.loader = "@/ld.so"}},
		   {.maker = TEXT,
		    .name = "ld.so",
		    .text = "#!/bin/sh\n# a wrapper, and long enough to be read like an ELF "
			    "header\n"}},
	 .error = ELIBBAD,
	 .status = 126,
	 .says = {"its ELF interpreter \"@/ld.so\"", "is a script", "copy the real loader"}},
	{.what = "a script whose interpreter's name the kernel cuts off",
	 .files = {{.maker = TEXT, .name = "app", .text = "#!/" LONG_NAME LONG_NAME "\n"}},
	 .error = ENOEXEC,
	 .status = 126,
	 .says = {"does not end within 256 bytes", "shorten it"}},
	{.what = "a loader's name without an end",
	 .files = {{.maker = ELF,
		    .name = "app",
		    .elf = {.loader = "/lib/ld.so", .loader_size = 4}}},
	 .error = ENOEXEC,
	 .status = 126,
	 .says = {"damaged ELF file", "ELF interpreter is malformed", "copy or build it again"}},

	{.what = "a program for another machine",
	 .files = {{.maker = ELF,
		    .name = "app",
		    .elf = {.machine = TRIAL_FOREIGN, .loader = "/none"}}},
	 .error = ENOEXEC,
	 .status = 126,
	 .says = {"it is a program for " TRIAL_FOREIGN_NAME ", and this machine is " TRIAL_NAME,
		  "docker build --platform", "binfmt_misc"}},
	{.what = "a program for a machine without a name",
	 .files = {{.maker = ELF, .name = "app", .elf = {.machine = 4711}}},
	 .error = ENOEXEC,
	 .status = 126,
	 .says = {"it is a program for machine 4711"}},
	{.what = "an object file",
	 .files = {{.maker = ELF, .name = "app", .elf = {.type = ET_REL}}},
	 .error = ENOEXEC,
	 .status = 126,
	 .says = {"it is an object file", "name the program that was linked"}},
	{.what = "a core dump",
	 .files = {{.maker = ELF, .name = "app", .elf = {.type = ET_CORE}}},
	 .error = ENOEXEC,
	 .status = 126,
	 .says = {"it is a core dump"}},
	{.what = "program headers of a wrong size",
	 .files = {{.maker = ELF, .name = "app", .elf = {.header_size = 7}}},
	 .error = ENOEXEC,
	 .status = 126,
	 .says = {"damaged ELF file", "no program headers, or malformed ones",
		  "copy or build it again"}},
	{.what = "an ELF header that is cut off",
	 .files = {{.maker = ELF, .name = "app", .elf = {.cut_at = 40}}},
	 .error = ENOEXEC,
	 .status = 126,
	 .says = {"damaged ELF file", "40 bytes", "copy or build it again"}},

	{.what = "a script whose interpreter is missing",
	 .files = {{.maker = TEXT, .name = "app", .text = "#!/bin/missing-bash -e\n"}},
	 .refused_beforehand = true,
	 .error = ENOENT,
	 .status = 126,
	 .says = {"its interpreter \"/bin/missing-bash\"", "does not exist", "install it"}},
	{.what = "a script with Windows line ends",
	 .files = {{.maker = TEXT, .name = "app", .text = "#!@/sh\r\necho\r\n"},
		   {.maker = ELF, .name = "sh"}},
	 .refused_beforehand = true,
	 .error = ENOENT,
	 .status = 126,
	 .says = {"ends in a carriage return", "(\"@/sh\\r\")", "dos2unix"}},
	{.what = "a script whose interpreter's interpreter is missing",
	 .files = {{.maker = TEXT, .name = "app", .text = "#!@/second\n"},
		   {.maker = TEXT, .name = "second", .text = "#!/bin/missing-python\n"}},
	 .refused_beforehand = true,
	 .error = ENOENT,
	 .status = 126,
	 .says = {"cannot run \"@/app\"", "\"@/second\"'s interpreter \"/bin/missing-python\""}},
	{.what = "a script whose interpreter lacks its loader",
	 .files = {{.maker = TEXT, .name = "app", .text = "#!@/sh\n"},
		   {.maker = ELF, .name = "sh", .elf = {.loader = "/lib/no-ld.so"}}},
	 .refused_beforehand = true,
	 .error = ENOENT,
	 .status = 126,
	 .says = {"\"@/sh\"'s ELF interpreter \"/lib/no-ld.so\"", "does not exist"}},
	{.what = "a script whose interpreter may not be executed",
	 .files = {{.maker = TEXT, .name = "app", .text = "#!@/sh\n"},
		   {.maker = ELF, .name = "sh", .mode = 0600}},
	 .refused_beforehand = true,
	 .error = EACCES,
	 .status = 126,
	 .says = {"its interpreter \"@/sh\"", "may not be executed by uid %", "0600", "chmod"}},
	{.what = "a script whose interpreter is a directory",
	 .files = {{.maker = TEXT, .name = "app", .text = "#!@\n"}},
	 .error = EACCES,
	 .status = 126,
	 .says = {"its interpreter \"@\"", "is a directory"}},
	{.what = "a script whose interpreter is for another machine",
	 .files = {{.maker = TEXT, .name = "app", .text = "#!@/sh\n"},
		   {.maker = ELF, .name = "sh", .elf = {.machine = TRIAL_FOREIGN}}},
	 .error = ENOEXEC,
	 .status = 126,
	 .says = {"its interpreter \"@/sh\" is a program for " TRIAL_FOREIGN_NAME}},
	{.what = "a script that names no interpreter",
	 .files = {{.maker = TEXT, .name = "app", .text = "#! \t \necho\n"}},
	 .error = ENOEXEC,
	 .status = 126,
	 .says = {"names no interpreter", "write \"#!/bin/sh\""}},
	{.what = "a script that is its own interpreter",
	 .files = {{.maker = TEXT, .name = "app", .text = "#!@/app\n"}},
	 .refused_beforehand = true,
	 .error = ELOOP,
	 .status = 126,
	 .says = {"cannot run \"@/app\"", "more than 5 scripts", "name a program in the #! line"}},

	{.what = "text without a #! line",
	 .files = {{.maker = TEXT, .name = "app", .text = "echo hello\n"}},
	 .error = ENOEXEC,
	 .status = 126,
	 .says = {"cannot run \"@/app\": it is a text file without a #! line", "\"#!/bin/sh\"",
		  "name its interpreter before it"}},
	{.what = "a byte order mark",
	 .files = {{.maker = TEXT, .name = "app", .text = "\xef\xbb\xbf#!/bin/sh\n"}},
	 .error = ENOEXEC,
	 .status = 126,
	 .says = {"byte order mark", "save the script as UTF-8 without one"}},
	{.what = "an empty first line",
	 .files = {{.maker = TEXT, .name = "app", .text = "\n#!/bin/sh\n"}},
	 .error = ENOEXEC,
	 .status = 126,
	 .says = {"empty line before its #!", "make that the first line"}},
	{.what = "an empty file",
	 .files = {{.maker = TEXT, .name = "app", .text = ""}},
	 .error = ENOEXEC,
	 .status = 126,
	 .says = {"it is empty", "copy or build it again"}},
	{.what = "a Windows program",
	 .files = {{.maker = RAW, .name = "app", .text = "MZ\x90\0\3\0\0\0", .size = 8}},
	 .error = ENOEXEC,
	 .status = 126,
	 .says = {"is a Windows program", "build it for Linux"}},
	{.what = "a compressed program",
	 .files = {{.maker = RAW, .name = "app", .text = "\x1f\x8b\x08\0\0\0", .size = 6}},
	 .error = ENOEXEC,
	 .status = 126,
	 .says = {"is compressed with gzip", "unpack it"}},
	{.what = "bytes without a meaning",
	 .files = {{.maker = RAW, .name = "app", .text = "\x01\x02\x03\x04", .size = 4}},
	 .error = ENOEXEC,
	 .status = 126,
	 .says = {"is no program that Linux knows", "check what was copied"}},
};

static void
make_file(const char *directory, const struct file *file)
{
	char path[PATH_MAX];
	char text[PATH_MAX];
	char loader[PATH_MAX];
	struct trial_elf elf = file->elf;
	mode_t mode = file->mode != 0 ? file->mode : 0755;

	snprintf(path, sizeof(path), "%s/%s", directory, file->name);
	if (file->text != NULL && file->maker != RAW)
		trial_expand(directory, file->text, text);
	if (elf.loader != NULL)
		elf.loader = trial_expand(directory, elf.loader, loader);
	switch (file->maker) {
	case ELF:
		trial_write_elf(path, &elf);
		assert_int_equal(chmod(path, mode), 0);
		break;
	case TEXT:
		trial_write(path, text, strlen(text), mode);
		break;
	case RAW:
		trial_write(path, file->text, file->size, mode);
		break;
	case FOLDER:
		assert_int_equal(mkdir(path, 0700), 0);
		assert_int_equal(chmod(path, mode), 0);
		break;
	case FIFO:
		assert_int_equal(mkfifo(path, 0700), 0);
		assert_int_equal(chmod(path, mode), 0);
		break;
	case LINK:
		assert_int_equal(symlink(text, path), 0);
		break;
	}
}

static uid_t
trial_uid(void)
{
	return geteuid() == 0 ? TRIAL_UID : geteuid();
}

/* @ is the directory, % the uid. */
static void
assert_row_says(const struct row *row, const char *directory, const char *text)
{
	for (size_t i = 0; i < 4 && row->says[i] != NULL; i++) {
		char uid[16];
		char once[PATH_MAX];
		char wanted[PATH_MAX];
		size_t used = 0;

		snprintf(uid, sizeof(uid), "%u", (unsigned)trial_uid());
		trial_expand(directory, row->says[i], once);
		for (const char *next = once; *next != '\0'; next++)
			if (*next == '%')
				used += (size_t)sprintf(wanted + used, "%s", uid);
			else
				wanted[used++] = *next;
		wanted[used] = '\0';
		trial_assert_says(row->what, text, wanted);
	}
}

static void
try_row(const struct row *row)
{
	char *directory = trial_make_directory();
	char path[PATH_MAX];
	char *arguments[] = {path, NULL};
	struct explain_facts facts = {.native_only = row->native_only, .uid = trial_uid()};

	for (size_t i = 0; i < 3 && row->files[i].name != NULL; i++)
		make_file(directory, &row->files[i]);
	trial_expand(directory, row->command != NULL ? row->command : "@/app", path);

	struct trial trial = trial_run(path, arguments, &facts, NULL, NULL);

	if (trial.error != row->error)
		fail_msg("%s: the kernel says %s", row->what, strerror(trial.error));
	if ((trial.beforehand != 0) != row->refused_beforehand)
		fail_msg("%s: beforehand %d \"%s\"", row->what, trial.beforehand, trial.text);
	if (row->refused_beforehand)
		assert_int_equal(trial.beforehand, row->status);
	if (trial.status != (row->error == 0 ? TRIAL_RAN : row->status))
		fail_msg("%s: status %d", row->what, trial.status);
	assert_row_says(row, directory, trial.text);
	trial_remove_directory(directory);
}

static void
test_every_file_runs_or_is_explained(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		try_row(&rows[i]);
}

static void
test_five_scripts_in_a_row_are_run(void **state)
{
	(void)state;
	char *directory = trial_make_directory();
	char path[PATH_MAX];
	char text[PATH_MAX];
	char *arguments[] = {path, NULL};
	struct explain_facts facts = {.uid = trial_uid()};

	for (int i = 0; i <= 6; i++) {
		snprintf(path, sizeof(path), "%s/%d", directory, i);
		snprintf(text, sizeof(text), "#!%s/%d\n", directory, i - 1);
		if (i == 0)
			trial_write_elf(path, &(struct trial_elf){0});
		else
			trial_write(path, text, strlen(text), 0755);
	}
	snprintf(path, sizeof(path), "%s/5", directory);
	assert_int_equal(trial_run(path, arguments, &facts, NULL, NULL).status, TRIAL_RAN);
	snprintf(path, sizeof(path), "%s/6", directory);
	struct trial trial = trial_run(path, arguments, &facts, NULL, NULL);
	assert_int_equal(trial.error, ELOOP);
	assert_int_equal(trial.beforehand, 126);
	trial_assert_says("six scripts", trial.text, "more than 5 scripts");
	trial_remove_directory(directory);
}

static int
ask_beforehand(const char *path, bool native_only, struct refusal *why)
{
	struct explain_facts facts = {.native_only = native_only, .uid = trial_uid()};

	return explain_beforehand(path, &facts, why);
}

static void
test_a_32_bit_program_is_refused_only_under_a_native_filter(void **state)
{
	(void)state;
#if defined(__x86_64__)
	const uint16_t machines[] = {EM_386, EM_X86_64};
	const char *const names[] = {"(i386)", "(x32 (32-bit x86_64))"};
#else
	const uint16_t machines[] = {EM_ARM};
	const char *const names[] = {"(arm)"};
#endif
	char *directory = trial_make_directory();
	char path[PATH_MAX];
	struct refusal why;

	snprintf(path, sizeof(path), "%s/app", directory);
	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
		Elf32_Ehdr head = {
			.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS32, ELFDATA2LSB, EV_CURRENT},
			.e_type = ET_EXEC,
			.e_machine = machines[i],
		};

		trial_write(path, &head, sizeof(head), 0755);
		assert_int_equal(ask_beforehand(path, true, &why), 126);
		trial_assert_says("32 bits", why.text, "is a 32-bit program");
		trial_assert_says("32 bits", why.text, names[i]);
		trial_assert_says("32 bits", why.text, "build it for " TRIAL_NAME);
		trial_assert_says("32 bits", why.text, "--seccomp-compat");
		assert_int_equal(ask_beforehand(path, false, &why), 0);
	}
	trial_remove_directory(directory);
}

static void
test_a_truncated_program_is_refused(void **state)
{
	(void)state;
	char *directory = trial_make_directory();
	char path[PATH_MAX];
	struct refusal why;

	snprintf(path, sizeof(path), "%s/app", directory);
	trial_write_elf(path, &(struct trial_elf){.bytes_needed = 200000});
	assert_int_equal(ask_beforehand(path, false, &why), 126);
	trial_assert_says("truncated", why.text, "is truncated");
	trial_assert_says("truncated", why.text, "speak of 200000");
	trial_assert_says("truncated", why.text, "copy or build it again");
	trial_write_elf(path,
			&(struct trial_elf){.bytes_needed = 200000, .machine = TRIAL_FOREIGN});
	assert_int_equal(ask_beforehand(path, false, &why), 0);
	trial_remove_directory(directory);
}

static void
mount_noexec(const void *directory)
{
	char path[PATH_MAX];

	if (unshare(CLONE_NEWNS) != 0 || mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount("tmpfs", directory, "tmpfs", MS_NOEXEC, "mode=755") != 0)
		_exit(90);
	snprintf(path, sizeof(path), "%s/app", (const char *)directory);
	trial_write_elf(path, &(struct trial_elf){0});
}

static void
test_a_file_system_mounted_noexec_is_named(void **state)
{
	(void)state;
	trial_require(geteuid() == 0, "only root can mount");
	char *directory = trial_make_directory();
	char mounted[PATH_MAX];
	char path[PATH_MAX];
	char *arguments[] = {path, NULL};
	struct explain_facts facts = {.uid = TRIAL_UID};

	snprintf(mounted, sizeof(mounted), "%s/mounted", directory);
	assert_int_equal(mkdir(mounted, 0755), 0);
	snprintf(path, sizeof(path), "%s/mounted/app", directory);
	struct trial trial = trial_run(path, arguments, &facts, mount_noexec, mounted);
	assert_int_equal(trial.error, EACCES);
	assert_int_equal(trial.status, 126);
	trial_assert_says("noexec", trial.text, path);
	trial_assert_says("noexec", trial.text, "file system mounted noexec");
	trial_assert_says("noexec", trial.text, "mount this one without noexec");

	/* The same for the interpreter of a script that is elsewhere. */
	char script[PATH_MAX + 8];
	snprintf(script, sizeof(script), "#!%s\n", path);
	snprintf(path, sizeof(path), "%s/script", directory);
	trial_write(path, script, strlen(script), 0755);
	trial = trial_run(path, arguments, &facts, mount_noexec, mounted);
	assert_int_equal(trial.error, EACCES);
	assert_int_equal(trial.beforehand, 126);
	trial_assert_says("noexec", trial.text,
			  "/mounted/app\", named by the #! line, is on a file "
			  "system mounted noexec");
	trial_remove_directory(directory);
}

static void
empty_bounding_set(const void *argument)
{
	(void)argument;
	for (unsigned long number = 0; number < 64; number++)
		if (prctl(PR_CAPBSET_READ, number) == 1 && prctl(PR_CAPBSET_DROP, number) != 0)
			_exit(91);
}

static void
test_file_capabilities_outside_the_bounding_set_are_named(void **state)
{
	(void)state;
	trial_require(geteuid() == 0, "only root can give capabilities to a file");
	char *directory = trial_make_directory();
	char path[PATH_MAX];
	char script[PATH_MAX + 8];
	char *arguments[] = {script, NULL};
	struct explain_facts facts = {.uid = TRIAL_UID};
	struct vfs_cap_data value = {
		.magic_etc = VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE,
		.data = {{.permitted = 1 << CAP_NET_BIND_SERVICE | 1 << CAP_NET_RAW}},
	};

	snprintf(path, sizeof(path), "%s/app", directory);
	trial_write_elf(path, &(struct trial_elf){0});
	assert_int_equal(setxattr(path, "security.capability", &value, sizeof(value), 0), 0);
	snprintf(script, sizeof(script), "#!%s\n", path);
	snprintf(path, sizeof(path), "%s/script", directory);
	trial_write(path, script, strlen(script), 0755);
	for (int i = 0; i < 2; i++) {
		snprintf(script, sizeof(script), "%s/%s", directory, i == 0 ? "app" : "script");
		struct trial trial = trial_run(script, arguments, &facts, empty_bounding_set, NULL);
		assert_int_equal(trial.error, EPERM);
		assert_int_equal(trial.status, 126);
		trial_assert_says("capabilities", trial.text, "/app\" has capabilities");
		trial_assert_says("capabilities", trial.text, "(net_bind_service, net_raw)");
		trial_assert_says("capabilities", trial.text,
				  "--keep-cap net_bind_service --keep-cap net_raw");
		trial_assert_says("capabilities", trial.text, "setcap -r");
	}
	/* Without the effective bit the kernel runs it. */
	value.magic_etc = VFS_CAP_REVISION_2;
	snprintf(script, sizeof(script), "%s/app", directory);
	assert_int_equal(setxattr(script, "security.capability", &value, sizeof(value), 0), 0);
	assert_int_equal(trial_run(script, arguments, &facts, empty_bounding_set, NULL).status,
			 TRIAL_RAN);
	trial_remove_directory(directory);
}

static void
limit_processes(const void *argument)
{
	int ends[2];
	char byte = 0;

	(void)argument;
	/* The kernel compares at the change of the uid, so another process must have it already. */
	if (pipe2(ends, O_CLOEXEC) != 0)
		_exit(92);
	pid_t other = fork();
	if (other == 0) {
		trial_drop();
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || write(ends[1], &byte, 1) != 1)
			_exit(1);
		close(ends[1]);
		for (;;)
			pause();
	}
	if (other < 0 || read(ends[0], &byte, 1) != 1 ||
	    setrlimit(RLIMIT_NPROC, &(struct rlimit){0, 0}) != 0)
		_exit(92);
}

static void
test_a_limit_of_processes_is_named_with_its_value(void **state)
{
	(void)state;
	trial_require(geteuid() == 0, "only a change of uid exceeds the limit");
	char *directory = trial_make_directory();
	char path[PATH_MAX];
	char *arguments[] = {path, NULL};
	struct explain_facts facts = {.uid = TRIAL_UID};

	snprintf(path, sizeof(path), "%s/app", directory);
	trial_write_elf(path, &(struct trial_elf){0});
	struct trial trial = trial_run(path, arguments, &facts, limit_processes, NULL);
	assert_int_equal(trial.error, EAGAIN);
	assert_int_equal(trial.status, 126);
	trial_assert_says("processes", trial.text,
			  "uid 54321 has more processes than its limit of 0");
	trial_assert_says("processes", trial.text, "share");
	trial_assert_says("processes", trial.text, "--ulimit nproc");
	trial_remove_directory(directory);
}

static void
test_too_long_arguments_are_explained(void **state)
{
	(void)state;
	static char longest[256 * 1024];
	char *directory = trial_make_directory();
	char path[PATH_MAX];
	char *arguments[] = {path, longest, NULL};
	struct explain_facts facts = {.uid = trial_uid()};

	memset(longest, 'x', sizeof(longest) - 1);
	snprintf(path, sizeof(path), "%s/app", directory);
	trial_write_elf(path, &(struct trial_elf){0});
	struct trial trial = trial_run(path, arguments, &facts, NULL, NULL);
	assert_int_equal(trial.error, E2BIG);
	assert_int_equal(trial.status, 126);
	trial_assert_says("long", trial.text, path);
	trial_assert_says("long", trial.text, "128 KiB");
	trial_assert_says("long", trial.text, "--ulimit stack");
	trial_remove_directory(directory);
}

static void
test_a_program_that_is_being_written_is_explained(void **state)
{
	(void)state;
	char *directory = trial_make_directory();
	char path[PATH_MAX];
	char *arguments[] = {path, NULL};
	struct explain_facts facts = {.uid = trial_uid()};

	snprintf(path, sizeof(path), "%s/app", directory);
	trial_write_elf(path, &(struct trial_elf){0});
	int writer = open(path, O_WRONLY | O_CLOEXEC);
	assert_true(writer >= 0);
	struct trial trial = trial_run(path, arguments, &facts, NULL, NULL);
	close(writer);
	trial_require(trial.error != 0, "this kernel executes what is being written");
	assert_int_equal(trial.error, ETXTBSY);
	assert_int_equal(trial.status, 126);
	trial_assert_says("busy", trial.text, path);
	trial_assert_says("busy", trial.text, "text file busy");
	trial_assert_says("busy", trial.text, "renaming a finished copy");
	trial_remove_directory(directory);
}

static void
forbid_execution(const void *argument)
{
	struct landlock_ruleset_attr attributes = {.handled_access_fs = LANDLOCK_ACCESS_FS_EXECUTE};
	int rules = (int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof(attributes), 0);

	(void)argument;
	if (rules < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    syscall(SYS_landlock_restrict_self, rules, 0) != 0)
		_exit(93);
}

static void
test_what_landlock_forbids_is_not_blamed_on_the_mode(void **state)
{
	(void)state;
	trial_require(
		syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) > 0,
		"this kernel has no Landlock");
	char *directory = trial_make_directory();
	char path[PATH_MAX];
	char *arguments[] = {path, NULL};
	struct explain_facts facts = {.uid = trial_uid()};

	snprintf(path, sizeof(path), "%s/app", directory);
	trial_write_elf(path, &(struct trial_elf){0});
	struct trial trial = trial_run(path, arguments, &facts, forbid_execution, NULL);
	assert_int_equal(trial.error, EACCES);
	assert_int_equal(trial.beforehand, 0);
	assert_int_equal(trial.status, 126);
	trial_assert_says("Landlock", trial.text, path);
	trial_assert_says("Landlock", trial.text, "Landlock (--exec-only, --fs-exec)");
	trial_assert_says("Landlock", trial.text, "allow it there");
	trial_remove_directory(directory);
}

/* Denies with `denial` all calls by which a process could look at a file or at its limits. */
static void
forbid_looking(unsigned denial)
{
	static const unsigned calls[] = {
#ifdef SYS_open
		SYS_open,       SYS_stat,       SYS_lstat,    SYS_access,    SYS_readlink,
#endif
		SYS_openat,     SYS_newfstatat, SYS_statx,    SYS_faccessat, SYS_faccessat2,
		SYS_readlinkat, SYS_statfs,     SYS_getxattr, SYS_prlimit64, SYS_getrlimit,
	};
	struct sock_filter filter[2 * sizeof(calls) / sizeof(calls[0]) + 2];
	struct sock_fprog program = {0, filter};

	filter[program.len++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0);
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		filter[program.len++] =
			(struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, calls[i], 0, 1);
		filter[program.len++] =
			(struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | denial);
	}
	filter[program.len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
		_exit(94);
}

static struct trial
explain_blindly(int error, unsigned denial)
{
	struct explain_facts facts = {.uid = 77};
	struct trial trial = {0};
	int ends[2];
	int ended = 0;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct refusal why = {.text = ""};

		forbid_looking(denial);
		trial.status = explain_failure("/bin/true", error, &facts, &why);
		memcpy(trial.text, why.text, sizeof(trial.text));
		trial_send(ends[1], &trial);
		_exit(0);
	}
	close(ends[1]);
	assert_int_equal(read(ends[0], &trial, sizeof(trial)), sizeof(trial));
	close(ends[0]);
	assert_int_equal(waitpid(child, &ended, 0), child);
	return trial;
}

static void
test_every_errno_has_a_sentence_of_its_own(void **state)
{
	(void)state;
	static const struct {
		int error;
		int status;
		const char *cause;
		const char *cure;
	} errors[] = {
		{ENOENT, 127, "does not exist", "check the path"},
		{ENOTDIR, 127, "not a directory", "its path"},
		{ELOOP, 126, "too many symbolic links", "name the program itself"},
		{ENAMETOOLONG, 126, "too long", "shorten it"},
		{EACCES, 126, "permission denied to uid 77", "chmod a+rx"},
		{EPERM, 126, "file capabilities", "setcap -r"},
		{EAGAIN, 126, "RLIMIT_NPROC", "--ulimit nproc"},
		{ENOEXEC, 126, "no loader for this kind of file", "name its interpreter"},
		{ELIBBAD, 126, "ELF interpreter", "copy loader and libraries"},
		{EINVAL, 126, "malformed ELF", "build or copy it again"},
		{EIO, 126, "I/O error", "copy it again"},
		{ETXTBSY, 126, "text file busy", "renaming"},
		{E2BIG, 126, "too long together", "--ulimit stack"},
		{ENOMEM, 126, "not enough memory", "--ulimit as"},
		{EMFILE, 126, "too many open files", "--ulimit nofile"},
		{ENFILE, 126, "open files", "fs.file-max"},
		{ENOSYS, 126, "seccomp filter", "allow it"},
		{EFAULT, 126, "Bad address", "cannot run"},
	};
	const unsigned denials[] = {EPERM, ENOSYS, EACCES};

	for (size_t denial = 0; denial < 3; denial++)
		for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
			struct trial trial = explain_blindly(errors[i].error, denials[denial]);

			if (trial.status != errors[i].status)
				fail_msg("%s: status %d, \"%s\"", strerror(errors[i].error),
					 trial.status, trial.text);
			trial_assert_says("errno", trial.text, "cannot run \"/bin/true\": ");
			trial_assert_says("errno", trial.text, errors[i].cause);
			trial_assert_says("errno", trial.text, errors[i].cure);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_file_runs_or_is_explained),
		cmocka_unit_test(test_five_scripts_in_a_row_are_run),
		cmocka_unit_test(test_a_32_bit_program_is_refused_only_under_a_native_filter),
		cmocka_unit_test(test_a_truncated_program_is_refused),
		cmocka_unit_test(test_a_file_system_mounted_noexec_is_named),
		cmocka_unit_test(test_file_capabilities_outside_the_bounding_set_are_named),
		cmocka_unit_test(test_a_limit_of_processes_is_named_with_its_value),
		cmocka_unit_test(test_too_long_arguments_are_explained),
		cmocka_unit_test(test_a_program_that_is_being_written_is_explained),
		cmocka_unit_test(test_what_landlock_forbids_is_not_blamed_on_the_mode),
		cmocka_unit_test(test_every_errno_has_a_sentence_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
