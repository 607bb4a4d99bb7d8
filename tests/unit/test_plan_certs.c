/* SPDX-License-Identifier: MIT */
/* What --certs and --ca-add plan, on machines and with answers that are made up here. */
#include "plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define BUNDLE "/run/stepdown/ca-certificates.crt"
#define DEBIAN "/etc/ssl/certs/ca-certificates.crt"
#define NOW INT64_C(1767225600)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { WORDS = 8, VARIABLES = 3 };

struct row {
	const char *words[WORDS];
	const char *environment[VARIABLES];
	bool as_user;
	const char *place;   /* where a bundle can be written */
	const char *earlier; /* and where one is */
	int64_t now;         /* 0: NOW */
	int found;           /* index of the good place in the answer, or -1 */

	const char *refused; /* part of the refusal; NULL: it is planned as follows */
	bool looks, writes;
	const char *bundle;
	const char *first; /* the first place that is read */
	unsigned additions;
	const char *exports; /* NAME=VALUE and a blank each */
	const char *left_out;
	const char *warned;
};

#define ALL_NAMES                                                                                  \
	"SSL_CERT_FILE=" BUNDLE " NODE_EXTRA_CA_CERTS=" BUNDLE " REQUESTS_CA_BUNDLE=" BUNDLE       \
	" CURL_CA_BUNDLE=" BUNDLE " GIT_SSL_CAINFO=" BUNDLE " AWS_CA_BUNDLE=" BUNDLE " "
#define ADDS .looks = true, .writes = true, .bundle = BUNDLE, .place = BUNDLE
#define U "-u7:8"

static const struct row rows[] = {
	{.words = {U}, .exports = ""},
	{.words = {U, "--certs", "off"}, .exports = ""},
	{.words = {U, "--certs", "warn"},
	 .looks = true,
	 .first = DEBIAN,
	 .exports = "SSL_CERT_FILE=" DEBIAN " "},
	{.words = {U, "--certs", "require"}, .looks = true, .found = -1, .exports = ""},
	{.words = {"--certs", "require"},
	 .as_user = true,
	 .looks = true,
	 .exports = "SSL_CERT_FILE=" DEBIAN " "},
	{.words = {U, "--certs", "warn"},
	 .environment = {"SSL_CERT_FILE=/a.pem"},
	 .looks = true,
	 .first = "/a.pem",
	 .exports = ""},
	/* What the service will see counts, not what was inherited. */
	{.words = {U, "--certs", "warn", "--env", "SSL_CERT_FILE=/b.pem"},
	 .environment = {"SSL_CERT_FILE=/a.pem"},
	 .looks = true,
	 .first = "/b.pem",
	 .exports = ""},
	{.words = {U, "--certs", "warn", "--unset-env", "SSL_CERT_FILE"},
	 .environment = {"SSL_CERT_FILE=/a.pem"},
	 .looks = true,
	 .first = DEBIAN,
	 .exports = "SSL_CERT_FILE=" DEBIAN " "},
	{.words = {U, "--certs", "warn", "--clear-env"},
	 .environment = {"SSL_CERT_FILE=/a.pem"},
	 .looks = true,
	 .first = DEBIAN,
	 .exports = "SSL_CERT_FILE=" DEBIAN " "},
	{.words = {U, "--certs", "warn"},
	 .environment = {"SSL_CERT_FILE=a.pem"},
	 .exports = "",
	 .warned = "SSL_CERT_FILE=a.pem is not an absolute path"},
	{.words = {U, "--certs", "require"},
	 .environment = {"SSL_CERT_FILE=a.pem"},
	 .refused = "SSL_CERT_FILE=a.pem is not an absolute path"},
	{.words = {U, "--certs", "off"}, .environment = {"SSL_CERT_FILE=a.pem"}, .exports = ""},
	{.words = {U, "--certs", "maybe"}, .refused = "is not one of off|warn|require"},
	{.words = {U, "--certs", ""}, .refused = "is not one of off|warn|require"},
	{.words = {U, "--certs", "warn"},
	 .now = 1000,
	 .looks = true,
	 .exports = "SSL_CERT_FILE=" DEBIAN " ",
	 .warned = "the clock of this machine stands before 2020"},
	{.words = {U, "--ca-add", "/x", "--ca-add", "/y"},
	 ADDS,
	 .first = DEBIAN,
	 .additions = 2,
	 .exports = ALL_NAMES},
	{.words = {U, "--ca-add", "/x"},
	 ADDS,
	 .environment = {"SSL_CERT_FILE=/a.pem", "SSL_CERT_DIR=/d"},
	 .first = "/a.pem",
	 .additions = 1,
	 .exports = ALL_NAMES},
	{.words = {U, "--ca-add", "/x"},
	 ADDS,
	 .environment = {"AWS_CA_BUNDLE=", "CURL_CA_BUNDLE=" DEBIAN},
	 .additions = 1,
	 .exports = ALL_NAMES},
	{.words = {U, "--ca-add", "/x"},
	 ADDS,
	 .environment = {"SSL_CERT_FILE=" BUNDLE, "AWS_CA_BUNDLE=/own.pem"},
	 .additions = 1,
	 .exports = "SSL_CERT_FILE=" BUNDLE " NODE_EXTRA_CA_CERTS=" BUNDLE
		    " REQUESTS_CA_BUNDLE=" BUNDLE " CURL_CA_BUNDLE=" BUNDLE
		    " GIT_SSL_CAINFO=" BUNDLE " ",
	 .warned = "AWS_CA_BUNDLE stays /own.pem"},
	{.words = {U, "--ca-add", "x"},
	 .place = BUNDLE,
	 .refused = "--ca-add x is not an absolute path"},
	{.words = {U, "--ca-add", "/x"}, .refused = "nowhere, since this is a test"},
	{.words = {"--ca-add", "/x"},
	 .as_user = true,
	 .exports = "",
	 .left_out = "ca.bundle: --ca-add needs a start as root"},
	{.words = {"--certs", "require", "--ca-add", "/x"},
	 .as_user = true,
	 .earlier = BUNDLE,
	 .looks = true,
	 .bundle = BUNDLE,
	 .first = BUNDLE,
	 .exports = ALL_NAMES},
	{.words = {U, "--no-setup", "--certs", "require"}, .exports = ""},
	{.words = {U, "--no-setup", "--ca-add", "/x"},
	 .exports = "",
	 .left_out = "ca.bundle: --no-setup adds no CA certificates"},
	{.words = {U, "--no-setup", "--certs", "require", "--ca-add", "/x"},
	 .earlier = BUNDLE,
	 .bundle = BUNDLE,
	 .exports = ALL_NAMES},
};

