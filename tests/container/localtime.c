/* SPDX-License-Identifier: MIT */
/*
 * localtime - shows one moment in local time, as setup_tz.sh wants it of each language
 *
 *   localtime                       prints it
 *   localtime without COMMAND...    executes COMMAND without TZ, so that /etc/localtime counts
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int
main(int argc, char *argv[])
{
	const time_t moment = 1782900000; /* 2026-07-01 10:00 UTC */
	char text[64];

	if (argc > 2 && strcmp(argv[1], "without") == 0) {
		unsetenv("TZ");
		execv(argv[2], argv + 2);
		return 127;
	}
	if (strftime(text, sizeof(text), "%Y-%m-%d %H:%M %Z", localtime(&moment)) == 0)
		return 1;
	puts(text);
	return 0;
}
