/* SPDX-License-Identifier: MIT */
/* The pure parts of learn and check: arguments that matter, sightings, profiles, recordings. */
#include "helpers/kit.h"
#include "kit/heap.h"
#include "kit/interest.h"
#include "kit/json.h"
#include "kit/json_print.h"
#include "kit/learn_judge.h"
#include "kit/learn_profile.h"
#include "kit/learned.h"
#include "kit/recording.h"
#include "kit/run_request.h"
#include "kit/sightings.h"
#include "kit/words.h"

#include <errno.h>
#include <limits.h>
#include <linux/audit.h>
#include <linux/netlink.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <sys/socket.h>

struct words_row {
	enum words kind;
	uint64_t value;
	const char *text;
};

static const struct words_row words_rows[] = {
	{WORDS_FAMILY, 2, "AF_INET"},
	{WORDS_FAMILY, 38, "AF_ALG"},
	{WORDS_FAMILY, 77, "77"},
	{WORDS_TYPE, 3, "SOCK_RAW"},
	{WORDS_NETLINK, 16, "NETLINK_GENERIC"},
	{WORDS_IOCTL, 0x5412, "TIOCSTI"},
	{WORDS_IOCTL, 0x12345, "0x12345"},
	{WORDS_CLONE, 17, "17"},
	{WORDS_CLONE, 0, "0"},
	{WORDS_CLONE, 0x10000011, "CLONE_NEWUSER|17"},
	{WORDS_CLONE, 0x100000000 | CLONE_VM, "CLONE_VM|0x100000000"},
	{WORDS_PRCTL, 15, "PR_SET_NAME"},
	{WORDS_ARCH_PRCTL, 0x1002, "ARCH_SET_FS"},
	{WORDS_NUMBER, 12, "12"},
	{WORDS_NUMBER, UINT64_MAX, "0xffffffffffffffff"},
};

static void
test_words_name_values(void **state)
{
	char text[WORDS_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(words_rows) / sizeof(words_rows[0]); i++)
		assert_string_equal(
			words_say(words_rows[i].kind, words_rows[i].value, text, sizeof(text)),
			words_rows[i].text);
}

static void
test_all_flags_at_once_have_room(void **state)
{
	char text[WORDS_TEXT];

	(void)state;
	words_say(WORDS_CLONE, UINT64_MAX, text, sizeof(text));
	assert_non_null(strstr(text, "|0xffffffff00000000|255"));
}

struct interest_row {
	const char *call;
	uint64_t arguments[CALL_ARGUMENTS];
	const char *text;
	size_t conditions;
	uint64_t last_mask;
};

static const struct interest_row interest_rows[] = {
	{"read", {1, 2, 3}, "read", 0, 0},
	{"socket",
	 {AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 6},
	 "socket(AF_INET, SOCK_STREAM)",
	 2,
	 0xf},
	/* What the kernel does not look at is not told apart. */
	{"socket", {0xffffffff00000002, 1, 0}, "socket(AF_INET, SOCK_STREAM)", 2, 0xf},
	{"socket",
	 {AF_NETLINK, SOCK_RAW, NETLINK_AUDIT},
	 "socket(AF_NETLINK, NETLINK_AUDIT)",
	 2,
	 UINT32_MAX},
	{"clone", {0x1200011}, "clone(0)", 1, 0x7e020000},
	{"clone", {CLONE_NEWNET | 17}, "clone(CLONE_NEWNET)", 1, 0x7e020000},
	{"ioctl", {0, 0x5401, 0}, "ioctl(TCGETS)", 1, UINT32_MAX},
	{"prctl", {0x100000026, 1}, "prctl(PR_SET_NO_NEW_PRIVS)", 1, UINT32_MAX},
	{"ptrace", {0x100000000}, "ptrace(0x100000000)", 1, UINT64_MAX},
};

static void
test_arguments_that_matter(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(interest_rows) / sizeof(interest_rows[0]); i++) {
		const struct interest_row *row = &interest_rows[i];
		struct interest_values values =
			interest_values(interest_find(row->call), row->arguments);
		struct condition conditions[INTEREST_PARTS];
		char text[INTEREST_TEXT];

		assert_string_equal(interest_say(row->call, &values, text), row->text);
		assert_int_equal(interest_conditions(&values, conditions), row->conditions);
		if (row->conditions > 0)
			assert_int_equal(conditions[row->conditions - 1].value, row->last_mask);
	}
}

/* ---- sightings ---- */

static struct seccomp_data
call_of(const char *name, uint64_t first, uint64_t second, uint64_t third)
{
	const struct architecture *arch = architecture_find("x86_64");

	return (struct seccomp_data){
		.nr = call_number(arch, name), .arch = arch->audit, .args = {first, second, third}};
}

