/* SPDX-License-Identifier: MIT */
/* A command that cannot be executed, through the shipped binary: which status, and what is said. */
#include "helpers/support.h"

#include <elf.h>
#include <errno.h>
#include <grp.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cmocka.h>

struct row {
	const char *command;
	int status;
	const char *says[3];
};

static const struct row rows[] = {
	{"missing", 127, {"missing", "PATH", "/sbin:/bin"}},
	{"/bin/missing", 127, {"/bin/missing", NULL}},
	{"/nowhere/missing", 127, {"/nowhere", NULL}},
	{"/bin", 126, {"/bin", "directory"}},
	{"plain-mode", 126, {"0644", "chmod", NULL}},
	{"/secret/probe", 126, {"/secret", "0700", NULL}},
	{"/noexec/probe", 126, {"/noexec", "noexec"}},
	{"dynamic", 126, {"interpreter", "/no/such/loader.so", "static"}},
	{"foreign", 126, {"riscv", NULL}},
	{"truncated", 126, {"truncated", NULL}},
	{"empty", 126, {"empty", NULL}},
	{"text", 126, {"#!", NULL}},
	{"script-missing", 126, {"/no/such/sh", NULL}},
	{"script-cr", 126, {"carriage return", NULL}},
	{"script-noexec", 126, {"plain-mode", NULL}},
	{"capable", 126, {"net_raw", "--keep-cap", "setcap -r"}},
};

/* The head of an ELF program for `machine`, with an interpreter if `loader` is given. */
static void
write_elf(const char *path, unsigned machine, const char *loader)
{
	struct {
		Elf64_Ehdr head;
		Elf64_Phdr programs[2];
		char loader[64];
	} file;
	char whole[4096];

	memset(&file, 0, sizeof(file));
	memcpy(file.head.e_ident, ELFMAG, SELFMAG);
	file.head.e_ident[EI_CLASS] = ELFCLASS64;
	file.head.e_ident[EI_DATA] = ELFDATA2LSB;
	file.head.e_ident[EI_VERSION] = EV_CURRENT;
	file.head.e_type = ET_DYN;
	file.head.e_machine = (Elf64_Half)machine;
	file.head.e_version = EV_CURRENT;
	file.head.e_phoff = offsetof(__typeof__(file), programs);
	file.head.e_ehsize = sizeof(file.head);
	file.head.e_phentsize = sizeof(file.programs[0]);
	file.head.e_phnum = loader ? 2 : 1;
	file.programs[0] = (Elf64_Phdr){.p_type = PT_LOAD,
					.p_flags = PF_R | PF_X,
					.p_filesz = sizeof(file),
					.p_memsz = sizeof(file),
					.p_align = 4096};
	if (loader) {
		file.programs[1] = (Elf64_Phdr){.p_type = PT_INTERP,
						.p_flags = PF_R,
						.p_offset = offsetof(__typeof__(file), loader),
						.p_filesz = strlen(loader) + 1,
						.p_memsz = strlen(loader) + 1};
		strcpy(file.loader, loader);
	}
	snprintf(whole, sizeof(whole), "%s%s", sandbox_make(), path);
	FILE *to = fopen(whole, "w");

	if (!to || fwrite(&file, sizeof(file), 1, to) != 1 || fclose(to) || chmod(whole, 0755))
		fail_msg("write %s: %s", whole, strerror(errno));
}

static unsigned
own_machine(void)
{
#ifdef __aarch64__
	return EM_AARCH64;
#else
	return EM_X86_64;
#endif
}

static int
set_up(void **state)
{
	/* security.capability, version 2, effective: cap_net_raw. */
	static const unsigned char capable[] = {1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0,
						0, 0, 0, 0, 0, 0,    0, 0, 0, 0};
	char whole[4096];

	(void)state;
	sandbox_copy("build/tests/helpers/probe", "/bin/plain-mode", 0644);
	sandbox_copy("build/tests/helpers/probe", "/bin/unreadable", 0111);
	sandbox_copy("build/tests/helpers/probe", "/secret/probe", 0755);
	sandbox_copy("build/tests/helpers/probe", "/bin/capable", 0755);
	write_elf("/bin/dynamic", own_machine(), "/no/such/loader.so");
	write_elf("/bin/foreign", EM_RISCV, NULL);
	sandbox_write("/bin/truncated", "\177ELF\002\001\001", 0755);
	sandbox_write("/bin/empty", "", 0755);
	sandbox_write("/bin/text", "echo hello\n", 0755);
	sandbox_write("/bin/script-missing", "#!/no/such/sh\n", 0755);
	sandbox_write("/bin/script-cr", "#!/bin/probe\r\n", 0755);
	sandbox_write("/bin/script-noexec", "#!/bin/plain-mode\n", 0755);
	sandbox_write("/bin/script", "#!/bin/probe\n", 0755);
	snprintf(whole, sizeof(whole), "%s/secret", sandbox_make());
	if (chmod(whole, 0700))
		return -1;
	sandbox_write("/noexec/x", "", 0644);
	snprintf(whole, sizeof(whole), "%s/noexec", sandbox_make());
	if (mount("noexec", whole, "tmpfs", MS_NOEXEC, "mode=0755"))
		return -1;
	sandbox_copy("build/tests/helpers/probe", "/noexec/probe", 0755);
	snprintf(whole, sizeof(whole), "%s/bin/capable", sandbox_make());
	if (setxattr(whole, "security.capability", capable, sizeof(capable), 0)) {
		print_message("setxattr: %s\n", strerror(errno));
		return -1;
	}
	return 0;
}

