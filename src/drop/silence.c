/* SPDX-License-Identifier: MIT */
/*
 * silence - libcap-ng may not log
 *
 * When one of its calls fails, the library writes to syslog(3): it would connect, as root, to
 * whatever a volume puts at /dev/log. Its failures are ours to report, so the call ends here; it
 * also keeps the C library's calendar and time zones out of the program.
 */
#include <syslog.h>

void
syslog(int priority, const char *format, ...)
{
	(void)priority;
	(void)format;
}
