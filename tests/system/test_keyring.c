/* SPDX-License-Identifier: MIT */
/*
 * The caller's session keyring through the shipped program: a service that looks for root's keys,
 * where its profile lets it ask at all.
 */
#include "helpers/support.h"

#include <errno.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

enum { ANY = -1 };

static struct outcome outcome;

static void
need_keys(void)
{
	if (can_make_namespaces() && syscall(SYS_keyctl, ANY) < 0 && errno == EOPNOTSUPP)
		return;
	if (getenv("STEPDOWN_TESTS_MUST_RUN"))
		fail_msg("needs root, and a kernel with keys (CONFIG_KEYS)");
	print_message("skipped: needs root, and a kernel with keys (CONFIG_KEYS)\n");
	skip();
}

/* A session of root's, with a key in it whose number is in `key`. */
static char key[32];

static void
have_a_key(void)
{
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0)
		_exit(99);
	long id = syscall(SYS_add_key, "user", "roots", "sesame", 6UL, KEY_SPEC_SESSION_KEYRING);

	if (id < 0)
		_exit(98);
	snprintf(key, sizeof(key), "%ld", id);
	setenv("KEY", key, 1);
}

/* keyctl(2) with this operation, or with ANY, is answered so by an outer filter. */
static void
answer(int operation, uint32_t action)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_keyctl, 0, operation == ANY ? 2 : 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)operation, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, action),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};

	if (operation == ANY) {
		code[1].jf = 3;
		code[3] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action);
	}
	have_a_key();
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		_exit(97);
}

static void
deny_keys(void)
{
	answer(ANY, SECCOMP_RET_ERRNO | EPERM);
}

static void
hide_keys(void)
{
	answer(ANY, SECCOMP_RET_ERRNO | ENOSYS);
}

static void
kill_for_keys(void)
{
	answer(ANY, SECCOMP_RET_KILL_PROCESS);
}

static void
use_up_the_quota(void)
{
	answer(KEYCTL_JOIN_SESSION_KEYRING, SECCOMP_RET_ERRNO | EDQUOT);
}

static void
deny_joining(void)
{
	answer(KEYCTL_JOIN_SESSION_KEYRING, SECCOMP_RET_ERRNO | EPERM);
}

static void
lie_about_joining(void)
{
	answer(KEYCTL_JOIN_SESSION_KEYRING, SECCOMP_RET_ERRNO);
}

static void
lie_about_keys(void)
{
	answer(ANY, SECCOMP_RET_ERRNO);
}

static void
write_profile(const char *name, const char *rules)
{
	char text[600], source[64], path[64];

	snprintf(source, sizeof(source), "/profiles/%s.json", name);
	snprintf(
		text, sizeof(text),
		"{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"architectures\": [\"SCMP_ARCH_X86_64\", "
		"\"SCMP_ARCH_X86\", \"SCMP_ARCH_AARCH64\", \"SCMP_ARCH_ARM\"], \"syscalls\": [%s]}",
		rules);
	sandbox_write(source, text, 0644);
	snprintf(source, sizeof(source), "%s/profiles/%s.json", sandbox_make(), name);
	snprintf(path, sizeof(path), "%s/profiles/%s", sandbox_make(), name);
	run_words(&outcome, NULL, "build/stepdown-kit", "compile", source, "-o", path);
	if (outcome.status)
		fail_msg("compile: %s", outcome.err);
}

static int
make_room(void **state)
{
	(void)state;
	if (!can_make_namespaces())
		return 0;
	sandbox_make();
	sandbox_copy("build/tests/helpers/intruder", "/bin/intruder", 0755);
	sandbox_copy("build/stepdown", "/bin/gosu", 0755);
	write_profile("keys", "{\"names\": [\"mount\"], \"action\": \"SCMP_ACT_ERRNO\"}");
	write_profile("some-keys",
		      "{\"names\": [\"keyctl\"], \"action\": \"SCMP_ACT_ERRNO\", "
		      "\"args\": [{\"index\": 0, \"value\": 1, \"op\": \"SCMP_CMP_EQ\"}]}");
	write_profile("request", "{\"names\": [\"keyctl\", \"add_key\"], \"action\": "
				 "\"SCMP_ACT_ERRNO\"}");
	write_profile("no-keys", "{\"names\": [\"keyctl\", \"add_key\", \"request_key\"], "
				 "\"action\": \"SCMP_ACT_ERRNO\", \"errnoRet\": 13}");
	return 0;
}

