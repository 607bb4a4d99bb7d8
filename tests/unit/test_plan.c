/* SPDX-License-Identifier: MIT */
/* The plan for any machine: facts are made up here, and the kernel is never asked. */
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
#define ID_MAP "         0     100000       1000\n"

static char *const variables[] = {"PATH=/bin", NULL};

static struct facts
root(void)
{
	struct facts facts = {
		.capabilities = {ALL, ALL, 0, ALL, 0},
		.last_capability = 40,
		.uid_map = {.path = "/proc/self/uid_map"},
		.gid_map = {.path = "/proc/self/gid_map"},
		.passwd = {.path = "/etc/passwd"},
		.group = {.path = "/etc/group"},
		.pid = 1,
		.directory = "/",
		.environment = variables,
	};

	facts.groups[0] = 0;
	facts.group_count = 1;
	return facts;
}

static struct facts
user(void)
{
	struct facts facts = root();

	facts.real_uid = facts.effective_uid = facts.saved_uid = 10001;
	facts.real_gid = facts.effective_gid = facts.saved_gid = 10001;
	facts.capabilities = (struct capability_sets){.bounding = ALL};
	facts.groups[0] = 10001;
	return facts;
}

static void
without(struct facts *facts, uint64_t capabilities)
{
	facts->capabilities.effective &= ~capabilities;
	facts->capabilities.permitted &= ~capabilities;
	facts->capabilities.bounding &= ~capabilities;
}

static void
has_no_setuid(struct facts *facts)
{
	without(facts, BIT(CAP_SETUID));
}

static void
has_no_setgid(struct facts *facts)
{
	without(facts, BIT(CAP_SETGID));
}

static void
has_nothing(struct facts *facts)
{
	without(facts, ALL);
}

static void
has_no_setpcap(struct facts *facts)
{
	without(facts, BIT(CAP_SETPCAP));
}

static void
has_no_chown(struct facts *facts)
{
	without(facts, BIT(CAP_CHOWN));
	facts->descriptors[1] = (struct descriptor){.kind = DESCRIPTOR_PIPE};
}

static void
has_few_uids(struct facts *facts)
{
	facts->uid_map =
		(struct ids_file){"/proc/self/uid_map", ID_MAP, sizeof(ID_MAP) - 1, true, NULL};
}

static void
has_few_gids(struct facts *facts)
{
	facts->gid_map =
		(struct ids_file){"/proc/self/gid_map", ID_MAP, sizeof(ID_MAP) - 1, true, NULL};
}

static void
denies_setgroups(struct facts *facts)
{
	facts->setgroups_denied = true;
}

static void
is_outside(struct facts *facts)
{
	strcpy(facts->directory, "(unreachable)/host");
}

static void
listens_on_a_file(struct facts *facts)
{
	facts->listening = 2;
	facts->descriptors[3].kind = DESCRIPTOR_LISTENING;
	facts->descriptors[4].kind = DESCRIPTOR_FILE;
}

static void
listens_on_nothing(struct facts *facts)
{
	facts->listening = 2;
	facts->descriptors[3].kind = DESCRIPTOR_LISTENING;
}

static void
listens_on_an_idle_socket(struct facts *facts)
{
	listens_on_nothing(facts);
	facts->descriptors[4].kind = DESCRIPTOR_SOCKET;
}

static void
has_a_stream_outside(struct facts *facts)
{
	facts->descriptors[2].outside = true;
}

static void
tells_no_personality(struct facts *facts)
{
	facts->inherited = (struct inherited){.personality = -1, .error = 1};
}

static void
bars_ambient(struct facts *facts)
{
	facts->securebits = 1U << 6;
}

static void
locks_fixup_off(struct facts *facts)
{
	facts->securebits = 1U << 3;
}

static void
locks_keep_caps(struct facts *facts)
{
	facts->securebits = 1U << 5;
}

static void
is_old(struct facts *facts)
{
	facts->last_capability = 37;
}

static int
make(struct plan *plan, const char *const *words, const struct facts *facts, struct refusal *why)
{
	static struct options options;
	char *argv[10] = {"stepdown"};
	int argc = 1;

	for (; words[argc - 1]; argc++)
		argv[argc] = (char *)words[argc - 1];
	argv[argc++] = "--";
	argv[argc++] = "id";
	memset(plan, 0, sizeof(*plan));
	assert_int_equal(options_parse(&options, argc, argv, why), 0);
	return options_read(&options, why) || plan_make(plan, &options, facts, why) ? -1 : 0;
}

