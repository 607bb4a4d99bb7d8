/* SPDX-License-Identifier: MIT */
/* Profiles beside default: strict, 32-bit calls on request, and files that stepdown-kit compiled.
 */
#include "helpers/compat.h"
#include "helpers/support.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const char json[] =
	"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"architectures\":[\"SCMP_ARCH_X86_64\","
	"\"SCMP_ARCH_AARCH64\"],\"syscalls\":[{\"names\":[\"getppid\"],\"action\":"
	"\"SCMP_ACT_ERRNO\",\"errnoRet\":95}]}";

static char whole[4096];

static const char *
in_sandbox(const char *path)
{
	snprintf(whole, sizeof(whole), "%s%s", sandbox_make(), path);
	return whole;
}

/* Compiles a profile into /etc/stepdown/own.seccomp of the sandbox. */
static void
compile(const char *source)
{
	static struct outcome outcome;
	char from[4200];
	char to[4200];

	sandbox_write("/etc/stepdown/own.json", source, 0644);
	snprintf(from, sizeof(from), "%s", in_sandbox("/etc/stepdown/own.json"));
	snprintf(to, sizeof(to), "%s", in_sandbox("/etc/stepdown/own.seccomp"));
	run_words(&outcome, NULL, "build/stepdown-kit", "compile", from, "-o", to);
	if (outcome.status)
		fail_msg("compile: %d %s", outcome.status, outcome.err);
	if (chmod(to, 0644))
		fail_msg("chmod %s", to);
}

static int
set_up(void **state)
{
	(void)state;
	sandbox_make();
	sandbox_copy("build/tests/helpers/foreign", "/bin/foreign", 0755);
	compile(json);
	return 0;
}

static void
start(struct outcome *outcome, const char *profile, const char *trial)
{
	run_words(outcome, sandbox_make(), "/sbin/stepdown", "-u", "app", "--seccomp", profile,
		  "--", "foreign", trial);
}

static void
test_a_compiled_profile_is_what_the_service_gets(void **state)
{
	static struct outcome outcome;

	(void)state;
	start(&outcome, "/etc/stepdown/own.seccomp", "getppid");
	assert_string_equal(outcome.err, "");
	assert_string_equal(outcome.out, "-95\n");
	start(&outcome, "/etc/stepdown/own.seccomp", "canary");
	assert_string_equal(outcome.out, "-4001\n");
	start(&outcome, "default", "getppid");
	assert_true(strtol(outcome.out, NULL, 10) >= 0);
}

static void
test_the_dry_run_names_the_profile(void **state)
{
	static struct outcome outcome;

	(void)state;
	run_words(&outcome, sandbox_make(), "/sbin/stepdown", "-u", "app", "--seccomp",
		  "/etc/stepdown/own.seccomp", "--dry-run", "--", "probe");
	assert_int_equal(outcome.status, 0);
	assert_string_equal(value_of(outcome.out, "seccomp"), "own");
	run_words(&outcome, sandbox_make(), "/sbin/stepdown", "-u", "app", "--seccomp", "strict",
		  "--dry-run", "--", "probe");
	assert_string_equal(value_of(outcome.out, "seccomp"), "strict");
}

/* --- who may have written it -------------------------------------------------------------------
 */

struct owner_row {
	unsigned file_mode, directory_mode;
	uid_t file_owner, directory_owner;
	const char *says[2]; /* NULL: it is taken */
};

static const struct owner_row owner_rows[] = {
	{0644, 0755, 0, 0, {NULL}},
	{0400, 0700, 0, 0, {NULL}},
	{0664, 0755, 0, 0, {"0664", "chmod"}},
	{0646, 0755, 0, 0, {"0646", "chmod"}},
	{0644, 0775, 0, 0, {"0775", "directory"}},
	{0644, 01777, 0, 0, {NULL}},
	{0644, 0757, 0, 0, {"0757", "directory"}},
	{0644, 0755, 10001, 0, {"uid 10001", "chown"}},
	{0644, 0755, 0, 10001, {"uid 10001", "directory"}},
};

