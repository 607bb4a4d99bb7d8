/* SPDX-License-Identifier: MIT */
/*
 * file_caps - the capabilities that a file carries, and why they can forbid its execution
 *
 * Pure. Source: capabilities(7), "File capability extended attribute versioning"; the kernel's
 * security/commoncap.c, bprm_caps_from_vfs_caps.
 */
#ifndef STEPDOWN_COMMAND_FILE_CAPS_H
#define STEPDOWN_COMMAND_FILE_CAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	FILE_CAPS_SIZE = 24,        /* bytes of the longest version of the attribute */
	FILE_CAPS_NAMES_SIZE = 640, /* bytes, room for all 64 bits by name or number */
};

#define FILE_CAPS_ATTRIBUTE "security.capability"

struct file_caps {
	uint64_t permitted;   /* bit N: capability N */
	uint64_t inheritable; /* the same */
	bool effective;
};

/* Reads the value of the attribute. Returns 0, or -1 if it is of no known version and size. */
int file_caps_read(const uint8_t *value, size_t size, struct file_caps *caps);

/*
 * What makes execve(2) fail with EPERM: the permitted capabilities of a file with the effective bit
 * that are not in `bounding`. 0 if it does not. no_new_privs does not change it.
 */
uint64_t file_caps_forbidden(const struct file_caps *caps, uint64_t bounding);

/* Writes the names in `set`, "net_bind_service,net_raw", as --keep-cap takes them one by one. */
void file_caps_names(uint64_t set, const char *separator, char names[static FILE_CAPS_NAMES_SIZE]);

#endif
