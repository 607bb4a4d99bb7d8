/* SPDX-License-Identifier: MIT */
/*
 * env_line - which program a script's "#!/usr/bin/env ..." line asks for
 *
 * Source: env(1): options, -S in front of more than one word, NAME=VALUE, then the program.
 */
#ifndef STEPDOWN_KIT_ENV_LINE_H
#define STEPDOWN_KIT_ENV_LINE_H

#include "command/script_head.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Takes the first `size` bytes of a script whose head has been read as `interpreter`. Returns
 * whether that is env and names a program, which is put into `name`.
 */
bool env_line_program(const uint8_t *bytes, size_t size, const char *interpreter,
		      char name[SCRIPT_LINE_SIZE]);

#endif
