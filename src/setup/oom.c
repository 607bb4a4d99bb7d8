/* SPDX-License-Identifier: MIT */
#include "setup/oom.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SCORE "/proc/self/oom_score_adj"

int
oom_score_read(int *score)
{
	char text[16];
	int file = open(SCORE, O_RDONLY | O_CLOEXEC);

	if (file < 0)
		return -1;
	ssize_t got = read(file, text, sizeof(text) - 1);
	int error = errno;

	close(file);
	errno = error;
	if (got < 0)
		return -1;
	text[got] = '\0';
	*score = (int)strtol(text, NULL, 10);
	return 0;
}

int
oom_score_set(int score)
{
	char text[16];
	int length = snprintf(text, sizeof(text), "%d", score);
	int file = open(SCORE, O_WRONLY | O_CLOEXEC);

	if (file < 0)
		return -1;
	ssize_t wrote = write(file, text, (size_t)length);
	int error = errno;

	close(file);
	errno = error;
	return wrote == length ? 0 : -1;
}