static void
see(struct sightings *sightings, const char *name, uint64_t first, uint64_t second,
    unsigned program, bool later)
{
	struct seccomp_data data = call_of(name, first, second, 0);

	sightings_add(sightings, &data, program, later, 0);
}

static void
test_kinds_of_calls_are_found_once(void **state)
{
	struct sightings sightings;

	(void)state;
	sightings_init(&sightings);
	see(&sightings, "read", 1, 2, 0, false);
	see(&sightings, "read", 3, 4, 5, true);
	see(&sightings, "socket", 2, 1, 0, false);
	see(&sightings, "socket", 10, 1, 0, false);
	see(&sightings, "socket", 10, SOCK_CLOEXEC | 1, 0, false);
	assert_int_equal(sightings.count, 3);
	assert_int_equal(sightings.list[0].count, 2);
	assert_int_equal(sightings.list[0].programs, 1 | 1 << 5);
	assert_true(sightings.list[0].later);
	assert_int_equal(sightings.list[0].united, 3);
	assert_false(sightings.list[1].later);
	assert_int_equal(sightings.list[2].count, 2);
	sightings_restart(&sightings);
	assert_false(sightings.list[0].later);
	sightings_free(&sightings);
}

static void
test_findings_are_bounded(void **state)
{
	struct sightings sightings;

	(void)state;
	sightings_init(&sightings);
	for (unsigned i = 0; i < 100000; i++) {
		struct seccomp_data data = {.nr = (int)(5000 + i), .arch = AUDIT_ARCH_X86_64};

		see(&sightings, "ioctl", 0, i, 0, false);
		sightings_add(&sightings, &data, 0, false, 0);
	}
	assert_in_range(sightings.count, 2 * FINDINGS_VALUES, 2 * FINDINGS_VALUES + 2);
	unsigned long long total = 0;

	for (size_t i = 0; i < sightings.count; i++)
		total += sightings.list[i].count;
	assert_int_equal(total, 200000);
	sightings_free(&sightings);
}

static void
test_an_unknown_architecture_is_counted_too(void **state)
{
	struct sightings sightings;
	struct seccomp_data data = {.nr = 1, .arch = AUDIT_ARCH_PPC64};

	(void)state;
	sightings_init(&sightings);
	assert_null(sightings_add(&sightings, &data, 0, false, 0)->arch);
	assert_null(sightings.list[0].name);
	sightings_free(&sightings);
}

/* ---- profiles ---- */

static struct json_object *
document_of(const char *text)
{
	struct refusal why;
	struct json_object *document = json_read(text, strlen(text), &why);

	if (!document)
		fail_msg("%s", why.text);
	return document;
}

static struct json_object *
start(void)
{
	struct run_request request = {0};
	struct refusal why;
	struct json_object *document = learn_start(&request, &why);

	if (!document)
		fail_msg("%s", why.text);
	learned_arch(document, architecture_find("x86_64"), false);
	return document;
}

/* The profile of these sightings, as text, to be freed. */
static char *
profile_of(struct json_object *document, struct sightings *sightings, bool served)
{
	static char sh[] = "/bin/sh", ls[] = "/bin/ls";
	struct programs programs = {.names = {sh, ls}, .count = 2};
	struct learned learned = {.document = document,
				  .sightings = sightings,
				  .programs = &programs,
				  .service = kit_service("x86_64"),
				  .served = served};
	struct refusal why;
	size_t length;

	if (learned_add(&learned, &why) < 0)
		fail_msg("%s", why.text);
	return json_print(document, &length);
}

static void
assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no \"%s\" in:\n%s", part, text);
}

