/* SPDX-License-Identifier: MIT */
/* The command lines of tini, dumb-init, gosu and su-exec, option by option. */
#include "dropin.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { WORDS = 8 };

/* The words without the name; `environment` is one variable or NULL. */
static int
parse(struct dropin *dropin, enum dropin_kind kind, char *const words[WORDS],
      const char *environment, struct refusal *why)
{
	static char *argv[WORDS + 2];
	char *variables[] = {(char *)(uintptr_t)environment, NULL};
	int argc = 1;

	argv[0] = "peer";
	for (; words[argc - 1]; argc++)
		argv[argc] = words[argc - 1];
	argv[argc] = NULL;
	memset(dropin, 0, sizeof(*dropin));
	dropin->kind = kind;
	why->text[0] = 0;
	return dropin_parse(dropin, argc, argv, variables, why);
}

static const struct {
	enum dropin_kind kind;
	char *words[WORDS];
	enum dropin_answer answer;
	const char *command; /* its first word, where it is run */
} taken[] = {
	{DROPIN_TINI, {"id"}, DROPIN_RUN, "id"},
	{DROPIN_TINI, {"-s", "-g", "-w", "-vvv", "--", "id", "-h"}, DROPIN_RUN, "id"},
	{DROPIN_TINI, {"-gsw", "-p", "SIGKILL", "-e143", "id"}, DROPIN_RUN, "id"},
	{DROPIN_TINI, {"-h"}, DROPIN_HELP, NULL},
	{DROPIN_TINI, {"-l"}, DROPIN_VERSION, NULL},
	{DROPIN_TINI, {"--version"}, DROPIN_VERSION, NULL},
	{DROPIN_DUMB_INIT, {"id"}, DROPIN_RUN, "id"},
	{DROPIN_DUMB_INIT, {"-vc", "--", "id"}, DROPIN_RUN, "id"},
	{DROPIN_DUMB_INIT, {"--single", "--rewrite=15:3", "-r", "2:0", "id"}, DROPIN_RUN, "id"},
	{DROPIN_DUMB_INIT, {"-h"}, DROPIN_HELP, NULL},
	{DROPIN_DUMB_INIT, {"--help"}, DROPIN_HELP, NULL},
	{DROPIN_DUMB_INIT, {"-vV"}, DROPIN_VERSION, NULL},
	{DROPIN_DUMB_INIT, {"--version"}, DROPIN_VERSION, NULL},
	{DROPIN_GOSU, {"app", "id", "-u"}, DROPIN_RUN, "id"},
	{DROPIN_GOSU, {"-h"}, DROPIN_HELP, NULL},
	{DROPIN_GOSU, {"--help"}, DROPIN_HELP, NULL},
	{DROPIN_GOSU, {"-v"}, DROPIN_VERSION, NULL},
	{DROPIN_GOSU, {"--version"}, DROPIN_VERSION, NULL},
	{DROPIN_SU_EXEC, {"app", "id"}, DROPIN_RUN, "id"},
	{DROPIN_SU_EXEC, {NULL}, DROPIN_HELP, NULL},
};

static void
test_every_option_of_a_peer_is_taken(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
		struct dropin dropin;
		struct refusal why;

		if (parse(&dropin, taken[i].kind, taken[i].words, NULL, &why) != 0)
			fail_msg("row %zu: %s", i, why.text);
		if (dropin.answer != taken[i].answer)
			fail_msg("row %zu: answer %d", i, dropin.answer);
		if (taken[i].command)
			assert_string_equal(dropin.command[0], taken[i].command);
	}
}

