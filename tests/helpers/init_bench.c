/* SPDX-License-Identifier: MIT */
/*
 * init_bench - the init beside its peers, measured in turn in one run
 *
 * usage: init_bench STEPDOWN SERVICE [ROUNDS]; needs root. Each init is PID 1 of a pid namespace
 * and all of it is pinned to one CPU; a peer that is not installed is left out. Prints medians, and
 * appends them with their spread to the file that BENCH_SAMPLES names; trust the ratios, not the
 * times.
 */
#include "../bench/measure.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 4000, WORDS = 12, IDLE_SECONDS = 3, SIGNALS = 500 };
enum { ORPHANS = 4000, REPEATS = 11 };

struct peer {
	const char *name;
	const char *words[WORDS]; /* what comes before the service */
	double start[MOST];
	double start_median, latency, orphans;
	long dirty, pss, wakeups;
	bool missing;
};

static struct peer peers[] = {
	{.name = "stepdown", .words = {"", "-q", "--init", "always", "--user", "1234:1234", "--"}},
	{.name = "stepdown, --seccomp off",
	 .words = {"", "-q", "--init", "always", "--user", "1234:1234", "--seccomp", "off", "--"}},
	{.name = "tini-static", .words = {"/usr/bin/tini-static", "-s", "--"}},
	{.name = "tini", .words = {"/usr/bin/tini", "-s", "--"}},
	{.name = "dumb-init", .words = {"/usr/bin/dumb-init", "--"}},
	{.name = "catatonit", .words = {"/usr/bin/catatonit", "--"}},
};

enum { PEERS = sizeof(peers) / sizeof(*peers) };

static const char *service;
static unsigned long own_namespace; /* CLONE_NEWPID or 0 */

static double
now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static int
by_value(const void *left, const void *right)
{
	double difference = *(const double *)left - *(const double *)right;

	return difference > 0 ? 1 : difference < 0 ? -1 : 0;
}

static double
median(double *values, int count)
{
	qsort(values, (size_t)count, sizeof(*values), by_value);
	return values[count / 2];
}

static pid_t
start(const struct peer *peer, const char *what, const char *argument, int out)
{
	const char *words[WORDS + 4];
	int count = 0;
	pid_t pid;

	for (; peer->words[count]; count++)
		words[count] = peer->words[count];
	words[count++] = service;
	words[count++] = what;
	words[count++] = argument;
	words[count] = NULL;
	/* The namespace alone would be half of a start, and is nobody's doing. */
	pid = (pid_t)syscall(SYS_clone, own_namespace | SIGCHLD, NULL, NULL, NULL, NULL);
	if (pid == 0) {
		setsid();
		dup2(out, 1);
		execv(words[0], (char *const *)(uintptr_t)words);
		_exit(99);
	}
	return pid;
}

static void
finish(pid_t pid, const char *name)
{
	int status;

	if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0) {
		fprintf(stderr, "init_bench: %s did not end well\n", name);
		exit(1);
	}
}

static long
field(pid_t pid, const char *file, const char *key)
{
	char path[64], line[256];
	long value = 0, one;
	FILE *in;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	in = fopen(path, "re");
	if (!in)
		return -1;
	while (fgets(line, sizeof(line), in)) {
		const char *at = strstr(line, key);

		if (at && sscanf(at + strlen(key), " %ld", &one) == 1)
			value += one;
	}
	fclose(in);
	return value;
}

static void
measure_start(int rounds, int null)
{
	for (int i = 0; i < rounds; i++)
		for (int p = 0; p < PEERS; p++) {
			if (peers[p].missing)
				continue;
			double begin = now();

			finish(start(&peers[p], "exit", "0", null), peers[p].name);
			peers[p].start[i] = now() - begin;
		}
	for (int p = 0; p < PEERS; p++)
		if (!peers[p].missing)
			peers[p].start_median = median(peers[p].start, rounds);
}

static void
await_line(int in)
{
	char byte = 0;

	while (byte != '\n')
		if (read(in, &byte, 1) != 1)
			exit(1);
}

static void
say(const struct peer *peer, const char *group, const char *what, const char *unit,
    const double *sorted, int count)
{
	measure_say(group, what, peer->name, unit, sorted[count / 2], sorted[count / 10],
		    sorted[count - 1 - count / 10]);
}

