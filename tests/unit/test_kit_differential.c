/* SPDX-License-Identifier: MIT */
/*
 * Two that must agree, asked at random, from the same seeds on every machine: the evaluator and the
 * live kernel; the built-in filters as they are linked, and a plain reading of their profiles; the
 * reader of compiled profiles and the kernel that has to take what it takes.
 * STEPDOWN_TESTS_RANDOM=N makes N rounds of each instead of the few that fit into a test run.
 */
#include "../helpers/kit.h"

#include "confine/filter.h"
#include "confine/profile_file.h"
#include "kit/reading.h"
#include "kit/samples.h"
#include "setup/certs_reader.h"

#include <linux/audit.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROUNDS = 40, LONGEST = 80, CALLS = 300, DRAWS = 4000, REFUSED = 77 };

static unsigned
rounds(void)
{
	const char *text = getenv("STEPDOWN_TESTS_RANDOM");

	return text ? (unsigned)strtoul(text, NULL, 10) : ROUNDS;
}

static unsigned
below(uint64_t *state, unsigned limit)
{
	return (unsigned)((kit_random(state) >> 11) % limit);
}

static const struct architecture *
machine(void)
{
	static struct utsname name;

	assert_int_equal(uname(&name), 0);
	return architecture_find(name.machine);
}

/* One half of an argument. Few enough that what a program compares with does come. */
static uint32_t
half(uint64_t *state)
{
	static const uint32_t borders[] = {0,          1,          2,          0x7fffffff,
					   0x80000000, 0xfffffffe, 0xffffffff, 0xdeadbeef};
	unsigned choice = below(state, 10);

	return choice < 8 ? borders[choice] : (uint32_t)kit_random(state);
}

static uint64_t
whole(uint64_t *state)
{
	uint64_t high = half(state);

	return high << 32 | half(state);
}

/* ---- the evaluator and the kernel ---- */

/* Calls that do no harm and look at no argument; what stands behind them the kernel does not have.
 */
static const long numbers[] = {SYS_getpid,  SYS_getppid, SYS_getuid, SYS_geteuid, SYS_getgid,
			       SYS_getegid, SYS_gettid,  0x3ffffff1, 0x3fffffff};
enum { NUMBERS = sizeof(numbers) / sizeof(numbers[0]), HAS = 7 };

/* What SIGSYS has told. */
static volatile sig_atomic_t traps;
static volatile int trapped_error;
static void *volatile trapped_at;

static void
trap(int signal, siginfo_t *what, void *context)
{
	(void)signal;
	(void)context;
	traps++;
	trapped_error = what->si_errno;
	trapped_at = what->si_call_addr;
}

static bool
load(const struct sock_filter *code, unsigned length)
{
	struct sock_fprog program = {(unsigned short)length, (struct sock_filter *)(uintptr_t)code};

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
}

/* From where syscall(3) enters the kernel: the filter that tells it stays, and minds its own. */
static uint64_t
learn_address(void)
{
	static const struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x3ffffff0, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sigaction action = {.sa_sigaction = trap, .sa_flags = SA_SIGINFO};

	if (sigaction(SIGSYS, &action, NULL) || !load(code, 4))
		_exit(REFUSED);
	syscall(0x3ffffff0);
	return (uint64_t)(uintptr_t)trapped_at;
}

static struct sock_filter
random_return(uint64_t *state)
{
	static const uint32_t actions[] = {SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO, SECCOMP_RET_TRAP,
					   SECCOMP_RET_TRACE, SECCOMP_RET_ERRNO, SECCOMP_RET_ALLOW};
	uint32_t action = actions[below(state, 6)];
	uint32_t data = action == SECCOMP_RET_ERRNO ? below(state, 4095) + 1 : below(state, 65536);

	/* Once in a while the data of ALLOW, and an errno that no libc takes for one. */
	if (below(state, 16) == 0)
		data = 65535;
	return (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action | data);
}

