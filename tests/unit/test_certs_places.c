/* SPDX-License-Identifier: MIT */
/* Where clients look, and what they have to be told. */
#include "setup/certs_places.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static bool
has(const struct certs_request *request, const char *path, enum certs_kind kind)
{
	for (unsigned i = 0; i < request->places; i++) {
		if (strcmp(request->path[i].path, path) == 0)
			return request->path[i].kind == kind;
	}
	return false;
}

/* Of root_linux.go and root_unix.go, and of OpenSSL where it is built with another directory. */
static const char *const go_files[] = {
	"/etc/ssl/certs/ca-certificates.crt",
	"/etc/pki/tls/certs/ca-bundle.crt",
	"/etc/ssl/ca-bundle.pem",
	"/etc/pki/tls/cacert.pem",
	"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
	"/etc/ssl/cert.pem",
};
static const char *const go_directories[] = {"/etc/ssl/certs", "/etc/pki/tls/certs"};
static const char *const openssl_areas[] = {"/usr/lib/ssl", "/etc/ssl", "/etc/pki/tls",
					    "/usr/local/ssl"};

static void
test_the_places_of_go_and_openssl_are_looked_in(void **state)
{
	struct certs_request request;
	struct certs_names names;
	struct refusal why;
	char path[PATH_MAX];

	(void)state;
	assert_int_equal(certs_places_fill(NULL, NULL, &names, &request, &why), 0);
	for (size_t i = 0; i < sizeof(go_files) / sizeof(go_files[0]); i++) {
		assert_string_equal(request.path[i].path, go_files[i]); /* and in Go's order */
		assert_int_equal(request.path[i].kind, CERTS_FILE);
	}
	for (size_t i = 0; i < sizeof(go_directories) / sizeof(go_directories[0]); i++)
		assert_true(has(&request, go_directories[i], CERTS_DIRECTORY));
	for (size_t i = 0; i < sizeof(openssl_areas) / sizeof(openssl_areas[0]); i++) {
		snprintf(path, sizeof(path), "%s/cert.pem", openssl_areas[i]);
		assert_true(has(&request, path, CERTS_FILE));
		snprintf(path, sizeof(path), "%s/certs", openssl_areas[i]);
		assert_true(has(&request, path, CERTS_DIRECTORY));
	}
}

static void
test_variables_replace_the_places_of_their_kind(void **state)
{
	struct certs_request request;
	struct certs_names names;
	struct refusal why;

	(void)state;
	assert_int_equal(certs_places_fill("/a.pem", "/b::/c:", &names, &request, &why), 0);
	assert_int_equal(request.places, 3);
	assert_true(has(&request, "/a.pem", CERTS_FILE));
	assert_true(has(&request, "/b", CERTS_DIRECTORY));
	assert_true(has(&request, "/c", CERTS_DIRECTORY));

	assert_int_equal(certs_places_fill("/a.pem", "", &names, &request, &why), 0);
	assert_string_equal(request.path[0].path, "/a.pem");
	assert_true(has(&request, "/etc/ssl/certs", CERTS_DIRECTORY));
	assert_false(has(&request, "/etc/ssl/cert.pem", CERTS_FILE));

	assert_int_equal(certs_places_fill("", "/b", &names, &request, &why), 0);
	assert_true(has(&request, "/etc/ssl/cert.pem", CERTS_FILE));
	assert_true(has(&request, "/b", CERTS_DIRECTORY));
	assert_false(has(&request, "/etc/ssl/certs", CERTS_DIRECTORY));
}

struct refused_row {
	const char *file;
	const char *directories;
	const char *says;
};

static const struct refused_row refused_rows[] = {
	{"cert.pem", NULL, "SSL_CERT_FILE=cert.pem is not an absolute path"},
	{"./cert.pem", NULL, "not an absolute path"},
	{"/a\nb", NULL, "control character"},
	{"/a\x7f", NULL, "control character"},
	{NULL, "certs", "SSL_CERT_DIR=certs is not an absolute path"},
	{NULL, "/a:b", "SSL_CERT_DIR=b is not an absolute path"},
	{NULL, "/a\x1b[0m", "control character"},
	{NULL, "/1:/2:/3:/4:/5:/6:/7:/8:/9", "more than 8 directories"},
};

static void
test_variables_that_are_no_paths_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused_rows) / sizeof(refused_rows[0]); i++) {
		const struct refused_row *row = &refused_rows[i];
		struct certs_request request;
		struct certs_names names;
		struct refusal why;

		assert_int_equal(
			certs_places_fill(row->file, row->directories, &names, &request, &why), -1);
		if (strstr(why.text, row->says) == NULL)
			fail_msg("row %zu: %s", i, why.text);
	}
}

