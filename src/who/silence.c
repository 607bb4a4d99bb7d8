/* SPDX-License-Identifier: MIT */
/*
 * silence - libcap-ng may not log, and opens no files
 *
 * When one of its calls fails, the library writes to syslog(3): it would connect, as root, to
 * whatever a volume puts at /dev/log. Its failures are ours to report, so the call ends here; it
 * also keeps the C library's calendar and time zones out of the program.
 *
 * Before main the library opens /proc/sys/kernel/cap_last_cap, which costs 30 microseconds of each
 * start. Without it the library asks the kernel by prctl(2), which is right without /proc too. So
 * its open(2) is renamed to this one where we build the library (src/build/deps.sh), and so are
 * fopen(3) and sscanf(3), with which it would read /proc/PID/status.
 */
#include <errno.h>
#include <stdio.h>
#include <syslog.h>

void
syslog(int priority, const char *format, ...)
{
	(void)priority;
	(void)format;
}

int stepdown_no_open(const char *path, int flags, ...);

int
stepdown_no_open(const char *path, int flags, ...)
{
	(void)path;
	(void)flags;
	errno = ENOENT;
	return -1;
}

FILE *stepdown_no_fopen(const char *path, const char *mode);

FILE *
stepdown_no_fopen(const char *path, const char *mode)
{
	(void)path;
	(void)mode;
	errno = ENOENT;
	return NULL;
}

int stepdown_no_sscanf(const char *text, const char *format, ...);

int
stepdown_no_sscanf(const char *text, const char *format, ...)
{
	(void)text;
	(void)format;
	return EOF;
}
