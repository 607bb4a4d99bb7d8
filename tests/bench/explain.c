/* SPDX-License-Identifier: MIT */
/*
 * explain - what a system call costs under stepdown --explain, and without
 *
 * Usage: explain STEPDOWN ROUNDS, or explain as the service of one
 * Starts this program under stepdown --init always, without and with --explain in turn, all on one
 * CPU, and prints "label<TAB>without<TAB>with" for an allowed call, one whose argument is checked,
 * and a denied one: nanoseconds, medians of the rounds, each the median of its batches.
 */
#include "measure.h"

#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	BATCH = 500, /* calls */
	BATCHES = 41,
	ROUNDS_MAX = 200,
	CALLS = 3,
};

static const struct {
	const char *label;
	long number;
	long arguments[2];
	int error;
} calls[CALLS] = {
	{"allowed: getppid", SYS_getppid, {0, 0}, 0},
	{"argument checked: ioctl, a closed descriptor", SYS_ioctl, {-1, 0x5401}, EBADF},
	{"denied: acct, no file", SYS_acct, {0, 0}, EPERM},
};

static void
die(const char *what)
{
	fprintf(stderr, "explain: cannot %s: %s\n", what, strerror(errno));
	exit(1);
}

static int
compare(const void *one, const void *other)
{
	const double *left = one, *right = other;

	return (*left > *right) - (*left < *right);
}

static double
median(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), compare);
	return values[count / 2];
}

static double
batch_of(size_t which)
{
	struct timespec start, end;

	clock_gettime(CLOCK_MONOTONIC, &start);
	for (int i = 0; i < BATCH; i++) {
		long result = syscall(calls[which].number, calls[which].arguments[0],
				      calls[which].arguments[1]);

		if ((result < 0 ? errno : 0) != calls[which].error)
			die(calls[which].label);
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	return ((double)(end.tv_sec - start.tv_sec) * 1e9 + (double)(end.tv_nsec - start.tv_nsec)) /
	       BATCH;
}

static int
be_service(void)
{
	for (size_t which = 0; which < CALLS; which++) {
		double values[BATCHES];

		for (int i = 0; i < BATCHES; i++)
			values[i] = batch_of(which);
		printf("%.1f\n", median(values, BATCHES));
	}
	return 0;
}

static void
run(const char *stepdown, const char *self, const char *explain, double *results)
{
	int ends[2], status;

	if (pipe(ends))
		die("make a pipe");
	pid_t child = fork();

	if (child == 0) {
		dup2(ends[1], 1);
		/* Its lines are not what is measured. */
		if (explain && !freopen("/dev/null", "w", stderr))
			_exit(1);
		execl(stepdown, stepdown, "-q", "-u", "10001:10001", "--init", "always",
		      explain ? explain : "--", explain ? "--" : self, explain ? self : NULL, NULL);
		_exit(1);
	}
	close(ends[1]);
	FILE *from = fdopen(ends[0], "r");

	for (size_t i = 0; from && i < CALLS; i++)
		if (fscanf(from, "%lf", &results[i]) != 1)
			die("read a result");
	fclose(from);
	if (child < 0 || waitpid(child, &status, 0) != child || status)
		die("run stepdown");
}

int
main(int argc, char *argv[])
{
	static double results[2][CALLS][ROUNDS_MAX];
	long rounds = argc == 3 ? strtol(argv[2], NULL, 10) : 0;
	const struct sched_param lowest = {.sched_priority = sched_get_priority_min(SCHED_FIFO)};
	cpu_set_t one;

	if (argc == 1)
		return be_service();
	if (rounds < 1 || rounds > ROUNDS_MAX)
		return fprintf(stderr, "usage: explain STEPDOWN ROUNDS\n"), 2;
	CPU_ZERO(&one);
	CPU_SET((size_t)sched_getcpu(), &one);
	if (sched_setaffinity(0, sizeof(one), &one))
		die("stay on one CPU");
	/* Ahead of other processes; without CAP_SYS_NICE it is measured as it comes. */
	if (sched_setscheduler(0, SCHED_FIFO, &lowest))
		fprintf(stderr, "explain: not ahead of other processes: %s\n", strerror(errno));
	for (long round = 0; round < rounds; round++)
		for (int with = 0; with < 2; with++) {
			double values[CALLS];

			run(argv[1], argv[0], with ? "--explain" : NULL, values);
			for (size_t i = 0; i < CALLS; i++)
				results[with][i][round] = values[i];
		}
	for (size_t i = 0; i < CALLS; i++) {
		printf("%s\t%.1f\t%.1f\n", calls[i].label, median(results[0][i], (size_t)rounds),
		       median(results[1][i], (size_t)rounds));
		for (int with = 0; with < 2; with++)
			measure_say("explain", calls[i].label, with ? "--explain" : "no --explain",
				    "ns", results[with][i][rounds / 2],
				    results[with][i][rounds / 10],
				    results[with][i][rounds - 1 - rounds / 10]);
	}
	return 0;
}
