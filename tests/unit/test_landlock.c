/* SPDX-License-Identifier: MIT */
/* Landlock for any kernel: which rights are asked for, what is lost, and what is refused. */
#include "plan_landlock.h"

#include "confine/landlock_needs.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MOST_WORDS = 100, ALL_MENDED = 0xff };

static const struct landlock_wish files = {.files = true}, execute = {.execute = true},
				  binds = {.bind = true}, connects = {.connect = true},
				  everything = {true, true, true, true}, nothing = {false};

/* As the manual of the kernel lists them; written out once more, so that a slip shows. */
static uint64_t
files_of_abi(int abi)
{
	static const uint64_t known[] = {0,      0x1fff, 0x3fff, 0x7fff, 0x7fff,
					 0xffff, 0xffff, 0xffff, 0xffff, 0x1ffff};

	return known[abi > 9 ? 9 : abi];
}

static void
test_each_abi_adds_its_rights(void **unused)
{
	static const struct {
		const struct landlock_wish *wish;
		int abi;
		uint64_t files, ports, scopes;
		uint32_t flags;
	} rows[] = {
		{&files, 0, 0, 0, 0, 0},
		{&files, 1, 0, 0, 0, 0}, /* no REFER: services would break */
		{&files, 2, 0x3fff, 0, 0, 0},
		{&files, 3, 0x7fff, 0, 0, 0},
		{&files, 4, 0x7fff, 0, 0, 0},
		{&files, 5, 0xffff, 0, 0, 0},
		{&files, 6, 0xffff, 0, 3, 0},
		{&files, 7, 0xffff, 0, 3, 1},
		{&files, 8, 0xffff, 0, 3, 1},
		{&files, 9, 0x1ffff, 0, 3, 1},
		{&execute, 1, 0, 0, 0, 0},
		{&execute, 2, 0x2041, 0, 0, 0},
		{&execute, 5, 0x2041, 0, 0, 0},
		{&execute, 6, 0x2041, 0, 3, 0},
		{&execute, 9, 0x2041, 0, 3, 1},
		{&binds, 3, 0, 0, 0, 0},
		{&binds, 4, 0, 1, 0, 0},
		{&binds, 6, 0, 1, 3, 0},
		{&connects, 3, 0, 0, 0, 0},
		{&connects, 4, 0, 2, 0, 0},
		{&connects, 9, 0, 2, 3, 1},
		{&everything, 3, 0x7fff, 0, 0, 0},
		{&everything, 4, 0x7fff, 3, 0, 0},
		{&everything, 9, 0x1ffff, 3, 3, 1},
		{&nothing, 9, 0, 0, 0, 0},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct landlock_handled handled = landlock_handle(rows[i].wish, rows[i].abi);

		if (handled.files != rows[i].files || handled.ports != rows[i].ports ||
		    handled.scopes != rows[i].scopes || handled.flags != rows[i].flags)
			fail_msg("row %zu, ABI %d: %#llx %#llx %#llx %#x", i, rows[i].abi,
				 (unsigned long long)handled.files,
				 (unsigned long long)handled.ports,
				 (unsigned long long)handled.scopes, handled.flags);
	}
}

static void
test_no_kernel_is_asked_for_a_right_that_it_does_not_know(void **unused)
{
	(void)unused;
	for (int version = 0; version < 20; version++)
		for (unsigned wishes = 0; wishes < 16; wishes++) {
			struct landlock_wish wish = {wishes & 1, wishes & 2, wishes & 4,
						     wishes & 8};
			struct landlock_handled handled =
				landlock_handle(&wish, landlock_abi(version, ALL_MENDED));

			assert_int_equal(handled.files & ~files_of_abi(version), 0);
			assert_true(version >= 4 || handled.ports == 0);
			assert_true(version >= 6 || handled.scopes == 0);
			assert_true(version >= 7 || handled.flags == 0);
			for (unsigned use = 0; use < LANDLOCK_USES; use++)
				for (unsigned directory = 0; directory < 2; directory++)
					assert_int_equal(landlock_rights((enum landlock_use)use,
									 &handled, directory) &
								 ~handled.files,
							 0);
		}
}