static void
test_a_profile_allows_what_was_seen_and_no_more(void **state)
{
	static const struct {
		const char *name;
		uint64_t first, second;
		uint32_t answer;
	} rows[] = {
		{"mkdir", 0, 0, SECCOMP_RET_ALLOW},
		{"rmdir", 0, 0, SECCOMP_RET_ERRNO | 1},
		{"socket", 2, 1, SECCOMP_RET_ALLOW},
		{"socket", 2, SOCK_NONBLOCK | 1, SECCOMP_RET_ALLOW},
		{"socket", 2, 2, SECCOMP_RET_ERRNO | 1},
		{"socket", 10, 1, SECCOMP_RET_ERRNO | 1},
		{"clone", 17, 0, SECCOMP_RET_ALLOW},
		{"clone", CLONE_NEWUSER | 17, 0, SECCOMP_RET_ERRNO | 1},
		{"clone3", 0, 0, SECCOMP_RET_ERRNO | 38},
		{"ioctl", 0, 0x5401, SECCOMP_RET_ALLOW},
		{"ioctl", 0, 0x5412, SECCOMP_RET_ERRNO | 1},
		{"setresuid", 0, 0, SECCOMP_RET_ERRNO | 1},
		{"openat", 0, 0, SECCOMP_RET_ALLOW},
		{"exit_group", 0, 0, SECCOMP_RET_ALLOW},
	};
	struct sightings sightings;
	struct notes notes = {0};
	struct profile profile;
	struct compiled *compiled = memory_new(1, sizeof(*compiled));
	struct service service = kit_service("x86_64");
	struct json_object *document = start();

	(void)state;
	sightings_init(&sightings);
	see(&sightings, "mkdir", 0, 0, 0, true);
	see(&sightings, "socket", 2, 1, 1, true);
	see(&sightings, "clone", CLONE_VM | 17, 0, 1, true);
	see(&sightings, "clone3", 0, 0, 1, true);
	char *text = profile_of(document, &sightings, true);

	kit_parse(text, &profile, &notes);
	kit_compile(&profile, &service, false, compiled, &notes);
	assert_int_equal(notes.count, 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (kit_ask_name(&compiled->program, "x86_64", rows[i].name, rows[i].first,
				 rows[i].second, 0) != rows[i].answer)
			fail_msg("%s(%llu, %llu)", rows[i].name, (unsigned long long)rows[i].first,
				 (unsigned long long)rows[i].second);
	profile_free(&profile);
	free(compiled);
	free(text);
	sightings_free(&sightings);
	json_object_put(document);
}

static void
test_the_order_of_findings_does_not_matter(void **state)
{
	static const char *const names[] = {"mkdir", "rmdir", "socket", "chdir", "unlink", "ioctl"};
	enum { NAMES = sizeof(names) / sizeof(names[0]) };
	char *texts[2];

	(void)state;
	for (unsigned turn = 0; turn < 2; turn++) {
		struct sightings sightings;
		struct json_object *document = start();

		sightings_init(&sightings);
		for (unsigned i = 0; i < NAMES; i++) {
			unsigned at = turn ? NAMES - 1 - i : i;

			see(&sightings, names[at], at, at, at % 2, at > 2);
		}
		texts[turn] = profile_of(document, &sightings, true);
		sightings_free(&sightings);
		json_object_put(document);
	}
	assert_string_equal(texts[0], texts[1]);
	free(texts[0]);
	free(texts[1]);
}

/* Of five programs three are named, so that other sets of them read the same. */
static void
test_the_order_does_not_matter_where_programs_read_the_same(void **state)
{
	static char a[] = "a", b[] = "b", c[] = "c", d[] = "d", e[] = "e", f[] = "f";
	static const char *const calls[] = {"mkdir", "rmdir"};
	static const uint64_t sets[] = {0x1f, 0x2f};
	char *texts[2];

	(void)state;
	for (unsigned turn = 0; turn < 2; turn++) {
		struct sightings sightings;
		struct programs programs = {.names = {a, b, c, d, e, f}, .count = 6};
		struct json_object *document = start();
		struct learned learned = {.document = document,
					  .sightings = &sightings,
					  .programs = &programs,
					  .service = kit_service("x86_64")};
		struct refusal why;
		size_t length;

		sightings_init(&sightings);
		for (unsigned i = 0; i < 2; i++) {
			see(&sightings, calls[i ^ turn], 0, 0, 0, true);
			sightings.list[i].programs = sets[i ^ turn];
		}
		assert_int_equal(learned_add(&learned, &why), 0);
		texts[turn] = json_print(document, &length);
		sightings_free(&sightings);
		json_object_put(document);
	}
	assert_string_equal(texts[0], texts[1]);
	free(texts[0]);
	free(texts[1]);
}

/* The sanitizer looks at what sorts an empty list. */
static void
test_where_nothing_is_missing_nothing_is_added(void **state)
{
	struct sightings sightings;
	struct json_object *document = start();
	size_t length;
	char *before = json_print(document, &length);

	(void)state;
	sightings_init(&sightings);
	char *after = profile_of(document, &sightings, true);

	assert_string_equal(before, after);
	free(before);
	free(after);
	sightings_free(&sightings);
	json_object_put(document);
}

static void
test_comments_say_who_and_when(void **state)
{
	struct sightings sightings;
	struct json_object *document = start();

	(void)state;
	sightings_init(&sightings);
	see(&sightings, "mkdir", 0, 0, 0, true);
	see(&sightings, "mkdir", 0, 0, 1, false);
	see(&sightings, "rmdir", 0, 0, 1, false);
	see(&sightings, "socket", 1, 2, 1, false);
	char *text = profile_of(document, &sightings, true);

	assert_has(text, "\"comment\": \"By /bin/ls and /bin/sh.\", \"names\": [ \"mkdir\" ]");
	assert_has(text, "\"By /bin/ls; at start-up only.\", \"names\": [ \"rmdir\" ]");
	assert_has(text, "\"socket(AF_UNIX, SOCK_DGRAM); by /bin/ls; at start-up only.\"");
	free(text);
	json_object_put(document);
	/* Where the start-up never ended there is nothing to tell apart. */
	document = start();
	text = profile_of(document, &sightings, false);
	assert_null(strstr(text, "start-up only"));
	free(text);
	json_object_put(document);
	sightings_free(&sightings);
}

static void
test_too_many_values_become_a_rule_without_conditions(void **state)
{
	struct sightings sightings;
	struct json_object *document = start();

	(void)state;
	sightings_init(&sightings);
	for (unsigned i = 0; i < 2 * FINDINGS_VALUES; i++)
		see(&sightings, "keyctl", i, 0, 0, true);
	char *text = profile_of(document, &sightings, true);

	assert_has(text, "\"names\": [ \"keyctl\" ], \"action\": \"SCMP_ACT_ALLOW\" }");
	assert_null(strstr(text, "keyctl("));
	free(text);
	json_object_put(document);
	sightings_free(&sightings);
}

struct merge_row {
	const char *into;
	const char *from;
	const char *syscalls; /* NULL: refused */
};

#define PROFILE(rules) "{ \"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [ " rules " ] }"
#define ALLOW "\"action\": \"SCMP_ACT_ALLOW\""
#define IF_ONE ", \"args\": [ { \"index\": 0, \"value\": 1, \"op\": \"SCMP_CMP_EQ\" } ]"

static const struct merge_row merge_rows[] = {
	{PROFILE("{ \"names\": [ \"a\", \"b\" ], " ALLOW " }"),
	 PROFILE("{ \"names\": [ \"b\", \"c\" ], " ALLOW " }"),
	 "[ { \"names\": [ \"a\", \"b\" ], " ALLOW " }, { \"names\": [ \"c\" ], " ALLOW " } ]"},
	{PROFILE("{ \"names\": [ \"a\" ], " ALLOW " }"),
	 PROFILE("{ \"comment\": \"x\", \"names\": [ \"a\" ], " ALLOW " }"),
	 "[ { \"names\": [ \"a\" ], " ALLOW " } ]"},
	/* A condition on what is allowed anyway, and one that is there already. */
	{PROFILE("{ \"names\": [ \"a\" ], " ALLOW " }"),
	 PROFILE("{ \"names\": [ \"a\" ], " ALLOW IF_ONE " }"),
	 "[ { \"names\": [ \"a\" ], " ALLOW " } ]"},
	{PROFILE("{ \"names\": [ \"a\" ], " ALLOW IF_ONE " }"),
	 PROFILE("{ \"comment\": \"other\", \"names\": [ \"a\" ], " ALLOW IF_ONE " }"),
	 "[ { \"names\": [ \"a\" ], " ALLOW IF_ONE " } ]"},
	{PROFILE("{ \"names\": [ \"a\" ], " ALLOW IF_ONE " }"),
	 PROFILE("{ \"names\": [ \"a\" ], " ALLOW " }"),
	 "[ { \"names\": [ \"a\" ], " ALLOW IF_ONE " }, { \"names\": [ \"a\" ], " ALLOW " } ]"},
	/* What a profile says of a call is not overruled by another's denial of it. */
	{PROFILE("{ \"names\": [ \"clone3\" ], " ALLOW " }"),
	 PROFILE("{ \"names\": [ \"clone3\" ], \"action\": \"SCMP_ACT_ERRNO\" }"),
	 "[ { \"names\": [ \"clone3\" ], " ALLOW " } ]"},
	/* Any other denial stays, and is the stricter one of the two. */
	{PROFILE("{ \"names\": [ \"ptrace\" ], " ALLOW " }"),
	 PROFILE("{ \"names\": [ \"ptrace\" ], \"action\": \"SCMP_ACT_KILL\" }"),
	 "[ { \"names\": [ \"ptrace\" ], " ALLOW " }, "
	 "{ \"names\": [ \"ptrace\" ], \"action\": \"SCMP_ACT_KILL\" } ]"},
	{PROFILE(""), "{ \"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [ ] }", NULL},
};

static void
test_merging_says_nothing_twice(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(merge_rows) / sizeof(merge_rows[0]); i++) {
		const struct merge_row *row = &merge_rows[i];
		struct json_object *into = document_of(row->into), *from = document_of(row->from);
		struct json_object *rules;
		struct refusal why;

		int merged = learned_merge(into, from, &why);

		if (!row->syscalls) {
			assert_int_equal(merged, -1);
		} else {
			assert_int_equal(merged, 0);
			json_object_object_get_ex(into, "syscalls", &rules);
			assert_string_equal(
				json_object_to_json_string_ext(rules, JSON_C_TO_STRING_SPACED),
				row->syscalls);
		}
		json_object_put(into);
		json_object_put(from);
	}
}

