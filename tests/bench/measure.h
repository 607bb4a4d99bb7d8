/* SPDX-License-Identifier: MIT */
/*
 * measure - a clock, a CPU, a median and a place for results, for the programs of the bench
 *
 * Each of them is a program of one file, so these are static.
 */
#ifndef STEPDOWN_BENCH_MEASURE_H
#define STEPDOWN_BENCH_MEASURE_H

#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Nanoseconds since some time. */
static inline int64_t
measure_now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* The last CPU that is allowed: the first one gets most of the interrupts. 0, or -1 with errno. */
static inline int
measure_on_one_cpu(void)
{
	cpu_set_t allowed;
	cpu_set_t one;

	if (sched_getaffinity(0, sizeof(allowed), &allowed))
		return -1;
	CPU_ZERO(&one);
	for (int i = CPU_SETSIZE - 1; i >= 0 && CPU_COUNT(&one) == 0; i--)
		if (CPU_ISSET((size_t)i, &allowed))
			CPU_SET((size_t)i, &one);
	return sched_setaffinity(0, sizeof(one), &one);
}

/*
 * Ahead of whatever else wants this CPU, which would otherwise be most of the median on a busy
 * machine; children inherit it. Without CAP_SYS_NICE it is measured as it comes.
 */
static inline void
measure_first(const char *program)
{
	const struct sched_param lowest = {.sched_priority = sched_get_priority_min(SCHED_FIFO)};

	if (sched_setscheduler(0, SCHED_FIFO, &lowest))
		fprintf(stderr, "%s: not ahead of other processes: %s\n", program, strerror(errno));
}

static inline int
measure_compare(const void *one, const void *other)
{
	int64_t a = *(const int64_t *)one;
	int64_t b = *(const int64_t *)other;

	return (a > b) - (a < b);
}

/* Sorts `values`, so that any quantile can be read out of them, and returns the median. */
static inline int64_t
measure_median(int64_t *values, size_t count)
{
	qsort(values, count, sizeof(*values), measure_compare);
	return values[count / 2];
}

/*
 * Appends a sample to the file that BENCH_SAMPLES names, for results.awk; without it, nothing is
 * done. A negative `low` says that there is no spread.
 */
static inline void
measure_say(const char *group, const char *what, const char *subject, const char *unit,
	    double median, double low, double high)
{
	const char *name = getenv("BENCH_SAMPLES");
	FILE *samples = name ? fopen(name, "ae") : NULL;

	if (!name)
		return;
	if (!samples) {
		fprintf(stderr, "%s: %s\n", name, strerror(errno));
		exit(1);
	}
	fprintf(samples, "%s\t%s\t%s\t%.4f\t", group, what, subject, median);
	if (low >= 0)
		fprintf(samples, "%.4f\t%.4f", low, high);
	else
		fputc('\t', samples);
	fprintf(samples, "\t%s\n", unit);
	if (fclose(samples))
		exit(1);
}

/* The same for values that measure_median() has sorted, each `scale` units. */
static inline void
measure_say_all(const char *group, const char *what, const char *subject, const char *unit,
		const int64_t *values, size_t count, double scale)
{
	measure_say(group, what, subject, unit, (double)values[count / 2] * scale,
		    (double)values[count / 10] * scale,
		    (double)values[count - 1 - count / 10] * scale);
}

#endif
