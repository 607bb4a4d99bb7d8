/* SPDX-License-Identifier: MIT */
#include "setup/certs_places.h"

#include <string.h>

static const struct certs_path files[] = {
	{"/etc/ssl/certs/ca-certificates.crt", CERTS_FILE, CERTS_BY_GO}, /* Debian, Alpine, Arch */
	{"/etc/pki/tls/certs/ca-bundle.crt", CERTS_FILE, CERTS_BY_GO},   /* Fedora, RHEL */
	{"/etc/ssl/ca-bundle.pem", CERTS_FILE, CERTS_BY_GO},             /* openSUSE */
	{"/etc/pki/tls/cacert.pem", CERTS_FILE, CERTS_BY_GO},            /* OpenELEC */
	{"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", CERTS_FILE, CERTS_BY_GO}, /* RHEL */
	{"/etc/ssl/cert.pem", CERTS_FILE, CERTS_BY_ALL},           /* Alpine, and OpenSSL there */
	{"/usr/lib/ssl/cert.pem", CERTS_FILE, CERTS_BY_OPENSSL},   /* OpenSSL on Debian */
	{"/etc/pki/tls/cert.pem", CERTS_FILE, CERTS_BY_OPENSSL},   /* OpenSSL on Fedora */
	{"/usr/local/ssl/cert.pem", CERTS_FILE, CERTS_BY_OPENSSL}, /* OpenSSL's own build */
};

static const struct certs_path directories[] = {
	{"/etc/ssl/certs", CERTS_DIRECTORY, CERTS_BY_ALL},
	{"/etc/pki/tls/certs", CERTS_DIRECTORY, CERTS_BY_ALL},
	{"/usr/lib/ssl/certs", CERTS_DIRECTORY, CERTS_BY_OPENSSL},
	{"/usr/local/ssl/certs", CERTS_DIRECTORY, CERTS_BY_OPENSSL},
};

enum {
	FILES = sizeof(files) / sizeof(files[0]),
	DIRECTORIES = sizeof(directories) / sizeof(directories[0]),
};

_Static_assert((int)FILES + (int)CERTS_DIRECTORIES_MAX < CERTS_PATHS_MAX / 2,
	       "half of the paths are left for additions");

const char *const certs_bundle_variables[] = {
	"SSL_CERT_FILE",       /* OpenSSL, Go, rustls, most others */
	"NODE_EXTRA_CA_CERTS", /* Node */
	"REQUESTS_CA_BUNDLE",  /* Python's requests */
	"CURL_CA_BUNDLE",      /* the curl program, and requests */
	"GIT_SSL_CAINFO",      /* git */
	"AWS_CA_BUNDLE",       /* the AWS SDKs */
	NULL,
};

static int
check_path(const char *what, const char *path, struct refusal *why)
{
	if (path[0] != '/')
		return refuse(why, "%s%.200s is not an absolute path; begin it with /", what, path);
	if (strlen(path) >= PATH_MAX)
		return refuse(why,
			      "%sPATH: a path of %zu bytes, but the longest has %d; name another",
			      what, strlen(path), PATH_MAX - 1);
	for (const char *c = path; *c != '\0'; c++) {
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			return refuse(why,
				      "%s%.200s has a control character in it; name it without",
				      what, path);
	}
	return 0;
}

static void
append(struct certs_request *request, struct certs_path path)
{
	request->path[request->places++] = path;
}

static int
append_directories(const char *value, struct certs_names *names, struct certs_request *request,
		   struct refusal *why)
{
	unsigned count = 0;
	char *rest = names->text;

	if (strlen(value) >= sizeof(names->text))
		return refuse(why, "SSL_CERT_DIR: %zu bytes are too many, at most %zu are allowed",
			      strlen(value), sizeof(names->text) - 1);
	strcpy(names->text, value);
	for (char *path; (path = strsep(&rest, ":")) != NULL;) {
		if (*path == '\0')
			continue;
		if (check_path("SSL_CERT_DIR=", path, why) != 0)
			return -1;
		if (count++ == CERTS_DIRECTORIES_MAX)
			return refuse(
				why,
				"SSL_CERT_DIR: more than %d directories in '%.200s'; name fewer",
				CERTS_DIRECTORIES_MAX, value);
		append(request, (struct certs_path){path, CERTS_DIRECTORY, CERTS_BY_ALL});
	}
	return 0;
}

int
certs_places_fill(const char *file, const char *named, struct certs_names *names,
		  struct certs_request *request, struct refusal *why)
{
	request->places = 0;
	request->additions = 0;
	if (file != NULL && *file != '\0') {
		if (check_path("SSL_CERT_FILE=", file, why) != 0)
			return -1;
		append(request, (struct certs_path){file, CERTS_FILE, CERTS_BY_ALL});
	} else {
		for (unsigned i = 0; i < FILES; i++)
			append(request, files[i]);
	}
	if (named != NULL && *named != '\0')
		return append_directories(named, names, request, why);
	for (unsigned i = 0; i < DIRECTORIES; i++)
		append(request, directories[i]);
	return 0;
}

int
certs_places_add(const char *path, struct certs_request *request, struct refusal *why)
{
	unsigned used = request->places + request->additions;

	if (check_path("--ca-add ", path, why) != 0)
		return -1;
	if (used >= CERTS_PATHS_MAX)
		return refuse(
			why,
			"--ca-add %.200s is one path too many, at most %u are allowed; put them into one directory",
			path, CERTS_PATHS_MAX - request->places);
	request->path[used] = (struct certs_path){path, CERTS_ADDITION, 0};
	request->additions++;
	return 0;
}

/* A client stops at the first file that it can open, even if there is nothing in it. */
static bool
is_shadowed(const struct certs_answer *answer, unsigned found)
{
	for (unsigned i = 0; i < found; i++) {
		if (answer->report[i].state != CERTS_CANNOT_OPEN)
			return true;
	}
	return false;
}

struct certs_export
certs_places_export(const struct certs_request *request, const struct certs_answer *answer)
{
	struct certs_export none = {NULL, NULL};

	if (answer->found < 0)
		return none;
	const struct certs_path *found = &request->path[answer->found];
	if (found->known == CERTS_BY_ALL && !is_shadowed(answer, (unsigned)answer->found))
		return none;
	return (struct certs_export){
		found->kind == CERTS_DIRECTORY ? "SSL_CERT_DIR" : "SSL_CERT_FILE", found->path};
}
