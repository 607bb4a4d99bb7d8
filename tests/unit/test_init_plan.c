/* SPDX-License-Identifier: MIT */
/* The plan of the init for any machine. */
#include "plan.h"

#include <linux/capability.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BIT(n) (UINT64_C(1) << (n))
#define ALL (BIT(41) - 1)

enum { MOST_WORDS = 16 };

static char *const variables[] = {"PATH=/bin", NULL};

static struct facts
machine(pid_t pid, uid_t uid)
{
	struct facts facts = {
		.real_uid = uid,
		.effective_uid = uid,
		.saved_uid = uid,
		.real_gid = uid,
		.effective_gid = uid,
		.saved_gid = uid,
		.capabilities = {.bounding = ALL},
		.last_capability = 40,
		.uid_map = {.path = "/proc/self/uid_map"},
		.gid_map = {.path = "/proc/self/gid_map"},
		.passwd = {.path = "/etc/passwd"},
		.group = {.path = "/etc/group"},
		.pid = pid,
		.parent = pid == 1 ? 0 : 77,
		.directory = "/",
		.environment = variables,
		.terminal = {.descriptor = -1},
	};

	if (uid == 0)
		facts.capabilities = (struct capability_sets){ALL, ALL, 0, ALL, 0};
	facts.groups[0] = uid;
	facts.group_count = 1;
	return facts;
}

/* Splits `words` at blanks into a plan. Returns as plan_make. */
static int
plan_of(struct plan *plan, struct facts *facts, const char *words, struct refusal *why)
{
	static struct options options;
	static char text[512];
	char *argv[MOST_WORDS] = {"stepdown"};
	int argc = 1;

	options = (struct options){.count = 0};
	snprintf(text, sizeof(text), "%s -- true", words);
	for (char *word = strtok(text, " "); word; word = strtok(NULL, " "))
		argv[argc++] = word;
	argv[argc] = NULL;
	*plan = (struct plan){.parent = 0};
	if (options_parse(&options, argc, argv, why) || options_read(&options, why))
		return -1;
	return plan_make(plan, &options, facts, why);
}

static void
test_the_init_stays_where_it_should(void **unused)
{
	static const struct {
		const char *words;
		pid_t pid;
		uid_t uid;
		bool stays;
		enum init_reach reach;
		gid_t gid; /* of its own */
		uint64_t capabilities;
		unsigned left_out;
	} rows[] = {
		{"--user 5:6", 1, 0, true, INIT_REACH_ALL, 65534, 0, 0},
		{"--user 5:6", 9, 0, false, INIT_REACH_NOBODY, 6, 0, 0},
		{"--user 5:6 --init never", 1, 0, false, INIT_REACH_ALL, 6, 0, 0},
		{"--user 5:6 --init always", 9, 0, true, INIT_REACH_NOBODY, 65534, 0, 0},
		{"--user 5:6 --init always --subreaper", 9, 0, true, INIT_REACH_CHILDREN, 65534, 0,
		 0},
		{"--user 5:6 --explain", 1, 0, true, INIT_REACH_ALL, 65534, 0, 0},
		{"--user 5:6 --explain", 9, 0, true, INIT_REACH_NOBODY, 65534, 0, 0},
		{"--user 5:6 --explain --init auto", 9, 0, true, INIT_REACH_NOBODY, 65534, 0, 0},
		{"--user 5:65534", 1, 0, true, INIT_REACH_ALL, 65533, 0, 0},
		{"", 1, 5, true, INIT_REACH_ALL, 5, 0, 3},
		{"--user 5:6 --keep-cap setuid", 1, 0, true, INIT_REACH_ALL, 65534, BIT(CAP_KILL),
		 0},
		{"--user 5:6 --keep-cap net_raw", 1, 0, true, INIT_REACH_ALL, 65534, 0, 0},
		{"--user 5:6 --keep-cap setuid --init never", 1, 0, false, INIT_REACH_ALL, 6, 0, 0},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		static struct plan plan;
		struct facts facts = machine(rows[i].pid, rows[i].uid);
		struct refusal why = {.text = ""};
		struct plan_init *init = &plan.init;

		if (plan_of(&plan, &facts, rows[i].words, &why))
			fail_msg("%s: %s", rows[i].words, why.text);
		if (init->stays != rows[i].stays || init->settings.reach != rows[i].reach ||
		    plan.drop.gid[2] != rows[i].gid || plan.drop.beside != rows[i].capabilities ||
		    plan.left_out.count != rows[i].left_out)
			fail_msg("%s: stays %d, reach %d, gid %u, capabilities %llx, left out %u",
				 rows[i].words, init->stays, init->settings.reach, plan.drop.gid[2],
				 (unsigned long long)plan.drop.beside, plan.left_out.count);
		assert_int_equal(plan.parent, rows[i].stays ? rows[i].pid : facts.parent);
	}
}

