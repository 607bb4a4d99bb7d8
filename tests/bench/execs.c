/* SPDX-License-Identifier: MIT */
/* execs - the same as floor, with the C library that stepdown is linked with */
#include <unistd.h>

int
main(int argc, char *argv[], char *environment[])
{
	if (argc > 1)
		execve(argv[1], argv + 1, environment);
	return 127;
}