struct refused_row {
	const char *words[7];
	void (*change)(struct facts *facts);
	const char *says[2]; /* what, and the cure */
};

static const struct refused_row refused_rows[] = {
	{{NULL}, NULL, {"--user is missing", "--user 10001:10001"}},
	{{"--allow-root"}, NULL, {"--user is missing", "--user"}},
	{{"--user", "0"}, NULL, {"uid 0", "--allow-root"}},
	{{"--user", "0:10001"}, NULL, {"uid 0", "--allow-root"}},
	{{"--user", "app"}, NULL, {"\"app\"", "by number"}},
	{{"--user", "4294967296"}, NULL, {"4294967296", "from 0 to"}},
	{{"--user", ""}, NULL, {"the user is empty", "USER:GROUP"}},
	{{"--user", "7", "--group-add", "x"}, NULL, {"\"x\"", "by number"}},
	{{"--user", "7", "--group-add", "-1"}, NULL, {"\"-1\"", "digits alone"}},
	{{"--user", "7", "--group-add", "4294967295"}, NULL, {"4294967295", "from 0 to"}},
	{{"--user", "7", "--keep-cap", "net_bond"}, NULL, {"net_bond", "capabilities(7)"}},
	{{"--user", "7", "--keep-cap", "all"}, NULL, {"all", "capabilities(7)"}},
	{{"--user", "7", "--keep-cap", "10"}, NULL, {"10", "capabilities(7)"}},
	{{"--user", "7", "--keep-cap", "net_raw,chown"},
	 NULL,
	 {"net_raw,chown", "capabilities(7)"}},
	{{"--user", "7", "--keep-cap", "chown"}, has_no_chown, {"chown", "--cap-add chown"}},
	{{"--user", "7", "--keep-cap", "bpf"}, is_old, {"bpf", "up to number 37"}},
	{{"--user", "7", "--keep-cap", "chown"}, bars_ambient, {"chown", "0x40"}},
	{{"--user", "7", "--keep-cap", "chown"}, locks_fixup_off, {"--keep-cap", "0x8"}},
	{{"--user", "7", "--seccomp", "none"}, NULL, {"none", "default, strict, off"}},
	{{"--user", "7", "--seccomp", ""}, NULL, {"--seccomp", "default, strict, off"}},
	{{"--user", "7", "--log", "xml"}, NULL, {"xml", "text|json"}},
	{{"--user", "7:8"}, has_no_setuid, {"CAP_SETUID", "--cap-add SETUID"}},
	{{"--user", "7:8"}, has_no_setgid, {"CAP_SETGID", "--cap-add SETGID"}},
	{{"--user", "7:8"}, has_nothing, {"CAP_SETUID and CAP_SETGID", "USER 7:8"}},
	{{"--user", "1000:5"}, has_few_uids, {"uid 1000", "0-999"}},
	{{"--user", "5:1000"}, has_few_gids, {"gid 1000", "0-999"}},
	{{"--user", "5:5", "--group-add", "1001"}, has_few_gids, {"group 1001", "0-999"}},
	{{"--user", "7"}, denies_setgroups, {"/proc/self/setgroups", "newgidmap"}},
	{{"--user", "7"}, is_outside, {"(unreachable)/host", "WORKDIR"}},
	{{"--user", "7"}, listens_on_a_file, {"descriptor 4", "a file or device"}},
	{{"--user", "7"}, listens_on_nothing, {"descriptor 4", "closed"}},
	{{"--user", "7"}, listens_on_an_idle_socket, {"neither listening nor bound", "correct it"}},
	{{"--user", "7"}, has_a_stream_outside, {"descriptor 2 is a directory", "without it"}},
};

static void
test_what_cannot_be_done_safely_is_refused_with_its_cure(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused_rows) / sizeof(refused_rows[0]); i++) {
		const struct refused_row *row = &refused_rows[i];
		static struct plan plan;
		struct facts facts = root();
		struct refusal why = {.text = ""};

		if (row->change)
			row->change(&facts);
		if (make(&plan, row->words, &facts, &why) != -1)
			fail_msg("row %zu was planned", i);
		for (unsigned part = 0; part < 2; part++)
			if (!strstr(why.text, row->says[part]))
				fail_msg("row %zu: \"%s\" does not say \"%s\"", i, why.text,
					 row->says[part]);
	}
}