static void
test_a_base_that_denies_by_name_is_refused(void **state)
{
	struct json_object *document =
		document_of(PROFILE("{ \"names\": [ \"mkdir\" ], \"action\": \"SCMP_ACT_ERRNO\", "
				    "\"errnoRet\": 13 }, { \"names\": [ \"read\" ], " ALLOW " }"));
	struct sightings sightings;
	struct programs programs = {0};
	struct learned learned = {.document = document,
				  .sightings = &sightings,
				  .programs = &programs,
				  .service = kit_service("x86_64")};
	struct refusal why;

	(void)state;
	sightings_init(&sightings);
	see(&sightings, "mkdir", 0, 0, 0, true);
	assert_int_equal(learned_add(&learned, &why), -1);
	assert_has(why.text, "mkdir");
	sightings_free(&sightings);
	json_object_put(document);
}

/* ---- conditions of the profile that learning starts from ---- */

#define IF(index, value)                                                                           \
	", \"args\": [ { \"index\": " index ", \"value\": " value ", \"op\": \"SCMP_CMP_EQ\" } ]"
#define KILL "\"action\": \"SCMP_ACT_KILL\""
#define ALL_BUT(value)                                                                             \
	"{ \"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [ { \"names\": [ \"getpriority\" " \
	"], "                                                                                      \
	"\"action\": \"SCMP_ACT_ERRNO\"" IF("0", value) " } ] }"

