/* SPDX-License-Identifier: MIT */
/*
 * startup - how long whole start-ups take, from spawn to wait
 *
 * Usage: startup ROUNDS [PROFILE] <CANDIDATES
 * A candidate is a line "label<TAB>word word ...", the first word an absolute path. The candidates
 * take turns in each round, all on one CPU, so that whatever the machine does besides hits them
 * alike; they get the same small environment, /dev/null three times, and, as in a container of
 * Docker's, a bounding set of 14 capabilities, which is what root then has. With PROFILE, a file of stepdown-kit compile, they
 * run below its filter, as below an engine's. Prints a line
 * "label<TAB>median<TAB>p10<TAB>p90" for each, in nanoseconds. Exit 1 with a word on standard
 * error if one of them does not end with 0: then there is nothing to compare.
 */
#include "confine/filter.h"
#include "confine/profile_file.h"
#include "measure.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <sched.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifdef __x86_64__
#define OWN_ARCHITECTURE AUDIT_ARCH_X86_64
#else
#define OWN_ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

enum {
	CANDIDATES = 32,
	WORDS = 32,
	LINE = 1024,
	ROUNDS_MAX = 100000,
	WARM_UP_SHARE = 10, /* one round in ten is added, and thrown away, at the beginning */
};

struct candidate {
	char line[LINE]; /* label and words point into it */
	const char *label;
	char *words[WORDS];
	int64_t *taken; /* nanoseconds, one for each round */
};

static char *const small_environment[] = {
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/", NULL};

__attribute__((noreturn, format(printf, 1, 2))) static void
die(const char *format, ...)
{
	va_list values;

	va_start(values, format);
	fputs("startup: ", stderr);
	vfprintf(stderr, format, values);
	fputc('\n', stderr);
	exit(1);
}

/* Docker's default, as its documentation lists it. */
static void
limit_capabilities(void)
{
	static const int given[] = {
		CAP_CHOWN,   CAP_DAC_OVERRIDE, CAP_FSETID,           CAP_FOWNER,
		CAP_MKNOD,   CAP_NET_RAW,      CAP_SETGID,           CAP_SETUID,
		CAP_SETFCAP, CAP_SETPCAP,      CAP_NET_BIND_SERVICE, CAP_SYS_CHROOT,
		CAP_KILL,    CAP_AUDIT_WRITE,
	};

	for (int i = 0; prctl(PR_CAPBSET_READ, i, 0, 0, 0) >= 0; i++) {
		bool stays = false;

		for (size_t j = 0; j < sizeof(given) / sizeof(given[0]); j++)
			stays = stays || given[j] == i;
		if (!stays && prctl(PR_CAPBSET_DROP, i, 0, 0, 0))
			die("cannot limit the capabilities: %s", strerror(errno));
	}
}

/* As an engine does it: without no_new_privs, which its programs do not have either. */
static void
load_outer(const char *path)
{
	static unsigned char bytes[PROFILE_FILE_LARGEST];
	static struct profile_file profile;
	struct refusal why;
	FILE *file = fopen(path, "re");
	size_t size = file ? fread(bytes, 1, sizeof(bytes), file) : 0;

	if (!file || fclose(file))
		die("cannot read %s: %s", path, strerror(errno));
	if (profile_file_read(bytes, size, OWN_ARCHITECTURE, false, &profile, &why))
		die("%s %s", path, why.text);
	if (filter_load(&profile.program))
		die("cannot load %s: %s", path, strerror(errno));
}

static void
cut_line(struct candidate *candidate)
{
	char *rest = candidate->line;
	unsigned count = 0;
	char *word;

	candidate->label = strsep(&rest, "\t");
	while ((word = strsep(&rest, " \n")))
		if (*word && count < WORDS - 1)
			candidate->words[count++] = word;
	candidate->words[count] = NULL;
	if (count == 0)
		die("a candidate without a command: %s", candidate->label);
}

static unsigned
read_candidates(struct candidate *candidates, unsigned rounds)
{
	unsigned count = 0;

	while (count < CANDIDATES && fgets(candidates[count].line, LINE, stdin)) {
		cut_line(&candidates[count]);
		candidates[count].taken = calloc(rounds, sizeof(int64_t));
		if (!candidates[count++].taken)
			die("no memory for %u rounds", rounds);
	}
	if (count == 0)
		die("no candidates on standard input");
	return count;
}

/* Returns the nanoseconds from spawn to wait. */
static int64_t
start(const struct candidate *candidate)
{
	int64_t before = measure_now();
	int status;
	pid_t child;
	int error = posix_spawn(&child, candidate->words[0], NULL, NULL, candidate->words,
				small_environment);

	if (error)
		die("cannot start %s: %s", candidate->words[0], strerror(error));
	if (waitpid(child, &status, 0) != child)
		die("cannot wait for %s: %s", candidate->words[0], strerror(errno));
	int64_t taken = measure_now() - before;

	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		die("%s: %s ended with wait status 0x%x", candidate->label, candidate->words[0],
		    (unsigned)status);
	return taken;
}

/* Puts /dev/null on the standard streams. die() still speaks: stderr writes to the old one. */
static void
silence_streams(FILE **answer)
{
	int out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 10);
	int complaints = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (out < 0 || complaints < 0 || null < 0)
		die("cannot set up the standard streams: %s", strerror(errno));
	for (int i = 0; i < 3; i++)
		if (dup2(null, i) != i)
			die("cannot set up the standard streams: %s", strerror(errno));
	*answer = fdopen(out, "w");
	stderr = fdopen(complaints, "w");
	if (!*answer || !stderr)
		exit(1);
	setlinebuf(stderr);
}

int
main(int argc, char *argv[])
{
	static struct candidate candidates[CANDIDATES];
	int rounds = argc == 2 || argc == 3 ? atoi(argv[1]) : 0;
	FILE *answer;

	if (rounds < 1 || rounds > ROUNDS_MAX)
		die("usage: startup ROUNDS [PROFILE] <CANDIDATES; ROUNDS from 1 to %d", ROUNDS_MAX);

	unsigned count = read_candidates(candidates, (unsigned)rounds);

	if (measure_on_one_cpu())
		die("cannot stay on one CPU: %s", strerror(errno));
	measure_first("startup");
	if (argc == 3)
		load_outer(argv[2]);
	limit_capabilities();
	/* Once aloud, so that a candidate that does not work says why. */
	for (unsigned i = 0; i < count; i++)
		start(&candidates[i]);
	silence_streams(&answer);
	for (int round = -(rounds / WARM_UP_SHARE); round < rounds; round++)
		for (unsigned i = 0; i < count; i++) {
			int64_t taken = start(&candidates[i]);

			if (round >= 0)
				candidates[i].taken[round] = taken;
		}
	for (unsigned i = 0; i < count; i++) {
		int64_t *taken = candidates[i].taken;

		measure_median(taken, (size_t)rounds);
		fprintf(answer, "%s\t%lld\t%lld\t%lld\n", candidates[i].label,
			(long long)taken[rounds / 2], (long long)taken[rounds / 10],
			(long long)taken[rounds - 1 - rounds / 10]);
		measure_say_all(argc == 3 ? "outer" : "startup",
				argc == 3 ? "start below Docker's filter" : "start",
				candidates[i].label, "us", taken, (size_t)rounds, 1e-3);
	}
	return fclose(answer) ? 1 : 0;
}
