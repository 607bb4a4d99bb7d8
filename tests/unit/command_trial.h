/* SPDX-License-Identifier: MIT */
/*
 * command_trial - make real files and try to execute them, for the tests of src/command
 *
 * Static functions, so that each test stands alone. A trial asks explain_beforehand, then calls
 * execve for real, whatever the answer was, then explain_failure: the kernel is the judge.
 */
#ifndef STEPDOWN_TESTS_COMMAND_TRIAL_H
#define STEPDOWN_TESTS_COMMAND_TRIAL_H

#include "command/explain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TRIAL_UID = 54321, TRIAL_EXIT = 42, TRIAL_RAN = -1 };

#if defined(__x86_64__)
#define TRIAL_MACHINE EM_X86_64
#define TRIAL_FOREIGN EM_AARCH64
#define TRIAL_NAME "x86_64"
#define TRIAL_FOREIGN_NAME "aarch64"
/* mov $42,%edi; mov $60,%eax; syscall */
static const uint8_t trial_code[] = {0xbf, 42, 0, 0, 0, 0xb8, 60, 0, 0, 0, 0x0f, 0x05};
#else
#define TRIAL_MACHINE EM_AARCH64
#define TRIAL_FOREIGN EM_X86_64
#define TRIAL_NAME "aarch64"
#define TRIAL_FOREIGN_NAME "x86_64"
/* mov w0,#42; mov w8,#93; svc #0 */
static const uint8_t trial_code[] = {0x40, 0x05, 0x80, 0x52, 0xa8, 0x0b,
				     0x80, 0x52, 0x01, 0x00, 0x00, 0xd4};
#endif

/* An ELF program that exits with TRIAL_EXIT; the zero of a member means the ordinary. */
struct trial_elf {
	uint16_t machine;
	uint16_t type;
	const char *loader;
	uint16_t padding_headers; /* empty program headers before those that count */
	uint16_t header_size;
	uint64_t bytes_needed; /* size of the PT_LOAD in the file */
	uint64_t loader_size;
	size_t cut_at; /* bytes that are written */
};

/* Of a child's refusal: TRIAL_RAN if it was executed and ended with TRIAL_EXIT. */
struct trial {
	int beforehand; /* status of explain_beforehand */
	int error;      /* errno of execve */
	int status;     /* the status that stepdown would exit with, or TRIAL_RAN */
	char text[REFUSAL_SIZE];
};

__attribute__((unused)) static void
trial_require(bool is_there, const char *reason)
{
	if (is_there)
		return;
	if (getenv("STEPDOWN_TESTS_MUST_RUN") != NULL)
		fail_msg("cannot run here: %s", reason);
	print_message("skipped: %s\n", reason);
	skip();
}

__attribute__((unused)) static char *
trial_make_directory(void)
{
	static char directory[64];

	snprintf(directory, sizeof(directory), "/tmp/stepdown-command-XXXXXX");
	assert_non_null(mkdtemp(directory));
	assert_int_equal(chmod(directory, 0755), 0);
	return directory;
}

__attribute__((unused)) static void
trial_remove_directory(const char *directory)
{
	char command[128];

	snprintf(command, sizeof(command), "chmod -R u+rwx %s; rm -r %s", directory, directory);
	assert_int_equal(system(command), 0);
}

/* Copies `text` with every @ replaced by `directory`. */
__attribute__((unused)) static const char *
trial_expand(const char *directory, const char *text, char room[static PATH_MAX])
{
	size_t used = 0;

	for (; *text != '\0' && used < PATH_MAX - 80; text++)
		if (*text == '@')
			used += (size_t)snprintf(room + used, PATH_MAX - used, "%s", directory);
		else
			room[used++] = *text;
	room[used] = '\0';
	return room;
}

__attribute__((unused)) static void
trial_write(const char *path, const void *bytes, size_t size, mode_t mode)
{
	int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(file >= 0);
	assert_int_equal(write(file, bytes, size), size);
	assert_int_equal(fchmod(file, mode), 0);
	close(file);
}