static void
test_every_cause_has_its_status_and_its_sentence(void **state)
{
	static struct outcome outcome;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		run_words(&outcome, sandbox_make(), "/sbin/stepdown", "-u", "app", "--",
			  rows[i].command);
		if (outcome.status != rows[i].status || outcome.out[0])
			fail_msg("%s: %d %s%s", rows[i].command, outcome.status, outcome.out,
				 outcome.err);
		for (unsigned p = 0; p < 3 && rows[i].says[p]; p++)
			assert_says(outcome.err, rows[i].says[p]);
		if (strncmp(outcome.err, "stepdown: ", 10) ||
		    strchr(outcome.err, '\n') != outcome.err + strlen(outcome.err) - 1)
			fail_msg("%s: not one line of ours: %s", rows[i].command, outcome.err);
	}
}

static void
test_what_can_be_executed_is(void **state)
{
	static const char *const commands[] = {"probe", "/bin/probe", "unreadable", "script"};
	static struct outcome outcome;

	(void)state;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		run_words(&outcome, sandbox_make(), "/sbin/stepdown", "-u", "app", "--",
			  commands[i]);
		if (outcome.status || !value_of(outcome.out, "uid"))
			fail_msg("%s: %d %s", commands[i], outcome.status, outcome.err);
		assert_string_equal(value_of(outcome.out, "uid"), "10001");
	}
}

static void
test_an_entry_that_cannot_be_read_does_not_end_the_search(void **state)
{
	static const char *const argv[] = {"/sbin/stepdown", "-u",   "app", "--",
					   "probe",          "exit", "7",   NULL};
	static const char *const path[] = {"PATH=/secret:/nowhere:/etc/passwd:/noexec:/bin", NULL};
	static struct outcome outcome;

	(void)state;
	run_program(&(struct run){.argv = argv, .environment = path, .root = sandbox_make()},
		    &outcome);
	/* What is found first and cannot be executed is passed over, as the shell does it. */
	assert_int_equal(outcome.status, 7);
}

static void
limit_processes(void)
{
	struct rlimit limit = {0, 0};
	int ready[2];
	char byte;

	if (pipe(ready))
		_exit(99);
	/* A process of that uid that is there when stepdown becomes it, until stepdown has ended.
	 */
	if (fork() == 0) {
		close(1);
		close(2);
		if (setresuid(10001, 10001, 10001) || write(ready[1], "", 1) != 1)
			_exit(99);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		sleep(DEADLINE);
		_exit(0);
	}
	if (read(ready[0], &byte, 1) != 1 || setrlimit(RLIMIT_NPROC, &limit))
		_exit(99);
}

static void
test_a_limit_of_processes_is_explained(void **state)
{
	static const char *const argv[] = {"/sbin/stepdown", "-u", "app", "--", "probe", NULL};
	static struct outcome outcome;

	(void)state;
	run_program(&(struct run){.argv = argv, .root = sandbox_make(), .enter = limit_processes},
		    &outcome);
	assert_int_equal(outcome.status, 126);
	assert_says(outcome.err, "RLIMIT_NPROC");
}

static void
test_a_kept_capability_lets_a_capable_file_run(void **state)
{
	static struct outcome outcome;

	(void)state;
	run_words(&outcome, sandbox_make(), "/sbin/stepdown", "-u", "app", "--keep-cap", "net_raw",
		  "--", "capable", "exit", "5");
	assert_int_equal(outcome.status, 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_cause_has_its_status_and_its_sentence),
		cmocka_unit_test(test_what_can_be_executed_is),
		cmocka_unit_test(test_an_entry_that_cannot_be_read_does_not_end_the_search),
		cmocka_unit_test(test_a_limit_of_processes_is_explained),
		cmocka_unit_test(test_a_kept_capability_lets_a_capable_file_run),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
