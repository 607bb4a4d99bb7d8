/* SPDX-License-Identifier: MIT */
/* stepdown-kit check: what a profile would have denied, and what would mend it */
#include "helpers/compat.h"
#include "learning.h"

#define check(profile, ...)                                                                        \
	run("build/stepdown-kit", "check", (profile), "-o", in_folder("report.json"), "--user",    \
	    "4321", "--", __VA_ARGS__)

static void
write_profile(const char *name, const char *text)
{
	FILE *file = fopen(in_folder(name), "w");

	fputs(text, file);
	fclose(file);
}

static void
test_nothing_denied_is_status_0(void **state)
{
	(void)state;
	check("default", "sh", "-c", "ls / | wc -l >/dev/null; echo done");
	assert_status(0);
	assert_string_equal(outcome.out, "done\n");
	assert_says(outcome.err, "default would have denied 0 kinds of calls");
	assert_file_says(in_folder("report.json"), "\"denied\": []");
}

struct denial_row {
	const char *profile;
	const char *says; /* on standard error */
	const char *rule; /* in the report */
};

static const struct denial_row denials[] = {
	{"strict", "  socket(AF_NETLINK, NETLINK_GENERIC): EPERM, 1 time, by /tmp/",
	 "{ \"index\": 2, \"value\": 4294967295, \"valueTwo\": 16, \"op\": "
	 "\"SCMP_CMP_MASKED_EQ\" }"},
	{"strict", "  unshare(CLONE_FILES): EPERM, 1 time, by /tmp/",
	 "\"names\": [ \"unshare\" ],"},
	{"default", "  unshare(CLONE_FILES): EPERM, 1 time, by /tmp/",
	 "{ \"index\": 0, \"value\": 18446744073709551615, \"valueTwo\": 1024, \"op\": "
	 "\"SCMP_CMP_MASKED_EQ\" }"},
};

static void
test_each_denial_is_status_1_and_comes_with_its_rule(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(denials) / sizeof(denials[0]); i++) {
		check(denials[i].profile, in_folder("service"), "arguments");
		assert_status(1);
		assert_says(outcome.err, denials[i].says);
		assert_file_says(in_folder("report.json"), denials[i].rule);
	}
}

/* The real test of a rule: with it the profile denies nothing any more. */
static void
test_the_rules_mend_the_profile(void **state)
{
	(void)state;
	check("strict", in_folder("service"), "arguments");
	assert_status(1);
	run("python3", "-c",
	    "import json, sys\n"
	    "profile = json.load(open('src/profiles/strict.json'))\n"
	    "report = json.load(open(sys.argv[1]))\n"
	    "assert len(report['denied']) >= 2\n"
	    "profile['syscalls'] += [d['rule'] for d in report['denied']]\n"
	    "json.dump(profile, open(sys.argv[2], 'w'))\n",
	    in_folder("report.json"), in_folder("mended.json"));
	assert_status(0);
	check(in_folder("mended.json"), in_folder("service"), "arguments");
	assert_status(0);
	/* And no more than that: its neighbours are denied as before. */
	run("build/stepdown-kit", "show", "src/profiles/strict.json", in_folder("mended.json"));
	assert_int_equal(outcome.status, 1);
	assert_null(strstr(outcome.out, "ptrace"));
}

/* Every denial is found in one run: none of them is really given. */
static void
test_calls_are_counted_and_not_denied(void **state)
{
	(void)state;
	write_profile("few.json",
		      "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [ {\"names\": "
		      "[\"getppid\"], \"action\": \"SCMP_ACT_ERRNO\", \"errnoRet\": 13 } ] }");
	check(in_folder("few.json"), in_folder("service"), "calls", "12345");
	assert_status(1);
	assert_says(outcome.err, "the service ended with status 0");
	assert_says(outcome.err, ": EACCES, 12345 times, by ");
	assert_says(outcome.err, "take \"getppid\" out of syscalls[0], which denies it, and add");
	assert_file_says(in_folder("report.json"), "\"count\": 12345");
	assert_file_says(in_folder("report.json"), "\"answer\": \"EACCES\"");
}

