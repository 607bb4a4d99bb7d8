/* SPDX-License-Identifier: MIT */
/*
 * packages - which package of the source each file came from, and the records that say so
 *
 * Debian's: a file's owner stands in /var/lib/dpkg/info/PACKAGE.list, its stanza in
 * /var/lib/dpkg/status; in the tree each package has a file in /var/lib/dpkg/status.d, where
 * scanners look in images without dpkg. Alpine's: /lib/apk/db/installed, without the packages that
 * nothing came from. With them go /etc/os-release, by which a scanner knows the distribution, and
 * the licence of each package.
 */
#ifndef STEPDOWN_KIT_ROOTFS_PACKAGES_H
#define STEPDOWN_KIT_ROOTFS_PACKAGES_H

#include "kit/rootfs/gather.h"
#include "refusal.h"

#include <stdbool.h>
#include <stddef.h>

enum packages_kind { PACKAGES_NONE, PACKAGES_DEBIAN, PACKAGES_ALPINE };

struct package {
	char *name, *architecture; /* architecture: NULL until the stanza is known */
	char *version;
	char *supplier; /* "Name <address>", or NULL */
	char *licence;  /* an expression as Alpine has it, or NULL */
	char *stanza;
	bool has_files; /* in the tree */
};

struct packages {
	enum packages_kind kind;
	struct package *list; /* by name and architecture */
	size_t count;
	char distribution[64]; /* "debian-12", from os-release, or "" */
	size_t unowned;        /* files that were copied and that no package has */
};

/*
 * Finds the owners, and adds records and licences to the tree. Sets `package` of the entries: an
 * index + 1 into the list. Returns 0, or -1 with a refusal. Release with packages_free, always.
 */
int packages_take(struct gather *gather, struct packages *out, struct refusal *why);
void packages_free(struct packages *packages);

/* The value of a field in a stanza of "Name: value" lines: its length, or 0 with "" in `*value`. */
size_t packages_field(const char *stanza, size_t length, const char *name, const char **value);

/* The same as text: memory to be freed, or NULL where the field is missing or empty. */
char *packages_text(const char *stanza, size_t length, const char *name);

/*
 * Calls `each` for every stanza, which blank lines divide; stops where it does not return 0, and
 * returns that.
 */
int packages_stanzas(const char *text, size_t size,
		     int (*each)(void *context, const char *stanza, size_t length), void *context);

/* The two kinds; see packages_take. */
int packages_debian(struct gather *gather, struct packages *out, struct refusal *why);
int packages_alpine(struct gather *gather, struct packages *out, struct refusal *why);

/* Adds a package where none has that name; returns its index + 1. For the two kinds. */
size_t packages_add(struct packages *packages, const char *name, size_t length);

#endif
