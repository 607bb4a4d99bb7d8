/* SPDX-License-Identifier: MIT */
/* What the service is to have beside its identity: every refusal, and what is left out for whom. */
#include "plan.h"

#include <errno.h>
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
#define ID_MAP "         0     100000      65536\n"

static char *const plain[] = {"PATH=/bin", NULL};

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
		.umask = 022,
		.directory = "/",
		.environment = plain,
		.service = {.most_files = 1048576, .oom_score = 100},
	};

	for (int i = 0; i < RLIM_NLIMITS; i++)
		facts.service.limits[i] = (struct rlimit){1000, 4000};
	facts.group_count = 1;
	return facts;
}

static void
is_user(struct facts *facts)
{
	facts->real_uid = facts->effective_uid = facts->saved_uid = 10001;
	facts->real_gid = facts->effective_gid = facts->saved_gid = 10001;
	facts->capabilities = (struct capability_sets){.bounding = ALL};
	facts->groups[0] = 10001;
}

static void
has_no_resource(struct facts *facts)
{
	facts->capabilities.effective &= ~BIT(CAP_SYS_RESOURCE);
	facts->capabilities.permitted &= ~BIT(CAP_SYS_RESOURCE);
}

/* Its root has the capability, and the kernel asks for the one of the machine. */
static void
is_in_user_namespace(struct facts *facts)
{
	facts->uid_map =
		(struct ids_file){"/proc/self/uid_map", ID_MAP, sizeof(ID_MAP) - 1, true, NULL};
	facts->gid_map = facts->uid_map;
}

static void
has_no_proc(struct facts *facts)
{
	facts->service.oom_error = ENOENT;
}

static void
is_user_without_proc(struct facts *facts)
{
	is_user(facts);
	has_no_proc(facts);
}

static void
is_user_with_resource(struct facts *facts)
{
	is_user(facts);
	facts->capabilities.effective = facts->capabilities.permitted = BIT(CAP_SYS_RESOURCE);
}

static void
is_elsewhere(struct facts *facts)
{
	strcpy(facts->service.directory, "/where/the/link/leads");
}

static char *const with_umask[] = {"UMASK=0007", NULL};
static char *const with_bad_umask[] = {"UMASK=8", NULL};
static char *const with_empty_umask[] = {"UMASK=", NULL};

static void
says_umask(struct facts *facts)
{
	facts->environment = with_umask;
}

static void
says_bad_umask(struct facts *facts)
{
	facts->environment = with_bad_umask;
}

static void
says_empty_umask(struct facts *facts)
{
	facts->environment = with_empty_umask;
}

static int
make(struct plan *plan, const char *const *words, const struct facts *facts, struct refusal *why)
{
	static struct options options;
	char *argv[14] = {"stepdown", "--user", "7:7"};
	int argc = 3;

	for (unsigned i = 0; words[i]; i++)
		argv[argc++] = (char *)words[i];
	argv[argc++] = "--";
	argv[argc++] = "id";
	memset(plan, 0, sizeof(*plan));
	memset(&options, 0, sizeof(options));
	assert_int_equal(options_parse(&options, argc, argv, why), 0);
	return options_read(&options, why) || plan_make(plan, &options, facts, why) ? -1 : 0;
}

