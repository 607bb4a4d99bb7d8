/* SPDX-License-Identifier: MIT */
/*
 * landlock_rights - which rights a kernel's Landlock has, which of them an option means, and what
 * is lost where they are missing
 *
 * Pure. A kernel is asked for no right that it does not know. The constants are here because the
 * headers of a build may be older than the kernel of a container (Debian 12's end at ABI 2).
 * Source: landlock(7); the kernel's include/uapi/linux/landlock.h of 6.15 and, for ABI 9, of 7.1,
 * Documentation/userspace-api/landlock.rst, "Previous limitations".
 */
#ifndef STEPDOWN_CONFINE_LANDLOCK_RIGHTS_H
#define STEPDOWN_CONFINE_LANDLOCK_RIGHTS_H

#include <stdbool.h>
#include <stdint.h>

/* As the kernel numbers them. */
enum landlock_file_right {
	LANDLOCK_EXECUTE = 1 << 0,
	LANDLOCK_WRITE_FILE = 1 << 1,
	LANDLOCK_READ_FILE = 1 << 2,
	LANDLOCK_READ_DIR = 1 << 3,
	LANDLOCK_REMOVE_DIR = 1 << 4,
	LANDLOCK_REMOVE_FILE = 1 << 5,
	LANDLOCK_MAKE_CHAR = 1 << 6,
	LANDLOCK_MAKE_DIR = 1 << 7,
	LANDLOCK_MAKE_REG = 1 << 8,
	LANDLOCK_MAKE_SOCK = 1 << 9,
	LANDLOCK_MAKE_FIFO = 1 << 10,
	LANDLOCK_MAKE_BLOCK = 1 << 11,
	LANDLOCK_MAKE_SYM = 1 << 12,
	LANDLOCK_REFER = 1 << 13,        /* ABI 2 */
	LANDLOCK_TRUNCATE = 1 << 14,     /* ABI 3 */
	LANDLOCK_IOCTL_DEV = 1 << 15,    /* ABI 5 */
	LANDLOCK_RESOLVE_UNIX = 1 << 16, /* ABI 9 */
};

enum landlock_port_right {
	LANDLOCK_BIND = 1 << 0,    /* ABI 4 */
	LANDLOCK_CONNECT = 1 << 1, /* ABI 4 */
};

enum landlock_scope {
	LANDLOCK_ABSTRACT_SOCKETS = 1 << 0, /* ABI 6 */
	LANDLOCK_SIGNALS = 1 << 1,          /* ABI 6 */
};

enum {
	LANDLOCK_NEWEST = 9, /* the last ABI that is known here; a later one counts as it */
	LANDLOCK_ERRATUM_SIGNALS = 2, /* bit of erratum 2 in the bitmask of those that are mended */
};

/* What the command line asks for. */
struct landlock_wish {
	bool files;   /* --fs-ro, --fs-rw, or --fs-exec without --exec-only */
	bool execute; /* --exec-only; `files` implies it */
	bool bind;    /* --net-bind */
	bool connect; /* --net-connect */
};

/* What a ruleset takes away, save what its rules give. */
struct landlock_handled {
	uint64_t files;  /* enum landlock_file_right */
	uint64_t ports;  /* enum landlock_port_right */
	uint64_t scopes; /* enum landlock_scope; no rule gives these back */
	uint32_t flags;  /* of landlock_restrict_self(2) */
};

/* What a path is given for. */
enum landlock_use {
	LANDLOCK_FOR_READING,  /* --fs-ro */
	LANDLOCK_FOR_WRITING,  /* --fs-rw: reading too */
	LANDLOCK_FOR_RUNNING,  /* --fs-exec: reading too */
	LANDLOCK_FOR_EXCHANGE, /* of names between directories, and nothing else */
	LANDLOCK_USES
};

/* Something that was asked for, or comes with it, and that an old kernel does not have. */
struct landlock_loss {
	int abi;         /* the first that has it */
	char release[5]; /* the release that brought it */
	bool essential;  /* it was asked for; else it comes on top where the kernel has it */
	char key[20];    /* as in left_out */
	char what[72];   /* what the service can then do */
};

/*
 * The ABI that counts: not more than LANDLOCK_NEWEST; and 5 in place of a later one whose signal
 * scope also keeps the threads of one process apart (erratum 2, mended in the same bitmask).
 */
int landlock_abi(int version, unsigned errata);

/* What to handle of the wish under `abi`, 0 for none. All zero where nothing is left to do. */
struct landlock_handled landlock_handle(const struct landlock_wish *wish, int abi);

/*
 * The rights of a rule for `use`: of those that are handled, and on something that is no directory
 * only those that such a thing has; others are refused by the kernel (EINVAL).
 */
uint64_t landlock_rights(enum landlock_use use, const struct landlock_handled *handled,
			 bool is_directory);

/* The option that gives a path this use: "--fs-ro". */
const char *landlock_option(enum landlock_use use);

/*
 * Walks what is lost of the wish under `abi`: *cursor starts at 0. Returns the next loss, or NULL
 * at the end.
 */
const struct landlock_loss *landlock_next_loss(const struct landlock_wish *wish, int abi,
					       unsigned *cursor);

#endif