static const struct {
	const char *base;
	const char *call;
	uint64_t seen[2][3]; /* the arguments of two calls of a kind */
	const char *says;    /* NULL: both pass in the end */
} kind_rows[] = {
	{PROFILE("{ \"names\": [ \"getpriority\" ], " ALLOW IF("0", "0") " }"),
	 "getpriority",
	 {{0}, {2}},
	 NULL},
	{PROFILE("{ \"names\": [ \"getpriority\" ], " ALLOW IF("0", "0") " }"),
	 "getpriority",
	 {{2}, {0}},
	 NULL},
	{PROFILE("{ \"names\": [ \"getpriority\" ], " ALLOW IF("0", "0") " }"),
	 "getpriority",
	 {{1}, {2}},
	 NULL},
	/* Of a socket family and type matter, and the protocol may to a profile. */
	{PROFILE("{ \"names\": [ \"socket\" ], " ALLOW IF("2", "0") " }"),
	 "socket",
	 {{1, 1, 0}, {1, 1, 6}},
	 NULL},
	{PROFILE("{ \"names\": [ \"socket\" ], " ALLOW IF(
		 "0", "1") " }, "
			   "{ \"names\": [ \"socket\" ], " KILL IF("2", "6") " }"),
	 "socket",
	 {{1, 1, 0}, {1, 1, 6}},
	 "socket was seen, but"},
	{PROFILE("{ \"names\": [ \"getpriority\" ], " ALLOW IF(
		 "0", "0") " }, "
			   "{ \"names\": [ \"getpriority\" ], " KILL IF("0", "2") " }"),
	 "getpriority",
	 {{0}, {2}},
	 "getpriority was seen, and"},
	/* Not seen itself, but it would pass from then on. */
	{PROFILE("{ \"names\": [ \"getpriority\" ], " ALLOW IF(
		 "0", "0") " }, "
			   "{ \"names\": [ \"getpriority\" ], " KILL IF("0", "2") " }"),
	 "getpriority",
	 {{0}, {1}},
	 "getpriority was seen, and"},
	/* There is nothing to add, and nothing is lifted. */
	{PROFILE("{ \"names\": [ \"getpriority\" ], " ALLOW IF(
		 "0", "0") " }, "
			   "{ \"names\": [ \"getpriority\" ], " KILL IF("0", "2") " }"),
	 "getpriority",
	 {{0}, {0}},
	 NULL},
	{ALL_BUT("2"), "getpriority", {{0}, {2}}, "getpriority was seen, and"},
	{ALL_BUT("2"), "getpriority", {{0}, {1}}, NULL},
};

static void
make_judge(struct learn_judge *judge, struct json_object *document)
{
	struct service service = kit_service("x86_64");
	struct refusal why;

	if (learn_judge_make(document, &service, judge, &why) < 0)
		fail_msg("%s", why.text);
}