struct planned_row {
	const char *words[7];
	bool starts_as_user;
	void (*change)(struct facts *facts);
	uint64_t kept;
	uint64_t bounding;
	unsigned securebits;
	const char *left_out; /* must be named, or NULL for nothing left out */
	const char *warning;
};

static const struct planned_row planned_rows[] = {
	{{"-u7"}, false, NULL, 0, 0, 0xcf, NULL, NULL},
	{{"-u7", "--keep-cap", "net_raw"}, false, NULL, BIT(13), BIT(13), 0xcf, NULL, NULL},
	{{"-u7", "--keep-cap", "CAP_NET_RAW"}, false, NULL, BIT(13), BIT(13), 0xcf, NULL, NULL},
	/* An empty value empties the list. */
	{{"-u7", "--keep-cap", "chown", "--keep-cap", ""}, false, NULL, 0, 0, 0xcf, NULL, NULL},
	{{"-u0", "--allow-root"}, false, NULL, 0, 0, 0xcf, NULL, NULL},
	{{"-u7"}, false, has_no_setpcap, 0, ALL & ~BIT(8), 0, "cap.bounding", NULL},
	{{"-u7"}, false, has_no_setpcap, 0, ALL & ~BIT(8), 0, "securebits", NULL},
	{{"-u7", "--keep-cap", "chown"},
	 false,
	 has_no_setpcap,
	 1,
	 ALL & ~BIT(8),
	 0,
	 "bounding",
	 NULL},
	{{"-u7"}, false, has_no_chown, 0, 0, 0xcf, "stdio: descriptor 1", NULL},
	{{"-u7", "--no-setup"}, false, has_no_chown, 0, 0, 0xcf, NULL, NULL},
	{{"-u7"}, false, tells_no_personality, 0, 0, 0xcf, "personality: it cannot", NULL},
	{{"-u7"}, false, bars_ambient, 0, 0, 0xcf, NULL, NULL},
	/* A lock that is there already is respected, and shown. */
	{{"-u7"}, false, locks_fixup_off, 0, 0, 0xcb, NULL, NULL},
	{{"-u7"}, false, locks_keep_caps, 0, 0, 0xef, NULL, NULL},
	{{"-u0", "--allow-root"}, false, has_nothing, 0, 0, 0, "securebits", NULL},
	{{NULL}, true, NULL, 0, ALL, 0, "cap.bounding", NULL},
	{{"-u10001"}, true, NULL, 0, ALL, 0, "cap.bounding", NULL},
	{{"-u7"}, true, NULL, 0, ALL, 0, "cap.bounding", "--user 7 cannot be followed"},
	{{"-u10001:7"}, true, NULL, 0, ALL, 0, "cap.bounding", "--user 10001:7 cannot be followed"},
	{{"--group-add", "5"}, true, NULL, 0, ALL, 0, "groups: --group-add 5", NULL},
	{{"--keep-cap", "chown"}, true, NULL, 0, ALL, 0, "cap.ambient: --keep-cap chown", NULL},
};

static bool
notes_say(const struct plan_notes *notes, const char *text)
{
	for (unsigned i = 0; i < notes->count; i++)
		if (strstr(notes->notes[i].text, text))
			return true;
	return false;
}

static void
test_plans_hold_what_the_service_will_have(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(planned_rows) / sizeof(planned_rows[0]); i++) {
		const struct planned_row *row = &planned_rows[i];
		static struct plan plan;
		struct facts facts = row->starts_as_user ? user() : root();
		struct refusal why = {.text = ""};

		if (row->change)
			row->change(&facts);
		if (make(&plan, row->words, &facts, &why))
			fail_msg("row %zu: %s", i, why.text);
		if (plan.kept != row->kept || plan.drop.capabilities.bounding != row->bounding ||
		    plan.drop.securebits != row->securebits ||
		    plan.drop.capabilities.effective != row->kept ||
		    plan.drop.capabilities.permitted != row->kept ||
		    plan.drop.capabilities.inheritable != row->kept ||
		    plan.drop.capabilities.ambient != row->kept)
			fail_msg("row %zu: kept %llx bounding %llx securebits %x", i,
				 (unsigned long long)plan.kept,
				 (unsigned long long)plan.drop.capabilities.bounding,
				 plan.drop.securebits);
		if (row->left_out ? !notes_say(&plan.left_out, row->left_out)
				  : plan.left_out.count > 0)
			fail_msg("row %zu: left out %u, %s", i, plan.left_out.count,
				 plan.left_out.notes[0].text);
		if (row->warning ? !notes_say(&plan.warnings, row->warning)
				 : plan.warnings.count > 0)
			fail_msg("row %zu: warnings %u, %s", i, plan.warnings.count,
				 plan.warnings.notes[0].text);
	}
}

