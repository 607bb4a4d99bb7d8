/* SPDX-License-Identifier: MIT */
/*
 * certs_der - read as much of an X.509 certificate as it takes to know when it is valid
 *
 * Pure. Takes any bytes, recurses never, allocates nothing. It must not judge a certificate (no
 * signature, name or extension is looked at), but what it accepts is DER from the first byte to the
 * last, with the fields of a certificate in their order. Source: X.690 (DER), RFC 5280 section 4.1.
 */
#ifndef STEPDOWN_SETUP_CERTS_DER_H
#define STEPDOWN_SETUP_CERTS_DER_H

#include <stddef.h>
#include <stdint.h>

enum { DER_DEPTH_MAX = 16 }; /* levels of nesting; certificates of the real world have up to 8 */

struct der_validity {
	int64_t not_before; /* seconds since 1970 */
	int64_t not_after;  /* the last second in which the certificate is valid */
};

/*
 * Reads one certificate that fills `length` bytes exactly. Returns 0, or -1 with errno EBADMSG: it
 * is not one, or not well formed; ELOOP: nested deeper than DER_DEPTH_MAX.
 */
int der_read_certificate(const unsigned char *bytes, size_t length, struct der_validity *validity);

/*
 * The size in bytes, header included, of the SEQUENCE that begins at `bytes`, of which `length` are
 * there; 0 if none begins there or it is longer than that. This is all that root itself looks at.
 */
size_t der_outer_size(const unsigned char *bytes, size_t length);

#endif
