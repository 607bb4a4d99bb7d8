/* SPDX-License-Identifier: MIT */
/*
 * calls - what the default filter costs: its load, and each system call under it
 *
 * Usage: calls BATCHES
 * Three children on one CPU time a batch of the same calls in turn: one without a filter, one under
 * a filter of a single instruction that allows everything, which is what any filter costs at the
 * least, and one under the default filter as it ships, loaded by the code that ships. Prints
 * "instructions<TAB>n", "load<TAB>median" and, for each call,
 * "label<TAB>without<TAB>least<TAB>with": nanoseconds, medians. Exit 1 with a word on standard
 * error where something could not be measured.
 */
#include "confine/filter.h"
#include "measure.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	BATCH = 2000, /* calls */
	BATCHES_MAX = 10000,
};

/* Calls that end at once, with or without the filter: it is the way in that is measured. */
static const struct call {
	const char *label;
	long number;
	long arguments[3];
	int error; /* under the filter; 0 for none */
} calls[] = {
	{"allowed: getppid", SYS_getppid, {0}, 0},
	{"argument checked: socket, a type that is none", SYS_socket, {2, 0xff00, 0}, EINVAL},
	{"argument checked: personality, read", SYS_personality, {0xffffffff}, 0},
	{"argument checked: ioctl, a closed descriptor", SYS_ioctl, {-1, 0x5401}, EBADF},
	{"denied: userfaultfd, flags that are none", SYS_userfaultfd, {-1}, EPERM},
};

static const struct sock_filter allow[] = {{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW}};
static const struct filter_program allow_all = {.instructions = allow, .length = 1};

enum { CALLS = sizeof(calls) / sizeof(calls[0]) };

struct worker {
	int to;   /* the number of a call */
	int from; /* nanoseconds of a batch of it */
};

__attribute__((noreturn, format(printf, 1, 2))) static void
die(const char *format, ...)
{
	va_list values;

	va_start(values, format);
	fputs("calls: ", stderr);
	vfprintf(stderr, format, values);
	fputc('\n', stderr);
	exit(1);
}

static void
load(const struct filter_program *program)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || filter_load(program))
		die("cannot load a filter: %s", strerror(errno));
}

static int64_t
time_batch(const struct call *call)
{
	int64_t before = measure_now();

	for (int i = 0; i < BATCH; i++)
		syscall(call->number, call->arguments[0], call->arguments[1], call->arguments[2]);
	return measure_now() - before;
}

/* The filter has to give the verdict that the label promises. */
static void
check_verdicts(void)
{
	for (unsigned i = 0; i < CALLS; i++) {
		const struct call *call = &calls[i];

		errno = 0;
		syscall(call->number, call->arguments[0], call->arguments[1], call->arguments[2]);
		if (errno != call->error)
			die("%s: errno %d instead of %d", call->label, errno, call->error);
	}
}

__attribute__((noreturn)) static void
work(int from, int to, const struct filter_program *program)
{
	unsigned which;

	if (program)
		load(program);
	if (program == &filter_default)
		check_verdicts();
	while (read(from, &which, sizeof(which)) == sizeof(which)) {
		int64_t taken = time_batch(&calls[which]);

		if (write(to, &taken, sizeof(taken)) != sizeof(taken))
			_exit(1);
	}
	_exit(0);
}

static struct worker
hire(const struct filter_program *program)
{
	int orders[2];
	int answers[2];

	if (pipe2(orders, O_CLOEXEC) || pipe2(answers, O_CLOEXEC))
		die("no pipes: %s", strerror(errno));
	fflush(stdout);
	pid_t child = fork();

	if (child < 0)
		die("cannot fork: %s", strerror(errno));
	if (child == 0) {
		close(orders[1]);
		close(answers[0]);
		work(orders[0], answers[1], program);
	}
	close(orders[0]);
	close(answers[1]);
	return (struct worker){orders[1], answers[0]};
}

static int64_t
order(const struct worker *worker, unsigned which)
{
	int64_t taken;

	if (write(worker->to, &which, sizeof(which)) != sizeof(which) ||
	    read(worker->from, &taken, sizeof(taken)) != sizeof(taken))
		die("a measuring child is gone");
	return taken;
}

/* In a child each time: a second filter in the same process would be checked against the first. */
static int64_t
time_load(void)
{
	int answer[2];
	int64_t taken;

	if (pipe2(answer, O_CLOEXEC))
		die("no pipe: %s", strerror(errno));
	fflush(stdout);
	pid_t child = fork();

	if (child < 0)
		die("cannot fork: %s", strerror(errno));
	if (child == 0) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
			_exit(1);
		int64_t before = measure_now();
		int failed = filter_load(&filter_default);

		taken = measure_now() - before;
		_exit(failed || filter_check(FILTER_CANARY_ERRNO) ||
		      write(answer[1], &taken, sizeof(taken)) != sizeof(taken));
	}
	close(answer[1]);
	if (read(answer[0], &taken, sizeof(taken)) != sizeof(taken))
		die("the filter cannot be loaded");
	close(answer[0]);
	waitpid(child, NULL, 0);
	return taken;
}

int
main(int argc, char *argv[])
{
	static int64_t without[BATCHES_MAX];
	static int64_t least[BATCHES_MAX];
	static int64_t with[BATCHES_MAX];
	int batches = argc == 2 ? atoi(argv[1]) : 0;

	if (batches < 1 || batches > BATCHES_MAX)
		die("usage: calls BATCHES, from 1 to %d", BATCHES_MAX);
	if (measure_on_one_cpu())
		die("cannot stay on one CPU: %s", strerror(errno));
	measure_first("calls");
	printf("instructions\t%d\n", filter_default.length);
	for (int i = 0; i < batches; i++)
		with[i] = time_load();
	printf("load\t%.0f\n", (double)measure_median(with, (size_t)batches));
	measure_say("filter", "instructions", "default filter", "instructions",
		    filter_default.length, -1, -1);
	measure_say_all("filter", "load", "default filter", "us", with, (size_t)batches, 1e-3);

	struct worker free_one = hire(NULL);
	struct worker least_one = hire(&allow_all);
	struct worker filtered = hire(&filter_default);

	for (unsigned which = 0; which < CALLS; which++) {
		for (int i = 0; i < batches; i++) {
			without[i] = order(&free_one, which);
			least[i] = order(&least_one, which);
			with[i] = order(&filtered, which);
		}
		printf("%s\t%.1f\t%.1f\t%.1f\n", calls[which].label,
		       (double)measure_median(without, (size_t)batches) / BATCH,
		       (double)measure_median(least, (size_t)batches) / BATCH,
		       (double)measure_median(with, (size_t)batches) / BATCH);
		measure_say_all("filter", calls[which].label, "no filter", "ns", without,
				(size_t)batches, 1.0 / BATCH);
		measure_say_all("filter", calls[which].label, "allow all", "ns", least,
				(size_t)batches, 1.0 / BATCH);
		measure_say_all("filter", calls[which].label, "default filter", "ns", with,
				(size_t)batches, 1.0 / BATCH);
	}
	return fclose(stdout) ? 1 : 0;
}
