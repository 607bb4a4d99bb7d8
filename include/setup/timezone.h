/* SPDX-License-Identifier: MIT */
/*
 * timezone - find a zone's file, and make it the one of /etc
 *
 * Of a zone file no more than its head is read as root. /etc/localtime and /etc/timezone are
 * replaced, each in one go (files.h). Where that cannot be (a read-only root, no /etc, something
 * mounted over the link), the caller falls back to TZ alone: timezone_can_link() says so before
 * anything is changed.
 */
#ifndef STEPDOWN_SETUP_TIMEZONE_H
#define STEPDOWN_SETUP_TIMEZONE_H

#include "setup/zone.h"

#define TIMEZONE_ETC "/etc"

enum timezone_found {
	TIMEZONE_GOOD,
	TIMEZONE_NO_DATA, /* there is no zone directory: the image has no tzdata */
	TIMEZONE_UNKNOWN, /* there is one, but no such zone in it */
	TIMEZONE_BAD,     /* not a regular file, or not TZif, or a link that leads out of it */
};

/*
 * Looks for the zone `name` (as in struct zone) in `directory`, and reads the head of its file.
 * Links inside the directory are followed, those that lead out of it are not.
 * Returns an enum timezone_found, or -1 with errno of openat2(2), read(2).
 */
int timezone_find(const char *directory, const char *name);

/*
 * The zone beside an unknown one whose name is nearest, for a suggestion; empty where there is none or
 * more than one.
 */
void timezone_meant(const char *directory, const char *name, char meant[static ZONE_TEXT_SIZE]);

/*
 * Whether localtime, or timezone, can be replaced in `etc`. Changes nothing.
 * Returns 0, or -1 with errno: ENOENT there is no /etc; EROFS; EBUSY something is mounted over it;
 * EISDIR it is a directory; EACCES the directory cannot be written.
 */
int timezone_can_link(const char *etc);
int timezone_can_write_name(const char *etc);

/*
 * Whether localtime in `etc` shows the zone `name`: a link to it, or a file with the same bytes.
 * Returns 0, or -1 with errno: EPERM it shows another one; and those of openat2(2), read(2).
 */
int timezone_shows(const char *etc, const char *directory, const char *name);

/*
 * Links localtime in `etc` to `name` in `directory`. What is right already is not written.
 * Returns 0, or -1 with errno: as timezone_can_link(), and ENOSPC, EISDIR and those of
 * symlinkat(2) and renameat(2).
 */
int timezone_link(const char *etc, const char *directory, const char *name);

/* Writes `name` to the file timezone in `etc`, 0644. Returns and fails as timezone_link(). */
int timezone_write_name(const char *etc, const char *name);

/*
 * Prove that localtime in `etc` leads to that zone, and that timezone is a file with its name.
 * Return 0, or -1 with errno EPERM if not.
 */
int timezone_check(const char *etc, const char *directory, const char *name);
int timezone_check_name(const char *etc, const char *name);

#endif