static const struct {
	const char *words[7];
	void (*change)(struct facts *facts);
	const char *says[2]; /* what, and the cure */
} refused_rows[] = {
	{{"--workdir", ""}, NULL, {"--workdir ", "absolute path"}},
	{{"--workdir", "srv"}, NULL, {"--workdir srv", "begin it with /"}},
	{{"--workdir", "./srv"}, NULL, {"--workdir ./srv", "absolute path"}},
	{{"--workdir", "/srv/.."}, NULL, {"--workdir /srv/..", "where that leads to"}},
	{{"--workdir", "/../srv"}, NULL, {"--workdir /../srv", "where that leads to"}},
	{{"--umask", ""}, NULL, {"--umask ", "from 0 to 0777"}},
	{{"--umask", "8"}, NULL, {"--umask 8", "from 0 to 0777"}},
	{{"--umask", "-1"}, NULL, {"--umask -1", "from 0 to 0777"}},
	{{"--umask", " 22"}, NULL, {"--umask  22", "from 0 to 0777"}},
	{{"--umask", "0x12"}, NULL, {"--umask 0x12", "from 0 to 0777"}},
	{{"--umask", "1000"}, NULL, {"--umask 1000", "from 0 to 0777"}},
	{{"--umask", "00022"}, NULL, {"--umask 00022", "from 0 to 0777"}},
	{{"--umask", "40000000022"}, NULL, {"--umask 40000000022", "from 0 to 0777"}},
	{{"--umask", "u=rwx"}, NULL, {"--umask u=rwx", "from 0 to 0777"}},
	{{"--puid"}, says_bad_umask, {"UMASK=8", "from 0 to 0777"}},
	{{"--ulimit", "nofile"}, NULL, {"--ulimit nofile", "NAME=SOFT"}},
	{{"--ulimit", "files=1"}, NULL, {"--ulimit files=1", "nofile"}},
	{{"--ulimit", "nofile=2:1"}, NULL, {"--ulimit nofile=2:1", "raise the second"}},
	{{"--ulimit", "nofile=1048577"}, NULL, {"nofile=1048577", "ask for less"}},
	{{"--ulimit", "nofile=1:unlimited"}, NULL, {"nofile=1:unlimited", "ask for less"}},
	{{"--ulimit", "nofile=1:4001"},
	 has_no_resource,
	 {"nofile=1:4001 is above the hard limit here, 4000", "--cap-add SYS_RESOURCE"}},
	{{"--ulimit", "core=1", "--ulimit", "memlock=unlimited"},
	 is_in_user_namespace,
	 {"--ulimit memlock=unlimited is above", "start the container with --ulimit memlock="}},
	{{"--oom-score-adj", ""}, NULL, {"--oom-score-adj ", "from -1000 to 1000"}},
	{{"--oom-score-adj", "1001"}, NULL, {"--oom-score-adj 1001", "from -1000 to 1000"}},
	{{"--oom-score-adj", "-1001"}, NULL, {"--oom-score-adj -1001", "from -1000 to 1000"}},
	{{"--oom-score-adj", "+5"}, NULL, {"--oom-score-adj +5", "from -1000 to 1000"}},
	{{"--oom-score-adj", "-0"}, NULL, {"--oom-score-adj -0", "from -1000 to 1000"}},
	{{"--oom-score-adj", "05"}, NULL, {"--oom-score-adj 05", "from -1000 to 1000"}},
	{{"--oom-score-adj", "5 "}, NULL, {"--oom-score-adj 5 ", "from -1000 to 1000"}},
	{{"--oom-score-adj", "-"}, NULL, {"--oom-score-adj -", "from -1000 to 1000"}},
	{{"--oom-score-adj", "99"},
	 has_no_resource,
	 {"--oom-score-adj 99 is lower than the score here, 100", "--cap-add SYS_RESOURCE"}},
	{{"--oom-score-adj", "-1000"},
	 is_in_user_namespace,
	 {"--oom-score-adj -1000 is lower", "start the container with --oom-score-adj"}},
	{{"--oom-score-adj", "500"}, has_no_proc, {"--oom-score-adj 500", "mount /proc"}},
	{{"--oom-score-adj", "x", "--no-setup"}, NULL, {"--oom-score-adj x", "from -1000"}},
};

static void
test_what_cannot_be_given_is_refused_with_its_cure(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused_rows) / sizeof(refused_rows[0]); i++) {
		static struct plan plan;
		struct facts facts = root();
		struct refusal why = {.text = ""};

		if (refused_rows[i].change)
			refused_rows[i].change(&facts);
		if (make(&plan, refused_rows[i].words, &facts, &why) != -1)
			fail_msg("row %zu was planned", i);
		for (unsigned part = 0; part < 2; part++)
			if (!strstr(why.text, refused_rows[i].says[part]))
				fail_msg("row %zu: \"%s\" does not say \"%s\"", i, why.text,
					 refused_rows[i].says[part]);
	}
}