/* Runs stepdown with the words of `options` and the intruder with those of `command`. */
static void
start(const char *options, const char *command, void (*prepare)(void), void (*enter)(void))
{
	char text[512];
	const char *argv[24] = {"/sbin/stepdown"};
	unsigned count = 1;

	snprintf(text, sizeof(text), "%s -- intruder %s", options, command);
	for (char *word = strtok(text, " "); word; word = strtok(NULL, " "))
		argv[count++] = word;
	run_program(
		&(struct run){
			.argv = argv, .root = sandbox_make(), .prepare = prepare, .enter = enter},
		&outcome);
}

static const char joins[] = "step=join a session keyring of its own\n";
static const char proves[] = "step=find no way back to root's keys\n";

static void
test_no_key_of_before_can_be_found(void **state)
{
	static const struct {
		const char *options;
		int status;
		bool joins;
	} rows[] = {
		{"-u app --seccomp off", ENOKEY, true},
		{"-u app --seccomp off --init always", ENOKEY, true},
		{"-u app --seccomp off --no-setup", ENOKEY, true},
		{"-u 0 --allow-root --seccomp off", ENOKEY, true},
		{"-u app --seccomp /profiles/keys", ENOKEY, true},
		{"-u app --seccomp /profiles/keys --seccomp-compat", ENOKEY, true},
		{"-u app --seccomp /profiles/keys --init always --explain", ENOKEY, true},
		{"-u app --seccomp /profiles/some-keys", ENOKEY, true},
		/* Whoever cannot ask needs none. */
		{"-u app --seccomp /profiles/request", EPERM, true},
		{"-u app --seccomp /profiles/no-keys", EACCES, false},
		{"-u app --seccomp /profiles/no-keys --seccomp-compat", EACCES, false},
		{"-u app", EPERM, false},
		{"-u app --seccomp-compat", EPERM, false},
		{"-u app --seccomp strict", EPERM, false},
	};

	(void)state;
	need_keys();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char options[200];

		start(rows[i].options, "find-key roots", have_a_key, NULL);
		if (outcome.status != rows[i].status || strstr(outcome.out, "sesame"))
			fail_msg("%s: %d, %s%s", rows[i].options, outcome.status, outcome.out,
				 outcome.err);
		start(rows[i].options, "request-key roots", have_a_key, NULL);
		assert_int_not_equal(outcome.status, 0);
		assert_null(strstr(outcome.out, "sesame"));
		snprintf(options, sizeof(options), "--dry-run %s", rows[i].options);
		start(options, "find-key roots", have_a_key, NULL);
		assert_int_equal(outcome.status, 0);
		assert_int_equal(strstr(outcome.out, joins) != NULL, rows[i].joins);
		assert_int_equal(strstr(outcome.out, proves) != NULL, rows[i].joins);
		const char *ids = strstr(outcome.out, "step=set the user ids");

		assert_true(!rows[i].joins || !ids || strstr(outcome.out, joins) < ids);
	}
}

/* A service that keeps root's keyring finds them, or nothing is shown. */
static void
test_this_way_of_looking_finds_what_is_there(void **state)
{
	static const char *const argv[] = {"/bin/gosu", "app",   "intruder",
					   "find-key",  "roots", NULL};

	(void)state;
	need_keys();
	run_program(&(struct run){.argv = argv, .root = sandbox_make(), .prepare = have_a_key},
		    &outcome);
	assert_int_equal(outcome.status, 0);
	assert_string_equal(outcome.out, "sesame\n");
	/* The new one is the service's, and can be used. */
	start("-u app --seccomp off", "read-key -3", have_a_key, NULL);
	assert_int_equal(outcome.status, 0);
	assert_string_equal(outcome.out, "");
	start("-u app --seccomp off", "key", have_a_key, NULL);
	assert_int_equal(outcome.status, 0);
}