static void
test_root_that_is_the_target_already_needs_no_power(void **state)
{
	static const char *const words[] = {"-u0:0", "--allow-root", NULL};
	static struct plan plan;
	struct facts facts = root();
	struct refusal why = {.text = ""};

	(void)state;
	has_nothing(&facts);
	denies_setgroups(&facts);
	assert_int_equal(make(&plan, words, &facts, &why), 0);
	assert_false(plan.drop.parts & (DROP_GROUPS | DROP_GID | DROP_UID));
}

static void
test_a_kept_power_over_ids_is_not_tried_out(void **state)
{
	static const char *const words[] = {"-u7",        "--keep-cap", "setuid",
					    "--keep-cap", "setgid",     NULL};
	static const char *const plain[] = {"-u7", NULL};
	static struct plan plan;
	struct facts facts = root();
	struct refusal why = {.text = ""};

	(void)state;
	assert_int_equal(make(&plan, words, &facts, &why), 0);
	assert_false(plan.drop.parts & (DROP_TRY_UID | DROP_TRY_GID));
	assert_int_equal(make(&plan, plain, &facts, &why), 0);
	assert_true((plan.drop.parts & DROP_TRY_UID) && (plan.drop.parts & DROP_TRY_GID));
}

static void
test_only_streams_of_roots_that_end_with_the_container_get_a_new_owner(void **state)
{
	static const struct {
		struct descriptor stream;
		bool as_pid_1, elsewhere;
	} rows[] = {
		{{.kind = DESCRIPTOR_FILE}, false, false},
		{{.kind = DESCRIPTOR_SOCKET}, false, false},
		{{.kind = DESCRIPTOR_LISTENING}, false, false},
		{{.kind = DESCRIPTOR_PIPE}, true, true},
		{{.kind = DESCRIPTOR_PIPE, .owner = 5}, false, false},
		{{.kind = DESCRIPTOR_TERMINAL}, true, false},
		{{.kind = DESCRIPTOR_TERMINAL, .owner = 5}, false, false},
	};
	static const char *const words[] = {"-u7", NULL};
	static const char *const kept[] = {"-u7", "--no-setup", NULL};
	static struct plan plan;
	struct facts facts = root();
	struct refusal why = {.text = ""};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		facts.descriptors[1] = rows[i].stream;
		for (facts.pid = 1; facts.pid <= 2; facts.pid++) {
			assert_int_equal(make(&plan, words, &facts, &why), 0);
			if (plan.own_stream[1] !=
			    (facts.pid == 1 ? rows[i].as_pid_1 : rows[i].elsewhere))
				fail_msg("row %zu, pid %d", i, facts.pid);
			assert_int_equal(make(&plan, kept, &facts, &why), 0);
			assert_false(plan.own_stream[1]);
		}
	}
}

/* READ_IMPLIES_EXEC does not outlive the exec of a 64-bit program on all machines. */
static void
test_what_an_exec_leaves_is_reset(void **state)
{
	static const char *const words[] = {"-u7", NULL};
	static const char *const never[] = {"-u7", "--init", "never", NULL};
	static struct plan plan;
	struct facts facts = root();
	struct refusal why = {.text = ""};

	(void)state;
	facts.inherited =
		(struct inherited){.personality = 0x0460000, .timers = true, .subreaper = true};
	assert_int_equal(make(&plan, words, &facts, &why), 0);
	assert_true(plan.service.resets);
	assert_int_equal(plan.service.personality, 0x0020000);
	facts.inherited.personality = 0x0400000;
	assert_int_equal(make(&plan, words, &facts, &why), 0);
	assert_true(plan.service.resets && plan.service.personality == 0);
	/* The fork takes timers and flag away. */
	facts.inherited.personality = 0x0020000;
	assert_int_equal(make(&plan, words, &facts, &why), 0);
	assert_false(plan.service.resets);
	assert_int_equal(make(&plan, never, &facts, &why), 0);
	assert_true(plan.service.resets && plan.service.personality == -1);
	facts.inherited.timers = false;
	assert_int_equal(make(&plan, never, &facts, &why), 0);
	assert_true(plan.service.resets);
	facts.inherited.subreaper = false;
	assert_int_equal(make(&plan, never, &facts, &why), 0);
	assert_false(plan.service.resets);
}

