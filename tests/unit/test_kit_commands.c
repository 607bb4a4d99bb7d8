/* SPDX-License-Identifier: MIT */
/* The kit's filter commands as they are used, and every refusal of their command lines. */
#include "../helpers/kit.h"

#include "confine/filter.h"
#include "kit/commands.h"
#include "kit/needs.h"
#include "kit/request.h"
#include "kit/walks.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ "\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\""

static const struct {
	const char *name, *text;
} files[] = {
	{"good.json", "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{" READ "}]}"},
	{"more.json",
	 "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{" READ "},{\"names\":"
	 "[\"write\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":0,\"value\":2,"
	 "\"op\":\"SCMP_CMP_EQ\"}]}]}"},
	{"same.json", "{\"syscalls\":[{\"name\":\"read\",\"action\":\"SCMP_ACT_ALLOW\"}],"
		      "\"defaultAction\":\"SCMP_ACT_ERRNO\"}"},
	{"bad.json", "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{}]}"},
	{"execve.json", "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{" READ "},{\"names\":"
			"[\"execve\"],\"action\":\"SCMP_ACT_KILL_PROCESS\"}]}"},
	{"arm.json",
	 "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"architectures\":[\"SCMP_ARCH_AARCH64\"],"
	 "\"syscalls\":[{" READ "}]}"},
	{"torn.bin", "STEPDOWN"},
};
enum { FILES = sizeof(files) / sizeof(files[0]) };

/* What a command said last. */
struct said {
	char *out, *errors;
};

static void
said_free(struct said *said)
{
	free(said->out);
	free(said->errors);
}

static char *
slurp(const char *path)
{
	struct refusal why;
	char *bytes;
	size_t length;

	if (file_read(path, &bytes, &length, &why) < 0)
		fail_msg("%s", why.text);
	bytes = realloc(bytes, length + 1);
	bytes[length] = '\0';
	unlink(path);
	return bytes;
}

/* Runs a command with its standard streams in files. */
static int
run(int (*command)(int, char **), const char *const *arguments, struct said *said)
{
	int out = dup(1), errors = dup(2);

	fflush(stdout);
	assert_non_null(freopen("stdout", "w", stdout));
	assert_non_null(freopen("stderr", "w", stderr));
	int status = kit_run(command, arguments);
	fflush(stdout);
	fflush(stderr);
	dup2(out, 1);
	dup2(errors, 2);
	close(out);
	close(errors);
	said->out = slurp("stdout");
	said->errors = slurp("stderr");
	return status;
}

static int
set_up(void **state)
{
	static char directory[] = "/tmp/stepdown-kit-commands.XXXXXX";
	struct refusal why;

	*state = mkdtemp(directory);
	if (!*state || chdir(directory) < 0)
		return -1;
	for (size_t i = 0; i < FILES; i++)
		if (file_write(files[i].name, files[i].text, strlen(files[i].text), &why) < 0)
			return -1;
	return 0;
}

static int
tear_down(void **state)
{
	static const char *const made[] = {"out", "other"};

	for (size_t i = 0; i < FILES; i++)
		unlink(files[i].name);
	for (size_t i = 0; i < 2; i++)
		unlink(made[i]);
	return chdir("/") < 0 || rmdir(*state) < 0 ? -1 : 0;
}

