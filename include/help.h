/* SPDX-License-Identifier: MIT */
/*
 * help - what --help and --version print, made from the options' table
 *
 * Both print to standard output and return 0, or -1 with errno.
 */
#ifndef STEPDOWN_HELP_H
#define STEPDOWN_HELP_H

int help_print(void);
int help_print_version(void);

#endif