/* What the judge says tells calls apart, and each of them passes in the end. */
static void
test_conditions_are_asked_of_every_call(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(kind_rows) / sizeof(kind_rows[0]); i++) {
		struct json_object *document = document_of(kind_rows[i].base);
		struct learn_judge judge;
		struct sightings sightings;
		struct programs programs = {0};
		struct learned learned = {.document = document,
					  .sightings = &sightings,
					  .programs = &programs,
					  .service = kit_service("x86_64")};
		struct refusal why = {.text = ""};
		int error = 0;

		sightings_init(&sightings);
		make_judge(&judge, document);
		for (size_t c = 0; c < 2; c++) {
			const uint64_t *seen = kind_rows[i].seen[c];
			struct seccomp_data data =
				call_of(kind_rows[i].call, seen[0], seen[1], seen[2]);

			sightings_add(&sightings, &data, 0, true,
				      learn_judge_ask(&judge, &data, &error));
		}
		learn_judge_free(&judge);
		int result = learned_add(&learned, &why);

		assert_int_equal(error, 0);
		if ((result < 0) != (kind_rows[i].says != NULL))
			fail_msg("row %zu: %d %s", i, result, why.text);
		if (kind_rows[i].says)
			assert_has(why.text, kind_rows[i].says);
		make_judge(&judge, document);
		for (size_t c = 0; !kind_rows[i].says && c < 2; c++) {
			const uint64_t *seen = kind_rows[i].seen[c];
			struct seccomp_data data =
				call_of(kind_rows[i].call, seen[0], seen[1], seen[2]);

			if (learn_judge_ask(&judge, &data, &error) != SECCOMP_RET_ALLOW)
				fail_msg("row %zu, call %zu", i, c);
		}
		learn_judge_free(&judge);
		sightings_free(&sightings);
		json_object_put(document);
	}
}

/* More values than are told apart need a rule without conditions, which would lift this one. */
static void
test_many_values_lift_no_denial(void **state)
{
	struct json_object *document =
		document_of(PROFILE("{ \"names\": [ \"keyctl\" ], " KILL IF("0", "5000") " }"));
	struct sightings sightings;
	struct programs programs = {0};
	struct learned learned = {.document = document,
				  .sightings = &sightings,
				  .programs = &programs,
				  .service = kit_service("x86_64")};
	struct refusal why;

	(void)state;
	sightings_init(&sightings);
	for (unsigned i = 0; i < 2 * FINDINGS_VALUES; i++)
		see(&sightings, "keyctl", i, 0, 0, true);
	assert_int_equal(learned_add(&learned, &why), -1);
	assert_has(why.text, "keyctl was seen, and");
	sightings_free(&sightings);
	json_object_put(document);
}

/* Whatever is asked, and however often: what the filter that check compiles would answer. */
static void
test_the_judge_answers_as_the_filter_does(void **state)
{
	static const char *const names[] = {"src/profiles/default.json",
					    "src/profiles/strict.json"};
	static const uint64_t values[] = {0, 1, 2, 16, 38, 0x5412, CLONE_NEWUSER | 17, 1ULL << 32};
	static const int others[] = {-1, 5000, 0x40000001};
	enum { VALUES = sizeof(values) / sizeof(values[0]), NUMBERS = 480 };
	struct compiled *compiled = memory_new(1, sizeof(*compiled));
	struct service service = kit_service("x86_64");
	const struct architecture *arch = architecture_find("x86_64");

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct json_object *document;
		struct learn_judge judge;
		struct profile profile;
		struct notes notes = {0};
		struct refusal why;
		char *bytes;
		size_t length;

		assert_int_equal(learn_read(names[i], &bytes, &length, &why), 0);
		document = json_read(bytes, length, &why);
		assert_non_null(document);
		kit_parse(bytes, &profile, &notes);
		kit_compile(&profile, &service, false, compiled, &notes);
		make_judge(&judge, document);
		for (int n = 0; n < NUMBERS + 3; n++) {
			int number = n < NUMBERS ? n : others[n - NUMBERS];

			for (size_t a = 0; a < VALUES * VALUES; a++) {
				struct seccomp_data data = {
					.nr = number,
					.arch = arch->audit,
					.args = {values[a % VALUES], values[a / VALUES]}};
				int error = 0;

				if (learn_judge_ask(&judge, &data, &error) !=
				    kit_ask(&compiled->program, "x86_64", (uint32_t)number,
					    data.args[0], data.args[1], 0))
					fail_msg("%s: call %d, %zu", names[i], number, a);
				assert_int_equal(
					error, number == call_number(arch, "clone3") ? ENOSYS : 0);
			}
		}
		learn_judge_free(&judge);
		notes_free(&notes);
		profile_free(&profile);
		json_object_put(document);
		free(bytes);
	}
	free(compiled);
}

static void
test_the_judge_has_no_answer_for_an_unknown_architecture(void **state)
{
	struct json_object *document = document_of(ALL_BUT("2"));
	struct seccomp_data data = {.nr = 1, .arch = AUDIT_ARCH_PPC64};
	struct learn_judge judge;
	int error = 0;

	(void)state;
	make_judge(&judge, document);
	assert_int_equal(learn_judge_ask(&judge, &data, &error), 0);
	assert_int_equal(error, 0);
	learn_judge_free(&judge);
	json_object_put(document);
}