static const struct {
	int (*command)(int, char **);
	const char *arguments[12];
	const char *why;
} refused[] = {
	{command_compile, {"compile"}, "compile needs a profile and -o FILE"},
	{command_compile, {"compile", "good.json"}, "compile needs a profile and -o FILE"},
	{command_compile, {"compile", "-o", "out"}, "compile needs a profile and -o FILE"},
	{command_compile, {"compile", "good.json", "-o"}, "--output needs a value"},
	{command_compile, {"compile", "good.json", "--output="}, "--output has an empty value"},
	{command_compile,
	 {"compile", "good.json", "-o", "out", "-o", "x"},
	 "--output is given twice"},
	{command_compile,
	 {"compile", "good.json", "more.json", "-o", "out"},
	 "more.json: one argument"},
	{command_compile,
	 {"compile", "good.json", "-o", "out", "--out", "x"},
	 "--out: there is no such"},
	{command_compile,
	 {"compile", "good.json", "-o", "out", "--json"},
	 "--json: there is no such"},
	{command_compile,
	 {"compile", "good.json", "-o", "out", "--quiet=1"},
	 "--quiet takes no value"},
	{command_compile, {"compile", "good.json", "-o", "out", "--arch", "sparc"}, "--arch sparc"},
	{command_compile, {"compile", "good.json", "-o", "out", "--arch", "i386"}, "--arch i386"},
	{command_compile,
	 {"compile", "good.json", "-o", "out", "--arch", "amd64", "--arch", "x86_64"},
	 "--arch x86_64 is given twice"},
	{command_compile, {"compile", "good.json", "-o", "out", "--cap", "fly"}, "--cap fly"},
	{command_compile,
	 {"compile", "good.json", "-o", "out", "--kernel", "6"},
	 "--kernel 6: must be"},
	{command_compile,
	 {"compile", "good.json", "-o", "out", "--kernel", "6.1.2"},
	 "--kernel 6.1.2"},
	{command_compile,
	 {"compile", "good.json", "-o", "out", "--kernel", "-1.2"},
	 "--kernel -1.2"},
	{command_compile,
	 {"compile", "good.json", "-o", "out", "--kernel", "6.1", "--kernel", "6.2"},
	 "--kernel is given twice"},
	{command_compile,
	 {"compile", "none.json", "-o", "out"},
	 "cannot open none.json: No such file"},
	{command_compile,
	 {"compile", "bad.json", "-o", "out"},
	 "bad.json: syscalls[0]: names no call"},
	{command_compile, {"compile", "execve.json", "-o", "out"}, "denies execve"},
	{command_compile,
	 {"compile", "arm.json", "-o", "out", "--arch", "x86_64"},
	 "is not for x86_64"},
	{command_compile,
	 {"compile", "good.json", "-o", "none/out"},
	 "beside none/out: No such file"},
	{command_compile, {"compile", "good.json", "-o", "/dev/full/out"}, "/dev/full/out"},
	{command_embed, {"embed", "--profile", "good.json", "-o", "out"}, "embed needs --profile"},
	{command_embed,
	 {"embed", "--profile", "good.json", "-o", "out", "--name", "A-b"},
	 "--name A-b: only lower case"},
	{command_embed,
	 {"embed", "--profile", "good.json", "-o", "out", "--name", "a", "--compat", "--arch",
	  "x86_64"},
	 "do not name SCMP_ARCH_X86"},
	{command_embed,
	 {"embed", "--profile", "bad.json", "-o", "out", "--name", "a"},
	 "bad.json: syscalls[0]"},
	{command_embed, {"embed", "good.json"}, "good.json: one argument too many"},
	{command_names, {"names"}, "names needs --output FILE and one --arch"},
	{command_names,
	 {"names", "-o", "out", "--arch", "x86_64", "--arch", "aarch64"},
	 "one --arch"},
	{command_names, {"names", "-o", "none/out"}, "beside none/out: No such file"},
	{command_show, {"show"}, "show needs one profile"},
	{command_show, {"show", "good.json", "more.json", "same.json"}, "one argument too many"},
	{command_show, {"show", "none"}, "cannot open none"},
	{command_show, {"show", "bad.json"}, "bad.json: syscalls[0]"},
	{command_show, {"show", "torn.bin"}, "torn.bin: is cut off"},
	{command_show, {"show", "good.json", "torn.bin"}, "torn.bin: is cut off"},
};

static void
test_every_refusal_is_one_line_and_125_and_writes_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct said said;

		unlink("out");
		int status = run(refused[i].command, refused[i].arguments, &said);
		if (status != STATUS_FAILED || !strstr(said.errors, refused[i].why) ||
		    strncmp(said.errors, "stepdown-kit: ", 14) != 0)
			fail_msg("row %zu: status %d, \"%s\", not \"%s\"", i, status, said.errors,
				 refused[i].why);
		assert_ptr_equal(strchr(said.errors, '\n'), said.errors + strlen(said.errors) - 1);
		assert_int_equal(access("out", F_OK), -1);
		said_free(&said);
	}
}

