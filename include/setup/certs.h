/* SPDX-License-Identifier: MIT */
/*
 * certs - what is asked about CA certificates, and what is answered
 *
 * Data alone. The request is made from the plan; the reader child (certs_reader.h) answers it; the
 * verdict (certs_verdict.h) and the new bundle (certs_addition.h) are made from the answer.
 */
#ifndef STEPDOWN_SETUP_CERTS_H
#define STEPDOWN_SETUP_CERTS_H

#include "confine/filter.h"
#include "who/drop.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The bounds. A bundle of the world's public CAs has 150 certificates in 230 kB. */
enum {
	CERTS_PATHS_MAX = 64,           /* places and additions in one request */
	CERTS_GROUPS_MAX = 1024,        /* supplementary groups of the service */
	CERTS_FILE_MAX = 8 << 20,       /* bytes of one file */
	CERTS_COUNT_MAX = 4096,         /* certificates of one path, and of what is handed over */
	CERTS_ENTRIES_MAX = 4096,       /* names in one directory */
	CERTS_DIRECTORY_MAX = 32 << 20, /* bytes of all files of one directory */
	CERTS_ONE_MAX = 64 << 10,       /* bytes of one certificate that is handed over, as DER */
	CERTS_HANDED_MAX = 8 << 20, /* bytes of all that are handed over, their lengths included */
	CERTS_DEADLINE = 10000,     /* milliseconds: the usual deadline of the reader child */
};

enum certs_kind {
	CERTS_FILE,      /* PEM; what SSL_CERT_FILE would name */
	CERTS_DIRECTORY, /* files of PEM; what SSL_CERT_DIR would name */
	CERTS_ADDITION,  /* a file or a directory of files, PEM or DER; --ca-add */
};

/* Who looks in a place without being told to. */
enum { CERTS_BY_GO = 1, CERTS_BY_OPENSSL = 2, CERTS_BY_ALL = 3 };

struct certs_path {
	const char *path; /* absolute, shorter than PATH_MAX */
	enum certs_kind kind;
	unsigned known; /* CERTS_BY_...; 0 for an addition */
};

struct certs_request {
	/* The places, in the order of preference, and behind them the additions. */
	struct certs_path path[CERTS_PATHS_MAX];
	unsigned places;
	unsigned additions;

	struct drop drop; /* what the reader becomes: the service's user, without any power */

	int64_t now;                         /* seconds since 1970 */
	unsigned deadline;                   /* milliseconds for the child's whole work */
	const struct filter_program *filter; /* src/profiles/reader.json */
};

enum certs_state {
	CERTS_NOT_TRIED,   /* an earlier place was good */
	CERTS_READ,        /* read to its end; there may still be no certificate in it */
	CERTS_CANNOT_OPEN, /* `error` says why: ENOENT, EACCES, ELOOP ... */
	CERTS_WRONG_KIND,  /* a FIFO, device or socket, or a directory where a file belongs */
	CERTS_TOO_LARGE,   /* `limit` bytes are the most that is read, and `found` are there */
	CERTS_TOO_MANY,    /* the same for certificates */
	CERTS_TOO_CROWDED, /* the same for names in a directory: more than `limit` */
	CERTS_NO_ROOM,     /* the same for what is handed over, in bytes or in certificates */
	CERTS_STATES
};

struct certs_report {
	uint32_t state; /* enum certs_state */
	int32_t error;  /* errno, or 0 */
	uint64_t limit; /* of the states that name them, and 0 otherwise */
	uint64_t found;
	uint32_t certificates;  /* well formed ones, whatever their dates */
	uint32_t expired;       /* of them */
	uint32_t not_yet_valid; /* of them */
	uint32_t malformed;     /* blocks without an end, not base64, or not a certificate */
	uint32_t openssl_only;  /* TRUSTED CERTIFICATE and X509 CERTIFICATE blocks */
	uint32_t keys;          /* PRIVATE KEY blocks: they do not belong here */
	uint32_t files;         /* regular files that were read */
	uint32_t skipped;       /* directory entries that could not be read, or are not files */
	uint32_t writable;      /* 1: the service could change or replace it */
	uint32_t reserved;      /* 0 */
	int64_t earliest;       /* when the first of the valid ones expires; 0 if there is none */
};

struct certs_answer {
	struct certs_report report[CERTS_PATHS_MAX]; /* one for each path of the request */
	int found;                                   /* index of the good place, or -1 */

	/*
	 * Only if there are additions: the certificates of the good place and of all additions,
	 * each once, as records of a uint32_t length and that many bytes of DER. Mapped memory.
	 */
	unsigned char *handed;
	size_t handed_size; /* bytes */
	unsigned handed_count;
};

/* The number of certificates of a path that are valid now. */
static inline uint32_t
certs_valid(const struct certs_report *report)
{
	return report->certificates - report->expired - report->not_yet_valid;
}

/* A place is good if it was read to its end and holds a certificate that is valid now. */
static inline bool
certs_is_good(const struct certs_report *report)
{
	return report->state == CERTS_READ && certs_valid(report) > 0;
}

#endif