static void
test_only_a_profile_of_roots_is_read(void **state)
{
	static struct outcome outcome;

	(void)state;
	for (size_t i = 0; i < sizeof(owner_rows) / sizeof(owner_rows[0]); i++) {
		const struct owner_row *row = &owner_rows[i];
		const char *file = in_sandbox("/etc/stepdown/own.seccomp");

		if (chown(file, row->file_owner, 0) || chmod(file, row->file_mode))
			fail_msg("prepare row %zu", i);
		const char *directory = in_sandbox("/etc/stepdown");

		if (chown(directory, row->directory_owner, 0) ||
		    chmod(directory, row->directory_mode))
			fail_msg("prepare row %zu", i);
		start(&outcome, "/etc/stepdown/own.seccomp", "getppid");
		if (outcome.status != (row->says[0] ? 125 : 0))
			fail_msg("row %zu: %d %s", i, outcome.status, outcome.err);
		for (unsigned p = 0; p < 2 && row->says[p]; p++)
			assert_says(outcome.err, row->says[p]);
		if (chown(directory, 0, 0) || chmod(directory, 0755))
			fail_msg("mend row %zu", i);
	}
	if (chown(in_sandbox("/etc/stepdown/own.seccomp"), 0, 0) || chmod(whole, 0644))
		fail_msg("mend the file");
}

/* A service that may write in a directory on the way could choose the profile of the next start. */
static void
test_no_profile_comes_by_way_of_anothers_directory_or_link(void **state)
{
	static struct outcome outcome;
	static const char profile[] = "/srv/roots/own.seccomp";
	char from[4200];

	(void)state;
	sandbox_write("/srv/roots/own.json", json, 0644);
	snprintf(from, sizeof(from), "%s", in_sandbox("/srv/roots/own.json"));
	run_words(&outcome, NULL, "build/stepdown-kit", "compile", from, "-o", in_sandbox(profile));
	assert_int_equal(outcome.status, 0);
	if (chmod(in_sandbox(profile), 0644))
		fail_msg("chmod");
	start(&outcome, profile, "getppid");
	assert_int_equal(outcome.status, 0);
	if (chown(in_sandbox("/srv"), 1001, 1001))
		fail_msg("chown");
	start(&outcome, profile, "getppid");
	assert_int_equal(outcome.status, 125);
	assert_says(outcome.err, "/srv/roots/own.seccomp: the directory /srv belongs to uid 1001");
	if (symlink("../etc/stepdown", in_sandbox("/srv/link")))
		fail_msg("symlink");
	start(&outcome, "/srv/link/own.seccomp", "getppid");
	assert_int_equal(outcome.status, 125);
	assert_says(outcome.err, "the directory /srv belongs to uid 1001");
	/* Root's directory, but his link. */
	if (chown(in_sandbox("/srv"), 0, 0) || lchown(in_sandbox("/srv/link"), 1001, 1001))
		fail_msg("chown");
	start(&outcome, "/srv/link/own.seccomp", "getppid");
	assert_int_equal(outcome.status, 125);
	assert_says(outcome.err, "is reached by one, that is not root's own");
	if (lchown(in_sandbox("/srv/link"), 0, 0))
		fail_msg("chown");
	start(&outcome, "/srv/link/own.seccomp", "getppid");
	assert_int_equal(outcome.status, 0);
}

/* --- what is in it -------------------------------------------------------------------------------
 */

static void
assert_refused(const char *profile, const char *says)
{
	static struct outcome outcome;

	start(&outcome, profile, "getppid");
	if (outcome.status != 125 || outcome.out[0])
		fail_msg("%s: %d %s", profile, outcome.status, outcome.out);
	assert_says(outcome.err, says);
	assert_ptr_equal(strchr(outcome.err, '\n'), outcome.err + strlen(outcome.err) - 1);
}

static void
test_what_is_no_profile_is_refused(void **state)
{
	(void)state;
	assert_refused("own", "default, strict, off");
	assert_refused("./own.seccomp", "default, strict, off");
	assert_refused("/etc/stepdown/missing.seccomp", "No such file");
	assert_refused("/etc/stepdown", "not a regular file");
	assert_refused("/", "not a regular file");
	assert_refused("/etc/stepdown/", "not a regular file");
	assert_refused("/etc/stepdown/own.json", "stepdown-kit");
	assert_refused("/dev/null", "not a regular file");
	if (mkfifo(in_sandbox("/etc/stepdown/fifo.seccomp"), 0644))
		fail_msg("prepare");
	sandbox_write("/etc/stepdown/huge.seccomp", "", 0644);
	if (truncate(in_sandbox("/etc/stepdown/huge.seccomp"), 16 * 1024 * 1024))
		fail_msg("truncate");
	assert_refused("/etc/stepdown/huge.seccomp", " bytes or more; it is not what it should be");
	assert_refused("/etc/stepdown/fifo.seccomp", "not a regular file");
}