static void
test_architectures_are_named_once(void **state)
{
	const struct architecture *native = architecture_find("x86_64");
	struct json_object *document = document_of("{}"), *plain;

	(void)state;
	learned_arch(document, native, false);
	learned_arch(document, native, true);
	learned_arch(document, native, true);
	assert_string_equal(
		json_object_to_json_string_ext(document, JSON_C_TO_STRING_PLAIN),
		"{\"archMap\":[{\"architecture\":\"SCMP_ARCH_X86_64\",\"subArchitectures\":["
		"\"SCMP_ARCH_X86\"]}]}");
	json_object_put(document);
	plain = document_of("{\"architectures\": [\"SCMP_ARCH_X86_64\"]}");
	learned_arch(plain, native, true);
	assert_string_equal(json_object_to_json_string_ext(plain, JSON_C_TO_STRING_PLAIN),
			    "{\"architectures\":[\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X86\"]}");
	json_object_put(plain);
}

/* ---- recordings ---- */

static void
test_files_of_a_recording_come_back(void **state)
{
	static char name[] = "/bin/a b";
	struct run_result result = {.programs = {.names = {name}, .count = 1}};
	struct opened out;
	struct refusal why;
	size_t length;

	(void)state;
	sightings_init(&result.sightings);
	opened_init(&result.opened);
	opened_init(&out);
	see(&result.sightings, "socket", 2, 1, 0, false);
	for (unsigned i = 0; i < 3000; i++) {
		char path[64];

		snprintf(path, sizeof(path), "/a file\n\\%u\x7f", i);
		opened_add(&result.opened, (enum opened_how)(i % 4), path);
		opened_add(&result.opened, (enum opened_how)(i % 4), path);
	}
	/* One that no call takes, and no reader: it is counted, and not written. */
	char longest[PATH_MAX + 1] = "/";

	memset(longest + 1, '\n', PATH_MAX - 1);
	opened_add(&result.opened, OPENED_READ, longest);
	assert_int_equal(result.opened.unread, 1);
	assert_int_equal(result.opened.count, 3000);
	char *text = recording_text(&result, &length);

	assert_int_equal(strncmp(text, "stepdown-recording 1\narch ", 26), 0);
	assert_has(text, "\nunread 1\n");
	assert_has(text,
		   "\nprogram 0 /bin/a b\ncall x86_64 socket 1 start 0 0=2 1=1\nfile read /a ");
	if (recording_files(text, length, &out, &why) < 0)
		fail_msg("%s", why.text);
	assert_int_equal(out.count, 3000);
	for (size_t i = 0; i < out.count; i++) {
		assert_string_equal(out.list[i].path, result.opened.list[i].path);
		assert_int_equal(out.list[i].how, result.opened.list[i].how);
	}
	free(text);
	opened_free(&out);
	opened_free(&result.opened);
	sightings_free(&result.sightings);
}