static void
test_a_kernel_whose_signal_scope_is_broken_counts_as_one_without_scopes(void **unused)
{
	static const struct {
		int version;
		unsigned errata;
		int abi;
	} rows[] = {{0, 0, 0}, {2, 0, 2}, {5, 0, 5}, {6, 0, 5}, {6, 1, 5},  {6, 2, 6},  {7, 5, 5},
		    {7, 7, 7}, {9, 0, 5}, {9, 2, 9}, {8, 3, 8}, {10, 2, 9}, {30, 7, 9}, {30, 5, 5}};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(landlock_abi(rows[i].version, rows[i].errata), rows[i].abi);
}

static void
test_a_rule_gives_what_its_option_means(void **unused)
{
	static const struct {
		enum landlock_use use;
		uint64_t directory, file;
	} rows[] = {
		{LANDLOCK_FOR_READING, 0xc, 0x4},
		/* All but execution and the two kinds of device node. */
		{LANDLOCK_FOR_WRITING, 0x1ffff & ~0x841U, 0x1c006},
		{LANDLOCK_FOR_RUNNING, 0xd, 0x5},
		{LANDLOCK_FOR_EXCHANGE, 0x2000, 0},
	};
	struct landlock_handled all = landlock_handle(&files, 9);
	struct landlock_handled running = landlock_handle(&execute, 9);

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(landlock_rights(rows[i].use, &all, true), rows[i].directory);
		assert_int_equal(landlock_rights(rows[i].use, &all, false), rows[i].file);
	}
	assert_int_equal(landlock_rights(LANDLOCK_FOR_RUNNING, &running, true), 1);
	assert_int_equal(landlock_rights(LANDLOCK_FOR_READING, &running, true), 0);
}

static void
test_what_is_lost_is_named_for_each_abi(void **unused)
{
	static const struct {
		const struct landlock_wish *wish;
		int abi;
		const char *keys;
	} rows[] = {
		{&files, 1,
		 "!landlock.files !landlock.truncate landlock.ioctl landlock.scopes "
		 "landlock.sockets "},
		{&files, 2, "!landlock.truncate landlock.ioctl landlock.scopes landlock.sockets "},
		{&files, 3, "landlock.ioctl landlock.scopes landlock.sockets "},
		{&files, 5, "landlock.scopes landlock.sockets "},
		{&files, 6, "landlock.sockets "},
		{&files, 9, ""},
		{&execute, 1, "!landlock.files landlock.scopes "},
		{&execute, 2, "landlock.scopes "},
		{&execute, 6, ""},
		{&binds, 3, "!landlock.ports landlock.scopes "},
		{&binds, 4, "landlock.scopes "},
		{&connects, 2, "!landlock.ports landlock.scopes "},
		{&connects, 6, ""},
		{&everything, 2,
		 "!landlock.truncate !landlock.ports landlock.ioctl landlock.scopes "
		 "landlock.sockets "},
		{&everything, 9, ""},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct landlock_loss *loss;
		char keys[400] = "";
		unsigned cursor = 0;

		while ((loss = landlock_next_loss(rows[i].wish, rows[i].abi, &cursor))) {
			strcat(keys, loss->essential ? "!" : "");
			strcat(strcat(keys, loss->key), " ");
			assert_true(loss->abi > rows[i].abi);
		}
		assert_string_equal(keys, rows[i].keys);
	}
}

/* A machine as of today, on which every path exists. */
static const struct landlock_facts today = {.version = 9, .errata = ALL_MENDED};

/* Splits `words` at blanks. Returns as plan_landlock_ask, then plan_landlock_make. */
static int
plan_of(struct plan *plan, const struct landlock_facts *machine, const char *words,
	struct refusal *why)
{
	static struct options options;
	static struct facts facts;
	static char text[2048];
	char *argv[MOST_WORDS * 2] = {"stepdown"};
	int argc = 1;

	options = (struct options){.count = 0};
	facts = (struct facts){.landlock = *machine};
	snprintf(text, sizeof(text), "%s -- true", words);
	for (char *word = strtok(text, " "); word; word = strtok(NULL, " "))
		argv[argc++] = word;
	argv[argc] = NULL;
	*plan = (struct plan){.filter = &filter_default};
	why->text[0] = 0;
	if (options_parse(&options, argc, argv, why) || options_read(&options, why) ||
	    plan_landlock_ask(&facts.landlock, &options, why))
		return -1;
	return plan_landlock_make(plan, &options, &facts, why);
}

