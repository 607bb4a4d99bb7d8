/* SPDX-License-Identifier: MIT */
/*
 * words - the arguments of system calls by the names that people know
 *
 * Source: the kernel's headers under include/uapi. A value without a name is written as a number.
 */
#ifndef STEPDOWN_KIT_WORDS_H
#define STEPDOWN_KIT_WORDS_H

#include <stddef.h>
#include <stdint.h>

enum words {
	WORDS_NUMBER,
	WORDS_FAMILY,  /* of sockets */
	WORDS_TYPE,    /* of sockets, without its flags */
	WORDS_NETLINK, /* protocol of a netlink socket */
	WORDS_IOCTL,
	WORDS_CLONE, /* flags, with the signal in the lowest byte */
	WORDS_PRCTL,
	WORDS_ARCH_PRCTL,
};

enum { WORDS_TEXT = 512 }; /* bytes that are enough for words_say */

/* Writes `value` into `text`, of `size` bytes, and returns `text`. */
const char *words_say(enum words kind, uint64_t value, char *text, size_t size);

#endif