/* A service that is ready, behind its init; *in is what it says. */
static pid_t
start_ready(const struct peer *peer, int *in)
{
	int out[2];
	pid_t pid;

	if (pipe2(out, O_CLOEXEC) != 0)
		exit(1);
	pid = start(peer, "catch", "", out[1]);
	close(out[1]);
	await_line(out[0]);
	*in = out[0];
	return pid;
}

/* After the first signal, when it has run all that it will run. */
static void
measure_memory(struct peer *peer)
{
	double dirty[REPEATS], pss[REPEATS];

	for (int i = 0; i < REPEATS; i++) {
		int in;
		pid_t pid = start_ready(peer, &in);

		kill(pid, SIGUSR1);
		await_line(in);
		dirty[i] = (double)field(pid, "smaps_rollup", "Private_Dirty:");
		pss[i] = (double)field(pid, "smaps_rollup", "Pss:");
		kill(pid, SIGTERM);
		finish(pid, peer->name);
		close(in);
	}
	peer->dirty = (long)median(dirty, REPEATS);
	peer->pss = (long)median(pss, REPEATS);
	say(peer, "memory", "private dirty memory", "kB", dirty, REPEATS);
	say(peer, "memory", "proportional set size", "kB", pss, REPEATS);
}

static void
measure_resident(struct peer *peer)
{
	static double times[SIGNALS];
	int in;
	pid_t pid = start_ready(peer, &in);
	long before;

	for (int i = 0; i < SIGNALS; i++) {
		double begin = now();

		kill(pid, SIGUSR1);
		await_line(in);
		times[i] = now() - begin;
	}
	peer->latency = median(times, SIGNALS);
	say(peer, "latency", "signal to the service", "us", times, SIGNALS);
	before = field(pid, "status", "ctxt_switches:");
	sleep(IDLE_SECONDS);
	peer->wakeups = field(pid, "status", "ctxt_switches:") - before;
	kill(pid, SIGTERM);
	finish(pid, peer->name);
	close(in);
	measure_say("idle", "wake-ups in three idle seconds", peer->name, "times",
		    (double)peer->wakeups, -1, -1);
}

static void
measure_orphans(struct peer *peer, int null)
{
	double times[REPEATS];
	char count[16];

	snprintf(count, sizeof(count), "%d", ORPHANS);
	for (int i = 0; i < REPEATS; i++) {
		double begin = now();

		finish(start(peer, "orphans", count, null), peer->name);
		times[i] = (now() - begin) / ORPHANS;
	}
	peer->orphans = 1e6 / median(times, REPEATS);
	say(peer, "reaping", "an orphan, from fork to reaping", "us", times, REPEATS);
}

int
main(int argc, char *argv[])
{
	int rounds = argc > 3 ? atoi(argv[3]) : 200;
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	cpu_set_t one;

	if (argc < 3 || rounds < 1 || rounds > MOST || null < 0) {
		fprintf(stderr, "usage: init_bench STEPDOWN SERVICE [ROUNDS]\n");
		return 1;
	}
	CPU_ZERO(&one);
	CPU_SET((size_t)sched_getcpu(), &one);
	if (sched_setaffinity(0, sizeof(one), &one) != 0)
		return 1;
	peers[0].words[0] = peers[1].words[0] = argv[1];
	service = argv[2];
	for (int p = 0; p < PEERS; p++)
		peers[p].missing = access(peers[p].words[0], X_OK) != 0;
	measure_start(rounds, null);
	own_namespace = CLONE_NEWPID;
	for (int p = 0; p < PEERS; p++) {
		if (peers[p].missing)
			continue;
		measure_memory(&peers[p]);
		measure_resident(&peers[p]);
		measure_orphans(&peers[p], null);
	}
	printf("%-26s %9s %6s %9s %8s %11s %10s %8s\n", "init", "start us", "ratio", "dirty kB",
	       "PSS kB", "latency us", "orphans/s", "wake-ups");
	for (int p = 0; p < PEERS; p++) {
		if (peers[p].missing)
			continue;
		printf("%-26s %9.0f %6.2f %9ld %8ld %11.1f %10.0f %8ld\n", peers[p].name,
		       peers[p].start_median, peers[p].start_median / peers[2].start_median,
		       peers[p].dirty, peers[p].pss, peers[p].latency, peers[p].orphans,
		       peers[p].wakeups);
	}
	return 0;
}