static void
test_a_path_that_no_directory_can_have_is_refused(void **state)
{
	static char path[PATH_MAX + 1];
	const char *words[] = {"--workdir", path, NULL};
	static struct plan plan;
	struct facts facts = root();
	struct refusal why = {.text = ""};

	(void)state;
	memset(path, 'a', PATH_MAX);
	path[0] = '/';
	assert_int_equal(make(&plan, words, &facts, &why), -1);
	assert_non_null(strstr(why.text, "longer than any path"));
	path[PATH_MAX - 1] = '\0';
	assert_int_equal(make(&plan, words, &facts, &why), 0);
	assert_string_equal(plan.directory, path);
}

static const struct {
	const char *written, *cleaned;
} directory_rows[] = {
	{"/", "/"},
	{"//", "/"},
	{"/.", "/"},
	{"/srv", "/srv"},
	{"/srv/", "/srv"},
	{"//srv//a///", "/srv/a"},
	{"/./srv/./a/.", "/srv/a"},
	{"/.srv/a.", "/.srv/a."},
	{"/...", "/..."},
	{"/..srv/a..", "/..srv/a.."},
};

static void
test_the_directory_is_named_as_the_kernel_will(void **state)
{
	static struct plan plan;
	struct facts facts = root();
	struct refusal why = {.text = ""};

	(void)state;
	for (size_t i = 0; i < sizeof(directory_rows) / sizeof(directory_rows[0]); i++) {
		const char *words[] = {"--workdir", directory_rows[i].written, NULL};

		assert_int_equal(make(&plan, words, &facts, &why), 0);
		assert_true(plan.service.enters);
		assert_string_equal(plan.service.enter, directory_rows[i].written);
		assert_string_equal(plan.directory, directory_rows[i].cleaned);
	}
	is_elsewhere(&facts);
	assert_int_equal(
		make(&plan, (const char *const[]){"--workdir", "/link", NULL}, &facts, &why), 0);
	assert_string_equal(plan.directory, "/where/the/link/leads");
	assert_string_equal(plan.service.enter, "/link");
	assert_int_equal(make(&plan, (const char *const[]){NULL}, &facts, &why), 0);
	assert_false(plan.service.enters);
	assert_string_equal(plan.directory, "/");
}

struct planned_row {
	const char *words[7];
	void (*change)(struct facts *facts);
	int mask;      /* -1: it stays as it is */
	size_t limits; /* how many */
	rlim_t soft;   /* of the last one */
	rlim_t hard;
	bool raises;
	int score; /* 9999: it stays as it is */
	const char *left_out;
};

enum { STAYS = 9999 };