__attribute__((unused)) static void
trial_write_elf(const char *path, const struct trial_elf *elf)
{
	static uint8_t bytes[8192];
	size_t loader_size = elf->loader != NULL ? strlen(elf->loader) + 1 : 0;
	uint16_t count = (uint16_t)(elf->padding_headers + 1 + (elf->loader != NULL));
	size_t loader_at = sizeof(Elf64_Ehdr) + count * sizeof(Elf64_Phdr);
	size_t code_at = (loader_at + loader_size + 15) & ~(size_t)15;
	size_t size = code_at + sizeof(trial_code);
	Elf64_Ehdr head = {
		.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
		.e_type = elf->type != 0 ? elf->type : ET_DYN,
		.e_machine = elf->machine != 0 ? elf->machine : TRIAL_MACHINE,
		.e_version = EV_CURRENT,
		.e_entry = code_at,
		.e_phoff = sizeof(Elf64_Ehdr),
		.e_ehsize = sizeof(Elf64_Ehdr),
		.e_phentsize = elf->header_size != 0 ? elf->header_size : sizeof(Elf64_Phdr),
		.e_phnum = count,
	};
	Elf64_Phdr load = {
		.p_type = PT_LOAD,
		.p_flags = PF_R | PF_X,
		.p_filesz = elf->bytes_needed != 0 ? elf->bytes_needed : size,
		.p_memsz = elf->bytes_needed != 0 ? elf->bytes_needed : size,
		.p_align = 4096,
	};
	Elf64_Phdr interp = {
		.p_type = PT_INTERP,
		.p_offset = loader_at,
		.p_filesz = elf->loader_size != 0 ? elf->loader_size : loader_size,
	};

	assert_true(size <= sizeof(bytes));
	memset(bytes, 0, sizeof(bytes));
	memcpy(bytes, &head, sizeof(head));
	uint8_t *next = bytes + sizeof(head) + elf->padding_headers * sizeof(Elf64_Phdr);
	if (elf->loader != NULL) {
		memcpy(next, &interp, sizeof(interp));
		next += sizeof(interp);
		memcpy(bytes + loader_at, elf->loader, loader_size);
	}
	memcpy(next, &load, sizeof(load));
	memcpy(bytes + code_at, trial_code, sizeof(trial_code));
	trial_write(path, bytes, elf->cut_at != 0 ? elf->cut_at : size, 0755);
}

/* Becomes an ordinary user, if there is anything to give up. */
__attribute__((unused)) static void
trial_drop(void)
{
	if (geteuid() != 0)
		return;
	if (setgroups(0, NULL) != 0 || setresgid(TRIAL_UID, TRIAL_UID, TRIAL_UID) != 0 ||
	    setresuid(TRIAL_UID, TRIAL_UID, TRIAL_UID) != 0)
		_exit(99);
}

static void
trial_send(int pipe_end, const struct trial *trial)
{
	if (write(pipe_end, trial, sizeof(*trial)) != sizeof(*trial))
		_exit(98);
}

/*
 * In a child: `prepare(argument)` as the caller, the drop unless `stays`, then the trial of `path`.
 */
__attribute__((unused)) static struct trial
trial_run(const char *path, char *const arguments[], const struct explain_facts *facts,
	  void (*prepare)(const void *), const void *argument)
{
	struct trial trial = {0};
	int ends[2];
	int ended = 0;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct refusal why = {.text = ""};
		struct refusal after = {.text = ""};
		char *const nothing[] = {NULL};

		if (prepare != NULL)
			prepare(argument);
		trial_drop();
		trial.beforehand = explain_beforehand(path, facts, &why);
		trial.status = TRIAL_RAN;
		memcpy(trial.text, why.text, sizeof(trial.text));
		trial_send(ends[1], &trial);
		execve(path, arguments, nothing);
		trial.error = errno;
		trial.status = explain_failure(path, trial.error, facts, &after);
		if (trial.beforehand == 0)
			memcpy(trial.text, after.text, sizeof(trial.text));
		trial_send(ends[1], &trial);
		_exit(97);
	}
	close(ends[1]);
	assert_int_equal(read(ends[0], &trial, sizeof(trial)), sizeof(trial));
	ssize_t more = read(ends[0], &trial, sizeof(trial));
	close(ends[0]);
	assert_int_equal(waitpid(child, &ended, 0), child);
	assert_true(more == 0 || more == (ssize_t)sizeof(trial));
	/* Killed is as good as exited here: both mean that execve did not come back. */
	if (more == 0 && trial.beforehand == 0)
		assert_true(WIFEXITED(ended) && WEXITSTATUS(ended) == TRIAL_EXIT);
	return trial;
}

__attribute__((unused)) static void
trial_assert_says(const char *what, const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("%s: \"%s\" does not say \"%s\"", what, text, part);
}

#endif
