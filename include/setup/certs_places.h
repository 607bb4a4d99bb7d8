/* SPDX-License-Identifier: MIT */
/*
 * certs_places - where TLS clients look for CA certificates
 *
 * Pure. Sources: crypto/x509/root_linux.go and root_unix.go of Go; X509_get_default_cert_file(3) of
 * OpenSSL with the directories that Debian, Alpine, Fedora, openSUSE and OpenSSL's own build use.
 */
#ifndef STEPDOWN_SETUP_CERTS_PLACES_H
#define STEPDOWN_SETUP_CERTS_PLACES_H

#include "refusal.h"
#include "setup/certs.h"

#include <limits.h>

enum { CERTS_DIRECTORIES_MAX = 8 }; /* in SSL_CERT_DIR */

/* Room for the paths of SSL_CERT_DIR; the request points into it. */
struct certs_names {
	char text[PATH_MAX];
};

/*
 * Fills the places of `request` (and sets its additions to none). `file` and `directories` are the
 * values of SSL_CERT_FILE and SSL_CERT_DIR, NULL or empty where they are unset. As with the clients
 * themselves each of them takes the place of the built-in list of its kind, and files go before
 * directories. `names` and `file` must live as long as the request.
 * Returns 0, or -1 with a refusal: a path that is not absolute, too long, or has a control
 * character in it; too many directories.
 */
int certs_places_fill(const char *file, const char *directories, struct certs_names *names,
		      struct certs_request *request, struct refusal *why);

/*
 * Adds the path of a --ca-add to `request`, behind those that it has. Returns 0, or -1 with a
 * refusal: not absolute, too long, a control character, too many.
 */
int certs_places_add(const char *path, struct certs_request *request, struct refusal *why);

struct certs_export {
	const char *name; /* SSL_CERT_FILE or SSL_CERT_DIR; NULL if nothing has to be exported */
	const char *value;
};

/*
 * What the service's environment has to say so that every client uses the place that was found:
 * nothing where each of them looks there anyway and no other place comes first.
 */
struct certs_export certs_places_export(const struct certs_request *request,
					const struct certs_answer *answer);

/* The variables that name a bundle to those who ignore SSL_CERT_FILE, and that one; ends in NULL.
 */
extern const char *const certs_bundle_variables[];

#endif