static const struct planned_row planned_rows[] = {
	{{NULL}, NULL, -1, 0, 0, 0, false, STAYS, NULL},
	{{"--umask", "0"}, NULL, 0, 0, 0, 0, false, STAYS, NULL},
	{{"--umask", "27"}, NULL, 027, 0, 0, 0, false, STAYS, NULL},
	{{"--umask", "0777"}, is_user, 0777, 0, 0, 0, false, STAYS, NULL},
	/* UMASK is taken with --puid alone, and only where there is no --umask. */
	{{NULL}, says_umask, -1, 0, 0, 0, false, STAYS, NULL},
	{{"--puid"}, says_umask, 07, 0, 0, 0, false, STAYS, NULL},
	{{"--puid"}, says_empty_umask, -1, 0, 0, 0, false, STAYS, NULL},
	{{"--puid", "--umask", "22"}, says_umask, 022, 0, 0, 0, false, STAYS, NULL},
	{{"--puid", "--umask", "22"}, says_bad_umask, 022, 0, 0, 0, false, STAYS, NULL},
	{{"--ulimit", "nofile=9:4000"}, has_no_resource, -1, 1, 9, 4000, false, STAYS, NULL},
	{{"--ulimit", "nofile=4000"}, is_user, -1, 1, 4000, 4000, false, STAYS, NULL},
	{{"--ulimit", "nofile=9:4001"}, NULL, -1, 1, 9, 4001, true, STAYS, NULL},
	{{"--ulimit", "nofile=1048576"}, NULL, -1, 1, 1048576, 1048576, true, STAYS, NULL},
	{{"--ulimit", "core=unlimited"},
	 NULL,
	 -1,
	 1,
	 RLIM_INFINITY,
	 RLIM_INFINITY,
	 true,
	 STAYS,
	 NULL},
	{{"--ulimit", "core=0", "--ulimit", "nofile=1:2"},
	 is_in_user_namespace,
	 -1,
	 2,
	 1,
	 2,
	 false,
	 STAYS,
	 NULL},
	/* The later of one name counts. */
	{{"--ulimit", "core=0", "--ulimit", "core=5:6"}, NULL, -1, 1, 5, 6, false, STAYS, NULL},
	{{"--ulimit", "nofile=9:4001"}, is_user, -1, 0, 0, 0, false, STAYS, "rlimit.nofile"},
	{{"--ulimit", "nofile=9:4001"}, is_user_with_resource, -1, 1, 9, 4001, true, STAYS, NULL},
	{{"--oom-score-adj", "100"}, has_no_resource, -1, 0, 0, 0, false, 100, NULL},
	{{"--oom-score-adj", "1000"}, has_no_resource, -1, 0, 0, 0, false, 1000, NULL},
	{{"--oom-score-adj", "99"}, NULL, -1, 0, 0, 0, false, 99, NULL},
	{{"--oom-score-adj", "0"}, NULL, -1, 0, 0, 0, false, 0, NULL},
	{{"--oom-score-adj", "-1000"}, NULL, -1, 0, 0, 0, false, -1000, NULL},
	{{"--oom-score-adj", "500"}, is_user, -1, 0, 0, 0, false, 500, NULL},
	{{"--oom-score-adj", "99"}, is_user, -1, 0, 0, 0, false, STAYS, "oom_score_adj"},
	{{"--oom-score-adj", "500"},
	 is_user_without_proc,
	 -1,
	 0,
	 0,
	 0,
	 false,
	 STAYS,
	 "oom_score_adj"},
	/* The score is the container's; the rest is the service's alone. */
	{{"--oom-score-adj", "1", "--no-setup"}, has_no_proc, -1, 0, 0, 0, false, STAYS, NULL},
	{{"--umask", "7", "--ulimit", "core=3:4001", "--no-setup"},
	 NULL,
	 7,
	 1,
	 3,
	 4001,
	 true,
	 STAYS,
	 NULL},
};

static bool
is_as_planned(const struct planned_row *row, const struct plan_service *service)
{
	const struct rlimit_setting *last =
		&service->limits[service->limit_count ? service->limit_count - 1 : 0];

	return service->sets_umask == (row->mask >= 0) &&
	       (row->mask < 0 || service->umask == (mode_t)row->mask) &&
	       service->limit_count == row->limits &&
	       (!row->limits || (last->soft == row->soft && last->hard == row->hard)) &&
	       service->raises_limits == row->raises &&
	       service->sets_oom_score == (row->score != STAYS) &&
	       (row->score == STAYS || service->oom_score == row->score);
}

static bool
is_left_out(const struct plan_notes *notes, const char *key)
{
	for (unsigned i = 0; i < notes->count; i++)
		if (!strncmp(notes->notes[i].text, key, strlen(key)))
			return true;
	return false;
}

static void
test_what_can_be_given_is_planned(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(planned_rows) / sizeof(planned_rows[0]); i++) {
		const struct planned_row *row = &planned_rows[i];
		static struct plan plan;
		struct facts facts = root();
		struct refusal why = {.text = ""};

		if (row->change)
			row->change(&facts);
		if (make(&plan, row->words, &facts, &why))
			fail_msg("row %zu: %s", i, why.text);
		if (!is_as_planned(row, &plan.service))
			fail_msg("row %zu: umask %d %o, %zu limits, raises %d, score %d %d", i,
				 plan.service.sets_umask, plan.service.umask,
				 plan.service.limit_count, plan.service.raises_limits,
				 plan.service.sets_oom_score, plan.service.oom_score);
		bool left_out = is_left_out(&plan.left_out, "rlimit.") ||
				is_left_out(&plan.left_out, "oom_score_adj");

		if (left_out != (row->left_out != NULL) ||
		    (row->left_out && !is_left_out(&plan.left_out, row->left_out)))
			fail_msg("row %zu: left out is not %s", i,
				 row->left_out ? row->left_out : "empty");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_cannot_be_given_is_refused_with_its_cure),
		cmocka_unit_test(test_a_path_that_no_directory_can_have_is_refused),
		cmocka_unit_test(test_the_directory_is_named_as_the_kernel_will),
		cmocka_unit_test(test_what_can_be_given_is_planned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