static void
test_a_name_with_control_characters_cannot_write_to_the_terminal(void **state)
{
	const char *const arguments[] = {"show", "no\033[31m\n", NULL};
	struct said said;

	(void)state;
	assert_int_equal(run(command_show, arguments, &said), STATUS_FAILED);
	assert_non_null(strstr(said.errors, "no\\x1b[31m\\x0a"));
	assert_null(strchr(said.errors, '\033'));
	said_free(&said);
}

static void
test_a_mode_that_all_can_read_and_no_leftovers(void **state)
{
	const char *const arguments[] = {"compile", "good.json", "-o", "out", NULL};
	struct said said;
	struct stat status;

	(void)state;
	umask(022);
	assert_int_equal(run(command_compile, arguments, &said), STATUS_FINE);
	assert_non_null(strstr(said.out, "out: good, "));
	assert_string_equal(said.errors,
			    "stepdown-kit: good.json: note: a dynamically linked service "
			    "cannot start under it, for want of: brk close mmap mprotect "
			    "openat\n");
	assert_int_equal(stat("out", &status), 0);
	assert_int_equal(status.st_mode & 07777, 0644);
	said_free(&said);
}

static void
test_a_capability_without_its_calls_is_noted(void **state)
{
	const char *const arguments[] = {"compile", "good.json", "-o",    "out",
					 "--cap",   "sys_time",  "--cap", "CAP_CHOWN",
					 "--arch",  "x86_64",    NULL};
	struct said said;

	(void)state;
	assert_int_equal(run(command_compile, arguments, &said), STATUS_FINE);
	assert_non_null(strstr(said.errors,
			       "note: --cap CAP_SYS_TIME: the profile denies calls that it is "
			       "for: adjtimex clock_adjtime clock_settime settimeofday"));
	assert_null(strstr(said.errors, "CAP_CHOWN"));
	said_free(&said);
}

static void
test_show_says_what_is_allowed_denied_and_conditional(void **state)
{
	const char *const arguments[] = {"show", "more.json", "--arch", "x86_64", NULL};
	struct said said;

	(void)state;
	assert_int_equal(run(command_show, arguments, &said), STATUS_FINE);
	assert_non_null(
		strstr(said.out, "ALLOW: 8\n    read rt_sigreturn execve exit restart_syscall "));
	assert_non_null(strstr(said.out, "    write\n"));
	assert_non_null(
		strstr(said.out, "ALLOW where argument 0 (upper half) = 0x0, argument 0 = 0x2\n"));
	assert_non_null(strstr(said.out, "newer calls: ERRNO(ENOSYS)"));
	/* What is stepdown's is told apart from what the profile says of the call. */
	assert_non_null(strstr(said.out, "\nseccomp(0x7ffffffe), by which stepdown proves its "
					 "filter: ERRNO(4001)\n"));
	assert_null(strstr(said.out, "\n    seccomp\n        "));
	assert_non_null(strstr(said.out, "a 32-bit service needs --seccomp-compat"));
	said_free(&said);
}

static void
test_show_reads_a_compiled_file_alike(void **state)
{
	const char *const compile[] = {"compile", "more.json", "-o", "out",
				       "--arch",  "x86_64",    "-q", NULL};
	const char *const show[] = {"show", "more.json", "out", "--arch", "x86_64", NULL};
	struct said said;

	(void)state;
	assert_int_equal(run(command_compile, compile, &said), STATUS_FINE);
	said_free(&said);
	assert_int_equal(run(command_show, show, &said), STATUS_FINE);
	assert_string_equal(said.out, "more.json and out answer every call alike\n");
	said_free(&said);
}