static struct sock_filter
random_instruction(uint64_t *state, unsigned left)
{
	static const uint16_t jumps[] = {BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET};
	unsigned reach = left < 6 ? left : 6;

	switch (below(state, 8)) {
	case 0:
	case 1:
	case 2:
		return (struct sock_filter)BPF_STMT(
			BPF_LD | BPF_W | BPF_ABS,
			4 * below(state, sizeof(struct seccomp_data) / 4));
	case 3:
		return (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, half(state));
	case 4:
		if (below(state, 3) == 0)
			return random_return(state);
		return (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, below(state, reach));
	default:
		return (struct sock_filter)BPF_JUMP(
			(unsigned short)(BPF_JMP | BPF_K | jumps[below(state, 4)]),
			below(state, 4) ? half(state) : (uint32_t)numbers[below(state, NUMBERS)],
			(unsigned char)below(state, reach), (unsigned char)below(state, reach));
	}
}

/* Lets every call pass but those that are tried; returns the length. */
static unsigned
random_program(uint64_t *state, struct sock_filter *code)
{
	unsigned at = 0;

	code[at++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0);
	for (unsigned i = 0; i < NUMBERS; i++) {
		code[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
							  (uint32_t)numbers[i],
							  (unsigned char)(NUMBERS - i), 0);
	}
	code[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	for (unsigned left = 4 + below(state, LONGEST - 4); left > 0; left--)
		code[at++] = random_instruction(state, left);
	code[at++] = random_return(state);
	return at;
}

/* Whether the kernel does what the evaluator has found, in a child that must live on. */
static bool
same(const struct verdict *verdict, long result, int error, bool exists)
{
	uint32_t data = verdict->action & SECCOMP_RET_DATA;

	switch (verdict->action & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
		return traps == 0 && (exists ? result >= 0 : result == -1 && error == ENOSYS);
	case SECCOMP_RET_ERRNO:
		/* The kernel cuts it to the highest errno. */
		return traps == 0 && result == -1 && error == (int)(data > 4095 ? 4095 : data);
	case SECCOMP_RET_TRACE: /* nobody traces */
		return traps == 0 && result == -1 && error == ENOSYS;
	default:
		return traps == 1 && trapped_error == (int)data;
	}
}

/* 0 if both agree about every call, else how many calls were made. */
static int
try_program(const struct sock_filter *code, unsigned length, uint64_t *state, uint64_t address)
{
	for (int i = 1; i <= CALLS; i++) {
		unsigned which = below(state, NUMBERS);
		struct seccomp_data data = {.nr = (int)numbers[which],
					    .arch = machine()->audit,
					    .instruction_pointer = address};
		struct verdict verdict;
		/* Of the number, too, the kernel takes the lower half. */
		uint64_t garbage = below(state, 4) ? 0 : kit_random(state) << 32;

		for (unsigned a = 0; a < 6; a++)
			data.args[a] = whole(state);
		if (evaluate(code, length, &data, &verdict) < 0)
			return i;
		traps = 0;
		errno = 0;
		long result = syscall((long)(garbage | (uint64_t)numbers[which]), data.args[0],
				      data.args[1], data.args[2], data.args[3], data.args[4],
				      data.args[5]);
		if (!same(&verdict, result, errno, which < HAS))
			return i;
	}
	return 0;
}

static void
test_the_kernel_runs_any_program_as_the_evaluator_does(void **state)
{
	uint64_t seed = 20260201;

	(void)state;
	for (unsigned i = 0; i < rounds(); i++) {
		struct sock_filter code[LONGEST + NUMBERS + 8];
		unsigned length = random_program(&seed, code);
		int status;
		pid_t child = fork();

		assert_true(child >= 0);
		if (child == 0) {
			uint64_t address = learn_address();

			if (!load(code, length))
				_exit(REFUSED);
			_exit(try_program(code, length, &seed, address) ? 1 : 0);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
			fail_msg("program %u of %u instructions: status 0x%x", i, length,
				 (unsigned)status);
		/* The child has drawn from a copy. */
		kit_random(&seed);
	}
}

/* ---- the reader of compiled profiles and the kernel ---- */

static void
put_32(unsigned char *at, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		at[i] = (unsigned char)(value >> (8 * i));
}

/* A compiled profile with one section; returns its length. */
static size_t
wrap(const struct sock_filter *code, unsigned count, unsigned char *bytes)
{
	size_t length = PROFILE_FILE_HEADER + PROFILE_FILE_SECTION + 8 * (size_t)count + 4;

	memset(bytes, 0, length);
	memcpy(bytes, PROFILE_FILE_MAGIC, 8);
	bytes[8] = PROFILE_FILE_VERSION;
	bytes[10] = 1;
	put_32(bytes + 12, (uint32_t)length);
	bytes[48] = 'a';
	put_32(bytes + 80, AUDIT_ARCH_X86_64);
	put_32(bytes + 88, 470);
	put_32(bytes + 92, PROFILE_FILE_HEADER + PROFILE_FILE_SECTION);
	put_32(bytes + 96, count);
	for (unsigned i = 0; i < count; i++) {
		unsigned char *at = bytes + PROFILE_FILE_HEADER + PROFILE_FILE_SECTION + 8 * i;

		at[0] = (unsigned char)code[i].code;
		at[1] = (unsigned char)(code[i].code >> 8);
		at[2] = code[i].jt;
		at[3] = code[i].jf;
		put_32(at + 4, code[i].k);
	}
	put_32(bytes + length - 4, profile_file_checksum(bytes, length - 4));
	return length;
}

/* Something that may be wrong with an instruction. */
static void
spoil(struct sock_filter *code, unsigned length, uint64_t *state)
{
	struct sock_filter *at = &code[below(state, length)];

	switch (below(state, 6)) {
	case 0:
		at->k = (uint32_t)kit_random(state);
		break;
	case 1:
		at->k += below(state, 8);
		break;
	case 2:
		at->jt = (unsigned char)kit_random(state);
		break;
	case 3:
		at->jf = (unsigned char)(at->jf + below(state, 90));
		break;
	case 4:
		at->code = (unsigned short)(at->code ^ (1U << below(state, 9)));
		break;
	default:
		code[length - 1].code = BPF_JMP | BPF_JA;
		break;
	}
}

/*
 * Whether the kernel takes the program. The child says so in memory: it may not be able to write,
 * nor to end, under a program that was made at random.
 */
static bool
kernel_takes(const struct sock_filter *code, unsigned length)
{
	enum { UNKNOWN, TAKEN, NOT_TAKEN };
	volatile int *answer = mmap(NULL, sizeof(*answer), PROT_READ | PROT_WRITE,
				    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status;

	assert_ptr_not_equal(answer, MAP_FAILED);
	*answer = UNKNOWN;
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		*answer = load(code, length) ? TAKEN : NOT_TAKEN;
		for (;;)
			continue;
	}
	while (*answer == UNKNOWN && waitpid(child, &status, WNOHANG) == 0)
		usleep(100);
	int said = *answer;
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	munmap((void *)(uintptr_t)answer, sizeof(*answer));
	assert_int_not_equal(said, UNKNOWN);
	return said == TAKEN;
}

static void
test_what_the_reader_of_profiles_takes_the_kernel_takes(void **state)
{
	struct profile_file *file = calloc(1, sizeof(*file));
	unsigned taken = 0, refused = 0;
	uint64_t seed = 20260202;

	(void)state;
	for (unsigned i = 0; i < 4 * rounds(); i++) {
		struct sock_filter code[LONGEST + NUMBERS + 8];
		unsigned char bytes[2048];
		unsigned length = random_program(&seed, code);
		struct refusal why;

		for (unsigned faults = below(&seed, 3); faults > 0; faults--)
			spoil(code, length, &seed);
		size_t size = wrap(code, length, bytes);
		if (profile_file_read(bytes, size, AUDIT_ARCH_X86_64, false, file, &why) < 0) {
			refused++;
			continue;
		}
		taken++;
		assert_memory_equal(file->code, code, length * sizeof(*code));
		if (!kernel_takes(code, length))
			fail_msg("program %u was taken, and the kernel refuses it", i);
	}
	/* Neither for want of the other. */
	assert_true(taken > rounds() && refused > rounds());
	free(file);
}

/* ---- the built-in filters and their profiles ---- */

/* Constants that the profile's rules compare with, for drawing from. */
struct constants {
	uint64_t values[256];
	unsigned count;
};

static void
collect(const struct profile *profile, struct constants *constants)
{
	constants->count = 0;
	for (size_t i = 0; i < profile->rule_count; i++)
		for (size_t c = 0; c < profile->rules[i].condition_count; c++) {
			const struct condition *condition = &profile->rules[i].conditions[c];

			if (constants->count > 250)
				return;
			constants->values[constants->count++] = condition->value;
			constants->values[constants->count++] = condition->value_two;
		}
	constants->values[constants->count++] = 0;
}

static uint64_t
draw(const struct constants *constants, uint64_t *state)
{
	uint64_t one = constants->values[below(state, constants->count)];
	uint64_t two = constants->values[below(state, constants->count)];

	switch (below(state, 8)) {
	case 0:
		return kit_random(state);
	case 1:
		return whole(state);
	case 2:
		return one ^ (UINT64_C(1) << below(state, 64));
	case 3:
		return (one | two) + below(state, 3) - 1;
	case 4:
		return (one & UINT32_MAX) | kit_random(state) << 32;
	case 5:
		return one | (kit_random(state) & kit_random(state) & UINT32_MAX);
	case 6:
		return below(state, 64);
	default:
		return one;
	}
}

/* A number: mostly a real one, else one of x32 or none at all. */
static uint32_t
draw_number(uint32_t newest, uint64_t *state)
{
	switch (below(state, 10)) {
	case 0:
		return 0x40000000 + below(state, newest + 64);
	case 1:
		return (uint32_t)kit_random(state);
	default:
		return below(state, newest + 64);
	}
}

static void
ask(const struct filter_program *program, const struct profile *profile,
    const struct architecture *native, const struct architecture *arch, uint64_t *state)
{
	struct service service = {native, NULL, 0, {6, 1}};
	struct constants constants;
	struct reading reading;

	collect(profile, &constants);
	reading_make(profile, &service, arch, &reading);
	for (unsigned i = 0; i < rounds() * (DRAWS / ROUNDS); i++) {
		uint32_t number = draw_number(reading.newest, state);
		struct seccomp_data data = {.nr = (int)number,
					    .arch = arch->audit,
					    .instruction_pointer = kit_random(state)};
		struct reading_call call;
		struct verdict verdict;
		uint64_t arguments[CALL_ARGUMENTS];

		reading_call(&reading, number, &call);
		/* A call with conditions is worth more questions. */
		for (unsigned n = reading_conditional(&call) ? 100 : 1; n > 0; n--) {
			for (unsigned a = 0; a < CALL_ARGUMENTS; a++)
				data.args[a] = arguments[a] = draw(&constants, state);
			assert_int_equal(
				evaluate(program->instructions, program->length, &data, &verdict),
				0);
			uint32_t expected = reading_answer(&call, arguments);
			if (verdict.action != expected)
				fail_msg("%s, call %u of %s: 0x%x, the profile says 0x%x",
					 program->name, number, arch->name, verdict.action,
					 expected);
		}
		reading_call_free(&call);
	}
}

static void
test_the_built_in_filters_say_what_their_profiles_say(void **state)
{
	static const struct {
		const char *path;
		const struct filter_program *native, *compat;
	} rows[] = {
		{"src/profiles/default.json", &filter_default, &filter_default_compat},
		{"src/profiles/strict.json", &filter_strict, &filter_strict_compat},
		{"src/profiles/reader.json", &filter_reader, NULL},
	};
	const struct architecture *native = machine();
	uint64_t seed = 20260203;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct profile profile;
		struct notes notes = {0};

		kit_parse_file(rows[i].path, &profile, &notes);
		ask(rows[i].native, &profile, native, native, &seed);
		if (rows[i].compat)
			ask(rows[i].compat, &profile, native, native, &seed);
		if (rows[i].compat)
			ask(rows[i].compat, &profile, native, architecture_find(native->compat),
			    &seed);
		notes_free(&notes);
		profile_free(&profile);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_kernel_runs_any_program_as_the_evaluator_does),
		cmocka_unit_test(test_what_the_reader_of_profiles_takes_the_kernel_takes),
		cmocka_unit_test(test_the_built_in_filters_say_what_their_profiles_say),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
