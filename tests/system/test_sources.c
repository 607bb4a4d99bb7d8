/* SPDX-License-Identifier: MIT */
/* The shipped program takes its options from configuration files and from the environment. */
#include "helpers/support.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const char *root;
static struct outcome outcome;

enum { WORDS = 8, VARIABLES = 4 };

static void
start(const char *const *options, const char *const *variables, void (*enter)(void))
{
	const char *argv[WORDS + 4] = {"/sbin/stepdown"};
	const char *environment[VARIABLES + 1] = {"PATH=/bin"};
	int argc = 1;

	for (int i = 0; options && options[i]; i++)
		argv[argc++] = options[i];
	argv[argc++] = "--";
	argv[argc++] = "/bin/probe";
	argv[argc] = NULL;
	for (int i = 0; variables && variables[i]; i++)
		environment[i + 1] = variables[i];
	run_program(
		&(struct run){
			.argv = argv, .environment = environment, .root = root, .enter = enter},
		&outcome);
}

#define OPTIONS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void
configure(const char *path, const char *text)
{
	sandbox_write(path, text, 0644);
}

static int
reset(void **state)
{
	static struct outcome ignored;

	(void)state;
	run_words(&ignored, root, "/bin/probe", "exit", "0");
	char path[256];

	for (unsigned i = 0; i < 3; i++) {
		static const char *const files[] = {"etc/stepdown.conf", "etc/stepdown.d/10-a.conf",
						    "etc/stepdown.d/20-b.conf"};

		snprintf(path, sizeof(path), "%s/%s", root, files[i]);
		if (unlink(path) && errno != ENOENT)
			return -1;
	}
	return 0;
}

static void
assert_service_has(const char *key, const char *value)
{
	const char *has = value_of(outcome.out, key);

	if (outcome.status || !has || strcmp(has, value))
		fail_msg("%s is %s, not %s: %d %s", key, has ? has : "missing", value,
			 outcome.status, outcome.err);
}

static void
assert_refused(const char *part, const char *cure)
{
	print_message("%s", outcome.err);
	assert_int_equal(outcome.status, 125);
	assert_string_equal(outcome.out, "");
	assert_says(outcome.err, part);
	assert_says(outcome.err, cure);
}

static void
test_an_image_is_configured_by_its_layers(void **state)
{
	(void)state;
	configure("/etc/stepdown.conf", "# the base image\nuser = 1001:1001\nseccomp = strict\n");
	start(NULL, NULL, NULL);
	assert_service_has("uid", "1001");
	configure("/etc/stepdown.d/10-a.conf", "user = 1002:1002\n");
	start(NULL, NULL, NULL);
	assert_service_has("uid", "1002");
	configure("/etc/stepdown.d/20-b.conf", "user = \"1003:1003\" # the last one\n");
	start(NULL, NULL, NULL);
	assert_service_has("uid", "1003");
	start(OPTIONS("--user", "1004:1004"), NULL, NULL);
	assert_service_has("uid", "1004");
}

static void
test_config_names_the_only_file(void **state)
{
	(void)state;
	configure("/etc/stepdown.conf", "user = 1001:1001\nnonsense\n");
	configure("/other/my.conf", "user = 1005:1005\n");
	start(OPTIONS("--config", "/other/my.conf"), NULL, NULL);
	assert_service_has("uid", "1005");
	start(OPTIONS("--config", "/other/none.conf"), NULL, NULL);
	assert_refused("--config /other/none.conf does not exist", "is it in the image?");
	start(OPTIONS("--config", "my.conf"), NULL, NULL);
	assert_refused("--config my.conf is not an absolute path", "begin it with /");
}

static void
test_the_environment_says_what_the_author_allows(void **state)
{
	static const char *const user[] = {"STEPDOWN_USER=1006:1006", NULL};

	(void)state;
	configure("/etc/stepdown.conf", "user = 1001:1001\n");
	start(NULL, user, NULL);
	assert_service_has("uid", "1001");
	assert_says(outcome.err, "STEPDOWN_USER is set, but --from-env does not let");
	start(OPTIONS("--from-env", "seccomp,user"), user, NULL);
	assert_service_has("uid", "1006");
	assert_null(strstr(outcome.err, "STEPDOWN_USER"));
	assert_null(value_of(outcome.out, "env.STEPDOWN_USER"));
	configure("/etc/stepdown.d/10-a.conf", "from-env = user\n");
	start(NULL, user, NULL);
	assert_service_has("uid", "1006");
	start(OPTIONS("--from-env", ""), user, NULL);
	assert_service_has("uid", "1001");
}