static void
test_paths_that_are_too_long_are_refused(void **state)
{
	static char path[PATH_MAX + 1];
	struct certs_request request;
	struct certs_names names;
	struct refusal why;

	(void)state;
	memset(path, 'a', sizeof(path) - 1);
	path[0] = '/';
	assert_int_equal(certs_places_fill(path, NULL, &names, &request, &why), -1);
	assert_int_equal(certs_places_fill(NULL, path, &names, &request, &why), -1);
	path[PATH_MAX - 1] = '\0';
	assert_int_equal(certs_places_fill(path, path, &names, &request, &why), 0);
}

static void
test_additions_are_bounded_and_checked(void **state)
{
	struct certs_request request;
	struct certs_names names;
	struct refusal why;

	(void)state;
	assert_int_equal(certs_places_fill(NULL, NULL, &names, &request, &why), 0);
	assert_int_equal(certs_places_add("ca.pem", &request, &why), -1);
	assert_non_null(strstr(why.text, "--ca-add ca.pem is not"));
	unsigned count = 0;
	while (certs_places_add("/ca.pem", &request, &why) == 0)
		count++;
	assert_int_equal(count, CERTS_PATHS_MAX - request.places);
	assert_int_equal(request.additions, count);
	assert_non_null(strstr(why.text, "one path too many"));
	assert_int_equal(request.path[request.places].kind, CERTS_ADDITION);
}

struct export_row {
	const char *file; /* SSL_CERT_FILE */
	const char *found;
	int shadow; /* the place that can be opened and is no good, or -1 */
	const char *name;
};

static const struct export_row export_rows[] = {
	{NULL, "/etc/ssl/certs/ca-certificates.crt", -1, "SSL_CERT_FILE"}, /* OpenSSL does not */
	{NULL, "/usr/lib/ssl/cert.pem", -1, "SSL_CERT_FILE"},              /* Go does not */
	{NULL, "/etc/ssl/cert.pem", -1, NULL},
	{NULL, "/etc/ssl/cert.pem", 0, "SSL_CERT_FILE"},
	{NULL, "/etc/ssl/certs", -1, NULL},
	{NULL, "/usr/local/ssl/certs", -1, "SSL_CERT_DIR"},
	{"/my.pem", "/my.pem", -1, NULL},
	{NULL, NULL, -1, NULL},
};

static void
test_a_place_is_exported_unless_every_client_looks_there(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(export_rows) / sizeof(export_rows[0]); i++) {
		const struct export_row *row = &export_rows[i];
		struct certs_answer answer = {.found = -1};
		struct certs_request request;
		struct certs_names names;
		struct refusal why;

		assert_int_equal(certs_places_fill(row->file, NULL, &names, &request, &why), 0);
		for (unsigned p = 0; p < request.places; p++) {
			answer.report[p] =
				(struct certs_report){.state = CERTS_CANNOT_OPEN, .error = ENOENT};
			if (row->found != NULL && strcmp(request.path[p].path, row->found) == 0)
				answer.found = (int)p;
		}
		assert_int_equal(answer.found >= 0, row->found != NULL);
		if (row->shadow >= 0)
			answer.report[row->shadow].state = CERTS_READ;
		struct certs_export export = certs_places_export(&request, &answer);
		if (row->name == NULL) {
			assert_null(export.name);
			continue;
		}
		assert_string_equal(export.name, row->name);
		assert_string_equal(export.value, row->found);
	}
}

static void
test_the_clients_that_ignore_ssl_cert_file_are_told(void **state)
{
	static const char *const named[] = {"SSL_CERT_FILE",      "NODE_EXTRA_CA_CERTS",
					    "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE",
					    "GIT_SSL_CAINFO",     "AWS_CA_BUNDLE"};
	size_t count = sizeof(named) / sizeof(named[0]);

	(void)state;
	for (size_t i = 0; i < count; i++)
		assert_string_equal(certs_bundle_variables[i], named[i]);
	assert_null(certs_bundle_variables[count]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_places_of_go_and_openssl_are_looked_in),
		cmocka_unit_test(test_variables_replace_the_places_of_their_kind),
		cmocka_unit_test(test_variables_that_are_no_paths_are_refused),
		cmocka_unit_test(test_paths_that_are_too_long_are_refused),
		cmocka_unit_test(test_additions_are_bounded_and_checked),
		cmocka_unit_test(test_a_place_is_exported_unless_every_client_looks_there),
		cmocka_unit_test(test_the_clients_that_ignore_ssl_cert_file_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