static void
test_bad_input_is_refused_with_the_value_and_the_cure(void **unused)
{
	static const struct {
		struct landlock_facts machine;
		const char *words;
		const char *says[3];
	} rows[] = {
		{{.version = 9, .errata = 2}, "--fs-ro etc", {"--fs-ro etc", "absolute", "/"}},
		{{.version = 9, .errata = 2, .path_errors = {ENOENT}},
		 "--fs-ro /none",
		 {"--fs-ro /none", "does not exist", "correct the path"}},
		{{.version = 9, .errata = 2, .path_errors = {0, ENOENT}},
		 "--fs-ro /a --fs-rw /none",
		 {"--fs-rw /none", "does not exist", "mount it"}},
		{{.version = 9, .errata = 2, .path_errors = {ENOTDIR}},
		 "--fs-exec /etc/passwd/",
		 {"--fs-exec /etc/passwd/", "as if it were a directory", "correct"}},
		{{.version = 9, .errata = 2, .path_errors = {ELOOP}},
		 "--fs-rw /data/x",
		 {"--fs-rw /data/x", "symbolic link", "name its target"}},
		{{.version = 9, .errata = 2, .path_errors = {EACCES}},
		 "--fs-rw /data/x",
		 {"--fs-rw /data/x", "Permission denied", "correct"}},
		{{.version = 9, .errata = 2},
		 "--net-bind 65536",
		 {"--net-bind 65536", "0 to 65535"}},
		{{.version = 9, .errata = 2}, "--net-bind -1", {"--net-bind -1", "0 to 65535"}},
		{{.version = 9, .errata = 2}, "--net-bind 080", {"--net-bind 080", "0 to 65535"}},
		{{.version = 9, .errata = 2}, "--net-bind http", {"--net-bind http", "none"}},
		{{.version = 9, .errata = 2}, "--net-bind 8x", {"--net-bind 8x"}},
		{{.version = 9, .errata = 2},
		 "--net-bind 99999999999999999999",
		 {"--net-bind 99999999999999999999", "0 to 65535"}},
		{{.version = 9, .errata = 2}, "--net-connect 0", {"--net-connect 0", "1 to 65535"}},
		{{.version = 9, .errata = 2},
		 "--net-bind none --net-bind 80",
		 {"--net-bind none", "beside a port", "leave one"}},
		{{.version = 9, .errata = 2},
		 "--net-connect 80 --net-connect none",
		 {"--net-connect none", "beside a port", "leave one"}},
		{{.version = 9, .errata = 2},
		 "--landlock maybe",
		 {"--landlock maybe", "require", "best-effort"}},
		/* What the machine lacks. */
		{{.error = ENOSYS},
		 "--fs-ro /etc",
		 {"--fs-ro /etc", "CONFIG_SECURITY_LANDLOCK", "--landlock best-effort"}},
		{{.error = EOPNOTSUPP}, "--exec-only", {"--exec-only", "lsm=", "best-effort"}},
		{{.error = EPERM}, "--net-bind 80", {"--net-bind 80", "the engine's filter", "best-effort"}},
		{{.version = 7, .errata = 2, .trial_error = EPERM},
		 "--fs-exec /bin",
		 {"--fs-exec /bin", "the engine's filter", "20.10.18"}},
		{{.version = 7, .errata = 2, .trial_error = E2BIG},
		 "--fs-rw /data",
		 {"--fs-rw /data", "16", "fewer"}},
		{{.version = 1}, "--exec-only", {"--exec-only", "5.19", "has 1"}},
		{{.version = 1}, "--fs-exec /x", {"--fs-exec /x", "5.19", "newer kernel"}},
		{{.version = 2}, "--fs-ro /x", {"--fs-ro /x", "6.2", "truncated"}},
		{{.version = 3}, "--net-connect 443", {"--net-connect 443", "6.7", "has 3"}},
		{{.version = 3},
		 "--exec-only --net-bind none",
		 {"--net-bind none", "6.7", "--landlock best-effort"}},
	};
	static struct plan plan;

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct refusal why;

		if (!plan_of(&plan, &rows[i].machine, rows[i].words, &why))
			fail_msg("not refused: %s", rows[i].words);
		for (size_t j = 0; j < 3 && rows[i].says[j]; j++)
			if (!strstr(why.text, rows[i].says[j]))
				fail_msg("%s: no %s in: %s", rows[i].words, rows[i].says[j],
					 why.text);
	}
}