static void
test_the_dry_run_says_where_each_value_came_from(void **state)
{
	static const char *const variables[] = {"STEPDOWN_SECCOMP=strict", NULL};

	(void)state;
	configure("/etc/stepdown.conf", "user = 1001:1001\nfrom-env = seccomp\ngroup-add = 7\n");
	configure("/etc/stepdown.d/10-a.conf", "\ngroup-add = 8\n");
	start(OPTIONS("--dry-run", "--init=never"), variables, NULL);
	assert_int_equal(outcome.status, 0);
	assert_says(outcome.out, "\nfrom.user=/etc/stepdown.conf:1: 1001:1001\n"
				 "from.group-add=/etc/stepdown.conf:3: 7\n"
				 "from.group-add=/etc/stepdown.d/10-a.conf:2: 8\n"
				 "from.seccomp=STEPDOWN_SECCOMP: strict\n"
				 "from.init=command line: never\n"
				 "from.from-env=/etc/stepdown.conf:2: seccomp\n"
				 "from.dry-run=command line\n");
}

/* Names come from whoever starts the container, as values do. */
static void
test_no_variables_name_forges_a_line_of_the_dry_run(void **state)
{
	static const char *const variables[] = {"A\nuid=0=1", "\033[2J=2", NULL};

	(void)state;
	start(OPTIONS("--dry-run", "--user=1001:1001"), variables, NULL);
	assert_int_equal(outcome.status, 0);
	assert_says(outcome.out, "\nenv.A\\x0auid=0=1\n");
	assert_says(outcome.out, "\nenv.\\x1b[2J=2\n");
	assert_null(strstr(outcome.out, "\nuid=0"));
	assert_null(strchr(outcome.out, '\033'));
}

static void
test_errors_name_the_file_and_the_line(void **state)
{
	(void)state;
	configure("/etc/stepdown.conf", "user = 1001:1001\n\nusr = 1\n");
	start(NULL, NULL, NULL);
	assert_refused("/etc/stepdown.conf:3: there is no option usr", "did you mean user?");
	configure("/etc/stepdown.conf", "user = 1001:1001\n\nseccomp = nosuch\n");
	start(NULL, NULL, NULL);
	assert_refused("--seccomp nosuch", "(said in /etc/stepdown.conf:3)");
	configure("/etc/stepdown.conf", "user = 1001:1001\nuser = 1002:1002\n");
	start(NULL, NULL, NULL);
	assert_refused("/etc/stepdown.conf:2: --user is given twice", "once");
}

/* Who could write a line could have the service run as anyone. */
static void
test_a_file_that_others_may_have_written_stops_the_start(void **state)
{
	char path[256];

	(void)state;
	configure("/etc/stepdown.conf", "user = 1001:1001\n");
	snprintf(path, sizeof(path), "%s/etc/stepdown.conf", root);
	assert_int_equal(chmod(path, 0666), 0);
	start(NULL, NULL, NULL);
	assert_refused("/etc/stepdown.conf can be written by others", "chmod it to 0644");
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(chown(path, 1001, 0), 0);
	start(OPTIONS("--user", "1002"), NULL, NULL);
	assert_refused("/etc/stepdown.conf belongs to uid 1001", "chown it to root");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("/none", path), 0);
	start(OPTIONS("--user", "1002"), NULL, NULL);
	/* Root's own link is followed, so one that leads nowhere is a file that is missing. */
	assert_refused("cannot open /etc/stepdown.conf: No such file", "is it in the image?");
	assert_int_equal(lchown(path, 1001, 0), 0);
	start(OPTIONS("--user", "1002"), NULL, NULL);
	assert_refused("/etc/stepdown.conf is a link", "name the file itself");
}

static void
become_a_user(void)
{
	if (setgid(1007) || setuid(1007))
		_exit(99);
}

/*
 * As images for OpenShift have it, chmod g=u /etc/passwd: who may write there could be in the groups
 * shadow and disk at the next HEALTHCHECK.
 */