static void
make_facts(const struct row *row, struct facts *facts)
{
	memset(facts, 0, sizeof(*facts));
	if (row->as_user)
		facts->effective_uid = 7;
	facts->environment = (char *const *)row->environment;
	facts->certs.now = row->now ? row->now : NOW;
	facts->certs.place = row->place;
	facts->certs.earlier = row->earlier;
	if (!row->place)
		refuse(&facts->certs.no_place, "nowhere, since this is a test");
}

static int
make(const struct row *row, struct plan *plan, struct facts *facts, struct options *options,
     struct refusal *why)
{
	char *argv[WORDS + 4] = {"stepdown"};
	int count = 1;

	for (unsigned i = 0; i < WORDS && row->words[i]; i++)
		argv[count++] = (char *)row->words[i];
	argv[count++] = "--";
	argv[count++] = "service";
	memset(plan, 0, sizeof(*plan));
	memset(options, 0, sizeof(*options));
	make_facts(row, facts);
	plan->who.uid = 7;
	plan->who.gid = 8;
	plan->drop.parts = row->as_user ? 0 : DROP_GROUPS | DROP_UID;
	if (options_parse(options, count, argv, why))
		fail_msg("%s", why->text);
	return options_read(options, why) || plan_certs_make(plan, options, facts, why) ? -1 : 0;
}

/* The first place, or none, is good; it is answered by nobody, since nothing is read here. */
static void
make_answer(const struct row *row, struct plan *plan)
{
	struct certs_answer *answer = &plan->certs.answer;

	answer->found = row->found;
	if (row->found >= 0) {
		answer->report[row->found].state = CERTS_READ;
		answer->report[row->found].certificates = 3;
		answer->report[row->found].expired = 1;
	}
	answer->handed_count = 5;
}