static void
test_only_what_the_bounding_set_has_is_dropped_from_it(void **state)
{
	static const char *const words[] = {"-u7", "--keep-cap", "chown", NULL};
	static struct plan plan;
	struct facts facts = root();
	struct refusal why = {.text = ""};

	(void)state;
	facts.capabilities.bounding = BIT(CAP_CHOWN) | BIT(CAP_KILL) | BIT(CAP_SETPCAP);
	assert_int_equal(make(&plan, words, &facts, &why), 0);
	assert_true(plan.drop.bounding_excess == (BIT(CAP_KILL) | BIT(CAP_SETPCAP)));
	assert_true(plan.drop.capabilities.bounding == BIT(CAP_CHOWN));
	without(&facts, BIT(CAP_SETPCAP));
	assert_int_equal(make(&plan, words, &facts, &why), 0);
	assert_true(plan.drop.bounding_excess == 0);
}

static void
test_the_group_file_is_read_where_a_group_may_come_from_it(void **state)
{
	static const struct {
		const char *words[5];
		bool needs;
	} rows[] = {
		{{"-u7:7"}, false},
		{{"-uapp:7"}, false},
		{{"-u7:7", "--group-add", "8"}, false},
		{{NULL}, false},
		{{"-u7"}, true},
		{{"-uapp"}, true},
		{{"-u7:app"}, true},
		{{"-u7:"}, true},
		{{"-u7:007"}, true},
		{{"-u7:7", "--group-add", "app"}, true},
		{{"-u7:7", "--group-add", "8", "--group-add=app"}, true},
	};
	static struct options options;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *argv[10] = {"stepdown"};
		struct refusal why = {.text = ""};
		int argc = 1;

		for (; rows[i].words[argc - 1]; argc++)
			argv[argc] = (char *)rows[i].words[argc - 1];
		argv[argc++] = "id";
		assert_int_equal(options_parse(&options, argc, argv, &why), 0);
		assert_int_equal(options_read(&options, &why), 0);
		if (plan_needs_groups(&options) != rows[i].needs)
			fail_msg("row %zu", i);
	}
}

static void
test_where_nothing_denies_it_a_terminal_has_a_filter_of_its_own(void **state)
{
	static const struct {
		const char *words[5];
		int terminal; /* the descriptor that is one, or -1 */
		bool has_tty;
		const struct filter_program *filter;
	} rows[] = {
		{{"-u7", "--seccomp", "off"}, -1, false, NULL},
		{{"-u7", "--seccomp", "off"}, 0, false, &filter_terminal_compat},
		{{"-u7", "--seccomp", "off"}, 2, false, &filter_terminal_compat},
		{{"-u7", "--seccomp", "off"}, -1, true, &filter_terminal_compat},
		{{"-u7"}, 1, true, NULL},
		{{"-u7", "--seccomp", "strict"}, 1, true, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		static struct plan plan;
		struct facts facts = root();
		struct refusal why = {.text = ""};

		for (int d = 0; d < 3; d++)
			facts.descriptors[d].kind =
				d == rows[i].terminal ? DESCRIPTOR_TERMINAL : DESCRIPTOR_FILE;
		facts.has_tty = rows[i].has_tty;
		if (make(&plan, rows[i].words, &facts, &why))
			fail_msg("row %zu: %s", i, why.text);
		if (plan.terminal_filter != rows[i].filter)
			fail_msg("row %zu: %s", i,
				 plan.terminal_filter ? plan.terminal_filter->name : "no filter");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_where_nothing_denies_it_a_terminal_has_a_filter_of_its_own),
		cmocka_unit_test(test_what_cannot_be_done_safely_is_refused_with_its_cure),
		cmocka_unit_test(test_plans_hold_what_the_service_will_have),
		cmocka_unit_test(test_root_that_is_the_target_already_needs_no_power),
		cmocka_unit_test(test_a_kept_power_over_ids_is_not_tried_out),
		cmocka_unit_test(test_only_what_the_bounding_set_has_is_dropped_from_it),
		cmocka_unit_test(test_the_group_file_is_read_where_a_group_may_come_from_it),
		cmocka_unit_test(
			test_only_streams_of_roots_that_end_with_the_container_get_a_new_owner),
		cmocka_unit_test(test_what_an_exec_leaves_is_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