static void
test_no_name_is_taken_from_a_user_database_that_others_may_write(void **state)
{
	char passwd[256], group[256];

	(void)state;
	snprintf(passwd, sizeof(passwd), "%s/etc/passwd", root);
	snprintf(group, sizeof(group), "%s/etc/group", root);
	assert_int_equal(chmod(passwd, 0664), 0);
	start(OPTIONS("--dry-run", "--user", "app"), NULL, NULL);
	assert_refused("the user \"app\" is not looked up", "mode 0664); chmod it to 0644");
	start(OPTIONS("--dry-run", "--chown", "/tmp=app", "--user", "1001:1"), NULL, NULL);
	assert_refused("the user \"app\" is not looked up", "chmod it to 0644");
	/* For numbers it counts as absent, and that is said. */
	start(OPTIONS("--dry-run", "--user", "10001"), NULL, NULL);
	assert_int_equal(outcome.status, 0);
	assert_string_equal(value_of(outcome.out, "groups"), "10001");
	assert_says(outcome.err, "/etc/passwd can be written by others than root");
	assert_says(outcome.err, "counts as absent");
	/* Who cannot change ids anyway is refused nothing. */
	start(OPTIONS("--dry-run", "--user", "app"), NULL, become_a_user);
	assert_int_equal(outcome.status, 0);
	assert_int_equal(chmod(passwd, 0644), 0);

	assert_int_equal(chmod(group, 0664), 0);
	start(OPTIONS("--dry-run", "--user", "app"), NULL, NULL);
	assert_refused("the groups of \"app\" are not looked up", "or name a GROUP");
	start(OPTIONS("--dry-run", "--user", "1001:1001", "--group-add", "video"), NULL, NULL);
	assert_refused("the group \"video\" is not looked up", "chmod it to 0644");
	start(OPTIONS("--dry-run", "--user", "app:1001"), NULL, NULL);
	assert_int_equal(outcome.status, 0);
	assert_int_equal(chmod(group, 0644), 0);

	/* Nor from one that is reached by way of somebody's directory. */
	snprintf(group, sizeof(group), "%s/etc", root);
	assert_int_equal(chown(group, 1001, 0), 0);
	configure("/opt/quiet.conf", "quiet\n");
	start(OPTIONS("--config", "/opt/quiet.conf", "--dry-run", "--user", "app"), NULL, NULL);
	assert_refused(
		"\"app\" is not looked up: /etc/passwd: the directory /etc belongs to uid 1001",
		"chown it to root");
	assert_int_equal(chown(group, 0, 0), 0);
}

static void
test_a_start_without_root_is_configured_too(void **state)
{
	(void)state;
	configure("/etc/stepdown.conf", "seccomp = strict\nlog = json\n");
	start(OPTIONS("--dry-run"), NULL, become_a_user);
	assert_int_equal(outcome.status, 0);
	assert_string_equal(value_of(outcome.out, "seccomp"), "strict");
	assert_string_equal(value_of(outcome.out, "uid"), "1007");
}

/* A HEALTHCHECK and the entry point read the same file, and the command line has the last word. */
static void
test_the_form_of_messages_is_configured_too(void **state)
{
	(void)state;
	configure("/etc/stepdown.conf", "log = json\nquiet\n");
	start(NULL, NULL, NULL);
	assert_refused("\"level\":\"error\"", "--user is missing");
	start(OPTIONS("--log=text"), NULL, NULL);
	assert_refused("stepdown: --user is missing", "--user 10001");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_an_image_is_configured_by_its_layers, reset),
		cmocka_unit_test_setup(test_config_names_the_only_file, reset),
		cmocka_unit_test_setup(test_the_environment_says_what_the_author_allows, reset),
		cmocka_unit_test_setup(test_the_dry_run_says_where_each_value_came_from, reset),
		cmocka_unit_test_setup(test_no_variables_name_forges_a_line_of_the_dry_run, reset),
		cmocka_unit_test_setup(test_errors_name_the_file_and_the_line, reset),
		cmocka_unit_test_setup(test_a_file_that_others_may_have_written_stops_the_start,
				       reset),
		cmocka_unit_test_setup(
			test_no_name_is_taken_from_a_user_database_that_others_may_write, reset),
		cmocka_unit_test_setup(test_a_start_without_root_is_configured_too, reset),
		cmocka_unit_test_setup(test_the_form_of_messages_is_configured_too, reset),
	};

	if (!can_make_namespaces())
		return 1;
	root = sandbox_make();
	sandbox_write("/etc/stepdown.d/keep", "", 0644);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