/* The shipped binary itself, on every eighth truncation and on a flipped bit in every byte. */
static void
test_a_damaged_profile_is_refused(void **state)
{
	static struct outcome outcome;
	static char good[65536];
	size_t size;

	(void)state;
	FILE *from = fopen(in_sandbox("/etc/stepdown/own.seccomp"), "r");

	if (!from)
		fail_msg("open");
	size = fread(good, 1, sizeof(good), from);
	fclose(from);
	for (size_t i = 0; i < 2 * size; i += i < size ? 8 : 1) {
		FILE *to = fopen(in_sandbox("/etc/stepdown/bad.seccomp"), "w");

		if (i >= size)
			good[i - size] ^= 4;
		if (!to || fwrite(good, 1, i < size ? i : size, to) != (i < size ? i : size) ||
		    fclose(to))
			fail_msg("write");
		if (i >= size)
			good[i - size] ^= 4;
		start(&outcome, "/etc/stepdown/bad.seccomp", "getppid");
		if (outcome.status != 125 || !strstr(outcome.err, "/etc/stepdown/bad.seccomp"))
			fail_msg("%zu: %d %s", i, outcome.status, outcome.err);
	}
}

static void
test_a_profile_of_another_architecture_is_refused(void **state)
{
	static struct outcome outcome;
	char to[4200];

	(void)state;
	snprintf(to, sizeof(to), "%s", in_sandbox("/etc/stepdown/other.seccomp"));
	run_words(&outcome, NULL, "build/stepdown-kit", "compile", "--arch",
#ifdef __x86_64__
		  "arm64",
#else
		  "amd64",
#endif
		  in_sandbox("/etc/stepdown/own.json"), "-o", to);
	assert_int_equal(outcome.status, 0);
	assert_int_equal(chmod(to, 0644), 0);
	assert_refused("/etc/stepdown/other.seccomp", "--arch");
}

/* --- strict and the 32-bit calls
 * ------------------------------------------------------------------ */

struct strict_row {
	const char *trial;
	const char *by_default;
	const char *by_strict;
};

static const struct strict_row strict_rows[] = {
	{"ptrace", "-3\n", "-1\n"},
	{"packet", "-22\n", "-1\n"},
	{"userns", "-1\n", "-1\n"},
#ifdef __x86_64__
	/* The kernel widens this one's errno from 32 bits. */
	{"modify-ldt", "4294967258\n", "-1\n"},
#endif
};

static void
test_strict_denies_what_a_network_service_does_not_need(void **state)
{
	static struct outcome outcome;

	(void)state;
	for (size_t i = 0; i < sizeof(strict_rows) / sizeof(strict_rows[0]); i++) {
		start(&outcome, "default", strict_rows[i].trial);
		if (strcmp(outcome.out, strict_rows[i].by_default))
			fail_msg("%s by default: %s%s", strict_rows[i].trial, outcome.out,
				 outcome.err);
		start(&outcome, "strict", strict_rows[i].trial);
		if (strcmp(outcome.out, strict_rows[i].by_strict))
			fail_msg("%s by strict: %s%s", strict_rows[i].trial, outcome.out,
				 outcome.err);
	}
}

static void
test_strict_lets_the_probe_do_its_work(void **state)
{
	static struct outcome said;
	static struct outcome got;

	(void)state;
	run_words(&said, sandbox_make(), "/sbin/stepdown", "-u", "app", "--seccomp", "strict",
		  "--dry-run", "--", "probe");
	run_words(&got, sandbox_make(), "/sbin/stepdown", "-u", "app", "--seccomp", "strict", "--",
		  "probe");
	assert_int_equal(got.status, 0);
	assert_true(assert_same_keys(said.out, got.out) > 15);
	run_words(&got, sandbox_make(), "/sbin/stepdown", "-u", "app", "--seccomp", "strict", "--",
		  "probe", "regain");
	assert_int_equal(got.status, 0);
}