static void
test_show_of_two_says_the_difference_and_1(void **state)
{
	const char *const differ[] = {"show", "good.json", "more.json", "--arch", "x86_64", NULL};
	const char *const same[] = {"show", "good.json", "same.json", "--arch", "x86_64", NULL};
	const char *const json[] = {"show",   "good.json", "more.json", "--arch",
				    "x86_64", "--json",    NULL};
	struct said said;

	(void)state;
	assert_int_equal(run(command_show, differ, &said), STATUS_DIFFERS);
	assert_string_equal(
		said.out,
		"write:\n  - ERRNO(ENOSYS)\n"
		"  + ALLOW where argument 0 (upper half) = 0x0, argument 0 = 0x2\n"
		"  + ERRNO(EPERM) where argument 0 (upper half) = 0x0, argument 0 not 0x2\n"
		"  + ERRNO(EPERM) where argument 0 (upper half) not 0\n");
	said_free(&said);
	assert_int_equal(run(command_show, same, &said), STATUS_FINE);
	said_free(&said);
	assert_int_equal(run(command_show, json, &said), STATUS_DIFFERS);
	assert_non_null(strstr(said.out, "\"action\":\"ERRNO(ENOSYS)\""));
	said_free(&said);
}

static void
test_show_prints_json(void **state)
{
	const char *const arguments[] = {"show", "more.json", "--arch", "aarch64", "--json", NULL};
	struct said said;

	(void)state;
	assert_int_equal(run(command_show, arguments, &said), STATUS_FINE);
	assert_non_null(strstr(said.out, "\"arch\":\"aarch64\""));
	assert_non_null(strstr(said.out, "\"conditions\":["));
	assert_non_null(
		strstr(said.out, "\"where\":\"argument 0 (upper half) = 0x0, argument 0 = 0x2\""));
	said_free(&said);
}

static void
test_needs_are_the_calls_that_are_denied(void **state)
{
	struct profile profile;
	struct notes notes = {0};
	struct refusal why;
	struct service service = kit_service("x86_64");
	struct policy policy;
	char calls[NEEDS_TEXT];

	(void)state;
	kit_parse(
		"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":[\"settimeofday\"],"
		"\"action\":\"SCMP_ACT_ALLOW\"}]}",
		&profile, &notes);
	assert_int_equal(policy_make(&profile, &service, service.native, &policy, &notes, &why), 0);
	assert_int_equal(needs_denied(&policy, CAP_SYS_TIME, calls), 3);
	assert_string_equal(calls, "adjtimex clock_adjtime clock_settime");
	assert_int_equal(needs_denied(&policy, CAP_SYS_CHROOT, calls), 1);
	assert_int_equal(needs_denied(&policy, CAP_NET_BIND_SERVICE, calls), 0);
	policy_free(&policy);
	profile_free(&profile);
}

static void
test_a_capability_has_one_name(void **state)
{
	(void)state;
	assert_string_equal(capability_name("net_raw"), "CAP_NET_RAW");
	assert_string_equal(capability_name("Cap_Net_Raw"), "CAP_NET_RAW");
	assert_null(capability_name("net"));
	assert_null(capability_name(""));
	assert_int_equal(capability_number("CAP_CHOWN"), CAP_CHOWN);
	assert_int_equal(capability_number("CAP_SYS_TIME"), CAP_SYS_TIME);
	assert_int_equal(capability_number("CAP_CHECKPOINT_RESTORE"), CAP_LAST_CAP);
	assert_int_equal(capability_number("CAP_NOTHING"), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_refusal_is_one_line_and_125_and_writes_nothing),
		cmocka_unit_test(test_a_name_with_control_characters_cannot_write_to_the_terminal),
		cmocka_unit_test(test_a_mode_that_all_can_read_and_no_leftovers),
		cmocka_unit_test(test_a_capability_without_its_calls_is_noted),
		cmocka_unit_test(test_show_says_what_is_allowed_denied_and_conditional),
		cmocka_unit_test(test_show_reads_a_compiled_file_alike),
		cmocka_unit_test(test_show_of_two_says_the_difference_and_1),
		cmocka_unit_test(test_show_prints_json),
		cmocka_unit_test(test_needs_are_the_calls_that_are_denied),
		cmocka_unit_test(test_a_capability_has_one_name),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