static void
become_user(void)
{
	if (setgroups(0, NULL) || setresgid(10002, 10002, 10002) || setresuid(10001, 10001, 10001))
		_exit(96);
}

/* Whose quota is 200 keys on the whole host. */
static void
test_an_ordinary_user_keeps_the_keyring_that_it_has(void **state)
{
	(void)state;
	need_keys();
	start("--seccomp off", "find-key roots", have_a_key, become_user);
	assert_int_equal(outcome.status, 0);
	start("--dry-run --seccomp off", "find-key roots", have_a_key, become_user);
	assert_null(strstr(outcome.out, joins));
}

static void
test_where_none_can_be_joined_only_a_service_that_could_use_keys_is_refused(void **state)
{
	static const struct {
		void (*prepare)(void);
		const char *options;
		int status;
		const char *says;
	} rows[] = {
		{deny_keys, "-u app --seccomp /profiles/keys", 125,
		 "--seccomp /profiles/keys lets the service use keys, and keyctl(2) says here: Operation not permitted"},
		{hide_keys, "-u app --seccomp /profiles/keys", 125, "Function not implemented"},
		{deny_keys, "-u app --seccomp /profiles/keys", 125,
		 "deny keyctl, add_key and request_key in the profile"},
		{use_up_the_quota, "-u app --seccomp /profiles/keys", 125,
		 "kernel.keys.root_maxkeys"},
		{use_up_the_quota, "-u app --seccomp off", 125, "kernel.keys.root_maxkeys"},
		{deny_joining, "-u app --seccomp /profiles/keys", 125, "deny keyctl"},
		{deny_joining, "-u app --seccomp off", 125, "deny keyctl"},
		{lie_about_joining, "-u app --seccomp off", 125,
		 "cannot join a session keyring of its own for 10001:10002: Protocol error"},
		{lie_about_keys, "-u app --seccomp off", 125,
		 "cannot join a session keyring of its own for 10001:10002: Protocol error"},
		/* Nobody can use them at all. */
		{deny_keys, "-u app --seccomp off", EPERM, ""},
		{hide_keys, "-u app --seccomp off", ENOSYS, ""},
		/* And a plain start makes no such call. */
		{kill_for_keys, "-u app", EPERM, ""},
		{kill_for_keys, "-u app --seccomp strict", EPERM, ""},
		{kill_for_keys, "-u app --seccomp /profiles/no-keys", EACCES, ""},
		{kill_for_keys, "-u app --seccomp off", EPERM, ""},
	};

	(void)state;
	need_keys();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		/* A filter that kills is heard before one that denies. */
		start(rows[i].options,
		      rows[i].prepare == kill_for_keys ? "read /none" : "find-key x",
		      rows[i].prepare, NULL);
		int status = rows[i].prepare == kill_for_keys ? ENOENT : rows[i].status;

		if (outcome.status != status || !strstr(outcome.err, rows[i].says))
			fail_msg("%zu: %s: %d, %s", i, rows[i].options, outcome.status,
				 outcome.err);
	}
	start("--dry-run -u app --seccomp off", "find-key x", deny_keys, NULL);
	assert_null(strstr(outcome.out, joins));
	assert_says(outcome.out, "left_out=session keyring: ");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_key_of_before_can_be_found),
		cmocka_unit_test(test_this_way_of_looking_finds_what_is_there),
		cmocka_unit_test(test_an_ordinary_user_keeps_the_keyring_that_it_has),
		cmocka_unit_test(
			test_where_none_can_be_joined_only_a_service_that_could_use_keys_is_refused),
	};

	return cmocka_run_group_tests(tests, make_room, NULL);
}
