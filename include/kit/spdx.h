/* SPDX-License-Identifier: MIT */
/*
 * spdx - write an SPDX 2.3 document in JSON
 *
 * The first package is what the document describes; the others are contained in it or linked into
 * it. The same contents give the same bytes: the name space has a digest of them in it.
 * Source: the SPDX specification 2.3, chapters 6, 7 and 11; purl-spec for the references.
 */
#ifndef STEPDOWN_KIT_SPDX_H
#define STEPDOWN_KIT_SPDX_H

#include <stddef.h>
#include <stdint.h>

enum spdx_relation { SPDX_CONTAINS, SPDX_STATIC_LINK, SPDX_RELATIONS };

struct spdx_package {
	const char *name;
	const char *version;  /* NULL: none is known */
	const char *supplier; /* "Name <address>", or NULL */
	const char *licence;  /* an SPDX expression, or NULL */
	const char *url;      /* a package URL (purl), or NULL */
	const char *purpose;  /* "APPLICATION", "LIBRARY", "OPERATING-SYSTEM", "FILE"; or NULL */
	const char *file;     /* its path, or NULL */
	const unsigned char *sha256; /* of that file, or NULL */
	enum spdx_relation relation; /* of the first package to this one */
};

/*
 * `created` in seconds. Bytes that are no UTF-8 are written as \xNN. Returns memory that the caller
 * frees.
 */
char *spdx_write(const struct spdx_package *packages, size_t count, int64_t created);

#endif