static void
assert_exports(size_t i, const struct row *row, const struct plan *plan)
{
	char text[2048] = "";
	size_t used = 0;

	for (unsigned e = 0; e < plan->variables.export_count; e++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s=%s ",
					 plan->variables.exports[e].text,
					 plan->variables.exports[e].value);
	if (strcmp(text, row->exports))
		fail_msg("row %zu exports %s", i, text);
}

static void
assert_noted(size_t i, const struct plan_notes *notes, const char *text)
{
	if (notes->count != (text ? 1 : 0) || (text && !strstr(notes->notes[0].text, text)))
		fail_msg("row %zu: %u notes: %s", i, notes->count, notes->notes[0].text);
}

static void
assert_request(size_t i, const struct row *row, const struct plan *plan)
{
	const struct certs_request *request = &plan->certs.request;

	if (!row->looks)
		return;
	if (request->additions != row->additions ||
	    (row->first && strcmp(request->path[0].path, row->first)))
		fail_msg("row %zu: %s, %u additions", i, request->path[0].path, request->additions);
	assert_int_equal(request->drop.uid, 7);
	for (int id = 0; id < 3; id++)
		assert_int_equal(request->drop.gid[id], 8);
	assert_ptr_equal(request->drop.groups, plan->who.groups);
	assert_int_equal(request->drop.parts, plan->drop.parts | DROP_SETS | DROP_PRIVS |
						      DROP_DUMPABLE | DROP_TRY_IDS | DROP_TRY_UID |
						      DROP_TRY_GID);
	assert_int_equal(request->drop.capabilities.permitted, 0);
	assert_int_equal(request->now, row->now ? row->now : NOW);
	assert_int_equal(request->deadline, CERTS_DEADLINE);
	assert_non_null(request->filter);
}

static void
test_what_is_asked_and_exported_follows_from_options_and_facts(void **state)
{
	static struct plan plan;
	static struct facts facts;
	static struct options options;
	struct refusal why = {.text = ""};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *row = &rows[i];
		int result = make(row, &plan, &facts, &options, &why);

		if (result != (row->refused ? -1 : 0))
			fail_msg("row %zu: %d %s", i, result, why.text);
		if (row->refused) {
			if (!strstr(why.text, row->refused))
				fail_msg("row %zu: %s", i, why.text);
			continue;
		}
		make_answer(row, &plan);
		plan_certs_export(&plan, &options, &facts);
		if (plan.certs.looks != row->looks || plan.certs.writes != row->writes ||
		    (plan.certs.bundle ? !row->bundle || strcmp(plan.certs.bundle, row->bundle)
				       : row->bundle != NULL))
			fail_msg("row %zu: looks %d, writes %d, %s", i, plan.certs.looks,
				 plan.certs.writes, plan.certs.bundle);
		assert_request(i, row, &plan);
		assert_exports(i, row, &plan);
		assert_noted(i, &plan.left_out, row->left_out);
		assert_noted(i, &plan.warnings, row->warned);
	}
}

static void
test_the_keys_say_what_clients_will_find(void **state)
{
	static const struct row found = {.words = {U, "--certs", "warn"}};
	static const struct row none = {.words = {U, "--certs", "warn"}, .found = -1};
	static const struct row added = {.words = {U, "--ca-add", "/x"}, .place = BUNDLE};
	static struct plan plan;
	static struct facts facts;
	static struct options options;
	struct refusal why;

	(void)state;
	assert_int_equal(make(&found, &plan, &facts, &options, &why), 0);
	make_answer(&found, &plan);
	assert_string_equal(plan_certs_path(&plan), DEBIAN);
	assert_int_equal(plan_certs_count(&plan), 3);
	assert_int_equal(make(&none, &plan, &facts, &options, &why), 0);
	make_answer(&none, &plan);
	assert_null(plan_certs_path(&plan));
	assert_int_equal(plan_certs_count(&plan), 0);
	assert_int_equal(make(&added, &plan, &facts, &options, &why), 0);
	make_answer(&added, &plan);
	assert_string_equal(plan_certs_path(&plan), BUNDLE);
	assert_int_equal(plan_certs_count(&plan), 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_asked_and_exported_follows_from_options_and_facts),
		cmocka_unit_test(test_the_keys_say_what_clients_will_find),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