static void
test_more_paths_or_ports_than_there_is_room_for_are_refused(void **unused)
{
	static struct plan plan;
	struct refusal why;
	char words[2048];

	(void)unused;
	for (unsigned extra = 0; extra < 2; extra++) {
		words[0] = 0;
		for (unsigned i = 0; i < LANDLOCK_PATHS + extra; i++)
			strcat(words, "--fs-ro /a ");
		assert_int_equal(plan_of(&plan, &today, words, &why), extra ? -1 : 0);
		assert_int_equal(strstr(why.text, "too many") != NULL, extra);
		words[0] = 0;
		for (unsigned i = 0; i < LANDLOCK_PORTS + extra; i++)
			strcat(words, "--net-bind 80 ");
		assert_int_equal(plan_of(&plan, &today, words, &why), extra ? -1 : 0);
		assert_int_equal(strstr(why.text, "too many") != NULL, extra);
	}
}

/* What is handled, in the letters f(iles) e(xecution alone) p(orts) s(copes) n(eeds) m(emory).
 * Ports and memory have a filter each. */
static const char *
describe(const struct plan *plan)
{
	static char text[16];
	const struct landlock_plan *landlock = &plan->landlock;

	snprintf(text, sizeof(text), "%s%s%s%s%s%s",
		 (landlock->handled.files & LANDLOCK_READ_FILE) ? "f" : "",
		 landlock->handled.files && !(landlock->handled.files & LANDLOCK_READ_FILE) ? "e"
											    : "",
		 landlock->handled.ports ? "p" : "", landlock->handled.scopes ? "s" : "",
		 landlock->needs ? "n" : "", plan->execution_filter ? "m" : "");
	assert_int_equal(landlock->restricts, landlock->handled.files || landlock->handled.ports);
	assert_int_equal(landlock->handled.ports != 0, plan->port_filter != NULL);
	return text;
}

static void
test_options_together_mean_what_the_manual_says(void **unused)
{
	static const struct {
		const char *words, *means;
	} rows[] = {
		{"", ""},
		{"--landlock best-effort", ""},
		{"--exec-only", "esm"},
		{"--exec-only --fs-exec /opt", "esm"},
		{"--exec-only --fs-exec /opt --fs-ro /etc", "fsnm"},
		{"--fs-exec /opt", "fsnm"},
		{"--fs-ro /etc", "fsnm"},
		{"--fs-rw /etc", "fsnm"},
		{"--fs-rw /data --net-bind 80", "fpsnm"},
		{"--net-bind none", "ps"},
		{"--net-connect 443 --exec-only", "epsm"},
	};
	static struct plan plan;
	struct refusal why;

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (plan_of(&plan, &today, rows[i].words, &why))
			fail_msg("%s: %s", rows[i].words, why.text);
		assert_string_equal(describe(&plan), rows[i].means);
		assert_int_equal(plan.left_out.count + plan.warnings.count, 0);
	}
}

static void
test_best_effort_does_what_it_can_and_says_what_it_cannot(void **unused)
{
	static const struct {
		struct landlock_facts machine;
		const char *words, *means;
		const char *warns;
		const char *leaves_out;
	} rows[] = {
		{{.error = ENOSYS},
		 "--fs-ro /etc",
		 "m",
		 "--fs-ro /etc has no effect",
		 "nothing is"},
		{{.error = EOPNOTSUPP}, "--exec-only", "m", "--exec-only has no effect", "lsm="},
		{{.error = EPERM}, "--net-bind 1", "", "--net-bind 1 has no effect", "the engine's filter"},
		{{.version = 7, .errata = 2, .trial_error = E2BIG},
		 "--net-bind 1",
		 "",
		 "--net-bind 1 has no effect",
		 "layers"},
		{{.version = 1}, "--fs-ro /a", "m", "--fs-ro /a is kept in part", "landlock.files"},
		{{.version = 2},
		 "--fs-rw /a",
		 "fnm",
		 "--fs-rw /a is kept in part",
		 "landlock.truncate"},
		{{.version = 3},
		 "--fs-rw /a --net-bind none",
		 "fnm",
		 "--net-bind none is kept",
		 "landlock.ports"},
		{{.version = 4}, "--net-bind 80", "p", NULL, "landlock.scopes"},
		{{.version = 6}, "--net-bind 80", "p", NULL, "landlock.scopes"},
		{{.version = 6, .errata = 2}, "--fs-ro /a", "fsnm", NULL, "landlock.sockets"},
	};
	static struct plan plan;

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char words[200];
		struct refusal why;

		snprintf(words, sizeof(words), "--landlock best-effort %s", rows[i].words);
		if (plan_of(&plan, &rows[i].machine, words, &why))
			fail_msg("%s: %s", words, why.text);
		assert_string_equal(describe(&plan), rows[i].means);
		assert_int_equal(plan.warnings.count > 0, rows[i].warns != NULL);
		if (rows[i].warns && !strstr(plan.warnings.notes[0].text, rows[i].warns))
			fail_msg("%s warns: %s", words, plan.warnings.notes[0].text);
		if (!strstr(plan.left_out.notes[0].text, rows[i].leaves_out))
			fail_msg("%s leaves out: %s", words, plan.left_out.notes[0].text);
	}
}