static void
test_an_init_that_cannot_reach_its_service_is_left_out_with_a_word(void **unused)
{
	static struct plan plan;
	struct facts facts = machine(1, 0);
	struct refusal why = {.text = ""};

	(void)unused;
	facts.capabilities.permitted &= ~BIT(CAP_KILL);
	facts.capabilities.effective &= ~BIT(CAP_KILL);
	if (plan_of(&plan, &facts, "--user 5:6 --keep-cap setuid", &why))
		fail_msg("%s", why.text);
	assert_int_equal(plan.drop.beside, 0);
	assert_int_equal(plan.left_out.count, 1);
	assert_non_null(strstr(plan.left_out.notes[0].text, "init.capabilities: without CAP_KILL"));
	/* Who cannot change its uid stays in reach. */
	if (plan_of(&plan, &facts, "--user 5:6 --keep-cap net_raw", &why))
		fail_msg("%s", why.text);
	assert_int_equal(plan.left_out.count, 0);
}

#define SIGNAL(n) (UINT64_C(1) << ((n)-1))

static void
test_what_ends_a_long_set_up_is_a_request_to_stop(void **unused)
{
	static const struct {
		const char *words;
		uint64_t ends;
	} rows[] = {
		{"--user 5", SIGNAL(SIGTERM) | SIGNAL(SIGINT)},
		{"--user 5 --stop-signal RTMAX", SIGNAL(SIGTERM) | SIGNAL(SIGINT) | SIGNAL(64)},
		{"--user 5 --map-signal TERM=QUIT", SIGNAL(SIGTERM) | SIGNAL(SIGINT)},
		{"--user 5 --map-signal TERM=none", SIGNAL(SIGINT)},
		{"--user 5 --map-signal INT=none --map-signal HUP=none", SIGNAL(SIGTERM)},
		{"--user 5 --stop-signal RTMAX --map-signal RTMAX=none",
		 SIGNAL(SIGTERM) | SIGNAL(SIGINT)},
		{"--user 5 --init never", 0},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		static struct plan plan;
		struct facts facts = machine(1, 0);
		struct refusal why = {.text = ""};

		if (plan_of(&plan, &facts, rows[i].words, &why))
			fail_msg("%s: %s", rows[i].words, why.text);
		if (plan.init.ends_setup != rows[i].ends)
			fail_msg("%s: %llx", rows[i].words,
				 (unsigned long long)plan.init.ends_setup);
	}
}

static void
test_what_is_wrong_is_refused_and_named(void **unused)
{
	static const struct {
		const char *words, *said;
	} rows[] = {
		{"--user 5 --init sometimes", "sometimes"},
		{"--user 5 --stop-signal NONE", "NONE"},
		{"--user 5 --stop-signal KILL", "KILL"},
		{"--user 5 --stop-timeout soon", "soon"},
		{"--user 5 --leftover-timeout -1", "-1"},
		{"--user 5 --map-signal TERM", "TERM"},
		{"--user 5 --map-exit 1", "CODE=CODE"},
		{"--user 5 --parent-death 99", "99"},
		{"--user 5 --init never --explain",
		 "--explain needs the init, which --init never forbids; leave one of them out"},
		{"--user 5 --seccomp off --explain", "choose a profile, or leave --explain out"},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		static struct plan plan;
		struct facts facts = machine(1, 0);
		struct refusal why = {.text = ""};

		assert_int_equal(plan_of(&plan, &facts, rows[i].words, &why), -1);
		if (!strstr(why.text, rows[i].said))
			fail_msg("%s: %s", rows[i].words, why.text);
	}
}

