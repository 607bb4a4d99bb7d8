/* SPDX-License-Identifier: MIT */
/*
 * What a filter costs, in one run on one CPU: instructions, compile time, load time, and each call
 * that it allows, checks by argument, or denies. The built-in profiles, Docker's own through our
 * compiler and through libseccomp, and no filter at all, in turn. Times are the tenth
 * percentile of many rounds, those of calls in CPU time; trust their ratios. Run from the
 * repository's root; `make engine-profiles` fetches Docker's profile.
 *
 * STEPDOWN_BENCH_HARDEN=1, as root: load times once more with net.core.bpf_jit_harden = 2, which is
 * set back afterwards.
 */
#include "kit/compile.h"
#include "kit/files.h"
#include "kit/heap.h"
#include "measure.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 61, CALLS = 5000, KINDS = 3 };

#define HARDEN "/proc/sys/net/core/bpf_jit_harden"

static const struct {
	const char *title;
	const char *path;
	bool compat, library;
} candidates[] = {
	{"no filter", NULL, false, false},
	{"one instruction: allow", NULL, false, false},
	{"default", "src/profiles/default.json", false, false},
	{"default, 32-bit calls too", "src/profiles/default.json", true, false},
	{"strict", "src/profiles/strict.json", false, false},
	{"Docker's", "build/deps/engine-profiles/docker.json", false, false},
	{"Docker's, by libseccomp", "build/deps/engine-profiles/docker.json", false, true},
};
enum { CANDIDATES = sizeof(candidates) / sizeof(candidates[0]) };

/* One round of one candidate, measured in a child and handed back through shared memory. */
struct sample {
	double load;         /* microseconds */
	double calls[KINDS]; /* nanoseconds for each call */
};

struct candidate {
	struct program program;
	bool present;
	double compile; /* microseconds, without the checks */
	struct sample rounds[ROUNDS];
};

/* In microseconds: CLOCK_MONOTONIC, or CLOCK_THREAD_CPUTIME_ID, which does not count preemption. */
static double
now(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static int
ascending(const void *left, const void *right)
{
	const double *one = left, *other = right;

	return (*one > *other) - (*one < *other);
}

/* Of a machine that may be busy with other things: the tenth percentile of all rounds. */
static double
quiet(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), ascending);
	return values[count / 10];
}

static int
compile(const struct profile *profile, const struct service *service, size_t index,
	struct candidate *out, struct refusal *why)
{
	struct policy native, second;
	struct notes notes = {0};
	bool compat = candidates[index].compat;

	if (candidates[index].library)
		return second_compile(profile, service, service->native, &out->program, why);
	if (policy_make(profile, service, service->native, &native, &notes, why) < 0)
		return -1;
	if (compat && policy_make(profile, service, architecture_find(service->native->compat),
				  &second, &notes, why) < 0)
		return -1;
	int result = assemble(&native, compat ? &second : NULL, &out->program, why);
	policy_free(&native);
	if (compat)
		policy_free(&second);
	notes_free(&notes);
	return result;
}

static void
prepare(size_t index, struct candidate *out)
{
	struct utsname machine;
	struct profile profile;
	struct notes notes = {0};
	struct refusal why;
	char *bytes;
	size_t length;
	double times[5];

	out->present = true;
	if (!candidates[index].path) {
		/* The first is no filter at all, the second the least that a filter can cost. */
		out->program.code[0] =
			(struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
		out->program.length = index > 0;
		return;
	}
	uname(&machine);
	struct service service = {.native = architecture_find(machine.machine), .kernel = {6, 1}};
	if (file_read(candidates[index].path, &bytes, &length, &why) < 0) {
		printf("%s: left out, %s\n", candidates[index].title, why.text);
		out->present = false;
		return;
	}
	for (size_t i = 0; i < 5; i++) {
		double start = now(CLOCK_MONOTONIC);

		if (profile_parse(bytes, length, &profile, &notes, &why) < 0 ||
		    compile(&profile, &service, index, out, &why) < 0) {
			fprintf(stderr, "%s: %s\n", candidates[index].title, why.text);
			exit(125);
		}
		times[i] = now(CLOCK_MONOTONIC) - start;
		profile_free(&profile);
	}
	out->compile = quiet(times, 5);
	notes_free(&notes);
	free(bytes);
}

static double
time_calls(long number, long argument)
{
	double start = now(CLOCK_THREAD_CPUTIME_ID);

	for (int i = 0; i < CALLS; i++)
		syscall(number, argument, 0, 0);
	return (now(CLOCK_THREAD_CPUTIME_ID) - start) * 1000 / CALLS;
}

static void
measure(const struct program *program, struct sample *out)
{
	struct sock_fprog loaded = {program->length,
				    (struct sock_filter *)(uintptr_t)program->code};

	*out = (struct sample){0};
	if (program->length > 0) {
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		double start = now(CLOCK_MONOTONIC);
		if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW,
			    &loaded) < 0)
			_exit(1);
		out->load = now(CLOCK_MONOTONIC) - start;
	}
	out->calls[0] = time_calls(SYS_getppid, 0);
	out->calls[1] = time_calls(SYS_personality, 0xffffffff);
	/* Denied by all of them; without a filter, a call as short as an answer of the filter's. */
	out->calls[2] = time_calls(program->length > 1 ? SYS_swapoff : SYS_getppid, 0);
}