static const struct {
	enum dropin_kind kind;
	char *words[WORDS];
	int failed;
	const char *says;
} refused[] = {
	{DROPIN_TINI, {NULL}, 1, "a command is missing"},
	{DROPIN_TINI, {"-s", "--"}, 1, "a command is missing"},
	{DROPIN_TINI, {"-x", "id"}, 1, "no option -x"},
	{DROPIN_TINI, {"-p", "KILL", "id"}, 1, "-p \"KILL\": must be a signal such as SIGKILL"},
	{DROPIN_TINI, {"-p", "SIGRTMIN", "id"}, 1, "-p \"SIGRTMIN\""},
	{DROPIN_TINI, {"-e", "256", "id"}, 1, "-e \"256\""},
	{DROPIN_TINI, {"-e"}, 1, "-e \"\""},
	{DROPIN_DUMB_INIT, {NULL}, 1, "a command is missing"},
	{DROPIN_DUMB_INIT, {"-x", "id"}, 1, "no such option: -x"},
	{DROPIN_DUMB_INIT, {"--ver", "id"}, 1, "no such option: --ver"},
	{DROPIN_DUMB_INIT, {"--single=yes", "id"}, 1, "no such option: --single=yes"},
	{DROPIN_DUMB_INIT, {"-r", "15", "id"}, 1, "-r \"15\": must be SIGNAL:SIGNAL"},
	{DROPIN_DUMB_INIT, {"-r", "15:", "id"}, 1, "-r \"15:\""},
	{DROPIN_DUMB_INIT, {"-r", "15:3x", "id"}, 1, "-r \"15:3x\""},
	{DROPIN_DUMB_INIT, {"-r", "0:3", "id"}, 1, "-r \"0:3\""},
	{DROPIN_DUMB_INIT, {"-r", "15:32", "id"}, 1, "-r \"15:32\""},
	{DROPIN_DUMB_INIT, {"-r"}, 1, "-r \"\""},
	{DROPIN_GOSU, {"app"}, 1, "USER[:GROUP] COMMAND"},
	{DROPIN_GOSU, {NULL}, 1, "USER[:GROUP] COMMAND"},
};

static void
test_what_a_peer_would_not_take_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct dropin dropin;
		struct refusal why;

		if (parse(&dropin, refused[i].kind, refused[i].words, NULL, &why) != -1)
			fail_msg("row %zu was taken", i);
		if (!strstr(why.text, refused[i].says))
			fail_msg("row %zu: \"%s\"", i, why.text);
		assert_int_equal(dropin.failed, refused[i].failed);
	}
}

static void
test_the_environment_of_a_peer_counts(void **state)
{
	char *const words[WORDS] = {"id", "-g", "--", "-u"};
	struct dropin dropin;
	struct refusal why;

	(void)state;
	assert_int_equal(parse(&dropin, DROPIN_TINI, words, "TINI_VERBOSITY=0", &why), 0);
	assert_true(dropin.quiet && dropin.settings.signal_group);
	assert_string_equal(dropin.command[1], "-u");
	assert_int_equal(parse(&dropin, DROPIN_TINI, words, "POSIXLY_CORRECT=", &why), 0);
	assert_string_equal(dropin.command[1], "-g");
	assert_int_equal(parse(&dropin, DROPIN_TINI, words, "TINI_SUBREAPER=", &why), 0);
	assert_true(dropin.subreaper);
	assert_int_equal(parse(&dropin, DROPIN_TINI, words, "TINI_KILL_PROCESS_GROUP=", &why), 0);
	assert_true(dropin.settings.signal_group);
	assert_int_equal(parse(&dropin, DROPIN_DUMB_INIT, words, "DUMB_INIT_SETSID=0", &why), 0);
	assert_int_equal(dropin.mode, TERMINAL_KEEP);
	assert_int_equal(parse(&dropin, DROPIN_DUMB_INIT, words, "DUMB_INIT_SETSID=1", &why), 0);
	assert_int_equal(dropin.mode, TERMINAL_SESSION);
	assert_int_equal(dropin.settings.signal_map[SIGTSTP], SIGSTOP);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_option_of_a_peer_is_taken),
		cmocka_unit_test(test_what_a_peer_would_not_take_is_refused),
		cmocka_unit_test(test_the_environment_of_a_peer_counts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
