/* SPDX-License-Identifier: MIT */
/*
 * landlock - what open(2) costs under Landlock's rules against without
 *
 * Usage: landlock BATCHES DIRECTORY...
 * Linked with the code that ships. Two processes, one under the rules of the given directories (as
 * --fs-ro, with what every program needs) and one free, take turns on one CPU; each batch opens and
 * closes a file of the last directory some hundred times. Prints "free<TAB>median" and
 * "landlock<TAB>median", in nanoseconds for one open and close.
 */
#include "confine/landlock.h"
#include "measure.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum { OPENS = 400, MOST_BATCHES = 100000 };

__attribute__((noreturn)) static void
die(const char *what)
{
	fprintf(stderr, "landlock: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void
confine(char *const *directories)
{
	static struct landlock_plan plan;
	struct landlock_wish wish = {.files = true};
	struct refusal why;
	unsigned errata;
	int version = landlock_version(&errata);

	plan.restricts = plan.needs = true;
	plan.handled = landlock_handle(&wish, landlock_abi(version, errata));
	for (; *directories && plan.path_count < LANDLOCK_PATHS; directories++)
		plan.paths[plan.path_count++] =
			(struct landlock_path){*directories, LANDLOCK_FOR_READING};
	if (landlock_open(&plan, &why))
		die(why.text);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || landlock_restrict(&plan) ||
	    landlock_check(&plan))
		die("restrict");
}

/* Waits for a byte, opens, answers with the time that it took. */
static void
serve(const char *file, int from, int to)
{
	char turn;

	while (read(from, &turn, 1) == 1) {
		int64_t start = measure_now();

		for (int i = 0; i < OPENS; i++) {
			int opened = open(file, O_RDONLY | O_CLOEXEC);

			if (opened < 0)
				die(file);
			close(opened);
		}
		int64_t taken = (measure_now() - start) / OPENS;

		if (write(to, &taken, sizeof(taken)) != sizeof(taken))
			die("answer");
	}
	_exit(0);
}

struct worker {
	int ask, hear;
	int64_t *taken;
};

static struct worker
start(const char *file, char *const *directories, unsigned batches)
{
	int there[2], back[2];

	if (pipe2(there, O_CLOEXEC) || pipe2(back, O_CLOEXEC))
		die("pipe");
	pid_t child = fork();

	if (child < 0)
		die("fork");
	if (child == 0) {
		close(there[1]);
		if (directories)
			confine(directories);
		serve(file, there[0], back[1]);
	}
	close(there[0]);
	close(back[1]);
	return (struct worker){there[1], back[0], calloc(batches, sizeof(int64_t))};
}

int
main(int argc, char *argv[])
{
	char file[4096];
	cpu_set_t one;
	unsigned batches = argc > 2 ? (unsigned)atoi(argv[1]) : 0;

	if (batches == 0 || batches > MOST_BATCHES) {
		fprintf(stderr, "usage: landlock BATCHES DIRECTORY...\n");
		return 1;
	}
	CPU_ZERO(&one);
	CPU_SET((size_t)sched_getcpu(), &one);
	sched_setaffinity(0, sizeof(one), &one);
	snprintf(file, sizeof(file), "%s/file", argv[argc - 1]);
	int made = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	if (made < 0)
		die(file);
	close(made);

	struct worker workers[] = {start(file, NULL, batches), start(file, argv + 2, batches)};

	for (unsigned i = 0; i < batches; i++)
		for (unsigned which = 0; which < 2; which++)
			if (write(workers[which].ask, "", 1) != 1 ||
			    read(workers[which].hear, &workers[which].taken[i], sizeof(int64_t)) !=
				    sizeof(int64_t))
				die("a turn");
	for (unsigned which = 0; which < 2; which++) {
		measure_median(workers[which].taken, batches);
		measure_say_all("landlock", "open and close a file",
				which ? "ten --fs-ro" : "no rules", "ns", workers[which].taken,
				batches, 1);
	}
	printf("free\t%lld\nlandlock\t%lld\n", (long long)workers[0].taken[batches / 2],
	       (long long)workers[1].taken[batches / 2]);
	return 0;
}