static void
round_of(struct candidate *candidate, size_t round, struct sample *shared)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		measure(&candidate->program, shared);
		_exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
		fprintf(stderr, "a filter cannot be loaded: status 0x%x\n", (unsigned)status);
		exit(125);
	}
	candidate->rounds[round] = *shared;
}

static double
quiet_of(const struct candidate *candidate, int what)
{
	double values[ROUNDS];

	for (size_t i = 0; i < ROUNDS; i++)
		values[i] = what < 0 ? candidate->rounds[i].load : candidate->rounds[i].calls[what];
	return quiet(values, ROUNDS);
}

/* For the table of the whole bench; the round is the same for all of them. */
static void
say_samples(const struct candidate *all)
{
	static const char *const kinds[KINDS] = {
		"allowed, by profile", "argument checked, by profile", "denied, by profile"};

	for (int kind = 0; kind < KINDS; kind++)
		for (size_t i = 0; i < CANDIDATES; i++) {
			double values[ROUNDS];

			for (size_t round = 0; round < ROUNDS; round++)
				values[round] = all[i].rounds[round].calls[kind];
			qsort(values, ROUNDS, sizeof(*values), ascending);
			if (all[i].present)
				measure_say("filter", kinds[kind], candidates[i].title, "ns",
					    values[ROUNDS / 2], values[ROUNDS / 10],
					    values[ROUNDS - 1 - ROUNDS / 10]);
		}
	for (size_t i = 0; i < CANDIDATES; i++)
		if (all[i].present && all[i].program.length > 0)
			measure_say("filter", "instructions, by profile", candidates[i].title,
				    "instructions", all[i].program.length, -1, -1);
}

static void
print_table(const struct candidate *all)
{
	const struct candidate *none = &all[0];

	printf("%-27s %6s %9s %9s   %s\n", "", "instr.", "compile", "load",
	       "a call: allowed, by argument, denied (ns; ratio to no filter)");
	for (size_t i = 0; i < CANDIDATES; i++) {
		const struct candidate *one = &all[i];

		if (!one->present)
			continue;
		printf("%-27s %6u %6.0f us %6.1f us  ", candidates[i].title, one->program.length,
		       one->compile, quiet_of(one, -1));
		for (int kind = 0; kind < KINDS; kind++)
			printf(" %5.0f (%.2f)", quiet_of(one, kind),
			       quiet_of(one, kind) / quiet_of(none, kind));
		puts("");
	}
}

static void
run_rounds(struct candidate *all, struct sample *shared)
{
	for (size_t round = 0; round < ROUNDS; round++)
		for (size_t i = 0; i < CANDIDATES; i++)
			if (all[i].present)
				round_of(&all[i], round, shared);
	print_table(all);
}

static bool
harden(char value)
{
	int descriptor = open(HARDEN, O_WRONLY | O_CLOEXEC);
	bool written = descriptor >= 0 && write(descriptor, &value, 1) == 1;

	if (descriptor >= 0)
		close(descriptor);
	return written;
}

static void
run_hardened(struct candidate *all, struct sample *shared)
{
	char before = '0';
	int descriptor = open(HARDEN, O_RDONLY | O_CLOEXEC);

	if (descriptor < 0 || read(descriptor, &before, 1) != 1 || !harden('2')) {
		printf("\nnet.core.bpf_jit_harden cannot be set here: %s\n", strerror(errno));
		return;
	}
	close(descriptor);
	printf("\nwith net.core.bpf_jit_harden = 2 (it was %c):\n", before);
	run_rounds(all, shared);
	if (!harden(before))
		fprintf(stderr, "net.core.bpf_jit_harden could not be set back to %c\n", before);
}

int
main(void)
{
	struct candidate *all = memory_new(CANDIDATES, sizeof(*all));
	struct sample *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	cpu_set_t cpus;

	if (shared == MAP_FAILED)
		return 125;
	/* The last CPU that may be used: the first serves more interrupts. */
	if (sched_getaffinity(0, sizeof(cpus), &cpus) == 0)
		for (size_t cpu = CPU_SETSIZE; cpu-- > 0;)
			if (CPU_ISSET(cpu, &cpus)) {
				CPU_ZERO(&cpus);
				CPU_SET(cpu, &cpus);
				sched_setaffinity(0, sizeof(cpus), &cpus);
				break;
			}
	for (size_t i = 0; i < CANDIDATES; i++)
		prepare(i, &all[i]);
	run_rounds(all, shared);
	say_samples(all);
	if (getenv("STEPDOWN_BENCH_HARDEN"))
		run_hardened(all, shared);
	free(all);
	return 0;
}
