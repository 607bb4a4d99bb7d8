/* SPDX-License-Identifier: MIT */
#include "setup/oom.h"

#include "look.h"
#include "proof.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int
open_score(void)
{
	return look_opened(open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC));
}

int
oom_score_read(int *score)
{
	char text[16];
	int file = open_score();

	if (file < 0)
		return -1;
	ssize_t got = read(file, text, sizeof(text) - 1);

	look_close(file);
	if (got <= 0)
		return got < 0 ? -1 : proof(false);
	text[got] = '\0';
	*score = (int)strtol(text, NULL, 10);
	return 0;
}

int
oom_score_set(int score)
{
	char text[16];
	int length = snprintf(text, sizeof(text), "%d", score);
	int file = open_score();

	if (file < 0)
		return -1;
	ssize_t wrote = write(file, text, (size_t)length);

	look_close(file);
	return wrote < 0 ? -1 : proof(wrote == length);
}