static void
test_the_ports_of_the_plan_are_those_of_the_options(void **unused)
{
	static struct plan plan;
	struct refusal why;

	(void)unused;
	assert_int_equal(plan_of(&plan, &today,
				 "--net-bind 0 --net-bind 65535 --net-connect 1 --net-bind 80",
				 &why),
			 0);
	assert_int_equal(plan.landlock.port_count, 4);
	assert_int_equal(plan.landlock.ports[0].number, 0);
	assert_int_equal(plan.landlock.ports[1].number, 65535);
	assert_int_equal(plan.landlock.ports[2].number, 80);
	assert_int_equal(plan.landlock.ports[2].right, LANDLOCK_BIND);
	assert_int_equal(plan.landlock.ports[3].number, 1);
	assert_int_equal(plan.landlock.ports[3].right, LANDLOCK_CONNECT);
}

/* A 32-bit program lives only where the service's filter lets it, and its calls are closed too. */
static void
test_the_filters_beside_fit_the_services_own(void **unused)
{
	static const struct {
		const struct filter_program *filter;
		bool compat;
		const struct filter_program *execution, *ports;
	} rows[] = {
		{&filter_default, false, &filter_exec_only, &filter_tcp_only},
		{&filter_default_compat, true, &filter_exec_only_compat, &filter_tcp_only_compat},
		{NULL, false, &filter_exec_only_compat, &filter_tcp_only_compat},
	};
	static struct options options;
	static struct facts facts;
	char *argv[] = {"stepdown", "--exec-only", "--net-bind", "80", "true", NULL};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		static struct plan plan;
		struct refusal why;

		options = (struct options){.count = 0};
		facts = (struct facts){.landlock = today};
		plan = (struct plan){.filter = rows[i].filter, .compat = rows[i].compat};
		assert_int_equal(options_parse(&options, 5, argv, &why), 0);
		assert_int_equal(options_read(&options, &why), 0);
		assert_int_equal(plan_landlock_ask(&facts.landlock, &options, &why), 0);
		assert_int_equal(plan_landlock_make(&plan, &options, &facts, &why), 0);
		assert_ptr_equal(plan.execution_filter, rows[i].execution);
		assert_ptr_equal(plan.port_filter, rows[i].ports);
	}
}

static void
test_nothing_of_what_every_program_needs_can_be_executed(void **unused)
{
	(void)unused;
	assert_string_not_equal(landlock_needs[0].path, "");
	for (const struct landlock_need *need = landlock_needs; need->path[0]; need++) {
		assert_int_equal(need->path[0], '/');
		if (need->use == LANDLOCK_FOR_WRITING)
			assert_int_equal(strncmp(need->path, "/dev/", 5), 0);
		else
			assert_int_equal(need->use, LANDLOCK_FOR_READING);
		for (const struct landlock_need *other = landlock_needs; other < need; other++)
			assert_string_not_equal(other->path, need->path);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_abi_adds_its_rights),
		cmocka_unit_test(test_no_kernel_is_asked_for_a_right_that_it_does_not_know),
		cmocka_unit_test(
			test_a_kernel_whose_signal_scope_is_broken_counts_as_one_without_scopes),
		cmocka_unit_test(test_a_rule_gives_what_its_option_means),
		cmocka_unit_test(test_what_is_lost_is_named_for_each_abi),
		cmocka_unit_test(test_bad_input_is_refused_with_the_value_and_the_cure),
		cmocka_unit_test(test_more_paths_or_ports_than_there_is_room_for_are_refused),
		cmocka_unit_test(test_options_together_mean_what_the_manual_says),
		cmocka_unit_test(test_best_effort_does_what_it_can_and_says_what_it_cannot),
		cmocka_unit_test(test_the_ports_of_the_plan_are_those_of_the_options),
		cmocka_unit_test(test_the_filters_beside_fit_the_services_own),
		cmocka_unit_test(test_nothing_of_what_every_program_needs_can_be_executed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