/* Threads ask for clone3 first: that it is not there is no denial, and sends them to clone. */
static void
test_not_implemented_is_given_and_is_no_denial(void **state)
{
	(void)state;
	run("build/stepdown-kit", "check", "strict", "-o", in_folder("report.json"), "--record",
	    in_folder("record"), "--user", "4321", "--", "python3", "-c",
	    /* Not every machine's C library tries it before clone: 435 is clone3 on all of them. */
	    "import ctypes, threading; ctypes.CDLL(None).syscall(435, 0, 0); "
	    "t = threading.Thread(target=print, args=('done',)); t.start(); t.join()");
	assert_status(0);
	assert_file_says(in_folder("record"), " clone 1 ");
	assert_string_equal(outcome.out, "done\n");
	assert_says(outcome.err, "clone3(");
	assert_file_says(in_folder("report.json"), "\"notImplemented\": [\n");
	assert_file_says(in_folder("report.json"), "\"call\": \"clone3\"");
}

static void
test_32_bit_calls_are_killed_unless_compat_is_asked_for(void **state)
{
	(void)state;
#ifdef __x86_64__
	run("build/stepdown", "--seccomp", "off", "--user", "4321", "--", in_folder("service"),
	    "narrow");
	if (!compat_has_calls()) {
		assert_status(128 + SIGSEGV);
		return;
	}
	assert_status(0);
	check("default", in_folder("service"), "narrow");
	assert_status(1);
	assert_says(outcome.err, "KILL_PROCESS");
	assert_says(outcome.err, "--seccomp-compat");
	run("build/stepdown-kit", "check", "default", "--compat", "--user", "4321", "--",
	    in_folder("service"), "narrow");
	assert_status(0);
#endif
}

/* What check foretells is what happens. */
static void
test_it_foretells_what_the_filter_does(void **state)
{
	(void)state;
	check("strict", "python3", "-c", "import ctypes; ctypes.CDLL(None).ptrace(0, 0, 0, 0)");
	assert_status(1);
	assert_says(outcome.err, "ptrace(0): EPERM");
	run("build/stepdown", "--seccomp", "strict", "--user", "4321", "--", "python3", "-c",
	    "import ctypes; l = ctypes.CDLL(None, use_errno=True); l.ptrace(0, 0, 0, 0); "
	    "print(ctypes.get_errno())");
	assert_string_equal(outcome.out, "1\n");
}

static void
test_a_bad_profile_or_command_is_125(void **state)
{
	(void)state;
	write_profile("bad.json", "{\"defaultAction\": \"SCMP_ACT_SOMETIMES\"}");
	check(in_folder("bad.json"), "true");
	assert_int_equal(outcome.status, 125);
	assert_says(outcome.err, "SCMP_ACT_SOMETIMES");
	check("no-such-profile", "true");
	assert_int_equal(outcome.status, 125);
	check("default", "no-such-command");
	assert_int_equal(outcome.status, 125);
	run("build/stepdown-kit", "check", "default", "--user", "4321");
	assert_int_equal(outcome.status, 125);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_denied_is_status_0),
		cmocka_unit_test(test_each_denial_is_status_1_and_comes_with_its_rule),
		cmocka_unit_test(test_the_rules_mend_the_profile),
		cmocka_unit_test(test_calls_are_counted_and_not_denied),
		cmocka_unit_test(test_not_implemented_is_given_and_is_no_denial),
		cmocka_unit_test(test_32_bit_calls_are_killed_unless_compat_is_asked_for),
		cmocka_unit_test(test_it_foretells_what_the_filter_does),
		cmocka_unit_test(test_a_bad_profile_or_command_is_125),
	};

	return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
