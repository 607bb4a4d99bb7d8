/* SPDX-License-Identifier: MIT */
/*
 * sha256 - the digest by which a compiled profile names its source; FIPS 180-4
 */
#ifndef STEPDOWN_KIT_SHA256_H
#define STEPDOWN_KIT_SHA256_H

#include <stddef.h>

enum { SHA256_SIZE = 32 };

void sha256(const void *bytes, size_t length, unsigned char digest[SHA256_SIZE]);

#endif