static int
run_compat(const char *how, const char *profile)
{
	static struct outcome outcome;

	assert_int_equal(compat_install(in_sandbox("/bin/small")), 0);
	run_words(&outcome, sandbox_make(), "/sbin/stepdown", "-u", "app", how, profile, "--",
		  "small");
	return outcome.status;
}

/* A whole program of the 32-bit mode: the same profile judges its calls. */
static void
test_a_32_bit_programs_calls_are_judged_on_request(void **state)
{
	(void)state;
	assert_int_equal(compat_install(in_sandbox("/bin/small")), 0);
	if (!compat_runs(in_sandbox("/bin/small"))) {
		assert_int_equal(run_compat("--seccomp-compat", "--seccomp=default"), 126);
		return;
	}
	assert_int_equal(run_compat("--seccomp-compat", "--seccomp=default"), EPERM);
	assert_int_equal(run_compat("--seccomp-compat", "--seccomp=strict"), EPERM);
	/* It is the filter that says so. */
	assert_in_range(run_compat("--seccomp", "off"), EPERM + 1, 124);
}

static void
test_32_bit_calls_are_judged_on_request(void **state)
{
#ifdef __x86_64__
	static struct outcome outcome;

	(void)state;
	run_words(&outcome, sandbox_make(), "/sbin/stepdown", "-u", "app", "--seccomp-compat", "--",
		  "foreign", "int80");
	if (!compat_has_calls()) {
		assert_int_equal(outcome.status, 128 + SIGSEGV);
		return;
	}
	assert_int_equal(outcome.status, 0);
	assert_true(strtol(outcome.out, NULL, 10) > 0);
	/*
	 * The same profile judges them: keyctl is 288 there. Not bpf, which many kernels keep from
	 * users themselves.
	 */
	run_words(&outcome, sandbox_make(), "/sbin/stepdown", "-u", "app", "--seccomp-compat", "--",
		  "foreign", "int80-keyctl");
	assert_string_equal(outcome.out, "-1\n");
	run_words(&outcome, sandbox_make(), "/sbin/stepdown", "-u", "app", "--seccomp", "off", "--",
		  "foreign", "int80-keyctl");
	assert_string_not_equal(outcome.out, "-1\n");
	start(&outcome, "default", "int80");
	assert_int_equal(outcome.status, 128 + SIGSYS);
#else
	(void)state;
	print_message("skipped: int 0x80 is of x86-64\n");
	skip();
#endif
}

static void
test_a_kept_capability_that_the_profile_makes_useless_is_warned_of(void **state)
{
	static struct outcome outcome;

	(void)state;
	run_words(&outcome, sandbox_make(), "/sbin/stepdown", "-u", "app", "--keep-cap", "sys_time",
		  "--", "probe", "exit", "0");
	assert_int_equal(outcome.status, 0);
	assert_says(outcome.err, "--keep-cap sys_time");
	assert_says(outcome.err, "clock_settime");
	assert_says(outcome.err, "--cap sys_time");
	run_words(&outcome, sandbox_make(), "/sbin/stepdown", "-u", "app", "--keep-cap",
		  "net_bind_service", "--", "probe", "exit", "0");
	assert_string_equal(outcome.err, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_compiled_profile_is_what_the_service_gets),
		cmocka_unit_test(test_the_dry_run_names_the_profile),
		cmocka_unit_test(test_only_a_profile_of_roots_is_read),
		cmocka_unit_test(test_no_profile_comes_by_way_of_anothers_directory_or_link),
		cmocka_unit_test(test_what_is_no_profile_is_refused),
		cmocka_unit_test(test_a_damaged_profile_is_refused),
		cmocka_unit_test(test_a_profile_of_another_architecture_is_refused),
		cmocka_unit_test(test_strict_denies_what_a_network_service_does_not_need),
		cmocka_unit_test(test_strict_lets_the_probe_do_its_work),
		cmocka_unit_test(test_a_32_bit_programs_calls_are_judged_on_request),
		cmocka_unit_test(test_32_bit_calls_are_judged_on_request),
		cmocka_unit_test(
			test_a_kept_capability_that_the_profile_makes_useless_is_warned_of),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