static void
test_an_inherited_parent_death_signal_is_kept_unless_another_is_asked_for(void **unused)
{
	static struct plan plan;
	struct facts facts = machine(9, 0);
	struct refusal why;

	(void)unused;
	facts.parent_death_signal = 15;
	assert_int_equal(plan_of(&plan, &facts, "--user 5 --init always", &why), 0);
	assert_int_equal(plan.parent_death_signal, 15);
	assert_int_equal(plan.init.wishes.parent_death_signal, 15);
	assert_int_equal(plan.init.wishes.parent, 77);
	assert_int_equal(plan_of(&plan, &facts, "--user 5 --parent-death KILL", &why), 0);
	assert_int_equal(plan.parent_death_signal, 9);
}

static void
test_what_a_signal_or_code_cannot_become_is_refused(void **unused)
{
	static const struct {
		const char *words;
		const char *says; /* NULL: it is planned */
	} rows[] = {
		{"--map-signal TERM=QUIT --map-signal SIGTERM=INT", "SIGTERM is mapped already"},
		{"--map-exit 1=2 --map-exit 1=3", "1 is mapped already"},
		/* To itself is no map, and takes none away. */
		{"--map-signal HUP=HUP --map-signal HUP=INT", NULL},
		{"--map-signal HUP=HUP --map-signal HUP=INT --map-signal HUP=HUP", "already"},
		{"--map-exit 2=2 --map-exit 2=3", NULL},
		{"--map-signal KILL=TERM", "SIGKILL never reaches a process"},
		{"--map-signal STOP=TERM", "SIGSTOP never reaches a process"},
		{"--stop-signal RTMIN+3", NULL},
		{"--stop-signal KILL", "--stop-signal KILL never asks"},
		{"--stop-signal STOP", "--stop-signal STOP never asks"},
		{"--stop-signal CHLD", "--stop-signal CHLD never asks"},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		static struct plan plan;
		struct facts facts = machine(1, 5);
		struct refusal why = {.text = ""};

		print_message("%s\n", rows[i].words);
		assert_int_equal(plan_of(&plan, &facts, rows[i].words, &why),
				 rows[i].says ? -1 : 0);
		if (rows[i].says)
			assert_non_null(strstr(why.text, rows[i].says));
	}
	static struct plan plan;
	struct facts facts = machine(1, 5);
	struct refusal why;

	assert_int_equal(plan_of(&plan, &facts, "--map-signal HUP=none --map-exit 143=0", &why), 0);
	for (int signal = 1; signal <= SIGNALS_LAST; signal++)
		assert_int_equal(plan.init.settings.signal_map[signal],
				 signal == SIGHUP ? 0 : signal);
	for (int code = 0; code < 256; code++)
		assert_int_equal(plan.init.settings.exit_map[code], code == 143 ? 0 : code);
	assert_true(plan.init.settings.stop_signals == signals_bit(SIGTERM));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_a_signal_or_code_cannot_become_is_refused),
		cmocka_unit_test(test_the_init_stays_where_it_should),
		cmocka_unit_test(
			test_an_init_that_cannot_reach_its_service_is_left_out_with_a_word),
		cmocka_unit_test(test_what_ends_a_long_set_up_is_a_request_to_stop),
		cmocka_unit_test(test_what_is_wrong_is_refused_and_named),
		cmocka_unit_test(
			test_an_inherited_parent_death_signal_is_kept_unless_another_is_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