static void
test_damaged_recordings_are_refused(void **state)
{
	static const struct {
		const char *text;
		const char *says;
	} rows[] = {
		{"", "empty"},
		{"stepdown-recording 2\n", "later version"},
		{"something\n", "not a recording"},
		{"stepdown-recording 1", "line 1 is damaged"},
		{"stepdown-recording 1\nfile read /etc\nfile read etc\n", "line 3 is damaged"},
		{"stepdown-recording 1\nfile taste /etc\n", "line 2 is damaged"},
		{"stepdown-recording 1\nfile read\n", "line 2 is damaged"},
		{"stepdown-recording 1\nfile read /a\\x0\n", "line 2 is damaged"},
		{"stepdown-recording 1\nfile read /a\\\n", "line 2 is damaged"},
		{"stepdown-recording 1\nfile read /a\\x00\n", "line 2 is damaged"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct opened out;
		struct refusal why;

		opened_init(&out);
		assert_int_equal(recording_files(rows[i].text, strlen(rows[i].text), &out, &why),
				 -1);
		assert_has(why.text, rows[i].says);
		opened_free(&out);
	}
}

/* ---- the command line ---- */

struct request_row {
	bool check;
	const char *words[10];
	const char *says; /* NULL: taken */
};

static const struct request_row request_rows[] = {
	{false, {"-o", "x", "--", "cmd"}, NULL},
	{false, {"-o", "x", "cmd", "-o"}, NULL},
	{false, {"--record=x", "-u", "1:2", "--keep-cap", "chown", "--", "cmd"}, NULL},
	{false, {"-ox", "--", "cmd"}, "-ox"},
	{false, {"--", "cmd"}, "learn needs -o"},
	{false, {"-o", "x"}, "no COMMAND"},
	{false, {"-o", "x", "--"}, "no COMMAND"},
	{false, {"-o"}, "--output needs a value"},
	{false, {"-o", "x", "-o", "y", "--", "cmd"}, "twice"},
	{false, {"-o", "x", "--for", "0", "--", "cmd"}, "number of seconds"},
	{false, {"-o", "x", "--for", "1x", "--", "cmd"}, "number of seconds"},
	{false, {"-o", "x", "--for", "99999999", "--", "cmd"}, "number of seconds"},
	{false, {"-o", "x", "--user"}, "--user needs a value"},
	{false, {"-o", "x", "-u", "1", "-u", "2", "--", "cmd"}, "--user is given twice"},
	{false, {"-o", "x", "--nonsense", "--", "cmd"}, "--nonsense"},
	{false, {"-o", "x", "--seccomp", "off", "--", "cmd"}, "--seccomp has no place here"},
	{false, {"-o", "x", "--init=always", "--", "cmd"}, "--init has no place here"},
	{false, {"-o", "x", "--dry-run", "--", "cmd"}, "--dry-run has no place here"},
	{false, {"-o", "x", "--compat", "--", "cmd"}, "--compat"},
	{true, {"default", "--", "cmd"}, NULL},
	{true, {"default", "cmd", "default"}, NULL},
	{true, {"--compat", "default", "--", "cmd"}, NULL},
	{true, {"--", "cmd"}, "check needs a profile"},
	{true, {"default"}, "no COMMAND"},
	{true, {"--base", "x", "default", "--", "cmd"}, "--base"},
};

static void
test_command_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(request_rows) / sizeof(request_rows[0]); i++) {
		const struct request_row *row = &request_rows[i];
		char *words[12] = {"learn"};
		int count = 1;
		struct run_request request;
		struct refusal why = {.text = ""};

		for (; row->words[count - 1]; count++)
			words[count] = (char *)row->words[count - 1];
		int result = run_request_parse(count, words, row->check, &request, &why);

		if (!row->says && result < 0)
			fail_msg("row %zu: %s", i, why.text);
		if (row->says && result == 0)
			fail_msg("row %zu was taken", i);
		if (row->says)
			assert_has(why.text, row->says);
	}
}

static void
test_options_of_stepdown_pass_as_they_are(void **state)
{
	char *words[] = {"learn", "-u",  "1:2", "--keep-cap=chown",
			 "-o",    "x",   "-v",  "--group-add",
			 "20",    "cmd", "-v",  NULL};
	struct run_request request;
	struct refusal why;

	(void)state;
	assert_int_equal(run_request_parse(11, words, false, &request, &why), 0);
	assert_int_equal(request.option_count, 6);
	assert_string_equal(request.options[1], "1:2");
	assert_string_equal(request.options[2], "--keep-cap=chown");
	assert_string_equal(request.options[5], "20");
	assert_int_equal(request.cap_count, 1);
	assert_string_equal(request.caps[0], "CAP_CHOWN");
	assert_int_equal(request.command_count, 2);
	assert_string_equal(request.command[1], "-v");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words_name_values),
		cmocka_unit_test(test_all_flags_at_once_have_room),
		cmocka_unit_test(test_arguments_that_matter),
		cmocka_unit_test(test_kinds_of_calls_are_found_once),
		cmocka_unit_test(test_findings_are_bounded),
		cmocka_unit_test(test_an_unknown_architecture_is_counted_too),
		cmocka_unit_test(test_a_profile_allows_what_was_seen_and_no_more),
		cmocka_unit_test(test_the_order_of_findings_does_not_matter),
		cmocka_unit_test(test_the_order_does_not_matter_where_programs_read_the_same),
		cmocka_unit_test(test_where_nothing_is_missing_nothing_is_added),
		cmocka_unit_test(test_comments_say_who_and_when),
		cmocka_unit_test(test_too_many_values_become_a_rule_without_conditions),
		cmocka_unit_test(test_merging_says_nothing_twice),
		cmocka_unit_test(test_a_base_that_denies_by_name_is_refused),
		cmocka_unit_test(test_conditions_are_asked_of_every_call),
		cmocka_unit_test(test_many_values_lift_no_denial),
		cmocka_unit_test(test_the_judge_answers_as_the_filter_does),
		cmocka_unit_test(test_the_judge_has_no_answer_for_an_unknown_architecture),
		cmocka_unit_test(test_architectures_are_named_once),
		cmocka_unit_test(test_files_of_a_recording_come_back),
		cmocka_unit_test(test_damaged_recordings_are_refused),
		cmocka_unit_test(test_command_lines),
		cmocka_unit_test(test_options_of_stepdown_pass_as_they_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
